//! What known providers say, in their own words.

use super::fixtures::{fact, sick};
use crate::domain::{Cause, FailureKind, Remedy, Side};

#[test]
fn a_router_with_nobody_to_send_to_says_what_stands_in_the_way() {
    let body = |words: &str| serde_json::json!({ "error": { "message": words, "code": 404 } }).to_string();
    // Older trials were taken for a wrong path or a missing model.
    for kind in [FailureKind::BadRequest, FailureKind::Forbidden, FailureKind::PathNotFound, FailureKind::ModelNotFound] {
        let said = |words: &str| sick(kind).relay().status(404).body(&body(words)).seen();
        let pictures = said("No endpoints found that support image input");
        assert_eq!((pictures.cause, pictures.side, &pictures.remedies[..]), (Cause::AbilityMissing, Side::You, &[][..]), "{kind:?}");
        assert!(pictures.happened.contains("pictures") && pictures.probes.is_empty(), "{pictures:?}");
        let tools = said("No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/x");
        assert!(tools.cause == Cause::AbilityMissing && tools.to_do.contains("tools"), "{tools:?}");
        let other = said("No endpoints found that can handle the requested parameters.");
        assert_eq!(other.cause, Cause::AbilityMissing);
        let privacy = said(
            "No endpoints found matching your data policy (Free model publication). Configure: https://openrouter.ai/settings/privacy",
        );
        assert_eq!((privacy.cause, privacy.side), (Cause::DataPolicy, Side::You));
    }
    let plain = sick(FailureKind::ModelNotFound).relay().status(404).body(&body("No endpoints found for gpt-x.")).seen();
    assert_eq!(plain.cause, Cause::RelayNoChannel);
}

#[test]
fn alibabas_limit_of_tokens_is_no_spent_quota() {
    let limit = r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit"}}"#;
    assert_eq!(sick(FailureKind::RateLimited).status(429).body(limit).seen().cause, Cause::TokenRate);
    // Older trials took each for the other.
    assert_eq!(sick(FailureKind::QuotaSpent).status(429).body(limit).seen().cause, Cause::TokenRate);
    let free = r#"{"error":{"message":"Free allocated quota exceeded.","type":"insufficient_quota"}}"#;
    for kind in [FailureKind::QuotaSpent, FailureKind::RateLimited] {
        let found = sick(kind).status(429).body(free).seen();
        assert_eq!((found.cause, found.happened.as_str()), (Cause::BalanceSpent, "The free quota of this model is used up."), "{kind:?}");
    }
}

#[test]
fn a_prompt_that_was_flagged_is_not_the_fault_of_an_account() {
    let body = r#"{"error":{"code":403,"message":"your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"OpenAI"}}}"#;
    for kind in [FailureKind::ContentFilter, FailureKind::Forbidden] {
        let found = sick(kind).relay().status(403).body(body).seen();
        assert_eq!((found.cause, fact(&found, "Flagged as").as_deref()), (Cause::ContentFilter, Some("violence")), "{kind:?}");
    }
}

#[test]
fn an_error_that_breaks_an_answer_off_is_judged_by_its_words() {
    for (body, cause) in [
        (r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#, Cause::BalanceSpent),
        (r#"{"error":{"code":"insufficient_quota","message":"see error-code#token-limit"}}"#, Cause::TokenRate),
        (r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, Cause::ContextTooLong),
        (r#"{"error":{"code":"image_content_policy_violation","message":"no"}}"#, Cause::ContentFilter),
        (r#"{"error":{"code":"invalid_prompt","message":"Invalid prompt: your prompt was flagged."}}"#, Cause::ContentFilter),
        (r#"{"error":{"code":"invalid_prompt","message":"unsupported role"}}"#, Cause::StreamError),
    ] {
        let mut broken = sick(FailureKind::StreamError).status(200).body(body);
        assert_eq!(broken.seen().cause, cause, "{body}");
        broken.has_text = true;
        assert!(broken.seen().happened.contains("what came is kept"), "{body}: {}", broken.seen().happened);
    }
}

/// OpenRouter has sent its headers by the time that a provider behind it fails.
#[test]
fn a_status_that_the_body_of_an_answer_tells_counts() {
    let told = |kind, code: u16| {
        let body = serde_json::json!({ "error": { "message": "no", "code": code } }).to_string();
        sick(kind).status(200).body(&body).seen()
    };
    for (kind, code, cause) in [
        (FailureKind::BadRequest, 408, Cause::RequestTimeout),
        (FailureKind::BadRequest, 400, Cause::Rejected),
        (FailureKind::ServerError, 502, Cause::BadGateway),
        (FailureKind::ServerError, 503, Cause::Unavailable),
        (FailureKind::ServerError, 200, Cause::ServerError),
    ] {
        let found = told(kind, code);
        assert_eq!(found.cause, cause, "{code}");
        assert_eq!(fact(&found, "HTTP status").as_deref(), Some("200"), "{code}");
    }
    // A real status stands.
    let body = r#"{"error":{"message":"no","code":408}}"#;
    assert_eq!(sick(FailureKind::ServerError).status(502).body(body).seen().cause, Cause::BadGateway);
}

#[test]
fn a_country_that_is_not_served_is_seen_under_any_status() {
    let body = r#"{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}"#;
    for (kind, status) in [(FailureKind::BadRequest, 400), (FailureKind::Forbidden, 403)] {
        let found = sick(kind).status(status).body(body).seen();
        assert_eq!((found.cause, found.side), (Cause::CountryNotServed, Side::Upstream), "{status}");
    }
    let behind = r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"User location is not supported for the API use.","provider_name":"Google AI Studio"}}}"#;
    assert_eq!(sick(FailureKind::BadRequest).relay().status(400).body(behind).seen().side, Side::Relay);
}

#[test]
fn a_limit_of_spending_is_seen_under_any_status() {
    let caps = r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified workspace API usage limits. You will regain access on 2025-07-01 at 00:00 UTC."}}"#;
    let key = r#"{"error":{"message":"Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys","code":403}}"#;
    let enforced = r#"{"error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    let project = r#"{"error":{"code":"project_spend_limit_exceeded","message":"x"}}"#;
    for (kind, status, body) in [
        (FailureKind::QuotaSpent, 400, caps),
        (FailureKind::BadRequest, 400, caps),
        (FailureKind::QuotaSpent, 403, key),
        (FailureKind::Forbidden, 403, key),
        (FailureKind::QuotaSpent, 429, enforced),
        (FailureKind::RateLimited, 429, enforced),
        (FailureKind::QuotaSpent, 429, project),
    ] {
        let found = sick(kind).relay().status(status).body(body).seen();
        assert_eq!((found.cause, found.side), (Cause::SpendLimit, Side::You), "{kind:?} {body}");
    }
}

#[test]
fn a_key_of_a_relay_may_be_used_up() {
    let used_up = r#"{"error":{"message":"该令牌额度已用尽","type":"new_api_error"}}"#;
    for kind in [FailureKind::QuotaSpent, FailureKind::Unauthorized] {
        let found = sick(kind).relay().status(401).body(used_up).seen();
        assert_eq!((found.cause, found.side), (Cause::BalanceSpent, Side::You), "{kind:?}");
    }
    let newer = r#"{"error":{"message":"无效的令牌","type":"new_api_error"}}"#;
    let found = sick(FailureKind::Unauthorized).relay().status(401).body(newer).seen();
    assert_eq!((found.cause, &found.remedies[..]), (Cause::WrongKey, &[Remedy::ReenterKey][..]));
    assert!(found.open.unwrap().contains("used up"));
    assert!(!sick(FailureKind::Unauthorized).status(401).seen().open.unwrap().contains("used up"));
}

#[test]
fn an_answer_that_does_not_fit_beside_the_prompt_is_not_a_long_prompt() {
    for (words, asked, answer, room) in [
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 1000 input tokens (32000 > 32768 - 1000).",
            "1,000 tokens",
            "32,000",
            "31,768",
        ),
        (
            "This model's maximum context length is 128000 tokens. However, you requested 65535 output tokens and your prompt contains at least 62466 input tokens, for a total of at least 128001 tokens.",
            "62,466 tokens",
            "65,535",
            "65,534",
        ),
        (
            "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again",
            "178,959 tokens",
            "64,000",
            "21,041",
        ),
    ] {
        let body = serde_json::json!({ "error": { "message": words } }).to_string();
        let found = sick(FailureKind::ContextTooLong).status(400).body(&body).seen();
        let plain = |text: &str| text.replace('\u{202f}', ",");
        assert_eq!((found.cause, fact(&found, "Asked for").as_deref()), (Cause::ContextTooLong, Some(asked)), "{words}");
        assert!(plain(&found.happened).contains(answer), "{}", found.happened);
        assert!(plain(&found.to_do).starts_with(&format!("Lower max tokens of this target to {room} or less")), "{}", found.to_do);
    }
    // A prompt that is too long by itself stays one.
    let body = r#"{"error":{"message":"input length and `max_tokens` exceed context limit: 210000 + 64000 > 200000"}}"#;
    let found = sick(FailureKind::ContextTooLong).status(400).body(body).seen();
    assert!(found.to_do.starts_with("Shorten the prompt by "), "{}", found.to_do);
}
