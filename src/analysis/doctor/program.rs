//! What this program itself held back, or did wrong.

use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side};

/// The breaker of its model was open.
pub(super) fn not_asked_again(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::BreakerOpen,
        Side::Program,
        "It was not sent: the requests before it had failed again and again, and once more after a pause.",
        "See why those failed: the first failed trials of this target say it. Once that is mended, send the failed ones again.",
    )
    .with_fact("Reported", s.found.failure.message.clone())
    .with_remedies([Remedy::Retry(None)])
}

/// Everything before it was refused as too many (429), for minutes.
pub(super) fn not_asked_after_refusals(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::RateLimited,
        Side::You,
        "It was not sent: every request before it was refused as too many, for minutes.",
        "Wait until the limit has room again, then send the failed ones again. The trials of this target that were sent tell which limit it is.",
    )
    .with_fact("Reported", s.found.failure.message.clone())
    .with_remedies([Remedy::Retry(None)])
    .with_remedies(s.fewer_at_once())
}

/// The cap left no room.
pub(super) fn over_budget(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::OverBudget,
        Side::You,
        "The cap on spending left no room for it.",
        "Raise the cap of the run, or lower max tokens: the worst case of every request has to fit under the cap.",
    )
    .with_fact("Reported", s.found.failure.message.clone())
}

/// No price, and a cap is set.
pub(super) fn price_unknown(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::PriceUnknown,
        Side::You,
        "The price of this model is unknown, and a cap is set.",
        "Set your own price of it on the Connections screen, or run without a cap.",
    )
}

/// A fault of this program or computer, or a kind that has no page of its own.
pub(super) fn internal(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::Internal,
        Side::Program,
        super::super::capitalised(s.found.failure.kind.label()) + ".",
        s.found.failure.message.clone(),
    )
    .with_remedies([Remedy::Retry(None)])
}
