//! What a person made of an answer while seeing whose it is (blind ratings are another thing).

use serde::{Deserialize, Serialize};

/// Thumb up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thumb {
    /// Good.
    Up,
    /// Bad.
    Down,
}

impl Thumb {
    /// The word in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A person's judgement of one trial's answer; all parts are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judgement {
    /// Thumb.
    pub thumb: Option<Thumb>,
    /// 1–5.
    pub score: Option<u8>,
    /// Free text; empty when there is none.
    pub note: String,
}

impl Judgement {
    /// Nothing was said.
    pub fn is_empty(&self) -> bool {
        self.thumb.is_none() && self.score.is_none() && self.note.is_empty()
    }
}
