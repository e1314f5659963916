//! What the words of a refusal say, as questions that several families ask. None of them leads to a diagnosis.

use super::phrases::{
    CONTEXT, CONTEXT_WORDS, COUNTRY, COUNTRY_WORDS, FILTER, FILTER_WORDS, FREE_QUOTA, FREE_QUOTA_WORDS, NOBODY_THAT_WORDS, NOBODY_WORDS,
    PRIVACY_WORDS, SPEND_LIMIT, SPEND_LIMIT_WORDS, SPENT, SPENT_WORDS, TOKEN_LIMIT_WORDS,
};
use super::symptoms::Symptoms;

/// Money or quota is spent, whatever the status.
pub(super) fn says_spent(s: &Symptoms<'_>) -> bool {
    let spent = s.error.is(SPENT) || s.error.says(SPENT_WORDS) || says_spend_limit(s) || says_free_quota_spent(s);
    spent && !says_token_limit(s)
}

/// A limit that was set for the account, one of its workspaces or the key is reached.
pub(super) fn says_spend_limit(s: &Symptoms<'_>) -> bool {
    s.error.is(SPEND_LIMIT) || s.error.says(SPEND_LIMIT_WORDS)
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
