//! Fallbacks on the bench and in a run in view.

use std::time::Duration;

use super::tests::{add_target, ended, launched, now, plan_of, started};
use super::*;
use crate::domain::{
    BreakerTurn, Cell, Currency, Failure, FailureKind, OwnPrice, Price, PriceStanding, RunEvent, RunEventKind, RunStatus, StopReason,
    TrialRow, TrialStatus,
};

#[test]
fn a_fallback_follows_its_target_and_is_remembered() {
    let mut state = started(&["hi"]);
    for model in ["a", "b", "c"] {
        add_target(&mut state, model);
    }
    let fallbacks = |state: &AppState| state.bench.targets.iter().map(|target| target.fallback).collect::<Vec<_>>();
    let set = |state: &mut AppState, index, fallback| state.update(Command::Bench(BenchCommand::SetFallback { index, fallback }), now());
    set(&mut state, 0, Some(2));
    set(&mut state, 1, Some(1));
    assert_eq!(fallbacks(&state), [Some(2), None, None], "nobody is its own");
    assert_eq!(state.preferences.settings.bench.fallbacks, [(0, 2)]);
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    assert_eq!(plan_of(&effects).targets.iter().map(|target| target.fallback).collect::<Vec<_>>(), [Some(2), None, None]);
    state.bench.starting = false;
    state.update(Command::Bench(BenchCommand::RemoveTarget(1)), now());
    assert_eq!(fallbacks(&state), [Some(1), None]);
    state.update(Command::Bench(BenchCommand::RemoveTarget(1)), now());
    assert_eq!(fallbacks(&state), [None]);
}

#[test]
fn what_a_fallback_answers_counts_as_failed_and_is_sent_again_with_the_failed() {
    let mut state = started(&["hi"]);
    for model in ["a", "b"] {
        add_target(&mut state, model);
    }
    state.bench.targets[0].fallback = Some(1);
    let plan = launched(&mut state);
    let failure = Failure { kind: FailureKind::FirstByteTimeout, message: "silent".to_owned() };
    let cell = Cell { case_index: 0, target_index: 0, repeat: 0 };
    let event = |kind| Fact::Runs(RunFact::Event(RunEvent { run_id: plan.id, kind }));
    state.apply(event(RunEventKind::FellBack { cell, failure: failure.clone() }), now());
    let waiting = state.run_in_view().unwrap().live_cell(cell).unwrap().waiting.clone().unwrap();
    assert!(waiting.contains("sending to the fallback") && waiting.contains(&plan.targets[1].label), "{waiting}");
    let RunEventKind::Ended { mut trial } = ended(&plan, cell, TrialStatus::Finished).kind else { panic!("not ended") };
    trial.row.fallback = Some(failure);
    state.apply(event(RunEventKind::Ended { trial }), now());
    let other = Cell { target_index: 1, ..cell };
    state.apply(Fact::Runs(RunFact::Event(ended(&plan, other, TrialStatus::Finished))), now());
    assert_eq!(state.run_in_view().unwrap().counts(), (1, 1, 0));
    state.apply(event(RunEventKind::Stopped { reason: StopReason::Complete }), now());
    let run = state.run_in_view().unwrap();
    assert_eq!(run.status, RunStatus::Finished);
    let effects = state.update(Command::Runs(RunCommand::RetryFailed(plan.id)), now());
    assert!(matches!(effects[..], [Effect::Weigh { start: Start::Again { which: Again::Failed, .. }, .. }]), "{effects:?}");
}

#[test]
fn what_waits_at_the_fallback_waits_for_its_model_and_not_for_the_one_that_failed() {
    let mut state = started(&["hi"; 2]);
    for model in ["a", "b"] {
        add_target(&mut state, model);
    }
    state.bench.targets[0].fallback = Some(1);
    let plan = launched(&mut state);
    let tell = |state: &mut AppState, kind| state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id: plan.id, kind })), now());
    let failure = Failure { kind: FailureKind::ServerError, message: "503".to_owned() };
    let cell = |case_index| Cell { case_index, target_index: 0, repeat: 0 };
    let waits = |state: &AppState, case_index| state.run_in_view().unwrap().live_cell(cell(case_index)).unwrap().waiting.clone().unwrap();
    let retry = |case_index| {
        let after = Duration::from_secs(2);
        RunEventKind::RetryScheduled { cell: cell(case_index), attempt: 2, after, failure: failure.clone() }
    };
    let of_target = |target: usize, turn| {
        let (connection, model) = (plan.targets[target].connection.id, plan.targets[target].model.clone());
        RunEventKind::Breaker { connection, model, turn }
    };
    tell(&mut state, RunEventKind::FellBack { cell: cell(0), failure: failure.clone() });
    tell(&mut state, of_target(0, BreakerTurn::GaveUp));
    // The second case goes to the fallback unsent.
    for case_index in 0..2 {
        tell(&mut state, retry(case_index));
        assert!(waits(&state, case_index).ends_with("sending again in 2.0 s"), "{}", waits(&state, case_index));
    }
    tell(&mut state, of_target(1, BreakerTurn::Opened { failures: 5, next_try: Duration::from_secs(30), failure: failure.clone() }));
    assert!(waits(&state, 0).contains("its model is paused"), "{}", waits(&state, 0));
}

#[test]
fn a_trial_cannot_cost_in_two_currencies() {
    let mut state = started(&["hi"]);
    for model in ["a", "b"] {
        add_target(&mut state, model);
    }
    let host = state.connections.list[0].price_host();
    for (model, currency) in [("a", "USD"), ("b", "CNY")] {
        let price = Price::flat(1.into(), 2.into(), Currency::new(currency).unwrap(), PriceStanding::Own, "test");
        state.connections.own_prices.push(OwnPrice { host: host.clone(), model: model.to_owned(), price });
    }
    assert!(!state.update(Command::Bench(BenchCommand::Run), now()).is_empty(), "side by side they may");
    state.bench.starting = false;
    state.bench.targets[0].fallback = Some(1);
    assert!(state.update(Command::Bench(BenchCommand::Run), now()).is_empty());
    let problem = state.bench.forecast.problem.clone().unwrap();
    assert!(problem.contains("USD") && problem.contains("CNY"), "{problem}");
}

#[test]
fn a_raised_cap_sends_also_what_it_stopped_at_the_fallback() {
    let mut state = started(&["hi"]);
    for model in ["a", "b"] {
        add_target(&mut state, model);
    }
    state.bench.targets[0].fallback = Some(1);
    let plan = launched(&mut state);
    let cell = Cell { case_index: 0, target_index: 0, repeat: 0 };
    let RunEventKind::Ended { trial } = ended(&plan, cell, TrialStatus::Failed).kind else { panic!("not ended") };
    let failure = |kind| Some(Failure { kind, message: "no".to_owned() });
    let cells = |fallback, kind| {
        let row = TrialRow { fallback, failure: failure(kind), ..trial.row.clone() };
        Again::UnderCap(1.into()).cells(&plan, |asked| (asked == cell).then_some(&row)).contains(&cell)
    };
    assert!(cells(None, FailureKind::OverBudget));
    assert!(cells(failure(FailureKind::FirstByteTimeout), FailureKind::OverBudget));
    assert!(!cells(failure(FailureKind::FirstByteTimeout), FailureKind::FirstByteTimeout));
}
