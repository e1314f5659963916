//! Why a trial or a check failed: one closed, documented list.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::wait_in_words;

macro_rules! failure_kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $label:literal;)*) => {
        /// The kinds of failure; `error_kind` in exports is one of their words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FailureKind { $($(#[$doc])* $variant,)* }

        impl FailureKind {
            /// Every kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in exports and in the archive.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Two or three words for a person.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

failure_kinds! {
    /// The host name has no address.
    CannotResolve = "cannot_resolve", "cannot resolve host";
    /// Nothing listens at the address.
    Refused = "refused", "connection refused";
    /// The connection broke, or could not be made for another reason.
    Network = "network", "network error";
    /// TLS: certificate unknown, expired, for another host.
    Tls = "tls", "TLS error";
    /// A proxy asks for a login.
    Proxy = "proxy", "proxy error";
    /// The server points to another place; redirects are not followed.
    Redirect = "redirect", "redirected";
    /// No connection within the connect timeout.
    ConnectTimeout = "connect_timeout", "connect timeout";
    /// No byte of the answer within the first-byte timeout.
    FirstByteTimeout = "first_byte_timeout", "no answer in time";
    /// Silence inside the answer.
    IdleTimeout = "idle_timeout", "stalled";
    /// The whole attempt took too long.
    AttemptTimeout = "attempt_timeout", "took too long";
    /// 401: the key is missing or wrong.
    Unauthorized = "unauthorized", "key not accepted";
    /// The key could not be read: missing variable, locked keychain.
    NoKey = "no_key", "no key";
    /// 403.
    Forbidden = "forbidden", "not allowed";
    /// 402, or another refusal that says that the quota or balance is spent.
    QuotaSpent = "quota_spent", "quota spent";
    /// 404 about the model, or a model that its server has not loaded.
    ModelNotFound = "model_not_found", "model not found";
    /// 404 about the path: the base URL is wrong.
    PathNotFound = "path_not_found", "path not found";
    /// 413, or a message about the context length.
    ContextTooLong = "context_too_long", "prompt too long";
    /// Another 4xx: the request was not accepted.
    BadRequest = "bad_request", "request rejected";
    /// 429.
    RateLimited = "rate_limited", "rate limited";
    /// 5xx.
    ServerError = "server_error", "server error";
    /// The provider reported an error inside the stream.
    StreamError = "stream_error", "error in the stream";
    /// The provider withheld the answer by its content filter.
    ContentFilter = "content_filter", "content filter";
    /// The stream ended without its end mark.
    Truncated = "truncated", "cut off";
    /// Past a size cap.
    TooLarge = "too_large", "too large";
    /// HTML, or another thing that is no LLM API.
    NotAnApi = "not_an_api", "not an LLM API";
    /// The answer is in another wire format than was asked.
    WrongWire = "wrong_wire", "wrong wire format";
    /// Success without text, reasoning, call or reason.
    EmptyAnswer = "empty_answer", "came back empty";
    /// An answer that cannot be read.
    Malformed = "malformed", "unreadable answer";
    /// The cap on spending left no room.
    OverBudget = "over_budget", "over the cap";
    /// Its model failed so often in a row that nothing more was sent to it.
    BreakerOpen = "breaker_open", "paused after failures";
    /// The price is unknown and a cap is set.
    PriceUnknown = "price_unknown", "price unknown";
    /// A fault of this program or this computer.
    Internal = "internal", "internal error";
}

impl FailureKind {
    /// Reads the word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// It took longer than it was given.
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::FirstByteTimeout | Self::IdleTimeout | Self::AttemptTimeout)
    }
}

/// Codes of providers and relays that say that money or quota is spent, lower case.
pub const SPENT_CODES: [&str; 23] = [
    "insufficient_quota",
    "insufficient_user_quota",
    "insufficient_balance",
    "insufficient_credits",
    "insufficient_funds",
    "pre_consume_token_quota_failed",
    "quota_exceeded",
    "arrearage",
    "billing_error",
    "billing_not_active",
    "billing_hard_limit_reached",
    "credit_balance_too_low",
    "credit_balance_exhausted",
    "enforced_spend_limit_reached",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "exceeded_current_quota_error",
    "freetieronly",
    "allocationquota.freetieronly",
    "payment_required",
    // Volcengine: a free quota, an unpaid bill, a limit that was set.
    "quotaexceeded",
    "accountoverdueerror",
    "setlimitexceeded",
];

/// Phrases that say the same under any status, lower case: they are about nothing else.
pub const SPENT_PHRASES: [&str; 39] = [
    "insufficient balance",
    "insufficient account balance",
    "insufficient credit",
    "insufficient quota",
    "insufficient_quota",
    "insufficient_user_quota",
    "insufficient funds",
    "credit balance is too low",
    "credits have expired",
    "credit has expired",
    "credits expired",
    "exceeded your current quota",
    "balance is not enough",
    "balance not enough",
    "balance is insufficient",
    "quota is not enough",
    "not enough credits",
    "out of credits",
    "used all available credits",
    "n't have any credits",
    "not have any credits",
    "exceeded your monthly included credits",
    "reached its monthly spending limit",
    "reached your monthly spending limit",
    "failure to pay",
    "overdue payment",
    "overdue balance",
    "exhausted its free quota",
    "余额不足",
    "额度不足",
    "额度已用尽",
    "余额已用尽",
    "余量已用尽",
    "预扣费额度失败",
    "配额不足",
    "欠费",
    // LiteLLM and Portkey, of a key or team whose budget is used up.
    "budget has been exceeded",
    "exceededbudget",
    "budget exceeded for the virtual key",
];

/// What follows where such a phrase names a service that failed, and tells nothing of a balance.
const IN_PASSING: [&str; 7] = ["check", "lookup", "alert", "notification", "service", "monitor", "webhook"];

/// Words, lower case, of a limit that is free again by itself.
const RATE_PHRASES: [&str; 10] = [
    "rate limit",
    "rate-limit",
    "too many requests",
    "requests per",
    "tokens per",
    "per minute",
    "/ minute",
    "per second",
    "(rpm)",
    "(tpm)",
];

/// A longer wait may be one until the next month.
const LONGEST_WAIT_OF_A_RATE: Duration = Duration::from_hours(1);

/// The words, lower case, say that money or quota is spent, and do not only mention it. Gemini says so of its limits a minute, with the wait.
pub fn is_spent_in_words(words: &str) -> bool {
    let says = SPENT_PHRASES.iter().flat_map(|phrase| words.match_indices(phrase)).any(|(at, phrase)| {
        let after = words[at + phrase.len()..].trim_start();
        !IN_PASSING.iter().any(|other| after.starts_with(other))
    });
    says && (has_no_quota(words) || !asks_short_wait(words))
}

/// The words, lower case, say that the quota is 0: no wait ends that.
pub fn has_no_quota(words: &str) -> bool {
    words.contains("limit: 0") && !words.contains("limit: 0.")
}

/// The words, lower case, are about a limit that is free again by itself, whatever they advise besides.
pub fn is_rate_in_words(words: &str) -> bool {
    asks_short_wait(words) || RATE_PHRASES.iter().any(|phrase| words.contains(phrase))
}

fn asks_short_wait(words: &str) -> bool {
    wait_in_words(words).is_some_and(|wait| wait <= LONGEST_WAIT_OF_A_RATE)
}

/// The words without addresses: what stands in a link is no statement.
pub fn without_addresses(words: &str) -> String {
    let parts = words.split_inclusive(char::is_whitespace);
    parts.map(|part| part.find("://").map_or(part, |_address| " ")).collect()
}

/// Phrases of limits of spending that were set: Anthropic's of a workspace or organization, OpenRouter's of a key. Lower case, as all of these.
pub const SPEND_LIMIT_PHRASES: [&str; 2] = ["api usage limits", "key limit exceeded"];

/// Alibaba's words for a free quota that is used up. The same without “free” is throttling.
pub const FREE_QUOTA_PHRASE: &str = "free allocated quota exceeded";

/// The end of the address that Alibaba gives with every throttling by tokens, whatever the code and the words: it has a code that others have for a spent quota.
pub const TOKEN_LIMIT_PHRASE: &str = "error-code#token-limit";

/// Gemini's code for every limit that is reached, lower case; the words beside it are those of a spent quota.
pub const THROTTLED_CODE: &str = "resource_exhausted";

/// Words of OpenRouter about a setting of the account that leaves no endpoint.
pub const PRIVACY_PHRASES: [&str; 2] = ["data policy", "guardrail restrictions"];

/// Codes that say that too much was sent at a time, lower case.
pub const RATE_CODES: [&str; 3] = ["rate_limit_error", "rate_limit_exceeded", "429"];

/// Codes that say that a server of one's own has the model and has not loaded it, lower case.
pub const NOT_LOADED_CODES: [&str; 2] = ["model_not_loaded", "no_model_loaded"];

/// Phrases that say the same, lower case.
pub const NOT_LOADED_PHRASES: [&str; 14] = [
    "no models loaded",
    "no model loaded",
    "no models are loaded",
    "no model is loaded",
    "no model is currently loaded",
    "failed to load model",
    "failed to load the model",
    "unable to load model",
    "error loading model",
    "model not loaded",
    "model is not loaded",
    "requires more system memory",
    "model is sleeping",
    "engine is sleeping",
];

/// Phrases that say that the server is just loading the model, lower case.
pub const LOADING_PHRASES: [&str; 4] = ["loading model", "model is loading", "model is still loading", "is currently loading"];

/// Codes that say that a content filter withheld the answer, lower case.
pub const FILTER_CODES: [&str; 14] = [
    "content_filter",
    "content_policy_violation",
    "image_content_policy_violation",
    "data_inspection_failed",
    "datainspectionfailed",
    "responsibleaipolicyviolation",
    "sensitive_words_detected",
    // Mistral, Portkey, Volcengine.
    "moderation_blocked",
    "hooks_failed",
    "sensitivecontentdetected",
    "inputtextsensitivecontentdetected",
    "outputtextsensitivecontentdetected",
    "inputimagesensitivecontentdetected",
    "outputimagesensitivecontentdetected",
];

/// Phrases that say the same, lower case. OpenAI's code for it, `invalid_prompt`, is one of anything wrong in a prompt at OpenRouter.
pub const FILTER_PHRASES: [&str; 14] = [
    "prompt was flagged",
    "input was flagged",
    "contentpolicyviolationerror",
    // DeepSeek, xAI, Anthropic, Azure, Vertex, Volcengine, Portkey, Mistral, Zhipu, iFlytek.
    "content exists risk",
    "content violates usage guidelines",
    "content filtering policy",
    "content management policy",
    "responsible ai practices",
    "text may contain sensitive information",
    "image may contain sensitive information",
    "guardrail checks defined in the config failed",
    "guardrail moderation blocked",
    "不安全或敏感内容",
    "审核不通过",
];

/// Codes that say that a request is longer than the model's context window, lower case.
pub const CONTEXT_CODES: [&str; 6] = [
    "context_length_exceeded",
    "exceed_context_size_error",
    "request_too_large",
    "string_above_max_length",
    "context_window_exceeded",
    "tokens_too_long",
];

/// Phrases that say the same, lower case.
pub const CONTEXT_PHRASES: [&str; 20] = [
    "maximum context length",
    "context length",
    "context limit",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "range of input length",
    "maximum number of tokens",
    "input token count",
    "contextwindowexceedederror",
    // Moonshot, xAI, Zhipu, Hugging Face TGI, Baidu, iFlytek.
    "model token limit",
    "maximum prompt length",
    "prompt 超长",
    "tokens + `max_new_tokens` must be",
    "`inputs` must have less than",
    "prompt tokens too long",
    "max input characters",
    "token数量超过上限",
];

/// A response of this status shows that the request was refused, so nobody charges for it. A success is no refusal, and neither is a gateway's word that it
/// did not wait for the answer (408, 499, 504, and 520 to 527 at Cloudflare): behind it the model may have worked.
pub fn is_refusal(status: u16) -> bool {
    !(200..300).contains(&status) && !matches!(status, 408 | 499 | 504 | 520..=527)
}

/// A failure as it is stored and shown; holds no key and no prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// What happened, for a person; at most 500 characters; a provider's own words are quoted.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_that_is_only_mentioned_is_not_spent() {
        for (words, spent) in [
            ("you exceeded your current quota, please check your plan and billing details.", true),
            ("you exceeded your current quota, please check your plan. please retry in 20.1s.", false),
            ("you exceeded your current quota. limit: 0. please retry in 20.1s.", false),
            ("you exceeded your current quota. limit: 0, model: x. please retry in 20.1s.", true),
            ("you exceeded your current quota; try again in 400 hours", true),
            ("insufficient quota of tokens per minute (tpm): limit 10000, please try again in 6s", false),
            ("insufficient balance check timed out", false),
            ("your account balance is insufficient", true),
        ] {
            assert_eq!(is_spent_in_words(words), spent, "{words}");
        }
        assert_eq!(without_addresses("upgrade at 'https://x.test/billing' or stay"), "upgrade at  or stay");
    }

    #[test]
    fn every_word_reads_back_and_is_its_serde_name() {
        for kind in FailureKind::ALL {
            assert_eq!(FailureKind::from_word(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
