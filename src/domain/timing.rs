//! When what happened in one attempt, and the figures made from it. The one place that defines them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{GapHistogram, Usage};

/// How a request came by its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionUse {
    /// It was kept open and free: nothing of its set-up is in the times.
    Reused,
    /// It was made for this request: the set-up is inside the times.
    New,
    /// None was free at the start, and one that another request had made was free before its own was ready: that wait is inside the times.
    Awaited,
}

impl ConnectionUse {
    /// The word in exports and in the archive.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::New => "new",
            Self::Awaited => "awaited",
        }
    }

    /// Reads the word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Reused, Self::New, Self::Awaited].into_iter().find(|way| way.as_str() == word)
    }
}

/// The set-up of the connection that a request went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// How the request came by it.
    pub connection: ConnectionUse,
    /// Host name to addresses; absent unless the connection is new, and for a host that is an address.
    pub dns_us: Option<u64>,
    /// TCP and TLS together, to the first address that answered; absent unless the connection is new.
    pub connect_us: Option<u64>,
    /// Through this computer's proxy: the name is the proxy's where there is one, and connecting includes the tunnel.
    pub proxied: bool,
}

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
    /// The end mark, the end of the body, or, where finish reason and token counts came and the server then kept silent for a short grace, the last event;
    /// whichever is first. For a failed attempt its end.
    pub end_us: u64,
    /// Events that carried reasoning or visible text.
    pub output_arrivals: u32,
    /// Events that carried visible text.
    pub content_arrivals: u32,
    /// The longest stall: the longest gap between two events that carried text. Absent when not streamed, and with fewer than two such events.
    pub longest_gap_us: Option<u64>,
    /// The set-up of its connection; absent when the request got none, and in trials that were stored before it was measured.
    pub set_up: Option<SetUp>,
    /// Time that the computer slept while the attempt was made; 0 when it did not. Then no figure counts: see [`Self::slept`].
    pub slept_us: u64,
    /// The longest that this program's own timer was late while the attempt was made: how much too late a stamp can be. Absent when nothing watched.
    pub load_delay_us: Option<u64>,
}

/// Whole microseconds of a duration, as many as fit.
pub fn whole_us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A span shorter than this tells nothing about speed: the server or a relay held the answer back.
const SHORTEST_SPEED_SPAN_US: u64 = 10_000;

/// A timer that is later than this tells that the computer was too busy to measure: the trial counts as measured under load.
pub const UNDER_LOAD_US: u64 = 5_000;

impl Timing {
    /// TTFT: `first_content − start`. Absent when not streamed or without visible text.
    pub fn ttft_us(&self) -> Option<u64> {
        self.first_content_us.filter(|_| self.streamed)
    }

    /// Total: `end − start`.
    pub fn total_us(&self) -> u64 {
        self.end_us
    }

    /// Takes in that an event with reasoning or visible text arrived at `at_us`. A gap is the time since the event with text before it: inter-chunk,
    /// not inter-token, latency; 0 for events that came in one piece.
    pub fn output_arrived(&mut self, at_us: u64, gaps: &mut GapHistogram) {
        if let Some(last_us) = self.last_output_us {
            let gap_us = at_us.saturating_sub(last_us);
            gaps.add(gap_us);
            self.longest_gap_us = self.longest_gap_us.max(Some(gap_us));
        }
        self.last_output_us = Some(at_us);
        self.output_arrivals += 1;
    }

    /// The request waited for a connection, so network set-up is inside its times.
    pub fn waited_for_connection(&self) -> bool {
        self.set_up.is_some_and(|set_up| set_up.connection != ConnectionUse::Reused)
    }

    /// The computer slept meanwhile: the times are those of the sleep, and no statistic takes them in.
    pub fn slept(&self) -> bool {
        self.slept_us > 0
    }

    /// How late this program's timer was, when that is more than [`UNDER_LOAD_US`]: the attempt was measured under load.
    pub fn under_load_us(&self) -> Option<u64> {
        self.load_delay_us.filter(|delay_us| *delay_us > UNDER_LOAD_US)
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
            ..Timing::default()
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

    #[test]
    fn gaps_are_between_arrivals_of_text() {
        let (mut timing, mut gaps) = (Timing::default(), GapHistogram::default());
        timing.output_arrived(100, &mut gaps);
        assert_eq!((timing.longest_gap_us, gaps.n()), (None, 0));
        for at_us in [110, 110, 125] {
            timing.output_arrived(at_us, &mut gaps);
        }
        assert_eq!((timing.output_arrivals, timing.last_output_us, timing.longest_gap_us), (4, Some(125), Some(15)));
        assert_eq!((gaps.n(), gaps.percentile_us(50.0), gaps.percentile_us(100.0)), (3, Some(10.0), Some(15.0)));
    }

    #[test]
    fn what_a_trial_was_measured_under_is_told_apart() {
        let set_up = |connection| Some(SetUp { connection, dns_us: None, connect_us: None, proxied: false });
        let waited = |connection| Timing { set_up: set_up(connection), ..streamed() }.waited_for_connection();
        assert_eq!([ConnectionUse::Reused, ConnectionUse::New, ConnectionUse::Awaited].map(waited), [false, true, true]);
        assert!(!streamed().waited_for_connection(), "what was not measured is not said");
        let late = |delay| Timing { load_delay_us: delay, ..streamed() }.under_load_us();
        assert_eq!([None, Some(5_000), Some(5_001)].map(late), [None, None, Some(5_001)]);
    }
}
