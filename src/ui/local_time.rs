//! Moments in the words of the local calendar.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// `at` as seen from `now`, on this computer's calendar: `Today 16:42`, `Yesterday 18:20`, `19 Nov 09:12`, with the year when it is another.
pub(super) fn local_time(at: Timestamp, now: Timestamp) -> String {
    in_zone(at, now, &TimeZone::system())
}

/// As [`local_time`], within a sentence: `today 16:42`.
pub(super) fn local_time_within(at: Timestamp, now: Timestamp) -> String {
    local_time(at, now).replace("Today", "today").replace("Yesterday", "yesterday")
}

/// As [`local_time`], but `just now` and minutes for what happened within the hour.
pub(super) fn how_long_ago(at: Timestamp, now: Timestamp) -> String {
    match now.as_second() - at.as_second() {
        -5..60 => "just now".to_owned(),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        _ => local_time(at, now),
    }
}

fn in_zone(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = now.date().since((Unit::Day, at.date())).map_or(i32::MAX, |span| span.get_days());
    let format = match days {
        0 => "Today %H:%M",
        1 => "Yesterday %H:%M",
        _ if at.year() == now.year() => "%-d %b %H:%M",
        _ => "%-d %b %Y %H:%M",
    };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(at: &str, now: &str) -> String {
        in_zone(at.parse().unwrap(), now.parse().unwrap(), &TimeZone::get("Asia/Shanghai").unwrap())
    }

    #[test]
    fn days_are_those_of_the_local_calendar() {
        let now = "2026-11-22T10:00:00Z"; // 18:00 in Shanghai
        assert_eq!(words("2026-11-22T08:42:00Z", now), "Today 16:42");
        assert_eq!(words("2026-11-21T17:05:00Z", now), "Today 01:05");
        assert_eq!(words("2026-11-21T15:59:00Z", now), "Yesterday 23:59");
        assert_eq!(words("2026-11-19T01:12:00Z", now), "19 Nov 09:12");
        assert_eq!(words("2025-11-22T08:42:00Z", now), "22 Nov 2025 16:42");
    }

    #[test]
    fn a_new_year_is_another_year_only_by_the_local_calendar() {
        assert_eq!(words("2026-12-31T15:00:00Z", "2026-12-31T17:00:00Z"), "Yesterday 23:00");
        assert_eq!(words("2026-12-29T15:00:00Z", "2026-12-31T17:00:00Z"), "29 Dec 2026 23:00");
    }

    #[test]
    fn a_clock_that_was_set_back_still_gives_a_date() {
        assert_eq!(words("2026-11-23T08:42:00Z", "2026-11-22T10:00:00Z"), "23 Nov 16:42");
    }

    #[test]
    fn what_happened_within_the_hour_is_told_in_minutes() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let ago = |seconds: i64| how_long_ago(now - jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!((ago(0), ago(59), ago(60), ago(3599)), ("just now".into(), "just now".into(), "1 min ago".into(), "59 min ago".into()));
        assert!(!ago(3600).contains("ago"));
    }
}
