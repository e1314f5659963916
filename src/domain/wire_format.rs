//! How requests are written and answers are read, and what a server has shown about its own way of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A wire format. One file in `provider::wire` each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum WireFormat {
    /// OpenAI chat completions, as nearly every provider and relay speaks it.
    #[default]
    #[serde(rename = "openai_chat")]
    OpenAiChat,
    /// OpenAI's Responses, its newer format: reasoning models do best with it.
    #[serde(rename = "openai_responses")]
    OpenAiResponses,
    /// Anthropic Messages.
    #[serde(rename = "anthropic_messages")]
    AnthropicMessages,
    /// Google's `generateContent`.
    #[serde(rename = "gemini")]
    Gemini,
}

impl WireFormat {
    /// Every format, in the order on screen.
    pub const ALL: [Self; 4] = [Self::OpenAiChat, Self::OpenAiResponses, Self::AnthropicMessages, Self::Gemini];

    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::OpenAiChat => "OpenAI chat completions",
            Self::OpenAiResponses => "OpenAI Responses",
            Self::AnthropicMessages => "Anthropic Messages",
            Self::Gemini => "Gemini",
        }
    }

    /// The word on the command line and in its JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::AnthropicMessages => "anthropic-messages",
            Self::Gemini => "gemini",
        }
    }

    /// Where the maker of the format answers.
    pub fn usual_base_url(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => "https://api.openai.com/v1",
            Self::AnthropicMessages => "https://api.anthropic.com/v1",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }
}

/// Something that a server wants to have written otherwise than the wire format has it. It is found out by a refusal, which costs nothing, and
/// the same request is then sent once more in the other spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Amendment {
    /// The server refuses `stream_options`: it is left out, and the stream may hold no token counts.
    NoStreamOptions,
    /// This model refuses `max_tokens` and wants `max_completion_tokens`.
    MaxCompletionTokens,
    /// This model refuses `max_completion_tokens`, by which it was asked before, and wants `max_tokens`.
    MaxTokens,
}

impl Amendment {
    /// What was changed, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoStreamOptions => "the server refused stream_options; the request was sent again without it",
            Self::MaxCompletionTokens => "the server refused max_tokens; the request was sent again with max_completion_tokens",
            Self::MaxTokens => "the server refused max_completion_tokens; the request was sent again with max_tokens",
        }
    }
}

/// How a request to one model is spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spelling {
    /// `stream_options` is left out.
    pub no_stream_options: bool,
    /// `max_completion_tokens` stands in place of `max_tokens`.
    pub max_completion_tokens: bool,
}

impl Spelling {
    /// This spelling, amended.
    #[must_use]
    pub fn with(mut self, amendment: Amendment) -> Self {
        match amendment {
            Amendment::NoStreamOptions => self.no_stream_options = true,
            Amendment::MaxCompletionTokens => self.max_completion_tokens = true,
            Amendment::MaxTokens => self.max_completion_tokens = false,
        }
        self
    }
}

/// What is known about a connection's own way of its wire format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialect {
    /// The server refuses `stream_options`.
    pub no_stream_options: bool,
    /// Models that want `max_completion_tokens`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub max_completion_tokens: BTreeSet<String>,
}

impl Dialect {
    /// Nothing is known, which is how most servers stay.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// How a request to `model` is spelled.
    pub fn spelling_of(&self, model: &str) -> Spelling {
        Spelling { no_stream_options: self.no_stream_options, max_completion_tokens: self.max_completion_tokens.contains(model) }
    }

    /// Remembers what a server has shown at a request to `model`.
    pub fn learn(&mut self, model: &str, amendment: Amendment) {
        match amendment {
            Amendment::NoStreamOptions => self.no_stream_options = true,
            Amendment::MaxCompletionTokens => {
                self.max_completion_tokens.insert(model.to_owned());
            }
            Amendment::MaxTokens => {
                self.max_completion_tokens.remove(model);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_learnt_is_spelled_so() {
        let mut dialect = Dialect::default();
        assert!(dialect.is_plain());
        dialect.learn("o3", Amendment::MaxCompletionTokens);
        dialect.learn("o3", Amendment::NoStreamOptions);
        assert_eq!(dialect.spelling_of("o3"), Spelling { no_stream_options: true, max_completion_tokens: true });
        assert_eq!(dialect.spelling_of("gpt-4.1"), Spelling { no_stream_options: true, max_completion_tokens: false });
        let read: Dialect = serde_json::from_value(serde_json::to_value(&dialect).unwrap()).unwrap();
        assert_eq!(read, dialect);
        dialect.learn("o3", Amendment::MaxTokens);
        assert!(!dialect.spelling_of("o3").max_completion_tokens);
    }
}
