//! What went wrong between a relay and the provider behind it, where the relay's own words tell it.

use super::symptoms::{LOOPS_MULTIPLY, Symptoms, retry_after};
use super::wait_words::wait_words;
use crate::domain::{BehindRelay, Cause, Diagnosis, Remedy, Side};

const SUPPORT: &str = "Tell whoever runs the relay";

/// Anything that is neither a limit nor a balance.
pub(super) fn behind(s: &Symptoms<'_>, behind: BehindRelay) -> Diagnosis {
    let model = s.model();
    match behind {
        BehindRelay::Key => refused(
            s,
            "The relay's own key for the provider behind it was refused; yours was accepted.",
            format!("{SUPPORT}: the key that it holds for this provider is wrong, expired or revoked. Until then take another model."),
        ),
        BehindRelay::Forbidden => refused(
            s,
            "The provider behind the relay does not allow this to the relay's account.",
            format!("{SUPPORT}, or take another model."),
        ),
        BehindRelay::Resting => resting(s),
        BehindRelay::Unreachable => s
            .diagnosis(
                Cause::RelayUnreachable,
                Side::Relay,
                "The relay cannot reach the provider behind it.",
                format!("{SUPPORT}: the address that it has for the provider may be wrong, or the provider is down or not let through from there."),
            )
            .with_note(LOOPS_MULTIPLY)
            .with_remedies([s.retry()]),
        BehindRelay::Model => s
            .diagnosis(
                Cause::RelayNoChannel,
                Side::Relay,
                format!("The provider behind the relay has no model of the name that the relay asks it for in place of “{model}”."),
                format!("{SUPPORT}, or take another model from its list."),
            )
            .with_remedies([Remedy::ListModels]),
        BehindRelay::Late => failed(s, "The provider behind the relay did not answer the relay in time."),
        BehindRelay::Failed | BehindRelay::Spent | BehindRelay::Limit => {
            failed(s, "The provider behind the relay failed; the relay only passes it on.")
        }
    }
}

fn resting(s: &Symptoms<'_>) -> Diagnosis {
    let wait = s.asked_wait();
    let first = wait.map_or_else(|| "Wait a little".to_owned(), |wait| format!("Wait {}", wait_words(wait)));
    s.diagnosis(
        Cause::RelayResting,
        Side::Relay,
        format!("The relay sends nothing to “{}” for the moment: it rests a model whose provider failed several times.", s.model()),
        format!("{first}, then try again. If it stays, tell whoever runs the relay: what failed before this tells why, and fewer requests at once do not help."),
    )
    .with_fact_if("Room again in", wait.map(wait_words))
    .with_remedies([retry_after(wait)])
}

fn refused(s: &Symptoms<'_>, happened: &str, to_do: String) -> Diagnosis {
    s.diagnosis(Cause::RelayKey, Side::Relay, happened, to_do).with_remedies([Remedy::Retry(None)])
}

fn failed(s: &Symptoms<'_>, happened: &str) -> Diagnosis {
    s.diagnosis(
        Cause::RelayUpstream,
        Side::Upstream,
        happened,
        "Try again later, or ask the provider directly: the same model at its maker, sent at the same time, shows whether it is well.",
    )
    .with_note(LOOPS_MULTIPLY)
    .with_remedies([s.retry()])
}
