//! OpenAI chat completions, as OpenAI, DeepSeek, DashScope, OpenRouter, Mistral, vLLM, llama.cpp, Ollama and new-api relays really speak it.
//!
//! A stream is whole when `[DONE]` came, or when a `finish_reason` came and the body then ended cleanly: llama.cpp forks and some relays
//! send no `[DONE]`.

use serde_json::{Map, Value, json};

use crate::domain::Speaker;
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::error_body::ErrorBody;
use super::format::{Answer, Auth, Piece, Unreadable, Wire};
use super::json::{Json, mend_surrogates};
use super::{model_list, openai_usage};

/// The wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenAiChat;

/// Names and ids in an answer are cut here: a hostile server may send any length.
const LONGEST_NAME_CHARS: usize = 200;

impl Wire for OpenAiChat {
    fn chat_path(&self) -> &'static str {
        "/chat/completions"
    }

    fn models_path(&self) -> &'static str {
        "/models"
    }

    fn auth(&self) -> Auth {
        Auth { header: "authorization", prefix: "Bearer " }
    }

    fn body(&self, request: &ChatRequest) -> String {
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| value.map(|value| body.insert(name.to_owned(), value));
        set("model", Some(json!(request.model)));
        let messages = request.messages.iter().map(|message| json!({ "role": role_word(message.role), "content": message.content }));
        set("messages", Some(messages.collect()));
        let params = &request.params;
        set("temperature", params.temperature.map(Value::from));
        set("max_tokens", params.max_tokens.map(Value::from));
        set("top_p", params.top_p.map(Value::from));
        set("seed", params.seed.map(Value::from));
        set("stop", (!params.stop.is_empty()).then(|| json!(params.stop)));
        set("stream", Some(json!(request.stream)));
        set("stream_options", request.stream.then(|| json!({ "include_usage": true })));
        Value::Object(body).to_string()
    }

    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        let data = event.data.trim();
        if data == "[DONE]" {
            answer.ended = true;
            return Ok(());
        }
        if event.name == "error" && !data.starts_with(['{', '[']) {
            answer.error = Some(ErrorBody::plain(data));
            return Ok(());
        }
        with_json(data, |json| {
            if !json.is_map() {
                return Err(Unreadable::NotJson);
            }
            read_object(json, answer, emit);
            if event.name == "error" && answer.error.is_none() {
                answer.error = ErrorBody::of(json).or_else(|| Some(ErrorBody::plain(data)));
            }
            Ok(())
        })
    }

    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_json(body.trim_start_matches('\u{feff}'), |json| {
            read_object(json, answer, emit);
            if answer.error.is_none() && json.get("choices").is_none() {
                // Any service may say `{"status": …}`; an error of an API has words and a code or type.
                answer.error = ErrorBody::of(json).filter(|error| !error.message.is_empty() && error.words().next().is_some());
            }
            let answered = answer.error.is_some() || matches!(json.get("choices"), Some(Json::List(_)));
            if answered { Ok(()) } else { Err(Unreadable::NoAnswer) }
        })
    }

    fn decode_error(&self, body: &str) -> Option<ErrorBody> {
        ErrorBody::read(body)
    }

    fn decode_models(&self, body: &str) -> Option<Vec<String>> {
        model_list::read(body)
    }
}

fn role_word(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

fn with_json(text: &str, read: impl FnOnce(&Json<'_>) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
    if let Some(json) = Json::parse(text) {
        return read(&json);
    }
    let mended = mend_surrogates(text).ok_or(Unreadable::NotJson)?;
    read(&Json::parse(&mended).ok_or(Unreadable::NotJson)?)
}

/// Reads a chunk or a whole completion: they differ in `delta` and `message` only.
fn read_object(json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    note(&mut answer.response_model, json.get("model"));
    note(&mut answer.id, json.get("id"));
    if let Some(usage) = json.get("usage").filter(|usage| usage.is_map()) {
        (answer.usage, answer.usage_warnings) = openai_usage::read(usage);
    }
    for choice in json.get("choices").map_or(&[][..], Json::elements) {
        if choice.get("index").and_then(Json::word).is_some_and(|index| index != "0") {
            answer.warn("the provider sent more than one answer; only the first is kept");
            continue;
        }
        if let Some(text) = choice.get("delta").or_else(|| choice.get("message")) {
            read_text(text, answer, emit);
        }
        // Some relays send "" or "null" on every chunk.
        if choice.get("finish_reason").and_then(Json::text).is_some_and(|reason| reason != "null") {
            note(&mut answer.finish_reason, choice.get("finish_reason"));
        }
        if let Some(error) = choice.get("error") {
            answer.error = ErrorBody::of_error(error);
        }
    }
    if let Some(error) = json.get("error") {
        answer.error = ErrorBody::of_error(error).and_then(|_says_something| ErrorBody::of(json)).or_else(|| answer.error.take());
    }
}

fn read_text(text: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    // Some relays send the same reasoning under two names.
    let reasoning = ["reasoning_content", "reasoning"].iter().find_map(|name| text.get(name).and_then(Json::text));
    if let Some(reasoning) = reasoning {
        emit(Piece::Reasoning(reasoning));
    } else {
        for detail in text.get("reasoning_details").map_or(&[][..], Json::elements) {
            if let Some(part) = detail.get("text").or_else(|| detail.get("summary")).and_then(Json::text) {
                emit(Piece::Reasoning(part));
            }
        }
    }
    match text.get("content") {
        Some(Json::List(parts)) => parts.iter().for_each(|part| emit_part(part, emit)),
        Some(content) => {
            if let Some(content) = content.text() {
                emit(Piece::Content(content));
            }
        }
        None => {}
    }
    if let Some(refusal) = text.get("refusal").and_then(Json::text) {
        answer.warn("the model refused");
        emit(Piece::Content(refusal));
    }
    if text.get("tool_calls").is_some_and(|calls| !calls.elements().is_empty()) || text.get("function_call").is_some() {
        answer.warn("the model called a tool; tool calls are not shown");
    }
}

/// One part of a content list: `{"type": "text"}`, or Mistral's `{"type": "thinking"}` with parts of its own.
fn emit_part(part: &Json<'_>, emit: &mut dyn FnMut(Piece<'_>)) {
    if let Some(thinking) = part.get("thinking") {
        for text in thinking.elements().iter().filter_map(|inner| inner.get("text")).chain([thinking]).filter_map(Json::text) {
            emit(Piece::Reasoning(text));
        }
    } else if let Some(text) = part.get("text").unwrap_or(part).text() {
        emit(Piece::Content(text));
    }
}

/// Keeps the newest value; allocates only for a new one, not on every chunk.
fn note(kept: &mut Option<String>, value: Option<&Json<'_>>) {
    if let Some(text) = value.and_then(Json::text)
        && kept.as_deref() != Some(text)
    {
        *kept = Some(text.chars().take(LONGEST_NAME_CHARS).collect());
    }
}
