//! One breaker for each model at a connection: what fails again and again is left alone for a while, and then tried with one trial.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::FailureKind;
use crate::provider::CallError;

/// So many failures in a row open it.
const FAILURES_TO_OPEN: u32 = 5;
/// So long after that one trial is tried.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(30);

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All is sent.
    Closed,
    /// Nothing is sent until then.
    Open { until: Instant },
    /// One trial is on its way.
    Probing { place: u32 },
    /// The one trial failed too: nothing is sent any more.
    GaveUp,
}

/// Counts the failures in a row.
pub(super) struct Breaker {
    state: State,
    in_a_row: u32,
}

/// What a result did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It opened after so many failures in a row.
    Opened(u32),
    /// It closed again.
    Closed,
    /// The one trial failed too.
    GaveUp,
}

/// How an attempt ended, as a breaker sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The service works.
    Works,
    /// It could not be reached, was too slow, or broke.
    Broken,
    /// It refused this one as too many, or nobody knows: neither ends a row nor adds to it.
    Unsure,
}

impl Verdict {
    /// Only connect errors, timeouts and 5xx are against the service; any other refusal shows that it works.
    pub(super) fn of(result: &Result<(), CallError>, http_status: Option<u16>) -> Self {
        match result.as_ref().map_err(|error| error.kind) {
            Err(
                FailureKind::CannotResolve
                | FailureKind::Refused
                | FailureKind::Tls
                | FailureKind::Proxy
                | FailureKind::ConnectTimeout
                | FailureKind::FirstByteTimeout
                | FailureKind::IdleTimeout
                | FailureKind::AttemptTimeout
                | FailureKind::ServerError,
            ) => Self::Broken,
            Err(FailureKind::Network) if http_status.is_none() => Self::Broken,
            Err(FailureKind::RateLimited | FailureKind::Network | FailureKind::Internal) => Self::Unsure,
            Ok(()) | Err(_) => Self::Works,
        }
    }
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self { state: State::Closed, in_a_row: 0 }
    }

    /// A trial may be sent.
    pub(super) fn lets_through(&self, now: Instant) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { until } => until <= now,
            State::Probing { .. } | State::GaveUp => false,
        }
    }

    /// When the next trial is let through; absent when one is, or none will be before the one on its way is back.
    pub(super) fn opens_at(&self, now: Instant) -> Option<Instant> {
        if let State::Open { until } = self.state { Some(until).filter(|until| *until > now) } else { None }
    }

    /// A trial is sent; true when it is the one that is tried.
    pub(super) fn start(&mut self, place: u32) -> bool {
        let probes = matches!(self.state, State::Open { .. });
        if probes {
            self.state = State::Probing { place };
        }
        probes
    }

    /// The trial at this place was not sent after all: if it was the one that is tried, another may be, at once.
    pub(super) fn give_back(&mut self, place: u32, now: Instant) {
        if self.state == (State::Probing { place }) {
            self.state = State::Open { until: now };
        }
    }

    /// An attempt of the trial at this place ended. What was on its way when the breaker opened tells nothing when it fails, but opens it when it works.
    pub(super) fn hear(&mut self, place: u32, verdict: Verdict, now: Instant) -> Option<Turn> {
        let was = self.state;
        match (was, verdict) {
            (State::Closed, Verdict::Works) => self.in_a_row = 0,
            (State::Closed, Verdict::Broken) => {
                self.in_a_row += 1;
                if self.in_a_row >= FAILURES_TO_OPEN {
                    self.state = State::Open { until: now + OPEN_FOR };
                    return Some(Turn::Opened(self.in_a_row));
                }
            }
            (State::Open { .. } | State::Probing { .. }, Verdict::Works) => {
                *self = Self::new();
                return Some(Turn::Closed);
            }
            (State::Probing { place: probe }, Verdict::Broken) if probe == place => {
                self.state = State::GaveUp;
                return Some(Turn::GaveUp);
            }
            // Refused as one too many: it is there.
            (State::Probing { place: probe }, Verdict::Unsure) if probe == place => {
                *self = Self::new();
                return Some(Turn::Closed);
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        for _ in 1..FAILURES_TO_OPEN {
            assert_eq!(breaker.hear(0, Verdict::Broken, now), None);
            assert!(breaker.lets_through(now));
        }
        assert_eq!(breaker.hear(0, Verdict::Broken, now), Some(Turn::Opened(5)));
        breaker
    }

    #[test]
    fn five_in_a_row_open_it_and_one_trial_decides() {
        let now = Instant::now();
        let then = now + OPEN_FOR;
        for (verdict, turn) in [(Verdict::Works, Turn::Closed), (Verdict::Unsure, Turn::Closed), (Verdict::Broken, Turn::GaveUp)] {
            let mut breaker = opened(now);
            assert!(!breaker.lets_through(now) && breaker.lets_through(then));
            assert_eq!((breaker.opens_at(now), breaker.opens_at(then)), (Some(then), None));
            assert!(breaker.start(7) && !breaker.lets_through(then));
            assert_eq!(breaker.hear(3, Verdict::Broken, then), None, "it was on its way before");
            assert_eq!(breaker.hear(7, verdict, then), Some(turn));
            assert_eq!(breaker.lets_through(then), turn == Turn::Closed);
        }
    }

    #[test]
    fn only_a_row_counts() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        for _ in 0..20 {
            for _ in 1..FAILURES_TO_OPEN {
                assert_eq!(breaker.hear(0, Verdict::Broken, now), None);
                assert_eq!(breaker.hear(0, Verdict::Unsure, now), None);
            }
            assert_eq!(breaker.hear(0, Verdict::Works, now), None);
        }
    }

    #[test]
    fn an_answer_closes_it_and_a_probe_that_was_not_sent_is_no_probe() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(breaker.hear(0, Verdict::Works, now), Some(Turn::Closed));
        let mut breaker = opened(now);
        breaker.start(7);
        breaker.give_back(6, now);
        assert!(!breaker.lets_through(now));
        breaker.give_back(7, now);
        assert!(breaker.lets_through(now));
    }

    #[test]
    fn only_connect_errors_timeouts_and_5xx_are_against_it() {
        let verdict = |kind, status| {
            let error = CallError { kind, message: String::new(), retryable: true };
            Verdict::of(&Err(error), status)
        };
        assert_eq!(verdict(FailureKind::Refused, None), Verdict::Broken);
        assert_eq!(verdict(FailureKind::FirstByteTimeout, None), Verdict::Broken);
        assert_eq!(verdict(FailureKind::ServerError, Some(529)), Verdict::Broken);
        assert_eq!(verdict(FailureKind::Network, None), Verdict::Broken);
        assert_eq!(verdict(FailureKind::Network, Some(200)), Verdict::Unsure);
        assert_eq!(verdict(FailureKind::RateLimited, Some(429)), Verdict::Unsure);
        assert_eq!(verdict(FailureKind::Unauthorized, Some(401)), Verdict::Works);
        assert_eq!(verdict(FailureKind::Truncated, Some(200)), Verdict::Works);
        assert_eq!(Verdict::of(&Ok(()), Some(200)), Verdict::Works);
    }
}
