//! Answers that did not come in time, and which bound was reached.

use super::super::format::format_ms;
use super::symptoms::{LOOPS_MULTIPLY, Symptoms};
use crate::domain::{Cause, Diagnosis, FailureKind, Remedy, Side, TimeoutKind};

/// The longest bound that a button sets: a day.
const LONGEST_MS: u64 = 86_400_000;

/// One of the connection's bounds was reached.
pub(super) fn late(s: &Symptoms<'_>) -> Diagnosis {
    let limits = &s.found.connection.limits;
    let (cause, timeout, now_ms) = match s.found.failure.kind {
        FailureKind::ConnectTimeout => (Cause::ConnectTimeout, TimeoutKind::Connect, limits.connect_timeout_ms),
        FailureKind::FirstByteTimeout => (Cause::FirstByteTimeout, TimeoutKind::FirstByte, limits.first_byte_timeout_ms),
        FailureKind::IdleTimeout => (Cause::IdleTimeout, TimeoutKind::Idle, limits.idle_timeout_ms),
        _ => (Cause::AttemptTimeout, TimeoutKind::Attempt, limits.attempt_timeout_ms),
    };
    let bound = format_ms(now_ms as f64);
    let (side, happened, to_do) = match timeout {
        TimeoutKind::Connect => (
            Side::Network,
            format!("{} did not accept a connection within {bound}.", s.host),
            "Check host and port of the base URL, the network and a firewall; a far or busy server may need a longer bound.",
        ),
        TimeoutKind::FirstByte => (
            s.server_side(),
            first_byte_words(s, &bound),
            "Try again. Models that think long before they answer need a longer bound, or streaming.",
        ),
        TimeoutKind::Idle => (
            s.server_side(),
            format!("The answer stopped for {bound} in its middle."),
            "Try again. If it stays, a proxy may hold the stream back; models that think in between need a longer bound.",
        ),
        TimeoutKind::Attempt => (
            s.server_side(),
            format!("The answer took longer than {bound} in all."),
            "Ask for fewer tokens, or raise the bound if answers may take so long.",
        ),
    };
    let to_ms = now_ms.saturating_mul(2).min(LONGEST_MS);
    let raise = (to_ms > now_ms).then_some(Remedy::RaiseTimeout { timeout, to_ms });
    let found = s
        .diagnosis(cause, side, happened, to_do)
        .with_fact("Bound", format!("{}, {bound}", timeout.label()))
        .with_remedies([Remedy::Retry(None)])
        .with_remedies(raise);
    let found = match timeout {
        TimeoutKind::Connect => found.with_open("A firewall that drops packets and a server that is off look alike from here."),
        TimeoutKind::FirstByte if slow_way(s).is_some() => on_a_slow_way(s, found),
        TimeoutKind::FirstByte | TimeoutKind::Idle if s.is_relay() => {
            let mut found = found.with_open(
                "Whether the relay or the provider behind it was silent cannot be seen from here. The same model asked at its maker would tell.",
            );
            found.side = Side::Unclear;
            found
        }
        _ => found,
    };
    match timeout {
        TimeoutKind::Connect => found,
        _ => found.with_remedies(s.fewer_at_once()).with_note(LOOPS_MULTIPLY),
    }
}

/// From this size on a request may take long to send: 4 s at a megabit a second.
const BIG_REQUEST_BYTES: u64 = 500_000;
/// From this time on, connecting tells of a slow way: several round trips of a far satellite.
const SLOW_CONNECT_US: u64 = 2_000_000;

/// With a response's head the server had the request; without it nobody knows.
fn first_byte_words(s: &Symptoms<'_>, bound: &str) -> String {
    if s.found.http_status.is_some() {
        format!("The server took the request and sent nothing of an answer for {bound}.")
    } else {
        format!("Nothing came back within {bound} of sending.")
    }
}

/// Why the request itself may have been on its way all the time: it is big, or connecting was slow already.
fn slow_way(s: &Symptoms<'_>) -> Option<String> {
    if s.found.http_status.is_some() {
        return None;
    }
    let big =
        s.found.request_bytes.filter(|bytes| *bytes >= BIG_REQUEST_BYTES).map(|bytes| format!("the request has {}", megabytes(bytes)));
    let slow =
        s.found.connect_us.filter(|us| *us >= SLOW_CONNECT_US).map(|us| format!("connecting alone took {}", format_ms(us as f64 / 1e3)));
    match (big, slow) {
        (Some(big), Some(slow)) => Some(format!("{big}, and {slow}")),
        (big, slow) => big.or(slow),
    }
}

fn on_a_slow_way(s: &Symptoms<'_>, mut found: Diagnosis) -> Diagnosis {
    let Some(why) = slow_way(s) else { return found };
    found.side = Side::Unclear;
    let to_do = "Try again. If your network is slow, send less at once or smaller requests; models that think long need a longer bound, or streaming.";
    to_do.clone_into(&mut found.to_do);
    found
        .with_fact_if("Request", s.found.request_bytes.map(megabytes))
        .with_fact_if("Connecting took", s.found.connect_us.map(|us| format_ms(us as f64 / 1e3)))
        .with_open(format!(
            "Whether the server was silent or the request was still being sent cannot be seen from here: {why}. The same prompt made short would tell."
        ))
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// 408.
pub(super) fn request_timeout(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::RequestTimeout,
        Side::Network,
        "The server gave up waiting for the request (408).",
        "Try again. With large prompts, a slow or lossy way to the server is the likely reason.",
    )
    .with_note(LOOPS_MULTIPLY)
    .with_remedies([s.retry()])
}
