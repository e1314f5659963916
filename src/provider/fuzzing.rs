//! The door for fuzzers (`tests/fuzz`): what reads foreign bytes, called as an attempt calls it. Compiled for them and for tests only.
//!
//! The last [`TAIL_BYTES`] bytes of an input steer (which wire, how the rest is cut), so that a recorded answer is an input as it is.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use crate::domain::{ApiKey, Message, Params, Speaker, Spelling, Usage, WireFormat, asked_wait};

use super::answer_text::TEXT_CAP_BYTES;
use super::classify::{Refusal, classify, classify_error_in_answer};
use super::clean::{Cleaner, KEPT_BODY_BYTES};
use super::gather::{Gatherer, too_large};
use super::sse::{Event, SseParser};
use super::think_tags::ThinkTags;
use super::wire::{Wire, wire_of};
use super::{CallError, ChatRequest, Delta};

const TAIL_BYTES: usize = 8;
/// Small, so that fuzzers reach it.
const EVENT_CAP: usize = 2_048;
/// Short, so that fuzzers write it.
const KEY: &str = "sk-0k3y";

const WIRES: [WireFormat; 4] = [WireFormat::OpenAiChat, WireFormat::OpenAiResponses, WireFormat::AnthropicMessages, WireFormat::Gemini];

/// The events of a stream do not depend on how it is cut.
pub fn events(input: &[u8]) {
    let (bytes, tail) = parted(input);
    assert_eq!(parse(&[bytes]), parse(&cut(bytes, tail)));
}

/// Neither does an answer; and what a watcher is told is what is kept, which never holds the key.
pub fn stream(input: &[u8]) {
    let (bytes, tail) = parted(input);
    let wire = wire(tail);
    assert_eq!(read_stream(wire, &[bytes]), read_stream(wire, &cut(bytes, tail)));
}

/// Bodies that came whole: answers, refusals, lists of models.
pub fn bodies(input: &[u8]) {
    let (bytes, tail) = parted(input);
    let (wire, known) = (wire(tail), cleaner());
    let text = String::from_utf8_lossy(bytes);
    let _kept = read(wire, |gatherer| gatherer.whole(&text, 1, &known));

    let kept = known.body(bytes, tail.is_empty());
    assert!(kept.len() <= KEPT_BODY_BYTES && !kept.contains(KEY));
    let error = wire.decode_error(&text);
    let status = tail.get(1).map_or(400, |byte| 300 + u16::from(*byte));
    let refusal = Refusal { status, error: error.as_ref(), body: &kept, model: Some("m"), location_host: None };
    in_bounds(&classify(&refusal, &known));
    if let Some(error) = error {
        in_bounds(&classify_error_in_answer(&error, tail.len() == 1, "m", &known));
    }
    let models = wire.decode_models(&text).unwrap_or_default();
    let once: std::collections::BTreeSet<&String> = models.iter().collect();
    assert_eq!(once.len(), models.len());

    let (head, rest) = bytes.split_at(bytes.len().min(40));
    if let (Ok(wait), Ok(date)) = (HeaderValue::from_bytes(head), HeaderValue::from_bytes(&rest[..rest.len().min(40)])) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, wait), (DATE, date)]);
        let asked = asked_wait(|name| headers.get(name)?.to_str().ok(), Timestamp::UNIX_EPOCH);
        assert!(asked.is_none_or(|wait| !wait.is_zero()));
    }
}

fn parted(input: &[u8]) -> (&[u8], &[u8]) {
    input.split_at(input.len().saturating_sub(TAIL_BYTES))
}

fn wire(tail: &[u8]) -> &'static dyn Wire {
    wire_of(WIRES[tail.first().map_or(0, |byte| usize::from(*byte) % WIRES.len())])
}

fn cleaner() -> Cleaner {
    Cleaner::new(ApiKey::from_pasted(KEY).ok().map(|(key, _)| key))
}

/// `bytes` in pieces as long as the bytes of `tail` say, again and again.
fn cut<'a>(mut bytes: &'a [u8], tail: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut sizes = tail.iter().map(|byte| usize::from(*byte).max(1)).cycle();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(sizes.next().unwrap_or(1).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

fn feed(pieces: &[&[u8]], mut on_event: impl FnMut(Event<'_>) -> ControlFlow<()>) -> Result<(), CallError> {
    let mut parser = SseParser::new(EVENT_CAP);
    for piece in pieces {
        match parser.push(piece, &mut on_event) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return Ok(()),
            Err(_too_large) => return Err(too_large("One event is too large.")),
        }
    }
    parser.finish(&mut on_event);
    Ok(())
}

type Seen = Vec<(String, String, bool)>;

fn parse(pieces: &[&[u8]]) -> (Seen, Result<(), CallError>) {
    let mut seen = Seen::new();
    let fed = feed(pieces, |event| {
        assert!(!event.data.is_empty() && event.data.len() <= EVENT_CAP * 3);
        seen.push((event.name.to_owned(), event.data.to_owned(), event.lossy));
        ControlFlow::Continue(())
    });
    (seen, fed)
}

/// What is kept of an answer.
type Kept = (Result<(), CallError>, String, String, Vec<String>, Option<Usage>);

fn read_stream(wire: &'static dyn Wire, pieces: &[&[u8]]) -> Kept {
    read(wire, |gatherer| feed(pieces, |event| gatherer.event(&event, 1)))
}

fn read(wire: &'static dyn Wire, fill: impl FnOnce(&mut Gatherer<'_>) -> Result<(), CallError>) -> Kept {
    let message = Message::new(Speaker::User, "hi");
    let request = ChatRequest {
        model: "m".to_owned(),
        messages: Arc::new([message]),
        params: Params::default(),
        spelling: Spelling::default(),
        stream: true,
    };
    let cleaner = cleaner();
    let (mut content, mut reasoning) = (String::new(), String::new());
    let mut hear = |delta: Delta<'_>| match delta {
        Delta::Content { text, .. } => content.push_str(text),
        Delta::Reasoning { text, .. } => reasoning.push_str(text),
    };
    let mut gatherer = Gatherer::new(wire, &cleaner, &mut hear, Some(ThinkTags::default()));
    let filled = fill(&mut gatherer);
    gatherer.close();
    let result = filled.and_then(|()| gatherer.verdict(&request, &cleaner));
    let warnings = gatherer.warnings(&request, result.is_ok(), &cleaner);
    let (output, thoughts) = gatherer.texts(result.is_ok());
    let usage = gatherer.answer.usage;
    if !gatherer.is_mended() {
        assert_eq!((&content, &reasoning), (&output, &thoughts));
    }
    assert!(output.len() + thoughts.len() <= TEXT_CAP_BYTES && !output.contains(KEY) && !thoughts.contains(KEY));
    if let Some(usage) = usage {
        assert!(usage.input_tokens > 0);
        assert!(usage.cached_input_tokens.unwrap_or(0) + usage.cache_write_tokens.unwrap_or(0) <= usage.input_tokens);
        assert!(usage.reasoning_tokens.unwrap_or(0) <= usage.output_tokens);
    }
    if let Err(error) = &result {
        in_bounds(error);
    }
    (result, output, thoughts, warnings, usage)
}

fn in_bounds(error: &CallError) {
    assert!(!error.message.is_empty() && error.message.chars().count() <= 500 && !error.message.contains(KEY));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_doors_take_recorded_answers() {
        for recorded in [
            &include_bytes!("../../tests/fixtures/providers/llama_cpp/oai_stream.sse")[..],
            include_bytes!("../../tests/fixtures/providers/llama_cpp/oai_json.json"),
            include_bytes!("../../tests/fixtures/providers/llama_cpp/err401.json"),
            include_bytes!("../../tests/fixtures/providers/llama_cpp/models.json"),
        ] {
            for tail in [[1; TAIL_BYTES], [7, 3, 255, 1, 0, 9, 2, 60]] {
                let input = [recorded, &tail].concat();
                events(&input);
                stream(&input);
                bodies(&input);
            }
        }
    }

    proptest! {
        #[test]
        fn the_doors_take_anything(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            events(&input);
            stream(&input);
            bodies(&input);
        }
    }
}
