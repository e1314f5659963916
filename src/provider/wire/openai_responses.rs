//! OpenAI Responses: typed events, and an answer that is a list of items (reasoning, messages, calls).
//!
//! A stream is whole when `response.completed` or `response.incomplete` came; there is no `[DONE]`, though some relays send one.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::domain::{Effort, Message, WireFormat};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::body::{BodyWriter, put};
use super::call::CallPiece;
use super::error_body::ErrorBody;
use super::event::{read_other, with_json, with_typed_event};
use super::format::{Answer, Pictures, Piece, Unreadable, Wire, Written};
use super::json::{Json, note};
use super::openai_chat_body::role_word;
use super::{citations, openai_usage, refused_parameters, stated_cost};

/// The wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenAiResponses;

impl Wire for OpenAiResponses {
    fn format(&self) -> WireFormat {
        WireFormat::OpenAiResponses
    }

    fn chat_path(&self, _model: &str, _stream: bool) -> Cow<'static, str> {
        Cow::Borrowed("/responses")
    }

    fn write(&self, request: &ChatRequest, pictures: Pictures) -> Written {
        let mut body = BodyWriter::new("OpenAI Responses");
        let params = &request.params;
        body.set("model", Some(json!(request.model)));
        body.set("input", Some(request.messages.iter().map(|message| turn(message, pictures)).collect()));
        let (temperature, top_p) = refused_parameters::sampling(request, &mut body);
        body.set("temperature", temperature.map(Value::from));
        body.set("max_output_tokens", params.max_tokens.map(Value::from));
        body.set("top_p", top_p.map(Value::from));
        body.leave_out("seed", params.seed.is_some());
        body.leave_out("stop", !params.stop.is_empty());
        let effort = params.effort.map(|effort| match effort {
            Effort::Max => {
                body.warn("effort was sent as xhigh, the most that OpenAI has".to_owned());
                Effort::XHigh
            }
            effort => effort,
        });
        body.set("reasoning", effort.map(|effort| json!({ "effort": effort.as_str() })));
        if params.thinking.is_some() {
            body.warn("thinking was not sent: OpenAI Responses has no such switch; set the effort".to_owned());
        }
        let format = params.schema.as_deref().map(|schema| {
            // On by itself here, it would refuse schemas without `additionalProperties: false`.
            let strict = schema.strict.unwrap_or(false);
            json!({ "format": { "type": "json_schema", "name": schema.name, "strict": strict, "schema": schema.schema } })
        });
        body.set("text", format);
        let tools = params.tools.iter().map(|tool| {
            let mut written = Map::new();
            written.insert("type".to_owned(), json!("function"));
            written.insert("name".to_owned(), json!(tool.name));
            put(&mut written, "description", tool.description.as_ref().map(|text| json!(text)));
            written.insert("parameters".to_owned(), tool.parameters.clone());
            // Here it would be true by itself, and refuse most schemas.
            written.insert("strict".to_owned(), json!(tool.strict.unwrap_or(false)));
            Value::Object(written)
        });
        body.set("tools", (!params.tools.is_empty()).then(|| tools.collect()));
        // Chat completions are not kept at the provider either.
        body.set("store", Some(json!(false)));
        body.set("stream", Some(json!(request.stream)));
        body.end()
    }

    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_typed_event(self.format(), event, answer, |kind, json, answer| read_event(kind, json, answer, emit))
    }

    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable> {
        with_json(body.trim_start_matches('\u{feff}'), answer, |json, answer| {
            let has_output = matches!(json.get("output"), Some(Json::List(_)));
            if has_output || json.get("object").and_then(Json::text) == Some("response") {
                read_response(json, answer);
                read_items(json, answer, emit);
                end(json, answer);
                answer.error = answer.error.take().or_else(|| ErrorBody::in_whole(json, true));
                return Ok(());
            }
            answer.error = ErrorBody::in_whole(json, false);
            if answer.error.is_some() { Ok(()) } else { Err(Unreadable::NoAnswer) }
        })
    }
}

fn turn(message: &Message, pictures: Pictures) -> Value {
    let role = role_word(message.role);
    if message.images.is_empty() {
        return json!({ "role": role, "content": message.content });
    }
    let mut parts: Vec<Value> =
        message.images.iter().map(|image| json!({ "type": "input_image", "image_url": pictures.data_url(image) })).collect();
    if !message.content.is_empty() {
        parts.push(json!({ "type": "input_text", "text": message.content }));
    }
    json!({ "role": role, "content": parts })
}

fn read_event(kind: &str, json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    let delta = || json.get("delta").and_then(Json::text);
    match kind {
        "response.output_text.delta" => {
            if let Some(text) = delta() {
                answer.calls.text(text, emit);
            }
        }
        "response.refusal.delta" => {
            if let Some(text) = delta() {
                answer.refusal(text, emit);
            }
        }
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            if let Some(text) = delta() {
                answer.reason(text, emit);
            }
        }
        "response.function_call_arguments.delta" => {
            let key = call_key(json);
            answer.calls.add(CallPiece { key: key.as_deref(), arguments: delta().unwrap_or_default(), ..CallPiece::default() }, emit);
        }
        "response.function_call_arguments.done" => {
            let key = call_key(json);
            let arguments = json.get("arguments").and_then(Json::text).unwrap_or_default();
            answer.calls.complete(CallPiece { key: key.as_deref(), arguments, ..CallPiece::default() }, emit);
        }
        "response.output_item.added" | "response.output_item.done" => {
            read_call_item(kind, json, answer, emit);
            let text = json.get("item").filter(|item| kind.ends_with("done") && !is_call(item)).map(text_of_item).unwrap_or_default();
            if !text.is_empty() && !answer.calls.has_begun() {
                answer.calls.text(&text, emit);
            }
        }
        "response.created" | "response.in_progress" | "response.queued" => read_response(json.get("response").unwrap_or(json), answer),
        "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" | "response.done" => {
            let response = json.get("response").unwrap_or(json);
            read_response(response, answer);
            openai_usage::note(json, answer);
            if !answer.calls.has_begun() {
                // Some relays send the items only here; what was heard before is not heard again.
                let heard = answer.has_reasoned;
                read_items(response, answer, &mut |piece| {
                    if !(heard && matches!(piece, Piece::Reasoning(_))) {
                        emit(piece);
                    }
                });
            } else if !answer.calls.any() {
                let text = text_of(response);
                if !text.is_empty() {
                    answer.whole_text(&text, false, emit);
                }
                for item in response.get("output").map_or(&[][..], Json::elements).iter().filter(|item| is_call(item)) {
                    answer.calls.add(call_of(item, None), emit);
                    answer.calls.close_all(emit);
                }
            }
            end(response, answer);
            if kind == "response.failed" && answer.error.is_none() {
                answer.error = Some(ErrorBody::plain("the response failed"));
            }
            answer.ended = true;
        }
        "error" => {
            let error = json.get("error").and_then(ErrorBody::of_error).or_else(|| ErrorBody::of_error(json));
            let mut error = error.unwrap_or_else(|| ErrorBody::plain("an error without words"));
            // The event's own type is no type of error.
            error.kind = error.kind.filter(|kind| kind != "error");
            answer.error = Some(error.with_status_by_word());
        }
        // The whole text of a part, which its pieces told before.
        "response.output_text.done" | "response.content_part.done" => {
            // Reasoning has parts too.
            let part = json.get("part").filter(|part| part.get("type").and_then(Json::text) == Some("output_text"));
            let part = if kind == "response.output_text.done" { Some(json) } else { part };
            if let Some(text) = part.and_then(|part| part.get("text")).and_then(Json::text).filter(|_| !answer.calls.has_begun()) {
                answer.calls.text(text, emit);
            }
        }
        "response.output_text.annotation.added" => {
            if let Some(annotation) = json.get("annotation") {
                citations::keep(annotation, answer);
            }
        }
        "response.content_part.added"
        | "response.refusal.done"
        | "response.reasoning_text.done"
        | "response.reasoning_summary_part.added"
        | "response.reasoning_summary_part.done"
        | "response.reasoning_summary_text.done"
        | "ping"
        | "keepalive" => {}
        other => read_other(other, json, answer),
    }
}

/// Pieces of a call go by the place of their item.
fn call_key(json: &Json<'_>) -> Option<String> {
    json.get("output_index").or_else(|| json.get("item_id")).and_then(Json::word)
}

fn read_call_item(kind: &str, json: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    let Some(item) = json.get("item").filter(|item| is_call(item)) else { return };
    let key = call_key(json).or_else(|| item.get("id").and_then(Json::word)).unwrap_or_default();
    answer.calls.complete(call_of(item, Some(&key)), emit);
    if kind == "response.output_item.done" {
        answer.calls.close(&key, emit);
    }
}

fn is_call(item: &Json<'_>) -> bool {
    matches!(item.get("type").and_then(Json::text), Some("function_call" | "custom_tool_call"))
}

fn call_of<'a>(item: &'a Json<'_>, key: Option<&'a str>) -> CallPiece<'a> {
    let text = |name: &str| item.get(name).and_then(Json::text);
    CallPiece {
        key,
        id: text("call_id").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        arguments: text("arguments").or_else(|| text("input")).unwrap_or_default(),
        is_beside: false,
    }
}

/// What a response object says besides its items.
fn read_response(response: &Json<'_>, answer: &mut Answer) {
    note(&mut answer.response_model, response.get("model"));
    note(&mut answer.id, response.get("id"));
    citations::read_response(response, answer);
    stated_cost::read(response, answer);
    openai_usage::note(response, answer);
    if let Some(error) = response.get("error").and_then(ErrorBody::of_error) {
        answer.error = Some(error.with_status_by_word());
    }
}

fn read_items(response: &Json<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) {
    for item in response.get("output").map_or(&[][..], Json::elements) {
        let parts = |name: &str| item.get(name).map_or(&[][..], Json::elements);
        match item.get("type").and_then(Json::text) {
            Some("message") => {
                for part in parts("content") {
                    if let Some(text) = part.get("text").and_then(Json::text) {
                        answer.calls.text(text, emit);
                    } else if let Some(refusal) = part.get("refusal").and_then(Json::text) {
                        answer.refusal(refusal, emit);
                    }
                }
            }
            Some("reasoning") => {
                for text in parts("content").iter().chain(parts("summary")).filter_map(|part| part.get("text").and_then(Json::text)) {
                    answer.reason(text, emit);
                }
            }
            _ if is_call(item) => {
                answer.calls.add(call_of(item, None), emit);
                answer.calls.close_all(emit);
            }
            // Shown as sources.
            Some("search_results") => {}
            other => answer.not_shown(other.unwrap_or("?")),
        }
    }
}

/// What all messages of a response say.
fn text_of(response: &Json<'_>) -> String {
    response.get("output").map_or(&[][..], Json::elements).iter().map(text_of_item).collect()
}

fn text_of_item(item: &Json<'_>) -> String {
    let is_message = item.get("type").and_then(Json::text) == Some("message");
    let parts = item.get("content").filter(|_| is_message).map_or(&[][..], Json::elements);
    parts.iter().filter_map(|part| part.get("text").or_else(|| part.get("refusal")).and_then(Json::text)).collect()
}

/// Why a response ended.
fn end(response: &Json<'_>, answer: &mut Answer) {
    let calls = response.get("output").map_or(&[][..], Json::elements).iter().any(is_call);
    match response.get("status").and_then(Json::text) {
        Some("completed") => answer.finish(if calls { "tool_calls" } else { "stop" }),
        Some("incomplete") => match response.at(&["incomplete_details", "reason"]).and_then(Json::text) {
            Some("max_output_tokens" | "max_tokens") => answer.finish("length"),
            Some(word @ "content_filter") => answer.withhold(word),
            other => answer.finish(other.unwrap_or("incomplete")),
        },
        Some(other) => answer.finish(other),
        None => {}
    }
}
