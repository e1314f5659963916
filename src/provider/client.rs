//! A connection with its key: the HTTP client and what every request carries.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url, redirect};

use crate::domain::{ApiKey, Connection, ConnectionError, FailureKind, Origin};

use super::clean::Cleaner;
use super::gather::failure;
use super::proxy::goes_through_proxy;
use super::set_up;
use super::starting_turn::StartingTurn;
use super::transport::Route;
use super::wire::{Wire, wire_of};
use super::{CallError, ChatRequest};

/// A connection that requests can be sent over. Keeps its connections open between requests: use one for a whole run.
///
/// The key goes to the connection's origin only: no redirect is followed, and every URL is made from the base URL.
pub struct HttpProvider {
    pub(super) client: Client,
    pub(super) wire: &'static dyn Wire,
    pub(super) route: Route,
    pub(super) cleaner: Cleaner,
    base_url: String,
    headers: HeaderMap,
}

impl fmt::Debug for HttpProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProvider").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Sent as the user agent.
const USER_AGENT: &str = concat!("assay/", env!("CARGO_PKG_VERSION"));

impl HttpProvider {
    /// Makes a client for this connection; sends nothing. Reads the system's certificates for an `https` URL (some milliseconds), and
    /// nothing for an `http` one.
    ///
    /// The error is about the connection's settings (kinds `path_not_found` and `bad_request`) or this computer's certificates (`internal`).
    pub fn new(connection: &Connection, key: Option<ApiKey>) -> Result<Self, CallError> {
        Self::with_proxy(connection, key, true)
    }

    /// `system_proxy`: go through this computer's proxy, if it has one; never for a loopback host.
    pub(super) fn with_proxy(connection: &Connection, key: Option<ApiKey>, system_proxy: bool) -> Result<Self, CallError> {
        connection.validate().map_err(|error| unusable(&error))?;
        let origin = Origin::of(&connection.base_url).map_err(|error| unusable(&error))?;
        let wire = wire_of(connection.wire);
        let headers = headers(connection, wire, key.as_ref())?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            // Many servers close an idle connection after 5 s; one that is used just then breaks.
            .pool_idle_timeout(Duration::from_secs(4))
            .http2_adaptive_window(true)
            .connect_timeout(Duration::from_millis(connection.limits.connect_timeout_ms));
        if origin.is_loopback() || !system_proxy {
            builder = builder.no_proxy();
        }
        if origin.scheme == "http" && (origin.is_loopback() || !system_proxy) {
            // No TLS will be spoken: spare the reading of the system's certificates.
            builder = builder.tls_certs_only([]);
        }
        let client = set_up::watched(builder).build().map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            failure(
                FailureKind::Internal,
                format!("This computer's certificates cannot be read: {cause}. Check the system's certificate store."),
            )
        })?;
        let provider = Self {
            client,
            wire,
            route: Route {
                proxied: system_proxy && goes_through_proxy(&origin),
                origin,
                limits: connection.limits.clone(),
                think_tags: connection.think_tags,
            },
            cleaner: Cleaner::new(key),
            base_url: connection.base_url.trim_end_matches('/').to_owned(),
            headers,
        };
        provider.url("")?;
        Ok(provider)
    }

    /// What stands between `<think>` and `</think>` in an answer's text is taken for reasoning.
    pub fn reads_think_tags(&self) -> bool {
        self.route.think_tags
    }

    /// The HTTP request of a chat request; writing its body ends `turn`.
    pub(super) fn chat_request(&self, request: &ChatRequest, body: String, turn: &StartingTurn) -> Result<Request, CallError> {
        let mut http_request = self.request(Method::POST, &self.wire.chat_path(&request.model, request.stream))?;
        let headers = http_request.headers_mut();
        let accept = if request.stream { "text/event-stream, application/json" } else { "application/json" };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Said in advance, since the body is a stream: servers need not know how to read one of unknown length.
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        *http_request.body_mut() = Some(turn.body(body));
        Ok(http_request)
    }

    /// The HTTP request for the list of models.
    pub(super) fn models_request(&self) -> Result<Request, CallError> {
        let mut http_request = self.request(Method::GET, self.wire.models_path())?;
        http_request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        Ok(http_request)
    }

    /// A request to the origin itself, without key and extra headers.
    pub(super) fn bare_request(&self) -> Result<Request, CallError> {
        let mut url = self.url("")?;
        url.set_path("/");
        Ok(Request::new(Method::HEAD, url))
    }

    fn request(&self, method: Method, path: &str) -> Result<Request, CallError> {
        let mut request = Request::new(method, self.url(path)?);
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }

    fn url(&self, path: &str) -> Result<Url, CallError> {
        let url = Url::parse(&format!("{}{path}", self.base_url)).map_err(|_not_a_url| unusable(&ConnectionError::Url))?;
        // Two readers of URLs may disagree; the key must not leave for a host that the rules did not see.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let same = url.scheme() == self.route.origin.scheme
            && url.port_or_known_default() == Some(self.route.origin.port)
            && is_same_host(host, &self.route.origin.host);
        // Some wire formats have a query of their own, which base URLs have not.
        let address = url.as_str().split('?').next().unwrap_or_default();
        let loopback = Origin::of(address).is_ok_and(|origin| origin.is_loopback());
        if same && loopback == self.route.origin.is_loopback() { Ok(url) } else { Err(unusable(&ConnectionError::Url)) }
    }

    /// The host as TLS names it: in ASCII, an address without brackets.
    pub(super) fn tls_host(&self) -> Result<String, CallError> {
        Ok(self.url("")?.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned())
    }

    /// The host that a `Location` header points to; absent when it is broken.
    pub(super) fn redirect_host(&self, location: &str) -> Option<String> {
        let target = self.url("").ok()?.join(location).ok()?;
        let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", target.scheme(), target.host_str()?))
    }
}

/// By name or by address; a name in another script is written in ASCII in one of them, and then says nothing.
fn is_same_host(one: &str, other: &str) -> bool {
    let address = |host: &str| host.parse::<IpAddr>().ok();
    one == other || address(one).is_some_and(|ip| address(other) == Some(ip)) || !other.is_ascii()
}

fn unusable(error: &ConnectionError) -> CallError {
    let is_unencrypted = matches!(error, ConnectionError::PlainHttp { .. } | ConnectionError::PlainHttpKey);
    let kind = if error.is_about_url() && !is_unencrypted { FailureKind::PathNotFound } else { FailureKind::BadRequest };
    failure(kind, format!("The connection cannot be used: {error}."))
}

fn headers(connection: &Connection, wire: &dyn Wire, key: Option<&ApiKey>) -> Result<HeaderMap, CallError> {
    let mut headers = HeaderMap::new();
    for (name, value) in wire.fixed_headers() {
        if !connection.extra_headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    for (name, value) in &connection.extra_headers {
        let bad = || unusable(&ConnectionError::Header(name.clone()));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_bad_name| bad())?;
        headers.append(header, HeaderValue::from_bytes(value.as_bytes()).map_err(|_bad_value| bad())?);
    }
    if let Some(key) = key {
        let header = connection.wire.key_header();
        let text = zeroize::Zeroizing::new(format!("{}{}", header.prefix, key.reveal()));
        let mut value = HeaderValue::from_str(&text).map_err(|_bad_value| {
            failure(FailureKind::NoKey, "The key holds a character that no header can carry. Enter it again.".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(header.name), value);
    }
    Ok(headers)
}
