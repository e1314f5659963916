//! Money: whose balance, quota or credit is spent.

use super::limits;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Role, SPENT_CODES, Side};

/// The same in words.
const SPENT_PHRASES: [&str; 10] = [
    "insufficient balance",
    "insufficient credit",
    "insufficient quota",
    "credit balance",
    "credits have expired",
    "credit has expired",
    "overdue payment",
    "余额不足",
    "额度不足",
    "额度已用尽",
];
/// Codes and phrases that say that a limit is reached which somebody set.
const SPEND_LIMIT_CODES: [&str; 4] =
    ["billing_hard_limit_reached", "enforced_spend_limit_reached", "organization_spend_limit_exceeded", "project_spend_limit_exceeded"];
const SPEND_LIMIT_PHRASES: [&str; 2] = ["api usage limits", "key limit exceeded"];
/// Relay software that says that your own quota at the relay is spent.
const OWN_AT_RELAY: [&str; 2] = ["insufficient_user_quota", "pre_consume_token_quota_failed"];

/// The body says that money or quota is spent, whatever the status.
pub(super) fn says_spent(s: &Symptoms<'_>) -> bool {
    !limits::says_token_limit(s)
        && (s.error.is(&SPENT_CODES) || s.error.says(&SPENT_PHRASES) || says_spend_limit(s) || says_free_quota_spent(s))
}

/// A limit that was set for the account, one of its workspaces or the key is reached.
pub(super) fn says_spend_limit(s: &Symptoms<'_>) -> bool {
    s.error.is(&SPEND_LIMIT_CODES) || s.error.says(&SPEND_LIMIT_PHRASES)
}

/// Alibaba's free quota of a model is used up, or its time is over.
pub(super) fn says_free_quota_spent(s: &Symptoms<'_>) -> bool {
    s.error.is(&["freetieronly", "allocationquota.freetieronly"]) || s.error.says(&["free allocated quota exceeded"])
}

/// 402, or a 401, 403 or 429 that says that quota or balance is spent.
pub(super) fn spent(s: &Symptoms<'_>) -> Diagnosis {
    if limits::says_token_limit(s) {
        return limits::limited(s);
    }
    let no_use = "Trying again does not help.";
    if s.error.is(&OWN_AT_RELAY) || (s.error.is_by_relay_software() && s.error.says(&["额度已用尽"])) {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "Your balance at the relay is spent.",
            format!("Top up at the relay, or raise the quota of this key there. {no_use}"),
        );
    }
    if s.is_relay() && s.error.is_from_upstream() {
        return s.diagnosis(
            Cause::RelayBalanceSpent,
            Side::Relay,
            "The relay's own account at the provider behind it is spent; your balance is not what failed.",
            "Tell the relay's support. Until it is mended, take another model or another relay.",
        );
    }
    if says_spend_limit(s) {
        return s.diagnosis(
            Cause::SpendLimit,
            Side::You,
            "A spend limit that is set for your account or key is reached.",
            format!("Raise the limit in the console of the {}, or wait for its next period. {no_use}", s.server_word()),
        );
    }
    if s.error.says(&["limit: 0"]) {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "The quota of this key for this model is 0.",
            format!("Enable billing for the project, or take a model that its plan includes. {no_use}"),
        );
    }
    if says_free_quota_spent(s) {
        return s.diagnosis(
            Cause::BalanceSpent,
            Side::You,
            "The free quota of this model is used up.",
            format!("Allow it to be paid for in the provider's console, or take another model. {no_use}"),
        );
    }
    let expired = s.error.says(&["expired"]);
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
