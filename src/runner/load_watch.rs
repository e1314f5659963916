//! Quiet-time check: how late this program gets to run while it measures. A timer on the same runtime as the requests says when it should be woken,
//! and looks when it was: by so much a stamp can be late too.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// From one look to the next. Being held up for twice as long is always seen, more briefly often; 200 wake-ups a second, and only while an attempt is
/// in flight, take a few thousandths of one core.
const PERIOD: Duration = Duration::from_millis(5);
/// The runtime wakes a timer up to this much after its time even when nothing holds it up: no part of being late.
const GRAIN: Duration = Duration::from_millis(1);

/// Watches while somebody measures.
#[derive(Debug, Default)]
pub(super) struct LoadWatch(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Attempts in flight.
    measuring: usize,
    /// The timer runs.
    runs: bool,
    /// When it should be woken next.
    due: Option<Instant>,
    /// Looks that were later than all looks after them, oldest first: the latest since any moment is found without keeping every look.
    latest: VecDeque<Look>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    at: Instant,
    late: Duration,
}

impl State {
    fn look(&mut self, at: Instant, late: Duration) {
        while self.latest.back().is_some_and(|before| before.late <= late) {
            self.latest.pop_back();
        }
        self.latest.push_back(Look { at, late });
    }

    /// The longest that a timer was late between `since` and `now`; of one that was due before, only the part since then.
    fn worst(&self, since: Instant, now: Instant) -> Duration {
        let after = self.latest.partition_point(|look| look.at < since);
        let seen = self.latest.iter().skip(after).map(|look| look.late.min(look.at.saturating_duration_since(since))).take(2).max();
        // The task of the attempt may run before the timer that is just as late.
        let overdue = self.due.map_or(Duration::ZERO, |due| now.saturating_duration_since(due.max(since)));
        seen.unwrap_or_default().max(overdue)
    }
}

impl LoadWatch {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt begins.
    pub(super) fn begin(watch: &Arc<Self>) -> Watching {
        let mut state = watch.state();
        state.measuring += 1;
        if !state.runs {
            state.runs = true;
            tokio::spawn(keep_looking(Arc::clone(watch)));
        }
        drop(state);
        Watching { watch: Arc::clone(watch), since: Instant::now() }
    }
}

async fn keep_looking(watch: Arc<LoadWatch>) {
    loop {
        let wake_at = Instant::now() + PERIOD;
        let due = wake_at + GRAIN;
        watch.state().due = Some(due);
        sleep_until(wake_at).await;
        let now = Instant::now();
        let mut state = watch.state();
        state.look(now, now.saturating_duration_since(due));
        if state.measuring == 0 {
            *state = State::default();
            return;
        }
    }
}

/// One attempt that is watched over; dropping it ends that.
#[derive(Debug)]
pub(super) struct Watching {
    watch: Arc<LoadWatch>,
    since: Instant,
}

impl Watching {
    /// The longest that the timer was late since the attempt began.
    pub(super) fn worst(&self) -> Duration {
        self.watch.state().worst(self.since, Instant::now())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watch.state().measuring -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn the_worst_since_any_moment_is_kept() {
        let zero = Instant::now();
        let mut state = State::default();
        for (at, late) in [(10, 4), (20, 9), (30, 2), (40, 6), (50, 1)] {
            state.look(zero + ms(at), ms(late));
        }
        assert_eq!(state.latest.len(), 3);
        let worst = |since| state.worst(zero + ms(since), zero + ms(60));
        assert_eq!((worst(0), worst(11), worst(21), worst(41), worst(51)), (ms(9), ms(9), ms(6), ms(1), ms(0)));
        assert_eq!(worst(15), ms(6), "only 5 ms of the 9 were in it");
    }

    #[test]
    fn a_timer_that_is_due_and_has_not_run_counts() {
        let zero = Instant::now();
        let state = State { due: Some(zero + ms(5)), ..State::default() };
        assert_eq!(state.worst(zero, zero + ms(30)), ms(25));
        assert_eq!(state.worst(zero + ms(20), zero + ms(30)), ms(10));
        assert_eq!(state.worst(zero, zero + ms(3)), ms(0));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_wakes_up_while_nothing_is_measured() {
        let watch = Arc::new(LoadWatch::default());
        let (one, other) = (LoadWatch::begin(&watch), LoadWatch::begin(&watch));
        tokio::time::sleep(ms(100)).await;
        assert_eq!(one.worst(), ms(0));
        assert!(watch.state().runs);
        drop(one);
        tokio::time::sleep(ms(20)).await;
        assert!(watch.state().runs);
        drop(other);
        tokio::time::sleep(ms(20)).await;
        assert!(!watch.state().runs);
        let again = LoadWatch::begin(&watch);
        assert!(watch.state().runs);
        drop(again);
    }

    #[tokio::test(start_paused = true)]
    async fn a_runtime_that_is_held_up_is_seen() {
        let watch = Arc::new(LoadWatch::default());
        let before = LoadWatch::begin(&watch);
        tokio::time::sleep(ms(12)).await;
        let during = LoadWatch::begin(&watch);
        // Moves the clock on without letting any timer run in between: what a busy computer does.
        tokio::time::advance(ms(40)).await;
        assert!(during.worst() >= ms(35), "{:?}", during.worst());
        tokio::time::sleep(ms(20)).await;
        assert!((ms(35)..=ms(40)).contains(&before.worst()) && before.worst() >= during.worst());
        let after = LoadWatch::begin(&watch);
        tokio::time::sleep(ms(50)).await;
        assert_eq!(after.worst(), ms(0));
    }
}
