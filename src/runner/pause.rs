//! How long a run has been paused in all.

use std::time::Duration;

use tokio::time::Instant;

/// Adds up pauses, so that a pause counts in no trial's waiting.
#[derive(Default)]
pub(super) struct PauseClock {
    over: Duration,
    since: Option<Instant>,
}

impl PauseClock {
    pub(super) fn set(&mut self, paused: bool, now: Instant) {
        match (self.since, paused) {
            (None, true) => self.since = Some(now),
            (Some(since), false) => {
                self.over += now.saturating_duration_since(since);
                self.since = None;
            }
            _ => {}
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.since.is_some()
    }

    /// Time paused up to now; differences of two readings are the pause between them.
    pub(super) fn reading(&self, now: Instant) -> Duration {
        self.over + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}
