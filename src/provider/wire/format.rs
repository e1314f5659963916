//! What every wire format can do.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::domain::{Amendment, Citations, Image, Usage, WireFormat};
use crate::provider::ChatRequest;
use crate::provider::sse::Event;

use super::anthropic::Anthropic;
use super::calls::Calls;
use super::error_body::ErrorBody;
use super::finish::{Ending, ending_of, says_nothing};
use super::foreign::Spoken;
use super::gemini::Gemini;
use super::json::Json;
use super::openai_chat::OpenAiChat;
use super::openai_responses::OpenAiResponses;
use super::surrogates::Halves;
use super::usage::Counts;
use super::{model_list, refused_parameters};

/// A piece of an answer's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Piece<'a> {
    /// Reasoning; never empty.
    Reasoning(&'a str),
    /// Visible text; empty when something visible arrived that is told later (a tool call in the making).
    Content(&'a str),
    /// A call, told as visible text; never empty.
    Call(&'a str),
    /// All of the reasoning so far, again.
    WholeReasoning(&'a str),
    /// All of the visible text so far, again.
    WholeContent(&'a str),
    /// The same, or the next piece where it is another text.
    WholeOrNext(&'a str),
}

/// A request as a wire format writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct Written {
    /// The JSON body.
    pub(in crate::provider) body: String,
    /// What it could not carry, or carries otherwise than asked: never dropped in silence.
    pub(in crate::provider) warnings: Vec<String>,
}

/// What stands for a picture in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Pictures {
    /// The picture.
    Whole,
    /// Its name and size: for the copy that is kept with each trial.
    Named,
}

impl Pictures {
    /// The base64 of a picture, or what stands for it.
    pub(super) fn data(self, image: &Image) -> Cow<'_, str> {
        match self {
            Self::Whole => Cow::Borrowed(&image.base64),
            Self::Named => Cow::Owned(format!("[{}]", image.words())),
        }
    }

    /// The `data:` URL of a picture, or what stands for it.
    pub(super) fn data_url(self, image: &Image) -> String {
        format!("data:{};base64,{}", image.kind.media_type(), self.data(image))
    }
}

/// What an answer says besides its text; gathered event by event.
#[derive(Debug, Default)]
pub(in crate::provider) struct Answer {
    /// The model name in the answer.
    pub(in crate::provider) response_model: Option<String>,
    /// Why the model stopped: `stop`, `length`, `tool_calls` or `content_filter` whatever the provider's word for it, another word as given. Also the
    /// sign that the answer is whole, when no end mark follows.
    pub(in crate::provider) finish_reason: Option<String>,
    /// The finish reason says that the server broke the answer off.
    pub(in crate::provider) given_up: bool,
    /// The finish reason is no word that is known here.
    pub(in crate::provider) unknown_finish: bool,
    /// The provider's word for why it withheld the answer or its rest.
    pub(in crate::provider) withheld: Option<String>,
    /// The provider's id of the answer.
    pub(in crate::provider) id: Option<String>,
    /// The last token counts; absent when none were told or none could be right.
    pub(in crate::provider) usage: Option<Usage>,
    /// What was odd about those counts.
    pub(in crate::provider) usage_warnings: Vec<String>,
    /// Counts so far, where they come in parts.
    pub(super) counts: Counts,
    /// How often counts above 0 were told.
    pub(in crate::provider) counts_told: u32,
    /// The output was counted only before there was any: a placeholder.
    pub(in crate::provider) output_not_counted: bool,
    /// Visible text came as a delta.
    pub(super) has_deltas: bool,
    /// The number of the answer that is kept, where there are several: the first that came.
    pub(super) choice: Option<String>,
    /// The text that the newest block began with, until its first piece comes.
    pub(super) block_start: Option<String>,
    /// Tool calls so far.
    pub(in crate::provider) calls: Calls,
    /// An event of the wire format that was asked came.
    pub(super) recognised: bool,
    /// The words of an event that came before any of the wire format: an error, where nothing follows.
    pub(in crate::provider) unread_words: Option<String>,
    /// The answer is in another wire format than was asked, and nothing of it can be read.
    pub(in crate::provider) foreign: Option<Spoken>,
    /// Characters of which one half came.
    pub(in crate::provider) halves: Halves,
    /// Events of a kind that is not known here, and the first such kind.
    pub(in crate::provider) unknown_events: u32,
    pub(in crate::provider) unknown_kind: Option<String>,
    /// The end mark came: nothing of interest follows.
    pub(in crate::provider) ended: bool,
    /// The provider reported an error in place of the answer or of its rest.
    pub(in crate::provider) error: Option<ErrorBody>,
    /// Reasoning came as it was thought.
    pub(in crate::provider) has_reasoned: bool,
    /// Things to know, each once.
    pub(in crate::provider) warnings: Vec<String>,
    /// The sources that it names.
    pub(in crate::provider) citations: Citations,
    /// What the provider itself says that it cost, US dollars.
    pub(in crate::provider) stated_cost: Option<Decimal>,
}

impl Answer {
    /// Adds a warning unless it is there, or there are so many that nobody reads them: a hostile answer can cause any number.
    pub(in crate::provider) fn warn(&mut self, warning: &str) {
        const MOST_WARNINGS: usize = 20;
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.iter().any(|known| known == warning) {
            self.warnings.push(warning.to_owned());
        }
    }

    /// Counts an event of a kind that is not known here.
    pub(super) fn skip(&mut self, kind: &str) {
        self.unknown_events = self.unknown_events.saturating_add(1);
        self.unknown_kind.get_or_insert_with(|| kind.chars().take(80).collect());
    }

    /// Keeps why the model stopped, in the one word of all makers where theirs is known. Relays close an answer with a `stop` of their own: it does not undo
    /// what was cut, withheld or given up.
    pub(super) fn finish(&mut self, reason: &str) {
        if says_nothing(reason) {
            return;
        }
        let ending = ending_of(reason);
        let stands = self.given_up || matches!(self.finish_reason.as_deref(), Some("length" | "content_filter"));
        if stands && matches!(ending, Some(Ending::Stop) | None) {
            return;
        }
        self.given_up = ending == Some(Ending::GivenUp);
        self.unknown_finish = ending.is_none();
        let word = match ending {
            Some(Ending::Stop) => "stop",
            Some(Ending::Length) => "length",
            Some(Ending::ToolCalls) => "tool_calls",
            Some(Ending::Filtered) => {
                self.withheld = (reason != "content_filter").then(|| shortened(reason)).or_else(|| self.withheld.take());
                "content_filter"
            }
            Some(Ending::GivenUp) | None => reason,
        };
        if self.finish_reason.as_deref() != Some(word) {
            self.finish_reason = Some(shortened(word));
        }
    }

    /// The same of a reason that is a text, or an object of a `type` and the words of an abort, as SGLang writes it.
    pub(super) fn finish_with(&mut self, reason: &Json<'_>) {
        let Some(word) = reason.get("type").unwrap_or(reason).word() else { return };
        self.finish(&word);
        if reason.is_map() && self.given_up {
            self.error = ErrorBody::of(reason).filter(|error| !error.message.is_empty()).or_else(|| self.error.take());
        }
    }

    /// Reasoning, never empty.
    pub(super) fn reason(&mut self, text: &str, emit: &mut dyn FnMut(Piece<'_>)) {
        self.has_reasoned = true;
        emit(Piece::Reasoning(text));
    }

    /// Something of the answer was said.
    pub(super) fn has_begun(&self) -> bool {
        self.has_reasoned || self.calls.has_begun()
    }

    /// Visible text that is the whole answer so far, never empty: what pieces told before is not told again. `or_next`: it may as well be the next piece.
    pub(super) fn whole_text(&mut self, text: &str, or_next: bool, emit: &mut dyn FnMut(Piece<'_>)) {
        // Calls are a part of what is shown, and of no provider's text.
        if !self.calls.any() {
            self.calls.said_text();
            emit(if or_next { Piece::WholeOrNext(text) } else { Piece::WholeContent(text) });
        }
    }

    /// A part of the answer of a kind that is not shown here.
    pub(super) fn not_shown(&mut self, kind: &str) {
        self.warn(&format!("the answer holds “{}”, which is not shown", kind.chars().take(60).collect::<String>()));
    }

    /// There is another answer beside the first.
    pub(super) fn one_more_answer(&mut self) {
        self.warn("the provider sent more than one answer; only the first is kept");
    }

    /// The model's own words for why it does not answer, never empty: they are the visible text.
    pub(super) fn refusal(&mut self, text: &str, emit: &mut dyn FnMut(Piece<'_>)) {
        self.warn("the model refused");
        self.calls.text(text, emit);
    }

    /// Keeps that the provider withheld the answer or its rest, and its word for why.
    pub(super) fn withhold(&mut self, word: &str) {
        self.finish("content_filter");
        self.withheld = Some(shortened(word));
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(super::LONGEST_NAME_CHARS).collect()
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
    /// JSON of more values than any answer has.
    #[error("JSON of too many values")]
    TooManyValues,
}

/// One wire format. Everything here is pure: text in, text out.
pub(in crate::provider) trait Wire: Send + Sync {
    /// The format that this is.
    fn format(&self) -> WireFormat;

    /// Path of the chat request, below the base URL, with its query; never with a key.
    fn chat_path(&self, model: &str, stream: bool) -> Cow<'static, str>;

    /// Path of the model list, below the base URL.
    fn models_path(&self) -> &'static str {
        "/models"
    }

    /// Headers that every request carries; a connection's own header of the same name stands in their place.
    fn fixed_headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Writes a request.
    fn write(&self, request: &ChatRequest, pictures: Pictures) -> Written;

    /// Reads one event of a stream. Events without interest are no error.
    fn decode_event(&self, event: &Event<'_>, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable>;

    /// Reads an answer that came whole.
    fn decode_whole(&self, body: &str, answer: &mut Answer, emit: &mut dyn FnMut(Piece<'_>)) -> Result<(), Unreadable>;

    /// Reads an error body; absent when it is none.
    fn decode_error(&self, body: &str) -> Option<ErrorBody> {
        ErrorBody::read(body)
    }

    /// How the request may be spelled so that the server takes it; absent when this refusal is about something else.
    fn amendment(&self, request: &ChatRequest, status: u16, body: &str) -> Option<Amendment> {
        refused_parameters::amendment(request, status, body)
    }

    /// Reads a model list: ids as given, in order, each once.
    fn decode_models(&self, body: &str) -> Result<Vec<String>, Unreadable> {
        model_list::read(body)
    }
}

/// The wire of a format.
pub(in crate::provider) fn wire_of(format: WireFormat) -> &'static dyn Wire {
    match format {
        WireFormat::OpenAiChat => &OpenAiChat,
        WireFormat::OpenAiResponses => &OpenAiResponses,
        WireFormat::AnthropicMessages => &Anthropic,
        WireFormat::Gemini => &Gemini,
    }
}
