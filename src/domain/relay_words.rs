//! What LiteLLM, a relay that people run themselves, says of the provider behind it. Its words tell that it is one, whatever a connection is taken for.

use std::time::Duration;

use super::{has_no_quota, is_spent_in_words, read_delay};

/// What happened between a relay and the provider behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BehindRelay {
    /// The provider does not take the relay's own key.
    Key,
    /// The provider does not allow this to the relay's account.
    Forbidden,
    /// The relay's own balance at the provider is spent.
    Spent,
    /// The provider limits the relay.
    Limit,
    /// The relay sends nothing to that model for a time, because it failed.
    Resting,
    /// The relay cannot reach the provider.
    Unreachable,
    /// The provider did not answer the relay in time.
    Late,
    /// The provider has no model of the name that the relay asks it for.
    Model,
    /// The provider failed.
    Failed,
}

/// Its names for what a provider answered, lower case.
const NAMES: [(&str, BehindRelay); 13] = [
    ("authenticationerror", BehindRelay::Key),
    ("permissiondeniederror", BehindRelay::Forbidden),
    ("ratelimiterror", BehindRelay::Limit),
    ("notfounderror", BehindRelay::Model),
    ("timeout", BehindRelay::Late),
    ("apiconnectionerror", BehindRelay::Unreachable),
    ("internalservererror", BehindRelay::Failed),
    ("serviceunavailableerror", BehindRelay::Failed),
    ("badgatewayerror", BehindRelay::Failed),
    ("midstreamfallbackerror", BehindRelay::Failed),
    ("apiresponsevalidationerror", BehindRelay::Failed),
    ("apierror", BehindRelay::Failed),
    ("openaierror", BehindRelay::Failed),
];

/// Names for what is the matter with the request itself, or with your account at the relay.
const ABOUT_YOU: [&str; 3] = ["contextwindowexceedederror", "contentpolicyviolationerror", "budgetexceedederror"];

/// Words of a connection that could not be made.
const UNREACHABLE: [&str; 9] = [
    "connection error",
    "connect error",
    "cannot connect",
    "connection refused",
    "connection attempts failed",
    "connection aborted",
    "name or service not known",
    "nodename nor servname",
    "no address associated",
];

/// What the words, lower case, tell of the provider behind a relay. Absent where no such relay speaks, or speaks of you or of the request. `throttled`: a code of
/// what it quotes is one of throttling, which Gemini tells in the words of a spent quota.
pub fn behind_relay(words: &str, throttled: bool) -> Option<BehindRelay> {
    if words.contains("no deployments available") || words.contains("cooldown_list") {
        return Some(BehindRelay::Resting);
    }
    let names =
        |name: &str| words.contains(&format!("litellm.{name}")) || (words.contains(&format!("{name}: ")) && words.contains("exception - "));
    if ABOUT_YOU.iter().any(|name| words.contains(name)) {
        return None;
    }
    let speaks = words.contains("litellm.") || words.contains("exception - ");
    if speaks
        && (names("badrequesterror") || names("ratelimiterror") || names("authenticationerror") || names("permissiondeniederror"))
        && is_spent_in_words(words)
        && (has_no_quota(words) || !throttled)
    {
        return Some(BehindRelay::Spent);
    }
    let (_, found) = NAMES.iter().find(|(name, _)| names(name))?;
    match found {
        BehindRelay::Failed if UNREACHABLE.iter().any(|sign| words.contains(sign)) => Some(BehindRelay::Unreachable),
        found => Some(*found),
    }
}

/// Words before a wait.
const BEFORE_WAIT: [&str; 3] = ["try again in ", "retry in ", "retry after "];

/// The wait that the words, lower case, ask for: “try again in 5 seconds”; more than zero.
pub fn wait_in_words(words: &str) -> Option<Duration> {
    let rest = BEFORE_WAIT.iter().find_map(|before| Some(&words[words.find(before)? + before.len()..]))?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
    let (first, after) = rest.split_at(end);
    let first = first.trim_end_matches('.');
    let unit = after.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let seconds = match unit {
        _ if !first.ends_with(|c: char| c.is_ascii_digit()) => return read_delay(first).filter(|wait| !wait.is_zero()),
        "ms" | "millisecond" | "milliseconds" => 1e-3,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3_600.0,
        _ => return None,
    };
    let count: f64 = first.parse().ok()?;
    read_delay(&(count * seconds).to_string()).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_behind_a_relay_is_told_apart() {
        for (words, found) in [
            (
                "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-abc***.",
                Some(BehindRelay::Key),
            ),
            ("AuthenticationError: OpenAIException - Incorrect API key provided", Some(BehindRelay::Key)),
            ("litellm.PermissionDeniedError: PermissionDeniedError: OpenAIException - no", Some(BehindRelay::Forbidden)),
            ("litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached", Some(BehindRelay::Limit)),
            ("litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota", Some(BehindRelay::Spent)),
            ("litellm.BadRequestError: AnthropicException - Your credit balance is too low", Some(BehindRelay::Spent)),
            ("litellm.NotFoundError: OpenAIException - The model `x` does not exist", Some(BehindRelay::Model)),
            ("litellm.Timeout: APITimeoutError - Request timed out.", Some(BehindRelay::Late)),
            ("litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.", Some(BehindRelay::Unreachable)),
            ("litellm.APIConnectionError: OllamaException - [Errno 111] Connection refused", Some(BehindRelay::Unreachable)),
            ("litellm.InternalServerError: AnthropicError - overloaded", Some(BehindRelay::Failed)),
            ("litellm.ServiceUnavailableError: GeminiException - busy", Some(BehindRelay::Failed)),
            (
                "No deployments available for selected model, Try again in 5 seconds. Passed model=gpt-x. pre-call-checks=False, cooldown_list=['a']",
                Some(BehindRelay::Resting),
            ),
            ("litellm.BadRequestError: OpenAIException - Unsupported value: 'temperature'", None),
            ("litellm.BadRequestError: litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - too long", None),
            ("litellm.ContentPolicyViolationError: litellm.BadRequestError: AzureException - filtered", None),
            (
                "Authentication Error, Invalid proxy server token passed. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
                None,
            ),
            ("Budget has been exceeded! Current cost: 0.0002, Max budget: 0.0001", None),
            ("Incorrect API key provided", None),
            ("the request ran into a timeout", None),
        ] {
            assert_eq!(behind_relay(&words.to_lowercase(), false), found, "{words}");
        }
        let gemini =
            "litellm.ratelimiterror: geminiexception - you exceeded your current quota, please check your plan and billing details.";
        assert_eq!(behind_relay(gemini, true), Some(BehindRelay::Limit));
        assert_eq!(behind_relay(&format!("{gemini} please retry in 20.1s."), false), Some(BehindRelay::Limit));
        assert_eq!(behind_relay(&format!("{gemini} limit: 0, please retry in 20.1s."), true), Some(BehindRelay::Spent));
    }

    #[test]
    fn waits_are_found_in_words() {
        let wait = |words: &str| wait_in_words(&words.to_lowercase()).map(|wait| wait.as_millis());
        assert_eq!(wait("No deployments available, Try again in 5 seconds. Passed model=x"), Some(5_000));
        assert_eq!(wait("Please try again in 1.2s. Visit"), Some(1_200));
        assert_eq!(wait("Please try again in 6m0s."), Some(360_000));
        assert_eq!(wait("Please try again in 20ms."), Some(20));
        assert_eq!(wait("Please retry in 2.5s."), Some(2_500));
        assert_eq!(wait("please try again in 2 minutes"), Some(120_000));
        for none in [
            "try again later",
            "try again in a moment",
            "try again in 0 seconds",
            "try again in",
            "",
            "try again in 5 apples",
            "try again in …",
        ] {
            assert_eq!(wait(none), None, "{none}");
        }
    }
}
