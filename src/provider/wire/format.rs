//! What every wire format can do.

use crate::domain::{Usage, WireFormat};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::error_body::ErrorBody;
use super::openai_chat::OpenAiChat;

/// A piece of an answer's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Piece<'a> {
    /// Reasoning; never empty.
    Reasoning(&'a str),
    /// Visible text; never empty.
    Content(&'a str),
}

/// How a key is sent: the header, and what stands before the key in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) struct Auth {
    /// Lower case.
    pub(in crate::provider) header: &'static str,
    /// Such as `Bearer `.
    pub(in crate::provider) prefix: &'static str,
}

/// What an answer says besides its text; gathered event by event.
#[derive(Debug, Default)]
pub(in crate::provider) struct Answer {
    /// The model name in the answer.
    pub(in crate::provider) response_model: Option<String>,
    /// Why the model stopped; also the sign that the answer is whole, when no end mark follows.
    pub(in crate::provider) finish_reason: Option<String>,
    /// The provider's id of the answer.
    pub(in crate::provider) id: Option<String>,
    /// The last token counts; absent when none were told or none could be right.
    pub(in crate::provider) usage: Option<Usage>,
    /// What was odd about those counts.
    pub(in crate::provider) usage_warnings: Vec<String>,
    /// The end mark came: nothing of interest follows.
    pub(in crate::provider) ended: bool,
    /// The provider reported an error in place of the answer or of its rest.
    pub(in crate::provider) error: Option<ErrorBody>,
    /// Things to know, each once.
    pub(in crate::provider) warnings: Vec<String>,
}

impl Answer {
    /// Adds a warning unless it is there.
    pub(in crate::provider) fn warn(&mut self, warning: &str) {
        if !self.warnings.iter().any(|known| known == warning) {
            self.warnings.push(warning.to_owned());
        }
    }
}

/// An event or a body that this wire cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::provider) enum Unreadable {
    /// Broken JSON, or JSON that is no object.
    #[error("not a JSON object")]
    NotJson,
    /// JSON that holds no answer.
    #[error("JSON without an answer")]
    NoAnswer,
}

/// One wire format. Everything here is pure: text in, text out.
pub(in crate::provider) trait Wire: Send + Sync {
    /// Path of the chat request, below the base URL.
    fn chat_path(&self) -> &'static str;

    /// Path of the model list, below the base URL.
    fn models_path(&self) -> &'static str;

    /// How the key is sent.
    fn auth(&self) -> Auth;

    /// The JSON body of a request.
    fn body(&self, request: &ChatRequest) -> String;

    /// Reads one event of a stream. Events without interest are no error.
    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable>;

    /// Reads an answer that came whole.
    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable>;

    /// Reads an error body; absent when it is none.
    fn decode_error(&self, body: &str) -> Option<ErrorBody>;

    /// Reads a model list: ids as given, in order, each once; absent when it is none.
    fn decode_models(&self, body: &str) -> Option<Vec<String>>;
}

/// The wire of a format.
pub(in crate::provider) fn wire_of(format: WireFormat) -> &'static dyn Wire {
    match format {
        WireFormat::OpenAiChat => &OpenAiChat,
    }
}
