//! Conversations: `[{"role", "content"}]` as most tools write them, `[{"from", "value"}]` as ShareGPT does.

use serde_json::Value;

use crate::domain::{Image, Message, Speaker};

use super::collect::shortened;
use super::value::kind_of;

/// The turns of a conversation. The error is a reason for a person.
pub(super) fn read_turns(turns: Vec<Value>) -> Result<Vec<Message>, String> {
    if turns.is_empty() {
        return Err("the conversation is empty".to_owned());
    }
    (1..).zip(turns).map(|(number, turn)| read_turn(turn).map_err(|reason| format!("turn {number} {reason}"))).collect()
}

fn read_turn(turn: Value) -> Result<Message, String> {
    let Value::Object(mut fields) = turn else { return Err(format!("is {}, not a message", kind_of(&turn))) };
    let role = match fields.get("role").or_else(|| fields.get("from")).and_then(Value::as_str) {
        Some("system" | "developer") => Speaker::System,
        Some("user" | "human") => Speaker::User,
        Some("assistant" | "gpt" | "model") => Speaker::Assistant,
        Some(other) => return Err(format!("is by “{}”; only system, user and assistant turns can be sent", shortened(other))),
        None => return Err("does not say whose it is".to_owned()),
    };
    let content = fields.remove("content").or_else(|| fields.remove("value")).unwrap_or_default();
    read_content(role, content)
}

fn read_content(role: Speaker, content: Value) -> Result<Message, String> {
    match content {
        Value::String(text) => Ok(Message::new(role, text)),
        Value::Array(parts) => {
            let (mut texts, mut images) = (Vec::new(), Vec::new());
            for part in parts {
                match read_part(part)? {
                    Part::Text(text) => texts.push(text),
                    Part::Image(_) if role != Speaker::User => return Err("holds a picture; only the user's turns can".to_owned()),
                    Part::Image(image) => images.push(image),
                }
            }
            Ok(Message { images, ..Message::new(role, texts.join("\n")) })
        }
        other => Err(format!("has {} as its content, not a text", kind_of(&other))),
    }
}

enum Part {
    Text(String),
    Image(Image),
}

fn read_part(part: Value) -> Result<Part, String> {
    let mut fields = match part {
        Value::String(text) => return Ok(Part::Text(text)),
        Value::Object(fields) => fields,
        other => return Err(format!("has {} inside its content", kind_of(&other))),
    };
    let kind = fields.remove("type");
    let kind = kind.as_ref().and_then(Value::as_str);
    match (kind, fields.remove("text")) {
        (Some("text" | "input_text") | None, Some(Value::String(text))) => Ok(Part::Text(text)),
        (Some("image_url" | "input_image" | "image"), _) => {
            read_image(&Value::Object(fields)).map(Part::Image).map_err(|reason| format!("holds a picture that cannot be taken: {reason}"))
        }
        (kind, _) => Err(format!("holds a part of type “{}”; only texts and pictures can be sent", shortened(kind.unwrap_or("?")))),
    }
}

/// A picture as OpenAI (both formats), Anthropic and our own export write it, or only its `data:` URL. The error is a reason for a person.
pub(super) fn read_image(image: &Value) -> Result<Image, String> {
    let text = |path: &str| image.pointer(path).and_then(Value::as_str);
    let name = text("/name").unwrap_or_default();
    if let (Some("base64"), Some(data)) = (text("/source/type"), text("/source/data")) {
        // The kind is told by the bytes, whatever the media type claims.
        return Image::from_data_url(name, &format!("data:;base64,{data}")).map_err(|error| error.to_string());
    }
    let url = image.as_str().or_else(|| ["/image_url/url", "/image_url", "/url", "/source/url"].iter().find_map(|path| text(path)));
    let url = url.ok_or("there is no data: URL")?;
    Image::from_data_url(name, url).map_err(|error| error.to_string())
}

/// A system text put above a conversation that has none.
pub(super) fn with_system(mut turns: Vec<Message>, system: &str) -> Vec<Message> {
    if !system.trim().is_empty() && turns.iter().all(|turn| turn.role != Speaker::System) {
        turns.insert(0, Message::new(Speaker::System, system));
    }
    turns
}

/// A conversation as it is sent: it ends with the user's turn. A last turn by the assistant is an answer and is split off.
pub(super) fn split_answer(mut turns: Vec<Message>) -> Result<(Vec<Message>, Option<String>), String> {
    let answer = turns.pop_if(|turn| turn.role == Speaker::Assistant).map(|turn| turn.content);
    match turns.last() {
        Some(Message { role: Speaker::User, .. }) => Ok((turns, answer)),
        _ => Err("the conversation does not end with the user's turn".to_owned()),
    }
}
