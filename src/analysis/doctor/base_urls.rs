//! Base URLs near the one of a connection: what it was probably meant to be, and what else could be asked.

use super::symptoms::Symptoms;
use crate::domain::{Origin, Probe, Remedy, WireFormat};

/// What an address that does not work leaves open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    /// The version in its path.
    Version,
    /// Another wire format is spoken there, so that the version is no question.
    OtherWire,
}

/// Base URLs to offer.
pub(super) struct Offered {
    /// The mended one, and what is wrong with the one that there is.
    pub(super) better: Option<(String, &'static str)>,
    pub(super) probes: Vec<Probe>,
    /// The likeliest.
    pub(super) remedy: Option<Remedy>,
}

impl Offered {
    pub(super) fn of(s: &Symptoms<'_>, chosen: Chosen) -> Self {
        let (base_url, asked) = (&s.found.connection.base_url, s.found.connection.wire);
        let better = better_base_url(base_url, asked);
        let documented = s.found.presets.of_connection(s.found.connection).into_iter().flat_map(|preset| preset.urls_of(asked));
        let own = documented.filter(|url| url.url != *base_url && Origin::of(&url.url) == Origin::of(base_url)).map(|url| url.url.clone());
        let other = other_version(base_url, asked).filter(|_| chosen == Chosen::Version);
        // Chat completions stand with and without a version; the other wire formats have one place.
        let either = other.clone().filter(|_| asked == WireFormat::OpenAiChat);
        let likely: Vec<String> = better.iter().map(|(url, _)| url.clone()).chain(own).chain(either).collect();
        let mut urls: Vec<String> = likely.iter().cloned().chain(other).collect();
        urls.dedup();
        let probes = urls.iter().map(|url| Probe { name: path_of(url).to_owned(), base_url: url.clone() }).collect();
        Self { better, probes, remedy: likely.into_iter().next().map(Remedy::UseBaseUrl) }
    }
}

/// The path of a base URL, for telling several of one host apart.
fn path_of(url: &str) -> &str {
    url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or("/")
}

/// The base URL with `/v1` where it has none, without it where it ends in one. Gemini is spoken below a version of its own, always.
fn other_version(base_url: &str, wire: WireFormat) -> Option<String> {
    let url = base_url.trim_end_matches('/');
    if wire == WireFormat::Gemini {
        return url.strip_suffix("/v1").map(|shorter| format!("{shorter}{}", version_of(wire)));
    }
    let shorter = url.strip_suffix("/v1").filter(|shorter| !shorter.ends_with('/'));
    Some(shorter.map_or_else(|| format!("{url}/v1"), str::to_owned))
}

/// The version below which a wire format is spoken.
fn version_of(wire: WireFormat) -> &'static str {
    match wire {
        WireFormat::Gemini => "/v1beta",
        WireFormat::OpenAiChat | WireFormat::OpenAiResponses | WireFormat::AnthropicMessages => "/v1",
    }
}

/// What the base URL was probably meant to be, and what is wrong with it.
pub(super) fn better_base_url(base_url: &str, wire: WireFormat) -> Option<(String, &'static str)> {
    let url = base_url.trim_end_matches('/');
    for tail in ["/chat/completions", "/completions", "/chat", "/models", "/responses", "/messages"] {
        if let Some(shorter) = url.strip_suffix(tail) {
            return Some((shorter.to_owned(), "goes too far; the program adds the rest"));
        }
    }
    if wire == WireFormat::Gemini
        && let Some(shorter) = url.strip_suffix("/v1beta/openai")
    {
        return Some((format!("{shorter}/v1beta"), "is that of the endpoint for OpenAI chat completions"));
    }
    let (_, path) = url.split_once("://")?.1.split_once('/').unwrap_or_default();
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if let Some(at) = (1..parts.len()).find(|at| is_version(parts[*at]) && parts[at - 1] == parts[*at]) {
        parts.remove(at);
        let origin = &url[..url.len() - path.len()];
        return Some((format!("{origin}{}", parts.join("/")), "has its version twice"));
    }
    if !parts.iter().any(|part| is_version(part)) {
        return Some((format!("{url}{}", version_of(wire)), "has no version"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_mended() {
        let mended = |url: &str| better_base_url(url, WireFormat::OpenAiChat).map(|(url, _)| url);
        assert_eq!(mended("https://h").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("http://127.0.0.1:8080/").as_deref(), Some("http://127.0.0.1:8080/v1"));
        assert_eq!(mended("https://h/v1/v1").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("https://h/api/v3/v3/").as_deref(), Some("https://h/api/v3"));
        assert_eq!(mended("https://h/v1/chat/completions").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("https://h/compatible-mode").as_deref(), Some("https://h/compatible-mode/v1"));
        assert_eq!(mended("https://h/v1"), None);
        assert_eq!(mended("https://h/v1beta/openai"), None);
        let mended = |url: &str| better_base_url(url, WireFormat::Gemini).map(|(url, _)| url);
        assert_eq!(mended("https://h").as_deref(), Some("https://h/v1beta"));
        assert_eq!(mended("https://h/v1beta/models").as_deref(), Some("https://h/v1beta"));
        assert_eq!(mended("https://h/v1beta/openai").as_deref(), Some("https://h/v1beta"));
        assert_eq!(mended("https://h/v1beta"), None);
    }

    #[test]
    fn the_other_version_is_one_step_away() {
        let other = |url: &str, wire| other_version(url, wire).unwrap_or_default();
        assert_eq!(other("https://h/v1", WireFormat::OpenAiChat), "https://h");
        assert_eq!(other("https://h/api", WireFormat::AnthropicMessages), "https://h/api/v1");
        assert_eq!(other("https://v1", WireFormat::OpenAiChat), "https://v1/v1");
        assert_eq!(other("https://h/v1", WireFormat::Gemini), "https://h/v1beta");
        assert_eq!(other("https://h/v1beta", WireFormat::Gemini), "");
        assert_eq!(path_of("https://h/api/v1"), "/api/v1");
        assert_eq!(path_of("https://h"), "/");
    }
}
