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

    /// How the key is sent.
    pub fn key_header(self) -> KeyHeader {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses => KeyHeader { name: "authorization", prefix: "Bearer " },
            Self::AnthropicMessages => KeyHeader { name: "x-api-key", prefix: "" },
            Self::Gemini => KeyHeader { name: "x-goog-api-key", prefix: "" },
        }
    }
}

/// The header that a key is sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHeader {
    /// Lower case.
    pub name: &'static str,
    /// What stands before the key, such as `Bearer `; may be empty.
    pub prefix: &'static str,
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
    /// This model refuses `temperature`.
    NoTemperature,
    /// This model refuses `top_p`.
    NoTopP,
    /// This model always thinks, and refuses to be told not to.
    NoThinkingOff,
}

impl Amendment {
    /// The two are about the same thing: whoever was amended by one has nothing to gain from the other.
    pub fn is_about_the_same(self, other: Self) -> bool {
        let plain = |amendment| if amendment == Self::MaxTokens { Self::MaxCompletionTokens } else { amendment };
        plain(self) == plain(other)
    }

    /// What was changed, for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoStreamOptions => "the server refused stream_options; the request was sent again without it",
            Self::MaxCompletionTokens => "the server refused max_tokens; the request was sent again with max_completion_tokens",
            Self::MaxTokens => "the server refused max_completion_tokens; the request was sent again with max_tokens",
            Self::NoTemperature => "this model refused temperature; the request was sent again without it",
            Self::NoTopP => "this model refused top_p; the request was sent again without it",
            Self::NoThinkingOff => "this model refused to have its thinking switched off; the request was sent again without that",
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
    /// `temperature` is left out, and told to be.
    pub no_temperature: bool,
    /// `top_p` is left out, and told to be.
    pub no_top_p: bool,
    /// Thinking is not switched off, and told not to be.
    pub no_thinking_off: bool,
    /// Over OpenAI chat completions thinking is switched by `thinking: {type}` in place of `enable_thinking`: DeepSeek.
    pub thinking_by_type: bool,
}

impl Spelling {
    /// This spelling, amended.
    #[must_use]
    pub fn with(mut self, amendment: Amendment) -> Self {
        match amendment {
            Amendment::NoStreamOptions => self.no_stream_options = true,
            Amendment::MaxCompletionTokens => self.max_completion_tokens = true,
            Amendment::MaxTokens => self.max_completion_tokens = false,
            Amendment::NoTemperature => self.no_temperature = true,
            Amendment::NoTopP => self.no_top_p = true,
            Amendment::NoThinkingOff => self.no_thinking_off = true,
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
    /// Models that refuse `temperature`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub no_temperature: BTreeSet<String>,
    /// Models that refuse `top_p`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub no_top_p: BTreeSet<String>,
    /// Models whose thinking cannot be switched off.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub no_thinking_off: BTreeSet<String>,
}

impl Dialect {
    /// Nothing is known, which is how most servers stay.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// How a request to `model` is spelled, as far as its server has shown.
    pub fn spelling_of(&self, model: &str) -> Spelling {
        Spelling {
            no_stream_options: self.no_stream_options,
            max_completion_tokens: self.max_completion_tokens.contains(model),
            no_temperature: self.no_temperature.contains(model),
            no_top_p: self.no_top_p.contains(model),
            no_thinking_off: self.no_thinking_off.contains(model),
            thinking_by_type: false,
        }
    }

    /// Remembers what a server has shown at a request to `model`.
    pub fn learn(&mut self, model: &str, amendment: Amendment) {
        let models = match amendment {
            Amendment::NoStreamOptions => {
                self.no_stream_options = true;
                return;
            }
            Amendment::MaxTokens => {
                self.max_completion_tokens.remove(model);
                return;
            }
            Amendment::MaxCompletionTokens => &mut self.max_completion_tokens,
            Amendment::NoTemperature => &mut self.no_temperature,
            Amendment::NoTopP => &mut self.no_top_p,
            Amendment::NoThinkingOff => &mut self.no_thinking_off,
        };
        models.insert(model.to_owned());
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
        for amendment in [Amendment::NoTemperature, Amendment::NoTopP, Amendment::NoThinkingOff] {
            dialect.learn("o3", amendment);
        }
        let all = Spelling {
            no_stream_options: true,
            max_completion_tokens: true,
            no_temperature: true,
            no_top_p: true,
            no_thinking_off: true,
            thinking_by_type: false,
        };
        assert_eq!(dialect.spelling_of("o3"), all);
        assert_eq!(dialect.spelling_of("gpt-4.1"), Spelling { no_stream_options: true, ..Spelling::default() });
        let read: Dialect = serde_json::from_value(serde_json::to_value(&dialect).unwrap()).unwrap();
        assert_eq!(read, dialect);
        dialect.learn("o3", Amendment::MaxTokens);
        assert!(!dialect.spelling_of("o3").max_completion_tokens);
    }
}
