//! What known providers say when they refuse, in their own words.

use super::CallError;
use super::classify::{Refusal, classify, classify_error_in_answer};
use super::clean::Cleaner;
use super::wire::ErrorBody;
use crate::domain::FailureKind as Kind;

fn judge(status: u16, body: &str) -> CallError {
    let error = ErrorBody::read(body);
    let refusal = Refusal { status, error: error.as_ref(), body, model: Some("gpt-x"), location_host: None };
    classify(&refusal, &Cleaner::new(None))
}

fn assert_judged(cases: &[(u16, &str, Kind, bool)]) {
    for (status, body, kind, retryable) in cases {
        let error = judge(*status, body);
        assert_eq!((error.kind, error.retryable), (*kind, *retryable), "{status} {body}");
    }
}

/// OpenRouter answers 404 for more than paths and models.
#[test]
fn a_router_with_nobody_to_send_to_has_the_path() {
    assert_judged(&[
        (404, r#"{"error":{"message":"No endpoints found that support image input","code":404}}"#, Kind::BadRequest, false),
        (
            404,
            r#"{"error":{"message":"No endpoints found that support tool use. Try disabling \"x\".","code":404}}"#,
            Kind::BadRequest,
            false,
        ),
        (
            404,
            r#"{"error":{"message":"No endpoints found matching your data policy (Free model publication). Configure: https://openrouter.ai/settings/privacy","code":404}}"#,
            Kind::Forbidden,
            false,
        ),
        (
            404,
            r#"{"error":{"message":"No endpoints available matching your guardrail restrictions and data policy.","code":404}}"#,
            Kind::Forbidden,
            false,
        ),
        (404, r#"{"error":{"message":"No endpoints found for a/b:free.","code":404}}"#, Kind::ModelNotFound, false),
    ]);
}

/// It names both by the code that others have for a spent balance.
#[test]
fn alibabas_throttling_is_told_from_a_free_quota_that_is_used_up() {
    assert_judged(&[
        (
            429,
            r#"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details. For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit","param":null,"type":"insufficient_quota"}}"#,
            Kind::RateLimited,
            true,
        ),
        (429, r#"{"error":{"code":null,"message":"Free allocated quota exceeded.","type":"insufficient_quota"}}"#, Kind::QuotaSpent, false),
        (429, r#"{"code":"Throttling.AllocationQuota","message":"Free allocated quota exceeded."}"#, Kind::QuotaSpent, false),
    ]);
}

#[test]
fn a_prompt_that_a_relay_flags_is_filtered() {
    let flagged = r#"{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"OpenAI"}}}"#;
    let other = r#"{"error":{"code":403,"message":"no","metadata":{"reasons":[],"provider_name":"OpenAI"}}}"#;
    assert_judged(&[(403, flagged, Kind::ContentFilter, false), (403, other, Kind::Forbidden, false)]);
}

/// An answer with an error in it has status 200; its words are all that there is.
#[test]
fn an_error_in_an_answer_is_judged_by_its_words() {
    let cleaner = Cleaner::new(None);
    let told = |body: &str, begun: bool| classify_error_in_answer(&ErrorBody::read(body).unwrap(), begun, "gpt-x", &cleaner);
    for (body, kind, retryable) in [
        (
            r#"{"error":{"code":"invalid_prompt","message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy."}}"#,
            Kind::ContentFilter,
            false,
        ),
        (r#"{"error":{"code":"image_content_policy_violation","message":"no"}}"#, Kind::ContentFilter, false),
        (r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, Kind::ContextTooLong, false),
        (r#"{"error":{"type":"insufficient_quota","message":"You exceeded your current quota","code":null}}"#, Kind::QuotaSpent, false),
        (
            r#"{"error":{"code":"insufficient_quota","message":"Allocated quota exceeded, see error-code#token-limit"}}"#,
            Kind::RateLimited,
            true,
        ),
        (r#"{"error":{"code":404,"message":"no such file"}}"#, Kind::BadRequest, false),
        (r#"{"error":{"message":"kaputt"}}"#, Kind::StreamError, false),
    ] {
        let error = told(body, false);
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{body}");
        assert!(
            matches!(kind, Kind::RateLimited | Kind::BadRequest) || !error.message.contains("(4"),
            "a status that nobody told: {}",
            error.message
        );
    }
    // What came is kept, and nothing is asked again.
    assert_eq!(told(r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, true).kind, Kind::StreamError);
}

#[test]
fn limits_of_spending_are_told_from_limits_of_rate() {
    assert_judged(&[
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2025-07-01 at 00:00 UTC."}}"#,
            Kind::QuotaSpent,
            false,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"limit","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
            Kind::QuotaSpent,
            false,
        ),
        (429, r#"{"error":{"message":"limit","code":"organization_spend_limit_exceeded"}}"#, Kind::QuotaSpent, false),
        (
            403,
            r#"{"error":{"message":"Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys","code":403}}"#,
            Kind::QuotaSpent,
            false,
        ),
        (401, r#"{"error":{"message":"该令牌额度已用尽","type":"new_api_error"}}"#, Kind::QuotaSpent, false),
        (401, r#"{"error":{"message":"无效的令牌","type":"new_api_error"}}"#, Kind::Unauthorized, false),
        (401, r#"{"error":{"message":"Invalid key. See /billing","code":"invalid_api_key"}}"#, Kind::Unauthorized, false),
    ]);
}

#[test]
fn an_answer_that_does_not_fit_beside_the_prompt_is_too_long() {
    let body = r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again"}}"#;
    assert_judged(&[(400, body, Kind::ContextTooLong, false)]);
}
