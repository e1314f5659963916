//! The waits that servers ask for, in every way that they write them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::spelled_duration::spelled_duration;

/// A longer wait is a fault of the server.
const LONGEST: Duration = Duration::from_hours(366 * 24);
/// Plain numbers from here on are moments in seconds since 1970, below it waits in seconds.
const FIRST_MOMENT_S: f64 = 1e9;
/// Plain numbers from here on are moments in milliseconds since 1970: in seconds they would lie beyond the year 5000.
const FIRST_MOMENT_MS: f64 = 1e11;

/// Reads a wait that needs no clock: `6s`, `1m30s`, `12ms`, or a plain number of seconds; may be zero. Absent for anything else, and for more than a year.
pub fn read_delay(text: &str) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_no_number) => spelled_duration(text),
    };
    wait.filter(|wait| *wait <= LONGEST)
}

/// Reads a wait as [`read_delay`] does, or the moment at which it is over: RFC 3339, an HTTP date, seconds or milliseconds since 1970. Zero for a moment that
/// is past at `now`. Absent for what cannot be right, and for more than a year.
pub fn read_wait(text: &str, now: Timestamp) -> Option<Duration> {
    let Some(moment) = moment(text.trim()) else { return read_delay(text) };
    let wait = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
    (wait <= LONGEST).then_some(wait)
}

fn moment(text: &str) -> Option<Timestamp> {
    match text.parse::<f64>() {
        Ok(number) if number >= FIRST_MOMENT_MS => Timestamp::from_millisecond(number as i64).ok(),
        Ok(number) if number >= FIRST_MOMENT_S => Timestamp::from_millisecond((number * 1e3) as i64).ok(),
        Ok(_seconds) => None,
        Err(_no_number) => text.parse().ok().or_else(|| Some(rfc2822::parse(text).ok()?.timestamp())),
    }
}

/// The server's own time of a response: its `Date`, so that a wrong clock on either side does not matter, else `now`. `header` gives the first header of a
/// lower-case name.
pub fn server_time<'a>(header: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Timestamp {
    header("date").and_then(|date| rfc2822::parse(date.trim()).ok()).map_or(now, |date| date.timestamp())
}

/// The wait that a response asks for by `retry-after-ms`, else by `Retry-After`; more than zero. Absent when it asks for none, or for one that cannot be
/// right. A moment is held against the [`server_time`].
pub fn asked_wait<'a>(header: impl Fn(&str) -> Option<&'a str>, now: Timestamp) -> Option<Duration> {
    let milliseconds = header("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok());
    let by_milliseconds = milliseconds.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    by_milliseconds
        .filter(|wait| !wait.is_zero() && *wait <= LONGEST)
        .or_else(|| read_wait(header("retry-after")?, server_time(&header, now)).filter(|wait| !wait.is_zero()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn asked(headers: &[(&str, &str)]) -> Option<Duration> {
        asked_wait(|name| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value), now())
    }

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
            ("52.5s", 52_500),
            ("7", 7_000),
            ("52", 52_000),
            (" 1.5 ", 1_500),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(read_delay(text), Some(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(read_wait(text, now()), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn moments_are_held_against_the_clock() {
        for (text, milliseconds) in [
            ("2026-01-01T00:00:52Z", 52_000),
            ("2026-01-01T01:00:01+01:00", 1_000),
            ("Thu, 01 Jan 2026 00:00:30 GMT", 30_000),
            ("1767225610", 10_000),
            ("1767225610.5", 10_500),
            ("1767225610000", 10_000),
            ("1767225600250", 250),
            // Past.
            ("2025-12-31T23:59:59Z", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("1700000000", 0),
        ] {
            assert_eq!(read_wait(text, now()), Some(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(read_delay(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_right_is_no_wait() {
        for text in [
            "",
            "s",
            ".",
            "soon",
            "1x",
            "6x",
            "6s7",
            "5m3",
            "6 s",
            "-5",
            "-1s",
            "1e300",
            "1e300s",
            "inf",
            "infs",
            "NaN",
            "NaNs",
            "99999999999999999999",
            "99999999999999999999d",
            "999999999d",
            "4000d",
            "2026-13-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!((read_delay(text), read_wait(text, now()), asked(&[("retry-after", text)])), (None, None, None), "{text}");
        }
    }

    #[test]
    fn every_form_of_retry_after_is_heard() {
        let date = "Thu, 01 Jan 2026 00:00:30 GMT";
        let server_date = ("date", "Thu, 01 Jan 2026 00:00:20 GMT");
        for (headers, milliseconds) in [
            (&[("retry-after", "2")][..], 2_000),
            (&[("retry-after", " 3600 ")], 3_600_000),
            (&[("retry-after", "1.5")], 1_500),
            (&[("retry-after", "6s")], 6_000),
            (&[("retry-after", "7"), ("retry-after-ms", "250")], 250),
            (&[("retry-after", "2"), ("retry-after-ms", "x")], 2_000),
            (&[("retry-after", "2"), ("retry-after-ms", "0")], 2_000),
            (&[("retry-after", date)], 30_000),
            (&[("retry-after", date), server_date], 10_000),
            (&[("retry-after", "2026-01-01T00:00:30Z"), server_date], 10_000),
            (&[("retry-after", "1767225630"), server_date], 10_000),
            (&[("retry-after", date), ("date", "nonsense")], 30_000),
        ] {
            assert_eq!(asked(headers), Some(Duration::from_millis(milliseconds)), "{headers:?}");
        }
        for none in ["0", "0s", "1e-113", "Thu, 01 Jan 1970 00:00:00 GMT", "1700000000"] {
            assert_eq!(asked(&[("retry-after", none)]), None, "{none}");
        }
        assert_eq!(asked(&[]), None);
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_wait_reads_back(ms in 0u64..400 * 3_600_000) {
            let wait = Duration::from_millis(ms);
            let (h, m, s, rest) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
            let moment = now().checked_add(jiff::SignedDuration::from_millis(ms.cast_signed())).unwrap();
            for text in [
                format!("{h}h{m}m{s}s{rest}ms"),
                format!("{ms}ms"),
                format!("{}", wait.as_secs_f64()),
                format!("{}s", wait.as_secs_f64()),
                moment.to_string(),
                moment.as_millisecond().to_string(),
            ] {
                let read = read_wait(&text, now()).unwrap();
                prop_assert!(read.abs_diff(wait) < Duration::from_micros(2), "{} read as {:?}", text, read);
            }
        }

        #[test]
        fn nothing_panics(text in ".{0,40}", date in "[ -~]{0,40}", digits in "[0-9.]{0,30}", unit in "[a-zµ]{0,3}") {
            let _waits = (read_wait(&text, now()), read_wait(&format!("{digits}{unit}"), now()));
            let wait = asked(&[("retry-after", &text), ("date", &date), ("retry-after-ms", &digits)]);
            prop_assert!(wait.is_none_or(|wait| !wait.is_zero()));
        }
    }
}
