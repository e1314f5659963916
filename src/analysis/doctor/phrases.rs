//! The words by which the doctor tells refusals apart: every table that a text of a provider is held against, in lower case.

use crate::domain::{
    CONTEXT_CODES, CONTEXT_PHRASES, FILTER_CODES, FILTER_PHRASES, FREE_QUOTA_PHRASE, LOADING_PHRASES, NOT_LOADED_CODES, NOT_LOADED_PHRASES,
    PRIVACY_PHRASES, RATE_CODES, SPEND_LIMIT_PHRASES, SPENT_CODES, SPENT_PHRASES, THROTTLED_CODE, TOKEN_LIMIT_PHRASE,
};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $words:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &[&str] = $words;)*

        /// Every table.
        #[cfg(test)]
        pub(super) const ALL: &[&[&str]] = &[$($name),*];
    };
}

tables! {
    /// Money or quota is spent.
    SPENT = &SPENT_CODES;
    #[cfg_attr(not(test), expect(dead_code, reason = "asked through `is_spent_in_words`"))]
    SPENT_WORDS = &SPENT_PHRASES;
    /// The same, where the status is one of refusals.
    SPENT_WORDS_OF_REFUSALS = &["credit balance"];
    /// A limit is reached that somebody set.
    SPEND_LIMIT = &[
        "billing_hard_limit_reached",
        "enforced_spend_limit_reached",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "budget_exceeded",
        "setlimitexceeded",
    ];
    SPEND_LIMIT_WORDS = &SPEND_LIMIT_PHRASES;
    BUDGET_WORDS = &["budget has been exceeded", "exceededbudget", "budget exceeded for the virtual key"];
    /// Relay software says that your own quota at the relay is spent.
    OWN_AT_RELAY = &["insufficient_user_quota", "pre_consume_token_quota_failed"];
    /// OpenRouter says the same.
    OWN_AT_RELAY_WORDS = &["requires more credits", "can only afford"];
    /// One-api and new-api about a key whose own quota is used up.
    KEY_USED_UP_WORDS = &["额度已用尽", "预扣费额度失败"];
    /// Alibaba's free quota of a model is used up, or its time is over.
    FREE_QUOTA = &["freetieronly", "allocationquota.freetieronly"];
    FREE_QUOTA_WORDS = &[FREE_QUOTA_PHRASE];
    /// A key has no quota at all for a model.
    NO_QUOTA_WORDS = &["limit: 0"];
    EXPIRED_WORDS = &["expired"];

    /// Alibaba's throttling by tokens.
    TOKEN_LIMIT_WORDS = &[TOKEN_LIMIT_PHRASE];
    RATE_LIMIT = &RATE_CODES;
    THROTTLED = &[THROTTLED_CODE];
    DAY_WORDS = &["per day", "(rpd)", "(tpd)", "daily"];
    AT_ONCE = &["token_concurrency_limit_reached", "concurrency_limit_exceeded", "too_many_concurrent_requests"];
    AT_ONCE_WORDS = &["concurren", "simultaneous", "at the same time", "in flight"];
    TOKENS = &["tokens", "input_tokens", "output_tokens", "throttling.allocationquota"];
    TOKENS_WORDS = &["tokens per min", "(tpm)", "token limit per", "tokens per minute", "allocated quota exceeded"];
    REQUESTS = &["requests", "throttling.ratequota", "throttling.burstrate", "throttling"];
    REQUESTS_WORDS =
        &["requests per min", "(rpm)", "requests per second", "requests per minute", "request rate", "rate limit reached for requests"];

    /// A content filter stood in the way.
    FILTER = &FILTER_CODES;
    FILTER_WORDS = &FILTER_PHRASES;
    /// The request is too long for the model.
    CONTEXT = &CONTEXT_CODES;
    CONTEXT_WORDS = &CONTEXT_PHRASES;

    /// A relay's own key for its upstream is refused.
    CHANNEL_KEY = &["channel:invalid_key", "channel_invalid_key", "channel:key_invalid"];
    /// A relay's way to a provider is set up wrongly.
    CHANNEL_BROKEN = &["channel:invalid_key", "channel:param_override_invalid", "channel:model_mapped_error", "channel:aws_client_error"];
    /// None of a relay's ways to a provider works.
    NO_CHANNEL = &["get_channel_failed", "channel:no_available_key", "channel:no_available_channel", "no_available_channel"];
    NO_CHANNEL_WORDS = &["no available channel", "无可用渠道"];
    /// The same about one model.
    NO_CHANNEL_FOR_MODEL = &["get_channel_failed", "channel:no_available_key"];
    NO_CHANNEL_FOR_MODEL_WORDS = &["no available channel", "no channel for", "no endpoints found", "无可用渠道"];
    /// Written by a new-api or one-api relay about itself.
    RELAY_SOFTWARE = &["new_api_error", "one_api_error", "shell_api_error"];
    /// A relay passes on what its upstream said.
    FROM_UPSTREAM =
        &["upstream_error", "openai_error", "bad_response_status_code", "bad_response", "bad_response_body", "do_request_failed"];
    EMPTY_FROM_UPSTREAM = &["empty_response"];

    /// A router that has the model, and nobody to send to.
    NOBODY_WORDS = &["no endpoints"];
    NOBODY_THAT_WORDS = &["no endpoints found that"];
    PRIVACY_WORDS = &PRIVACY_PHRASES;
    PICTURE_WORDS = &["image"];
    TOOL_WORDS = &["tool"];

    /// The country is not served: Gemini answers it with 400, others with 403.
    COUNTRY = &["unsupported_country_region_territory", "unsupported_country"];
    COUNTRY_WORDS =
        &["country, region, or territory not supported", "user location is not supported", "not available in your region"];

    /// The server failed, as an error inside an answer says it.
    SERVER = &["overloaded_error", "server_error", "api_error", "500", "502", "503", "529"];
    OVERLOADED = &["overloaded_error"];
    OVERLOADED_WORDS = &["overloaded"];

    /// A server of one's own has the model, and has not loaded it, or not yet.
    NOT_LOADED = &NOT_LOADED_CODES;
    NOT_LOADED_WORDS = &NOT_LOADED_PHRASES;
    NOT_LOADED_MODEL_WORDS = &["is not loaded"];
    LOADING_WORDS = &LOADING_PHRASES;
    PULL_WORDS = &["try pulling it"];

    /// Azure OpenAI about its addresses; the last word is one that others have too.
    AZURE_DEPLOYMENT = &["deploymentnotfound"];
    AZURE_WORDS = &["wrong api endpoint", "api version not supported", "api-version", "api deployment for this resource"];
    AZURE_PATH_WORDS = &["resource not found"];

    NEWER_BOUND_WORDS = &["max_completion_tokens"];
    ONLY_STREAMED_WORDS = &["only support stream", "streaming", "non-stream"];
}
