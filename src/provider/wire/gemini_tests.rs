use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::image_samples::{PNG, png};
use crate::domain::{Effort, Message, OutputSchema, Params, Speaker, Spelling, Tool};
use crate::provider::ChatRequest;

use super::format::{Answer, Pictures, Piece, Unreadable, Wire as _};
use super::gemini::Gemini;
use super::wire_tests::text_of;

fn written(model: &str, params: Params) -> (Value, Vec<String>) {
    let messages = Arc::new([
        Message::new(Speaker::System, "be brief"),
        Message { images: vec![png("a")], ..Message::new(Speaker::User, "what?") },
        Message::new(Speaker::Assistant, "that"),
        Message::new(Speaker::User, "and?"),
    ]);
    let request = ChatRequest { model: model.into(), messages, params, stream: true, spelling: Spelling::default() };
    let written = Gemini.write(&request, Pictures::Whole);
    (serde_json::from_str(&written.body).unwrap(), written.warnings)
}

fn whole(body: &str) -> (Result<(), Unreadable>, Answer, String, String) {
    let (mut answer, mut text, mut thoughts) = (Answer::default(), String::new(), String::new());
    let read = Gemini.decode_whole(body, &mut answer, &mut |piece| match piece {
        Piece::Content(content) | Piece::Call(content) | Piece::WholeContent(content) | Piece::WholeOrNext(content) => {
            text.push_str(content);
        }
        Piece::Reasoning(reasoning) | Piece::WholeReasoning(reasoning) => thoughts.push_str(reasoning),
    });
    (read, answer, text, thoughts)
}

#[test]
fn the_model_stands_in_the_address() {
    assert_eq!(Gemini.chat_path("gemini-2.5-flash", true), "/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!(Gemini.chat_path("models/gemini-2.5-flash", false), "/models/gemini-2.5-flash:generateContent");
    assert_eq!(Gemini.chat_path("tunedModels/mine", false), "/tunedModels/mine:generateContent");
    assert_eq!(Gemini.chat_path("../x?key=1#é", false), "/models/..%2Fx%3Fkey%3D1%23%C3%A9:generateContent");
}

#[test]
fn a_stream_is_read_with_its_thoughts_counted_as_output() {
    let (answer, text) = text_of(&Gemini, include_bytes!("../../../tests/fixtures/providers/gemini/stream.sse"));
    assert_eq!(text, "Größe 量子 😀 done.");
    assert_eq!((answer.finish_reason.as_deref(), answer.ended), (Some("stop"), false));
    assert_eq!((answer.response_model.as_deref(), answer.id.as_deref()), (Some("gemini-2.5-flash"), Some("gemini-resp-1")));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.reasoning_tokens), (12, Some(8), 67, Some(58)));
    assert_eq!((answer.usage_warnings, answer.warnings), (vec![], vec![]));
}

#[test]
fn a_whole_answer_is_read_with_its_calls() {
    let body = include_str!("../../../tests/fixtures/providers/gemini/whole.json");
    let (read, answer, text, thoughts) = whole(body);
    assert_eq!(read, Ok(()));
    assert_eq!((text.as_str(), thoughts.as_str()), ("Looking it up.\nweather({\"city\":\"Köln\",\"days\":2})\ntime({})", "Let me look."));
    assert_eq!((answer.finish_reason.as_deref(), answer.usage.unwrap().output_tokens), (Some("tool_calls"), 50));
    let candidate = |word: &str, parts: &str| format!(r#"{{"candidates":[{{"content":{{"parts":{parts}}},"finishReason":"{word}"}}]}}"#);
    let call = r#"[{"functionCall":{"name":"f","args":{}}},{"text":"there"}]"#;
    for (word, parts, expected) in
        [("STOP", call, "tool_calls"), ("MAX_TOKENS", call, "length"), ("SAFETY", call, "content_filter"), ("STOP", "[]", "stop")]
    {
        assert_eq!(whole(&candidate(word, parts)).1.finish_reason.as_deref(), Some(expected), "{word} {parts}");
    }
    // The end may come in a response of its own.
    let apart = format!("[{},{}]", candidate("FINISH_REASON_UNSPECIFIED", call), candidate("STOP", "[]"));
    assert_eq!(whole(&apart).1.finish_reason.as_deref(), Some("tool_calls"));
    // A stream without `alt=sse`.
    let list = format!("[{body},{body}]");
    assert_eq!(whole(&list).2, format!("{text}\n{text}"));
    assert_eq!(whole(r#"{"status":"ok"}"#).0, Err(Unreadable::NoAnswer));
}

#[test]
fn an_answer_with_the_names_of_python_is_read() {
    let body = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finish_reason":"STOP"}],"model_version":"m","usage_metadata":{"prompt_token_count":11,"candidates_token_count":7,"thoughts_token_count":3,"total_token_count":21}}"#;
    let (read, answer, text, _) = whole(body);
    let usage = answer.usage.unwrap();
    assert_eq!((read, text.as_str(), answer.finish_reason.as_deref()), (Ok(()), "Hello", Some("stop")));
    assert_eq!((usage.input_tokens, usage.output_tokens, answer.response_model.as_deref()), (11, 10, Some("m")));
    assert_eq!(whole(r#"{"prompt_feedback":{"block_reason":"OTHER"}}"#).1.withheld.as_deref(), Some("OTHER"));
}

#[test]
fn what_was_withheld_says_why() {
    let (read, answer, text, _) = whole(include_str!("../../../tests/fixtures/providers/gemini/blocked.json"));
    assert_eq!((read, text.as_str()), (Ok(()), ""));
    assert_eq!((answer.finish_reason.as_deref(), answer.withheld.as_deref()), (Some("content_filter"), Some("PROHIBITED_CONTENT")));
    for (word, expected) in [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("MALFORMED_FUNCTION_CALL", "malformed_function_call")]
    {
        let answer = whole(&format!(r#"{{"candidates":[{{"finishReason":"{word}"}}]}}"#)).1;
        assert_eq!(answer.finish_reason.as_deref(), Some(expected));
    }
}

#[test]
fn errors_are_read_out_of_their_list() {
    let error = whole(include_str!("../../../tests/fixtures/providers/gemini/err429.json")).1.error.unwrap();
    assert_eq!((error.status(), error.retry_after.map(|wait| wait.as_millis())), (Some(429), Some(52_500)));
}

#[test]
fn the_request_holds_what_is_set() {
    let schema = OutputSchema::from_json(r#"{"type":"object"}"#).unwrap();
    let tools = Tool::list_from_json(r#"{"name":"f","strict":true}"#).unwrap();
    let (body, warnings) = written(
        "gemini-2.5-flash",
        Params {
            temperature: Some(0.5),
            max_tokens: Some(9),
            seed: Some(1 << 40),
            stop: vec!["x".into()],
            effort: Some(Effort::Medium),
            schema: Some(Arc::new(schema)),
            tools: tools.into(),
            ..Params::default()
        },
    );
    assert_eq!(
        body,
        json!({
            "systemInstruction": { "parts": [{ "text": "be brief" }] },
            "contents": [
                { "role": "user", "parts": [{ "inlineData": { "mimeType": "image/png", "data": PNG } }, { "text": "what?" }] },
                { "role": "model", "parts": [{ "text": "that" }] },
                { "role": "user", "parts": [{ "text": "and?" }] },
            ],
            "generationConfig": {
                "temperature": 0.5,
                "maxOutputTokens": 9,
                "stopSequences": ["x"],
                "responseMimeType": "application/json",
                "responseJsonSchema": { "type": "object" },
                "thinkingConfig": { "thinkingBudget": 8192 },
            },
            "tools": [{ "functionDeclarations": [{ "name": "f", "parametersJsonSchema": { "type": "object", "properties": {} } }] }],
        })
    );
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn each_model_thinks_in_its_own_way() {
    let config = |model: &str, thinking, effort| {
        let (body, warnings) = written(model, Params { effort, thinking, ..Params::default() });
        (body["generationConfig"]["thinkingConfig"].clone(), warnings.len())
    };
    assert_eq!(config("gemini-2.5-flash", Some(false), None), (json!({ "thinkingBudget": 0 }), 0));
    assert_eq!(config("gemini-2.5-pro", Some(true), None), (json!({ "thinkingBudget": -1, "includeThoughts": true }), 0));
    assert_eq!(config("gemini-2.5-pro", None, Some(Effort::Max)), (json!({ "thinkingBudget": 24_576 }), 1));
    assert_eq!(config("gemini-3-pro-preview", None, Some(Effort::Low)), (json!({ "thinkingLevel": "low" }), 0));
    assert_eq!(config("gemini-3-pro-preview", Some(true), None), (json!({ "includeThoughts": true }), 0));
    assert_eq!(config("gemini-3-pro-preview", None, None), (Value::Null, 0));
}

/// No model is sent what it refuses, and what is sent in its place is named.
#[test]
fn what_a_model_cannot_do_is_sent_as_its_nearest_and_told() {
    let config = |model: &str, thinking, effort| {
        let (body, warnings) = written(model, Params { effort, thinking, ..Params::default() });
        (body["generationConfig"]["thinkingConfig"].clone(), warnings.join("; "))
    };
    let budget = |tokens: i64| json!({ "thinkingBudget": tokens });
    let level = |word: &str| json!({ "thinkingLevel": word });
    for (model, thinking, effort, sent, told) in [
        ("gemini-2.5-pro", Some(false), None, budget(128), "a budget of 128 tokens was sent"),
        ("gemini-2.5-pro", None, Some(Effort::None), budget(128), "a budget of 128 tokens was sent"),
        ("gemini-3-pro-preview", Some(false), None, level("low"), "level low was sent"),
        ("gemini-3-pro-preview", None, Some(Effort::Minimal), level("low"), "minimal was sent as low"),
        ("gemini-3-pro-preview", None, Some(Effort::Medium), level("high"), "medium was sent as high"),
        ("gemini-3.1-pro-preview", None, Some(Effort::Medium), level("medium"), ""),
        ("gemini-3.1-pro-preview", None, Some(Effort::Minimal), level("low"), "minimal was sent as low"),
        ("gemini-3-flash-preview", Some(false), None, level("minimal"), "level minimal was sent"),
        ("gemini-3-flash-preview", None, Some(Effort::Minimal), level("minimal"), ""),
        ("gemini-9-flash", None, Some(Effort::Minimal), level("low"), "minimal was sent as low"),
        ("gemini-9-flash", None, Some(Effort::XHigh), level("high"), "xhigh was sent as high"),
        ("gemini-2.5-flash", Some(false), Some(Effort::High), budget(0), "effort high was not sent"),
    ] {
        let (body, warnings) = config(model, thinking, effort);
        assert_eq!(body, sent, "{model} {effort:?}");
        assert!(warnings.contains(told) && warnings.is_empty() == told.is_empty(), "{model} {effort:?}: {warnings}");
    }
    let (body, warnings) = config("gemini-3-flash", Some(true), Some(Effort::None));
    assert!(body == json!({ "includeThoughts": true }) && warnings.contains("effort none was not sent"), "{body} {warnings}");
}
