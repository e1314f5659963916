//! What really happened, as the server that sent an answer saw it.

use serde::{Deserialize, Serialize};

/// Stands before the id in the first text of every answer: `#17 `.
pub(super) const MARK: char = '#';

/// How the paced model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// From the request to the first text, milliseconds.
    pub first_ms: u64,
    /// From one text to the next, milliseconds.
    pub gap_ms: u64,
    /// Texts of an answer, at least 1.
    pub chunks: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first_ms: 50, gap_ms: 5, chunks: 40 }
    }
}

/// One streamed answer by the server's own monotonic clock. Each stamp is taken right before the bytes are handed to the system, in nanoseconds after
/// the whole request had been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Ascending in the order of the requests, from a number drawn by each server; stands in the answer's first text after [`MARK`].
    pub id: u64,
    /// Which request of its TCP connection it was, from 1: the first one paid for setting the connection up.
    pub nth_on_connection: u32,
    /// The first text.
    pub first_ns: u64,
    /// The last text; the same write carries the end mark.
    pub last_ns: u64,
    /// The longest time between two texts that follow each other.
    pub longest_gap_ns: u64,
    /// Texts sent.
    pub chunks: u32,
}

impl Truth {
    /// The text number `nth` (from 0) is sent now.
    pub(super) fn sent(&mut self, nth: u32, now_ns: u64) {
        if nth == 0 {
            self.first_ns = now_ns;
        } else {
            self.longest_gap_ns = self.longest_gap_ns.max(now_ns.saturating_sub(self.last_ns));
        }
        self.last_ns = now_ns;
    }
}

/// What the server answers to `GET /truth`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TruthList {
    /// In the order in which the answers ended.
    pub answers: Vec<Truth>,
}

/// The id in the first text of an answer of the truth server; absent in every other text.
pub fn marked_id(text: &str) -> Option<u64> {
    let digits = text.strip_prefix(MARK)?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::marked_id;

    #[test]
    fn the_id_stands_in_the_first_text() {
        assert_eq!(marked_id("#17 word"), Some(17));
        assert_eq!(marked_id("#17"), Some(17));
        for other in ["", "#", "17", "# 17", "#99999999999999999999 x"] {
            assert_eq!(marked_id(other), None, "{other}");
        }
    }
}
