//! Targets that become slow while a run goes on, and what is told of it.

use std::sync::Arc;

use crate::domain::{Cell, EarlierLatency, RunEvent, RunEventKind, RunId, RunPlan, RunStatus, StopReason, Timing, TrialStatus};

use super::tests::{add_target, ended, launched, now, started};
use super::*;

/// A hundred cases at two targets, in flight, with a limit of 500 ms.
fn in_flight() -> (AppState, Arc<RunPlan>) {
    let mut state = started(&["x"; 100]);
    add_target(&mut state, "steady");
    add_target(&mut state, "slow");
    let settings = crate::domain::RunSettings { p95_limit_ms: Some(500), ..state.bench.settings.clone() };
    state.update(Command::Bench(BenchCommand::SetSettings(Box::new(settings))), now());
    let plan = launched(&mut state);
    state.notices.shown.clear();
    (state, plan)
}

fn tell(state: &mut AppState, plan: &RunPlan, target_index: u32, cases: std::ops::Range<u32>, ttft_ms: u64) {
    for case_index in cases {
        let mut event = ended(plan, Cell { case_index, target_index, repeat: 0 }, TrialStatus::Finished);
        let RunEventKind::Ended { trial } = &mut event.kind else { panic!("{event:?}") };
        trial.row.timing = Some(Timing { streamed: true, first_content_us: Some(ttft_ms * 1_000), ..Timing::default() });
        state.apply(Fact::Runs(RunFact::Event(event)), now());
    }
}

fn know(state: &mut AppState, run_id: RunId, p95_ms: f64) {
    let earlier = vec![None, Some(EarlierLatency { n: 400, p95_ms })];
    state.apply(Fact::Runs(RunFact::EarlierLatency { run_id, earlier }), now());
}

fn told(state: &AppState) -> Vec<&str> {
    state.notices.shown.iter().map(|notice| notice.text.as_str()).collect()
}

fn stop(state: &mut AppState, run_id: RunId) {
    let stopped = RunEvent { run_id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
}

#[test]
fn a_target_above_the_limit_is_flagged_told_of_once_and_cleared() {
    let (mut state, plan) = in_flight();
    let words = |state: &AppState, target: usize| state.runs.open[&plan.id].drifting.words(target);
    tell(&mut state, &plan, 0, 0..40, 400);
    tell(&mut state, &plan, 1, 0..19, 600);
    assert_eq!((told(&state).len(), words(&state, 1)), (0, None));
    tell(&mut state, &plan, 1, 19..40, 600);
    assert_eq!(
        told(&state),
        ["slow · Here is slower than its limit of 500 ms: p95 TTFT 600 ms over the last 20 answers; 20 of 20 were slower"]
    );
    let since = "Slower than its limit of 500 ms: p95 TTFT 600 ms over the last 40 answers; 40 of 40 were slower";
    assert_eq!((words(&state, 0), words(&state, 1).as_deref()), (None, Some(since)));
    // It recovers, and becomes slow again: the flag says so, and nothing pops up a second time.
    state.notices.shown.clear();
    for (ttft_ms, flagged) in [(100, false), (600, true)] {
        (0..2).for_each(|_| tell(&mut state, &plan, 1, 0..100, ttft_ms));
        assert_eq!((words(&state, 1).is_some(), told(&state).len()), (flagged, 0));
    }
    stop(&mut state, plan.id);
    assert!(words(&state, 1).is_some(), "who comes back sees it");
}

#[test]
fn history_that_is_read_late_still_counts() {
    let (mut state, plan) = in_flight();
    tell(&mut state, &plan, 1, 0..60, 450);
    assert!(told(&state).is_empty());
    know(&mut state, plan.id, 200.0);
    let [text] = told(&state)[..] else { panic!("{:?}", told(&state)) };
    assert!(text.starts_with("slow · Here is slower than its history: p95 TTFT without connecting 450 ms"), "{text}");
    know(&mut state, plan.id, 440.0);
    assert_eq!(state.runs.open[&plan.id].drifting.words(1), None, "not by enough");
}

#[test]
fn a_new_start_begins_a_new_watch_and_opening_does_not() {
    let (mut state, plan) = in_flight();
    tell(&mut state, &plan, 1, 0..40, 600);
    stop(&mut state, plan.id);
    let rows = state.runs.open[&plan.id].rows.clone();
    let opened = RunFact::Opened {
        plan: Arc::clone(&plan),
        status: RunStatus::Finished,
        rows: rows.clone(),
        superseded: Vec::new(),
        baseline: None,
        sent_elsewhere: false,
    };
    state.apply(Fact::Runs(opened), now());
    assert!(state.runs.open[&plan.id].drifting.words(1).is_some());
    let again = RunFact::Launched { plan: Arc::clone(&plan), rows, superseded: Vec::new(), asked: 60, status: RunStatus::Unfinished };
    state.apply(Fact::Runs(again), now());
    assert_eq!(state.runs.open[&plan.id].drifting.words(1), None);
}

#[test]
fn a_limit_has_bounds() {
    let mut state = started(&["x"]);
    add_target(&mut state, "m");
    for (limit_ms, starts) in [(0, false), (1, true), (3_600_000, true), (3_600_001, false)] {
        let settings = crate::domain::RunSettings { p95_limit_ms: Some(limit_ms), ..state.bench.settings.clone() };
        state.bench.settings = settings;
        let planned = state.plan_inputs().unwrap().plan(RunId::draw(), now());
        assert_eq!(planned.is_ok(), starts, "{limit_ms}");
    }
}
