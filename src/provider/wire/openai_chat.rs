//! OpenAI chat completions, as OpenAI, DeepSeek, DashScope, OpenRouter, Mistral, vLLM, llama.cpp, Ollama and new-api relays really speak it.
//!
//! A stream is whole when `[DONE]` came, or when a `finish_reason` came and the body then ended cleanly: llama.cpp forks and some relays
//! send no `[DONE]`.

use std::borrow::Cow;

use crate::domain::{Amendment, WireFormat};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::call::CallPiece;
use super::error_body::ErrorBody;
use super::event::{with_event, with_json};
use super::format::{Answer, Pictures, Piece, Unreadable, Wire, Written};
use super::json::{Json, note};
use super::{citations, openai_chat_body, openai_usage, refused_parameters, stated_cost};

/// The wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenAiChat;

impl Wire for OpenAiChat {
    fn format(&self) -> WireFormat {
        WireFormat::OpenAiChat
    }

    fn chat_path(&self, _model: &str, _stream: bool) -> Cow<'static, str> {
        Cow::Borrowed("/chat/completions")
    }

    fn write(&self, request: &ChatRequest, pictures: Pictures) -> Written {
        openai_chat_body::write(request, pictures)
    }

    fn amendment(&self, request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
        openai_chat_body::amendment(request, status, body).or_else(|| refused_parameters::amendment(request, status, body))
    }

    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_event(self.format(), event, answer, |json, answer| {
            if !json.is_map() {
                return Err(Unreadable::NotJson);
            }
            read_object(json, answer, emit);
            if event.name.eq_ignore_ascii_case("error") && answer.error.is_none() {
                answer.error =
                    ErrorBody::of(json).map(ErrorBody::with_status_by_word).or_else(|| Some(ErrorBody::plain(event.data.trim())));
            }
            Ok(())
        })
    }

    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_json(body.trim_start_matches('\u{feff}'), answer, |json, answer| {
            read_object(json, answer, emit);
            if answer.error.is_none() {
                answer.error = ErrorBody::in_whole(json, json.get("choices").is_some_and(|choices| !choices.elements().is_empty()));
            }
            let answered = answer.error.is_some() || matches!(json.get("choices"), Some(Json::List(_)));
            if answered { Ok(()) } else { Err(Unreadable::NoAnswer) }
        })
    }
}

/// Reads a chunk or a whole completion: they differ in `delta` and `message` only.
fn read_object(json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    note(&mut answer.response_model, json.get("model"));
    note(&mut answer.id, json.get("id"));
    citations::read_chat(json, answer);
    stated_cost::read(json, answer);
    openai_usage::note(json, answer);
    for choice in json.get("choices").map_or(&[][..], Json::elements) {
        // Some servers number their only answer otherwise than 0.
        let index = choice.get("index").and_then(Json::word).unwrap_or_else(|| "0".to_owned());
        if *answer.choice.get_or_insert_with(|| index.clone()) != index {
            answer.one_more_answer();
            continue;
        }
        let delta = choice.get("delta");
        if let Some(delta) = delta {
            answer.has_deltas |= delta.get("content").is_some_and(|content| content.text().is_some() || !content.elements().is_empty());
            read_text(delta, answer, emit);
        }
        match choice.get("message") {
            // Some send every piece both ways.
            Some(message) if delta.is_some_and(|delta| delta.get("content") == message.get("content")) => {}
            // A last message tells what the pieces told; Perplexity sends both in each chunk.
            Some(message) if answer.has_begun() => read_again(message, answer, emit),
            Some(message) => read_text(message, answer, emit),
            None => {}
        }
        // The older API without turns; Together sends the same text beside the delta.
        let alone = choice.get("delta").is_none() && choice.get("message").is_none();
        if let Some(text) = choice.get("text").and_then(Json::text).filter(|_| alone) {
            answer.calls.text(text, emit);
        }
        if let Some(reason) = choice.get("finish_reason").or_else(|| delta?.get("finish_reason")) {
            answer.finish_with(reason);
        }
        if let Some(error) = choice.get("error").or_else(|| delta?.get("error")) {
            answer.error = ErrorBody::of_error(error).or_else(|| answer.error.take());
        }
    }
    if let Some(reason) = json.get("finish_reason").filter(|_| answer.finish_reason.is_none() && json.get("choices").is_some()) {
        answer.finish_with(reason);
    }
    // MiniMax flags what it withheld, beside an empty text.
    let flag = ["input_sensitive", "output_sensitive"].into_iter().find(|flag| json.get(flag) == Some(&Json::Bool(true)));
    if let Some(flag) = flag.filter(|_| answer.finish_reason.is_some() && !answer.has_begun()) {
        answer.withhold(flag);
    }
    if let Some(error) = json.get("error") {
        answer.error = ErrorBody::of_error(error).and_then(|_says_something| ErrorBody::of(json)).or_else(|| answer.error.take());
    }
    answer.error = answer.error.take().map(ErrorBody::with_status_by_word);
}

fn read_text(text: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    // Some relays send the same reasoning under two names.
    if let Some(reasoning) = reasoning_of(text) {
        answer.reason(reasoning, emit);
    } else {
        for detail in text.get("reasoning_details").map_or(&[][..], Json::elements) {
            if let Some(part) = detail.get("text").or_else(|| detail.get("summary")).and_then(Json::text) {
                answer.reason(part, emit);
            }
        }
    }
    match text.get("content") {
        Some(Json::List(parts)) => parts.iter().for_each(|part| emit_part(part, answer, emit)),
        Some(Json::Text(content)) if !content.is_empty() => answer.calls.text(content, emit),
        Some(part @ Json::Map(_)) if part.get("text").is_some() => emit_part(part, answer, emit),
        // A model that was asked for JSON may be passed on as what it wrote.
        Some(content @ (Json::Integer(_) | Json::Float(_) | Json::Bool(_) | Json::Map(_))) => answer.calls.text(&content.to_string(), emit),
        Some(_) | None => {}
    }
    if let Some(audio) = text.get("audio") {
        answer.not_shown("audio");
        if let Some(transcript) = audio.get("transcript").and_then(Json::text) {
            answer.calls.text(transcript, emit);
        }
    }
    if text.get("images").is_some_and(|images| !images.elements().is_empty()) {
        answer.not_shown("images");
    }
    if let Some(refusal) = text.get("refusal").and_then(Json::text) {
        answer.refusal(refusal, emit);
    }
    read_calls(text, answer, emit);
}

fn reasoning_of<'a>(text: &'a Json<'_>) -> Option<&'a str> {
    ["reasoning_content", "reasoning", "thinking"].iter().find_map(|name| text.get(name).and_then(Json::text))
}

/// A message that holds all that was said so far.
fn read_again(message: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(reasoning) = reasoning_of(message) {
        emit(Piece::WholeReasoning(reasoning));
    }
    let parts = message.get("content").map_or(&[][..], Json::elements);
    let joined: String = parts.iter().filter_map(|part| part.get("text").and_then(Json::text)).collect();
    let text = message.get("content").and_then(Json::text).unwrap_or(&joined);
    if !text.is_empty() {
        // Without deltas, messages may be the pieces.
        answer.whole_text(text, !answer.has_deltas, emit);
    }
    if !answer.calls.any() {
        read_calls(message, answer, emit);
    }
}

fn read_calls(text: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    let calls = text.get("tool_calls").map_or(&[][..], Json::elements);
    for (at, call) in calls.iter().enumerate() {
        let index = call.get("index").and_then(Json::word);
        let is_beside = at > 0 && ["index", "id"].iter().all(|name| calls[at - 1].get(name) == call.get(name));
        let piece = CallPiece { key: index.as_deref(), is_beside, ..CallPiece::default() };
        read_call(piece, call.get("id"), call.get("function").unwrap_or(call), answer, emit);
    }
    // The older form, of one call; some relays send both.
    if let Some(call) = text.get("function_call").filter(|_| calls.is_empty() && !answer.calls.any_but(OLDER_FORM)) {
        read_call(CallPiece { key: Some(OLDER_FORM), ..CallPiece::default() }, None, call, answer, emit);
    }
}

/// What the pieces of the one call of the older form go by.
const OLDER_FORM: &str = "function_call";

fn read_call(piece: CallPiece<'_>, id: Option<&Json<'_>>, function: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    // Ollama gives the arguments as an object.
    let object = function.get("arguments").filter(|arguments| arguments.is_map()).map(ToString::to_string);
    let piece = CallPiece {
        id: id.and_then(Json::text).unwrap_or_default(),
        name: function.get("name").and_then(Json::text).unwrap_or_default(),
        arguments: object.as_deref().or_else(|| function.get("arguments")?.text()).unwrap_or_default(),
        ..piece
    };
    answer.calls.add(piece, emit);
}

/// One part of a content list: `{"type": "text"}`, or Mistral's `{"type": "thinking"}` with parts of its own.
fn emit_part(part: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(thinking) = part.get("thinking") {
        for text in thinking.elements().iter().filter_map(|inner| inner.get("text")).chain([thinking]).filter_map(Json::text) {
            answer.reason(text, emit);
        }
    } else if let Some(text) = part.get("text").unwrap_or(part).text() {
        answer.calls.text(text, emit);
    } else if let Some(text) = part.at(&["text", "value"]).and_then(Json::text) {
        answer.calls.text(text, emit);
    } else if part.get("text").is_none() && part.is_map() {
        answer.not_shown(part.get("type").and_then(Json::text).unwrap_or("?"));
    }
}
