//! States of connections in words.

use jiff::Timestamp;

use crate::app::CheckState;
use crate::domain::{CheckReport, CheckStepKind, Connection, Currency, KeyState, Money};
use crate::ui::local_time::how_long_ago;
use crate::ui::widgets::Mark;

/// Where requests go, as cards say it.
pub(super) fn host_words(connection: &Connection) -> String {
    if connection.is_simulated() {
        return "inside Assay".to_owned();
    }
    let host = connection.price_host();
    if host.is_empty() { "no host".to_owned() } else { host }
}

/// Where the key is, as cards say it.
pub(super) fn key_words(state: Option<&KeyState>) -> String {
    match state {
        None => "…".to_owned(),
        Some(KeyState::NoKey) => "no key".to_owned(),
        Some(KeyState::InKeychain) => "in keychain".to_owned(),
        Some(KeyState::ThisSession) => "this session".to_owned(),
        Some(KeyState::Environment { name, set: true }) => format!("${name}"),
        Some(KeyState::Environment { name, set: false }) => format!("not set: ${name}"),
        Some(KeyState::Missing) => "key missing".to_owned(),
        Some(KeyState::CannotBeRead { .. }) => "key cannot be read".to_owned(),
    }
}

/// The key's state stands in the way of a request.
pub(super) fn key_is_lacking(state: Option<&KeyState>) -> bool {
    matches!(state, Some(KeyState::Missing | KeyState::CannotBeRead { .. } | KeyState::Environment { set: false, .. }))
}

/// What the last check said, as cards say it.
pub(super) fn check_words(check: Option<&CheckState>, now: Timestamp) -> (Mark, String) {
    let Some(check) = check else { return (Mark::Waiting, "not checked yet".to_owned()) };
    if check.running {
        return (Mark::Running, "checking…".to_owned());
    }
    match check.report.as_deref() {
        None => (Mark::Waiting, "not checked yet".to_owned()),
        Some(report) if report.passed() => {
            let who = report.model.as_deref().unwrap_or("it");
            (Mark::Finished, format!("{who} answered · {}", how_long_ago(report.at, now)))
        }
        Some(report) => {
            let what = report.failure().map_or("nothing was asked", |failure| failure.kind.label());
            let mark = if report.failure().is_some() { Mark::Failed } else { Mark::Cancelled };
            (mark, format!("{what} · {}", how_long_ago(report.at, now)))
        }
    }
}

/// What a check cost. Without a price the amount is unknown, never 0.
pub(super) fn cost_words(report: &CheckReport, currency: Option<&Currency>) -> String {
    match report.cost {
        None => "cost unknown".to_owned(),
        Some(cost) if cost.is_zero() => "nothing was charged".to_owned(),
        Some(amount) => format!("cost {}", Money { amount, currency: currency.cloned().unwrap_or_else(Currency::usd) }),
    }
}

/// The name of a step; the answer says from whom.
pub(super) fn step_words(kind: CheckStepKind, model: Option<&str>) -> String {
    match (kind, model) {
        (CheckStepKind::Answer, Some(model)) => format!("Answer from {model}"),
        (kind, _) => kind.label().to_owned(),
    }
}

/// What the time of a step is of.
pub(super) fn step_definition(kind: CheckStepKind) -> &'static str {
    match kind {
        CheckStepKind::Resolve => "From the host name to its addresses, as this computer looks names up",
        CheckStepKind::Connect => "TCP, to the first address that answered",
        CheckStepKind::Tls => "The TLS handshake alone, over the connection of the step before",
        CheckStepKind::Models => "The list of models, with the set-up of a connection of its own",
        CheckStepKind::Answer => "One answer of at most 16 tokens, over the connection of the step before",
    }
}

/// The steps that a check of this connection goes through.
pub(super) fn steps_of(connection: &Connection) -> Vec<CheckStepKind> {
    let mut steps = vec![CheckStepKind::Resolve, CheckStepKind::Connect];
    if connection.base_url.starts_with("https:") {
        steps.push(CheckStepKind::Tls);
    }
    steps.extend([CheckStepKind::Models, CheckStepKind::Answer]);
    steps
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{CheckOutcome, CheckStep, ConnectionId, Failure, FailureKind, KeySource, Role};

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn report(outcome: CheckOutcome) -> CheckReport {
        CheckReport {
            connection_id: ConnectionId::draw(),
            at: now(),
            steps: vec![CheckStep { kind: CheckStepKind::Answer, started_us: 1_000, took_us: 74_000, outcome }],
            model: Some("qwen-max".to_owned()),
            models: Vec::new(),
            cost: None,
            exchange: None,
            foreign_key: None,
            learned: Vec::new(),
        }
    }

    #[test]
    fn an_unknown_cost_is_not_nothing() {
        let mut report = report(CheckOutcome::Passed);
        assert_eq!(cost_words(&report, None), "cost unknown");
        report.cost = Some("0".parse().unwrap());
        assert_eq!(cost_words(&report, None), "nothing was charged");
        report.cost = Some("0.00002".parse().unwrap());
        assert_eq!(cost_words(&report, Some(&Currency::new("cny").unwrap())), "cost CN¥0.000020");
    }

    #[test]
    fn the_last_check_is_told_with_its_mark() {
        let state = |outcome| CheckState { report: Some(Arc::new(report(outcome))), ..CheckState::default() };
        assert_eq!(check_words(Some(&state(CheckOutcome::Passed)), now()), (Mark::Finished, "qwen-max answered · just now".to_owned()));
        let failed = CheckOutcome::Failed(Failure { kind: FailureKind::ModelNotFound, message: String::new() });
        assert_eq!(check_words(Some(&state(failed)), now()), (Mark::Failed, "model not found · just now".to_owned()));
        let skipped = CheckOutcome::Skipped("no model is known; name one".to_owned());
        assert_eq!(check_words(Some(&state(skipped)), now()).0, Mark::Cancelled);
        assert_eq!(check_words(None, now()).1, "not checked yet");
    }

    #[test]
    fn plain_http_has_no_tls_step() {
        let at = |url| Connection::new(ConnectionId::draw(), "Here", Role::Local, url, KeySource::None);
        assert!(!steps_of(&at("http://127.0.0.1:8080/v1")).contains(&CheckStepKind::Tls));
        assert_eq!(steps_of(&at("https://api.test/v1")).len(), 5);
        assert_eq!(host_words(&at("http://127.0.0.1:8080/v1")), "127.0.0.1:8080");
    }
}
