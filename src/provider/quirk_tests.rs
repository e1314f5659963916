//! What servers send that is not as their format has it: each kind with the right value, over the socket.

use std::time::Duration;

use super::test_server::*;
use crate::domain::{FailureKind, REASONING_FROM_TAGS, WireFormat};
use crate::provider::AttemptReport;

pub(super) const USAGE: &str = r#""usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}"#;

pub(super) fn data(json: &str) -> String {
    format!("data: {json}\n\n")
}

pub(super) fn delta(content: &str) -> String {
    data(&format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\"finish_reason\":null}}]}}"))
}

pub(super) fn finish(reason: &str) -> String {
    data(&format!("{{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}"))
}

pub(super) fn usage() -> String {
    data(&format!("{{\"choices\":[],{USAGE}}}"))
}

pub(super) const DONE: &str = "data: [DONE]\n\n";

/// Events of an answer in chat completions.
pub(super) async fn chat(events: &[String]) -> AttemptReport {
    ask(stream(&events.iter().map(String::as_str).collect::<Vec<_>>())).await
}

/// Events of an answer in this format.
pub(super) async fn over(wire: WireFormat, acts: Vec<Act>, streamed: bool) -> AttemptReport {
    let server = Server::start(vec![acts]).await;
    let mut connection = connection(&server.base_url());
    connection.wire = wire;
    attempt(&provider(&connection), &question(streamed)).await
}

pub(super) fn json_acts(status: &str, body: &str) -> Vec<Act> {
    vec![Act::Send(json(status, body))]
}

pub(super) fn counted(report: &AttemptReport) -> Option<(u64, Option<u64>, u64)> {
    report.usage.map(|usage| (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens))
}

pub(super) fn kind(report: &AttemptReport) -> Option<FailureKind> {
    report.result.as_ref().err().map(|error| error.kind)
}

pub(super) fn warned(report: &AttemptReport, of: &str) -> bool {
    report.warnings.iter().any(|warning| warning.contains(of))
}

#[tokio::test]
async fn a_last_message_that_holds_the_answer_again_adds_no_text() {
    let message = data(&format!(
        r#"{{"object":"chat.completion","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant","content":"Hello world"}}}}],{USAGE}}}"#
    ));
    let report = chat(&[delta("Hello"), delta(" world"), finish("stop"), message.clone()]).await;
    assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))));
    assert_eq!((report.finish_reason.as_deref(), report.timing.content_arrivals), (Some("stop"), 2));
    // Alone it is the answer, and where it goes on behind the pieces it adds the rest.
    assert_eq!(chat(std::slice::from_ref(&message)).await.output, "Hello world");
    assert_eq!(chat(&[delta("Hello"), message.clone()]).await.output, "Hello world");
    let other = chat(&[delta("Good day"), message]).await;
    assert_eq!(other.output, "Good day");
    assert!(warned(&other, "another text"), "{:?}", other.warnings);
    // Together sends the older API's text beside each delta.
    let both = data(r#"{"choices":[{"index":0,"delta":{"content":"Hello"},"text":"Hello","finish_reason":"stop"}]}"#);
    assert_eq!(chat(&[both]).await.output, "Hello");
    let older = data(r#"{"object":"text_completion","choices":[{"index":0,"text":"Hello","finish_reason":"stop"}]}"#);
    assert_eq!(chat(&[older]).await.output, "Hello");
    // Calls are not told twice either.
    let call = r#"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"#;
    let called = [
        data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{call}]}}}}]}}"#)),
        data(&format!(
            r#"{{"choices":[{{"index":0,"finish_reason":"tool_calls","message":{{"content":"f","tool_calls":[{call}]}}}}],{USAGE}}}"#
        )),
    ];
    assert_eq!(chat(&called).await.output, "f({})");
}

#[tokio::test]
async fn anthropics_last_message_adds_no_text() {
    let start = r#"{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":25,"output_tokens":1}}}"#;
    let text = |text: &str| data(&format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#));
    let block =
        |text: &str| data(&format!(r#"{{"type":"content_block_start","index":0,"content_block":{{"type":"text","text":"{text}"}}}}"#));
    let end = data(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}"#);
    let message = data(r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hello world"}]}"#);
    let stop = data(r#"{"type":"message_stop"}"#);
    for events in [
        vec![data(start), block(""), text("Hello"), text(" world"), end.clone(), message.clone(), stop.clone()],
        vec![data(start), message, end.clone(), stop.clone()],
        // The beginning of a block may hold its first text, which some repeat as the first piece.
        vec![data(start), block("Hello"), text("Hello"), text(" world"), end.clone(), stop.clone()],
        vec![data(start), block("Hello"), text(" world"), end, stop],
    ] {
        let report = over(WireFormat::AnthropicMessages, stream(&events.iter().map(String::as_str).collect::<Vec<_>>()), true).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((25, None, 15))), "{events:?}");
        assert_eq!(report.warnings.len(), 1, "only that a longest answer was sent: {:?}", report.warnings);
    }
}

#[tokio::test]
async fn pieces_that_repeat_what_was_said_are_kept_once_and_told() {
    for pieces in [
        &["The", "The capital", "The capital is", "The capital is Paris."][..],
        &["The capital", " is", " Paris.", "The capital is Paris."],
    ] {
        let mut events: Vec<String> = pieces.iter().map(|piece| delta(piece)).collect();
        events.extend([finish("stop"), usage(), DONE.to_owned()]);
        let report = chat(&events).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, "The capital is Paris."));
        assert!(warned(&report, "it was kept once"), "{:?}", report.warnings);
    }
}

#[tokio::test]
async fn answers_in_another_format_fail_and_name_it() {
    use WireFormat::{AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses};
    let streams = [
        (OpenAiChat, [delta("Hello"), finish("stop"), DONE.to_owned()].concat()),
        (
            OpenAiResponses,
            data(r#"{"type":"response.created","response":{"id":"r"}}"#)
                + &data(r#"{"type":"response.output_text.delta","delta":"Hello"}"#),
        ),
        (
            AnthropicMessages,
            data(r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#)
                + &data(r#"{"type":"message_stop"}"#),
        ),
        (Gemini, data(r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]}"#)),
    ];
    let wholes = [
        (OpenAiChat, r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#),
        (OpenAiResponses, r#"{"id":"r","object":"response","status":"completed","output":[]}"#),
        (AnthropicMessages, r#"{"type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn"}"#),
        (Gemini, r#"[{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]}]"#),
    ];
    for asked in WireFormat::ALL {
        for ((spoken, events), (_, body)) in streams.iter().zip(&wholes).filter(|((spoken, _), _)| *spoken != asked) {
            for (acts, streamed) in [(stream(&[events]), true), (json_acts("200 OK", body), false)] {
                let report = over(asked, acts, streamed).await;
                let error = report.result.unwrap_err();
                assert_eq!((error.kind, error.retryable), (FailureKind::WrongWire, false), "{spoken:?} over {asked:?}: {}", error.message);
                assert!(error.message.contains(spoken.label()) && error.message.contains(asked.label()), "{}", error.message);
                assert_eq!(report.evidence.spoken, Some(*spoken));
                assert_eq!(report.output, "");
            }
        }
    }
    let ollama = "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"done\":false}\n";
    let report = ask(vec![Act::Send(chunked_head("application/x-ndjson")), Act::Send(chunk(ollama)), Act::Send(LAST_CHUNK.into())]).await;
    let error = report.result.unwrap_err();
    assert_eq!((error.kind, report.evidence.spoken), (FailureKind::WrongWire, None));
    assert!(error.message.contains("Ollama") && error.message.contains("/v1"), "{}", error.message);
}

#[tokio::test]
async fn an_answer_in_which_nothing_is_said_is_no_success_in_silence() {
    let role = data(r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#);
    for events in [vec![DONE.to_owned()], vec![role.clone(), DONE.to_owned()], vec![usage(), DONE.to_owned()]] {
        assert_eq!(kind(&chat(&events).await), Some(FailureKind::EmptyAnswer), "{events:?}");
    }
    for body in [r#"{"choices":[]}"#, r#"{"choices":[{"index":0,"message":{"content":""}}]}"#] {
        assert_eq!(kind(&over(WireFormat::OpenAiChat, json_acts("200 OK", body), false).await), Some(FailureKind::EmptyAnswer), "{body}");
    }
    let empty = over(WireFormat::Gemini, json_acts("200 OK", r#"{"candidates":[]}"#), false).await;
    assert_eq!(kind(&empty), Some(FailureKind::EmptyAnswer));
    let silent = data(r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":9,"output_tokens":1}}}"#)
        + &data(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#)
        + &data(r#"{"type":"message_stop"}"#);
    let report = over(WireFormat::AnthropicMessages, stream(&[&silent]), true).await;
    assert_eq!((kind(&report), report.warnings.first().map(String::as_str)), (None, Some("the answer is empty")));
    // With a reason it is an answer, of which the emptiness is said before all else.
    let report = chat(&[role, finish("stop"), usage(), DONE.to_owned()]).await;
    assert_eq!((kind(&report), report.warnings.first().map(String::as_str)), (None, Some("the answer is empty")));
}

#[tokio::test]
async fn finish_reasons_that_are_failures_fail() {
    for (reason, expected) in [
        ("network_error", Some(FailureKind::StreamError)),
        ("insufficient_system_resource", Some(FailureKind::StreamError)),
        ("cancelled", Some(FailureKind::StreamError)),
        ("upstream_error", Some(FailureKind::StreamError)),
        ("sensitive", Some(FailureKind::ContentFilter)),
        ("content_filter", Some(FailureKind::ContentFilter)),
        ("guardrail_intervened", Some(FailureKind::ContentFilter)),
        ("length", None),
        ("eos", None),
    ] {
        let report = chat(&[delta("Hel"), finish(reason), usage(), DONE.to_owned()]).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (expected, "Hel", Some((11, None, 7))), "{reason}");
    }
    let report = chat(&[delta("Hel"), finish("bored"), usage(), DONE.to_owned()]).await;
    assert_eq!((kind(&report), report.finish_reason.as_deref()), (None, Some("bored")));
    assert!(warned(&report, "bored"), "{:?}", report.warnings);
    let number = data(r#"{"choices":[{"index":0,"delta":{},"finish_reason":13}]}"#);
    assert!(warned(&chat(&[delta("Hello"), number, DONE.to_owned()]).await, "13"));
}

#[tokio::test]
async fn a_finish_reason_may_be_an_object_or_stand_elsewhere() {
    let ends = |reason: &str| data(&format!(r#"{{"choices":[{{"index":0,"delta":{{}},"finish_reason":{reason}}}]}}"#));
    let abort = ends(r#"{"type":"abort","message":"Abort in waiting queue","status_code":503}"#);
    let report = chat(&[delta("Hel"), abort.clone(), DONE.to_owned()]).await;
    assert_eq!(kind(&report), Some(FailureKind::StreamError));
    assert!(report.result.unwrap_err().message.contains("Abort in waiting queue"));
    assert_eq!(kind(&chat(&[abort, DONE.to_owned()]).await), Some(FailureKind::ServerError));
    for (event, expected) in [
        (ends(r#"{"type":"length","length":3}"#), (None, Some("length"))),
        (ends(r#"{"type":"stop","matched":2}"#), (None, Some("stop"))),
        (
            data(r#"{"choices":[{"index":0,"delta":{"content":"","finish_reason":"content_filter"}}]}"#),
            (Some(FailureKind::ContentFilter), Some("content_filter")),
        ),
        // A flag beside a text is only one.
        (data(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"input_sensitive":true}"#), (None, Some("stop"))),
        (data(r#"{"choices":[],"finish_reason":"content_filter"}"#), (Some(FailureKind::ContentFilter), Some("content_filter"))),
        (data(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"finish_reason":"stop"}"#), (None, Some("tool_calls"))),
    ] {
        let report = chat(&[delta("Hel"), event.clone(), usage(), DONE.to_owned()]).await;
        assert_eq!((kind(&report), report.finish_reason.as_deref()), expected, "{event}");
    }
}

#[tokio::test]
async fn an_empty_answer_that_is_flagged_was_withheld() {
    let flagged = data(r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"input_sensitive":true}"#);
    assert_eq!(kind(&chat(&[delta(""), flagged, DONE.to_owned()]).await), Some(FailureKind::ContentFilter));
}

#[tokio::test]
async fn an_error_inside_a_delta_is_one() {
    let died = data(r#"{"choices":[{"index":0,"delta":{"content":"","error":{"message":"Engine died"}},"finish_reason":"stop"}]}"#);
    let report = chat(&[delta("Hel"), died, DONE.to_owned()]).await;
    assert!(report.result.unwrap_err().message.contains("Engine died"));
}

#[tokio::test]
async fn counts_are_read_wherever_they_stand() {
    let moonshot = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":1336,"completion_tokens":31,"total_tokens":1367,"cached_tokens":1280}}]}"#;
    let zeros = r#"{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#;
    let groq = format!(r#"{{"choices":[],"x_groq":{{{USAGE}}}}}"#);
    for (counts, expected) in [
        (vec![data(moonshot)], Some((1336, Some(1280), 31))),
        (vec![finish("stop"), usage(), data(zeros)], Some((11, None, 7))),
        (vec![finish("stop"), data(zeros), usage()], Some((11, None, 7))),
        (vec![finish("stop"), data(&groq)], Some((11, None, 7))),
        (vec![finish("stop"), data(zeros)], None),
        // Behind the end mark they are late, and count.
        (vec![finish("stop"), DONE.to_owned(), usage()], Some((11, None, 7))),
    ] {
        let mut events = vec![delta("Hello")];
        events.extend(counts);
        events.push(DONE.to_owned());
        let report = chat(&events).await;
        assert_eq!((kind(&report), counted(&report)), (None, expected), "{events:?}");
    }
    let fraction = r#"{"choices":[],"usage":{"prompt_tokens":11.0,"completion_tokens":7.92,"total_tokens":18.92}}"#;
    let report = chat(&[delta("Hello"), finish("stop"), data(fraction), DONE.to_owned()]).await;
    assert_eq!(counted(&report), Some((11, None, 8)));
    assert!(warned(&report, "7.92") && warned(&report, "rounded"), "{:?}", report.warnings);
}

#[tokio::test]
async fn events_parted_by_one_line_end_are_events() {
    let joined = [delta("Hello"), delta(" world")].map(|event| event.trim_end().to_owned() + "\n").concat();
    let all = [delta("Hello"), delta(" world"), finish("stop"), usage(), DONE.to_owned()]
        .map(|event| event.trim_end().to_owned() + "\n")
        .concat();
    let lines = all.replace("data: ", "");
    for events in [vec![joined + "\n", finish("stop"), usage(), DONE.to_owned()], vec![all]] {
        let report = chat(&events).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))), "{events:?}");
        assert_eq!(report.warnings, [""; 0]);
    }
    for head in [chunked_head("application/x-ndjson"), chunked_head("application/json")] {
        let report = ask(vec![Act::Send(head), Act::Send(chunk(&lines)), Act::Send(LAST_CHUNK.into())]).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))));
    }
}

#[tokio::test]
async fn a_whole_answer_does_not_wait_for_its_connection_to_close() {
    let head = || Act::Send(chunked_head("text/event-stream"));
    let send = |text: String| Act::Send(chunk(text));
    let whole = delta("Hello") + &finish("stop") + &usage();
    for acts in [vec![head(), send(whole.clone()), Act::Hang], vec![head(), send(whole), Act::Wait(Duration::from_millis(20)), Act::Reset]]
    {
        let report = ask(acts).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello", Some((11, None, 7))));
        assert_eq!(Some(report.timing.end_us), report.timing.last_content_us, "the last event came with the text");
        assert!(warned(&report, "connection"), "{:?}", report.warnings);
    }
    // Comments and pings behind the answer prolong nothing.
    let mut acts = vec![head(), send(delta("Hello") + &finish("stop") + &usage())];
    for _ in 0..40 {
        acts.extend([Act::Wait(Duration::from_millis(50)), send(": still here\n\ndata: {\"type\":\"ping\"}\n\n".to_owned())]);
    }
    let report = ask(acts).await;
    assert_eq!((kind(&report), Some(report.timing.end_us)), (None, report.timing.last_content_us));
    let body = format!(r#"{{"choices":[{{"message":{{"content":"Hello"}},"finish_reason":"stop"}}],{USAGE}}}"#);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len() + 10);
    let report = over(WireFormat::OpenAiChat, vec![Act::Send(head.into_bytes()), Act::Hang], false).await;
    assert_eq!((kind(&report), report.output.as_str()), (None, "Hello"));
}

#[tokio::test]
async fn a_character_that_was_cut_between_two_deltas_is_whole() {
    let report = chat(&[delta("A\\ud83d"), delta("\\ude00B"), finish("stop"), usage(), DONE.to_owned()]).await;
    assert_eq!((kind(&report), report.output.as_str()), (None, "A😀B"));
    let thoughts = |text: &str| data(&format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"reasoning_content\":\"{text}\"}}}}]}}"));
    let lost = chat(&[delta("A\\ud83d"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!(lost.output, "A\u{fffd}");
    let lost = chat(&[thoughts("T\\ud83d"), delta("A"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!((lost.output.as_str(), lost.reasoning.as_str()), ("A", "T\u{fffd}"));
    let mixed = [thoughts("T\\ud83d"), delta("A\\ud83c"), thoughts("\\ude00"), delta("\\udf89"), finish("stop"), DONE.to_owned()];
    let report = chat(&mixed).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("A🎉", "T😀"));
}

#[tokio::test]
async fn text_between_think_tags_is_reasoning_and_timed_as_such() {
    let pieces = ["<thi", "nk>I ponder", " it.</th", "ink>\\n\\nHello", " world"];
    let mut acts = vec![Act::Send(chunked_head("text/event-stream"))];
    for piece in pieces {
        acts.extend([Act::Send(chunk(delta(piece))), Act::Wait(Duration::from_millis(20))]);
    }
    acts.extend([Act::Send(chunk(finish("stop") + &usage() + DONE)), Act::Send(LAST_CHUNK.into())]);
    let report = ask(acts.clone()).await;
    assert_eq!((kind(&report), report.output.as_str(), report.reasoning.as_str()), (None, "Hello world", "I ponder it."));
    assert!(warned(&report, REASONING_FROM_TAGS), "{:?}", report.warnings);
    let timing = report.timing;
    // The pieces are at least 20 ms apart: the fourth is the first visible one.
    assert!(timing.first_content_us.unwrap() >= timing.first_reasoning_us.unwrap() + 40_000, "{timing:?}");
    assert_eq!(timing.content_arrivals, 2);

    let server = Server::start(vec![acts]).await;
    let mut plain = connection(&server.base_url());
    plain.think_tags = false;
    let report = attempt(&provider(&plain), &question(true)).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("<think>I ponder it.</think>\n\nHello world", ""));
}

#[tokio::test]
async fn reasoning_that_the_chat_template_opened_ends_at_its_closing_tag() {
    let mut acts = vec![Act::Send(chunked_head("text/event-stream"))];
    for piece in ["I ponder.", "\\n</think>", "\\n\\n", "Hello"] {
        acts.extend([Act::Send(chunk(delta(piece))), Act::Wait(Duration::from_millis(20))]);
    }
    acts.extend([Act::Send(chunk(finish("stop") + &usage() + DONE)), Act::Send(LAST_CHUNK.into())]);
    let report = ask(acts).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "I ponder."));
    assert!(report.timing.first_content_us.unwrap() >= report.timing.first_reasoning_us.unwrap() + 60_000, "{:?}", report.timing);
    assert_eq!(report.timing.content_arrivals, 1);
}
