//! Refusals in a row of one model at a connection: one that takes nothing at all is not asked for ever.

use std::time::Duration;

use tokio::time::Instant;

/// It is given up after so many refusals of requests that were sent one after another,
const ENOUGH: u32 = 5;
/// and not before so long: most limits are of a minute.
const LONG_ENOUGH: Duration = Duration::from_mins(5);

/// Refusals as one too many (429) since it last took a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusals {
    row: Option<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    began: Instant,
    counted_at: Instant,
    count: u32,
}

/// It took none of so many requests in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TakesNothing {
    pub(super) count: u32,
    pub(super) span: Duration,
}

impl Refusals {
    /// A request that was sent at `started` is over; present when that makes enough. What was on its way already when the last refusal came is of the same
    /// burst, and counts once with it.
    pub(super) fn hear(&mut self, refused: bool, is_response: bool, started: Instant, now: Instant) -> Option<TakesNothing> {
        if !refused {
            if is_response {
                self.row = None;
            }
            return None;
        }
        let row = self.row.get_or_insert(Row { began: now, counted_at: now, count: 0 });
        if row.count == 0 || started >= row.counted_at {
            row.counted_at = now;
            row.count += 1;
        }
        let span = now.saturating_duration_since(row.began);
        (row.count >= ENOUGH && span >= LONG_ENOUGH).then_some(TakesNothing { count: row.count, span })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_long_in_number_and_in_time_and_any_other_response_ends_it() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let mut refusals = Refusals::default();
        let mut refuse = |started: u64, now: u64| refusals.hear(true, true, at(started), at(now));
        assert!((0..20).all(|second| refuse(second, second).is_none()), "many, but not for long");
        assert_eq!(refuse(290, 299), None);
        let found = refuse(300, 301).unwrap();
        assert_eq!((found.count, found.span), (22, Duration::from_secs(301)));
        let mut refusals = Refusals::default();
        for second in [0, 100, 200, 400] {
            assert_eq!(refusals.hear(true, true, at(second), at(second)), None, "long, but few");
        }
        assert_eq!(refusals.hear(true, true, at(399), at(401)), None, "of the same burst");
        assert_eq!(refusals.hear(false, false, at(402), at(402)), None, "a break says nothing");
        assert!(refusals.clone().hear(true, true, at(403), at(403)).is_some());
        assert_eq!(refusals.hear(false, true, at(402), at(402)), None);
        assert_eq!(refusals.hear(true, true, at(500), at(500)), None, "it begins anew");
    }
}
