//! Writing a body: fields that are set and no others, and what is told of those that cannot be carried.

use serde_json::{Map, Value};

use crate::domain::{Message, Speaker};
use crate::provider::ChatRequest;

use super::format::Written;

/// A JSON object in the making.
pub(super) struct BodyWriter {
    wire: &'static str,
    fields: Map<String, Value>,
    warnings: Vec<String>,
}

impl BodyWriter {
    /// `wire` is the name of the format for people.
    pub(super) fn new(wire: &'static str) -> Self {
        Self { wire, fields: Map::new(), warnings: Vec::new() }
    }

    /// Sets a field that has a value.
    pub(super) fn set(&mut self, name: &str, value: Option<Value>) {
        self.fields.extend(value.map(|value| (name.to_owned(), value)));
    }

    /// A parameter that this format has no place for.
    pub(super) fn leave_out(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.warn(format!("{name} was not sent: {} has no such parameter", self.wire));
        }
    }

    /// The texts of the system turns, for a format that has its instructions above the conversation, wherever they stood.
    pub(super) fn system_texts<'a>(&mut self, request: &'a ChatRequest) -> Vec<&'a str> {
        let is_system = |message: &&Message| message.role == Speaker::System;
        let texts: Vec<&str> = request.messages.iter().filter(is_system).map(|message| message.content.as_str()).collect();
        let leading = request.messages.iter().take_while(is_system).count();
        if texts.len() > leading {
            self.warn(format!("a system turn inside the conversation was put above it: {} has no other place for it", self.wire));
        }
        texts
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    pub(super) fn end(self) -> Written {
        Written { body: Value::Object(self.fields).to_string(), warnings: self.warnings }
    }
}

/// Sets a field of an object.
pub(super) fn put(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    object.extend(value.map(|value| (name.to_owned(), value)));
}
