//! How long until a limit is free again, in every way that servers say it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::domain::{Evidence, spelled_duration};

/// A longer wait is a fault of the server.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// Seconds since 1970 begin here: a bare number from here on is a moment, not a wait.
const FIRST_EPOCH_S: f64 = 1e9;

/// Reads `6s`, `12ms`, `1m30s`, `2h`, `1.5s`, `1d2h`, and a bare number of seconds. Nothing for anything else, for 0 and for more than a year.
pub(super) fn read_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return in_bounds(seconds);
    }
    spelled_duration(text).and_then(|wait| in_bounds(wait.as_secs_f64()))
}

fn in_bounds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero() && *wait <= LONGEST)
}

/// Reads a wait or the moment at which it is over: a duration, RFC 3339, an HTTP date, seconds or milliseconds since 1970. `now` is the server's own time.
pub(super) fn read_reset(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let until = |then: Timestamp| Duration::try_from(then.duration_since(now)).ok().filter(|wait| !wait.is_zero() && *wait <= LONGEST);
    if let Ok(number) = text.parse::<f64>()
        && number >= FIRST_EPOCH_S
    {
        let seconds = if number >= FIRST_EPOCH_S * 1e2 { number / 1e3 } else { number };
        return until(Timestamp::from_millisecond((seconds * 1e3) as i64).ok()?);
    }
    if let Some(wait) = read_duration(text) {
        return Some(wait);
    }
    if let Ok(then) = text.parse::<Timestamp>() {
        return until(then);
    }
    until(rfc2822::parse(text).ok()?.timestamp())
}

/// The server's own time of its response: its `Date`, else `at`.
pub(super) fn server_time(evidence: &Evidence, at: Timestamp) -> Timestamp {
    evidence.header("date").and_then(|date| rfc2822::parse(date).ok()).map_or(at, |date| date.timestamp())
}

/// A wait in whole units: `7 s`, `1 min 30 s`, `2 h 5 min`; rounded up, so that nobody comes too early.
pub(super) fn wait_words(wait: Duration) -> String {
    let seconds = whole_seconds(wait);
    let parts = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big} {big_unit}"),
        small => format!("{big} {big_unit} {small} {small_unit}"),
    };
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=3_599 => parts(seconds / 60, "min", seconds % 60, "s"),
        3_600..=86_399 => parts(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => parts(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// Rounded up.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_servers_write_them() {
        for (text, milliseconds) in [
            ("6s", 6_000),
            ("12ms", 12),
            ("1m30s", 90_000),
            ("6m0s", 360_000),
            ("2h3m4s", 7_384_000),
            ("1d", 86_400_000),
            ("59.961s", 59_961),
            ("7", 7_000),
            (" 1.5 ", 1_500),
        ] {
            assert_eq!(read_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "0", "0s", "s", "6x", "6s7", "-5", "1e300s", "NaN", "inf", "999999999d", "6 s"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
    }

    #[test]
    fn moments_count_from_the_servers_own_time() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (text, seconds) in
            [("2026-01-01T00:00:52Z", 52), ("Thu, 01 Jan 2026 00:00:30 GMT", 30), ("1767225610", 10), ("1767225610000", 10), ("1m", 60)]
        {
            assert_eq!(read_reset(text, now), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["2025-12-31T23:59:59Z", "9999-12-31T00:00:00Z", "1700000000", "soon"] {
            assert_eq!(read_reset(text, now), None, "{text}");
        }
    }

    #[test]
    fn waits_are_said_in_whole_units() {
        for (milliseconds, words) in
            [(12, "1 s"), (6_000, "6 s"), (90_000, "90 s"), (150_500, "2 min 31 s"), (7_500_000, "2 h 5 min"), (90_000_000, "1 d 1 h")]
        {
            assert_eq!(wait_words(Duration::from_millis(milliseconds)), words);
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,30}") {
            let _maybe = read_reset(&text, Timestamp::UNIX_EPOCH);
        }

        #[test]
        fn hours_minutes_and_seconds_add_up(hours in 0u64..100, minutes in 0u64..60, seconds in 1u64..60) {
            let wait = Duration::from_secs(hours * 3_600 + minutes * 60 + seconds);
            prop_assert_eq!(read_duration(&format!("{hours}h{minutes}m{seconds}s")), Some(wait));
        }
    }
}
