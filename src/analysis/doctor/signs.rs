//! What the words of a refusal say, as questions that several families ask. None of them leads to a diagnosis.

use super::phrases::{
    AZURE_DEPLOYMENT, AZURE_PATH_WORDS, AZURE_WORDS, BUDGET_WORDS, CONTEXT, CONTEXT_WORDS, COUNTRY, COUNTRY_WORDS, FILTER, FILTER_WORDS,
    FREE_QUOTA, FREE_QUOTA_WORDS, LOADING_WORDS, NOBODY_THAT_WORDS, NOBODY_WORDS, NOT_LOADED, NOT_LOADED_MODEL_WORDS, NOT_LOADED_WORDS,
    PRIVACY_WORDS, SPEND_LIMIT, SPEND_LIMIT_WORDS, SPENT, SPENT_WORDS_OF_REFUSALS, TOKEN_LIMIT_WORDS,
};
use super::symptoms::Symptoms;
use crate::domain::{Origin, is_rate_in_words, is_spent_in_words};

/// Money or quota is spent, whatever the status.
pub(super) fn says_spent(s: &Symptoms<'_>) -> bool {
    let refused = !(500..=599).contains(&s.status());
    let spent = s.error.is(SPENT)
        || is_spent_in_words(s.error.lower())
        || (refused && s.error.says(SPENT_WORDS_OF_REFUSALS) && !is_rate_in_words(s.error.lower()))
        || says_spend_limit(s)
        || says_free_quota_spent(s);
    spent && !says_token_limit(s)
}

/// A limit that was set for the account, one of its workspaces or the key is reached.
pub(super) fn says_spend_limit(s: &Symptoms<'_>) -> bool {
    s.error.is(SPEND_LIMIT) || s.error.says(SPEND_LIMIT_WORDS) || s.error.says(BUDGET_WORDS)
}

/// Alibaba's free quota of a model is used up, or its time is over.
pub(super) fn says_free_quota_spent(s: &Symptoms<'_>) -> bool {
    s.error.is(FREE_QUOTA) || s.error.says(FREE_QUOTA_WORDS)
}

/// Alibaba's throttling by tokens, which borrows the words of a spent quota.
pub(super) fn says_token_limit(s: &Symptoms<'_>) -> bool {
    s.error.says(TOKEN_LIMIT_WORDS) && !says_free_quota_spent(s)
}

/// A content filter stood in the way, whatever the status.
pub(super) fn says_filtered(s: &Symptoms<'_>) -> bool {
    s.error.flagged_as().is_some() || s.error.is(FILTER) || s.error.says(FILTER_WORDS)
}

/// The request is too long for the model, whatever the status.
pub(super) fn says_too_long(s: &Symptoms<'_>) -> bool {
    s.error.is(CONTEXT) || s.error.says(CONTEXT_WORDS)
}

/// The country is not served.
pub(super) fn says_country(s: &Symptoms<'_>) -> bool {
    s.error.is(COUNTRY) || s.error.says(COUNTRY_WORDS)
}

/// The privacy settings of the account leave nobody.
pub(super) fn says_privacy_leaves_nobody(s: &Symptoms<'_>) -> bool {
    s.error.says(NOBODY_WORDS) && s.error.says(PRIVACY_WORDS)
}

/// A router has the model, and nobody to send this request to: OpenRouter's 404s, which are about neither path nor name.
pub(super) fn leaves_nobody(s: &Symptoms<'_>) -> bool {
    says_privacy_leaves_nobody(s) || s.error.says(NOBODY_THAT_WORDS)
}

/// A server of one's own has the model, and has not loaded it.
pub(super) fn says_not_loaded(s: &Symptoms<'_>) -> bool {
    let names_a_model = s.error.lower().contains("model") && s.error.says(NOT_LOADED_MODEL_WORDS);
    s.error.is(NOT_LOADED) || s.error.says(NOT_LOADED_WORDS) || names_a_model
}

/// It is just loading it.
pub(super) fn says_loading(s: &Symptoms<'_>) -> bool {
    s.error.says(LOADING_WORDS)
}

/// Where the Azure resource that the connection points to speaks what is spoken here; absent where it points elsewhere.
pub(super) fn azure_base_url(s: &Symptoms<'_>) -> Option<String> {
    Origin::of(&s.found.connection.base_url).ok()?.azure_base_url()
}

/// Azure's OpenAI says that an address, a deployment or a version of its API is wrong, wherever the connection points to.
pub(super) fn says_azure(s: &Symptoms<'_>) -> bool {
    // Of a path its words are those that anybody has; its code is a number in a text.
    let path = s.error.says(AZURE_PATH_WORDS) && s.error.error.get("code").is_some_and(|code| code == "404");
    s.error.is(AZURE_DEPLOYMENT) || s.error.says(AZURE_WORDS) || path
}
