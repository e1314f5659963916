//! Limits: which one, how large it is, and when there is room again.

use std::time::Duration;

use super::phrases::{AT_ONCE, AT_ONCE_WORDS, DAY_WORDS, REQUESTS, REQUESTS_WORDS, TOKENS, TOKENS_WORDS};
use super::signs;
use super::symptoms::{LOOPS_MULTIPLY, Symptoms, retry_after};
use super::wait_words::wait_words;
use crate::domain::{Cause, Diagnosis, Side, read_delay, read_wait, wait_in_words};

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limited {
    Requests,
    Tokens,
    AtOnce,
    Day,
    Unknown,
}

/// 429 that is no spent quota.
pub(super) fn limited(s: &Symptoms<'_>) -> Diagnosis {
    let what = what_is_limited(s);
    let reset = reset(s, what);
    let side = if s.passes_on() { Side::Relay } else { Side::You };
    let whose = match side {
        Side::Relay => "The provider behind the relay limits the relay: ",
        _ => "",
    };
    let (cause, happened) = match what {
        Limited::Requests => (Cause::RequestRate, "too many requests in too short a time"),
        Limited::Tokens => (Cause::TokenRate, "too many tokens in too short a time"),
        Limited::AtOnce => (Cause::Concurrency, "too many requests at once"),
        Limited::Day => (Cause::DailyLimit, "today's allowance is used up"),
        Limited::Unknown => (Cause::RateLimited, "a limit is reached"),
    };
    let happened = if whose.is_empty() { super::super::capitalised(happened) + "." } else { format!("{whose}{happened}.") };
    let wait = match &reset {
        Some(reset) => format!("Wait {}", wait_words(reset.wait)),
        None if what == Limited::Day => "Wait for the next day".to_owned(),
        None => "Wait a little".to_owned(),
    };
    let less = match what {
        Limited::Tokens => ", and send shorter prompts, a lower max tokens or fewer at once",
        Limited::Day => ", or ask the provider for a higher allowance",
        _ => ", and send fewer at once",
    };
    let mut found = s
        .diagnosis(cause, side, happened, format!("{wait}{less}."))
        .with_fact_if("Room again in", reset.as_ref().map(|reset| format!("{} (by {})", wait_words(reset.wait), reset.told_by)))
        .with_fact_if("Limit", limit_words(s, what))
        .with_note(LOOPS_MULTIPLY)
        .with_remedies([retry_after(reset.map(|reset| reset.wait))]);
    if what != Limited::Day {
        found = found.with_remedies(s.fewer_at_once());
    }
    if what == Limited::Unknown {
        found = found.with_open(
            "Whether requests, tokens or requests at once are limited the server does not say. The limits page of the account would tell.",
        );
    }
    found
}

fn what_is_limited(s: &Symptoms<'_>) -> Limited {
    let quota = s.error.google_detail("QuotaFailure").and_then(|detail| detail.pointer("/violations/0/quotaId")?.as_str());
    if let Some(quota) = quota.map(str::to_lowercase) {
        return if quota.contains("perday") {
            Limited::Day
        } else if quota.contains("token") {
            Limited::Tokens
        } else {
            Limited::Requests
        };
    }
    if s.error.says(DAY_WORDS) {
        return Limited::Day;
    }
    if s.error.is(AT_ONCE) || s.error.says(AT_ONCE_WORDS) {
        return Limited::AtOnce;
    }
    if s.error.is(TOKENS) || s.error.says(TOKENS_WORDS) || signs::says_token_limit(s) {
        return Limited::Tokens;
    }
    if s.error.is(REQUESTS) || s.error.says(REQUESTS_WORDS) {
        return Limited::Requests;
    }
    let is_empty = |names: &[&str]| names.iter().any(|name| s.header(name).is_some_and(|left| left.trim() == "0"));
    let tokens = [
        "x-ratelimit-remaining-tokens",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-output-tokens-remaining",
    ];
    if is_empty(&[
        "x-ratelimit-remaining-requests",
        "anthropic-ratelimit-requests-remaining",
        "x-ratelimit-remaining",
        "ratelimit-remaining",
    ]) {
        Limited::Requests
    } else if is_empty(&tokens) {
        Limited::Tokens
    } else {
        Limited::Unknown
    }
}

/// When there is room again, and who says so.
struct Reset {
    wait: Duration,
    told_by: &'static str,
}

/// Headers that tell when the limit is free again; the first that the response has counts.
fn reset_headers(what: Limited) -> &'static [&'static str] {
    const REQUESTS: [&str; 6] = [
        "x-ratelimit-reset-requests",
        "anthropic-ratelimit-requests-reset",
        "x-ratelimit-reset",
        "ratelimit-reset",
        "x-rate-limit-reset",
        "x-ratelimit-reset-tokens",
    ];
    const TOKENS: [&str; 6] = [
        "x-ratelimit-reset-tokens",
        "anthropic-ratelimit-tokens-reset",
        "anthropic-ratelimit-input-tokens-reset",
        "anthropic-ratelimit-output-tokens-reset",
        "x-ratelimit-reset",
        "ratelimit-reset",
    ];
    match what {
        Limited::Tokens => &TOKENS,
        Limited::Requests | Limited::AtOnce | Limited::Day | Limited::Unknown => &REQUESTS,
    }
}

fn reset(s: &Symptoms<'_>, what: Limited) -> Option<Reset> {
    if let Some(wait) = s.retry_after() {
        return Some(Reset { wait, told_by: if s.header("retry-after-ms").is_some() { "retry-after-ms" } else { "retry-after" } });
    }
    let now = s.server_time();
    let told = |wait: Duration, told_by| (!wait.is_zero()).then_some(Reset { wait, told_by });
    let by_header = reset_headers(what).iter().find_map(|name| told(read_wait(s.header(name)?, now)?, name));
    let by_field = by_header.or_else(|| {
        let delay = s.error.google_detail("RetryInfo")?.get("retryDelay")?.as_str()?;
        told(read_delay(delay)?, "retryDelay")
    });
    by_field.or_else(|| told(wait_in_words(s.error.lower())?, "its words"))
}

/// The size of the limit and what is left of it, as the headers say.
fn limit_words(s: &Symptoms<'_>, what: Limited) -> Option<String> {
    let pairs: &[(&str, &str, &str)] = match what {
        Limited::Tokens => &[
            ("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "tokens"),
            ("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "tokens"),
            ("anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining", "input tokens"),
            ("anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining", "output tokens"),
        ],
        _ => &[
            ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "requests"),
            ("anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining", "requests"),
            ("x-ratelimit-limit", "x-ratelimit-remaining", "requests"),
            ("ratelimit-limit", "ratelimit-remaining", "requests"),
        ],
    };
    pairs.iter().find_map(|(limit, left, unit)| {
        let limit = s.header(limit)?;
        let left = s.header(left).map(|left| format!(", {left} left")).unwrap_or_default();
        Some(format!("{limit} {unit}{left}"))
    })
}
