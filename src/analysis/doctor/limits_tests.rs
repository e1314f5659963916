//! 429, and when there is room again.

use super::fixtures::{fact, sick};
use crate::domain::{Cause, FailureKind, Remedy, Side};

fn limited() -> super::fixtures::Sick {
    sick(FailureKind::RateLimited).status(429)
}

#[test]
fn the_limit_that_is_reached_is_told_apart() {
    for (body, cause) in [
        (r#"{"error":{"message":"Rate limit reached for requests per min (RPM): Limit 3","type":"requests"}}"#, Cause::RequestRate),
        (r#"{"error":{"message":"Limit 30000 on tokens per min (TPM)","type":"tokens","code":"rate_limit_exceeded"}}"#, Cause::TokenRate),
        (r#"{"error":{"message":"x","code":"token_concurrency_limit_reached","type":"new_api_error"}}"#, Cause::Concurrency),
        (r#"{"error":{"message":"Too many concurrent requests"}}"#, Cause::Concurrency),
        (r#"{"error":{"message":"Limit 200 requests per day (RPD)"}}"#, Cause::DailyLimit),
        (r#"{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"}"#, Cause::RequestRate),
        (r#"{"code":"Throttling.AllocationQuota","message":"Allocated quota exceeded"}"#, Cause::TokenRate),
        (r#"{"error":{"message":"slow down"}}"#, Cause::RateLimited),
        ("", Cause::RateLimited),
    ] {
        let found = limited().body(body).seen();
        assert_eq!((found.cause, found.side), (cause, Side::You), "{body}");
        assert_eq!(found.open.is_some(), cause == Cause::RateLimited, "{body}");
        assert!(found.note.unwrap().contains("15 requests"));
    }
    let by_header = limited().header("x-ratelimit-remaining-tokens", "0").header("x-ratelimit-remaining-requests", "12").seen();
    assert_eq!(by_header.cause, Cause::TokenRate);
    let gemini = r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"quota","details":[
        {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"52s"}]}}]"#;
    let found = limited().body(gemini).seen();
    assert_eq!((found.cause, found.remedies[0].clone()), (Cause::DailyLimit, Remedy::Retry(Some(52))));
}

#[test]
fn room_again_is_read_from_whatever_tells_it() {
    let wait = |name: &str, value: &str| limited().header(name, value).seen();
    for (name, value, seconds, words) in [
        ("retry-after", "7", 7, "7 s (by retry-after)"),
        ("retry-after-ms", "1500", 2, "2 s (by retry-after-ms)"),
        ("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT", 30, "30 s (by retry-after)"),
        ("x-ratelimit-reset-requests", "1m30s", 90, "90 s (by x-ratelimit-reset-requests)"),
        ("x-ratelimit-reset-tokens", "12ms", 1, "1 s (by x-ratelimit-reset-tokens)"),
        ("anthropic-ratelimit-requests-reset", "2026-01-01T00:05:00Z", 300, "5 min (by anthropic-ratelimit-requests-reset)"),
    ] {
        let found = wait(name, value);
        assert_eq!(found.remedies[0], Remedy::Retry(Some(seconds)), "{name}");
        assert_eq!(fact(&found, "Room again in").as_deref(), Some(words));
    }
    // Held against the server's own clock.
    let found = limited().header("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT").header("date", "Thu, 01 Jan 2026 00:00:20 GMT").seen();
    assert_eq!(found.remedies[0], Remedy::Retry(Some(10)));
    for nonsense in ["", "soon", "-5", "1e300", "NaN", "99999999999999999999"] {
        assert_eq!(wait("retry-after", nonsense).remedies[0], Remedy::Retry(None), "{nonsense}");
    }
}

#[test]
fn the_pace_is_halved_until_it_is_one() {
    assert!(limited().seen().remedies.contains(&Remedy::LowerConcurrency(4)));
    let mut bounded = limited();
    bounded.connection.limits.max_in_flight = Some(3);
    assert!(bounded.seen().remedies.contains(&Remedy::LowerConcurrency(1)));
    bounded.connection.limits.max_in_flight = Some(1);
    assert!(!bounded.seen().remedies.iter().any(|remedy| matches!(remedy, Remedy::LowerConcurrency(_))));
}

#[test]
fn the_size_of_the_limit_is_shown() {
    let found = limited()
        .body(r#"{"error":{"type":"tokens"}}"#)
        .header("x-ratelimit-limit-tokens", "30000")
        .header("x-ratelimit-remaining-tokens", "120")
        .seen();
    assert_eq!(fact(&found, "Limit").as_deref(), Some("30000 tokens, 120 left"));
    assert_eq!(fact(&found, "HTTP status").as_deref(), Some("429"));
}

#[test]
fn a_relay_that_is_limited_itself_says_so() {
    let found = limited().relay().body(r#"{"error":{"message":"slow","type":"upstream_error"}}"#).seen();
    assert_eq!(found.side, Side::Relay);
    assert!(found.happened.starts_with("The provider behind the relay limits the relay"));
}

#[test]
fn what_was_never_sent_after_refusals_says_so() {
    let found = sick(FailureKind::RateLimited).seen();
    assert_eq!((found.cause, found.side, found.remedies[0].clone()), (Cause::RateLimited, Side::You, Remedy::Retry(None)));
    assert!(found.happened.starts_with("It was not sent"), "{}", found.happened);
    assert_eq!(fact(&found, "Reported").as_deref(), Some("what the program said"));
    assert!(found.remedies.contains(&Remedy::LowerConcurrency(4)));
}
