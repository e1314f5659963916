//! What providers say in headers about their limits: `x-ratelimit-*` (OpenAI and those that speak like it) and `anthropic-ratelimit-*`.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::HeaderMap;

use crate::domain::{read_wait, server_time};

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

/// Reads the headers. Resets that are moments are held against the server's own time, else against `now`.
pub(super) fn limits_told(headers: &HeaderMap, now: Timestamp) -> LimitsTold {
    // Most servers say nothing, and this is on the way of every answer.
    if !headers.keys().any(|name| name.as_str().contains("ratelimit")) {
        return LimitsTold::default();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let server_now = server_time(text, now);
    let quota = |names: [&str; 3]| Quota {
        limit: text(names[0]).and_then(|text| text.parse().ok()),
        remaining: text(names[1]).and_then(count_left),
        reset: text(names[2]).and_then(|text| read_wait(text, server_now)),
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
        let by_the_servers_clock = read(&[("x-ratelimit-reset", "1767225630"), ("date", "Thu, 01 Jan 2026 00:00:20 GMT")]).requests;
        assert_eq!(by_the_servers_clock.reset, Some(Duration::from_secs(10)));
    }

    #[test]
    fn what_cannot_be_right_is_not_told() {
        assert_eq!(read(&[("x-ratelimit-remaining-requests", "many"), ("x-ratelimit-reset-requests", "soon")]), LimitsTold::default());
        assert_eq!(read(&[]), LimitsTold::default());
    }

    proptest! {
        #[test]
        fn nothing_panics(value in "[ -~]{0,40}", digits in "[0-9.]{0,30}") {
            let _maybe = count_left(&digits);
            let _told = read(&[("x-ratelimit-reset", &value), ("x-ratelimit-remaining", &value), ("x-ratelimit-limit", &value)]);
        }
    }
}
