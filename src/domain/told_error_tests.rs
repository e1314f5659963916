//! Error bodies as servers write them.

use proptest::prelude::*;

use super::ToldError;

fn read(body: &str) -> (String, String, String, String) {
    let told = ToldError::read(body).unwrap_or_default();
    let word = |word: Option<String>| word.unwrap_or_default();
    (told.message, word(told.code), word(told.kind), word(told.param))
}

fn is(message: &str, code: &str, kind: &str, param: &str) -> (String, String, String, String) {
    (message.into(), code.into(), kind.into(), param.into())
}

#[test]
fn every_shape_is_read() {
    for (body, expected) in [
        (
            r#"{"error":{"message":"no","type":"invalid_request_error","param":"seed","code":"unknown"}}"#,
            is("no", "unknown", "invalid_request_error", "seed"),
        ),
        (r#"{"error":"model 'x' not found"}"#, is("model 'x' not found", "", "", "")),
        (r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]"#, is("slow", "429", "RESOURCE_EXHAUSTED", "")),
        (r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#, is("Busy", "", "overloaded_error", "")),
        (r#"{"code":"InvalidApiKey","message":"bad","request_id":"1"}"#, is("bad", "InvalidApiKey", "", "")),
        (r#"{"object":"error","message":"no","type":"NotFoundError","code":404}"#, is("no", "404", "NotFoundError", "")),
        (r#"{"detail":"Not Found"}"#, is("Not Found", "", "", "")),
        (r#"{"detail":{"error":"no such thing"}}"#, is("no such thing", "", "", "")),
        (r#"{"detail":{"message":"no","code":"x"}}"#, is("no", "x", "", "")),
        (
            r#"{"detail":[{"loc":["body","messages",0,"role"],"msg":"field required"}]}"#,
            is("messages.0.role: field required", "", "", "messages"),
        ),
        (r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#, is("field required", "", "", "")),
        (r#"{"detail":[{"loc":["body",17],"msg":"JSON decode error"}]}"#, is("17: JSON decode error", "", "", "")),
        (r#"{"errors":[{"code":10000,"message":"Authentication error"}]}"#, is("Authentication error", "10000", "", "")),
        (r#"{"errors":["one","two"]}"#, is("one; two", "", "", "")),
        (r#"{"success":false,"error":[{"code":2001,"message":"configure"}]}"#, is("configure", "2001", "", "")),
        (r#"{"error":{"message":"P","code":502,"metadata":{"raw":"died"}}}"#, is("P: died", "502", "", "")),
        (r#"{"error":{"message":"P","metadata":{"raw":"{\"error\":{\"message\":\"slow\",\"type\":\"x\"}}"}}}"#, is("P: slow", "", "", "")),
        (
            r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"},"choices":null}"#,
            is("insufficient balance", "1008", "", ""),
        ),
        (
            r#"{"error_code":17,"error_msg":"Open api daily request limit reached"}"#,
            is("Open api daily request limit reached", "17", "", ""),
        ),
        (r#"{"errcode":40001,"errmsg":"invalid credential"}"#, is("invalid credential", "40001", "", "")),
        (r#"{"code":401,"msg":"API key expired","data":null}"#, is("API key expired", "401", "", "")),
        (r#"{"success":false,"message":"no quota","data":null}"#, is("no quota", "", "", "")),
        (r#"{"Message":"User is not authorized"}"#, is("User is not authorized", "", "", "")),
        (r#"{"message":"invalid api token"}"#, is("invalid api token", "", "", "")),
        (r#"{"error":true,"message":"no","code":7}"#, is("no", "7", "", "")),
        (r#"{"error":"invalid_request","error_description":"no client"}"#, is("invalid_request: no client", "", "", "")),
        (
            r#"{"statusCode":404,"error":"Not Found","message":"Route GET:/x not found"}"#,
            is("Not Found: Route GET:/x not found", "404", "", ""),
        ),
        (
            r#"{"error":{"message":"Upstream error","error":{"message":"really this","code":"y"}}}"#,
            is("Upstream error: really this", "y", "", ""),
        ),
        (r#"{"error":{"error":{"message":"inner"}}}"#, is("inner", "", "", "")),
        (
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"broken"}}}"#,
            is("broken", "server_error", "response.failed", ""),
        ),
        (r#"{"choices":[{"delta":{},"error":{"message":"timed out","code":504}}]}"#, is("timed out", "504", "", "")),
        (r#"{"title":"Bad","status":400,"detail":"no body"}"#, is("no body", "", "", "")),
        ("Too Many Requests", is("Too Many Requests", "", "", "")),
    ] {
        assert_eq!(read(body), expected, "{body}");
    }
    for nothing in [
        "",
        "<html>",
        "{}",
        "[]",
        "7",
        r#"{"error":null}"#,
        r#"{"error":{}}"#,
        r#"{"error":false,"code":0,"msg":"success"}"#,
        r#"{"code":200,"message":"OK"}"#,
        r#"{"base_resp":{"status_code":0,"status_msg":"success"}}"#,
        r#"{"error":{"message":"cut o"#,
    ] {
        assert_eq!(ToldError::read(nothing), None, "{nothing}");
    }
}

#[test]
fn a_message_that_is_an_object_or_holds_one_is_read() {
    let forbidden = "seed: Extra inputs are not permitted";
    for body in [
        r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted","input":7}]},"type":"invalid_request_error","param":null,"code":null}"#,
        r#"{"object":"error","message":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}],"type":"x"}"#,
        r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted'}]","code":400}"#,
        r#"{"error":{"message":"[{\"loc\":[\"body\",\"seed\"],\"msg\":\"Extra inputs are not permitted\"}]"}}"#,
        r#"{"message":{"error":{"detail":{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}}}}"#,
        r#"{"detail":{"loc":["body","seed"],"msg":"Extra inputs are not permitted"}}"#,
    ] {
        let (message, _, _, param) = read(body);
        assert_eq!((message.as_str(), param.as_str()), (forbidden, "seed"), "{body}");
    }
    let two = r#"{"detail":[{"loc":["body","seed"],"msg":"no"},{"loc":["body","top_p"],"msg":"too large"}]}"#;
    assert_eq!(read(two), is("seed: no; top_p: too large", "", "", "seed"));
}

#[test]
fn an_error_that_is_quoted_in_words_is_read() {
    for (message, expected, word) in [
        (r#"{"error":{"message":"insufficient balance","code":"insufficient_quota"}}"#, "insufficient balance", "insufficient_quota"),
        (
            r#"Error code: 400 - {'error': {'message': "it's too long", 'type': 'invalid_request_error', 'code': None}}"#,
            "Error code: 400 - it's too long",
            "invalid_request_error",
        ),
        (
            r#"litellm.RateLimitError: AnthropicException - b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}'"#,
            "litellm.RateLimitError: AnthropicException - slow",
            "rate_limit_error",
        ),
        (r#"upstream said {"message":"no","code":"x"} (request id: 7)"#, "upstream said: no (request id: 7)", "x"),
    ] {
        let body = serde_json::json!({ "error": { "message": message, "type": "upstream_error", "code": 500 } }).to_string();
        let told = ToldError::read(&body).unwrap();
        assert_eq!(told.message, expected);
        assert!(told.words.iter().any(|known| known == word), "{:?}", told.words);
        assert_eq!((told.code.as_deref(), told.kind.as_deref()), (Some("500"), Some("upstream_error")));
    }
    // What a message repeats of a request is no error.
    for message in
        [r#"Invalid tool: {"name":"f","description":"Searches"}"#, "length should be [1, 30720]", "parameters: {'seed'}", "a { b", "[x]"]
    {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        assert_eq!(read(&body).0, message);
    }
}

#[test]
fn minimaxs_numbers_are_known_by_others_words() {
    let words = |body: &str| ToldError::read(body).map(|told| told.words).unwrap_or_default();
    for (code, message, word) in [
        (1004, "login fail", "authentication_error"),
        (1008, "insufficient balance", "insufficient_balance"),
        (1002, "rate limit", "rate_limit_error"),
        (1039, "TPM limit", "rate_limit_error"),
        (1026, "input new_sensitive", "content_filter"),
        (1027, "output new_sensitive", "content_filter"),
        (2013, "invalid params", "invalid_request_error"),
    ] {
        let own = serde_json::json!({ "base_resp": { "status_code": code, "status_msg": message } }).to_string();
        let bracketed =
            serde_json::json!({ "type": "error", "error": { "type": "api_error", "message": format!("{message} ({code})") } }).to_string();
        for body in [own, bracketed] {
            assert!(words(&body).iter().any(|known| known == word), "{body}");
        }
    }
    // Somebody else's number.
    assert_eq!(words(r#"{"error":{"message":"something else (1004)"}}"#), [""; 0]);
    assert_eq!(words(r#"{"error":{"message":"login","code":1004}}"#), ["1004"]);
}

proptest! {
    #[test]
    fn nothing_panics(body in "\\PC{0,200}") {
        let _maybe = ToldError::read(&body);
    }

    #[test]
    fn nested_errors_come_to_an_end(
        names in prop::collection::vec(prop::sample::select(vec!["error", "message", "detail", "errors", "base_resp", "response"]), 0..40),
        quoted in prop::collection::vec(any::<bool>(), 40),
    ) {
        let mut json = serde_json::json!({ "message": "core" });
        for (name, quoted) in names.iter().zip(quoted) {
            json = if quoted { serde_json::json!({ *name: json.to_string() }) } else { serde_json::json!({ *name: json }) };
            if json.to_string().len() > 20_000 {
                break;
            }
        }
        let told = ToldError::read(&json.to_string());
        prop_assert!(!names.is_empty() || told.is_some());
    }
}
