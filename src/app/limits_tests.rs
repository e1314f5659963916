//! Ramps, breakers and the money under a cap, as the mind takes them in.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::domain::{
    BreakerTurn, Cell, Currency, Failure, FailureKind, FoundBound, FoundLimit, LostReservations, Money, RampEnd, RampOutcome, RunEvent,
    RunEventKind, TrialStatus,
};

use super::tests::{add_target, ended, launched, now, started};
use super::*;

fn ramp(state: &mut AppState) -> Vec<Effect> {
    let id = state.connections.list[0].id;
    state.update(Command::Connections(ConnectionCommand::Ramp { id, model: "m".to_owned(), ceiling: 8 }), now())
}

#[test]
fn a_ramp_and_a_run_do_not_go_together() {
    let mut state = started(&["x"]);
    add_target(&mut state, "a");
    let id = state.connections.list[0].id;
    assert!(matches!(ramp(&mut state)[..], [Effect::Ramp { ceiling: 8, .. }]));
    assert!(ramp(&mut state).is_empty(), "one at a time");
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Weigh { .. })), "{effects:?}");

    let bound = FoundBound::AtOnce(4);
    let end = RampEnd { outcome: RampOutcome::Found(bound), requests: 9, cost: None, learnt: Vec::new() };
    let found = FoundLimit { at: now(), model: "m".to_owned(), requests: 9, bound };
    state.apply(Fact::Connections(ConnectionFact::Ramped { id, end, found: Some(found) }), now());
    assert_eq!(state.connections.list[0].found_limit.as_ref().and_then(FoundLimit::at_once), Some(4));
    launched(&mut state);
    assert!(ramp(&mut state).is_empty());
}

#[test]
fn nothing_is_sent_again_while_a_ramp_climbs() {
    let mut state = started(&["x"]);
    add_target(&mut state, "a");
    let plan = launched(&mut state);
    let (run_id, cell) = (plan.id, Cell { case_index: 0, target_index: 0, repeat: 0 });
    let event = ended(&plan, cell, TrialStatus::Failed);
    let RunEventKind::Ended { trial } = &event.kind else { panic!("not ended") };
    let patient = Patient::Trial { run_id, trial_id: trial.row.id };
    state.apply(Fact::Runs(RunFact::Event(event)), now());
    let stopped = RunEvent { run_id, kind: RunEventKind::Stopped { reason: crate::domain::StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    ramp(&mut state);
    for command in [RunCommand::SendMissing(run_id), RunCommand::RetryFailed(run_id), RunCommand::Again { run_id, cell }] {
        let effects = state.update(Command::Runs(command), now());
        assert!(effects.is_empty() && !state.bench.starting, "{effects:?}");
        assert!(state.notices.shown.last().unwrap().text.contains("limit is being looked for"));
    }
    let wait = DoctorCommand::Apply { patient, remedy: crate::domain::Remedy::Retry(Some(0)) };
    assert!(state.update(Command::Doctor(wait), now()).is_empty());
    state.doctor.waiting.insert(patient, now());
    let told = state.notices.shown.len();
    assert!(state.tick(now()).is_empty());
    assert_eq!((state.notices.shown.len(), state.doctor.waiting.len()), (told, 1), "it waits on, in silence");

    let end = RampEnd { outcome: RampOutcome::Stopped, requests: 2, cost: None, learnt: Vec::new() };
    state.apply(Fact::Connections(ConnectionFact::Ramped { id: plan.targets[0].connection.id, end, found: None }), now());
    assert!(
        state.tick(now()).iter().any(|effect| matches!(effect, Effect::Weigh { start: Start::Again { which: Again::These(_), .. }, .. }))
    );
}

#[test]
fn a_breaker_is_told_and_the_money_adds_up_to_the_cap() {
    let mut state = started(&["x"; 3]);
    add_target(&mut state, "a");
    state.bench.settings.cap = Some(Money { amount: Decimal::TEN, currency: Currency::usd() });
    let plan = launched(&mut state);
    let tell = |state: &mut AppState, kind| state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id: plan.id, kind })), now());
    let failure = Failure { kind: FailureKind::ServerError, message: "503".to_owned() };
    let cell = |case_index| Cell { case_index, target_index: 0, repeat: 0 };
    let retry = |case_index| {
        let after = Duration::from_secs(1);
        RunEventKind::RetryScheduled { cell: cell(case_index), attempt: 1, after, failure: failure.clone() }
    };
    let waits = |state: &AppState, case_index| state.run_in_view().unwrap().live_cell(cell(case_index)).unwrap().waiting.clone().unwrap();
    tell(&mut state, RunEventKind::Started { cell: cell(0) });
    tell(&mut state, retry(0));
    assert!(waits(&state, 0).ends_with("sending again in 1.0 s"));
    let turn = BreakerTurn::Opened { failures: 5, next_try: Duration::from_secs(30), failure: failure.clone() };
    let (connection, model) = (plan.targets[0].connection.id, plan.targets[0].model.clone());
    tell(&mut state, RunEventKind::Breaker { connection, model, turn });
    tell(&mut state, retry(1));
    for case_index in 0..2 {
        assert!(waits(&state, case_index).ends_with("its model is paused after 5 failures in a row"), "{}", waits(&state, case_index));
    }
    let told = &state.notices.shown.last().unwrap().text;
    assert!(told.starts_with("Paused a at") && told.ends_with("5 failures in a row (server error); next try in 30 s"), "{told}");
    tell(&mut state, RunEventKind::Money { spent: Decimal::ONE, reserved: Decimal::TWO });
    let money = state.run_in_view().unwrap().money().unwrap();
    assert_eq!((money.spent, money.reserved, money.free), (Decimal::ONE, Decimal::TWO, Decimal::from(7)));
}

#[test]
fn what_was_lost_counts_until_somebody_says_otherwise() {
    let mut state = started(&["x"; 3]);
    add_target(&mut state, "a");
    state.bench.settings.cap = Some(Money { amount: Decimal::TEN, currency: Currency::usd() });
    let plan = launched(&mut state);
    let run_id = plan.id;
    state.apply(Fact::Runs(RunFact::Event(ended(&plan, Cell { case_index: 0, target_index: 0, repeat: 0 }, TrialStatus::Finished))), now());
    let stopped = RunEvent { run_id, kind: RunEventKind::Stopped { reason: crate::domain::StopReason::Cancelled } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    let spent = |state: &AppState| state.run_in_view().unwrap().money().unwrap().spent;
    let before = spent(&state);
    let lost = LostReservations { count: 2, open: 2, open_worst: Decimal::TWO, counted: Decimal::TWO };
    state.apply(Fact::Runs(RunFact::Lost { run_id, lost, settled: false }), now());
    assert_eq!(spent(&state), before + Decimal::TWO);
    let settle = RunCommand::SettleLost { run_id, billed: Some(Decimal::ZERO) };
    let effects = state.update(Command::Runs(settle), now());
    assert!(matches!(effects[..], [Effect::SettleLost { billed: Some(billed), .. }] if billed.is_zero()));
    let undo = state.notices.shown.last().unwrap().undo.clone();
    assert!(matches!(undo.as_deref(), Some(Command::Runs(RunCommand::SettleLost { billed: None, .. }))));

    // Of three, two were said before: nothing would undo only the last word.
    let lost = LostReservations { count: 3, open: 1, open_worst: Decimal::ONE, counted: Decimal::ONE };
    state.apply(Fact::Runs(RunFact::Lost { run_id, lost, settled: false }), now());
    let settle = RunCommand::SettleLost { run_id, billed: Some(Decimal::ONE) };
    assert_eq!(state.update(Command::Runs(settle), now()).len(), 1);
    assert!(state.notices.shown.last().unwrap().undo.is_none());
}

#[test]
fn what_a_superseded_trial_cost_stays_unknown() {
    let mut state = started(&["x"]);
    add_target(&mut state, "a");
    let plan = launched(&mut state);
    let cell = Cell { case_index: 0, target_index: 0, repeat: 0 };
    let end = |state: &mut AppState, cost| {
        let RunEvent { run_id, kind: RunEventKind::Ended { mut trial } } = ended(&plan, cell, TrialStatus::Failed) else {
            panic!("not ended")
        };
        trial.row.id = crate::domain::TrialId::draw();
        (trial.row.cost, trial.row.attempts) = (cost, 1);
        state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id, kind: RunEventKind::Ended { trial } })), now());
    };
    for cost in [None, Some(Decimal::ONE)] {
        end(&mut state, cost);
        assert!(state.run_in_view().unwrap().spent().1, "spent at least");
    }
}

#[test]
fn a_run_of_which_every_cell_has_ended_is_finished_though_it_was_cancelled() {
    use crate::domain::{RunStatus, StopReason};
    for (ended, before, after) in [
        (true, RunStatus::Finished, RunStatus::Finished),
        (true, RunStatus::Unfinished, RunStatus::Finished),
        (false, RunStatus::Finished, RunStatus::Cancelled),
    ] {
        assert_eq!(status_after(StopReason::Cancelled, ended, before), after);
    }
}
