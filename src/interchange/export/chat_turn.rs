//! A turn of a conversation as OpenAI writes it, which importing reads back.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{Image, Message, Speaker};

/// One turn; its content is a text, or with pictures a list of parts.
#[derive(Serialize)]
pub(super) struct ChatTurn<'a> {
    role: Speaker,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Value>),
}

impl<'a> From<&'a Message> for ChatTurn<'a> {
    fn from(message: &'a Message) -> Self {
        let content = if message.images.is_empty() {
            Content::Text(&message.content)
        } else {
            let text = (!message.content.is_empty()).then(|| json!({ "type": "text", "text": message.content }));
            let pictures = message
                .images
                .iter()
                .map(|image| json!({ "type": "image_url", "image_url": { "url": image.data_url() }, "name": image.name }));
            Content::Parts(pictures.chain(text).collect())
        };
        Self { role: message.role, content }
    }
}

/// Pictures of a case beside its messages.
pub(super) fn pictures(images: &[Image]) -> Vec<Value> {
    images.iter().map(|image| json!({ "name": image.name, "url": image.data_url() })).collect()
}
