//! What is known about a failure, and what every family of causes asks of it.

use std::time::Duration;

use jiff::Timestamp;

use super::error_words::ErrorWords;
use super::phrases::THROTTLED;
use super::wait_words::whole_seconds;
use crate::domain::{
    BehindRelay, Cause, Charge, Connection, Diagnosis, Evidence, Failure, ForeignKey, Origin, Presets, Remedy, Role, Side, asked_wait,
    behind_relay, server_time, wait_in_words,
};

/// What is known about a failed trial or check.
#[derive(Clone, Debug)]
pub struct Findings<'a> {
    /// Its kind and message.
    pub failure: &'a Failure,
    /// Response status; absent when no response came.
    pub http_status: Option<u16>,
    /// A body that was no answer; empty otherwise.
    pub error_body: &'a str,
    /// Headers, and what stood in the way.
    pub evidence: &'a Evidence,
    /// When it failed.
    pub at: Timestamp,
    /// What was asked, as it was when it was asked.
    pub connection: &'a Connection,
    /// The model that was asked; absent when none was.
    pub model: Option<&'a str>,
    /// The provider's own list; empty when it gave none.
    pub models: &'a [String],
    /// Of the model, from the catalog; absent when not known.
    pub context_window_tokens: Option<u64>,
    /// Answer tokens that were asked for; absent when none were set.
    pub max_tokens: Option<u32>,
    /// Requests that may have been in flight at once.
    pub in_flight: u32,
    /// What was sent, bytes, pictures included; absent when not known.
    pub request_bytes: Option<u64>,
    /// How long TCP and TLS took, microseconds; absent when the connection was open before, or nothing is known.
    pub connect_us: Option<u64>,
    /// Text of the answer had come.
    pub has_text: bool,
    /// The key starts as another provider's do.
    pub foreign_key: Option<&'a ForeignKey>,
    /// Known providers.
    pub presets: &'a Presets,
    /// What it cost.
    pub charge: Charge,
}

/// Findings, and the error body read.
pub(super) struct Symptoms<'a> {
    pub(super) found: &'a Findings<'a>,
    pub(super) error: ErrorWords,
    /// What the words tell of the provider behind a relay.
    pub(super) behind: Option<BehindRelay>,
    pub(super) host: String,
}

impl<'a> Symptoms<'a> {
    pub(super) fn of(found: &'a Findings<'a>) -> Self {
        let host = if found.connection.is_simulated() { "the simulated provider".to_owned() } else { found.connection.host() };
        let error = ErrorWords::read(found.error_body);
        let behind = behind_relay(error.lower(), error.is(THROTTLED));
        Self { found, error, behind, host }
    }

    /// A diagnosis to add to.
    pub(super) fn diagnosis(&self, cause: Cause, side: Side, happened: impl Into<String>, to_do: impl Into<String>) -> Diagnosis {
        Diagnosis {
            cause,
            side,
            happened: happened.into(),
            to_do: to_do.into(),
            charge: self.found.charge.clone(),
            facts: Vec::new(),
            open: None,
            note: None,
            remedies: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// The status of the response, or the one that an error inside an answer tells: OpenRouter has sent 200 by the time that a model fails.
    pub(super) fn status(&self) -> u16 {
        let http = self.found.http_status.unwrap_or_default();
        self.error.status.filter(|_| (200..300).contains(&http)).unwrap_or(http)
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        self.found.evidence.header(name)
    }

    pub(super) fn model(&self) -> &'a str {
        self.found.model.unwrap_or_default()
    }

    pub(super) fn is_relay(&self) -> bool {
        self.found.connection.role == Role::Relay
    }

    /// A relay passes on what the provider behind it said.
    pub(super) fn passes_on(&self) -> bool {
        self.behind.is_some() || (self.is_relay() && self.error.is_from_upstream())
    }

    pub(super) fn is_loopback(&self) -> bool {
        Origin::of(&self.found.connection.base_url).is_ok_and(|origin| origin.is_loopback())
    }

    /// Whose side the server is that was asked.
    pub(super) fn server_side(&self) -> Side {
        match self.found.connection.role {
            Role::Official | Role::Demo => Side::Upstream,
            Role::Relay => Side::Relay,
            Role::Local => Side::You,
        }
    }

    /// What the server is to a reader.
    pub(super) fn server_word(&self) -> &'static str {
        match self.found.connection.role {
            Role::Official | Role::Demo => "provider",
            Role::Relay => "relay",
            Role::Local => "server",
        }
    }

    /// The body is a web page.
    pub(super) fn is_page(&self) -> bool {
        self.found.error_body.trim_start_matches('\u{feff}').trim_start().starts_with('<')
    }

    /// The server's own time when it answered.
    pub(super) fn server_time(&self) -> Timestamp {
        server_time(|name| self.header(name), self.found.at)
    }

    /// The wait that the server asked for, by `retry-after-ms` or `Retry-After`.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        asked_wait(|name| self.header(name), self.found.at)
    }

    /// The wait that it asked for, by a header or in its words.
    pub(super) fn asked_wait(&self) -> Option<Duration> {
        self.retry_after().or_else(|| wait_in_words(self.error.lower()))
    }

    /// Trying again, after the wait that the server asked for.
    pub(super) fn retry(&self) -> Remedy {
        retry_after(self.asked_wait())
    }

    /// Sending half as many at once; absent when it is one already.
    pub(super) fn fewer_at_once(&self) -> Option<Remedy> {
        let now = self.found.connection.limits.max_in_flight.unwrap_or(u32::MAX).min(self.found.in_flight);
        (now > 1).then_some(Remedy::LowerConcurrency(now / 2))
    }

    /// The provider's words in quotation marks; absent when there are none.
    pub(super) fn quoted(&self) -> Option<String> {
        let words = self.error.message.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = words.chars().take(300).collect();
        let cut = if short.len() < words.len() { "…" } else { "" };
        (!short.is_empty()).then(|| format!("“{short}{cut}”"))
    }
}

pub(super) fn retry_after(wait: Option<Duration>) -> Remedy {
    Remedy::Retry(wait.map(whole_seconds))
}

/// Where a failure is one of rate or load, loops multiply it.
pub(super) const LOOPS_MULTIPLY: &str = "Client libraries retry by themselves: a loop of 5 tries around a client that tries 3 times sends 15 requests, which makes a limit worse.";
