//! Anthropic Messages, as Anthropic itself, DeepSeek, DashScope and llama.cpp speak it.
//!
//! A stream is whole when `message_stop` came. The answer is a list of blocks (thinking, text, tool use); token counts are cumulative over
//! `message_start` and `message_delta`, and the input count leaves the cache out.

use std::borrow::Cow;

use crate::domain::{Amendment, WireFormat};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::call::CallPiece;
use super::error_body::ErrorBody;
use super::event::{read_other, with_json, with_typed_event};
use super::format::{Answer, Pictures, Piece, Unreadable, Wire, Written};
use super::json::{Json, note};
use super::usage::{CACHE_APART, Counts, first_count, normalise, written_count};
use super::{anthropic_body, citations, refused_parameters, stated_cost};

/// The wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anthropic;

impl Wire for Anthropic {
    fn format(&self) -> WireFormat {
        WireFormat::AnthropicMessages
    }

    fn chat_path(&self, _model: &str, _stream: bool) -> Cow<'static, str> {
        Cow::Borrowed("/messages")
    }

    fn models_path(&self) -> &'static str {
        "/models?limit=1000"
    }

    fn fixed_headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn write(&self, request: &ChatRequest, pictures: Pictures) -> Written {
        anthropic_body::write(request, pictures)
    }

    fn amendment(&self, request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
        anthropic_body::amendment(request, status, body).or_else(|| refused_parameters::amendment(request, status, body))
    }

    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_typed_event(self.format(), event, answer, |kind, json, answer| read_event(kind, json, answer, emit))
    }

    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_json(body.trim_start_matches('\u{feff}'), answer, |json, answer| {
            // Some relays give the text alone.
            let text = json.get("content").and_then(Json::text).filter(|_| json.get("type").and_then(Json::text) == Some("message"));
            if text.is_some() || matches!(json.get("content"), Some(Json::List(_))) {
                if let Some(text) = text {
                    answer.calls.text(text, emit);
                }
                read_message(json, answer);
                for block in json.get("content").map_or(&[][..], Json::elements) {
                    read_block(None, block, answer, emit);
                    answer.calls.close_all(emit);
                }
                answer.error = ErrorBody::in_whole(json, true);
                return Ok(());
            }
            answer.error = ErrorBody::in_whole(json, false);
            if answer.error.is_some() { Ok(()) } else { Err(Unreadable::NoAnswer) }
        })
    }
}

fn read_event(kind: &str, json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    stated_cost::read(json, answer);
    let index = || json.get("index").and_then(Json::word).unwrap_or_default();
    match kind {
        "message_start" => {
            read_message(json.get("message").unwrap_or(json), answer);
            // What is counted before there is an answer is a placeholder.
            answer.output_not_counted = true;
        }
        "content_block_start" => {
            if let Some(block) = json.get("content_block") {
                answer.block_start = block.get("text").or_else(|| block.get("thinking")).and_then(Json::text).map(str::to_owned);
                read_block(Some(&index()), block, answer, emit);
            }
        }
        "content_block_delta" => {
            if let Some(delta) = json.get("delta") {
                read_delta(&index(), delta, answer, emit);
            }
        }
        "content_block_stop" => answer.calls.close(&index(), emit),
        "message_delta" => {
            if let Some(delta) = json.get("delta") {
                read_stop(delta, answer);
            }
            read_usage_of(json, answer);
        }
        "message_stop" => {
            read_usage_of(json, answer);
            answer.ended = true;
        }
        "usage" => read_usage_of(json, answer),
        "message" => read_again(json, answer, emit),
        "ping" => {}
        "error" => {
            let error = ErrorBody::of(json).unwrap_or_else(|| ErrorBody::plain("an error without words"));
            answer.error = Some(error.with_status_by_word());
        }
        other => read_other(other, json, answer),
    }
}

/// A message that holds all that was said so far (MiniMax).
fn read_again(message: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    read_message(message, answer);
    let blocks = message.get("content").map_or(&[][..], Json::elements);
    if !answer.has_begun() {
        for block in blocks {
            read_block(None, block, answer, emit);
        }
        return;
    }
    let joined = |name: &str| -> String { blocks.iter().filter_map(|block| block.get(name).and_then(Json::text)).collect() };
    let (thoughts, text) = (joined("thinking"), joined("text"));
    if !thoughts.is_empty() {
        emit(Piece::WholeReasoning(&thoughts));
    }
    if !text.is_empty() {
        answer.whole_text(&text, false, emit);
    }
    if !answer.calls.any() {
        for block in blocks.iter().filter(|block| is_call(block)) {
            read_block(None, block, answer, emit);
            answer.calls.close_all(emit);
        }
    }
}

fn is_call(block: &Json<'_>) -> bool {
    matches!(block.get("type").and_then(Json::text), Some("tool_use" | "server_tool_use" | "mcp_tool_use"))
}

/// What a message says besides its blocks.
fn read_message(message: &Json<'_>, answer: &mut Answer) {
    note(&mut answer.response_model, message.get("model"));
    note(&mut answer.id, message.get("id"));
    read_stop(message, answer);
    stated_cost::read(message, answer);
    read_usage(message.get("usage"), answer);
}

fn read_stop(json: &Json<'_>, answer: &mut Answer) {
    match json.get("stop_reason").and_then(Json::text) {
        None => {}
        Some(word) => answer.finish(word),
    }
}

/// The counts of an event, wherever it has them; Bedrock tells them at the end in a field of its own.
fn read_usage_of(json: &Json<'_>, answer: &mut Answer) {
    for place in [&["usage"][..], &["delta", "usage"], &["message", "usage"], &["amazon-bedrock-invocationMetrics"]] {
        read_usage(json.at(place), answer);
    }
}

fn read_usage(usage: Option<&Json<'_>>, answer: &mut Answer) {
    let Some(usage) = usage.filter(|usage| usage.is_map()) else { return };
    let mut warnings = Vec::new();
    let written = written_count(usage, &[&["cache_creation_input_tokens"]], &[&["cache_creation"]], &mut warnings);
    let mut first = |paths: &[&[&str]]| first_count(usage, paths, &mut warnings);
    let told = Counts {
        // The names of OpenAI come last: they count the cache in, and only a total tells.
        input: first(&[&["input_tokens"], &["inputTokenCount"], &["prompt_tokens"]]),
        cached: first(&[&["cache_read_input_tokens"], &["prompt_tokens_details", "cached_tokens"]]),
        written,
        output: first(&[&["output_tokens"], &["outputTokenCount"], &["completion_tokens"]]),
        reasoning: first(&[&["output_tokens_details", "thinking_tokens"], &["output_tokens_details", "reasoning_tokens"]]),
        total: first(&[&["total_tokens"]]),
    };
    answer.output_not_counted &= told.output.unwrap_or(0) == 0;
    answer.counts_told += u32::from(told.any());
    answer.counts.update(&told);
    answer.usage = normalise(&answer.counts, CACHE_APART, &mut warnings);
    answer.usage_warnings = warnings;
}

/// A block as it begins, or a whole one.
fn read_block(index: Option<&str>, block: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    match block.get("type").and_then(Json::text) {
        Some("text") => {
            read_text(block.get("text"), answer, emit);
            citations::read_block(block, answer);
        }
        Some("thinking") => read_thinking(block.get("thinking"), answer, emit),
        Some("redacted_thinking") => answer.warn("the provider withheld a part of the reasoning"),
        Some("tool_use" | "server_tool_use" | "mcp_tool_use") => {
            let text = |name: &str| block.get(name).and_then(Json::text).unwrap_or_default();
            let arguments = block.get("input").map(ToString::to_string).unwrap_or_default();
            let call = CallPiece { key: index, id: text("id"), name: text("name"), arguments: &arguments, is_beside: false };
            // At the start of a stream it is an empty object, and the pieces follow.
            if index.is_some() { answer.calls.complete(call, emit) } else { answer.calls.add(call, emit) }
        }
        other => answer.not_shown(other.unwrap_or("?")),
    }
}

fn read_delta(index: &str, delta: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    match delta.get("type").and_then(Json::text) {
        Some("text_delta") => {
            // Some relays repeat the text that a block began with as its first piece.
            let begun = answer.block_start.take();
            if begun.is_none() || delta.get("text").and_then(Json::text) != begun.as_deref() {
                read_text(delta.get("text"), answer, emit);
            }
        }
        Some("thinking_delta") => {
            let begun = answer.block_start.take();
            if begun.is_none() || delta.get("thinking").and_then(Json::text) != begun.as_deref() {
                read_thinking(delta.get("thinking"), answer, emit);
            }
        }
        Some("input_json_delta") => {
            let arguments = delta.get("partial_json").and_then(Json::text).unwrap_or_default();
            answer.calls.add(CallPiece { key: Some(index), arguments, ..CallPiece::default() }, emit);
        }
        Some("citations_delta") => citations::read_block(delta, answer),
        Some("signature_delta") => {}
        other => answer.skip(other.unwrap_or("a delta without a type")),
    }
}

fn read_text(text: Option<&Json<'_>>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(text) = text.and_then(Json::text) {
        answer.calls.text(text, emit);
    }
}

fn read_thinking(text: Option<&Json<'_>>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(text) = text.and_then(Json::text) {
        answer.reason(text, emit);
    }
}
