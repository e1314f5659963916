//! Conversations: `[{"role", "content"}]` as most tools write them, `[{"from", "value"}]` as ShareGPT does.

use serde_json::Value;

use crate::domain::{Message, Speaker};

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
    Ok(Message { role, content: read_content(content)? })
}

fn read_content(content: Value) -> Result<String, String> {
    match content {
        Value::String(text) => Ok(text),
        Value::Array(parts) => Ok(parts.into_iter().map(read_part).collect::<Result<Vec<_>, _>>()?.join("\n")),
        other => Err(format!("has {} as its content, not a text", kind_of(&other))),
    }
}

fn read_part(part: Value) -> Result<String, String> {
    let (kind, text) = match part {
        Value::String(text) => return Ok(text),
        Value::Object(mut fields) => (fields.remove("type"), fields.remove("text")),
        other => return Err(format!("has {} inside its content", kind_of(&other))),
    };
    match (kind.as_ref().and_then(Value::as_str), text) {
        (Some("text" | "input_text") | None, Some(Value::String(text))) => Ok(text),
        (kind, _) => Err(format!("holds a part of type “{}”; only text can be sent", shortened(kind.unwrap_or("?")))),
    }
}

/// A system text put above a conversation that has none.
pub(super) fn with_system(mut turns: Vec<Message>, system: &str) -> Vec<Message> {
    if !system.trim().is_empty() && turns.iter().all(|turn| turn.role != Speaker::System) {
        turns.insert(0, Message { role: Speaker::System, content: system.to_owned() });
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
