//! How much a model is asked to think.

use serde::{Deserialize, Serialize};

/// The warning of a trial whose reasoning stood in the answer, between tags.
pub const REASONING_FROM_TAGS: &str = "the reasoning was taken from <think> tags";

/// The reasoning effort asked of a model. Each wire format says it in its own way; a step that one does not know becomes its nearest, with a
/// warning on the trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// None at all.
    None,
    /// As little as there is.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    XHigh,
    /// As much as there is.
    Max,
}

impl Effort {
    /// Every step, upwards.
    pub const ALL: [Self; 7] = [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::XHigh, Self::Max];

    /// The word in requests, on screen and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// Reads the word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_is_its_serde_name() {
        for effort in Effort::ALL {
            assert_eq!(Effort::from_word(effort.as_str()), Some(effort));
            assert_eq!(serde_json::to_value(effort).unwrap(), effort.as_str());
        }
    }
}
