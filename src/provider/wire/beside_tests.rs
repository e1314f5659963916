//! What answers say besides their texts: sources and costs, over every wire.

use proptest::prelude::*;

use crate::domain::WireFormat;
use crate::provider::sse::Event;

use super::format::{Answer, wire_of};

fn stream(wire: WireFormat, events: &[&str]) -> Answer {
    let mut answer = Answer::default();
    for data in events {
        wire_of(wire).decode_event(&Event { name: "", data, lossy: false }, &mut answer, &mut |_| ()).unwrap();
    }
    answer
}

fn whole(wire: WireFormat, body: &str) -> Answer {
    let mut answer = Answer::default();
    wire_of(wire).decode_whole(body, &mut answer, &mut |_| ()).unwrap();
    answer
}

fn sources(answer: &Answer) -> Vec<(&str, &str)> {
    answer.citations.as_slice().iter().map(|source| (source.url.as_str(), source.title.as_str())).collect()
}

fn cost(answer: &Answer) -> Option<String> {
    answer.stated_cost.map(|cost| cost.to_string())
}

fn chat_cost(usage: &str) -> Option<String> {
    let chunk = format!(r#"{{"choices":[],"usage":{{"prompt_tokens":1,"completion_tokens":1,{usage}}}}}"#);
    let body = chunk.replace("[]", r#"[{"message":{"content":"a"},"finish_reason":"stop"}]"#);
    let streamed = cost(&stream(WireFormat::OpenAiChat, &[&chunk]));
    assert_eq!(streamed, cost(&whole(WireFormat::OpenAiChat, &body)));
    streamed
}

#[test]
fn perplexity_lists_its_sources_on_every_chunk() {
    let chunk = r#"{"citations":["https://a.test/1","https://b.test"],"choices":[{"index":0,"delta":{"content":"x"}}]}"#;
    let last = r#"{"citations":["https://a.test/1","https://b.test"],"search_results":[{"title":"A","url":"https://a.test/1","date":"2026-01-01"},{"title":"C","url":"https://c.test"}],"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let answer = stream(WireFormat::OpenAiChat, &[chunk, chunk, last]);
    assert_eq!(sources(&answer), [("https://a.test/1", "A"), ("https://b.test", ""), ("https://c.test", "C")]);
    assert!(answer.warnings.is_empty());
    assert_eq!(sources(&whole(WireFormat::OpenAiChat, last)), sources(&answer));
}

#[test]
fn annotations_of_chat_completions_are_sources() {
    let nested = r#"{"choices":[{"index":0,"delta":{"content":"","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.test","title":"A","start_index":0,"end_index":3}}]}}]}"#;
    let flat = r#"{"choices":[{"index":0,"message":{"content":"x","annotations":[{"type":"url_citation","url":"https://b.test","title":"B"},{"type":"file_citation","file_id":"f"}]},"finish_reason":"stop"}]}"#;
    assert_eq!(sources(&stream(WireFormat::OpenAiChat, &[nested])), [("https://a.test", "A")]);
    assert_eq!(sources(&whole(WireFormat::OpenAiChat, flat)), [("https://b.test", "B")]);
    let second = nested.replace(r#""index":0"#, r#""index":1"#);
    assert!(stream(WireFormat::OpenAiChat, &[&second]).citations.is_empty());
}

#[test]
fn other_lists_beside_the_choices_are_sources_too() {
    for list in [
        r#""search_info":{"search_results":[{"index":1,"title":"A","url":"https://a.test"}]}"#,
        r#""web_search":[{"title":"A","link":"https://a.test","content":"…"}]"#,
        r#""references":[{"url":"https://a.test","title":"A","site_name":"a"}]"#,
    ] {
        let chunk = format!(r#"{{"choices":[],{list}}}"#);
        assert_eq!(sources(&stream(WireFormat::OpenAiChat, &[&chunk])), [("https://a.test", "A")], "{list}");
    }
}

#[test]
fn responses_name_sources_in_events_and_in_items() {
    let event =
        r#"{"type":"response.output_text.annotation.added","annotation":{"type":"url_citation","url":"https://a.test","title":"A"}}"#;
    let items = r#"[{"type":"search_results","results":[{"url":"https://s.test","title":"S"}]},{"type":"message","content":[{"type":"output_text","text":"x","annotations":[{"type":"url_citation","url":"https://a.test","title":"A"},{"type":"url_citation","url":"https://b.test"}]}]}]"#;
    let completed = format!(
        r#"{{"type":"response.completed","response":{{"status":"completed","output":{items},"usage":{{"input_tokens":1,"output_tokens":1,"cost":{{"currency":"USD","total_cost":0.0044}}}}}}}}"#
    );
    let answer = stream(WireFormat::OpenAiResponses, &[event, &completed]);
    assert_eq!(sources(&answer), [("https://a.test", "A"), ("https://s.test", "S"), ("https://b.test", "")]);
    assert_eq!(cost(&answer).as_deref(), Some("0.0044"));
    assert!(answer.warnings.is_empty(), "{:?}", answer.warnings);
    let body = format!(r#"{{"object":"response","status":"completed","output":{items},"usage":{{"cost_in_usd_ticks":37756000}}}}"#);
    let answer = whole(WireFormat::OpenAiResponses, &body);
    assert_eq!((sources(&answer).len(), cost(&answer).as_deref()), (3, Some("0.0037756")));
}

#[test]
fn anthropic_cites_in_deltas_and_in_blocks() {
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a.test","title":"A","cited_text":"…"}}}"#;
    let ping = r#"{"type":"ping","x-opencode-type":"inference-cost","cost":"0.00275"}"#;
    let answer = stream(WireFormat::AnthropicMessages, &[delta, ping]);
    assert_eq!((sources(&answer), cost(&answer).as_deref()), (vec![("https://a.test", "A")], Some("0.00275")));
    let body = r#"{"type":"message","content":[{"type":"text","text":"x","citations":[{"type":"web_search_result_location","url":"https://b.test","title":"B"},{"type":"char_location","document_title":"D"}]}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1,"cost":0.5}}"#;
    let answer = whole(WireFormat::AnthropicMessages, body);
    assert_eq!((sources(&answer), cost(&answer).as_deref()), (vec![("https://b.test", "B")], Some("0.5")));
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1,"cost":0.25}}"#;
    assert_eq!(cost(&stream(WireFormat::AnthropicMessages, &[end])).as_deref(), Some("0.25"));
}

#[test]
fn gemini_grounds_and_cites() {
    let response = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"x"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.test","title":"a.test"}},{"retrievedContext":{"uri":"gs://b","title":"B"}}]},"citationMetadata":{"citationSources":[{"startIndex":1,"uri":"https://c.test","license":"mit"}],"citations":[{"uri":"https://d.test","title":"D"}]}}]}"#;
    let answer = stream(WireFormat::Gemini, &[response]);
    assert_eq!(sources(&answer), [("https://a.test", "a.test"), ("gs://b", "B"), ("https://c.test", ""), ("https://d.test", "D")]);
    assert_eq!(sources(&whole(WireFormat::Gemini, response)), sources(&answer));
}

#[test]
fn sources_out_of_bounds_are_told_once() {
    let urls: Vec<String> = (0..150).map(|number| format!("\"https://a.test/{number}\"")).collect();
    let long = format!("\"https://{}\"", "a".repeat(3_000));
    let chunk = format!(r#"{{"citations":[{long},{}],"choices":[]}}"#, urls.join(","));
    let answer = stream(WireFormat::OpenAiChat, &[&chunk, &chunk]);
    assert_eq!((answer.citations.as_slice().len(), answer.warnings.len()), (100, 2), "{:?}", answer.warnings);
    for odd in [r#"{"citations":"https://a.test","choices":[]}"#, r#"{"citations":[null,7,{"url":9},[]],"search_results":{},"choices":[]}"#]
    {
        assert!(stream(WireFormat::OpenAiChat, &[odd]).citations.is_empty(), "{odd}");
    }
}

#[test]
fn a_cost_is_read_however_it_is_written() {
    for (usage, expected) in [
        (r#""cost":0.00123,"is_byok":false"#, Some("0.00123")),
        (r#""cost":0.95,"cost_details":{"upstream_inference_cost":19}"#, Some("0.95")),
        (r#""cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.00000445}"#, Some("0.00000445")),
        (r#""cost":0.0001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.002}"#, Some("0.0021")),
        (r#""cost":0,"is_byok":true"#, None),
        (r#""cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":null}"#, None),
        (
            r#""cost":{"input_tokens_cost":0.000011,"output_tokens_cost":0.000018,"request_cost":0.005,"total_cost":0.005029}"#,
            Some("0.005029"),
        ),
        (r#""cost":{"total_cost":1,"currency":"EUR"}"#, None),
        (r#""cost":"3.45e-05""#, Some("0.0000345")),
        (r#""cost":4.45e-6"#, Some("0.00000445")),
        (r#""cost":1"#, Some("1")),
        (r#""cost":0"#, Some("0")),
        (r#""cost":1e300"#, None),
        (r#""cost":-0.1"#, None),
        (r#""cost":"free""#, None),
        (r#""cost":null"#, None),
        (r#""cost":[1]"#, None),
        (r#""cost_in_usd_ticks":37756000"#, Some("0.0037756")),
        (r#""cost_in_usd_ticks":9223372036854775807"#, None),
        (r#""estimated_cost":0.0000268"#, Some("0.0000268")),
        (r#""total_tokens":2"#, None),
    ] {
        assert_eq!(chat_cost(usage).as_deref(), expected, "{usage}");
    }
}

#[test]
fn a_cost_after_the_answer_counts_and_a_zero_after_one_does_not() {
    let told = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.002}}"#;
    let zero = told.replace("0.002", "0");
    let opencode = r#"{"choices":[],"x-opencode-type":"inference-cost","cost":"0.00001"}"#;
    let after = |events: &[&str]| cost(&stream(WireFormat::OpenAiChat, events));
    assert_eq!(after(&[told, opencode]).as_deref(), Some("0.00001"));
    assert_eq!(after(&[&zero, told, &zero]).as_deref(), Some("0.002"));
    assert_eq!(after(&[r#"{"choices":[],"cost":"0.00001"}"#]), None);
}

proptest! {
    #[test]
    fn a_cost_is_the_number_that_was_sent(nano in 0u64..1_000_000_000_000) {
        let sent = rust_decimal::Decimal::new(nano.cast_signed(), 9).normalize().to_string();
        prop_assert_eq!(chat_cost(&format!("\"cost\":{sent}")), Some(sent.clone()));
        prop_assert_eq!(chat_cost(&format!("\"cost\":\"{sent}\"")), Some(sent));
    }
}
