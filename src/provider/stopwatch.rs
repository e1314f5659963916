//! The clock of one attempt: microseconds since its start, and what ends it when it takes too long.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{FailureKind, Limits, whole_us};

use super::CallError;

/// Started the instant before the request is handed to the HTTP client.
#[derive(Clone, Debug)]
pub(super) struct Stopwatch {
    pub(super) started: Instant,
    first_byte_by: Instant,
    attempt_by: Instant,
    limits: Limits,
}

/// No bound is longer, so that adding it to an instant cannot overflow.
const LONGEST_BOUND: Duration = Duration::from_hours(365 * 24);

fn bound(ms: u64) -> Duration {
    Duration::from_millis(ms).min(LONGEST_BOUND)
}

impl Stopwatch {
    /// Starts now.
    pub(super) fn start(limits: &Limits) -> Self {
        let started = Instant::now();
        Self {
            started,
            first_byte_by: started + bound(limits.first_byte_timeout_ms),
            attempt_by: started + bound(limits.attempt_timeout_ms),
            limits: limits.clone(),
        }
    }

    /// Microseconds from the start to `at`.
    pub(super) fn us(&self, at: Instant) -> u64 {
        whole_us(at.saturating_duration_since(self.started))
    }

    /// Microseconds from the start to now.
    pub(super) fn now_us(&self) -> u64 {
        self.us(Instant::now())
    }

    /// When to stop waiting for the next byte of the body, the last one having come at `last_byte`, and why then.
    pub(super) fn next_byte_by(&self, last_byte: Option<Instant>) -> (Instant, FailureKind) {
        let (by, kind) = match last_byte {
            None => (self.first_byte_by, FailureKind::FirstByteTimeout),
            Some(at) => (at + bound(self.limits.idle_timeout_ms), FailureKind::IdleTimeout),
        };
        if self.attempt_by <= by { (self.attempt_by, FailureKind::AttemptTimeout) } else { (by, kind) }
    }

    /// The whole attempt has had its time.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.attempt_by
    }

    /// The failure of having waited too long.
    pub(super) fn late(&self, kind: FailureKind) -> CallError {
        let seconds = |ms: u64| if ms.is_multiple_of(1_000) { format!("{} s", ms / 1_000) } else { format!("{ms} ms") };
        let message = match kind {
            FailureKind::IdleTimeout => format!(
                "The answer stalled: nothing came for {}. What came is kept. Try again, or raise the idle timeout of this connection.",
                seconds(self.limits.idle_timeout_ms)
            ),
            FailureKind::AttemptTimeout => format!(
                "The attempt was ended after {}. What came is kept. Ask for fewer tokens, or raise the attempt timeout of this connection.",
                seconds(self.limits.attempt_timeout_ms)
            ),
            _ => format!(
                "The server gave no answer within {}. Try again, or raise the first-byte timeout of this connection.",
                seconds(self.limits.first_byte_timeout_ms)
            ),
        };
        CallError { kind, message, retryable: false }
    }
}
