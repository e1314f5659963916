use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::image_samples::png;
use crate::domain::{Effort, Message, OutputSchema, Params, Speaker, Spelling, Tool};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::format::{Answer, Pictures, Piece, Unreadable, Wire as _};
use super::openai_responses::OpenAiResponses;
use super::wire_tests::text_of;

fn written(params: Params) -> (Value, Vec<String>) {
    let messages =
        Arc::new([Message::new(Speaker::System, "be brief"), Message { images: vec![png("a")], ..Message::new(Speaker::User, "what?") }]);
    let request = ChatRequest { model: "gpt-5".into(), messages, params, stream: true, spelling: Spelling::default() };
    let written = OpenAiResponses.write(&request, Pictures::Whole);
    (serde_json::from_str(&written.body).unwrap(), written.warnings)
}

fn events(events: &[&str]) -> (Answer, String, String) {
    let (mut answer, mut text, mut thoughts) = (Answer::default(), String::new(), String::new());
    let mut take = |piece: Piece<'_>| match piece {
        Piece::Content(content) | Piece::Call(content) | Piece::WholeContent(content) | Piece::WholeOrNext(content) => {
            text.push_str(content);
        }
        Piece::Reasoning(reasoning) | Piece::WholeReasoning(reasoning) => thoughts.push_str(reasoning),
    };
    for data in events {
        OpenAiResponses.decode_event(&Event { name: "", data, lossy: false }, &mut answer, &mut take).unwrap();
    }
    answer.calls.close_all(&mut take);
    (answer, text, thoughts)
}

const ANSWER: &str = "Größe: 量子 😀.\nweather({\"city\":\"Oslo\"})";

#[test]
fn a_stream_of_typed_events_is_read() {
    let (answer, text) = text_of(&OpenAiResponses, include_bytes!("../../../tests/fixtures/providers/openai/responses_stream.sse"));
    assert_eq!(text, ANSWER);
    assert_eq!((answer.finish_reason.as_deref(), answer.ended), (Some("tool_calls"), true));
    assert_eq!((answer.response_model.as_deref(), answer.id.as_deref()), (Some("gpt-5-mini-2025-08-07"), Some("resp_01")));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.reasoning_tokens), (75, Some(64), 118, Some(64)));
    assert_eq!(answer.usage_warnings, [""; 0]);
}

#[test]
fn a_whole_answer_says_the_same() {
    let (mut answer, mut text, mut thoughts) = (Answer::default(), String::new(), String::new());
    let body = include_str!("../../../tests/fixtures/providers/openai/responses_whole.json");
    let read = OpenAiResponses.decode_whole(body, &mut answer, &mut |piece| match piece {
        Piece::Content(content) | Piece::Call(content) | Piece::WholeContent(content) | Piece::WholeOrNext(content) => {
            text.push_str(content);
        }
        Piece::Reasoning(reasoning) | Piece::WholeReasoning(reasoning) => thoughts.push_str(reasoning),
    });
    assert_eq!((read, text.as_str(), thoughts.as_str()), (Ok(()), ANSWER, "**Planning**"));
    assert_eq!(answer.finish_reason.as_deref(), Some("tool_calls"));
    for none in [r#"{"status":"ok"}"#, "[]", "7"] {
        assert_eq!(OpenAiResponses.decode_whole(none, &mut Answer::default(), &mut |_piece| {}), Err(Unreadable::NoAnswer), "{none}");
    }
}

#[test]
fn an_answer_that_comes_only_at_the_end_is_not_lost() {
    let completed = r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]}]}}"#;
    let (answer, text, _) = events(&[r#"{"type":"response.created","response":{}}"#, completed]);
    assert_eq!((text.as_str(), answer.finish_reason.as_deref()), ("all", Some("stop")));
}

#[test]
fn ends_before_the_end_are_told_apart() {
    let incomplete = |reason: &str| {
        let event = format!(
            r#"{{"type":"response.incomplete","response":{{"status":"incomplete","incomplete_details":{{"reason":"{reason}"}}}}}}"#
        );
        let answer = events(&[&event]).0;
        (answer.finish_reason.unwrap(), answer.withheld, answer.ended)
    };
    assert_eq!(incomplete("max_output_tokens"), ("length".into(), None, true));
    assert_eq!(incomplete("content_filter"), ("content_filter".into(), Some("content_filter".into()), true));
    let failed = r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"boom"}}}"#;
    let error = events(&[failed]).0.error.unwrap();
    assert_eq!((error.message.as_str(), error.status()), ("boom", Some(500)));
    let error = events(&[r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}"#]).0.error.unwrap();
    assert_eq!((error.message.as_str(), error.status(), error.kind), ("slow", Some(429), None));
    let error = events(&[r#"{"type":"error","error":{"type":"server_error","message":"boom"}}"#]).0.error.unwrap();
    assert_eq!((error.message.as_str(), error.status()), ("boom", Some(500)));
    assert_eq!(events(&[r#"{"error":{"message":"relay"}}"#]).0.error.unwrap().message, "relay");
}

#[test]
fn calls_without_pieces_and_refusals_are_read() {
    let item = r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}}"#;
    assert_eq!(events(&[item]).1, "f({})");
    let (answer, text, _) = events(&[r#"{"type":"response.refusal.delta","delta":"No."}"#]);
    assert_eq!((text.as_str(), answer.warnings), ("No.", vec!["the model refused".to_owned()]));
    let answer = events(&[r#"{"type":"response.web_search_call.searching"}"#, r#"{"type":"keepalive"}"#]).0;
    assert_eq!((answer.unknown_events, answer.unknown_kind.as_deref()), (1, Some("response.web_search_call.searching")));
}

#[test]
fn the_request_holds_what_is_set() {
    let schema = OutputSchema::from_json(r#"{"name":"n","strict":false,"schema":{"type":"object"}}"#).unwrap();
    let tools = Tool::list_from_json(r#"{"name":"f"}"#).unwrap();
    let (body, warnings) = written(Params {
        max_tokens: Some(9),
        seed: Some(1),
        stop: vec!["x".into()],
        effort: Some(Effort::Minimal),
        thinking: Some(true),
        schema: Some(Arc::new(schema)),
        tools: tools.into(),
        ..Params::default()
    });
    let parts = json!([{ "type": "input_image", "image_url": png("").data_url() }, { "type": "input_text", "text": "what?" }]);
    assert_eq!(
        body,
        json!({
            "model": "gpt-5",
            "input": [{ "role": "system", "content": "be brief" }, { "role": "user", "content": parts }],
            "max_output_tokens": 9,
            "reasoning": { "effort": "minimal" },
            "text": { "format": { "type": "json_schema", "name": "n", "strict": false, "schema": { "type": "object" } } },
            "tools": [{ "type": "function", "name": "f", "parameters": { "type": "object", "properties": {} }, "strict": false }],
            "store": false,
            "stream": true,
        })
    );
    assert_eq!(warnings.len(), 3, "{warnings:?}");
}
