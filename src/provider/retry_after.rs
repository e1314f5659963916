//! The wait that a server asks for: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// A longer wait is a fault of the server.
const LONGEST_WAIT_S: f64 = 366.0 * 24.0 * 3600.0;

/// The wait, more than zero; absent when none was asked for or the header cannot be right. A date is held against the server's own
/// `Date`, so that a wrong clock on either side does not matter, else against `now`.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(|ms| seconds(ms, 1_000.0)) {
        return Some(wait);
    }
    let given = text(RETRY_AFTER.as_str())?;
    if let Some(wait) = seconds(given, 1.0) {
        return Some(wait);
    }
    let until = rfc2822::parse(given).ok()?.timestamp();
    let from = text(DATE.as_str()).and_then(|date| rfc2822::parse(date).ok()).map_or(now, |date| date.timestamp());
    let wait = Duration::try_from(until.duration_since(from)).ok()?;
    Some(wait).filter(|wait| !wait.is_zero() && wait.as_secs_f64() <= LONGEST_WAIT_S)
}

fn seconds(text: &str, per_second: f64) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()? / per_second;
    let wait = if seconds > 0.0 && seconds <= LONGEST_WAIT_S { Duration::try_from_secs_f64(seconds).ok() } else { None };
    // Less than a nanosecond is none.
    wait.filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&str, &str)]) -> Option<Duration> {
        let map: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())).collect();
        retry_after(&map, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(read(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(read(&[("retry-after", " 3600 ")]), Some(Duration::from_hours(1)));
        assert_eq!(read(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(read(&[("retry-after", "7"), ("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        let date = "Thu, 01 Jan 2026 00:00:30 GMT";
        assert_eq!(read(&[("retry-after", date)]), Some(Duration::from_secs(30)));
        assert_eq!(read(&[("retry-after", date), ("date", "Thu, 01 Jan 2026 00:00:20 GMT")]), Some(Duration::from_secs(10)));
        assert_eq!(read(&[("retry-after", date), ("date", "nonsense")]), Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_cannot_be_right_is_no_wait() {
        for value in [
            "",
            "0",
            "-5",
            "1e300",
            "1e-113",
            "inf",
            "NaN",
            "soon",
            "99999999999999999999",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(read(&[("retry-after", value)]), None, "{value}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("retry-after", "2"), ("retry-after-ms", "x")]), Some(Duration::from_secs(2)));
    }

    proptest! {
        #[test]
        fn nothing_panics(value in "[ -~]{0,40}", date in "[ -~]{0,40}") {
            let _maybe = read(&[("retry-after", &value), ("date", &date), ("retry-after-ms", &value)]);
        }
    }
}
