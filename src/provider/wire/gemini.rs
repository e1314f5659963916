//! Gemini's `generateContent` and `streamGenerateContent`.
//!
//! A stream has no end mark: it is whole when a `finishReason` came, or a `blockReason`, and the body then ended cleanly. Each event is a response of
//! its own with cumulative counts; thoughts stand outside `candidatesTokenCount`.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::domain::WireFormat;
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::call::CallPiece;
use super::error_body::ErrorBody;
use super::event::{with_event, with_json};
use super::format::{Answer, Pictures, Piece, Unreadable, Wire, Written};
use super::json::{Json, note};
use super::usage::{Counts, REASONING_APART, first_count, normalise};
use super::{citations, gemini_body, model_list};

/// The wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gemini;

impl Wire for Gemini {
    fn format(&self) -> WireFormat {
        WireFormat::Gemini
    }

    fn chat_path(&self, model: &str, stream: bool) -> Cow<'static, str> {
        let (folder, name) = match model.split_once('/') {
            Some((folder @ ("models" | "tunedModels"), name)) => (folder, name),
            _ => ("models", model),
        };
        let mut path = format!("/{folder}/");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                path.push(byte.into());
            } else {
                write!(path, "%{byte:02X}").ok();
            }
        }
        path.push_str(if stream { ":streamGenerateContent?alt=sse" } else { ":generateContent" });
        Cow::Owned(path)
    }

    fn models_path(&self) -> &'static str {
        "/models?pageSize=1000"
    }

    fn write(&self, request: &ChatRequest, pictures: Pictures) -> Written {
        gemini_body::write(request, pictures)
    }

    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_event(self.format(), event, answer, |json, answer| match json {
            Json::Map(_) => {
                if !read_response(json, answer, emit) {
                    answer.skip("without candidates");
                }
                Ok(())
            }
            // Errors inside a stream are wrapped in a list now and then.
            Json::List(responses) if responses.iter().any(Json::is_map) => {
                for response in responses {
                    read_response(response, answer, emit);
                }
                Ok(())
            }
            _ => Err(Unreadable::NotJson),
        })
    }

    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_json(body.trim_start_matches('\u{feff}'), answer, |json, answer| {
            // Without `alt=sse` a stream is a list of responses.
            let responses = if let Json::List(responses) = json { responses.as_slice() } else { std::slice::from_ref(json) };
            let mut answered = false;
            for response in responses {
                answered |= read_response(response, answer, emit);
            }
            answer.error = answer.error.take().or_else(|| ErrorBody::in_whole(json, answered));
            if answered || answer.error.is_some() { Ok(()) } else { Err(Unreadable::NoAnswer) }
        })
    }

    fn decode_models(&self, body: &str) -> Result<Vec<String>, Unreadable> {
        model_list::read_gemini(body)
    }
}

/// Reads one response; says whether it is one.
fn read_response(json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> bool {
    // Relays of Google's code assistant pass its envelope on.
    let json = json.get("response").filter(|inner| inner.get("candidates").is_some()).unwrap_or(json);
    if let Some(error) = json.get("error").and_then(ErrorBody::of_error) {
        answer.error = Some(error.with_status_by_word());
        return true;
    }
    note(&mut answer.response_model, field(json, "modelVersion", "model_version"));
    note(&mut answer.id, field(json, "responseId", "response_id"));
    let candidates = json.get("candidates").map_or(&[][..], Json::elements);
    let usage_of = |json| field(json, "usageMetadata", "usage_metadata");
    let feedback = field(json, "promptFeedback", "prompt_feedback");
    read_usage(usage_of(json).or_else(|| usage_of(candidates.first()?)), answer);
    if let Some(word) = feedback.and_then(|feedback| field(feedback, "blockReason", "block_reason")?.text()) {
        answer.withhold(word);
    }
    for candidate in candidates {
        if candidate.get("index").and_then(Json::word).is_some_and(|index| index != "0") {
            answer.one_more_answer();
            continue;
        }
        for part in candidate.at(&["content", "parts"]).map_or(&[][..], Json::elements) {
            read_part(part, answer, emit);
        }
        citations::read_candidate(candidate, answer);
        if let Some(word) = field(candidate, "finishReason", "finish_reason").and_then(Json::text) {
            read_finish(word, answer);
        }
    }
    json.get("candidates").or(feedback).or_else(|| usage_of(json)).is_some()
}

/// A field under its name, or under the one that Google's own libraries write when they are not told otherwise.
fn field<'j, 'a>(json: &'j Json<'a>, name: &str, snake: &str) -> Option<&'j Json<'a>> {
    json.get(name).or_else(|| json.get(snake))
}

fn read_part(part: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(text) = part.get("text").and_then(Json::text) {
        if part.get("thought") == Some(&Json::Bool(true)) {
            answer.reason(text, emit);
        } else {
            answer.calls.text(text, emit);
        }
    } else if let Some(call) = field(part, "functionCall", "function_call") {
        let text = |name: &str| call.get(name).and_then(Json::text).unwrap_or_default();
        let in_parts = call.get("willContinue") == Some(&Json::Bool(true)) || call.get("partialArgs").is_some();
        if in_parts {
            answer.warn("the arguments of a call came in parts that are not put together here");
        }
        // What follows its first part has no name.
        if text("name").is_empty() && call.get("args").is_none() {
            return;
        }
        let arguments = if in_parts { "…".to_owned() } else { call.get("args").map(ToString::to_string).unwrap_or_default() };
        answer.calls.add(CallPiece { id: text("id"), name: text("name"), arguments: &arguments, ..CallPiece::default() }, emit);
        answer.calls.close_all(emit);
    } else if let Json::Map(fields) = part {
        let kind = fields.iter().map(|(name, _)| name.as_ref()).find(|name| !matches!(*name, "text" | "thought" | "thoughtSignature"));
        if let Some(kind) = kind {
            answer.not_shown(kind);
        }
    }
}

fn read_finish(word: &str, answer: &mut Answer) {
    match word {
        // Gemini has no word of its own for it.
        "STOP" if answer.calls.any() => answer.finish("tool_calls"),
        "FINISH_REASON_UNSPECIFIED" => {}
        word => {
            answer.finish(&word.to_ascii_lowercase());
            if answer.finish_reason.as_deref() == Some("content_filter") {
                answer.withhold(word);
            }
        }
    }
}

fn read_usage(usage: Option<&Json<'_>>, answer: &mut Answer) {
    let Some(usage) = usage.filter(|usage| usage.is_map()) else { return };
    let mut warnings = Vec::new();
    let mut first = |names: &[&[&str]]| first_count(usage, names, &mut warnings);
    let prompt = first(&[&["promptTokenCount"], &["prompt_token_count"]]);
    let tool_results = first(&[&["toolUsePromptTokenCount"], &["tool_use_prompt_token_count"]]);
    let told = Counts {
        input: prompt.map(|prompt| prompt.saturating_add(tool_results.unwrap_or(0))),
        cached: first(&[&["cachedContentTokenCount"], &["cached_content_token_count"]]),
        written: None,
        output: first(&[&["candidatesTokenCount"], &["candidates_token_count"]]),
        reasoning: first(&[&["thoughtsTokenCount"], &["thoughts_token_count"]]),
        total: first(&[&["totalTokenCount"], &["total_token_count"]]),
    };
    answer.counts_told += u32::from(told.any());
    answer.counts.update(&told);
    let mut counts = answer.counts;
    // Left out while nothing visible was said.
    counts.output = counts.output.or_else(|| counts.input.map(|_| 0));
    answer.usage = normalise(&counts, REASONING_APART, &mut warnings);
    answer.usage_warnings = warnings;
}
