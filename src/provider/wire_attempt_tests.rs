//! Each wire format over a socket: address, headers, answers, refusals.

use std::time::Duration;

use crate::domain::{Amendment, CheckOutcome, Connection, FailureKind, Params, WireFormat, image_samples::png};

use super::check::{CheckInput, run};
use super::test_server::{Act, CANARY, Server, attempt, canary, connection, provider, question};

fn speaking(wire: WireFormat, server: &Server) -> Connection {
    Connection { wire, ..connection(&server.base_url()) }
}

fn stream(body: &str) -> Vec<Act> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_1\r\nconnection: close\r\n\r\n";
    vec![Act::Send(format!("{head}{body}").into_bytes()), Act::Close]
}

fn json(status: &str, body: &str) -> Vec<Act> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    vec![Act::Send(format!("{head}{body}").into_bytes())]
}

const ANTHROPIC: &str = include_str!("../../tests/fixtures/providers/anthropic/stream.sse");
const RESPONSES: &str = include_str!("../../tests/fixtures/providers/openai/responses_stream.sse");
const GEMINI: &str = include_str!("../../tests/fixtures/providers/gemini/stream.sse");
const CHAT: &str = include_str!("../../tests/fixtures/providers/openai/chat_tools.sse");

#[tokio::test]
async fn each_wire_goes_to_its_address_with_its_key_in_its_header() {
    let bearer = format!("authorization: Bearer {CANARY}");
    let anthropic_key = format!("x-api-key: {CANARY}");
    let google_key = format!("x-goog-api-key: {CANARY}");
    for (wire, body, path, headers) in [
        (WireFormat::OpenAiChat, CHAT, "POST /v1/chat/completions HTTP/1.1", vec![bearer.as_str()]),
        (WireFormat::OpenAiResponses, RESPONSES, "POST /v1/responses HTTP/1.1", vec![bearer.as_str()]),
        (
            WireFormat::AnthropicMessages,
            ANTHROPIC,
            "POST /v1/messages HTTP/1.1",
            vec![anthropic_key.as_str(), "anthropic-version: 2023-06-01"],
        ),
        (WireFormat::Gemini, GEMINI, "POST /v1/models/m:streamGenerateContent?alt=sse HTTP/1.1", vec![google_key.as_str()]),
    ] {
        let server = Server::start(vec![stream(body)]).await;
        let report = attempt(&provider(&speaking(wire, &server)), &question(true)).await;
        assert_eq!(report.result, Ok(()), "{wire:?}");
        assert!(!report.output.is_empty() && report.usage.is_some(), "{wire:?}");
        assert!(report.timing.first_content_us.is_some() && report.timing.streamed, "{wire:?}");
        let seen = server.requests()[0].clone();
        assert!(seen.starts_with(path), "{wire:?}: {seen}");
        for header in headers {
            assert!(seen.contains(header), "{wire:?} lacks {header}: {seen}");
        }
        assert!(!seen.lines().next().unwrap_or_default().contains(CANARY));
        assert_eq!(report.request_id.as_deref(), Some("req_1"));
    }
}

#[tokio::test]
async fn a_tool_call_is_visible_output_from_its_first_piece() {
    let server = Server::start(vec![stream(ANTHROPIC)]).await;
    let report = attempt(&provider(&speaking(WireFormat::AnthropicMessages, &server)), &question(true)).await;
    assert_eq!(report.output, "Let me check 🌦 for you.\nweather({\"city\": \"東京\"})");
    assert_eq!((report.reasoning.as_str(), report.finish_reason.as_deref()), ("The user wants the weather in 東京.", Some("tool_calls")));
    let calls_only = concat!(
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"
    );
    let server = Server::start(vec![stream(calls_only)]).await;
    let report = attempt(&provider(&speaking(WireFormat::OpenAiChat, &server)), &question(true)).await;
    assert_eq!((report.output.as_str(), report.timing.content_arrivals), ("f({})", 1));
    assert!(report.timing.first_content_us.is_some() && report.result.is_ok());
}

#[tokio::test]
async fn a_stream_that_breaks_off_keeps_what_came_of_a_call() {
    let cut = &ANTHROPIC[..ANTHROPIC.find("content_block_stop\",\"index\":2").unwrap() - 40];
    let server = Server::start(vec![stream(cut)]).await;
    let report = attempt(&provider(&speaking(WireFormat::AnthropicMessages, &server)), &question(true)).await;
    assert_eq!(report.result.unwrap_err().kind, FailureKind::Truncated);
    assert!(report.output.ends_with("weather({\"city\": \"東京\"})"), "{}", report.output);
}

#[tokio::test]
async fn an_overloaded_server_is_one_wherever_it_says_so() {
    let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#;
    for act in [json("529 Overloaded", body), stream(&format!("event: error\ndata: {body}\n\n"))] {
        let server = Server::start(vec![act]).await;
        let error = attempt(&provider(&speaking(WireFormat::AnthropicMessages, &server)), &question(true)).await.result.unwrap_err();
        assert_eq!((error.kind, error.retryable), (FailureKind::ServerError, true), "{error}");
    }
    let broken = include_str!("../../tests/fixtures/providers/anthropic/error_after_text.sse");
    let server = Server::start(vec![stream(broken)]).await;
    let report = attempt(&provider(&speaking(WireFormat::AnthropicMessages, &server)), &question(true)).await;
    let error = report.result.unwrap_err();
    assert_eq!((error.kind, error.retryable, report.output.as_str()), (FailureKind::StreamError, false, "Let me check 🌦"));
}

#[tokio::test]
async fn gemini_says_how_long_to_wait_and_why_it_withheld() {
    let limited = include_str!("../../tests/fixtures/providers/gemini/err429.json");
    let server = Server::start(vec![json("429 Too Many Requests", limited)]).await;
    let report = attempt(&provider(&speaking(WireFormat::Gemini, &server)), &question(true)).await;
    assert_eq!(report.retry_after, Some(Duration::from_millis(52_500)));
    assert_eq!(report.result.unwrap_err().kind, FailureKind::RateLimited);
    let blocked = include_str!("../../tests/fixtures/providers/gemini/blocked.json").replace(['\n', '\r'], "");
    for act in [stream(&format!("data: {blocked}\n\n")), json("200 OK", &blocked)] {
        let server = Server::start(vec![act]).await;
        let error = attempt(&provider(&speaking(WireFormat::Gemini, &server)), &question(true)).await.result.unwrap_err();
        assert_eq!(error.kind, FailureKind::ContentFilter);
        assert!(error.message.contains("(PROHIBITED_CONTENT)"), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_known_or_not_sent_is_a_warning() {
    let unknown = format!("event: new_thing\ndata: {{\"type\":\"new_thing\"}}\n\n{ANTHROPIC}");
    let server = Server::start(vec![stream(&unknown)]).await;
    let mut asked = question(true);
    asked.params = Params { seed: Some(1), ..Params::default() };
    let report = attempt(&provider(&speaking(WireFormat::AnthropicMessages, &server)), &asked).await;
    let told = report.warnings.join("\n");
    for words in ["1 event of a kind that is not known here (new_thing) was skipped", "seed was not sent", "max_tokens = 8192 was sent"] {
        assert!(told.contains(words), "{told}");
    }
}

/// Pictures would fill the archive: the request that is kept with a trial names them.
#[tokio::test]
async fn a_picture_is_sent_whole_and_kept_by_name() {
    let server = Server::start(vec![stream(CHAT)]).await;
    let mut asked = question(true);
    let mut message = asked.messages[0].clone();
    message.images = vec![png("dot.png")];
    asked.messages = [message].into();
    let report = attempt(&provider(&speaking(WireFormat::OpenAiChat, &server)), &asked).await;
    let sent = server.requests()[0].clone();
    assert!(sent.contains(&png("").data_url()), "{sent}");
    assert!(report.request.contains("[dot.png · PNG") && !report.request.contains("iVBOR"), "{}", report.request);
}

#[tokio::test]
async fn a_refusal_of_the_spelling_says_what_to_write() {
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","code":"unsupported_parameter"}}"#;
    let server = Server::route(
        move |head, _number| if head.contains("max_completion_tokens") { stream(CHAT) } else { json("400 Bad Request", refusal) },
    )
    .await;
    let provider = provider(&speaking(WireFormat::OpenAiChat, &server));
    let mut asked = question(true);
    asked.params.max_tokens = Some(9);
    let report = attempt(&provider, &asked).await;
    assert_eq!((report.amendment, server.requests().len()), (Some(Amendment::MaxCompletionTokens), 1));
    asked.spelling = asked.spelling.with(Amendment::MaxCompletionTokens);
    assert_eq!(attempt(&provider, &asked).await.result, Ok(()));
}

/// A model that refuses a parameter gets the request without it, and the trial says so.
#[tokio::test]
async fn a_refused_temperature_is_left_out_and_told() {
    let refusal = r#"{"type":"error","error":{"type":"invalid_request_error","message":"`temperature` is deprecated for this model."},"request_id":"r"}"#;
    let server = Server::route(move |_head, number| if number == 0 { json("400 Bad Request", refusal) } else { stream(ANTHROPIC) }).await;
    let provider = provider(&speaking(WireFormat::AnthropicMessages, &server));
    let mut asked = question(true);
    asked.params.temperature = Some(0.25);
    let report = attempt(&provider, &asked).await;
    assert_eq!(report.amendment, Some(Amendment::NoTemperature));
    asked.spelling = asked.spelling.with(Amendment::NoTemperature);
    let report = attempt(&provider, &asked).await;
    assert_eq!(report.result, Ok(()));
    assert!(report.warnings.contains(&"temperature was not sent: this model refuses it".to_owned()), "{:?}", report.warnings);
    assert!(!report.request.contains("temperature"), "{}", report.request);
}

#[tokio::test]
async fn a_check_passes_over_every_wire() {
    for (wire, list, body) in [
        (WireFormat::OpenAiChat, r#"{"data":[{"id":"m"}]}"#, CHAT),
        (WireFormat::OpenAiResponses, r#"{"data":[{"id":"m"}]}"#, RESPONSES),
        (WireFormat::AnthropicMessages, include_str!("../../tests/fixtures/providers/anthropic/models.json"), ANTHROPIC),
        (WireFormat::Gemini, include_str!("../../tests/fixtures/providers/gemini/models.json"), GEMINI),
    ] {
        let server = Server::route(move |head, _number| if head.starts_with("GET") { json("200 OK", list) } else { stream(body) }).await;
        let connection = speaking(wire, &server);
        let input = CheckInput { connection: &connection, key: Ok(Some(canary())), model: None, price: &|_| None };
        let report = run(input, &mut |_step| {}, false).await;
        assert!(report.passed(), "{wire:?}: {report:?}");
        assert!(report.steps.iter().all(|step| step.outcome == CheckOutcome::Passed) && !report.models.is_empty(), "{wire:?}: {report:?}");
    }
}
