//! States of the connections screen for its tests.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use std::sync::Arc;

use assay::app::{AppState, ConnectionFact, EnvironmentKey, Fact, ModelList, Screen};
use assay::domain::{
    CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, ConnectionId, Currency, FailedExchange, Failure, FailureKind,
    KeySource, KeyState, OwnPrice, Price, PriceStanding, Role,
};
use uuid::Uuid;

use crate::basics::now;
use crate::bench_state as bench;

pub(crate) const ALIBABA: ConnectionId = ConnectionId(Uuid::from_u128(31));
pub(crate) const HOLYSHEEP: ConnectionId = ConnectionId(Uuid::from_u128(32));
pub(crate) const OPENAI: ConnectionId = ConnectionId(Uuid::from_u128(33));
pub(crate) const DEEPSEEK: ConnectionId = ConnectionId(Uuid::from_u128(34));
pub(crate) const LOCAL: ConnectionId = ConnectionId(Uuid::from_u128(35));
pub(crate) const DEMO: ConnectionId = ConnectionId(Uuid::from_u128(36));

fn connection(id: ConnectionId, name: &str, role: Role, url: &str, key_source: KeySource, preset: &str) -> Connection {
    Connection { preset: Some(preset.to_owned()), ..Connection::new(id, name, role, url, key_source) }
}

/// Nothing is stored.
pub(crate) fn empty() -> AppState {
    let mut state = bench::first(Vec::new());
    state.screen = Screen::Connections;
    state
}

/// Nothing is stored, and keys are in the environment.
pub(crate) fn with_environment() -> AppState {
    let mut state = empty();
    let key = |preset_id: &str, variable: &str| EnvironmentKey {
        preset_id: preset_id.to_owned(),
        variable: variable.to_owned(),
        masked: "••••••••x4Qz".to_owned(),
    };
    state.connections.in_environment = vec![key("openai", "OPENAI_API_KEY"), key("deepseek", "DEEPSEEK_API_KEY")];
    state
}

/// The connections of the mockup; `HolySheep` is shown.
pub(crate) fn full() -> AppState {
    let mut state = empty();
    let mut holysheep = connection(HOLYSHEEP, "HolySheep", Role::Relay, "https://api.holysheep.ai/v1", KeySource::Keychain, "holysheep");
    holysheep.limits.max_in_flight = Some(8);
    holysheep.limits.max_per_minute = Some(600);
    holysheep.last_model = Some("qwen3-max".to_owned());
    let alibaba_url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1";
    let list = vec![
        connection(ALIBABA, "Alibaba Model Studio", Role::Official, alibaba_url, KeySource::Keychain, "alibaba"),
        holysheep,
        connection(
            OPENAI,
            "OpenAI",
            Role::Official,
            "https://api.openai.com/v1",
            KeySource::Environment("OPENAI_API_KEY".into()),
            "openai",
        ),
        connection(DEEPSEEK, "DeepSeek", Role::Official, "https://api.deepseek.com/v1", KeySource::Session, "deepseek"),
        connection(LOCAL, "llama.cpp here", Role::Local, "http://127.0.0.1:8091/v1", KeySource::None, "llama-cpp"),
        connection(DEMO, "Demo provider (simulated)", Role::Demo, "http://127.0.0.1:40123/v1", KeySource::None, "demo"),
    ];
    tell(&mut state, ConnectionFact::Listed(list));
    for (id, key) in [
        (ALIBABA, KeyState::InKeychain),
        (HOLYSHEEP, KeyState::InKeychain),
        (OPENAI, KeyState::Environment { name: "OPENAI_API_KEY".into(), set: true }),
        (DEEPSEEK, KeyState::ThisSession),
        (LOCAL, KeyState::NoKey),
        (DEMO, KeyState::NoKey),
    ] {
        tell(&mut state, ConnectionFact::Key { id, state: key });
    }
    tell(&mut state, ConnectionFact::Checked(Box::new(passed(LOCAL, "gemma-3-270m"))));
    tell(&mut state, ConnectionFact::Checked(Box::new(passed(ALIBABA, "qwen3-max"))));
    state.connections.selected = Some(HOLYSHEEP);
    state
}

pub(crate) fn tell(state: &mut AppState, fact: ConnectionFact) {
    let now = state.now;
    let _effects = state.apply(Fact::Connections(fact), now);
}

fn step(kind: CheckStepKind, started_us: u64, took_us: u64, outcome: CheckOutcome) -> CheckStep {
    CheckStep { kind, started_us, took_us, outcome }
}

pub(crate) fn steps() -> Vec<CheckStep> {
    vec![
        step(CheckStepKind::Resolve, 0, 2_100, CheckOutcome::Passed),
        step(CheckStepKind::Connect, 2_200, 38_000, CheckOutcome::Passed),
        step(CheckStepKind::Tls, 40_300, 52_400, CheckOutcome::Passed),
        step(CheckStepKind::Models, 92_800, 160_000, CheckOutcome::Passed),
    ]
}

pub(crate) fn passed(id: ConnectionId, model: &str) -> CheckReport {
    let mut steps = steps();
    steps.push(step(CheckStepKind::Answer, 253_000, 412_000, CheckOutcome::Passed));
    CheckReport {
        connection_id: id,
        at: now() - jiff::SignedDuration::from_secs(20),
        steps,
        model: Some(model.to_owned()),
        models: vec![model.to_owned()],
        cost: Some("0.00002".parse().unwrap()),
        exchange: None,
        foreign_key: None,
        learned: Vec::new(),
    }
}

fn refusal(status: u16, body: &str) -> FailedExchange {
    FailedExchange { http_status: Some(status), error_body: body.to_owned(), ..FailedExchange::default() }
}

/// A check that asked for a model that the relay does not have.
pub(crate) fn missing_model() -> CheckReport {
    let failure = Failure { kind: FailureKind::ModelNotFound, message: "404: “model qwen3-max does not exist”".into() };
    let mut report = passed(HOLYSHEEP, "qwen3-max");
    report.steps.pop();
    report.steps.push(step(CheckStepKind::Answer, 253_000, 74_000, CheckOutcome::Failed(failure)));
    report.models = ["qwen-max", "deepseek-chat", "gpt-4.1", "claude-sonnet-4-5"].map(str::to_owned).into();
    report.models.extend((0..27).map(|n| format!("vendor/model-{n:02}")));
    report.cost = Some(rust_decimal::Decimal::ZERO);
    report.exchange = Some(refusal(404, r#"{"error":{"message":"model qwen3-max does not exist","code":"model_not_found"}}"#));
    report
}

/// [`full`] with that check.
pub(crate) fn failed_check() -> AppState {
    let mut state = full();
    tell(&mut state, ConnectionFact::Checked(Box::new(missing_model())));
    state
}

/// [`full`] with a check that a wrong key ended.
pub(crate) fn wrong_key() -> AppState {
    let mut state = full();
    let failure = Failure { kind: FailureKind::Unauthorized, message: "401: “invalid api key”".into() };
    let mut report = missing_model();
    report.steps.truncate(3);
    report.steps.push(step(CheckStepKind::Models, 92_800, 60_000, CheckOutcome::Failed(failure)));
    report.models.clear();
    report.exchange = Some(refusal(401, r#"{"error":{"message":"invalid api key"}}"#));
    tell(&mut state, ConnectionFact::Checked(Box::new(report)));
    state
}

/// [`full`] with a local server that does not run; it is shown.
pub(crate) fn server_down() -> AppState {
    let mut state = full();
    let failure = Failure { kind: FailureKind::Refused, message: "connection refused".into() };
    let mut report = passed(LOCAL, "gemma-3-270m");
    report.steps.truncate(1);
    report.steps.push(step(CheckStepKind::Connect, 2_200, 300, CheckOutcome::Failed(failure)));
    report.models.clear();
    tell(&mut state, ConnectionFact::Checked(Box::new(report)));
    state.connections.selected = Some(LOCAL);
    state
}

/// [`full`] while a check runs.
pub(crate) fn checking() -> AppState {
    let mut state = full();
    let check = state.connections.checks.entry(HOLYSHEEP).or_default();
    check.running = true;
    check.steps = steps()[..3].to_vec();
    state
}

/// Keys that are not where they should be, a list that did not come, a price of one's own.
pub(crate) fn troubled() -> AppState {
    let mut state = full();
    let reason = "The keychain is locked; unlock it and look again";
    tell(&mut state, ConnectionFact::Key { id: HOLYSHEEP, state: KeyState::CannotBeRead { reason: reason.into() } });
    tell(&mut state, ConnectionFact::Key { id: ALIBABA, state: KeyState::Missing });
    tell(&mut state, ConnectionFact::Key { id: OPENAI, state: KeyState::Environment { name: "OPENAI_API_KEY".into(), set: false } });
    let failure = Failure { kind: FailureKind::Unauthorized, message: "401: “invalid api key”".into() };
    state.connections.models.insert(HOLYSHEEP, ModelList::Failed(failure));
    let price = Price::flat("1.10".parse().unwrap(), "5".parse().unwrap(), Currency::usd(), PriceStanding::Own, "set by you");
    tell(&mut state, ConnectionFact::Prices(vec![OwnPrice { host: "api.holysheep.ai".into(), model: "qwen-max".into(), price }]));
    state
}

/// [`full`] with a relay of ten thousand models whose names try to deceive.
pub(crate) fn many_models() -> AppState {
    let mut state = full();
    let models: Vec<String> = (0..10_000).map(|n| format!("vendor/model-{n:05}\u{202e}")).collect();
    state.connections.models.insert(HOLYSHEEP, ModelList::Known(Arc::new(models)));
    state
}
