//! Errors that come with a success, in whatever shape, over every wire format, streamed and not.

use super::CallError;
use super::chat::AttemptReport;
use super::classify::{Refusal, classify};
use super::clean::Cleaner;
use super::test_server::{Act, Server, attempt, connection, provider, question};
use super::wire::ErrorBody;
use crate::domain::{Connection, FailureKind as Kind, WireFormat};

pub(super) async fn answered(wire: WireFormat, content_type: &str, body: &str, stream: bool) -> AttemptReport {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n");
    let server = Server::start(vec![vec![Act::Send(format!("{head}{body}").into_bytes()), Act::Close]]).await;
    let connection = Connection { wire, ..connection(&server.base_url()) };
    attempt(&provider(&connection), &question(stream)).await
}

const SHAPES: [(&str, Kind, bool, &str); 16] = [
    (
        r#"{"choices":null,"usage":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
        Kind::QuotaSpent,
        false,
        "insufficient balance",
    ),
    (
        r#"{"base_resp":{"status_code":1004,"status_msg":"login fail: Please carry the API secret key"}}"#,
        Kind::Unauthorized,
        false,
        "login fail",
    ),
    (r#"{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}"#, Kind::RateLimited, true, "rate limit"),
    (r#"{"base_resp":{"status_code":1027,"status_msg":"output new_sensitive"}}"#, Kind::ContentFilter, false, "new_sensitive"),
    (
        r#"{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        Kind::ModelNotFound,
        false,
        "does not exist",
    ),
    (
        r#"{"success":false,"message":"This token has insufficient quota, please top up","data":null}"#,
        Kind::QuotaSpent,
        false,
        "please top up",
    ),
    (r#"{"success":false,"message":"nope","data":null}"#, Kind::StreamError, false, "nope"),
    (r#"{"code":401,"msg":"API key expired","data":null}"#, Kind::Unauthorized, false, "API key expired"),
    (r#"{"errors":[{"code":10000,"message":"Authentication error"}]}"#, Kind::StreamError, false, "Authentication error"),
    (r#"{"detail":"You are not welcome"}"#, Kind::StreamError, false, "not welcome"),
    (r#"{"detail":[{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}"#, Kind::StreamError, false, "seed: Extra inputs"),
    (r#"{"code":"Arrearage","message":"Access denied","request_id":"r"}"#, Kind::QuotaSpent, false, "Access denied"),
    (r#"{"error_code":17,"error_msg":"Open api daily request limit reached"}"#, Kind::StreamError, false, "daily request limit"),
    (r#"{"errcode":40001,"errmsg":"invalid credential"}"#, Kind::StreamError, false, "invalid credential"),
    (
        r#"{"success":false,"result":[],"messages":[],"error":[{"code":2001,"message":"configure the gateway"}]}"#,
        Kind::StreamError,
        false,
        "configure the gateway",
    ),
    (r#"{"error":true,"message":"Invalid API key"}"#, Kind::Unauthorized, false, "Invalid API key"),
];

#[tokio::test]
async fn an_error_with_a_success_is_judged_by_its_words_over_every_wire() {
    for wire in WireFormat::ALL {
        for (body, kind, retryable, words) in SHAPES {
            for (content_type, sent, stream) in [
                ("application/json", body.to_owned(), false),
                ("application/json", body.to_owned(), true),
                ("text/event-stream", format!("data: {body}\n\n"), true),
                ("text/event-stream", format!("event: error\ndata: {body}\n\n"), true),
            ] {
                let report = answered(wire, content_type, &sent, stream).await;
                let error = report.result.unwrap_err();
                assert_eq!((error.kind, error.retryable), (kind, retryable), "{wire:?} {sent}: {}", error.message);
                assert!(error.message.contains(words), "{wire:?} {sent}: {}", error.message);
                assert!(!report.error_body.is_empty(), "{wire:?} {sent}");
            }
        }
    }
}

/// What is no answer and no error stays what it is.
#[tokio::test]
async fn any_other_service_is_no_llm_api() {
    for body in [
        r#"{"status":"ok","message":"Welcome"}"#,
        r#"{"name":"a service","description":"of something","status":"running"}"#,
        r#"{"code":0,"msg":"success"}"#,
        "{}",
    ] {
        for wire in WireFormat::ALL {
            let report = answered(wire, "application/json", body, false).await;
            assert_eq!(report.result.unwrap_err().kind, Kind::NotAnApi, "{wire:?} {body}");
        }
    }
}

#[tokio::test]
async fn fields_that_tell_that_all_is_well_are_no_errors() {
    let chunk = |extra: &str, finish: &str| {
        format!(r#"data: {{"id":"c","choices":[{{"index":0,"delta":{{"content":"Hi"}},"finish_reason":{finish}}}]{extra}}}"#) + "\n\n"
    };
    for extra in [
        r#","error":null"#,
        r#","error":false,"code":0,"msg":"success""#,
        r#","error":{}"#,
        r#","error":"""#,
        r#","error":[]"#,
        r#","error":{"message":"","type":"","param":"","code":null}"#,
        r#","error":{"message":null,"type":"","code":""}"#,
        r#","error":{"type":""}"#,
        r#","error":{"message":"success","type":"","code":""}"#,
        r#","error":{"code":"","message":"No error"}"#,
        r#","error":{"code":null,"message":"null"}"#,
        r#","error":{"code":"NO_ERROR"}"#,
        r#","error":"none""#,
        r#","error":"0""#,
        r#","base_resp":{"status_code":0,"status_msg":""}"#,
        r#","base_resp":{"status_code":0,"status_msg":"success"}"#,
        r#","code":200,"message":"ok","success":true"#,
        r#","errors":[]"#,
        r#","detail":"fast""#,
    ] {
        let stream = chunk(extra, "null") + &chunk(extra, "\"stop\"") + "data: {\"code\":0,\"msg\":\"success\"}\n\n" + "data: [DONE]\n\n";
        let report = answered(WireFormat::OpenAiChat, "text/event-stream", &stream, true).await;
        assert_eq!((report.result, report.output.as_str()), (Ok(()), "HiHi"), "{extra}");
        let whole = format!(r#"{{"choices":[{{"index":0,"message":{{"content":"Hi"}},"finish_reason":"stop"}}]{extra}}}"#);
        let report = answered(WireFormat::OpenAiChat, "application/json", &whole, false).await;
        assert_eq!((report.result, report.output.as_str()), (Ok(()), "Hi"), "{extra}");
        let whole = format!(r#"{{"content":[{{"type":"text","text":"Hi"}}],"stop_reason":"end_turn"{extra}}}"#);
        let report = answered(WireFormat::AnthropicMessages, "application/json", &whole, false).await;
        assert_eq!((report.result, report.output.as_str()), (Ok(()), "Hi"), "{extra}");
        let whole = format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"Hi"}}]}},"finishReason":"STOP"}}]{extra}}}"#);
        let report = answered(WireFormat::Gemini, "application/json", &whole, false).await;
        assert_eq!((report.result, report.output.as_str()), (Ok(()), "Hi"), "{extra}");
    }
    // What follows an answer may still be an error.
    let broken =
        chunk("", "null") + "data: {\"choices\":[],\"base_resp\":{\"status_code\":1027,\"status_msg\":\"output new_sensitive\"}}\n\n";
    let report = answered(WireFormat::OpenAiChat, "text/event-stream", &broken, true).await;
    assert_eq!((report.result.unwrap_err().kind, report.output.as_str()), (Kind::ContentFilter, "Hi"));
}

pub(super) fn judge(status: u16, body: &str) -> CallError {
    let error = ErrorBody::read(body);
    let refusal = Refusal { status, error: error.as_ref(), body, model: Some("gpt-x"), location_host: None };
    classify(&refusal, &Cleaner::new(None))
}

fn said(message: &str) -> String {
    serde_json::json!({ "error": { "message": message } }).to_string()
}

#[test]
fn a_spent_balance_is_one_under_any_status() {
    let minimax = r#"{"type":"error","error":{"type":"api_error","message":"insufficient balance (1008)"},"request_id":"r1"}"#;
    for status in [400, 401, 403, 404, 422, 429, 500, 502, 503, 529] {
        for body in [
            minimax.to_owned(),
            said("余额不足，请充值"),
            said("账户已欠费"),
            said("Your credit balance is too low to access the API"),
            said("You exceeded your current quota, please check your plan"),
            r#"{"error":{"message":"no","code":"insufficient_user_quota"}}"#.to_owned(),
            r#"{"base_resp":{"status_code":1008,"status_msg":"no"}}"#.to_owned(),
            said("Budget has been exceeded! Current cost: 0.0002, Max budget: 0.0001"),
        ] {
            let error = judge(status, &body);
            assert_eq!((error.kind, error.retryable), (Kind::QuotaSpent, false), "{status} {body}");
        }
    }
    for message in [
        "billing service down",
        "Failed to reach the billing backend; see https://x.test/billing",
        "Could not refresh the credit balance cache",
        "insufficient balance check timed out",
        "quota service unavailable",
    ] {
        for status in [500, 503] {
            let error = judge(status, &said(message));
            assert_eq!((error.kind, error.retryable), (Kind::ServerError, true), "{status} {message}");
        }
    }
}

#[test]
fn keys_limits_and_filters_under_a_5xx_are_what_they_say() {
    for (body, kind, retryable) in [
        (r#"{"error":{"type":"api_error","message":"login fail: carry the API key (1004)"}}"#.to_owned(), Kind::Unauthorized, false),
        (said("Incorrect API key provided"), Kind::Unauthorized, false),
        (r#"{"error":{"message":"no","code":"invalid_api_key"}}"#.to_owned(), Kind::Unauthorized, false),
        (r#"{"error":{"type":"api_error","message":"rate limit exceeded (1002)"}}"#.to_owned(), Kind::RateLimited, true),
        (r#"{"error":{"type":"api_error","message":"output new_sensitive (1027)"}}"#.to_owned(), Kind::ContentFilter, false),
        (said("the API key service is down"), Kind::ServerError, true),
    ] {
        let error = judge(500, &body);
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{body}");
    }
}

#[test]
fn a_model_that_is_not_loaded_is_not_found() {
    for (status, body) in [
        (
            400,
            r#"{"error":{"message":"No models loaded. Please load a model in the developer page or use the `lms load` command.","type":"invalid_request_error","param":"model"}}"#,
        ),
        (404, r#"{"error":{"message":"No models loaded. Please load a model.","code":"model_not_found"}}"#),
        (
            400,
            r#"{"error":{"message":"Failed to load model \"gpt-oss-20b\". Error: Error loading model.","type":"invalid_request_error","param":"model"}}"#,
        ),
        (400, r#"{"error":{"message":"Model \"x\" is not loaded","code":"model_not_loaded"}}"#),
        (500, r#"{"error":"unable to load model: /root/.ollama/models/blobs/sha256-x"}"#),
        (500, r#"{"error":"model requires more system memory (9.1 GiB) than is available (5.0 GiB)"}"#),
        (503, r#"{"error":{"message":"The engine is sleeping"}}"#),
    ] {
        let error = judge(status, body);
        assert_eq!((error.kind, error.retryable), (Kind::ModelNotFound, false), "{status} {body}");
        assert!(error.message.contains("Load it at the server"), "{}", error.message);
    }
    let loading = judge(503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#);
    assert_eq!((loading.kind, loading.retryable), (Kind::ServerError, true));
    assert!(loading.message.contains("still loading the model"), "{}", loading.message);
}

#[test]
fn what_litellm_passes_on_is_not_the_askers_fault() {
    for (status, message, kind, retryable, words) in [
        (
            401,
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-abc***.",
            Kind::Unauthorized,
            false,
            "The relay's own key",
        ),
        (
            500,
            "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-abc***.",
            Kind::Unauthorized,
            false,
            "The relay's own key",
        ),
        (
            429,
            "No deployments available for selected model, Try again in 5 seconds. Passed model=gpt-x. pre-call-checks=False, cooldown_list=['a']",
            Kind::RateLimited,
            true,
            "rests this model",
        ),
        (
            500,
            "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.",
            Kind::ServerError,
            true,
            "cannot reach the provider",
        ),
        (429, "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached", Kind::RateLimited, true, "limits the relay"),
        (
            429,
            "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota",
            Kind::QuotaSpent,
            false,
            "The relay's own quota",
        ),
        (403, "litellm.PermissionDeniedError: OpenAIException - no", Kind::Forbidden, false, "to the relay"),
        (
            404,
            "litellm.NotFoundError: NotFoundError: OpenAIException - The model `x` does not exist",
            Kind::ModelNotFound,
            false,
            "has no model of the name",
        ),
        (408, "litellm.Timeout: APITimeoutError - Request timed out.", Kind::ServerError, true, "did not answer it in time"),
        (503, "litellm.ServiceUnavailableError: GeminiException - busy", Kind::ServerError, true, "The provider behind the relay failed"),
        (
            400,
            "litellm.BadRequestError: OpenAIException - Unsupported value: 'temperature'",
            Kind::BadRequest,
            false,
            "Check the parameters",
        ),
        (
            400,
            "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - long",
            Kind::ContextTooLong,
            false,
            "too long",
        ),
        (400, "litellm.ContentPolicyViolationError: AzureException - no", Kind::ContentFilter, false, "content filter"),
        (
            401,
            "Authentication Error, Invalid proxy server token passed. Unable to find token in cache",
            Kind::Unauthorized,
            false,
            "Check the key of this connection",
        ),
        (400, "ExceededBudget: User has exceeded their budget. Current spend: 1; Max Budget: 1", Kind::QuotaSpent, false, "Top up"),
        (
            401,
            "key not allowed to access model. This key can only access models=['a']",
            Kind::Forbidden,
            false,
            "whether the model is open",
        ),
        (400, "/chat/completions: Invalid model name passed in model=gpt-x. Call `/v1/models`", Kind::ModelNotFound, false, "gpt-x"),
    ] {
        let error = judge(status, &said(message));
        assert_eq!((error.kind, error.retryable), (kind, retryable), "{status} {message}");
        assert!(error.message.contains(words), "{words}: {}", error.message);
        if error.message.contains("The relay") {
            assert!(!error.message.contains("Check the key"), "{}", error.message);
        }
    }
    let wait = |message: &str| ErrorBody::read(&said(message)).unwrap().retry_after.map(|wait| wait.as_secs());
    assert_eq!(wait("No deployments available for selected model, Try again in 5 seconds. Passed model=x"), Some(5));
    assert_eq!(wait("Rate limit reached. Please try again in 6m0s."), Some(360));
    assert_eq!(wait("try again later"), None);
}

#[test]
fn azures_deployments_are_models() {
    let body = r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#;
    assert_eq!(judge(404, body).kind, Kind::ModelNotFound);
    assert_eq!(judge(404, r#"{"error":{"code":"404","message":"Resource not found"}}"#).kind, Kind::PathNotFound);
}

#[test]
fn a_message_that_is_an_object_is_quoted_with_its_parameter() {
    for body in [
        r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":7}]},"type":"invalid_request_error","param":null,"code":null}"#,
        r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]","type":"BadRequestError","code":400}"#,
    ] {
        let error = judge(422, body);
        assert_eq!(error.kind, Kind::BadRequest, "{body}");
        assert!(error.message.contains("“seed: Extra inputs are not permitted”"), "{}", error.message);
    }
}
