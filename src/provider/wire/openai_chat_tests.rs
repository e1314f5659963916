use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::json;

use crate::domain::image_samples::png;
use crate::domain::{Amendment, Effort, Message, OutputSchema, Params, Speaker, Spelling, Tool};
use crate::provider::ChatRequest;
use crate::provider::sse::{Event, SseParser};

use super::format::{Answer, Pictures, Piece, Unreadable, Wire as _};
use super::openai_chat::OpenAiChat;

/// What events with these data make: the answer, visible text, reasoning, and how many could not be read.
fn stream(events: &[&str]) -> (Answer, String, String, usize) {
    let mut answer = Answer::default();
    let (mut content, mut reasoning, mut unreadable) = (String::new(), String::new(), 0);
    for data in events {
        let event = Event { name: "", data, lossy: false };
        let decoded = OpenAiChat.decode_event(&event, &mut answer, &mut |piece| match piece {
            Piece::Content(text) | Piece::Call(text) | Piece::WholeContent(text) | Piece::WholeOrNext(text) => content.push_str(text),
            Piece::Reasoning(text) | Piece::WholeReasoning(text) => reasoning.push_str(text),
        });
        unreadable += usize::from(decoded.is_err());
    }
    (answer, content, reasoning, unreadable)
}

fn whole(body: &str) -> (Result<(), Unreadable>, Answer, String) {
    let (mut answer, mut content) = (Answer::default(), String::new());
    let result = OpenAiChat.decode_whole(body, &mut answer, &mut |piece| {
        if let Piece::Content(text) | Piece::Call(text) = piece {
            content.push_str(text);
        }
    });
    (result, answer, content)
}

#[test]
fn the_body_holds_what_is_set_and_nothing_else() {
    let message = Message::new;
    let body = |request: &ChatRequest| OpenAiChat.write(request, Pictures::Whole).body;
    let mut request = ChatRequest {
        model: "m/x:free".into(),
        messages: Arc::new([message(Speaker::System, "be \"brief\""), message(Speaker::User, "你好\n")]),
        params: Params::default(),
        stream: false,
        spelling: Spelling::default(),
    };
    assert_eq!(
        body(&request),
        r#"{"model":"m/x:free","messages":[{"role":"system","content":"be \"brief\""},{"role":"user","content":"你好\n"}],"stream":false}"#
    );
    request.stream = true;
    request.messages = Arc::new([message(Speaker::User, "a")]);
    request.params = Params {
        temperature: Some(0.2),
        max_tokens: Some(64),
        top_p: Some(1.0),
        seed: Some(-3),
        stop: vec!["\n".into()],
        ..Params::default()
    };
    assert_eq!(
        body(&request),
        r#"{"model":"m/x:free","messages":[{"role":"user","content":"a"}],"temperature":0.2,"max_tokens":64,"top_p":1.0,"seed":-3,"stop":["\n"],"stream":true,"stream_options":{"include_usage":true}}"#
    );
}

#[test]
fn a_recorded_llama_cpp_stream_is_read() {
    let bytes = include_bytes!("../../../tests/fixtures/providers/llama_cpp/oai_stream.sse");
    let (mut answer, mut content) = (Answer::default(), Vec::new());
    let flow = SseParser::new(1 << 19).push(bytes, &mut |event| {
        OpenAiChat
            .decode_event(&event, &mut answer, &mut |piece| {
                if let Piece::Content(text) | Piece::Call(text) = piece {
                    content.push(text.to_owned());
                }
            })
            .unwrap();
        ControlFlow::Continue(())
    });
    assert!(flow.is_ok());
    assert!(answer.ended);
    assert_eq!(answer.finish_reason.as_deref(), Some("length"));
    assert_eq!(answer.response_model.as_deref(), Some("gemma-3-270m"));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (50, Some(1), 24));
    assert!(content.concat().starts_with("Explain quantum entanglement in simple terms."));
    assert_eq!(answer.warnings, [""; 0]);
}

#[test]
fn a_recorded_whole_answer_is_read() {
    let (result, answer, content) = whole(include_str!("../../../tests/fixtures/providers/llama_cpp/oai_json.json"));
    assert_eq!(result, Ok(()));
    assert!(content.starts_with("<|im_end|>"));
    assert_eq!(answer.usage.unwrap().output_tokens, 24);
    assert_eq!(answer.id.as_deref(), Some("chatcmpl-ktXGT6zVEapaVoG5MIXxoPDHAEsFef2z"));
}

#[test]
fn empty_deltas_are_no_text() {
    let (answer, content, reasoning, unreadable) = stream(&[
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null,"error":null}"#,
        r#"{"choices":[{"delta":{"content":null,"reasoning_content":null}}]}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":null,"type":"ping"}"#,
        r#"{"choices":[{"delta":null,"finish_reason":""}]}"#,
    ]);
    assert_eq!((content.as_str(), reasoning.as_str(), unreadable), ("", "", 0));
    assert!(answer.finish_reason.is_none() && answer.error.is_none() && !answer.ended);
}

#[test]
fn reasoning_is_read_under_all_its_names() {
    for (delta, expected) in [
        (r#"{"reasoning_content":"r"}"#, ("", "r")),
        (r#"{"reasoning":"r","content":"c"}"#, ("c", "r")),
        (r#"{"reasoning_content":"r","reasoning":"r"}"#, ("", "r")),
        (r#"{"reasoning":"r","reasoning_details":[{"type":"reasoning.text","text":"r"}]}"#, ("", "r")),
        (r#"{"reasoning_details":[{"type":"reasoning.text","text":"r"},{"type":"reasoning.encrypted","data":"x"}]}"#, ("", "r")),
        (r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"c"}]}"#, ("c", "r")),
        (r#"{"content":[{"type":"text","text":"c"},"d",null,{"type":"image"}]}"#, ("cd", "")),
        (r#"{"refusal":"no"}"#, ("no", "")),
    ] {
        let (_, content, reasoning, unreadable) = stream(&[&format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#)]);
        assert_eq!((content.as_str(), reasoning.as_str(), unreadable), (expected.0, expected.1, 0), "{delta}");
    }
}

#[test]
fn the_last_usage_wins() {
    let chunk = |n: u32| format!(r#"{{"choices":[],"usage":{{"prompt_tokens":"7","completion_tokens":{n}}}}}"#);
    let (answer, ..) = stream(&[&chunk(0), &chunk(1), &chunk(2)]);
    assert_eq!(answer.usage.unwrap().output_tokens, 2);
}

#[test]
fn what_cannot_be_read_is_counted_and_what_is_odd_is_said() {
    let (answer, content, _, unreadable) = stream(&[
        "{broken",
        "7",
        r#"{"choices":[{"delta":{"content":"a"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#,
        r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#,
        r#"{"choices":"odd","unknown":{"x":[]}}"#,
    ]);
    // One half of a character waits for the other.
    assert_eq!((content.as_str(), unreadable), ("a", 2));
    assert!(answer.halves.any());
    assert_eq!(answer.warnings.len(), 1, "{:?}", answer.warnings);
}

#[test]
fn errors_inside_a_stream_are_seen() {
    for (data, message) in [
        (r#"{"error":{"message":"boom","code":"server_error"}}"#, "boom"),
        (
            r#"{"id":"x","error":{"code":502,"message":"upstream"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            "upstream",
        ),
        (r#"{"choices":[{"error":{"message":"inner"}}]}"#, "inner"),
        (r#"{"error":"flat"}"#, "flat"),
    ] {
        assert_eq!(stream(&[data]).0.error.unwrap().message, message);
    }
    for (data, status) in [
        (r#"{"error":{"message":"boom","type":"server_error","code":null}}"#, Some(500)),
        (r#"{"error":{"message":"boom","type":"server_error","code":429}}"#, Some(429)),
        (r#"{"error":{"message":"boom","type":"kaputt"}}"#, None),
    ] {
        assert_eq!(stream(&[data]).0.error.unwrap().status(), status, "{data}");
        assert_eq!(whole(data).1.error.unwrap().status(), status, "{data}");
    }
    let mut answer = Answer::default();
    let event = Event { name: "error", data: "out of memory", lossy: false };
    assert_eq!(OpenAiChat.decode_event(&event, &mut answer, &mut |_piece| {}), Ok(()));
    assert_eq!(answer.error.unwrap().message, "out of memory");
}

#[test]
fn json_without_an_answer_is_told_from_an_error() {
    assert_eq!(whole(r#"{"status":"ok"}"#).0, Err(Unreadable::NoAnswer));
    assert_eq!(whole("[1]").0, Err(Unreadable::NoAnswer));
    assert_eq!(whole(r#"{"choices":[{"message":{"con"#).0, Err(Unreadable::NotJson));
    let (result, answer, _) = whole(r#"{"error":{"message":"Rate limit","code":429}}"#);
    assert_eq!((result, answer.error.unwrap().status()), (Ok(()), Some(429)));
    let (result, answer, _) = whole(r#"{"code":"Throttling","message":"slow down"}"#);
    assert_eq!((result, answer.error.unwrap().message.as_str()), (Ok(()), "slow down"));
}

#[test]
fn names_are_capped() {
    let (answer, ..) = stream(&[&format!(r#"{{"model":"{}","choices":[]}}"#, "é".repeat(5_000))]);
    assert_eq!(answer.response_model.unwrap().chars().count(), 200);
}

fn request(params: Params, stream: bool) -> ChatRequest {
    ChatRequest { model: "m".into(), messages: Arc::new([Message::new(Speaker::User, "a")]), params, stream, spelling: Spelling::default() }
}

fn written(request: &ChatRequest) -> (serde_json::Value, Vec<String>) {
    let written = OpenAiChat.write(request, Pictures::Whole);
    (serde_json::from_str(&written.body).unwrap(), written.warnings)
}

#[test]
fn effort_schema_tools_and_pictures_have_their_places() {
    let schema = OutputSchema::from_json(r#"{"type":"object"}"#).unwrap();
    let tools = Tool::list_from_json(r#"{"name":"f","parameters":{"type":"object"}}"#).unwrap();
    let params = Params {
        effort: Some(Effort::Low),
        thinking: Some(true),
        schema: Some(Arc::new(schema)),
        tools: tools.into(),
        ..Params::default()
    };
    let mut asked = request(params, true);
    asked.messages = Arc::new([Message { images: vec![png("a.png")], ..Message::new(Speaker::User, "what is it?") }]);
    let (body, warnings) = written(&asked);
    assert_eq!(warnings, [""; 0]);
    assert_eq!((&body["reasoning_effort"], &body["enable_thinking"]), (&json!("low"), &json!(true)));
    assert_eq!(
        body["response_format"],
        json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": { "type": "object" } } })
    );
    assert_eq!(body["tools"], json!([{ "type": "function", "function": { "name": "f", "parameters": { "type": "object" } } }]));
    let content = &body["messages"][0]["content"];
    assert_eq!(content[0], json!({ "type": "image_url", "image_url": { "url": png("").data_url() } }));
    assert_eq!(content[1], json!({ "type": "text", "text": "what is it?" }));
    let kept = OpenAiChat.write(&asked, Pictures::Named).body;
    assert!(kept.contains("data:image/png;base64,[a.png · PNG · 1 × 1 · 1 KB]"), "{kept}");
    asked.stream = false;
    let (body, warnings) = written(&asked);
    assert!(body.get("enable_thinking").is_none() && warnings[0].starts_with("thinking was not sent"), "{warnings:?}");
    asked.params.thinking = Some(false);
    assert_eq!(written(&asked).0["enable_thinking"], json!(false));
}

#[test]
fn deepseek_has_its_own_switch_for_thinking() {
    for (thinking, effort, stream, switch, sent_effort, told) in [
        (Some(false), None, true, Some("disabled"), None, ""),
        (Some(true), None, true, Some("enabled"), None, ""),
        (Some(true), Some(Effort::High), false, Some("enabled"), Some("high"), ""),
        (None, Some(Effort::None), true, Some("disabled"), None, ""),
        (Some(true), Some(Effort::None), true, Some("enabled"), None, "effort none was not sent: thinking is asked for"),
        (None, Some(Effort::Low), true, None, Some("low"), ""),
        (None, None, true, None, None, ""),
    ] {
        let mut asked = request(Params { effort, thinking, ..Params::default() }, stream);
        asked.spelling.thinking_by_type = true;
        let (body, warnings) = written(&asked);
        assert_eq!(body.get("thinking"), switch.map(|word| json!({ "type": word })).as_ref(), "{thinking:?} {effort:?}");
        assert_eq!((body.get("reasoning_effort"), body.get("enable_thinking")), (sent_effort.map(|word| json!(word)).as_ref(), None));
        assert_eq!(warnings.concat(), told, "{thinking:?} {effort:?}");
    }
}

#[test]
fn a_server_is_understood_when_it_wants_another_spelling() {
    let mut asked = request(Params { max_tokens: Some(9), ..Params::default() }, true);
    let amendment = |asked: &ChatRequest, body: &str| OpenAiChat.amendment(asked, 400, body);
    let renamed = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
    assert_eq!(amendment(&asked, renamed), Some(Amendment::MaxCompletionTokens));
    assert_eq!(OpenAiChat.amendment(&asked, 500, renamed), None);
    for options in [
        r#"{"error":{"message":"Unrecognized request argument supplied: stream_options"}}"#,
        r#"{"detail":[{"loc":["body","stream_options"],"msg":"extra fields not permitted"}]}"#,
    ] {
        assert_eq!(amendment(&asked, options), Some(Amendment::NoStreamOptions), "{options}");
    }
    assert_eq!(amendment(&asked, r#"{"error":{"message":"max_tokens is too large: 9. It must be at most 4"}}"#), None);
    // vLLM names both spellings, and means the value.
    let too_large = r#"{"error":{"message":"'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request has 1000 input tokens (32000 > 32768 - 1000).","type":"BadRequestError","param":"max_tokens","code":400}}"#;
    assert_eq!(amendment(&asked, too_large), None);
    let unsupported = r#"{"error":{"message":"max_tokens is too large: 9. This model does not support more than 4 completion tokens"}}"#;
    assert_eq!(amendment(&asked, unsupported), None);
    assert_eq!(amendment(&asked, r#"{"error":{"message":"temperature is not supported"}}"#), None);
    asked.spelling = Spelling { no_stream_options: true, max_completion_tokens: true, ..Spelling::default() };
    let (body, _) = written(&asked);
    assert_eq!((&body["max_completion_tokens"], body.get("max_tokens"), body.get("stream_options")), (&json!(9), None, None));
    assert_eq!(amendment(&asked, renamed), Some(Amendment::MaxTokens));
    assert_eq!(amendment(&asked, "stream_options"), None);
    asked.params.max_tokens = None;
    assert_eq!(amendment(&asked, renamed), None);
}

#[test]
fn tool_calls_are_the_answer_however_they_are_mixed() {
    let (answer, text) = super::wire_tests::text_of(&OpenAiChat, include_bytes!("../../../tests/fixtures/providers/openai/chat_tools.sse"));
    assert_eq!(text, "Größe 量子 😀\nweather({\"city\":\"Oslo\"})\ntime({})");
    assert_eq!((answer.finish_reason.as_deref(), answer.warnings.len()), (Some("tool_calls"), 0));
    let body = r#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":{"x":1}}}]},"finish_reason":"tool_calls"}]}"#;
    let (result, mut answer, mut content) = whole(body);
    answer.calls.close_all(&mut |piece| {
        if let Piece::Content(text) | Piece::Call(text) = piece {
            content.push_str(text);
        }
    });
    assert_eq!((result, content.as_str()), (Ok(()), "f({})\ng({\"x\":1})"));
}
