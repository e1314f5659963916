//! From a failed check to its cause, and what to do about it.

use std::time::Duration;

use crate::domain::{ApiKey, Connection, Failure, FailureKind, Origin, Presets, Remedy};

/// What is known when a check failed.
pub(super) struct Findings<'a> {
    pub(super) failure: &'a Failure,
    pub(super) connection: &'a Connection,
    pub(super) key: Option<&'a ApiKey>,
    /// The model that was asked; absent when none was.
    pub(super) model: Option<&'a str>,
    /// The provider's own list; empty when it gave none.
    pub(super) models: &'a [String],
    /// The wait that the server asked for.
    pub(super) wait: Option<Duration>,
    /// Known providers.
    pub(super) presets: &'a Presets,
}

/// Cause, advice and remedies, as in a check's report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diagnosis {
    pub(super) cause: String,
    pub(super) advice: String,
    pub(super) remedies: Vec<Remedy>,
}

/// Finds out.
pub(super) fn diagnose(findings: &Findings<'_>) -> Diagnosis {
    let Findings { failure, connection, .. } = *findings;
    let host = connection.host();
    let retry = || vec![Remedy::Retry(findings.wait.map(|wait| wait.as_secs_f64().ceil() as u64))];
    let (cause, advice, remedies): (String, String, Vec<Remedy>) = match failure.kind {
        FailureKind::CannotResolve => (
            format!("The host name {host} has no address."),
            "Look for a typing error in the base URL, and check that this computer is online.".into(),
            retry(),
        ),
        FailureKind::Refused if is_loopback(connection) => (
            "Nothing listens at this address on this computer.".into(),
            "Is the server running? Start it, and check the port in the base URL.".into(),
            vec![Remedy::StartServer, Remedy::Retry(None)],
        ),
        FailureKind::Refused => (
            format!("{host} refused the connection."),
            "Check host and port of the base URL; the service may be down or behind a firewall.".into(),
            retry(),
        ),
        FailureKind::Tls => (
            "No secure connection could be made; no key was sent.".into(),
            format!("{} Check the base URL and this computer's clock.", failure.message),
            vec![],
        ),
        FailureKind::Proxy => ("The proxy of this computer stands in the way.".into(), failure.message.clone(), vec![]),
        FailureKind::Redirect => (failure.message.clone(), "Put the address that the provider documents into the base URL.".into(), vec![]),
        FailureKind::Unauthorized => wrong_key(findings),
        FailureKind::NoKey => (
            "The key could not be read.".into(),
            format!("{}. Then enter it again, or choose another place for it.", failure.message.trim_end_matches('.')),
            vec![Remedy::ReenterKey],
        ),
        FailureKind::Forbidden => (
            "The server knows the key, but does not allow this.".into(),
            "Check what the key may do, whether the model is open to your account, and whether your region is served.".into(),
            vec![],
        ),
        FailureKind::QuotaSpent => {
            ("The quota or balance of this key is spent.".into(), "Top up at the provider. Trying again does not help.".into(), vec![])
        }
        FailureKind::ModelNotFound => missing_model(findings),
        FailureKind::PathNotFound | FailureKind::NotAnApi => wrong_path(findings),
        FailureKind::RateLimited => (
            "The provider limits how often this key may ask, or is busy.".into(),
            match findings.wait {
                Some(wait) => format!("Try again in {} s, and lower the requests at once of this connection.", wait.as_secs_f64().ceil()),
                None => "Wait a little and try again, and lower the requests at once of this connection.".into(),
            },
            retry(),
        ),
        FailureKind::ServerError => {
            ("The server failed by itself.".into(), "Try again later; the provider's status page may say more.".into(), retry())
        }
        FailureKind::ConnectTimeout => (
            format!("{host} did not accept a connection in time."),
            "Check the base URL, the network and a firewall, or raise the connect timeout.".into(),
            retry(),
        ),
        FailureKind::FirstByteTimeout | FailureKind::IdleTimeout | FailureKind::AttemptTimeout => (
            "The server took the request, but did not answer in time.".into(),
            "Try again, try another model, or raise the timeouts of this connection.".into(),
            retry(),
        ),
        FailureKind::Network => ("The connection broke.".into(), "Check the network and try again.".into(), retry()),
        FailureKind::Truncated | FailureKind::StreamError => {
            ("The answer broke off.".into(), "Try again; if it stays, a proxy or the provider cuts streams.".into(), retry())
        }
        FailureKind::TooLarge | FailureKind::Malformed => (
            failure.message.clone(),
            "This may be no OpenAI-style API, or something on the way changes its answers. Compare the base URL with the provider's documentation."
                .into(),
            vec![],
        ),
        _ => (failure.message.clone(), "The provider's own words say what it did not accept.".into(), vec![]),
    };
    Diagnosis { cause, advice, remedies }
}

fn is_loopback(connection: &Connection) -> bool {
    Origin::of(&connection.base_url).is_ok_and(|origin| origin.is_loopback())
}

fn wrong_key(findings: &Findings<'_>) -> (String, String, Vec<Remedy>) {
    let Some(key) = findings.key else {
        return ("The server wants a key, and none is set.".into(), "Enter the key of this provider.".into(), vec![Remedy::ReenterKey]);
    };
    let mut advice = "Check that the key belongs to this provider and region and has not expired, then enter it again.".to_owned();
    let Connection { preset, name, .. } = findings.connection;
    if let Some((prefix, provider)) = findings.presets.foreign_prefix(key, preset.as_deref(), name) {
        advice = format!("{advice} A hint only: keys that start with “{prefix}” are usually those of {provider}.");
    }
    ("The server did not accept the key.".into(), advice, vec![Remedy::ReenterKey])
}

fn missing_model(findings: &Findings<'_>) -> (String, String, Vec<Remedy>) {
    let model = findings.model.unwrap_or_default();
    let cause = format!("The provider has no model called “{model}”.");
    let near = nearest_models(model, findings.models);
    let advice = match near.as_slice() {
        [] if findings.models.is_empty() => "Look the name up at the provider; it is matched exactly, upper and lower case too.".to_owned(),
        [] => "Take a name from the provider's list; it is matched exactly, upper and lower case too.".to_owned(),
        [first, ..] if first.eq_ignore_ascii_case(model) => format!("The provider spells it “{first}”; upper and lower case count."),
        near => {
            let names: Vec<String> = near.iter().map(|name| format!("“{name}”")).collect();
            format!("Nearest in its own list: {}. Names are matched exactly, upper and lower case too.", names.join(", "))
        }
    };
    (cause, advice, near.into_iter().map(|name| Remedy::UseModel(name.to_owned())).collect())
}

/// Up to three names of the list that `model` may have meant, the likeliest first.
pub(super) fn nearest_models<'a>(model: &str, models: &'a [String]) -> Vec<&'a str> {
    const ALIKE: f64 = 0.8;
    let plain = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let wanted = (model.to_lowercase(), plain(model));
    let likeness = |name: &str| {
        let whole = name.to_lowercase();
        if whole == wanted.0 {
            return 3.0;
        }
        let short = plain(name);
        if short == wanted.1 {
            return 2.0;
        }
        let contained = if !wanted.1.is_empty() && (short.contains(&wanted.1) || wanted.1.contains(&short)) { 0.1 } else { 0.0 };
        strsim::jaro_winkler(&whole, &wanted.0).max(strsim::jaro_winkler(&short, &wanted.1)) + contained
    };
    let mut ranked: Vec<(f64, &str)> =
        models.iter().map(|name| (likeness(name), name.as_str())).filter(|(score, _)| *score >= ALIKE).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().map(|(_, name)| name).take(3).collect()
}

fn wrong_path(findings: &Findings<'_>) -> (String, String, Vec<Remedy>) {
    let cause = match findings.failure.kind {
        FailureKind::NotAnApi => "Something answers at this address, but it is not an LLM API.",
        _ => "The server answers, but has no such path.",
    };
    // Some providers list no models, and answer all the same.
    let first = match (findings.failure.kind, findings.model) {
        (FailureKind::PathNotFound, None) => "If this provider lists no models, name one and check again. ",
        _ => "",
    };
    match better_base_url(&findings.connection.base_url) {
        Some((url, why)) => (cause.into(), format!("{first}The base URL {why}. Try {url}."), vec![Remedy::UseBaseUrl(url)]),
        None => (cause.into(), format!("{first}Compare the base URL with the provider's documentation."), vec![]),
    }
}

/// What the base URL was probably meant to be, and what is wrong with it.
pub(super) fn better_base_url(base_url: &str) -> Option<(String, &'static str)> {
    let url = base_url.trim_end_matches('/');
    for tail in ["/chat/completions", "/completions", "/chat", "/models"] {
        if let Some(shorter) = url.strip_suffix(tail) {
            return Some((shorter.to_owned(), "goes too far; the program adds the rest"));
        }
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
        return Some((format!("{url}/v1"), "has no version"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_mended() {
        let mended = |url: &str| better_base_url(url).map(|(url, _)| url);
        assert_eq!(mended("https://h").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("http://127.0.0.1:8080/").as_deref(), Some("http://127.0.0.1:8080/v1"));
        assert_eq!(mended("https://h/v1/v1").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("https://h/api/v3/v3/").as_deref(), Some("https://h/api/v3"));
        assert_eq!(mended("https://h/v1/chat/completions").as_deref(), Some("https://h/v1"));
        assert_eq!(mended("https://h/compatible-mode").as_deref(), Some("https://h/compatible-mode/v1"));
        assert_eq!(mended("https://h/v1"), None);
        assert_eq!(mended("https://h/v1beta/openai"), None);
    }

    #[test]
    fn the_nearest_models_come_from_the_list() {
        let models: Vec<String> =
            ["gpt-4.1", "gpt-4.1-mini", "deepseek/deepseek-chat", "Qwen3-Max", "text-embedding-3"].map(str::to_owned).into();
        assert_eq!(nearest_models("gpt-41", &models)[0], "gpt-4.1");
        assert_eq!(nearest_models("deepseek-chat", &models)[0], "deepseek/deepseek-chat");
        assert_eq!(nearest_models("qwen3-max", &models)[0], "Qwen3-Max");
        assert_eq!(nearest_models("claude", &models), [""; 0]);
    }
}
