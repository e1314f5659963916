use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::image_samples::png;
use crate::domain::{Amendment, Effort, Message, OutputSchema, Params, Speaker, Spelling, Tool};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::anthropic::Anthropic;
use super::format::{Answer, Pictures, Piece, Unreadable, Wire as _};
use super::wire_tests::text_of;

fn request(model: &str, params: Params) -> ChatRequest {
    let messages = Arc::new([Message::new(Speaker::User, "hi")]);
    ChatRequest { model: model.into(), messages, params, stream: true, spelling: Spelling::default() }
}

fn written(request: &ChatRequest) -> (Value, Vec<String>) {
    let written = Anthropic.write(request, Pictures::Whole);
    (serde_json::from_str(&written.body).unwrap(), written.warnings)
}

fn events(events: &[&str]) -> Answer {
    let mut answer = Answer::default();
    for data in events {
        Anthropic.decode_event(&Event { name: "", data, lossy: false }, &mut answer, &mut |_piece| {}).unwrap();
    }
    answer
}

#[test]
fn a_recorded_llama_cpp_stream_is_read() {
    let (answer, text) = text_of(&Anthropic, include_bytes!("../../../tests/fixtures/providers/llama_cpp/anthropic_stream.sse"));
    assert!(text.starts_with("Explain quantum entanglement in simple terms."));
    assert_eq!((answer.finish_reason.as_deref(), answer.ended), (Some("length"), true));
    assert_eq!(answer.response_model.as_deref(), Some("gemma-3-270m"));
    let usage = answer.usage.unwrap();
    // The input count leaves the cache out here.
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (30, Some(1), 24));
    assert_eq!((answer.warnings, answer.usage_warnings), (vec![], vec![]));
}

#[test]
fn thinking_text_and_calls_are_told_apart_and_counts_are_cumulative() {
    let stream = include_bytes!("../../../tests/fixtures/providers/anthropic/stream.sse");
    let (answer, text) = text_of(&Anthropic, stream);
    assert_eq!(text, "Let me check 🌦 for you.\nweather({\"city\": \"東京\"})");
    assert_eq!(answer.finish_reason.as_deref(), Some("tool_calls"));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens), (472 + 120 + 1_024, Some(1_024), Some(120)));
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (89, Some(31)));
}

/// Relays that translate estimate the input at the start, and count it at the end.
#[test]
fn a_later_count_stands_in_place_of_a_guess() {
    let answer = events(&[
        r#"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":1200,"cache_read_input_tokens":30,"output_tokens":1}}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":900,"cache_read_input_tokens":0,"output_tokens":7}}"#,
    ]);
    let usage = answer.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens, usage.output_tokens), (930, Some(30), 7));
}

#[test]
fn counts_of_relays_are_read_under_other_names() {
    let counted = |usage: &str| {
        let answer = events(&[&format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{usage}}}"#)]);
        let usage = answer.usage.unwrap();
        (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens, usage.output_tokens, answer.usage_warnings.len())
    };
    let lifetimes = r#""cache_creation":{"ephemeral_5m_input_tokens":1500,"ephemeral_1h_input_tokens":500}"#;
    assert_eq!(counted(&format!(r#"{{"input_tokens":25,"output_tokens":15,{lifetimes}}}"#)), (2_025, None, Some(2_000), 15, 0));
    let both = format!(r#"{{"input_tokens":25,"output_tokens":15,"cache_creation_input_tokens":2000,{lifetimes}}}"#);
    assert_eq!(counted(&both), (2_025, None, Some(2_000), 15, 0));
    let openai = r#"{"prompt_tokens":25,"completion_tokens":15,"total_tokens":40,"prompt_tokens_details":{"cached_tokens":20}}"#;
    assert_eq!(counted(openai), (25, Some(20), None, 15, 0));
}

#[test]
fn an_error_after_the_start_is_seen_with_what_it_stands_for() {
    let stream = include_bytes!("../../../tests/fixtures/providers/anthropic/error_after_text.sse");
    let (answer, text) = text_of(&Anthropic, stream);
    let error = answer.error.unwrap();
    assert_eq!((text.as_str(), error.message.as_str(), error.status()), ("Let me check 🌦", "Overloaded", Some(529)));
    assert!(!answer.ended);
}

#[test]
fn a_whole_answer_is_read() {
    let (mut answer, mut text, mut thoughts) = (Answer::default(), String::new(), String::new());
    let body = include_str!("../../../tests/fixtures/providers/anthropic/whole.json");
    let read = Anthropic.decode_whole(body, &mut answer, &mut |piece| match piece {
        Piece::Content(content) | Piece::Call(content) | Piece::WholeContent(content) | Piece::WholeOrNext(content) => {
            text.push_str(content);
        }
        Piece::Reasoning(reasoning) | Piece::WholeReasoning(reasoning) => thoughts.push_str(reasoning),
    });
    assert_eq!((read, text.as_str(), thoughts.as_str()), (Ok(()), "Hello.\nweather({\"city\":\"Oslo\"})", "Short one."));
    assert_eq!((answer.usage.unwrap().input_tokens, answer.id.as_deref()), (21, Some("msg_02")));
    let mut answer = Answer::default();
    assert_eq!(Anthropic.decode_whole(r#"{"status":"ok"}"#, &mut answer, &mut |_piece| {}), Err(Unreadable::NoAnswer));
    let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    assert_eq!(Anthropic.decode_whole(overloaded, &mut answer, &mut |_piece| {}), Ok(()));
    assert_eq!(answer.error.unwrap().status(), Some(529));
}

#[test]
fn stop_reasons_have_common_words() {
    for (word, expected, withheld) in [
        ("end_turn", "stop", None),
        ("stop_sequence", "stop", None),
        ("max_tokens", "length", None),
        ("model_context_window_exceeded", "length", None),
        ("tool_use", "tool_calls", None),
        ("refusal", "content_filter", Some("refusal")),
        ("pause_turn", "pause_turn", None),
    ] {
        let answer = events(&[&format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"{word}"}}}}"#)]);
        assert_eq!((answer.finish_reason.as_deref(), answer.withheld.as_deref()), (Some(expected), withheld), "{word}");
    }
}

#[test]
fn what_is_not_known_is_skipped_and_counted() {
    let answer = events(&[
        r#"{"type":"new_thing","x":1}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"newer_delta"}}"#,
        r#"{"type":"ping"}"#,
    ]);
    assert_eq!((answer.unknown_events, answer.unknown_kind.as_deref()), (2, Some("new_thing")));
}

#[test]
fn a_longest_answer_is_always_sent_and_what_has_no_place_is_told() {
    let (body, warnings) = written(&request("claude-sonnet-4-5", Params::default()));
    assert_eq!(
        body,
        json!({ "model": "claude-sonnet-4-5", "max_tokens": 8192, "messages": [{ "role": "user", "content": "hi" }], "stream": true })
    );
    assert!(warnings[0].starts_with("max_tokens = 8192 was sent"), "{warnings:?}");
    let params = Params { max_tokens: Some(5), seed: Some(1), stop: vec!["x".into()], ..Params::default() };
    let mut asked = request("claude-sonnet-4-5", params);
    asked.messages = Arc::new([
        Message::new(Speaker::System, "one"),
        Message { images: vec![png("a")], ..Message::new(Speaker::User, "what?") },
        Message::new(Speaker::Assistant, "that"),
        Message::new(Speaker::System, "two"),
        Message::new(Speaker::User, "and?"),
    ]);
    let (body, warnings) = written(&asked);
    assert_eq!((&body["max_tokens"], &body["stop_sequences"], &body["system"]), (&json!(5), &json!(["x"]), &json!("one\n\ntwo")));
    assert_eq!(
        body["messages"][0]["content"][0]["source"],
        json!({ "type": "base64", "media_type": "image/png", "data": crate::domain::image_samples::PNG })
    );
    assert_eq!(body["messages"].as_array().map(Vec::len), Some(3));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn each_model_thinks_in_its_own_way() {
    let asked = |model: &str, thinking, effort, max_tokens| {
        let (body, warnings) = written(&request(model, Params { max_tokens, effort, thinking, ..Params::default() }));
        (body["thinking"].clone(), body["output_config"]["effort"].clone(), body["max_tokens"].clone(), warnings.len())
    };
    let budget = |tokens: u32| json!({ "type": "enabled", "budget_tokens": tokens });
    assert_eq!(asked("claude-sonnet-4-5", None, Some(Effort::High), None), (budget(16_384), Value::Null, json!(16_384 + 8_192), 1));
    assert_eq!(asked("claude-3-7-sonnet-latest", Some(true), None, Some(20_000)), (budget(8_192), Value::Null, json!(20_000), 0));
    assert_eq!(asked("claude-sonnet-4-5", None, Some(Effort::High), Some(4_000)), (budget(3_000), Value::Null, json!(4_000), 1));
    assert_eq!(asked("claude-sonnet-4-5", Some(true), None, Some(500)), (Value::Null, Value::Null, json!(500), 1));
    assert_eq!(asked("claude-opus-4-6", None, Some(Effort::Max), Some(9)), (Value::Null, json!("max"), json!(9), 0));
    assert_eq!(
        asked("claude-opus-4-6", Some(true), Some(Effort::Minimal), Some(9)),
        (json!({ "type": "adaptive", "display": "summarized" }), json!("low"), json!(9), 1)
    );
    assert_eq!(
        asked("claude-opus-4-6", Some(true), Some(Effort::None), Some(9)),
        (json!({ "type": "adaptive", "display": "summarized" }), Value::Null, json!(9), 1)
    );
    assert_eq!(asked("claude-opus-4-6", Some(false), None, Some(9)), (json!({ "type": "disabled" }), Value::Null, json!(9), 0));
    assert_eq!(asked("claude-opus-4-5", Some(true), Some(Effort::Low), Some(9_000)), (budget(6_750), json!("low"), json!(9_000), 1));
    assert_eq!(asked("gemma-3-270m", None, Some(Effort::None), Some(9)), (json!({ "type": "disabled" }), Value::Null, json!(9), 0));
}

/// Which models always think is found out by their refusal.
#[test]
fn a_model_that_always_thinks_is_not_told_to_stop() {
    let refusal = r#"{"type":"error","error":{"type":"invalid_request_error","message":"\"thinking.type.disabled\" is not supported for this model. Thinking defaults to adaptive mode when not specified."}}"#;
    let mut asked = request("claude-fable-5", Params { max_tokens: Some(9), thinking: Some(false), ..Params::default() });
    assert_eq!(Anthropic.amendment(&asked, 400, refusal), Some(Amendment::NoThinkingOff));
    assert_eq!(Anthropic.amendment(&request("claude-fable-5", Params::default()), 400, refusal), None);
    asked.spelling = asked.spelling.with(Amendment::NoThinkingOff);
    assert_eq!(Anthropic.amendment(&asked, 400, refusal), None);
    let (body, warnings) = written(&asked);
    assert_eq!((body.get("thinking"), &body["output_config"]["effort"]), (None, &json!("low")));
    assert_eq!(warnings, ["thinking was not switched off: this model refuses that; effort low was sent"]);
    asked.params.effort = Some(Effort::High);
    assert_eq!(written(&asked).0["output_config"]["effort"], json!("high"));
    asked.model = "other".into();
    let (body, warnings) = written(&asked);
    assert!(body.get("thinking").is_none() && warnings.iter().any(|warning| warning.contains("not switched off")), "{body} {warnings:?}");
}

#[test]
fn schema_and_tools_have_their_places() {
    let schema = OutputSchema::from_json(r#"{"name":"n","schema":{"type":"object"}}"#).unwrap();
    let tools = Tool::list_from_json(r#"{"name":"f","description":"d","parameters":{"type":"object"}}"#).unwrap();
    let params = Params { max_tokens: Some(9), schema: Some(Arc::new(schema)), tools: tools.into(), ..Params::default() };
    let (body, warnings) = written(&request("claude-sonnet-4-5", params));
    assert_eq!(body["output_config"], json!({ "format": { "type": "json_schema", "schema": { "type": "object" } } }));
    assert_eq!(body["tools"], json!([{ "name": "f", "description": "d", "input_schema": { "type": "object" } }]));
    assert_eq!(warnings, [""; 0]);
}

#[test]
fn its_models_are_listed() {
    let list = include_str!("../../../tests/fixtures/providers/anthropic/models.json");
    assert_eq!(Anthropic.decode_models(list).unwrap(), ["claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"]);
}
