//! A router that has the model and nobody to send this request to: an ability that none of them has, or a privacy setting that leaves none.

use super::phrases::{PICTURE_WORDS, TOOL_WORDS};
use super::signs;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side};

/// What stands in the way.
pub(super) fn nobody_left(s: &Symptoms<'_>) -> Diagnosis {
    let (model, word) = (s.model(), s.server_word());
    if signs::says_privacy_leaves_nobody(s) {
        return s
            .diagnosis(
                Cause::DataPolicy,
                Side::You,
                format!("The privacy settings of your account at the {word} leave nobody to serve “{model}”."),
                "Allow more on the privacy page of that account, or take a model that others serve. Until then the same request fails again.",
            )
            .with_remedies([Remedy::Retry(None)]);
    }
    let (what, to_do) = if s.error.says(PICTURE_WORDS) {
        ("takes pictures", "Take the pictures out of this case, or take a model that reads pictures.")
    } else if s.error.says(TOOL_WORDS) {
        ("can be given tools in this way", "Take the tools out of this target, or take a model that calls tools.")
    } else {
        ("does what this request asks for", "Its own words say what is asked for; take that out of this target, or take another model.")
    };
    s.diagnosis(Cause::AbilityMissing, Side::You, format!("Nobody who serves “{model}” at the {word} {what}."), to_do)
}
