//! How long a run will still take, and the sums that are kept while it goes on.

use rust_decimal::Decimal;

use crate::domain::{
    Cell, Currency, Price, PriceStanding, RunEvent, RunEventKind, RunId, RunPlan, RunStatus, StopReason, TrialRow, TrialStatus,
};

use super::tests::{add_target, ended, later, launched, now, started};
use super::*;

/// Ten cases at two targets, in flight.
fn in_flight() -> (AppState, RunPlan) {
    let mut state = started(&["x"; 10]);
    add_target(&mut state, "fast");
    add_target(&mut state, "slow");
    let plan = RunPlan::clone(&launched(&mut state));
    (state, plan)
}

fn tell(state: &mut AppState, plan: &RunPlan, target_index: u32, cases: std::ops::Range<u32>, status: TrialStatus, at_ms: i64) {
    for case_index in cases {
        let event = ended(plan, Cell { case_index, target_index, repeat: 0 }, status);
        state.apply(Fact::Runs(RunFact::Event(event)), later(at_ms));
    }
}

fn seconds_left(state: &AppState, at_ms: i64) -> Option<f64> {
    state.run_in_view()?.live.as_ref()?.seconds_left(later(at_ms))
}

fn stop(state: &mut AppState, run_id: RunId) {
    let stopped = RunEvent { run_id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
}

#[test]
fn the_slowest_target_says_how_long_it_takes() {
    let (mut state, plan) = in_flight();
    assert_eq!(seconds_left(&state, 1_000), None, "nothing has ended");
    tell(&mut state, &plan, 0, 0..10, TrialStatus::Failed, 1_000);
    assert_eq!(seconds_left(&state, 1_000), None, "a target that failed at once says nothing about the other");
    tell(&mut state, &plan, 1, 0..2, TrialStatus::Finished, 8_000);
    assert_eq!(seconds_left(&state, 8_000), None, "two are too few");
    tell(&mut state, &plan, 1, 2..5, TrialStatus::Finished, 20_000);
    assert_eq!(seconds_left(&state, 20_000), Some(20.0), "five in 20 s, five to go");
    tell(&mut state, &plan, 1, 5..10, TrialStatus::Finished, 40_000);
    assert_eq!(seconds_left(&state, 40_000), None, "all have ended");
}

#[test]
fn a_pause_is_no_part_of_the_pace() {
    let (mut state, plan) = in_flight();
    for target in 0..2 {
        tell(&mut state, &plan, target, 0..5, TrialStatus::Finished, 10_000);
    }
    state.update(Command::Runs(RunCommand::Pause(plan.id)), later(10_000));
    assert_eq!(seconds_left(&state, 50_000), None, "it stands still");
    state.update(Command::Runs(RunCommand::Pause(plan.id)), later(60_000));
    state.update(Command::Runs(RunCommand::Resume(plan.id)), later(610_000));
    assert_eq!(seconds_left(&state, 610_000), Some(10.0));
    assert_eq!(seconds_left(&state, 615_000), Some(15.0), "nothing ended since");
}

#[test]
fn cells_that_are_sent_again_have_a_pace_of_their_own() {
    let (mut state, plan) = in_flight();
    tell(&mut state, &plan, 0, 0..10, TrialStatus::Finished, 0);
    tell(&mut state, &plan, 1, 0..8, TrialStatus::Failed, 0);
    tell(&mut state, &plan, 1, 8..10, TrialStatus::Finished, 0);
    stop(&mut state, plan.id);
    let effects = state.update(Command::Runs(RunCommand::RetryFailed(plan.id)), now());
    assert!(matches!(effects[..], [Effect::Weigh { start: Start::Again { .. }, .. }]));
    let rows = state.run_in_view().unwrap().rows.clone();
    let fact = RunFact::Launched {
        plan: std::sync::Arc::new(plan.clone()),
        rows,
        superseded: Vec::new(),
        asked: 8,
        status: RunStatus::Unfinished,
    };
    state.apply(Fact::Runs(fact), now());
    tell(&mut state, &plan, 1, 0..4, TrialStatus::Finished, 4_000);
    assert_eq!(seconds_left(&state, 4_000), Some(4.0));
}

/// Counts, amount and unknown costs, by walking all trials.
fn walked(run: &OpenRun) -> ((u64, u64, u64), Decimal, bool) {
    let count = |status| run.rows.iter().filter(|row| row.status == status).count() as u64;
    let priced = |row: &&TrialRow| run.plan.targets[row.cell.target_index as usize].price.is_some();
    let current: Decimal = run.rows.iter().filter(priced).filter_map(|row| row.cost).sum();
    let superseded: Decimal = run.superseded.iter().map(|cost| cost.amount).sum();
    let unknown = run.rows.iter().any(|row| row.cost.is_none() && row.attempts > 0);
    ((count(TrialStatus::Finished), count(TrialStatus::Failed), count(TrialStatus::Cancelled)), current + superseded, unknown)
}

#[test]
fn the_sums_that_are_kept_are_those_of_a_walk() {
    let (_, mut plan) = in_flight();
    plan.targets[0].price = Some(Price::flat(Decimal::ONE, Decimal::ONE, Currency::usd(), PriceStanding::Own, "test"));
    let mut state = started(&["x"; 10]);
    let fact = RunFact::Launched {
        plan: std::sync::Arc::new(plan.clone()),
        rows: Vec::new(),
        superseded: Vec::new(),
        asked: plan.cell_count(),
        status: RunStatus::Unfinished,
    };
    state.apply(Fact::Runs(fact), now());
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..200 {
        let cell = Cell { case_index: random.u32(0..10), target_index: random.u32(0..2), repeat: 0 };
        let statuses = [TrialStatus::Finished, TrialStatus::Failed, TrialStatus::Cancelled];
        let mut event = ended(&plan, cell, statuses[random.usize(0..3)]);
        if let RunEventKind::Ended { trial } = &mut event.kind {
            trial.row.attempts = random.u32(0..2);
            trial.row.cost = (cell.target_index == 0 && random.bool()).then(|| Decimal::new(random.i64(0..1_000), 4));
        }
        state.apply(Fact::Runs(RunFact::Event(event)), now());
        let run = &state.runs.open[&plan.id];
        let (spent, unknown) = run.spent();
        assert_eq!((run.counts(), spent.values().sum::<Decimal>(), unknown), walked(run));
        assert_eq!(run.ended_at(0) + run.ended_at(1), run.rows.len() as u64);
    }
}
