//! Failures of the way to the server: what the HTTP client reports, told apart.

use std::error::Error;
use std::io;

use crate::domain::{FailureKind, Limits, Origin};

use super::CallError;
use super::clean::Cleaner;
use super::set_up::made_a_connection;

/// Where requests go, for wording and judging failures.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) origin: Origin,
    pub(super) limits: Limits,
    /// Through this computer's proxy.
    pub(super) proxied: bool,
    /// What stands between `<think>` and `</think>` is reasoning.
    pub(super) think_tags: bool,
}

/// The places in a chain of causes that decide.
#[derive(Debug, Default)]
struct Causes {
    io: Option<io::ErrorKind>,
    /// The words of the innermost cause.
    innermost: String,
    /// The words of all causes.
    words: String,
    /// HTTP/2: the server says that it did not look at the request: it refused the stream, or it goes away in peace and the stream came after the last
    /// that it answers (RFC 9113 §6.8 and §8.7).
    taken_back: bool,
}

impl Causes {
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut causes = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.innermost = error.to_string();
            causes.words.push_str(&causes.innermost);
            causes.words.push('\n');
            causes.taken_back |= error.downcast_ref::<h2::Error>().is_some_and(was_not_read);
            next = if let Some(io) = error.downcast_ref::<io::Error>() {
                // The innermost kind says most: TLS wraps an error of its own kind in `Other`.
                if io.kind() != io::ErrorKind::Other || causes.io.is_none() {
                    causes.io = Some(io.kind());
                }
                // `source()` of an `io::Error` would skip the error that it holds.
                io.get_ref().map(|inner| inner as &(dyn Error + 'static))
            } else {
                error.source()
            };
        }
        causes
    }
}

fn was_not_read(error: &h2::Error) -> bool {
    match error.reason() {
        Some(h2::Reason::REFUSED_STREAM) => true,
        Some(h2::Reason::NO_ERROR) => error.is_go_away() && error.is_remote(),
        _ => false,
    }
}

impl Route {
    /// `host:port`, for messages.
    fn place(&self) -> String {
        format!("{}:{}", self.origin.host, self.origin.port)
    }

    /// A request that got no response, `elapsed_us` after its start.
    pub(super) fn send_error(&self, error: reqwest::Error, cleaner: &Cleaner, elapsed_us: u64) -> CallError {
        let error = error.without_url();
        let causes = Causes::of(&error);
        // TLS refuses a name that no name service is asked about.
        if error.is_dns() || causes.words.contains("invalid dns name") {
            return self.cannot_resolve(&causes.innermost, cleaner);
        }
        if error.is_connect() {
            if error.is_timeout() {
                return self.connect_timeout();
            }
            if causes.words.contains("proxy authorization required") {
                return proxy_login();
            }
            if causes.words.contains("tunnel error") || causes.words.contains("proxy") {
                let message = format!("The proxy of this computer did not connect to {}. Check its settings.", self.place());
                return CallError { kind: FailureKind::Proxy, message, retryable: true };
            }
            return self.connect_error(causes.io, &causes.innermost, cleaner);
        }
        if error.is_builder() {
            let message = cleaner.message(&format!("The request could not be made: {}.", causes.innermost));
            return CallError { kind: FailureKind::Internal, message, retryable: false };
        }
        if causes.taken_back {
            let message = format!("{} sent the request back unread (HTTP/2). Try again.", self.place());
            return CallError { kind: FailureKind::Network, message, retryable: true };
        }
        if elapsed_us < STALE_CONNECTION_US && !made_a_connection() {
            let message = format!("{} had closed the connection that was kept open. Try again.", self.place());
            return CallError { kind: FailureKind::Network, message, retryable: true };
        }
        // The request may have arrived and may be charged: sending it again is the user's choice.
        let message = format!("The connection to {} broke before an answer came. The request may have been charged.", self.place());
        CallError { kind: FailureKind::Network, message, retryable: false }
    }

    /// A TLS handshake that failed.
    pub(super) fn tls_error(&self, error: &io::Error, cleaner: &Cleaner) -> CallError {
        let causes = Causes::of(error);
        self.connect_error(causes.io, &causes.innermost, cleaner)
    }

    /// A host name without an address.
    pub(super) fn cannot_resolve(&self, detail: &str, cleaner: &Cleaner) -> CallError {
        let message = cleaner.message(&format!(
            "The host name {} has no address ({}). Check the base URL and the network.",
            cleaner.line(&self.origin.host, 200),
            cleaner.line(detail, 120)
        ));
        CallError { kind: FailureKind::CannotResolve, message, retryable: true }
    }

    /// No connection in time.
    pub(super) fn connect_timeout(&self) -> CallError {
        let message = format!(
            "No connection to {} within {} ms. Check the base URL, the network and a firewall.",
            self.place(),
            self.limits.connect_timeout_ms
        );
        CallError { kind: FailureKind::ConnectTimeout, message, retryable: true }
    }

    /// A connection that could not be made.
    pub(super) fn connect_error(&self, kind: Option<io::ErrorKind>, detail: &str, cleaner: &Cleaner) -> CallError {
        let place = self.place();
        let detail = cleaner.line(detail, 160);
        let (kind, message, retryable) = match kind {
            Some(io::ErrorKind::ConnectionRefused) if self.origin.is_loopback() => {
                (FailureKind::Refused, format!("Nothing listens at {place}. Is the server running?"), true)
            }
            Some(io::ErrorKind::ConnectionRefused) => {
                (FailureKind::Refused, format!("{place} refused the connection. Check host and port of the base URL."), true)
            }
            Some(io::ErrorKind::TimedOut) => return self.connect_timeout(),
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown) => {
                (FailureKind::Network, format!("There is no way to {place}. Is this computer online?"), true)
            }
            // rustls reports its refusals as invalid data; a server that speaks no TLS also just hangs up.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Other) if self.origin.scheme == "https" => {
                (FailureKind::Tls, format!("No secure connection to {place}: {detail}. {} No key was sent.", tls_advice(&detail)), false)
            }
            _ => (FailureKind::Network, format!("The connection to {place} could not be made: {detail}."), true),
        };
        CallError { kind, message: cleaner.message(&message), retryable }
    }
}

/// A kept-open connection that breaks this soon had gone stale: the server closed it before it could read the request, and sending again pays
/// nothing twice.
const STALE_CONNECTION_US: u64 = 100_000;

fn tls_advice(detail: &str) -> &'static str {
    if detail.contains("Expired") || detail.contains("NotValidYet") || detail.contains("expired") {
        "Its certificate is out of date; check this computer's clock too."
    } else if ["UnknownIssuer", "unknown issuer", "CaUsedAsEndEntity"].iter().any(|word| detail.contains(word)) {
        "Its certificate comes from an authority that this computer does not know; a company's own authority has to be added to the system."
    } else if detail.contains("NotValidForName") || detail.contains("not valid for name") {
        "Its certificate is for another host; check the base URL."
    } else if detail.contains("corrupt message") || detail.contains("InvalidContentType") {
        "It seems to speak plain http."
    } else {
        "Check the base URL and the server's certificate."
    }
}

/// A proxy asks for a login.
pub(super) fn proxy_login() -> CallError {
    let message = "The proxy of this computer asks for a login (407). Set it in the system's proxy settings.".to_owned();
    CallError { kind: FailureKind::Proxy, message, retryable: false }
}

/// A body that broke off. `answer_begun` says whether any of it came.
pub(super) fn body_error(error: reqwest::Error, answer_begun: bool) -> CallError {
    let causes = Causes::of(&error.without_url());
    // What a decompressor reports: the bytes came, but they are no gzip, br or zstd.
    if matches!(causes.io, Some(io::ErrorKind::InvalidData | io::ErrorKind::Other)) {
        let message = "The answer's compression is broken; it cannot be read.".to_owned();
        return CallError { kind: FailureKind::Malformed, message, retryable: false };
    }
    if answer_begun {
        let message = "The connection broke in the middle of the answer. What came is kept.".to_owned();
        CallError { kind: FailureKind::Truncated, message, retryable: false }
    } else {
        let message = "The connection broke before the answer began. The request may have been charged.".to_owned();
        CallError { kind: FailureKind::Network, message, retryable: false }
    }
}
