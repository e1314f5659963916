//! In which places and pieces the text of an answer comes: each kind with the right value, over the socket.

use std::time::Duration;

use super::quirk_tests::*;
use super::test_server::*;
use crate::domain::{FailureKind, WireFormat};

fn responses(events: &[&str]) -> Vec<Act> {
    stream(&events.iter().map(|event| data(event)).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_whole_response_gives_what_its_pieces_left_out() {
    let delta = r#"{"type":"response.output_text.delta","output_index":0,"delta":"Hello"}"#;
    let completed = |text: &str| {
        format!(
            r#"{{"type":"response.completed","response":{{"id":"r","object":"response","status":"completed","output":[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"{text}"}}]}}],"usage":{{"input_tokens":11,"output_tokens":7,"total_tokens":18}}}}}}"#
        )
    };
    for (text, output, is_other) in [("Hello", "Hello", false), ("Hello world", "Hello world", false), ("Bonjour", "Hello", true)] {
        let report = over(WireFormat::OpenAiResponses, responses(&[delta, &completed(text)]), true).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, output, Some((11, None, 7))), "{text}");
        assert_eq!(warned(&report, "another text"), is_other, "{text}");
    }
    // Reasoning has parts of its own.
    let thought = r#"{"type":"response.reasoning_text.delta","output_index":0,"delta":"I ponder"}"#;
    let thought_done = r#"{"type":"response.content_part.done","output_index":0,"part":{"type":"reasoning_text","text":"I ponder"}}"#;
    let report = over(WireFormat::OpenAiResponses, responses(&[thought, thought_done, delta, &completed("Hello")]), true).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str(), warned(&report, "another text")), ("Hello", "I ponder", false));
    // Text that comes only with the end of its part or its item.
    let done = r#"{"type":"response.completed","response":{"id":"r","object":"response","status":"completed","output":[]}}"#;
    let item = r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"output_text","text":"Hello world"}]}}"#;
    let part = r#"{"type":"response.content_part.done","output_index":0,"part":{"type":"output_text","text":"Hello world"}}"#;
    for events in [&[item, done][..], &[part, done], &[part, item, done]] {
        let report = over(WireFormat::OpenAiResponses, responses(events), true).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, "Hello world"));
    }
}

#[tokio::test]
async fn lines_that_come_slowly_are_one_answer() {
    let line = |content: &str, reason: &str| {
        format!("{{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{content}\"}},\"finish_reason\":{reason}}}]}}\n")
    };
    let acts = vec![
        Act::Send(chunked_head("application/json")),
        Act::Send(chunk(line("Hello", "null"))),
        Act::Wait(Duration::from_millis(700)),
        Act::Send(chunk(line(" world", "\"stop\""))),
        Act::Send(LAST_CHUNK.into()),
    ];
    for streamed in [true, false] {
        let report = over(WireFormat::OpenAiChat, acts.clone(), streamed).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, "Hello world"), "{streamed}");
    }
}

#[tokio::test]
async fn what_is_no_text_is_shown_as_what_it_is_or_told() {
    let whole = |message: &str| {
        json_acts("200 OK", &format!("{{\"choices\":[{{\"index\":0,\"message\":{message},\"finish_reason\":\"stop\"}}],{USAGE}}}"))
    };
    for (message, output, told) in [
        (r#"{"content":42}"#, "42", ""),
        (r#"{"content":true}"#, "true", ""),
        (r#"{"content":{"type":"text","text":"Hello"}}"#, "Hello", ""),
        (r#"{"content":[{"type":"text","text":{"value":"Hello"}}]}"#, "Hello", ""),
        (r#"{"content":null,"audio":{"id":"a","transcript":"Hello"}}"#, "Hello", "audio"),
        (r#"{"content":"Hello","images":[{"type":"image_url","image_url":{"url":"data:x"}}]}"#, "Hello", "images"),
        (r#"{"content":[{"type":"text","text":"Hello"},{"type":"image_url","image_url":{"url":"data:x"}}]}"#, "Hello", "image_url"),
    ] {
        let report = over(WireFormat::OpenAiChat, whole(message), false).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, output), "{message}");
        assert_eq!(warned(&report, "which is not shown"), !told.is_empty(), "{message}");
        assert!(warned(&report, told) || told.is_empty(), "{message}: {:?}", report.warnings);
    }
}

#[tokio::test]
async fn two_equal_calls_are_two() {
    let call = |index: u32, id: &str| {
        data(&format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{index},"id":"{id}","type":"function","function":{{"name":"roll_dice","arguments":"{{\"sides\":6}}"}}}}]}}}}]}}"#
        ))
    };
    let report = chat(&[call(0, "a"), call(1, "b"), finish("tool_calls"), usage(), DONE.to_owned()]).await;
    assert_eq!((kind(&report), report.output.as_str()), (None, "roll_dice({\"sides\":6})\nroll_dice({\"sides\":6})"));
    assert!(!warned(&report, "kept once"), "{:?}", report.warnings);
}

#[tokio::test]
async fn a_whole_answer_without_a_reason_outlives_its_connection() {
    let body = format!("{{\"choices\":[{{\"index\":0,\"message\":{{\"content\":\"Hello\"}}}}],{USAGE}}}");
    let acts = vec![
        Act::Send(chunked_head("application/json")),
        Act::Send(chunk(body)),
        Act::Wait(Duration::from_millis(700)),
        // No chunk: the connection breaks.
        Act::Send("broken\r\n".into()),
    ];
    let report = over(WireFormat::OpenAiChat, acts, false).await;
    assert_eq!((kind(&report), report.output.as_str()), (None, "Hello"));
}

#[tokio::test]
async fn a_balance_that_is_spent_while_answering_is_not_tried_again() {
    let report = chat(&[finish("quota_exceeded"), DONE.to_owned()]).await;
    let error = report.result.unwrap_err();
    assert_eq!((error.kind, error.retryable), (FailureKind::QuotaSpent, false));
}

#[tokio::test]
async fn the_only_answer_is_kept_whatever_its_number() {
    let numbered =
        |index: i32, content: &str| data(&format!("{{\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"{content}\"}}}}]}}"));
    for index in [1, -1] {
        let stop = data(&format!("{{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}"));
        let report = chat(&[numbered(index, "Hello"), numbered(index, " world"), stop, usage(), DONE.to_owned()]).await;
        assert_eq!((kind(&report), report.output.as_str(), warned(&report, "more than one")), (None, "Hello world", false));
    }
    let report = chat(&[numbered(0, "Hello"), numbered(1, "Bonjour"), numbered(0, " world"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!((report.output.as_str(), warned(&report, "more than one")), ("Hello world", true));
}

#[tokio::test]
async fn envelopes_and_bare_texts_of_relays_are_read() {
    let text = json_acts(
        "200 OK",
        r#"{"type":"message","role":"assistant","content":"Hello world","stop_reason":"end_turn","usage":{"input_tokens":11,"output_tokens":7}}"#,
    );
    let report = over(WireFormat::AnthropicMessages, text, false).await;
    assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))));
    let inner = r#"{"response":{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello world"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":7,"totalTokenCount":18}}}"#;
    for (acts, streamed) in [(json_acts("200 OK", inner), false), (stream(&[&data(inner)]), true)] {
        let report = over(WireFormat::Gemini, acts, streamed).await;
        assert_eq!((kind(&report), report.output.as_str(), counted(&report)), (None, "Hello world", Some((11, None, 7))));
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_an_event_does_not_hide_it() {
    let nan = data(
        r#"{"choices":[{"index":0,"delta":{"content":" world"},"logprobs":{"content":[{"logprob":-Infinity}]},"finish_reason":null}]}"#,
    );
    let doubled = format!("data: {}", delta(" world"));
    let spaced = delta(" world").replace("data: ", "  Data : ");
    for event in [nan, doubled, spaced] {
        let report = chat(&[delta("Hello"), event.clone(), finish("stop"), usage(), DONE.to_owned()]).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, "Hello world"), "{event}");
    }
    // An answer that is about such lines keeps them.
    let about = chat(&[delta("data: data: {"), finish("stop"), DONE.to_owned()]).await;
    assert_eq!(about.output, "data: data: {");
    let mut page = vec![Act::Send(chunked_head("text/html"))];
    page.extend([delta("Hello"), finish("stop"), usage(), DONE.to_owned()].map(|event| Act::Send(chunk(event))));
    page.push(Act::Send(LAST_CHUNK.into()));
    assert_eq!(ask(page).await.output, "Hello");
}

#[tokio::test]
async fn words_in_place_of_an_event_are_the_failure_where_no_finish_reason_came() {
    let words = "data: Error: upstream connect error or disconnect/reset before headers\n\n".to_owned();
    for events in [vec![delta("Partial ans"), words.clone(), DONE.to_owned()], vec![delta("Partial ans"), words.clone()]] {
        let report = chat(&events).await;
        assert_eq!((kind(&report), report.output.as_str()), (Some(FailureKind::StreamError), "Partial ans"));
        assert!(report.result.unwrap_err().message.contains("upstream connect error"));
    }
    let goes_on = chat(&[delta("Hello"), words.clone(), delta(" world"), DONE.to_owned()]).await;
    assert_eq!((kind(&goes_on), goes_on.output.as_str()), (None, "Hello world"));
    for kept_open in ["data: -- keep-alive --\n\n", "data: : OPENROUTER PROCESSING\n\n", "data: ping\n\n"] {
        let report = chat(&[delta("Hello"), kept_open.to_owned(), DONE.to_owned()]).await;
        assert_eq!((kind(&report), report.output.as_str()), (None, "Hello"), "{kept_open}");
    }
    let foreign = over(WireFormat::Gemini, stream(&[&words, &delta("Hello"), DONE]), true).await;
    assert_eq!(kind(&foreign), Some(FailureKind::WrongWire));
    let whole = chat(&[delta("Hello"), words, finish("stop"), usage(), DONE.to_owned()]).await;
    assert_eq!((kind(&whole), warned(&whole, "1 malformed event")), (None, true));
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_told_in_whole_answers_too() {
    let body = format!("{{\"choices\":[{{\"index\":0,\"message\":{{\"content\":\"caf\u{e9}\"}},\"finish_reason\":\"stop\"}}],{USAGE}}}");
    let latin: Vec<u8> = body.chars().map(|c| c as u8).collect();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", latin.len());
    let report = over(WireFormat::OpenAiChat, vec![Act::Send([head.into_bytes(), latin].concat())], false).await;
    assert_eq!((kind(&report), report.output.as_str(), warned(&report, "not UTF-8")), (None, "caf\u{fffd}", true));
}
