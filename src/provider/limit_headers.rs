//! What providers say in headers about their limits: `x-ratelimit-*` (OpenAI and those that speak like it) and `anthropic-ratelimit-*`.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::domain::spelled_duration;

/// A longer wait is a fault of the server.
const LONGEST_WAIT: Duration = Duration::from_hours(366 * 24);
/// Plain numbers from here on are moments in seconds since 1970, below it waits in seconds.
const FIRST_MOMENT_S: f64 = 1e9;
/// Plain numbers from here on are moments in milliseconds since 1970.
const FIRST_MOMENT_MS: f64 = 1e12;

/// What a response says about the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsTold {
    /// Of requests.
    pub requests: Quota,
    /// Of tokens; of limits on a part of them (input, output) one that is used up.
    pub tokens: Quota,
}

/// One limit. Absent parts were not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// So many in each span of the provider's.
    pub limit: Option<u64>,
    /// So many are left of it.
    pub remaining: Option<u64>,
    /// So long until all of it is there again, from when the response came.
    pub reset: Option<Duration>,
}

impl Quota {
    fn is_told(&self) -> bool {
        *self != Self::default()
    }
}

/// Reads the headers; `now` is held against resets that are moments.
pub(super) fn limits_told(headers: &HeaderMap, now: Timestamp) -> LimitsTold {
    // Most servers say nothing, and this is on the way of every answer.
    if !headers.keys().any(|name| name.as_str().contains("ratelimit")) {
        return LimitsTold::default();
    }
    let quota = |names: [&str; 3]| {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        Quota {
            limit: text(names[0]).and_then(|text| text.parse().ok()),
            remaining: text(names[1]).and_then(count_left),
            reset: text(names[2]).and_then(|text| reset(text, now)),
        }
    };
    let requests = [
        quota(["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]),
        quota(["anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"]),
        quota(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        quota(["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]),
    ];
    // What is left of input or of output alone cannot be held against whole requests: it counts only once it is used up.
    let of_a_part = |part: Quota| Quota { remaining: part.remaining.filter(|left| *left == 0), ..part };
    let tokens = [
        quota(["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]),
        quota(["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"]),
        of_a_part(quota([
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ])),
        of_a_part(quota([
            "anthropic-ratelimit-output-tokens-limit",
            "anthropic-ratelimit-output-tokens-remaining",
            "anthropic-ratelimit-output-tokens-reset",
        ])),
    ];
    let told = |quotas: &[Quota]| quotas.iter().copied().find(Quota::is_told).unwrap_or_default();
    let least = |quotas: &[Quota]| {
        let counted = quotas.iter().filter(|quota| quota.remaining.is_some()).min_by_key(|quota| quota.remaining);
        counted.copied().unwrap_or_else(|| told(quotas))
    };
    LimitsTold { requests: told(&requests), tokens: least(&tokens) }
}

/// Some gateways go below zero, or count in fractions.
fn count_left(text: &str) -> Option<u64> {
    let left: f64 = text.parse().ok()?;
    (left.is_finite()).then(|| left.max(0.0) as u64)
}

/// A wait in words of Go (`1m30s`, `12ms`), in plain seconds, or until a moment (RFC 3339, or seconds or milliseconds since 1970). Absent for what
/// cannot be right; a moment that is past is no wait.
fn reset(text: &str, now: Timestamp) -> Option<Duration> {
    let until = |moment: Timestamp| Duration::try_from(moment.duration_since(now)).unwrap_or_default();
    let wait = if let Ok(number) = text.parse::<f64>() {
        match number {
            number if !number.is_finite() || number < 0.0 => return None,
            number if number >= FIRST_MOMENT_MS => until(Timestamp::from_millisecond(number as i64).ok()?),
            number if number >= FIRST_MOMENT_S => until(Timestamp::from_second(number as i64).ok()?),
            seconds => Duration::try_from_secs_f64(seconds).ok()?,
        }
    } else if text.contains('T') || text.contains('-') {
        until(text.parse::<Timestamp>().ok()?)
    } else {
        spelled_duration(text)?
    };
    (wait <= LONGEST_WAIT).then_some(wait)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn read(headers: &[(&str, &str)]) -> LimitsTold {
        let map: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())).collect();
        limits_told(&map, now())
    }

    fn quota(limit: u64, remaining: u64, reset_ms: u64) -> Quota {
        Quota { limit: Some(limit), remaining: Some(remaining), reset: Some(Duration::from_millis(reset_ms)) }
    }

    #[test]
    fn openai_headers_are_read() {
        let told = read(&[
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-tokens", "29980"),
            ("x-ratelimit-reset-tokens", "1m30.5s"),
        ]);
        assert_eq!(told, LimitsTold { requests: quota(500, 0, 120), tokens: quota(30_000, 29_980, 90_500) });
    }

    #[test]
    fn of_anthropics_token_limits_the_one_that_is_used_up_counts() {
        let told = read(&[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:02Z"),
            ("anthropic-ratelimit-input-tokens-limit", "40000"),
            ("anthropic-ratelimit-input-tokens-remaining", "40000"),
            ("anthropic-ratelimit-input-tokens-reset", "2026-01-01T00:00:00Z"),
            ("anthropic-ratelimit-output-tokens-limit", "8000"),
            ("anthropic-ratelimit-output-tokens-remaining", "0"),
            ("anthropic-ratelimit-output-tokens-reset", "2026-01-01T00:01:00Z"),
        ]);
        assert_eq!(told, LimitsTold { requests: quota(50, 49, 2_000), tokens: quota(8_000, 0, 60_000) });
    }

    #[test]
    fn gateways_without_a_unit_are_read() {
        let at = |reset: &str| read(&[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", reset)]).requests;
        assert_eq!((at("6").remaining, at("6").reset), (Some(0), Some(Duration::from_secs(6))));
        assert_eq!(at("1767225630").reset, Some(Duration::from_secs(30)));
        assert_eq!(at("1767225600250").reset, Some(Duration::from_millis(250)));
        assert_eq!(at("1767225000").reset, Some(Duration::ZERO));
    }

    #[test]
    fn what_cannot_be_right_is_not_told() {
        for text in ["", "soon", "-5", "NaN", "inf", "1x", "s", "5m3", "99999999999999999999d", "2026-13-01T00:00:00Z", "4000d", "."] {
            assert_eq!(reset(text, now()), None, "{text}");
        }
        assert_eq!(read(&[("x-ratelimit-remaining-requests", "many")]), LimitsTold::default());
        assert_eq!(read(&[]), LimitsTold::default());
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
                let read = reset(&text, now()).unwrap();
                prop_assert!(read.abs_diff(wait) < Duration::from_micros(2), "{} read as {:?}", text, read);
            }
        }

        #[test]
        fn nothing_panics(value in "[ -~]{0,40}", digits in "[0-9.]{0,30}", unit in "[a-zµ]{0,3}") {
            let _maybe = (reset(&value, now()), reset(&format!("{digits}{unit}"), now()), count_left(&digits));
            let _told = read(&[("x-ratelimit-reset", &value), ("x-ratelimit-remaining", &value), ("x-ratelimit-limit", &value)]);
        }
    }
}
