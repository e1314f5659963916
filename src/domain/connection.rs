//! A place to send requests, and where its key lives.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::base_url::{self, BaseUrl, PlainHttp};
use super::{ConnectionId, Dialect, Spelling, WireFormat};

/// Its switch for thinking is its own, and it ignores the usual one in silence (<https://api-docs.deepseek.com/guides/thinking_mode>).
const DEEPSEEK_HOST: &str = "api.deepseek.com";

/// What stands behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The maker of the model, or a cloud that hosts it by contract.
    Official,
    /// A reseller or gateway; what it says about its models is a claim.
    Relay,
    /// A server of one's own; costs nothing per token.
    Local,
    /// The simulated provider inside this program.
    Demo,
}

impl Role {
    /// The word on screen and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Relay => "relay",
            Self::Local => "local",
            Self::Demo => "demo",
        }
    }
}

/// Where the key of a connection lives. The key itself is never part of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum KeySource {
    /// No key is sent.
    None,
    /// In the system keychain, under the connection's id.
    Keychain,
    /// In memory until the program ends.
    Session,
    /// In the environment variable of this name, read at each start of a run.
    Environment(String),
}

/// Bounds on one connection. Absent limits mean none of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Requests in flight at once, at least 1; absent: only the run's own limit.
    pub max_in_flight: Option<u32>,
    /// Requests started per minute, at least 1; absent: no limit.
    pub max_per_minute: Option<u32>,
    /// Tokens per minute, prompts and answers together, at least 1; absent: no limit.
    pub max_tokens_per_minute: Option<u32>,
    /// Bound on name resolution, TCP and TLS together, milliseconds.
    pub connect_timeout_ms: u64,
    /// Bound from sending to the first byte of the body, milliseconds.
    pub first_byte_timeout_ms: u64,
    /// Longest silence inside a body, milliseconds.
    pub idle_timeout_ms: u64,
    /// Bound on the whole attempt, milliseconds: a slow drip must end.
    pub attempt_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_in_flight: None,
            max_per_minute: None,
            max_tokens_per_minute: None,
            connect_timeout_ms: 10_000,
            first_byte_timeout_ms: 120_000,
            idle_timeout_ms: 120_000,
            attempt_timeout_ms: 600_000,
        }
    }
}

/// What a ramp found out about how much a connection takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundLimit {
    /// When.
    pub at: Timestamp,
    /// The model that was asked.
    pub model: String,
    /// Requests that it sent.
    pub requests: u32,
    /// Where refusals began.
    pub bound: FoundBound,
}

/// Where refusals for too much began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBound {
    /// So many at once were all answered, twice as many were not; a moment later this many were again.
    AtOnce(u32),
    /// However few at once, after so many within a minute no more were taken.
    PerMinute(u32),
    /// Nowhere: so many at once were all answered, and more were not tried.
    NotBelow(u32),
}

impl FoundLimit {
    /// Requests at once that it takes; absent when refusals did not depend on that, or did not come.
    pub fn at_once(&self) -> Option<u32> {
        if let FoundBound::AtOnce(most) = self.bound { Some(most) } else { None }
    }

    /// Requests a minute that it takes; absent when refusals did not depend on that, or did not come.
    pub fn per_minute(&self) -> Option<u32> {
        if let FoundBound::PerMinute(most) = self.bound { Some(most) } else { None }
    }
}

/// A place to send requests. Holds no key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id; also the name of its keychain entry.
    pub id: ConnectionId,
    /// Unique among the connections that are not removed, 1–60 characters, without `/`.
    pub name: String,
    /// What stands behind it.
    pub role: Role,
    /// How it is spoken to.
    #[serde(default)]
    pub wire: WireFormat,
    /// `http` or `https` URL up to and including the version, such as `https://api.openai.com/v1`; no trailing slash, no query.
    pub base_url: String,
    /// Where its key lives.
    pub key_source: KeySource,
    /// Plain `http://` to another computer was allowed by the user where [`PlainHttp::Allowance`] is needed; keeps a badge.
    #[serde(default)]
    pub plain_http_allowed: bool,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
    /// Sent with every request; never an authorisation header.
    #[serde(default)]
    pub extra_headers: Vec<(String, String)>,
    /// What stands between `<think>` and `</think>` in an answer's text is taken for reasoning.
    #[serde(default = "on")]
    pub think_tags: bool,
    /// The user's own words.
    #[serde(default)]
    pub note: String,
    /// The preset that it was made from, by preset id; absent when made by hand.
    #[serde(default)]
    pub preset: Option<String>,
    /// The model of the last run or check; absent before the first.
    #[serde(default)]
    pub last_model: Option<String>,
    /// What the last ramp found; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_limit: Option<FoundLimit>,
    /// What its server has shown about its own way of the wire format.
    #[serde(default, skip_serializing_if = "Dialect::is_plain")]
    pub dialect: Dialect,
}

/// How a switch stands that older archives do not know.
fn on() -> bool {
    true
}

/// Why a connection cannot be saved as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// Empty, too long, with a slash, or with the mark of the simulated provider.
    #[error(
        "a connection's name has 1 to 60 characters, no “/” (targets are written CONNECTION/MODEL) and no “(simulated)” at its end, which marks the demo"
    )]
    Name,
    /// Another connection has it.
    #[error("there is already a connection called “{0}”")]
    NameTaken(String),
    /// Not an http(s) URL with a host.
    #[error("the base URL must look like https://api.example.com/v1")]
    Url,
    /// Without a scheme.
    #[error("the base URL must begin with https://, or with http:// for a server of your own, as in https://api.example.com/v1")]
    UrlScheme,
    /// A URL with a user, a password, or a query that carries a key: keys do not belong there.
    #[error("the base URL must not hold a user, a password, a “?” or a “#”; give the key in its own field")]
    UrlExtras,
    /// Any other query.
    #[error("the base URL must end before its “?”: the path of each request is added to its end, where no query can stand")]
    UrlQuery,
    /// A fragment, which is never sent.
    #[error("the base URL must end before its “#”, which is sent to no server")]
    UrlFragment,
    /// Azure's form with a version in the query, or none of its forms.
    #[error(
        "at Azure the base URL is {base_url}, without a “?”; the model is the name of your deployment{here}, and the key goes in its own field",
        here = deployment.as_ref().map_or_else(String::new, |name| format!(" (“{name}”)"))
    )]
    Azure {
        /// What to write instead.
        base_url: String,
        /// The deployment, where the URL names it.
        deployment: Option<String>,
    },
    /// Plain http to another computer, with a key to a private address or without one to any; not allowed by the user.
    #[error(
        "with http:// {what} readable by anyone on the way; use https://, or allow it for this connection",
        what = if *with_key { "your key and prompts are" } else { "your prompts are" }
    )]
    PlainHttp {
        /// A key would go along.
        with_key: bool,
    },
    /// Plain http with a key to a public address.
    #[error("with http:// to a public address anyone on the way could read your key; use https://")]
    PlainHttpKey,
    /// A variable name that no environment can hold.
    #[error("an environment variable's name has letters, digits and “_” only")]
    VariableName,
    /// An extra header that would carry or replace the key, or that HTTP does not allow.
    #[error("“{0}” cannot be an extra header; keys go in the key field")]
    Header(String),
}

impl ConnectionError {
    /// It is about the name.
    pub fn is_about_name(&self) -> bool {
        matches!(self, Self::Name | Self::NameTaken(_))
    }

    /// It is about the base URL.
    pub fn is_about_url(&self) -> bool {
        match self {
            Self::Url
            | Self::UrlScheme
            | Self::UrlExtras
            | Self::UrlQuery
            | Self::UrlFragment
            | Self::Azure { .. }
            | Self::PlainHttp { .. }
            | Self::PlainHttpKey => true,
            Self::Name | Self::NameTaken(_) | Self::VariableName | Self::Header(_) => false,
        }
    }
}

/// The parts of a base URL that rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// Lower-case host name or address; IPv6 without brackets.
    pub host: String,
    /// The port, given or usual.
    pub port: u16,
}

impl Origin {
    /// Reads the origin of a base URL.
    pub fn of(base_url: &str) -> Result<Self, ConnectionError> {
        let (scheme, rest) = base_url.split_once("://").ok_or_else(|| {
            if matches!(base_url.trim(), "" | "http:" | "https:") { ConnectionError::Url } else { ConnectionError::UrlScheme }
        })?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(ConnectionError::Url),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(ConnectionError::UrlExtras);
        }
        base_url::check_rest(&rest[authority.len()..])?;
        if authority.is_empty() || authority.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(ConnectionError::Url);
        }
        let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
            let (host, tail) = bracketed.split_once(']').ok_or(ConnectionError::Url)?;
            (host, tail.strip_prefix(':'))
        } else {
            match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        if host.is_empty() {
            return Err(ConnectionError::Url);
        }
        let port = match port {
            Some(digits) => digits.parse().map_err(|_not_a_port| ConnectionError::Url)?,
            None => usual,
        };
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    /// This computer itself, by address or as `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// Stands for the simulated provider where facts are looked up by host; no network has it (RFC 2606).
pub const SIMULATED_HOST: &str = "simulated.invalid";

/// What shown names of simulated things end in.
const SIMULATED_MARK: &str = "(simulated)";

/// Headers that the HTTP client sets itself.
const RESERVED_HEADERS: [&str; 2] = ["host", "content-length"];

/// Parts of the names of headers that carry secrets: extra headers are kept and shown as they are, so a secret has no place in them.
const SECRET_PARTS: [&str; 7] = ["auth", "key", "token", "secret", "cookie", "password", "credential"];

impl Connection {
    /// A connection with the defaults of a new one.
    pub fn new(id: ConnectionId, name: &str, role: Role, base_url: &str, key_source: KeySource) -> Self {
        Self {
            id,
            name: name.to_owned(),
            role,
            wire: WireFormat::default(),
            base_url: BaseUrl::from_pasted(base_url).url,
            key_source,
            plain_http_allowed: false,
            limits: Limits::default(),
            extra_headers: Vec::new(),
            think_tags: on(),
            note: String::new(),
            preset: None,
            last_model: None,
            found_limit: None,
            dialect: Dialect::default(),
        }
    }

    /// Checks everything but the name's uniqueness.
    pub fn validate(&self) -> Result<(), ConnectionError> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.contains('/') || name.contains(char::is_control) {
            return Err(ConnectionError::Name);
        }
        if !self.is_simulated() && name.to_lowercase().ends_with(SIMULATED_MARK) {
            return Err(ConnectionError::Name);
        }
        let origin = base_url::check(&self.base_url)?;
        match origin.plain_http(self.sends_key()) {
            Some(PlainHttp::Never) => return Err(ConnectionError::PlainHttpKey),
            Some(PlainHttp::Allowance) if !self.plain_http_allowed => {
                return Err(ConnectionError::PlainHttp { with_key: self.sends_key() });
            }
            Some(PlainHttp::Told | PlainHttp::Allowance) | None => {}
        }
        if let KeySource::Environment(variable) = &self.key_source
            && (variable.is_empty()
                || variable.starts_with(|c: char| c.is_ascii_digit())
                || !variable.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            return Err(ConnectionError::VariableName);
        }
        for (name, value) in &self.extra_headers {
            let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            let lower = name.to_ascii_lowercase();
            let secret = SECRET_PARTS.iter().any(|part| lower.contains(part));
            if secret || !token || RESERVED_HEADERS.contains(&lower.as_str()) || value.contains(|c: char| c.is_control()) {
                return Err(ConnectionError::Header(name.clone()));
            }
        }
        Ok(())
    }

    /// A key goes with its requests.
    pub fn sends_key(&self) -> bool {
        self.key_source != KeySource::None
    }

    /// Its requests go unencrypted to another computer.
    pub fn is_unencrypted(&self) -> bool {
        Origin::of(&self.base_url).is_ok_and(|origin| origin.plain_http(self.sends_key()).is_some())
    }

    /// The host that its requests go to; empty when the URL is broken.
    pub fn host(&self) -> String {
        Origin::of(&self.base_url).map(|origin| origin.host).unwrap_or_default()
    }

    /// The host that prices and model facts are looked up under; servers on this computer are told apart by their port.
    pub fn price_host(&self) -> String {
        if self.is_simulated() {
            return SIMULATED_HOST.to_owned();
        }
        match Origin::of(&self.base_url) {
            Ok(origin) if origin.is_loopback() => format!("{}:{}", origin.host, origin.port),
            Ok(origin) => origin.host,
            Err(_) => String::new(),
        }
    }

    /// How a request to `model` is spelled: what is known of this host, and what the server has shown.
    pub fn spelling_of(&self, model: &str) -> Spelling {
        Spelling { thinking_by_type: self.host() == DEEPSEEK_HOST, ..self.dialect.spelling_of(model) }
    }

    /// All that comes from it is made up.
    pub fn is_simulated(&self) -> bool {
        self.role == Role::Demo
    }

    /// A name of this connection or of something at it, as it is shown: what is simulated says so, once.
    pub fn marked<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.is_simulated() && !name.contains(SIMULATED_MARK) { format!("{name} {SIMULATED_MARK}").into() } else { name.into() }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
