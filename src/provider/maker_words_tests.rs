//! Errors in the words and shapes of more makers: money, limits, filters, lengths, and events and answers that no wire format has.

use super::error_shapes_tests::{answered, judge};
use crate::domain::{FailureKind as Kind, WireFormat};

/// (status, code or type, words) as the makers write them.
#[test]
fn money_limits_filters_and_lengths_are_told_apart_in_all_makers_words() {
    for (status, code, message, kind) in [
        // What advice and links say is no statement.
        (
            429,
            "rate_limit_exceeded",
            "Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used 99820. Please try again in 26m12.48s. Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
            Kind::RateLimited,
        ),
        (
            429,
            "",
            "Rate limit reached on requests per min. Limit: 3 / min. Please try again in 20s. Visit https://platform.openai.com/account/billing to add a payment method.",
            Kind::RateLimited,
        ),
        (
            429,
            "",
            "You are using a Trial key, which is limited to 10 API calls / minute. Upgrade at 'https://dashboard.cohere.com/billing'.",
            Kind::RateLimited,
        ),
        (
            429,
            "rate_limit_exceeded",
            "Too many requests. Your current credit balance tier allows 5 requests per minute.",
            Kind::RateLimited,
        ),
        (
            429,
            "rate_limit_exceeded",
            "Insufficient quota of tokens per minute (TPM): limit 10000, please try again in 6s",
            Kind::RateLimited,
        ),
        (
            429,
            "rate_limit_error",
            "This request would exceed your account's rate limit. Check billing for your credit balance at https://console.test/settings/billing",
            Kind::RateLimited,
        ),
        (
            429,
            "429",
            "litellm.RateLimitError: geminiException - You exceeded your current quota, please check your plan and billing details. Please retry in 20.1s.",
            Kind::RateLimited,
        ),
        (
            429,
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details. For more information read the docs: https://platform.openai.com/docs/guides/error-codes",
            Kind::QuotaSpent,
        ),
        (429, "", "Your account is suspended, please check your plan and billing details", Kind::QuotaSpent),
        (
            429,
            "",
            "Your team has either used all available credits or reached its monthly spending limit. To continue, please purchase more credits.",
            Kind::QuotaSpent,
        ),
        (
            403,
            "",
            "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai/team/1b2c.",
            Kind::QuotaSpent,
        ),
        (403, "30001", "Sorry, your account balance is insufficient", Kind::QuotaSpent),
        (403, "AccountOverdueError", "The request failed because your account has an overdue balance.", Kind::QuotaSpent),
        (429, "QuotaExceeded", "Your account has exhausted its free quota for the model.", Kind::QuotaSpent),
        (429, "SetLimitExceeded", "Your account has reached the set inference limit for the model.", Kind::QuotaSpent),
        (
            412,
            "PRECONDITION_FAILED",
            "Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.",
            Kind::QuotaSpent,
        ),
        (429, "20031", "资源包余量已用尽，请购买资源包或开通后付费", Kind::QuotaSpent),
        (403, "", "预扣费额度失败, 用户剩余额度: ＄0.1, 需要预扣费额度: ＄0.2", Kind::QuotaSpent),
        (412, "", "Budget exceeded for the virtual key", Kind::QuotaSpent),
        (400, "one_api_error", "user quota is not enough", Kind::QuotaSpent),
        (400, "invalid_request_error", "Content Exists Risk", Kind::ContentFilter),
        (400, "1301", "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语", Kind::ContentFilter),
        (400, "InputTextSensitiveContentDetected", "The request failed", Kind::ContentFilter),
        (403, "", "Content violates usage guidelines. Team: 1b, API key ID: 2c, Failed check: SAFETY_CHECK_TYPE_BIO", Kind::ContentFilter),
        (446, "hooks_failed", "The guardrail checks defined in the config failed.", Kind::ContentFilter),
        (403, "moderation_blocked", "The guardrail moderation blocked the request", Kind::ContentFilter),
        (400, "invalid_request_error", "Output blocked by content filtering policy", Kind::ContentFilter),
        (
            400,
            "INVALID_ARGUMENT",
            "The prompt contains sensitive words that violate Google's Responsible AI practices.",
            Kind::ContentFilter,
        ),
        (500, "", "the guardrail checks timed out", Kind::ServerError),
        (400, "", "Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)", Kind::ContextTooLong),
        (400, "", "This model's maximum prompt length is 131072 but the request contains 537812 tokens.", Kind::ContextTooLong),
        (400, "1261", "Prompt 超长", Kind::ContextTooLong),
        (
            422,
            "",
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`",
            Kind::ContextTooLong,
        ),
        (400, "tokens_too_long", "no", Kind::ContextTooLong),
    ] {
        let body = serde_json::json!({ "error": { "message": message, "code": code, "type": "" } }).to_string();
        assert_eq!(judge(status, &body).kind, kind, "{status} {code} {message}");
    }
    // A refusal of a part of the request may quote the prompt.
    let quoted =
        r#"{"error":{"message":"messages[0].content: 'What is my credit balance in billing?' is not allowed","param":"messages"}}"#;
    assert_eq!(judge(400, quoted).kind, Kind::BadRequest);
}

/// The only event of a stream, of a shape that no wire format has.
#[tokio::test]
async fn an_error_that_is_the_only_event_is_quoted() {
    for (body, words) in [
        (r#"{"Response":{"Error":{"Code":"AuthFailure","Message":"The provided credentials could not be validated."}}}"#, "credentials"),
        (r#"{"Note":"x","Choices":[],"ErrorMsg":{"Code":2003,"Msg":"internal engine failure"},"Id":"i"}"#, "internal engine"),
        (
            r#"{"ResponseMetadata":{"Error":{"CodeN":100009,"Code":"InvalidAccessKey","Message":"The access key is invalid"}}}"#,
            "access key",
        ),
        (r#"{"status":"failure","message":"Either config or provider header is required"}"#, "header is required"),
        (r#"{"errorMessage":"Task timed out after 30.03 seconds","errorType":"Sandbox.Timedout"}"#, "timed out"),
        (r#"{"message":"Internal server error"}"#, "Internal server error"),
        (r#"{"fault":{"faultstring":"Rate limit quota violation.","detail":{"errorcode":"policies.ratelimit"}}}"#, "Rate limit quota"),
        (r#"{"error":1,"msg":"No upstream available"}"#, "No upstream"),
        (r#"{"err":"socket hang up"}"#, "socket hang up"),
        (r#"{"status":"error","data":{"message":"Channel closed"}}"#, "Channel closed"),
        (r#"{"status":"failed","reason":"GPU lost"}"#, "GPU lost"),
        (r#"{"exception":"ValueError","traceback":"x","message":"boom"}"#, "boom"),
        (r#"{"throttlingException":{"message":"Too many tokens, please wait"}}"#, "Too many tokens"),
        (r#"{"serviceUnavailableException":{"message":"Bedrock is unavailable"}}"#, "Bedrock is unavailable"),
    ] {
        for (stream, end) in [(true, "data: [DONE]\n\n"), (true, ""), (false, "")] {
            let sent = if stream { format!("data: {body}\n\n{end}") } else { body.to_owned() };
            let content_type = if stream { "text/event-stream" } else { "application/json" };
            for wire in WireFormat::ALL {
                let error = answered(wire, content_type, &sent, stream).await.result.unwrap_err();
                assert!(error.message.contains(words), "{wire:?} {sent}: {}", error.message);
            }
        }
    }
    for (body, kind) in [
        (r#"{"throttlingException":{"message":"wait"}}"#, Kind::RateLimited),
        (r#"{"error":{"message":"Model is overloaded","http_status_code":429}}"#, Kind::RateLimited),
    ] {
        let report = answered(WireFormat::OpenAiChat, "text/event-stream", &format!("data: {body}\n\n"), true).await;
        assert_eq!(report.result.unwrap_err().kind, kind, "{body}");
    }
    // What is told before an answer is no error.
    let notice = "data: {\"status\":\"started\",\"message\":\"You are in the queue\",\"errors\":[],\"errorMessage\":\"\"}\n\n";
    let chunk = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let report = answered(WireFormat::OpenAiChat, "text/event-stream", &format!("{notice}{chunk}"), true).await;
    assert_eq!((report.result, report.output.as_str()), (Ok(()), "Hi"));
    let named = format!(
        "{}event: Error\ndata: {{\"info\":\"Engine died\"}}\n\n",
        chunk.replace("\"stop\"", "null").replace("data: [DONE]\n\n", "")
    );
    let report = answered(WireFormat::OpenAiChat, "text/event-stream", &named, true).await;
    assert!(report.result.unwrap_err().message.contains("Engine died"));
}

#[tokio::test]
async fn an_answer_in_the_format_of_nobody_here_is_no_empty_one() {
    for (wire, body) in [
        (WireFormat::OpenAiChat, r#"{"reply":"a","choices":[{"finish_reason":"stop","messages":[{"text":"a"}]}]}"#),
        (WireFormat::OpenAiResponses, r#"{"id":"p","status":"succeeded","output":["a"],"error":null,"urls":{}}"#),
        (WireFormat::OpenAiChat, r#"{"id":"i","message":{"role":"assistant","content":[]},"finish_reason":"COMPLETE"}"#),
    ] {
        let report = answered(wire, "application/json", body, false).await;
        assert_eq!(report.result.unwrap_err().kind, Kind::WrongWire, "{body}");
    }
    let cancelled = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hel\"}\n\ndata: {\"type\":\"response.cancelled\",\"response\":{\"status\":\"cancelled\"}}\n\n";
    let report = answered(WireFormat::OpenAiResponses, "text/event-stream", cancelled, true).await;
    assert_eq!((report.result.unwrap_err().kind, report.output.as_str()), (Kind::StreamError, "Hel"));
}
