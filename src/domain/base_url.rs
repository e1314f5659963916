//! Base URLs as people paste them: what is left out, what cannot be one, and who can read what is sent there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{ConnectionError, Origin};

/// A base URL made from what was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without white space, quotes and slashes around it, and without the path of a request.
    pub url: String,
    /// The path of a request that stood at its end; absent when there was none.
    pub cut: Option<String>,
}

/// Paths of requests that follow any base URL.
const REQUEST_PATHS: [&str; 2] = ["/chat/completions", "/completions"];
/// Paths of requests only behind a version; without one they may be a part of the base URL.
const PATHS_BELOW_A_VERSION: [&str; 4] = ["/responses", "/messages", "/embeddings", "/models"];
/// Gemini's methods, behind a model.
const GEMINI_METHODS: [&str; 3] = [":generateContent", ":streamGenerateContent", ":countTokens"];

impl BaseUrl {
    /// Takes away what is certainly no part of a base URL. A query or fragment is left for [`check`] to speak of.
    pub fn from_pasted(pasted: &str) -> Self {
        let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '“' | '”' | '‘' | '’' | '/');
        let text = pasted.trim_matches(|c| around(c) && c != '/').trim_end_matches(around);
        let at = if text.contains(['?', '#']) { None } else { request_path(text) };
        let (url, cut) = at.map_or((text, None), |at| (&text[..at], Some(text[at..].to_owned())));
        Self { url: url.trim_end_matches('/').to_owned(), cut }
    }
}

/// Where the path of a request begins.
fn request_path(url: &str) -> Option<usize> {
    let path_at = url.find("://").and_then(|at| Some(at + 3 + url[at + 3..].find('/')?))?;
    let path = &url[path_at..];
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_below_version = |base: &str| base.rsplit('/').next().is_some_and(is_version);
    let before = |tail: &&str| path.strip_suffix(*tail);
    let base = REQUEST_PATHS
        .iter()
        .find_map(before)
        .or_else(|| PATHS_BELOW_A_VERSION.iter().find_map(before).filter(|base| is_below_version(base)));
    let model = GEMINI_METHODS.iter().find_map(before).and_then(|path| path.rsplit_once("/models/")).map(|(base, _)| base);
    base.or(model).map(|base| path_at + base.len())
}

/// Ends of the names of query parameters that carry keys.
const KEY_NAMES: [&str; 7] = ["key", "token", "sig", "signature", "secret", "password", "code"];
/// A parameter without a value that is longer than this is probably a key.
const LONGEST_BARE_NAME: usize = 20;

/// What is wrong with the part behind the authority of a URL.
pub(super) fn check_rest(rest: &str) -> Result<(), ConnectionError> {
    let (before, fragment) = rest.split_once('#').map_or((rest, None), |(before, fragment)| (before, Some(fragment)));
    let query = before.split_once('?').map(|(_, query)| query);
    let holds_key = |pair: &str| {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        let name = name.to_ascii_lowercase();
        KEY_NAMES.iter().any(|key| name.ends_with(key)) || name.contains("auth") || (value.is_none() && name.len() > LONGEST_BARE_NAME)
    };
    let mut pairs = query.into_iter().chain(fragment).flat_map(|part| part.split(['&', '?']));
    match (query, fragment) {
        (None, None) => Ok(()),
        _ if pairs.any(holds_key) => Err(ConnectionError::UrlExtras),
        (Some(_), _) => Err(ConnectionError::UrlQuery),
        (None, Some(_)) => Err(ConnectionError::UrlFragment),
    }
}

/// Hosts of resources at Azure.
const AZURE_HOSTS: [&str; 5] =
    [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com", ".openai.azure.us", ".openai.azure.cn"];

/// Reads the origin of a base URL that is to be used, and says what to write instead where that is known.
pub(super) fn check(base_url: &str) -> Result<Origin, ConnectionError> {
    match Origin::of(base_url) {
        Err(ConnectionError::UrlQuery) => Err(azure(base_url, true).unwrap_or(ConnectionError::UrlQuery)),
        Ok(origin) => azure(base_url, false).map_or(Ok(origin), Err),
        other => other,
    }
}

/// Azure's older form, which wants a version in a query with every request.
fn azure(base_url: &str, has_query: bool) -> Option<ConnectionError> {
    let (authority, rest) = base_url.split_once("://")?.1.split_once('/').unwrap_or((base_url.split_once("://")?.1, ""));
    let host = authority.split(['?', '#', ':']).next()?.to_ascii_lowercase();
    let base_url = azure_base_url(&host)?;
    let path = rest.split(['?', '#']).next()?.trim_matches('/');
    let deployment = path.strip_prefix("openai/deployments/").and_then(|rest| rest.split('/').next()).filter(|name| !name.is_empty());
    let is_bare = matches!(path, "" | "openai" | "openai/deployments") && !host.ends_with(".services.ai.azure.com");
    (has_query || deployment.is_some() || is_bare).then(|| ConnectionError::Azure { base_url, deployment: deployment.map(str::to_owned) })
}

/// Where a resource of Azure's is asked as OpenAI is; absent for other hosts.
fn azure_base_url(host: &str) -> Option<String> {
    AZURE_HOSTS.iter().any(|end| host.ends_with(end)).then(|| format!("https://{host}/openai/v1"))
}

/// Who is on the way to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nobody: it is this computer.
    ThisComputer,
    /// Whoever is in the same network: a private address, or a name that only a local network has.
    Private,
    /// Anyone.
    Public,
}

/// What plain `http://` to another computer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nothing but being told: no key is sent, and the address is private.
    Told,
    /// That it is allowed for this connection.
    Allowance,
    /// It is never done: the key would go over the internet readable by anyone.
    Never,
}

/// Ends of names that are only resolved inside a network: RFC 6762, RFC 8375, RFC 6761 and the custom of routers.
const PRIVATE_ENDS: [&str; 6] = [".local", ".lan", ".internal", ".home.arpa", ".localdomain", ".localhost"];

impl Origin {
    /// The base URL of the Azure resource that this is; absent for other hosts.
    pub fn azure_base_url(&self) -> Option<String> {
        azure_base_url(&self.host)
    }

    /// Who is on the way there, by address or name; nothing is looked up.
    pub fn reach(&self) -> Reach {
        if self.is_loopback() {
            return Reach::ThisComputer;
        }
        let is_private = match self.host.parse() {
            Ok(IpAddr::V4(ip)) => is_private_v4(ip),
            Ok(IpAddr::V6(ip)) => is_private_v6(ip),
            Err(_) => is_private_name(self.host.strip_suffix('.').unwrap_or(&self.host)),
        };
        if is_private { Reach::Private } else { Reach::Public }
    }

    /// What sending there unencrypted takes; absent with `https` and for this computer.
    pub fn plain_http(&self, with_key: bool) -> Option<PlainHttp> {
        match (self.scheme.as_str(), self.reach(), with_key) {
            ("https", ..) | (_, Reach::ThisComputer, _) => None,
            (_, Reach::Private, false) => Some(PlainHttp::Told),
            (_, Reach::Private, true) | (_, Reach::Public, false) => Some(PlainHttp::Allowance),
            (_, Reach::Public, true) => Some(PlainHttp::Never),
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    // Tailscale and carriers: RFC 6598.
    let is_shared = matches!(ip.octets(), [100, 64..=127, ..]);
    ip.is_private() || ip.is_link_local() || ip.is_loopback() || ip.is_unspecified() || is_shared
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    match ip.to_ipv4_mapped() {
        Some(ip) => is_private_v4(ip),
        None => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified(),
    }
}

fn is_private_name(name: &str) -> bool {
    // Other readers of URLs see an address in a last part that is a number, and other dots than these in other scripts.
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    is_plain && !is_number && (!name.contains('.') || PRIVATE_ENDS.iter().any(|end| name.ends_with(end)))
}

#[cfg(test)]
#[path = "base_url_tests.rs"]
mod tests;
