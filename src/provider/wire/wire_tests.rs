//! What holds for every wire format.

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;

use crate::domain::{Effort, Image, Message, OutputSchema, Params, Speaker, Spelling, Tool, WireFormat, image_samples};
use crate::provider::ChatRequest;
use crate::provider::sse::{Event, SseParser};

use super::format::{Answer, Pictures, Piece, Wire, wire_of};

const FIXTURES: [(WireFormat, &[u8]); 7] = [
    (WireFormat::OpenAiChat, include_bytes!("../../../tests/fixtures/providers/llama_cpp/oai_stream.sse")),
    (WireFormat::OpenAiChat, include_bytes!("../../../tests/fixtures/providers/openai/chat_tools.sse")),
    (WireFormat::OpenAiResponses, include_bytes!("../../../tests/fixtures/providers/openai/responses_stream.sse")),
    (WireFormat::AnthropicMessages, include_bytes!("../../../tests/fixtures/providers/llama_cpp/anthropic_stream.sse")),
    (WireFormat::AnthropicMessages, include_bytes!("../../../tests/fixtures/providers/anthropic/stream.sse")),
    (WireFormat::AnthropicMessages, include_bytes!("../../../tests/fixtures/providers/anthropic/error_after_text.sse")),
    (WireFormat::Gemini, include_bytes!("../../../tests/fixtures/providers/gemini/stream.sse")),
];

/// Everything that a stream says, cut up like this.
fn read(wire: &dyn Wire, chunks: &[&[u8]]) -> (Answer, String, String, u32) {
    let (mut parser, mut answer) = (SseParser::new(1 << 19), Answer::default());
    let (mut content, mut reasoning, mut unreadable) = (String::new(), String::new(), 0);
    let mut take = |piece: Piece<'_>| match piece {
        Piece::Content(text) | Piece::Call(text) | Piece::WholeContent(text) | Piece::WholeOrNext(text) => content.push_str(text),
        Piece::Reasoning(text) | Piece::WholeReasoning(text) => reasoning.push_str(text),
    };
    let mut on_event = |event: Event<'_>| {
        unreadable += u32::from(wire.decode_event(&event, &mut answer, &mut take).is_err());
        ControlFlow::Continue(())
    };
    for chunk in chunks {
        assert!(parser.push(chunk, &mut |event| on_event(event)).is_ok());
    }
    parser.finish(&mut |event| on_event(event));
    answer.calls.close_all(&mut take);
    (answer, content, reasoning, unreadable)
}

/// The answer and its visible text of a whole stream, all of which can be read and is known.
pub(super) fn text_of(wire: &dyn Wire, stream: &[u8]) -> (Answer, String) {
    let (answer, content, _, unreadable) = read(wire, &[stream]);
    assert_eq!((unreadable, answer.unknown_events), (0, 0), "{:?}", answer.unknown_kind);
    (answer, content)
}

#[test]
fn every_split_gives_the_same_answer() {
    for (format, stream) in FIXTURES {
        let wire = wire_of(format);
        let (whole, content, reasoning, unreadable) = read(wire, &[stream]);
        assert_eq!(unreadable, 0, "{format:?}");
        assert!(!content.is_empty() && whole.usage.is_some(), "{format:?}");
        let expected = format!("{whole:?}");
        for at in 0..=stream.len() {
            let (answer, cut_content, cut_reasoning, cut_unreadable) = read(wire, &[&stream[..at], &stream[at..]]);
            assert_eq!((&cut_content, &cut_reasoning, cut_unreadable), (&content, &reasoning, 0), "{format:?} cut at {at}");
            assert_eq!(format!("{answer:?}"), expected, "{format:?} cut at {at}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(wire, &bytes).1, content, "{format:?} byte by byte");
    }
}

#[test]
fn line_ends_make_no_difference() {
    for (format, stream) in FIXTURES {
        let text = String::from_utf8(stream.to_vec()).unwrap().replace("\r\n", "\n");
        let expected = read(wire_of(format), &[text.as_bytes()]).1;
        for end in ["\r\n", "\r"] {
            let changed = format!("\u{feff}{}", text.replace('\n', end));
            assert_eq!(read(wire_of(format), &[changed.as_bytes()]).1, expected, "{format:?} {end:?}");
        }
    }
}

fn full_request(format: WireFormat) -> ChatRequest {
    let image = Image { ..image_samples::png("a.png") };
    ChatRequest {
        model: if format == WireFormat::Gemini { "gemini-2.5-flash" } else { "m" }.into(),
        messages: Arc::new([
            Message::new(Speaker::System, "be brief"),
            Message::new(Speaker::User, "one"),
            Message::new(Speaker::Assistant, "two"),
            Message { images: vec![image], ..Message::new(Speaker::User, "three") },
        ]),
        params: Params {
            temperature: Some(0.5),
            max_tokens: Some(64),
            top_p: Some(0.9),
            seed: Some(7),
            stop: vec!["END".into()],
            effort: Some(Effort::Low),
            thinking: Some(true),
            schema: Some(Arc::new(OutputSchema::from_json(r#"{"type":"object","title":"SCHEMA"}"#).unwrap())),
            tools: Tool::list_from_json(r#"{"name":"TOOL"}"#).unwrap().into(),
        },
        stream: true,
        spelling: Spelling::default(),
    }
}

/// What is set is sent or named in a warning, on every wire.
#[test]
fn nothing_is_dropped_in_silence() {
    for format in WireFormat::ALL {
        let written = wire_of(format).write(&full_request(format), Pictures::Whole);
        let signs = [
            ("temperature", "0.5"),
            ("max_tokens", "64"),
            ("top_p", "0.9"),
            ("seed", "\"seed\":7"),
            ("stop", "END"),
            ("thinking", "hinking"),
            ("schema", "SCHEMA"),
            ("tools", "TOOL"),
            ("image", image_samples::PNG),
            ("system", "be brief"),
            ("earlier turns", "two"),
        ];
        for (name, sign) in signs {
            let told = written.warnings.iter().any(|warning| warning.contains(name));
            assert!(told || written.body.contains(sign), "{format:?} loses {name}: {} {:?}", written.body, written.warnings);
        }
        let effort_sent = ["\"low\"", "1024"].iter().any(|sign| written.body.contains(sign));
        assert!(effort_sent || written.warnings.iter().any(|warning| warning.contains("thinking")), "{format:?} loses effort");
        let kept = wire_of(format).write(&full_request(format), Pictures::Named).body;
        assert!(!kept.contains(image_samples::PNG) && kept.contains("a.png"), "{format:?} keeps pictures with every trial");
        serde_json::from_str::<serde_json::Value>(&written.body).unwrap();
    }
}

#[test]
fn no_wire_puts_a_key_into_an_address() {
    for format in WireFormat::ALL {
        let wire = wire_of(format);
        for path in [wire.chat_path("m", true), wire.chat_path("m", false), wire.models_path().into()] {
            assert!(path.starts_with('/') && !path.contains("key"), "{path}");
        }
    }
}

/// JSON of the shapes that wires look into, filled with what does not belong there.
fn garbage() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "type",
        "delta",
        "choices",
        "content",
        "message",
        "index",
        "usage",
        "error",
        "candidates",
        "parts",
        "text",
        "thought",
        "functionCall",
        "args",
        "item",
        "output",
        "response",
        "output_index",
        "content_block",
        "partial_json",
        "input_tokens",
        "output_tokens",
        "tool_calls",
        "function",
        "arguments",
        "name",
        "id",
        "finish_reason",
        "stop_reason",
        "promptFeedback",
        "blockReason",
        "usageMetadata",
        "status",
    ]);
    let word = prop::sample::select(vec![
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "error",
        "tool_use",
        "text",
        "thinking",
        "text_delta",
        "input_json_delta",
        "response.output_item.added",
        "response.output_item.done",
        "response.completed",
        "response.failed",
        "response.function_call_arguments.delta",
        "function_call",
        "reasoning",
        "message",
        "x",
        "",
        "STOP",
        "0",
    ]);
    let leaf = prop_oneof![
        word.prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ];
    let tree = leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((field.clone(), inner), 0..6)
                .prop_map(|fields| serde_json::Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    });
    prop_oneof![4 => tree.prop_map(|value| value.to_string()), 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn garbage_never_panics(bodies in prop::collection::vec(garbage(), 1..6)) {
        for format in WireFormat::ALL {
            let wire = wire_of(format);
            let mut answer = Answer::default();
            for data in &bodies {
                for name in ["", "error", "message_start"] {
                    wire.decode_event(&Event { name, data, lossy: false }, &mut answer, &mut |_piece| {}).ok();
                }
                wire.decode_whole(data, &mut Answer::default(), &mut |_piece| {}).ok();
                wire.decode_error(data);
                wire.decode_models(data).ok();
            }
            answer.calls.close_all(&mut |_piece| {});
        }
    }

    #[test]
    fn a_cut_stream_never_says_more_than_a_whole_one(which in 0usize..FIXTURES.len(), at in any::<prop::sample::Index>()) {
        let (format, stream) = FIXTURES[which];
        let (_, content, reasoning, _) = read(wire_of(format), &[stream]);
        let (_, cut_content, cut_reasoning, _) = read(wire_of(format), &[&stream[..at.index(stream.len())]]);
        prop_assert!(reasoning.starts_with(&cut_reasoning));
        // A call that is cut is closed where it was cut.
        prop_assert!(content.starts_with(cut_content.trim_end_matches(')')) || cut_content.contains('('), "{}", cut_content);
    }
}
