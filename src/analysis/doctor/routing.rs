//! A router that has the model and nobody to send this request to: an ability that none of them has, or a privacy setting that leaves none.

use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side};

/// What stands in the way, where the answer says so: OpenRouter's 404s, which are about neither path nor name.
pub(super) fn nobody_left(s: &Symptoms<'_>) -> Option<Diagnosis> {
    if !s.error.says(&["no endpoints"]) {
        return None;
    }
    let (model, word) = (s.model(), s.server_word());
    if s.error.says(&["data policy", "guardrail restrictions"]) {
        let found = s.diagnosis(
            Cause::DataPolicy,
            Side::You,
            format!("The privacy settings of your account at the {word} leave nobody to serve “{model}”."),
            "Allow more on the privacy page of that account, or take a model that others serve. Until then the same request fails again.",
        );
        return Some(found.with_remedies([Remedy::Retry(None)]));
    }
    let (_, missing) = s.error.lower().split_once("no endpoints found that")?;
    let (what, to_do) = if missing.contains("image") {
        ("takes pictures", "Take the pictures out of this case, or take a model that reads pictures.")
    } else if missing.contains("tool") {
        ("can be given tools in this way", "Take the tools out of this target, or take a model that calls tools.")
    } else {
        ("does what this request asks for", "Its own words say what is asked for; take that out of this target, or take another model.")
    };
    Some(s.diagnosis(Cause::AbilityMissing, Side::You, format!("Nobody who serves “{model}” at the {word} {what}."), to_do))
}
