//! Answers that came and are none, and what the program held back.

use super::fixtures::{fact, sick};
use crate::domain::{Cause, FailureKind, Remedy, Side};

#[test]
fn answers_that_are_not_whole_are_told_apart() {
    let mut cut = sick(FailureKind::Truncated).header("via", "1.1 gateway");
    cut.has_text = true;
    let found = cut.seen();
    assert_eq!((found.cause, found.side, fact(&found, "Passed by").as_deref()), (Cause::Truncated, Side::Unclear, Some("1.1 gateway")));
    assert!(found.happened.contains("what came is kept"));
    cut.has_text = false;
    assert!(cut.seen().happened.contains("before an answer began"));

    let filtered = sick(FailureKind::ContentFilter).relay().seen();
    assert_eq!((filtered.cause, filtered.open.is_some()), (Cause::ContentFilter, true));

    let late = |body: &str| sick(FailureKind::StreamError).status(200).body(body).seen();
    assert_eq!(late(r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#).cause, Cause::Overloaded);
    assert_eq!(late(r#"{"error":{"code":429,"message":"slow down"}}"#).cause, Cause::RateLimited);
    let other = late(r#"{"error":{"message":"kaputt"}}"#);
    assert_eq!((other.cause, fact(&other, "It said").as_deref()), (Cause::StreamError, Some("“kaputt”")));
    assert_eq!(sick(FailureKind::TooLarge).seen().cause, Cause::TooLarge);
    let empty = sick(FailureKind::EmptyAnswer).seen();
    assert_eq!((empty.cause, empty.open), (Cause::EmptyAnswer, None), "that nothing was charged is known");
    assert_eq!(sick(FailureKind::Malformed).seen().cause, Cause::Malformed);
}

#[test]
fn what_the_program_held_back_is_said_to_be() {
    assert_eq!(sick(FailureKind::OverBudget).seen().cause, Cause::OverBudget);
    assert_eq!(sick(FailureKind::PriceUnknown).seen().cause, Cause::PriceUnknown);
    let internal = sick(FailureKind::Internal).seen();
    assert_eq!((internal.side, internal.to_do.as_str()), (Side::Program, "what the program said"));
    let no_key = sick(FailureKind::NoKey).seen();
    assert_eq!((no_key.cause, &no_key.remedies[..]), (Cause::KeyUnreadable, &[Remedy::ReenterKey][..]));
}

#[test]
fn long_words_of_a_provider_are_cut() {
    let body = serde_json::json!({ "error": { "message": "x".repeat(5_000) } }).to_string();
    let found = sick(FailureKind::BadRequest).status(400).body(&body).seen();
    assert_eq!(fact(&found, "It said").unwrap().chars().count(), 303);
}
