//! Token counts of one attempt, normalised over providers.

use serde::{Deserialize, Serialize};

/// Who counted the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UsageSource {
    /// The provider's `usage` of this attempt.
    Provider,
    /// Our own estimate, because the provider gave none.
    Estimated,
}

impl UsageSource {
    /// The word in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Estimated => "estimated",
        }
    }
}

/// Token counts. `input_tokens` includes `cached_input_tokens` and `cache_write_tokens`; `output_tokens` includes `reasoning_tokens`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens, cached ones included.
    pub input_tokens: u64,
    /// Those read from the provider's cache; absent when not told.
    pub cached_input_tokens: Option<u64>,
    /// Those written to the provider's cache; absent when not told.
    pub cache_write_tokens: Option<u64>,
    /// Answer tokens, reasoning included.
    pub output_tokens: u64,
    /// Those spent on reasoning; absent when not told.
    pub reasoning_tokens: Option<u64>,
    /// Who counted.
    pub source: UsageSource,
}

/// Counts the tokens of a text; an estimate unless it is the model's own tokenizer.
pub trait TokenCounter: Send + Sync {
    /// Tokens in `text`; never fails, 0 only for the empty text.
    fn count_tokens(&self, text: &str) -> u64;
}

/// A rough count without a vocabulary: four bytes of ASCII a token, one token for every other character.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoughCounter;

impl TokenCounter for RoughCounter {
    fn count_tokens(&self, text: &str) -> u64 {
        let (mut ascii, mut other) = (0u64, 0u64);
        for c in text.chars() {
            if c.is_ascii() { ascii += 1 } else { other += 1 }
        }
        ascii.div_ceil(4) + other
    }
}
