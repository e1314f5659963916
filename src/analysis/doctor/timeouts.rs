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
            format!("The server took the request and sent nothing for {bound}."),
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
