//! Diagnoses in the state, and what their buttons do.

use std::sync::Arc;

use crate::domain::{
    Attempt, Cause, Cell, CheckOutcome, CheckReport, CheckStep, CheckStepKind, ConnectionId, Evidence, FailedExchange, Failure,
    FailureKind, KeySource, KeyState, ProbeOutcome, ProbeResult, Remedy, RunEvent, RunEventKind, RunId, StopReason, TimeoutKind, Timing,
    Trial, TrialId, TrialStatus, WireFormat,
};

use super::tests::{add_target, ended, later, launched, now, started};
use super::*;

const CELL: Cell = Cell { case_index: 0, target_index: 0, repeat: 0 };

/// A run whose one trial failed so; its connection is the state's first.
fn failed(kind: FailureKind, status: u16, headers: &[(&str, &str)], body: &str) -> (AppState, RunId, TrialId) {
    let mut state = started(&["hi"]);
    add_target(&mut state, "gpt-41");
    let plan = launched(&mut state);
    let RunEventKind::Ended { trial } = ended(&plan, CELL, TrialStatus::Failed).kind else { unreachable!() };
    let Trial { mut row, body: mut long } = *trial;
    let failure = Failure { kind, message: "it failed".to_owned() };
    row.failure = Some(failure.clone());
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    body.clone_into(&mut long.error_body);
    r#"{"model":"gpt-41","messages":[{"role":"user","content":"my own words"}]}"#.clone_into(&mut long.request);
    long.attempts.push(Attempt {
        number: 1,
        started_at: now(),
        http_status: Some(status),
        failure: Some(failure),
        timing: Timing::default(),
        usage: None,
        cost: None,
        stated_cost: None,
        request_id: Some("req-7".to_owned()),
        backoff_us: 0,
        evidence: Evidence { headers, ..Evidence::default() },
        fallback: false,
    });
    let trial_id = row.id;
    let event = |kind| Fact::Runs(RunFact::Event(RunEvent { run_id: plan.id, kind }));
    state.apply(event(RunEventKind::Ended { trial: Box::new(Trial { row, body: long }) }), now());
    state.apply(event(RunEventKind::Stopped { reason: StopReason::Complete }), now());
    state.update(Command::Doctor(DoctorCommand::Diagnose { run_id: plan.id, trial_id }), now());
    (state, plan.id, trial_id)
}

fn apply(state: &mut AppState, patient: Patient, remedy: Remedy) -> Vec<Effect> {
    state.update(Command::Doctor(DoctorCommand::Apply { patient, remedy }), now())
}

fn saved(effects: &[Effect]) -> crate::domain::Connection {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::SaveConnection { connection, key: None, is_new: false } => Some((**connection).clone()),
        _ => None,
    });
    found.expect("a save without a key")
}

fn sends_again(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Weigh { start: Start::Again { which: Again::These(_), .. }, .. }))
}

#[test]
fn a_wait_that_the_server_asked_for_is_waited_before_the_trial_is_sent_again() {
    let (mut state, run_id, trial_id) = failed(FailureKind::RateLimited, 429, &[("retry-after", "5")], "");
    let patient = Patient::Trial { run_id, trial_id };
    let diagnosis = Arc::clone(state.diagnosis_of(patient).unwrap());
    assert_eq!(diagnosis.charge, crate::domain::Charge::Nothing, "a refusal costs nothing, whatever the price");
    assert_eq!(diagnosis.remedies[0], Remedy::Retry(Some(5)));
    assert!(!sends_again(&apply(&mut state, patient, Remedy::Retry(Some(5)))));
    assert_eq!(state.doctor.seconds_left(patient, later(1_200)), Some(4));
    assert!(state.is_waiting() && !sends_again(&state.tick(later(4_900))));
    assert!(sends_again(&state.tick(later(5_000))));
    assert!(!sends_again(&state.tick(later(6_000))), "once");

    // Given up, and never sent.
    let (mut state, run_id, trial_id) = failed(FailureKind::RateLimited, 429, &[("retry-after", "5")], "");
    let patient = Patient::Trial { run_id, trial_id };
    apply(&mut state, patient, Remedy::Retry(Some(5)));
    state.update(Command::Doctor(DoctorCommand::StopWaiting(patient)), now());
    assert!(!sends_again(&state.tick(later(60_000))));
    // A wait that is over is none.
    assert!(sends_again(&state.update(Command::Doctor(DoctorCommand::Apply { patient, remedy: Remedy::Retry(Some(5)) }), later(5_001))));
}

#[test]
fn limits_are_saved_said_and_undone() {
    let (mut state, run_id, trial_id) = failed(FailureKind::FirstByteTimeout, 0, &[], "");
    let patient = Patient::Trial { run_id, trial_id };
    let before = state.connections.list[0].clone();
    let raise = Remedy::RaiseTimeout { timeout: TimeoutKind::FirstByte, to_ms: 240_000 };
    assert!(state.diagnosis_of(patient).unwrap().remedies.contains(&raise));
    let effects = apply(&mut state, patient, raise.clone());
    let changed = saved(&effects);
    assert_eq!(changed.limits.first_byte_timeout_ms, 240_000);
    let told = |state: &AppState| state.notices.shown.last().map(|notice| notice.text.clone()).unwrap_or_default();
    assert!(!told(&state).contains("timeout"), "nothing is said before it is so");
    let fact = |connection: &crate::domain::Connection| {
        Fact::Connections(ConnectionFact::Saved { connection: Box::new(connection.clone()), key_state: KeyState::NoKey, added: false })
    };
    state.apply(fact(&changed), now());
    let notice = state.notices.shown.last().unwrap().clone();
    assert!(notice.text.starts_with("The first-byte timeout of Here is "), "{}", notice.text);
    let undone = state.update(Command::Notices(NoticeCommand::Undo(notice.id)), now());
    assert_eq!(saved(&undone), before);

    assert!(apply(&mut state, patient, raise).is_empty(), "it is so already");
    let slower = saved(&apply(&mut state, patient, Remedy::LowerConcurrency(2)));
    assert_eq!(slower.limits.max_in_flight, Some(2));
    assert!(saved(&apply(&mut state, patient, Remedy::DropStreamOptions)).dialect.no_stream_options);
    let base_url = format!("{}/anthropic", before.base_url);
    let other = Remedy::UseWire { wire: WireFormat::AnthropicMessages, base_url: base_url.clone() };
    let spoken = saved(&apply(&mut state, patient, other));
    assert_eq!((spoken.wire, spoken.base_url), (WireFormat::AnthropicMessages, base_url));
}

#[test]
fn a_suggested_model_goes_into_the_next_run_and_the_old_run_stays() {
    let (mut state, run_id, trial_id) = failed(FailureKind::ModelNotFound, 404, &[], "{}");
    let patient = Patient::Trial { run_id, trial_id };
    assert_eq!(state.diagnosis_of(patient).unwrap().remedies, [Remedy::ListModels]);
    let id = state.connections.list[0].id;
    assert!(matches!(apply(&mut state, patient, Remedy::ListModels)[..], [Effect::LoadModels(asked)] if asked == id));
    state.apply(Fact::Connections(ConnectionFact::Models { id, result: Ok(vec!["gpt-4.1".to_owned()]) }), now());
    assert!(state.diagnosis_of(patient).is_none(), "made anew when it is looked at");
    state.update(Command::Doctor(DoctorCommand::Diagnose { run_id, trial_id }), now());
    let remedy = state.diagnosis_of(patient).unwrap().remedies[0].clone();
    assert_eq!(remedy, Remedy::UseModel("gpt-4.1".to_owned()));
    apply(&mut state, patient, remedy);
    assert_eq!(state.bench.targets[0].model, "gpt-4.1");
    assert_eq!(state.runs.open[&run_id].plan.targets[0].model, "gpt-41");
    let undo = state.notices.shown.last().unwrap().id;
    state.update(Command::Notices(NoticeCommand::Undo(undo)), now());
    assert_eq!(state.bench.targets[0].model, "gpt-41");
}

#[test]
fn the_report_for_support_holds_no_text_of_the_prompt() {
    let headers = [("x-request-id", "req-7"), ("date", "Sun, 22 Nov 2026 10:00:00 GMT")];
    let (mut state, run_id, trial_id) = failed(FailureKind::ServerError, 500, &headers, r#"{"error":{"message":"oops"}}"#);
    state.update(Command::Doctor(DoctorCommand::CopyReport(Patient::Trial { run_id, trial_id })), now());
    let report = state.clipboard.take().unwrap();
    for part in ["req-7", "HTTP 500", "date: Sun", "oops", "curl", "2026-11-22 10:00:00.000 UTC", "[12 characters left out]"] {
        assert!(report.contains(part), "{part} in {report}");
    }
    assert!(!report.contains("my own words"), "{report}");
}

fn checked(state: &mut AppState, failure: Failure, exchange: FailedExchange) -> ConnectionId {
    let id = state.connections.list[0].id;
    let step = CheckStep { kind: CheckStepKind::Models, started_us: 0, took_us: 10, outcome: CheckOutcome::Failed(failure) };
    let report = CheckReport {
        connection_id: id,
        at: now(),
        steps: vec![step],
        model: None,
        models: Vec::new(),
        cost: None,
        exchange: Some(exchange),
        foreign_key: None,
        learned: Vec::new(),
    };
    state.apply(Fact::Connections(ConnectionFact::Checked(Box::new(report))), now());
    id
}

#[test]
fn a_check_is_made_again_after_its_remedy_is_stored() {
    let mut state = started(&["hi"]);
    state.connections.list[0].base_url = "http://127.0.0.1:1".to_owned();
    let failure = Failure { kind: FailureKind::PathNotFound, message: "404".to_owned() };
    let id = checked(&mut state, failure, FailedExchange { http_status: Some(404), ..FailedExchange::default() });
    let patient = Patient::Check(id);
    assert_eq!(state.diagnosis_of(patient).unwrap().cause, Cause::PathMissing);
    let remedy = Remedy::UseBaseUrl("http://127.0.0.1:1/v1".to_owned());
    assert!(state.diagnosis_of(patient).unwrap().remedies.contains(&remedy));
    let changed = saved(&apply(&mut state, patient, remedy));
    let fact = ConnectionFact::Saved { connection: Box::new(changed), key_state: KeyState::NoKey, added: false };
    let effects = state.apply(Fact::Connections(fact), now());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Check { id: asked, .. } if *asked == id)), "{effects:?}");
}

#[test]
fn a_kept_key_is_asked_for_again_before_the_address_moves() {
    let mut state = started(&["hi"]);
    state.connections.list[0].key_source = KeySource::Keychain;
    let failure = Failure { kind: FailureKind::Unauthorized, message: "401".to_owned() };
    let id = checked(&mut state, failure, FailedExchange { http_status: Some(401), ..FailedExchange::default() });
    let remedy = Remedy::UseRegion { region: "Beijing".into(), base_url: "https://elsewhere.test/v1".into() };
    let effects = apply(&mut state, Patient::Check(id), remedy.clone());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::SaveConnection { .. })), "nothing moves without the key");
    let wish = state.connections.edit.clone().unwrap();
    assert_eq!((wish.id, wish.base_url.as_deref(), state.screen), (id, Some("https://elsewhere.test/v1"), Screen::Connections));
    // A variable is read anew each time and belongs to no origin.
    state.connections.list[0].key_source = KeySource::Environment("KEY".to_owned());
    assert_eq!(saved(&apply(&mut state, Patient::Check(id), remedy)).base_url, "https://elsewhere.test/v1");
}

#[test]
fn probes_are_made_on_request_and_listed() {
    let mut state = started(&["hi"]);
    state.connections.list[0].base_url = "http://127.0.0.1:1".to_owned();
    let failure = Failure { kind: FailureKind::PathNotFound, message: "404".to_owned() };
    let patient = Patient::Check(checked(&mut state, failure, FailedExchange::default()));
    let ask = |key_elsewhere| Command::Doctor(DoctorCommand::Probe { patient, key_elsewhere });
    let effects = state.update(ask(false), now());
    let [Effect::Probe { probes, key_elsewhere: false, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(probes[0].base_url, "http://127.0.0.1:1/v1");
    assert!(state.update(ask(true), now()).is_empty(), "one round at a time");
    let result = ProbeResult { probe: probes[0].clone(), key_sent: false, took_ms: 12, outcome: ProbeOutcome::Listed(3) };
    state.apply(Fact::Doctor(DoctorFact::Probed { patient, result }), now());
    state.apply(Fact::Doctor(DoctorFact::ProbesEnded(patient)), now());
    let round = &state.doctor.rounds[&patient];
    assert!(!round.running && round.results.len() == 1);
}

#[test]
fn a_connection_that_another_process_removed_goes_from_the_list_and_says_so() {
    let mut state = started(&["hi"]);
    let id = state.connections.list[0].id;
    state.update(Command::Connections(ConnectionCommand::Select(id)), now());
    state.update(Command::Connections(ConnectionCommand::LoadModels(id)), now());
    assert_eq!(state.update(Command::Connections(ConnectionCommand::Check { id, model: None }), now()).len(), 1);
    state.apply(Fact::Connections(ConnectionFact::Gone(id)), now());
    let known = &state.connections;
    assert!(known.list.is_empty() && known.checks.is_empty() && known.models.is_empty() && known.selected.is_none());
    let told = |state: &AppState| state.notices.shown.iter().map(|notice| notice.text.clone()).collect::<Vec<_>>();
    assert_eq!(told(&state), ["Here was removed meanwhile, by another window or a command"]);
    state.apply(Fact::Connections(ConnectionFact::Gone(id)), now());
    assert_eq!(told(&state).len(), 1, "it is known");
}
