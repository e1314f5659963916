//! Servers that fail by themselves: which of those on the way, as far as they say.

use super::phrases::{CHANNEL_BROKEN, EMPTY_FROM_UPSTREAM, NO_CHANNEL, NO_CHANNEL_WORDS, OVERLOADED, OVERLOADED_WORDS};
use super::symptoms::{LOOPS_MULTIPLY, Symptoms};
use crate::domain::{Cause, Diagnosis, Remedy, Side};

/// 5xx.
pub(super) fn failed(s: &Symptoms<'_>) -> Diagnosis {
    by_relay(s).unwrap_or_else(|| by_status(s)).with_note(LOOPS_MULTIPLY)
}

fn by_relay(s: &Symptoms<'_>) -> Option<Diagnosis> {
    let support = "Tell the relay's support, or take another model or relay.";
    let found = if s.error.is(NO_CHANNEL) || s.error.says(NO_CHANNEL_WORDS) {
        s.diagnosis(
            Cause::RelayNoChannel,
            Side::Relay,
            format!("The relay has no channel for “{}” that works at this time.", s.model()),
            format!("Try again later. If it stays: {}", lower_first(support)),
        )
    } else if s.error.is(CHANNEL_BROKEN) {
        s.diagnosis(Cause::RelayKey, Side::Relay, "The relay's own key or set-up for the provider behind it does not work.", support)
    } else if s.passes_on() || (s.is_relay() && s.error.is(EMPTY_FROM_UPSTREAM)) {
        s.diagnosis(
            Cause::RelayUpstream,
            Side::Upstream,
            "The provider behind the relay failed; the relay only passes it on.",
            "Try again later, or ask the provider directly: the same model at its maker, sent at the same time, shows whether it is well.",
        )
        .with_fact_if("Behind it", s.error.error.pointer("/metadata/provider_name").and_then(serde_json::Value::as_str))
    } else {
        return None;
    };
    Some(found.with_remedies([s.retry()]))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn by_status(s: &Symptoms<'_>) -> Diagnosis {
    let status = s.status();
    let later = "Try again later; the status page of the provider may say more.";
    let (cause, happened, to_do) = match status {
        502 | 504 | 520..=527 => (
            Cause::BadGateway,
            format!("The gateway in front of {} got no good answer from behind it.", s.host),
            "Try again later. If it happens with long answers only, the gateway gives up before the model is done: stream, or ask for less.",
        ),
        503 => (Cause::Unavailable, format!("{} is not available at this time.", s.host), later),
        529 => (
            Cause::Overloaded,
            format!("{} has more work than it can do.", s.host),
            "Try again later with fewer at once. It is no limit of your account: everybody waits.",
        ),
        _ if s.error.is(OVERLOADED) || s.error.says(OVERLOADED_WORDS) => (
            Cause::Overloaded,
            format!("{} has more work than it can do.", s.host),
            "Try again later with fewer at once. It is no limit of your account: everybody waits.",
        ),
        _ => (Cause::ServerError, "The server failed by itself.".to_owned(), later),
    };
    let unclear = s.is_relay() && !s.error.is_by_relay_software();
    let side = if unclear { Side::Unclear } else { s.server_side() };
    let mut found = s
        .diagnosis(cause, side, happened, to_do)
        .with_fact_if("Answered by", s.header("server").or_else(|| s.header("via")))
        .with_remedies([s.retry()]);
    if cause == Cause::Overloaded {
        found = found.with_remedies(s.fewer_at_once());
    }
    if unclear {
        found = found.with_open(
            "Whether the relay or the provider behind it failed the answer does not say. The same model asked at its maker, at the same time, would tell.",
        );
    }
    if s.is_loopback() {
        "Look at the output of your server: it says what failed.".clone_into(&mut found.to_do);
        found.remedies = vec![Remedy::Retry(None)];
    }
    found
}
