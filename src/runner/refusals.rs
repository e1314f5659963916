//! When refusals (429) end it. A connection that refuses every request, or a model at it that does, is asked ever more seldom, one request at a time; it is
//! given up after [`MOST_IN_A_ROW`] refusals in a row over at least [`LEAST_SPAN`], or as soon as it refuses again after waits of [`MOST_WAITED`] in all.
//! A server that asks for a long wait gets it once in full.

use std::time::Duration;

use tokio::time::Instant;

/// So many in a row, bursts counted once, are enough when they took [`LEAST_SPAN`].
const MOST_IN_A_ROW: u32 = 10;
/// A limit a minute, even one that somebody else uses up as well, has had its minute twice by then.
const LEAST_SPAN: Duration = Duration::from_mins(2);
/// A refusal after so long a wait is the last, however few came before. Counted are waits that were kept, so a pause of the run is none.
const MOST_WAITED: Duration = Duration::from_mins(10);

/// The refusals in a row of a connection, or of a model at one.
#[derive(Default)]
pub(super) struct Refusals {
    row: Option<Row>,
    is_given_up: bool,
}

struct Row {
    count: u32,
    first_at: Instant,
    /// Refusals of requests that were on their way by then are of the same burst.
    counted_at: Instant,
    /// The waits before it, and the one that the newest refusal led to.
    waited: Duration,
    wait: Duration,
}

/// So many were refused without an answer that nothing more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyRefused {
    /// In a row, bursts counted once.
    pub(super) count: u32,
    /// From the first to the last.
    pub(super) over: Duration,
}

impl Refusals {
    /// A request that was started at `started` was refused, and nothing is sent for `wait` because of that. Says once that it is given up.
    pub(super) fn refused(&mut self, started: Instant, wait: Duration, now: Instant) -> Option<TooManyRefused> {
        let Some(row) = &mut self.row else {
            self.row = Some(Row { count: 1, first_at: now, counted_at: now, waited: Duration::ZERO, wait });
            return None;
        };
        if started <= row.counted_at {
            row.wait = row.wait.max(wait);
            return None;
        }
        row.waited += std::mem::replace(&mut row.wait, wait);
        row.count += 1;
        row.counted_at = now;
        let over = now.saturating_duration_since(row.first_at);
        let is_over = row.waited >= MOST_WAITED || (row.count >= MOST_IN_A_ROW && over >= LEAST_SPAN);
        let says_so = is_over && !std::mem::replace(&mut self.is_given_up, true);
        says_so.then_some(TooManyRefused { count: row.count, over })
    }

    /// It takes requests.
    pub(super) fn taken(&mut self) {
        self.row = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begin: Instant, s: u64) -> Instant {
        begin + Duration::from_secs(s)
    }

    #[test]
    fn ten_in_a_row_over_two_minutes_are_enough() {
        for (every_s, last) in [(1, 121), (13, 11), (60, 10)] {
            let (begin, mut refusals) = (Instant::now(), Refusals::default());
            let given_up = (0..200).find_map(|n| {
                let at = after(begin, n * every_s);
                refusals.refused(at, Duration::ZERO, at).map(|too_many| (n + 1, too_many))
            });
            let over = Duration::from_secs((last - 1) * every_s);
            assert_eq!(given_up, Some((last, TooManyRefused { count: last as u32, over })), "every {every_s} s");
        }
    }

    #[test]
    fn a_long_wait_is_kept_once() {
        let (begin, mut refusals) = (Instant::now(), Refusals::default());
        let (hour, at) = (Duration::from_hours(1), after(begin, 3_600));
        assert_eq!(refusals.refused(begin, hour, begin), None);
        assert_eq!(refusals.refused(begin, hour, begin), None, "the same burst");
        assert_eq!(refusals.refused(at, hour, at), Some(TooManyRefused { count: 2, over: hour }));
        assert_eq!(refusals.refused(after(at, 1), hour, after(at, 1)), None, "said once");
    }

    #[test]
    fn an_answer_begins_anew_and_a_pause_of_the_run_is_no_wait() {
        let (begin, mut refusals) = (Instant::now(), Refusals::default());
        for n in 0..100 {
            let at = after(begin, n * 60);
            assert_eq!(refusals.refused(at, Duration::from_mins(1), at), None);
            if n % 9 == 8 {
                refusals.taken();
            }
        }
        refusals.taken();
        let night = after(begin, 50_000);
        refusals.refused(after(begin, 10_000), Duration::from_secs(2), after(begin, 10_000));
        assert_eq!(refusals.refused(night, Duration::from_secs(2), night), None);
    }
}
