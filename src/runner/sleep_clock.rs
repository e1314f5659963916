//! How long the computer has slept: a sleep in the middle of an attempt makes its times worthless.

use std::time::Duration;

/// A sleep shorter than this is none: no computer wakes up again so soon, and the clocks may be apart by some microseconds.
pub(super) const SHORTEST_SLEEP: Duration = Duration::from_millis(500);

/// Tells how long the computer has slept.
pub trait SleepClock: Send + Sync {
    /// Time slept since some moment that stays the same; only differences mean something.
    fn slept(&self) -> Duration;
}

/// The time slept between two readings; zero when it is too short to be a sleep.
pub(super) fn slept_between(before: Duration, after: Duration) -> Duration {
    let slept = after.saturating_sub(before);
    if slept < SHORTEST_SLEEP { Duration::ZERO } else { slept }
}

/// The system's clocks: one that runs on during a sleep, less one that does not.
///
/// On Linux these are `CLOCK_BOOTTIME` and `CLOCK_MONOTONIC`, so setting the time of day is never taken for a sleep. Elsewhere it is the time of day
/// against the monotonic clock: setting it ahead is taken for a sleep, and where the monotonic clock also runs on during one (Windows), a sleep shows only as load.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SystemSleepClock;

#[cfg(target_os = "linux")]
impl SleepClock for SystemSleepClock {
    fn slept(&self) -> Duration {
        use rustix::time::{ClockId, clock_gettime};

        let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
        let mut closest: Option<(Duration, Duration)> = None;
        // A thread that loses its core between two readings would seem to have slept.
        for _ in 0..3 {
            let before = read(ClockId::Monotonic);
            let with_sleep = read(ClockId::Boottime);
            let apart = read(ClockId::Monotonic).saturating_sub(before);
            if closest.is_none_or(|(known, _)| apart < known) {
                closest = Some((apart, with_sleep.saturating_sub(before)));
            }
            if apart < Duration::from_millis(1) {
                break;
            }
        }
        closest.map_or(Duration::ZERO, |(_, slept)| slept)
    }
}

#[cfg(not(target_os = "linux"))]
impl SleepClock for SystemSleepClock {
    fn slept(&self) -> Duration {
        use std::sync::LazyLock;
        use std::time::{Instant, SystemTime};

        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let awake = BEGUN.elapsed();
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(awake)
    }
}

#[cfg(test)]
pub(super) use tests::Slept;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A computer that sleeps when it is told to. Clones share its sleep.
    #[derive(Clone, Default)]
    pub(in crate::runner) struct Slept(Arc<Mutex<Duration>>);

    impl Slept {
        pub(in crate::runner) fn more(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }
    }

    impl SleepClock for Slept {
        fn slept(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    #[test]
    fn no_time_slept_passes_while_a_test_runs() {
        let before = SystemSleepClock.slept();
        std::thread::yield_now();
        assert_eq!(slept_between(before, SystemSleepClock.slept()), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_goes_back_is_no_sleep() {
        let second = Duration::from_secs(1);
        assert_eq!(slept_between(second, Duration::ZERO), Duration::ZERO);
        assert_eq!(slept_between(Duration::ZERO, Duration::from_millis(499)), Duration::ZERO);
        assert_eq!(slept_between(second, 3 * second), 2 * second);
    }
}
