//! Whether and when a failed attempt is followed by another.

use std::time::Duration;

use crate::domain::{Cell, Failure, RunSettings};
use crate::provider::CallError;

use super::order::draw;

/// The longest first wait; each further one doubles up to [`LONGEST_BACKOFF_MS`].
const FIRST_BACKOFF_MS: u64 = 1_000;
const LONGEST_BACKOFF_MS: u64 = 16_000;
/// A server that asks for a longer wait than this (a quota of a day, a fault) is not waited for.
pub(super) const LONGEST_ASKED_WAIT: Duration = Duration::from_hours(1);
/// Failure messages are at most this long.
const MESSAGE_CHARS: usize = 500;

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another attempt after this wait.
    Retry(Duration),
    /// The trial has failed.
    GiveUp(Failure),
}

/// Decides after attempt number `attempt` (from 1). The wait is what the server asked for, else 1, 2, 4, 8, 16 s with full jitter:
/// any wait from 0 to that long, in whole milliseconds, drawn from the run's seed, the cell and the attempt.
pub(super) fn after_failure(error: &CallError, retry_after: Option<Duration>, attempt: u32, cell: Cell, settings: &RunSettings) -> Next {
    if !error.retryable || attempt > settings.retries {
        return Next::GiveUp(error.to_failure());
    }
    match retry_after {
        Some(asked) if asked > LONGEST_ASKED_WAIT => Next::GiveUp(too_long(error, asked)),
        Some(asked) => Next::Retry(asked),
        None => {
            let longest = (FIRST_BACKOFF_MS << attempt.saturating_sub(1).min(10)).min(LONGEST_BACKOFF_MS);
            let purpose = [3, u64::from(cell.case_index), u64::from(cell.repeat), u64::from(cell.target_index), u64::from(attempt)];
            Next::Retry(Duration::from_millis(draw(settings.seed, &purpose) % (longest + 1)))
        }
    }
}

fn too_long(error: &CallError, asked: Duration) -> Failure {
    let told = format!(
        "; the server asks to wait {} s, longer than the {} s that a trial waits: retry later",
        asked.as_secs(),
        LONGEST_ASKED_WAIT.as_secs()
    );
    let message: String = error.message.chars().take(MESSAGE_CHARS - told.chars().count()).collect();
    Failure { kind: error.kind, message: message + &told }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    const CELL: Cell = Cell { case_index: 3, target_index: 1, repeat: 0 };

    fn error(retryable: bool) -> CallError {
        CallError { kind: FailureKind::RateLimited, message: "x".repeat(490), retryable }
    }

    fn wait(attempt: u32, cell: Cell) -> Duration {
        match after_failure(&error(true), None, attempt, cell, &RunSettings { retries: 10, ..RunSettings::default() }) {
            Next::Retry(wait) => wait,
            Next::GiveUp(failure) => panic!("gave up: {failure:?}"),
        }
    }

    #[test]
    fn waits_are_spread_over_the_whole_doubling_span() {
        for (attempt, longest_ms) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 16_000), (6, 16_000), (10, 16_000)] {
            let waits: Vec<u128> = (0..400).map(|case_index| wait(attempt, Cell { case_index, ..CELL }).as_millis()).collect();
            let (shortest, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*longest <= longest_ms && *longest > longest_ms * 9 / 10, "attempt {attempt}: up to {longest} ms");
            assert!(*shortest < longest_ms / 10, "attempt {attempt}: from {shortest} ms");
            let mean = waits.iter().sum::<u128>() / 400;
            assert!((longest_ms * 4 / 10..longest_ms * 6 / 10).contains(&mean), "attempt {attempt}: mean {mean} ms");
        }
        assert_eq!(wait(1, CELL), wait(1, CELL));
    }

    #[test]
    fn the_number_of_retries_is_a_bound() {
        let after = |attempt, retries| after_failure(&error(true), None, attempt, CELL, &RunSettings { retries, ..RunSettings::default() });
        assert!(matches!(after(5, 5), Next::Retry(_)));
        assert!(matches!(after(6, 5), Next::GiveUp(_)));
        assert!(matches!(after(1, 0), Next::GiveUp(_)));
        assert!(matches!(after_failure(&error(false), None, 1, CELL, &RunSettings::default()), Next::GiveUp(_)));
    }

    #[test]
    fn a_server_is_waited_for_an_hour_at_most() {
        let after = |asked| after_failure(&error(true), Some(asked), 1, CELL, &RunSettings::default());
        assert_eq!(after(Duration::from_secs(2)), Next::Retry(Duration::from_secs(2)));
        assert_eq!(after(Duration::from_hours(1)), Next::Retry(Duration::from_hours(1)));
        let Next::GiveUp(failure) = after(Duration::from_hours(2)) else { panic!("waits two hours") };
        assert_eq!(failure.kind, FailureKind::RateLimited);
        assert!(failure.message.contains("7200 s") && failure.message.chars().count() <= 500, "{}", failure.message);
        assert!(matches!(after(Duration::MAX), Next::GiveUp(_)));
    }
}
