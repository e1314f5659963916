//! Everything that a server can do wrong, byte by byte.

use std::time::Duration;

use super::test_server::*;
use crate::domain::{Effort, FailureKind, Limits};

fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}

fn kind(report: &super::AttemptReport) -> FailureKind {
    report.result.as_ref().unwrap_err().kind
}

#[tokio::test]
async fn a_stream_is_the_same_however_it_is_cut() {
    let body = format!("\u{feff}: hi\r\n{}{}{GOOD_END}", text_event("Grüße 你"), text_event("好 😀")).into_bytes();
    for size in [1, 2, 3, 7, 50, body.len()] {
        let mut acts = vec![send(chunked_head("text/event-stream"))];
        acts.extend(body.chunks(size).map(|piece| send(chunk(piece))));
        acts.push(send(LAST_CHUNK));
        let report = ask(acts).await;
        assert_eq!(report.result, Ok(()), "pieces of {size}");
        assert_eq!(report.output, "Grüße 你好 😀");
        assert_eq!(report.usage.unwrap().output_tokens, 2);
        assert_eq!(report.finish_reason.as_deref(), Some("stop"));
        assert_eq!((report.timing.output_arrivals, report.timing.content_arrivals), (2, 2));
        assert_eq!(report.warnings, [""; 0]);
    }
}

#[tokio::test]
async fn a_finish_reason_and_a_clean_end_do_without_the_mark() {
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(ask(stream(&[&text_event("a"), end])).await.result, Ok(()));
    let unclean = vec![send(chunked_head("text/event-stream")), send(chunk(text_event("a"))), send(chunk(end)), Act::Close];
    assert_eq!(kind(&ask(unclean).await), FailureKind::Truncated);
}

#[tokio::test]
async fn every_way_of_breaking_off_is_truncated_and_keeps_the_text() {
    let head = || send(chunked_head("text/event-stream"));
    let text = || send(chunk(text_event("half")));
    let lying = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n{}", text_event("half"));
    let cut_by_length = text_event("half") + GOOD_END;
    let short = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{cut_by_length}",
        text_event("half").len()
    );
    for (name, acts) in [
        ("clean end without a mark", vec![head(), text(), send(LAST_CHUNK)]),
        ("close inside chunked coding", vec![head(), text(), Act::Close]),
        ("half close", vec![head(), text(), Act::HalfClose, Act::Hang]),
        ("cut chunk", vec![head(), text(), send("ff\r\ndata: {"), Act::Close]),
        ("garbage for a chunk size", vec![head(), text(), send("zz\r\n"), Act::Close]),
        ("reset", vec![head(), text(), Act::Wait(Duration::from_millis(50)), Act::Reset]),
        ("content-length too long", vec![send(lying), Act::Close]),
        ("content-length too short", vec![send(short), Act::Close]),
    ] {
        let report = ask(acts).await;
        assert_eq!(kind(&report), FailureKind::Truncated, "{name}: {:?}", report.result);
        assert_eq!(report.output, "half", "{name}");
        assert!(!report.result.unwrap_err().retryable);
        assert!(report.timing.first_content_us.is_some());
    }
}

#[tokio::test]
async fn a_connection_that_breaks_while_an_answer_may_be_in_the_making_is_not_tried_again() {
    for acts in
        [vec![Act::Close], vec![Act::Reset], vec![send("HTTP/1.1 200 OK\r\n"), Act::Close], vec![send("garbage\r\n\r\n"), Act::Close]]
    {
        // A connection of its own: the server saw it open, so it read the request.
        let error = ask(acts.clone()).await.result.unwrap_err();
        assert_eq!((error.kind, error.retryable), (FailureKind::Network, false), "{acts:?}");
    }
    let report = ask(vec![Act::Wait(Duration::from_millis(150)), Act::Close]).await;
    let error = report.result.unwrap_err();
    assert_eq!((error.kind, error.retryable), (FailureKind::Network, false));
    let report = ask(vec![send(chunked_head("text/event-stream")), send(LAST_CHUNK)]).await;
    assert_eq!(kind(&report), FailureKind::Truncated);
}

#[tokio::test]
async fn a_kept_open_connection_that_breaks_at_once_was_stale_and_is_tried_again() {
    for (wait_ms, retryable) in [(0, true), (150, false)] {
        let breaks = vec![Act::Wait(Duration::from_millis(wait_ms)), Act::Close];
        let server = Server::start(vec![stream(&[&text_event("ok"), GOOD_END]), breaks]).await;
        let provider = provider(&connection(&server.base_url()));
        assert_eq!(attempt(&provider, &question(true)).await.result, Ok(()));
        let error = attempt(&provider, &question(true)).await.result.unwrap_err();
        assert_eq!((error.kind, error.retryable, server.connections()), (FailureKind::Network, retryable, 1), "after {wait_ms} ms");
    }
}

#[tokio::test]
async fn each_silence_has_its_own_kind() {
    let limits = |first: u64, idle: u64, attempt: u64| Limits {
        first_byte_timeout_ms: first,
        idle_timeout_ms: idle,
        attempt_timeout_ms: attempt,
        ..Limits::default()
    };
    let head = || send(chunked_head("text/event-stream"));
    let drip: Vec<Act> = std::iter::once(head())
        .chain((0..1_000).flat_map(|_| [send(chunk(text_event("x"))), Act::Wait(Duration::from_millis(5))]))
        .collect();
    for (name, limits, acts, expected) in [
        ("no headers", limits(100, 9_000, 9_000), vec![Act::Hang], FailureKind::FirstByteTimeout),
        ("headers only", limits(100, 9_000, 9_000), vec![head(), Act::Hang], FailureKind::FirstByteTimeout),
        ("stall", limits(9_000, 100, 9_000), vec![head(), send(chunk(text_event("x"))), Act::Hang], FailureKind::IdleTimeout),
        ("drip", limits(9_000, 9_000, 300), drip, FailureKind::AttemptTimeout),
        ("no answer, short attempt", limits(9_000, 9_000, 100), vec![Act::Hang], FailureKind::AttemptTimeout),
        ("flood of comments", limits(9_000, 9_000, 300), vec![head(), Act::Flood(chunk(": x\n".repeat(500)))], FailureKind::AttemptTimeout),
    ] {
        let server = Server::start(vec![acts]).await;
        let mut connection = connection(&server.base_url());
        connection.limits = limits;
        let report = attempt(&provider(&connection), &question(true)).await;
        assert_eq!(kind(&report), expected, "{name}");
        assert!(!report.result.unwrap_err().retryable, "{name}");
        assert_eq!(report.output.is_empty(), !matches!(name, "stall" | "drip"), "{name}");
        assert!((100_000..3_000_000).contains(&report.timing.end_us), "{name}: {}", report.timing.end_us);
    }
}

#[tokio::test]
async fn a_slow_head_is_waited_for_and_a_rest_that_is_held_back_comes_whole() {
    let (head, rest) = (Gate::shut(), Gate::shut());
    let acts = vec![
        Act::Hold(head.clone()),
        send(chunked_head("text/event-stream")),
        send(chunk(text_event("a"))),
        Act::Hold(rest.clone()),
        send(chunk(text_event("b"))),
        send(chunk(GOOD_END)),
        send(LAST_CHUNK),
    ];
    let server = Server::start(vec![acts]).await;
    let provider = provider(&connection(&server.base_url()));
    let request = question(true);
    let opening = async {
        server.until(|seen| seen.requests.len() == 1).await;
        head.open();
        rest.open();
    };
    let (report, ()) = tokio::join!(attempt(&provider, &request), opening);
    assert_eq!((report.result, report.output.as_str()), (Ok(()), "ab"));
}

#[tokio::test]
async fn size_caps_end_the_attempt_and_the_connection() {
    let head = || send(chunked_head("text/event-stream"));
    let endless_line = vec![head(), send(chunk(text_event("kept"))), Act::Flood(chunk("x".repeat(16_384)))];
    let many_lines = vec![head(), send(chunk(text_event("kept"))), Act::Flood(chunk("data: x\n".repeat(2_048)))];
    let endless_text = vec![head(), Act::Flood(chunk(text_event(&"é".repeat(5_000))))];
    for (name, acts, at_least) in [("line", endless_line, 4), ("event", many_lines, 4), ("text", endless_text, 8 * 1024 * 1024 - 1)] {
        let server = Server::start(vec![acts]).await;
        let report = attempt(&provider(&connection(&server.base_url())), &question(true)).await;
        assert_eq!(kind(&report), FailureKind::TooLarge, "{name}");
        assert!((at_least..=8 * 1024 * 1024).contains(&report.output.len()), "{name}: {}", report.output.len());
        server.until(|seen| seen.hung_up > 0).await;
    }
}

#[tokio::test]
async fn a_whole_answer_has_a_cap_too() {
    let report =
        ask(vec![send(chunked_head("application/json")), send(chunk("{\"choices\":[\"")), Act::Flood(chunk(" ".repeat(65_536)))]).await;
    assert_eq!(kind(&report), FailureKind::TooLarge);
    let big = serde_json::json!({ "choices": [{ "message": { "content": "a".repeat(9 << 20) } }] }).to_string();
    let report = ask(vec![send(json("200 OK", &big))]).await;
    assert_eq!((kind(&report), report.output.len()), (FailureKind::TooLarge, 8 << 20));
    // Few bytes that would be much in memory.
    let many = format!("{{\"choices\":[{}{{}}]}}", "{},".repeat(1_000_000));
    let report = ask(vec![send(json("200 OK", &many))]).await;
    assert_eq!((kind(&report), report.output.as_str()), (FailureKind::TooLarge, ""));
}

#[tokio::test]
async fn a_compressed_bomb_is_dropped_at_the_cap() {
    for (content_type, head) in [("application/json", "{\"choices\":[ "), ("text/event-stream", "data: xx")] {
        let fill = *head.as_bytes().last().unwrap();
        let bombs = [("gzip", gzip_bomb(head)), ("zstd", zstd_bomb(head, fill)), ("br", brotli_bomb(head, fill))];
        for (encoding, bomb) in bombs {
            assert!(bomb.len() < 300_000, "{encoding}: {}", bomb.len());
            let headers = format!("content-type: {content_type}\r\ncontent-encoding: {encoding}\r\n");
            let report = ask(vec![send(response("200 OK", &headers, bomb))]).await;
            assert_eq!(kind(&report), FailureKind::TooLarge, "{content_type} {encoding}: {:?}", report.result);
        }
    }
}

#[tokio::test]
async fn broken_compression_is_said() {
    let body = response("200 OK", "content-type: application/json\r\ncontent-encoding: gzip\r\n", b"this is no gzip at all");
    assert_eq!(kind(&ask(vec![send(body)]).await), FailureKind::Malformed);
}

#[tokio::test]
async fn what_is_no_api_is_told() {
    for (name, content_type, body, expected) in [
        ("html", "text/html", "<!doctype html><title>Login</title>", FailureKind::NotAnApi),
        ("html that claims to be json", "application/json", "\n <html>", FailureKind::NotAnApi),
        ("html that claims to stream", "text/event-stream", "<html>", FailureKind::NotAnApi),
        ("plain text", "text/plain", "error: it works!", FailureKind::NotAnApi),
        ("json of another kind", "application/json", "{\"status\":\"ok\"}", FailureKind::NotAnApi),
        ("half json", "application/json", "{\"choices\":[{\"message\"", FailureKind::Malformed),
        ("nothing", "application/json", "", FailureKind::Malformed),
        ("an empty stream", "text/event-stream", "", FailureKind::Truncated),
    ] {
        let report = ask(vec![send(response("200 OK", &format!("content-type: {content_type}\r\n"), body))]).await;
        assert_eq!(kind(&report), expected, "{name}");
        assert_eq!(report.http_status, Some(200));
        assert_eq!(report.error_body.is_empty(), body.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn odd_events_are_skipped_counted_and_said() {
    let report =
        ask(stream(&["data: {broken\n\n", "data: 7\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n", &text_event("ok"), GOOD_END])).await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(report.output, "ok");
    assert_eq!(report.warnings, ["2 malformed events were skipped"]);
    let mut acts =
        vec![send(chunked_head("text/event-stream")), send(chunk(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}\n\n"))];
    acts.extend([send(chunk(text_event("c"))), send(chunk(GOOD_END)), send(LAST_CHUNK)]);
    let report = ask(acts).await;
    assert_eq!((report.result, report.output.as_str()), (Ok(()), "a\u{fffd}bc"));
    assert_eq!(report.warnings.len(), 1);
    let report = ask(stream(&["data: {broken\n\n", GOOD_END])).await;
    assert_eq!(kind(&report), FailureKind::Malformed);
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_what_came() {
    let error = format!("data: {{\"error\":{{\"message\":\"upstream died for {CANARY}\",\"code\":502}}}}\n\n");
    let report = ask(stream(&[&text_event("half"), &error, &text_event("never"), GOOD_END])).await;
    assert_eq!((kind(&report), report.output.as_str()), (FailureKind::StreamError, "half"));
    assert!(report.result.unwrap_err().message.contains("“upstream died for [key]”"));
    assert_eq!(kind(&ask(stream(&["data: {\"error\":\"first of all\"}\n\n"])).await), FailureKind::StreamError);
}

#[tokio::test]
async fn empty_and_filtered_answers_are_told_apart() {
    let report = ask(stream(&[GOOD_END])).await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(report.warnings, ["the answer is empty"]);
    let filtered = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n";
    assert_eq!(kind(&ask(stream(&[filtered])).await), FailureKind::ContentFilter);
    let report = ask(stream(&[&text_event("begun"), filtered])).await;
    assert_eq!((kind(&report), report.output.as_str()), (FailureKind::ContentFilter, "begun"));
    assert!(report.result.unwrap_err().message.contains("cut the answer"));
}

#[tokio::test]
async fn token_counts_that_cannot_be_are_not_used() {
    let end = |usage: &str| format!("data: {{\"choices\":[{{\"finish_reason\":\"stop\"}}],\"usage\":{usage}}}\n\ndata: [DONE]\n\n");
    for usage in [
        "{\"prompt_tokens\":0,\"completion_tokens\":0}",
        "{\"prompt_tokens\":-1,\"completion_tokens\":2}",
        "{}",
        "{\"prompt_tokens\":9223372036854775808}",
    ] {
        let report = ask(stream(&[&text_event("text"), &end(usage)])).await;
        assert_eq!((report.result, report.usage), (Ok(()), None), "{usage}");
        assert!(!report.warnings.is_empty(), "{usage}");
    }
    let report = ask(stream(&[&text_event("text"), &end("null")])).await;
    assert_eq!((report.usage, report.warnings.len()), (None, 0));
}

#[tokio::test]
async fn hostile_names_are_tamed() {
    let event =
        format!("data: {{\"id\":\"{CANARY}\",\"model\":\"{CANARY}\\u202e\\u0000\",\"choices\":[{{\"delta\":{{\"content\":\"x\"}}}}]}}\n\n");
    let report = ask(stream(&[&event, GOOD_END])).await;
    assert_eq!(report.response_model.as_deref(), Some("[key]"));
    assert_eq!(report.request_id.as_deref(), Some("[key]"));
    assert_eq!(report.warnings, ["asked for “m”, answered by “[key]”"]);
}

fn finished_by(reason: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{reason}\"}}]}}\n\ndata: [DONE]\n\n")
}

/// Servers end some answers with a word that says they gave up: such an answer is not finished.
#[tokio::test]
async fn an_answer_that_its_server_gave_up_is_a_failure_and_keeps_what_came() {
    for reason in ["insufficient_system_resource", "abort", "error", "function_call_filter: MALFORMED_FUNCTION_CALL"] {
        let report = ask(stream(&[&text_event("half"), &finished_by(reason)])).await;
        let error = report.result.clone().unwrap_err();
        assert_eq!((error.kind, error.retryable, report.output.as_str()), (FailureKind::StreamError, false, "half"), "{reason}");
        assert!(error.message.contains(&format!("({reason})")), "{error}");
        let error = ask(stream(&[&finished_by(reason)])).await.result.unwrap_err();
        assert_eq!((error.kind, error.retryable), (FailureKind::StreamError, true), "{reason}");
    }
    for reason in ["stop", "length", "eos", "other"] {
        assert_eq!(ask(stream(&[&text_event("a"), &finished_by(reason)])).await.result, Ok(()), "{reason}");
    }
}

/// Older llama.cpp servers name the field `error` in place of an event with `data`.
#[tokio::test]
async fn an_error_in_a_field_of_its_own_is_seen() {
    let error =
        "error: {\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"invalid_request_error\"}\n\n";
    let report = ask(stream(&[error])).await;
    let said = report.result.clone().unwrap_err();
    assert_eq!(said.kind, FailureKind::ContextTooLong, "{said}");
    assert!(said.message.contains("exceeds the available context size") && report.error_body.contains("\"code\":400"), "{report:?}");
    let report = ask(stream(&[&text_event("half"), error])).await;
    let said = report.result.clone().unwrap_err();
    assert_eq!((said.kind, report.output.as_str()), (FailureKind::StreamError, "half"));
    assert!(said.message.contains("exceeds the available context size"), "{said}");
}

/// Servers that do not know the switch ignore it in silence.
#[tokio::test]
async fn thinking_that_was_to_be_off_is_told() {
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    let counted = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,\"completion_tokens_details\":{\"reasoning_tokens\":7}}}\n\n";
    let text = text_event("a");
    for (acts, thinking, effort, told) in [
        ([thought, text.as_str()], Some(false), None, true),
        ([text.as_str(), counted], Some(false), None, true),
        ([thought, text.as_str()], None, Some(Effort::None), true),
        ([thought, text.as_str()], None, None, false),
        ([thought, text.as_str()], Some(true), None, false),
        ([text.as_str(), ": hi\n\n"], Some(false), None, false),
    ] {
        let server = Server::start(vec![stream(&[acts[0], acts[1], &finished_by("stop")])]).await;
        let mut asked = question(true);
        (asked.params.thinking, asked.params.effort) = (thinking, effort);
        let report = attempt(&provider(&connection(&server.base_url())), &asked).await;
        assert_eq!(report.result, Ok(()));
        let warned = report.warnings.iter().any(|warning| warning == "thinking was to be off, and the model thought");
        assert_eq!(warned, told, "{acts:?} {thinking:?} {effort:?}: {:?}", report.warnings);
    }
}
