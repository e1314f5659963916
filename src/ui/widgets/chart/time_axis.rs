//! Ticks of a time axis, at minutes, hours, days and months of the local calendar.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit, Zoned, ZonedRound};

/// The distance of two ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Minutes(i32),
    Hours(i32),
    Days(i32),
    Months(i32),
}

const STEPS: [Step; 17] = [
    Step::Minutes(1),
    Step::Minutes(5),
    Step::Minutes(15),
    Step::Minutes(30),
    Step::Hours(1),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Days(1),
    Step::Days(2),
    Step::Days(7),
    Step::Days(14),
    Step::Months(1),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(60),
];

impl Step {
    fn seconds(self) -> f64 {
        match self {
            Self::Minutes(minutes) => f64::from(minutes) * 60.0,
            Self::Hours(hours) => f64::from(hours) * 3600.0,
            Self::Days(days) => f64::from(days) * 86_400.0,
            Self::Months(months) => f64::from(months) * 30.44 * 86_400.0,
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Minutes(minutes) => Span::new().minutes(minutes),
            Self::Hours(hours) => Span::new().hours(hours),
            Self::Days(days) => Span::new().days(days),
            Self::Months(months) => Span::new().months(months),
        }
    }

    /// The tick at or before `time`.
    fn begin(self, time: &Zoned) -> Option<Zoned> {
        let day = time.start_of_day().ok()?;
        match self {
            Self::Minutes(minutes) => {
                let minute = i32::from(time.minute()) / minutes * minutes;
                time.with().minute(i8::try_from(minute).ok()?).second(0).subsec_nanosecond(0).build().ok()
            }
            Self::Hours(hours) => {
                let into_day = i64::from(time.hour()) / i64::from(hours) * i64::from(hours);
                day.checked_add(Span::new().hours(into_day)).ok()
            }
            Self::Days(days) if days % 7 == 0 => day.checked_sub(Span::new().days(i64::from(day.weekday().to_monday_zero_offset()))).ok(),
            Self::Days(_) => Some(day),
            Self::Months(months) => {
                let first = day.first_of_month().ok()?;
                let month = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
                first.checked_sub(Span::new().months(month.rem_euclid(i64::from(months)))).ok()
            }
        }
    }

    fn label(self, time: &Zoned) -> String {
        match self {
            Self::Minutes(_) | Self::Hours(_) if (time.hour(), time.minute()) != (0, 0) => time.strftime("%H:%M").to_string(),
            Self::Minutes(_) | Self::Hours(_) | Self::Days(_) => time.strftime("%-d %b").to_string(),
            Self::Months(months) if months < 12 => time.strftime("%b %Y").to_string(),
            Self::Months(_) => time.strftime("%Y").to_string(),
        }
    }
}

/// A tick: seconds since 1970, what stands at it, and the distance to the next.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) at_s: f64,
    pub(super) label: String,
    pub(super) step_s: f64,
}

/// The ticks within `from_s..=to_s` (seconds since 1970), at most about `most`.
pub(super) fn ticks(from_s: f64, to_s: f64, most: usize, zone: &TimeZone) -> Vec<Tick> {
    let wanted = (to_s - from_s) / most.max(1) as f64;
    let step = STEPS.into_iter().find(|step| step.seconds() >= wanted).unwrap_or(Step::Months(60));
    let Some(start) = zoned(from_s, zone).and_then(|time| step.begin(&time)) else { return Vec::new() };
    let mut ticks = Vec::new();
    let mut time = start;
    for _ in 0..most * 3 + 3 {
        let at_s = time.timestamp().as_second() as f64;
        if at_s > to_s {
            break;
        }
        if at_s >= from_s {
            ticks.push(Tick { at_s, label: step.label(&time), step_s: step.seconds() });
        }
        let Ok(next) = time.checked_add(step.span()) else { break };
        time = next;
    }
    ticks
}

/// A moment in full, to the minute.
pub(super) fn moment(at_s: f64, zone: &TimeZone) -> String {
    zoned(at_s, zone)
        .and_then(|time| time.round(ZonedRound::new().smallest(Unit::Minute)).ok())
        .map_or_else(String::new, |time| time.strftime("%-d %b %Y, %H:%M").to_string())
}

fn zoned(at_s: f64, zone: &TimeZone) -> Option<Zoned> {
    Timestamp::from_second(at_s as i64).ok().map(|time| time.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: &str, to: &str, most: usize) -> Vec<String> {
        let seconds = |text: &str| text.parse::<Timestamp>().unwrap().as_second() as f64;
        ticks(seconds(from), seconds(to), most, &TimeZone::UTC).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_stand_at_round_moments() {
        assert_eq!(labels("2025-11-20T22:10:00Z", "2025-11-21T04:00:00Z", 6), ["23:00", "21 Nov", "01:00", "02:00", "03:00", "04:00"]);
        assert_eq!(labels("2025-11-20T23:57:40Z", "2025-11-21T00:01:10Z", 7), ["23:58", "23:59", "21 Nov", "00:01"]);
        assert_eq!(labels("2025-11-20T09:04:00Z", "2025-11-20T10:10:00Z", 7), ["09:15", "09:30", "09:45", "10:00"]);
        assert_eq!(labels("2025-10-24T12:00:00Z", "2025-11-20T00:00:00Z", 5), ["27 Oct", "3 Nov", "10 Nov", "17 Nov"]);
        assert_eq!(labels("2025-01-15T00:00:00Z", "2025-04-20T00:00:00Z", 4), ["Feb 2025", "Mar 2025", "Apr 2025"]);
        assert_eq!(labels("2021-05-01T00:00:00Z", "2024-05-01T00:00:00Z", 4), ["2022", "2023", "2024"]);
    }

    #[test]
    fn a_day_of_25_hours_has_its_ticks_at_the_hours_of_the_clock() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let from = "2025-10-25T22:00:00Z".parse::<Timestamp>().unwrap().as_second() as f64;
        let days: Vec<_> = ticks(from, from + 4.0 * 86_400.0, 5, &zone).into_iter().map(|tick| tick.label).collect();
        assert_eq!(days, ["26 Oct", "27 Oct", "28 Oct", "29 Oct"]);
    }

    #[test]
    fn nonsense_has_no_ticks() {
        assert_eq!(ticks(f64::NAN, f64::NAN, 5, &TimeZone::UTC).len(), 0);
        assert_eq!(ticks(1e300, 2e300, 5, &TimeZone::UTC).len(), 0);
    }
}
