//! The response headers of a failure that are kept: those that tell about limits, waits, and what answered.

use reqwest::header::{HeaderMap, LOCATION};

use super::clean::Cleaner;

/// Kept by their whole name.
const NAMES: [&str; 20] = [
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-request-id",
    "request-id",
    "x-oneapi-request-id",
    "x-generation-id",
    "x-dashscope-request-id",
    "x-amzn-requestid",
    "x-correlation-id",
    "cf-ray",
    "cf-mitigated",
    "server",
    "via",
    "x-cache",
    "content-type",
    "content-length",
    "date",
    "proxy-authenticate",
    "openai-processing-ms",
];
/// Kept by the start of their name.
const STARTS: [&str; 4] = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-", "x-rate-limit-"];

const MOST_HEADERS: usize = 40;
const MOST_CHARS: usize = 200;

/// Those of `headers` that are kept, cleaned, in their order. `location` is the origin that a redirect points to, absent when it is none: a path or a
/// query may carry a secret.
pub(super) fn kept_headers(headers: &HeaderMap, location: Option<&str>, cleaner: &Cleaner) -> Vec<(String, String)> {
    let is_kept = |name: &str| NAMES.contains(&name) || name == "ratelimit" || STARTS.iter().any(|start| name.starts_with(start));
    let told = headers.iter().filter(|(name, value)| is_kept(name.as_str()) && !value.is_sensitive());
    let mut kept: Vec<(String, String)> = told
        .map(|(name, value)| (name.as_str().to_owned(), cleaner.line(&String::from_utf8_lossy(value.as_bytes()), MOST_CHARS)))
        .take(MOST_HEADERS - 1)
        .collect();
    if let Some(origin) = location {
        kept.push((LOCATION.as_str().to_owned(), cleaner.line(origin, MOST_CHARS)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;
    use crate::domain::ApiKey;

    #[test]
    fn only_what_tells_is_kept_without_the_key() {
        let key = ApiKey::from_pasted("sk-CANARY-1234567890").unwrap().0;
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("retry-after", "7"),
            ("x-ratelimit-reset-tokens", "6s"),
            ("set-cookie", "session=secret"),
            ("location", "https://other.test/login?token=secret"),
            ("x-request-id", "req sk-CANARY-1234567890"),
            ("x-powered-by", "express"),
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let kept = kept_headers(&headers, Some("https://other.test"), &Cleaner::new(Some(key)));
        let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            kept,
            [("retry-after", "7"), ("x-ratelimit-reset-tokens", "6s"), ("x-request-id", "req [key]"), ("location", "https://other.test")]
        );
    }

    #[test]
    fn a_flood_of_headers_is_bounded() {
        let mut headers = HeaderMap::new();
        for number in 0..500 {
            let name: HeaderName = format!("x-ratelimit-{number}").parse().unwrap();
            headers.append(name, HeaderValue::from_str(&"9".repeat(5_000)).unwrap());
        }
        let kept = kept_headers(&headers, Some("https://x"), &Cleaner::new(None));
        assert!(kept.len() == MOST_HEADERS && kept.iter().all(|(_, value)| value.chars().count() <= MOST_CHARS));
    }
}
