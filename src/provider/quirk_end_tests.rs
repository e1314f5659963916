//! Answers that end otherwise than they should, errors in odd places of a stream, and counts beside them: each kind with the right value.

use std::time::Duration;

use super::quirk_tests::*;
use super::test_server::*;
use crate::domain::{FailureKind, WireFormat};
use crate::provider::AttemptReport;

/// These pieces of a stream, with a pause behind each that is longer than any grace but the longest.
async fn slowly(wire: WireFormat, content_type: &str, pieces: &[String]) -> AttemptReport {
    let mut acts = vec![Act::Send(chunked_head(content_type))];
    for piece in pieces {
        acts.extend([Act::Send(chunk(piece)), Act::Wait(Duration::from_millis(700))]);
    }
    acts.push(Act::Send(LAST_CHUNK.into()));
    over(wire, acts, true).await
}

#[tokio::test]
async fn a_finish_reason_in_every_chunk_ends_nothing() {
    let gemini = |text: &str, tokens: u32| {
        data(&format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}},"finishReason":"STOP"}}],"usageMetadata":{{"promptTokenCount":9,"candidatesTokenCount":{tokens},"totalTokenCount":{}}}}}"#,
            9 + tokens
        ))
    };
    let report = slowly(WireFormat::Gemini, "text/event-stream", &[gemini("Hel", 1), gemini("lo", 2), gemini("!", 3)]).await;
    assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello!", Some((9, None, 3))));
    let normal =
        |text: &str| data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":"normal"}}],{USAGE}}}"#));
    let report = slowly(WireFormat::OpenAiChat, "text/event-stream", &[normal("Hel"), normal("lo"), DONE.to_owned()]).await;
    assert_eq!((kind(&report), report.output.as_str()), (None, "Hello"));
    // Broken off behind such a chunk it is not whole.
    let acts = vec![
        Act::Send(chunked_head("text/event-stream")),
        Act::Send(chunk(gemini("Hel", 1))),
        Act::Wait(Duration::from_millis(50)),
        Act::Reset,
    ];
    assert_eq!(kind(&over(WireFormat::Gemini, acts, true).await), Some(FailureKind::Truncated));
}

#[tokio::test]
async fn words_that_say_that_it_goes_on_are_no_end() {
    for word in ["None", "null", "", "not_finished", "in_progress"] {
        let going_on = data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"Hel"}},"finish_reason":"{word}"}}]}}"#));
        assert_eq!(kind(&chat(&[going_on]).await), Some(FailureKind::Truncated), "{word}");
    }
}

#[tokio::test]
async fn a_stop_behind_a_failure_does_not_undo_it() {
    for (first, expected) in
        [("content_filter", Some(FailureKind::ContentFilter)), ("network_error", Some(FailureKind::StreamError)), ("length", None)]
    {
        let report = chat(&[delta("Hel"), finish(first), finish("stop"), usage(), DONE.to_owned()]).await;
        assert_eq!(kind(&report), expected, "{first}");
        assert_eq!(report.finish_reason.as_deref(), Some(first));
    }
}

#[tokio::test]
async fn json_lines_are_a_stream_whatever_they_are_called() {
    let lines: Vec<String> =
        [delta("Hello"), delta(" world"), finish("stop"), usage()].map(|event| event.trim_end().replace("data: ", "") + "\n").into();
    for content_type in ["application/json", "text/event-stream"] {
        let report = slowly(WireFormat::OpenAiChat, content_type, &lines).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))), "{content_type}");
        let timing = report.timing;
        assert!(timing.streamed && timing.last_content_us.unwrap() >= timing.first_content_us.unwrap() + 600_000, "{timing:?}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_late_makes_no_answer_longer() {
    let pieces = [delta("Hello") + &finish("stop")];
    let report = slowly(WireFormat::OpenAiChat, "text/event-stream", &pieces).await;
    assert_eq!((kind(&report), Some(report.timing.end_us)), (None, report.timing.last_content_us));
}

#[tokio::test]
async fn errors_in_a_stream_are_errors_in_any_shape() {
    for (error, words) in [
        (r#"{"message":"upstream died","type":"server_error","code":500}"#, "upstream died"),
        (r#"[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}]"#, "slow down"),
        (r#"{"id":"x","choices":null,"message":"Insufficient balance"}"#, "Insufficient balance"),
        (r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#, "insufficient balance"),
    ] {
        for begun in [false, true] {
            let mut events = vec![data(error), DONE.to_owned()];
            if begun {
                events.insert(0, delta("Hel"));
            }
            let failed = chat(&events).await.result.unwrap_err();
            assert!(failed.message.contains(words), "{error}: {}", failed.message);
            assert_ne!(failed.kind, FailureKind::EmptyAnswer, "{error}");
        }
    }
    // What says that all is well says it in many ways.
    for well in [r#""base_resp":{"status_code":0,"status_msg":"normal"}"#, r#""error":{"code":0,"message":"no error"}"#, r#""error":{}"#] {
        let event = data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"Hello"}},"finish_reason":"stop"}}],{well}}}"#));
        assert_eq!(kind(&chat(&[event, DONE.to_owned()]).await), None, "{well}");
    }
}

#[tokio::test]
async fn tags_are_read_in_what_was_said_once() {
    for pieces in [
        &["<think>I", "<think>I ponder", "<think>I ponder</think>Hello", "<think>I ponder</think>Hello world"][..],
        &["<think>I", " ponder</think>", "Hello", " world", "<think>I ponder</think>Hello world"],
    ] {
        let mut events: Vec<String> = pieces.iter().map(|piece| delta(piece)).collect();
        events.extend([finish("stop"), DONE.to_owned()]);
        let report = chat(&events).await;
        assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello world", "I ponder"), "{pieces:?}");
        assert!(warned(&report, "kept once"), "{:?}", report.warnings);
    }
    let mut so_far = String::new();
    let both: Vec<String> = ["<thi", "nk>I ponder", "</thi", "nk>\\n\\nHello"]
        .map(|piece| {
            so_far.push_str(piece);
            data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{piece}"}},"message":{{"content":"{so_far}"}}}}]}}"#))
        })
        .into();
    let report = chat(&[both, vec![finish("stop"), DONE.to_owned()]].concat()).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "I ponder"));
}

#[tokio::test]
async fn messages_without_deltas_are_pieces() {
    let message = |text: &str| data(&format!(r#"{{"choices":[{{"index":0,"message":{{"content":"{text}"}}}}]}}"#));
    let report = chat(&[message("Hello"), message(" world"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!((report.output.as_str(), report.warnings.len()), ("Hello world", 0), "{:?}", report.warnings);
    let both =
        |text: &str| data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"message":{{"content":"{text}"}}}}]}}"#));
    let report = chat(&[both("Hello"), both(" world"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!(report.output, "Hello world");
    assert!(!warned(&report, "another text"), "{:?}", report.warnings);
}

#[tokio::test]
async fn a_call_is_no_thought() {
    let call = data(r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#);
    let report = chat(&[delta("<think>I should search"), call, finish("tool_calls"), DONE.to_owned()]).await;
    assert_eq!((report.output.trim(), report.reasoning.as_str()), ("f({})", "I should search"));
    let text = data(r#"{"type":"response.output_text.delta","delta":"Let me look."}"#);
    let done = data(
        r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Let me look."}]},{"type":"function_call","name":"f","arguments":"{}","call_id":"c"}]}}"#,
    );
    let report = over(WireFormat::OpenAiResponses, stream(&[&text, &done]), true).await;
    assert_eq!(report.output, "Let me look.\nf({})");
}

#[tokio::test]
async fn counts_behind_the_end_mark_count_however_they_come() {
    for tail in [format!("{DONE}{}", usage()), format!("data: [DONE]\n{}", usage())] {
        let report = chat(&[delta("Hello"), finish("stop"), tail.clone()]).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello", Some((11, None, 7))), "{tail}");
    }
}

#[tokio::test]
async fn a_zero_beside_a_count_is_no_count() {
    let both = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":18,"input_tokens":11,"output_tokens":7}}"#;
    let report = chat(&[delta("Hello"), finish("stop"), data(both), DONE.to_owned()]).await;
    assert_eq!((counted(&report), report.warnings.len()), (Some((11, None, 7)), 0), "{:?}", report.warnings);
    let start = data(r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":25,"output_tokens":1}}}"#);
    let text = data(r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#);
    let end = data(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":0}}"#)
        + &data(r#"{"type":"message_stop"}"#);
    let report = over(WireFormat::AnthropicMessages, stream(&[&start, &text, &end]), true).await;
    assert_eq!((kind(&report), counted(&report)), (None, None));
    assert!(warned(&report, "only before it began"), "{:?}", report.warnings);
}

#[tokio::test]
async fn a_blank_answer_is_said_first() {
    let report = chat(&[delta("\\n\\n"), finish("stop"), usage(), DONE.to_owned()]).await;
    assert_eq!(report.warnings.first().map(String::as_str), Some("the answer is empty"));
}
