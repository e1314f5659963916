//! How OpenAI chat completions are asked for, and in which other spelling when a server refuses the usual one.

use serde_json::{Value, json};

use crate::domain::{Amendment, Effort, Message, OutputSchema, Params, Speaker, Tool};
use crate::provider::ChatRequest;

use super::body::BodyWriter;
use super::format::{Pictures, Written};
use super::refused_parameters;

pub(super) fn write(request: &ChatRequest, pictures: Pictures) -> Written {
    let mut body = BodyWriter::new("OpenAI chat completions");
    let (params, spelling) = (&request.params, request.spelling);
    body.set("model", Some(json!(request.model)));
    body.set("messages", Some(request.messages.iter().map(|message| turn(message, pictures)).collect()));
    let (temperature, top_p) = refused_parameters::sampling(request, &mut body);
    body.set("temperature", temperature.map(Value::from));
    let most = if spelling.max_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body.set(most, params.max_tokens.map(Value::from));
    body.set("top_p", top_p.map(Value::from));
    body.set("seed", params.seed.map(Value::from));
    body.set("stop", (!params.stop.is_empty()).then(|| json!(params.stop)));
    if spelling.thinking_by_type {
        thinking_by_type(params, &mut body);
    } else {
        body.set("reasoning_effort", params.effort.map(|effort| json!(effort.as_str())));
        match params.thinking {
            // DashScope: “parameter.enable_thinking only support stream call”.
            Some(true) if !request.stream => {
                body.warn("thinking was not sent: over OpenAI chat completions it is taken with streams only".to_owned());
            }
            thinking => body.set("enable_thinking", thinking.map(Value::from)),
        }
    }
    body.set("response_format", params.schema.as_deref().map(response_format));
    body.set("tools", (!params.tools.is_empty()).then(|| params.tools.iter().map(tool).collect()));
    body.set("stream", Some(json!(request.stream)));
    body.set("stream_options", (request.stream && !spelling.no_stream_options).then(|| json!({ "include_usage": true })));
    body.end()
}

/// DeepSeek's own way: its efforts hold no “none”, for which its switch stands.
fn thinking_by_type(params: &Params, body: &mut BodyWriter) {
    let effort = params.effort.filter(|effort| *effort != Effort::None);
    if params.thinking == Some(true) && params.effort == Some(Effort::None) {
        body.warn("effort none was not sent: thinking is asked for".to_owned());
    }
    body.set("reasoning_effort", effort.map(|effort| json!(effort.as_str())));
    let thinks = params.thinking.or_else(|| params.asks_for_no_thinking().then_some(false));
    body.set("thinking", thinks.map(|thinks| json!({ "type": if thinks { "enabled" } else { "disabled" } })));
}

pub(super) fn role_word(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

fn turn(message: &Message, pictures: Pictures) -> Value {
    let role = role_word(message.role);
    if message.images.is_empty() {
        return json!({ "role": role, "content": message.content });
    }
    let images =
        message.images.iter().map(|image| json!({ "type": "image_url", "image_url": { "url": pictures.data_url(image) } })).collect();
    let mut parts: Vec<Value> = images;
    if !message.content.is_empty() {
        parts.push(json!({ "type": "text", "text": message.content }));
    }
    json!({ "role": role, "content": parts })
}

fn response_format(schema: &OutputSchema) -> Value {
    let mut format = serde_json::Map::new();
    format.insert("name".to_owned(), json!(schema.name));
    // Strict only where it was asked for: it refuses schemas without `additionalProperties: false`.
    super::body::put(&mut format, "strict", schema.strict.map(Value::from));
    format.insert("schema".to_owned(), json!(schema.schema));
    json!({ "type": "json_schema", "json_schema": format })
}

fn tool(tool: &Tool) -> Value {
    let mut function = serde_json::Map::new();
    function.insert("name".to_owned(), json!(tool.name));
    super::body::put(&mut function, "description", tool.description.as_ref().map(|text| json!(text)));
    function.insert("parameters".to_owned(), tool.parameters.clone());
    super::body::put(&mut function, "strict", tool.strict.map(Value::from));
    json!({ "type": "function", "function": function })
}

/// Words of a refusal that is about a parameter's name: “max_tokens is too large” is about its value, which another name does not make smaller.
const ABOUT_THE_NAME: [&str; 7] = ["unsupported", "not support", "unrecognized", "unknown", "unexpected", "extra", "not permitted"];

/// Words of one that is about its value, whatever else it says: vLLM names both spellings in it.
const ABOUT_THE_VALUE: [&str; 2] = ["too large", "context length"];

/// What the refusal asks to be spelled otherwise.
pub(super) fn amendment(request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
    if !matches!(status, 400 | 422) {
        return None;
    }
    let body = body.to_lowercase();
    let spelling = request.spelling;
    if request.stream && !spelling.no_stream_options && body.contains("stream_options") {
        return Some(Amendment::NoStreamOptions);
    }
    request.params.max_tokens?;
    if ABOUT_THE_VALUE.iter().any(|words| body.contains(words)) {
        return None;
    }
    let about_name = ABOUT_THE_NAME.iter().any(|words| body.contains(words));
    let names_newer = body.contains("max_completion_tokens");
    if spelling.max_completion_tokens {
        (about_name && names_newer).then_some(Amendment::MaxTokens)
    } else {
        (names_newer || (about_name && body.contains("max_tokens"))).then_some(Amendment::MaxCompletionTokens)
    }
}
