//! Money: whose balance, quota or credit is spent.

use super::phrases::{EXPIRED_WORDS, KEY_USED_UP_WORDS, NO_QUOTA_WORDS, OWN_AT_RELAY, OWN_AT_RELAY_WORDS};
use super::signs;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Role, Side};

/// 402, or a 401, 403 or 429 that says that quota or balance is spent.
pub(super) fn spent(s: &Symptoms<'_>) -> Diagnosis {
    let no_use = "Trying again does not help.";
    if s.error.is(OWN_AT_RELAY)
        || (s.is_relay() && s.error.says(OWN_AT_RELAY_WORDS))
        || (s.error.is_by_relay_software() && s.error.says(KEY_USED_UP_WORDS))
    {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "Your balance at the relay is spent.",
            format!("Top up at the relay, or raise the quota of this key there. {no_use}"),
        );
    }
    if s.passes_on() {
        return s.diagnosis(
            Cause::RelayBalanceSpent,
            Side::Relay,
            "The relay's own account at the provider behind it is spent; your balance is not what failed.",
            "Tell the relay's support. Until it is mended, take another model or another relay.",
        );
    }
    if signs::says_spend_limit(s) {
        return s.diagnosis(
            Cause::SpendLimit,
            Side::You,
            "A spend limit that is set for your account or key is reached.",
            format!("Raise the limit in the console of the {}, or wait for its next period. {no_use}", s.server_word()),
        );
    }
    if s.error.says(NO_QUOTA_WORDS) {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "The quota of this key for this model is 0.",
            format!("Enable billing for the project, or take a model that its plan includes. {no_use}"),
        );
    }
    if signs::says_free_quota_spent(s) {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "The free quota of this model is used up.",
            format!("Allow it to be paid for in the provider's console, or take another model. {no_use}"),
        );
    }
    let expired = s.error.says(EXPIRED_WORDS);
    let happened = if expired { "The credit of this account has expired." } else { "The quota or balance of this key is spent." };
    let found = s.diagnosis(Cause::BalanceSpent, Side::You, happened, format!("Top up at the {}. {no_use}", s.server_word()));
    if s.found.connection.role == Role::Relay {
        let mut found = found.with_open(
            "Whether your balance or the relay's own account behind it is spent the relay does not say. Your balance on the relay's page would tell.",
        );
        found.side = Side::Unclear;
        return found;
    }
    found
}
