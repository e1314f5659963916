//! After the computer slept, what waited meanwhile is not sent all at once: the network is only coming back, and so is every other program on it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::sleep_clock::{SleepClock, slept_between};

/// From the end of one wait to that of the next.
const APART: Duration = Duration::from_millis(250);
/// Waits that begin this long after the sleep are spread too: many an attempt fails only then.
const LASTS: Duration = Duration::from_secs(30);

/// Gives turns to waits after a sleep.
pub(super) struct Stagger {
    clock: Arc<dyn SleepClock>,
    /// As last read.
    slept: Duration,
    /// Until then waits are spread.
    until: Option<Instant>,
    next: Option<Instant>,
}

impl Stagger {
    pub(super) fn new(clock: Arc<dyn SleepClock>) -> Self {
        let slept = clock.slept();
        Self { clock, slept, until: None, next: None }
    }

    /// True once after each sleep.
    pub(super) fn woke_up(&mut self, now: Instant) -> bool {
        let slept = self.clock.slept();
        let woke = !slept_between(self.slept, slept).is_zero();
        self.slept = slept;
        if woke {
            self.until = Some(now + LASTS);
            self.next = Some(now);
        }
        woke
    }

    /// When a wait that would end at `at` shall end: then, or at the next free turn after a sleep.
    pub(super) fn turn(&mut self, at: Instant, now: Instant) -> Instant {
        match self.next {
            Some(next) if self.until.is_some_and(|until| now <= until) => {
                let turn = at.max(next);
                self.next = Some(turn + APART);
                turn
            }
            _ => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sleep_clock::Slept;
    use super::*;

    #[test]
    fn turns_are_given_for_a_while_after_a_sleep() {
        let clock = Slept::default();
        let mut stagger = Stagger::new(Arc::new(clock.clone()));
        let now = Instant::now();
        assert!(!stagger.woke_up(now));
        assert_eq!([stagger.turn(now, now), stagger.turn(now, now)], [now; 2]);
        clock.more(Duration::from_hours(1));
        assert!(stagger.woke_up(now) && !stagger.woke_up(now));
        let later = now + Duration::from_secs(5);
        let turns = [now, now, later, later].map(|at| stagger.turn(at, now) - now);
        assert_eq!(turns, [Duration::ZERO, APART, Duration::from_secs(5), Duration::from_secs(5) + APART]);
        let over = now + LASTS + APART;
        assert_eq!([stagger.turn(over, over), stagger.turn(over, over)], [over; 2]);
    }
}
