//! When what happened in one attempt, and the figures made from it. The one place that defines them.

use serde::{Deserialize, Serialize};

use super::Usage;

/// Stamps of one attempt, microseconds after `start`: the instant before the request is handed to the HTTP client,
/// so that a new connection's set-up is inside. Taken on the task that reads the socket, before parsing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// The answer came as a stream of events.
    pub streamed: bool,
    /// Response headers; absent when none came.
    pub headers_us: Option<u64>,
    /// First event of any kind.
    pub first_chunk_us: Option<u64>,
    /// First reasoning text.
    pub first_reasoning_us: Option<u64>,
    /// First visible text.
    pub first_content_us: Option<u64>,
    /// Last reasoning or visible text.
    pub last_output_us: Option<u64>,
    /// Last visible text.
    pub last_content_us: Option<u64>,
    /// The end mark or the end of the body, whichever is first; for a failed attempt its end.
    pub end_us: u64,
    /// Events that carried reasoning or visible text.
    pub output_arrivals: u32,
    /// Events that carried visible text.
    pub content_arrivals: u32,
}

/// A span shorter than this tells nothing about speed: the server or a relay held the answer back.
const SHORTEST_SPEED_SPAN_US: u64 = 10_000;

impl Timing {
    /// TTFT: `first_content − start`. Absent when not streamed or without visible text.
    pub fn ttft_us(&self) -> Option<u64> {
        self.first_content_us.filter(|_| self.streamed)
    }

    /// Total: `end − start`.
    pub fn total_us(&self) -> u64 {
        self.end_us
    }

    /// Output speed in tokens per second: `(tokens − 1) / (last_output − first output of either kind)`. Where reasoning is
    /// counted but not streamed, only visible tokens and visible arrivals count. Absent when not streamed, with fewer than
    /// two arrivals, or over a span under 10 ms.
    pub fn output_tokens_per_s(&self, usage: &Usage) -> Option<f64> {
        if !self.streamed {
            return None;
        }
        let hidden_reasoning = usage.reasoning_tokens.is_some_and(|n| n > 0) && self.first_reasoning_us.is_none();
        let (tokens, first, last, arrivals) = if hidden_reasoning {
            let visible = usage.output_tokens.saturating_sub(usage.reasoning_tokens.unwrap_or(0));
            (visible, self.first_content_us?, self.last_content_us?, self.content_arrivals)
        } else {
            let first = match (self.first_reasoning_us, self.first_content_us) {
                (Some(reasoning), Some(content)) => reasoning.min(content),
                (reasoning, content) => reasoning.or(content)?,
            };
            (usage.output_tokens, first, self.last_output_us?, self.output_arrivals)
        };
        let span_us = last.checked_sub(first)?;
        if arrivals < 2 || span_us < SHORTEST_SPEED_SPAN_US || tokens < 2 {
            return None;
        }
        Some((tokens - 1) as f64 / (span_us as f64 / 1e6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UsageSource;

    fn usage(output_tokens: u64, reasoning_tokens: Option<u64>) -> Usage {
        Usage {
            input_tokens: 1,
            cached_input_tokens: None,
            cache_write_tokens: None,
            output_tokens,
            reasoning_tokens,
            source: UsageSource::Provider,
        }
    }

    fn streamed() -> Timing {
        Timing {
            streamed: true,
            headers_us: Some(90_000),
            first_chunk_us: Some(95_000),
            first_reasoning_us: None,
            first_content_us: Some(100_000),
            last_output_us: Some(1_100_000),
            last_content_us: Some(1_100_000),
            end_us: 1_120_000,
            output_arrivals: 51,
            content_arrivals: 51,
        }
    }

    #[test]
    fn speed_counts_tokens_after_the_first() {
        assert_eq!(streamed().output_tokens_per_s(&usage(51, None)), Some(50.0));
        assert_eq!(streamed().ttft_us(), Some(100_000));
    }

    #[test]
    fn reasoning_that_was_not_streamed_does_not_count() {
        assert_eq!(streamed().output_tokens_per_s(&usage(1_051, Some(1_000))), Some(50.0));
        let shown = Timing { first_reasoning_us: Some(50_000), ..streamed() };
        assert_eq!(shown.output_tokens_per_s(&usage(1_051, Some(1_000))), Some(1_000.0));
    }

    #[test]
    fn a_relay_that_holds_the_answer_back_has_no_speed() {
        let burst = Timing { last_output_us: Some(105_000), last_content_us: Some(105_000), ..streamed() };
        assert_eq!(burst.output_tokens_per_s(&usage(51, None)), None);
        let single = Timing { output_arrivals: 1, ..streamed() };
        assert_eq!(single.output_tokens_per_s(&usage(51, None)), None);
        let plain = Timing { streamed: false, ..streamed() };
        assert_eq!((plain.ttft_us(), plain.output_tokens_per_s(&usage(51, None))), (None, None));
    }
}
