//! What a probe's outcome means.

use super::super::format::format_count;
use crate::domain::{ProbeOutcome, ProbeResult};

/// The outcome in words.
pub fn probe_words(result: &ProbeResult) -> String {
    match &result.outcome {
        ProbeOutcome::Listed(0) => "an API, with an empty model list".to_owned(),
        ProbeOutcome::Listed(1) => "an API that lists 1 model".to_owned(),
        ProbeOutcome::Listed(count) => format!("an API that lists {} models", format_count(*count as u64)),
        ProbeOutcome::WantsKey(status) if result.key_sent => format!("an API that does not take this key ({status})"),
        ProbeOutcome::WantsKey(status) => format!("an API that wants a key ({status}); none was sent"),
        ProbeOutcome::NoSuchPath(status) => format!("nothing at this path ({status})"),
        ProbeOutcome::NotAnApi => "something that is no LLM API".to_owned(),
        ProbeOutcome::Refused(status) => format!("a refusal ({status})"),
        ProbeOutcome::NoResponse(why) => why.clone(),
    }
}
