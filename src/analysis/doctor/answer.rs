//! Answers that came, and are none, or not whole.

use super::symptoms::Symptoms;
use crate::domain::{Cause, Charge, Diagnosis, Remedy, Side};

/// Withheld by a content filter.
pub(super) fn filtered(s: &Symptoms<'_>) -> Diagnosis {
    let found = s.diagnosis(
        Cause::ContentFilter,
        s.server_side(),
        "The content filter withheld the answer.",
        "Change the prompt, or take a model whose filter allows it. The same prompt is most likely filtered again.",
    );
    let found = found.with_fact_if("Flagged as", s.error.flagged_as().filter(|words| !words.is_empty()));
    if s.is_relay() {
        return found.with_open(
            "Whether the relay's filter or the provider's did it the answer does not say. The same prompt at the maker would tell.",
        );
    }
    found
}

/// The stream ended without its end mark.
pub(super) fn truncated(s: &Symptoms<'_>) -> Diagnosis {
    let happened = if s.found.has_text {
        "The answer broke off before its end mark; what came is kept."
    } else {
        "The stream ended before an answer began."
    };
    s.diagnosis(
        Cause::Truncated,
        Side::Unclear,
        happened,
        "Try again. If it stays, look at what is between: proxies and gateways with a time limit cut long streams.",
    )
    .with_fact_if("Passed by", s.header("via").or_else(|| s.header("server")))
    .with_open("Who cut it cannot be seen from here. If it always ends after the same time, it is a gateway's limit; the attempts below show the times.")
    .with_remedies([Remedy::Retry(None)])
}

/// The provider reported an error inside its answer, in words that say no more.
pub(super) fn broke_off(s: &Symptoms<'_>) -> Diagnosis {
    let happened = if s.found.has_text {
        "The provider broke its answer off with an error; what came is kept."
    } else {
        "The provider sent an error in place of an answer."
    };
    let said = s.quoted().is_some();
    let why = if said { "Its own words say why. " } else { "" };
    s.diagnosis(
        Cause::StreamError,
        if s.is_relay() { Side::Unclear } else { s.server_side() },
        happened,
        format!("{why}Try again; if it stays, tell the provider's support."),
    )
    .with_fact_if("Reported", (!said).then(|| s.found.failure.message.clone()))
    .with_remedies([Remedy::Retry(None)])
}

/// Past a size cap.
pub(super) fn too_large(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::TooLarge,
        s.server_side(),
        "The answer is larger than any answer should be; reading was stopped.",
        "Set max tokens for this target, so that an answer that never ends is stopped earlier.",
    )
    .with_fact("Reported", s.found.failure.message.clone())
}

/// A success in which nothing was said.
pub(super) fn empty(s: &Symptoms<'_>) -> Diagnosis {
    let found = s
        .diagnosis(
            Cause::EmptyAnswer,
            s.server_side(),
            "The server called it a success, and nothing is in its answer.",
            format!("Try again. If it stays, tell whoever runs the {}.", s.server_word()),
        )
        .with_fact_if("Often so", s.is_relay().then_some("a relay that does not pass on the error of the provider behind it"))
        .with_fact_if("Content type", s.header("content-type"))
        .with_remedies([Remedy::Retry(None)]);
    if matches!(s.found.charge, Charge::NotSent | Charge::Nothing) {
        return found;
    }
    found.with_open("Whether it was charged the answer does not say. The provider's usage page would tell.")
}

/// An answer that cannot be read.
pub(super) fn unreadable(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::Malformed,
        Side::Unclear,
        "The answer cannot be read.",
        "Compare the base URL and the wire format with the provider's documentation. Something on the way may also change its answers.",
    )
    .with_fact("Reported", s.found.failure.message.clone())
    .with_fact_if("Content type", s.header("content-type"))
    .with_remedies([Remedy::Retry(None)])
}
