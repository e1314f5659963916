//! Which run is in view, searching its answers, and texts that cannot be read.

use std::sync::Arc;

use crate::domain::{Cell, RunEvent, RunEventKind, RunId, RunPlan, RunStatus, StopReason, TrialId, TrialStatus};

use super::tests::{add_target, ended, launched, now, started};
use super::*;

const CELL: Cell = Cell { case_index: 0, target_index: 0, repeat: 0 };

fn searched(effects: &[Effect]) -> Option<(RunId, &str)> {
    effects
        .iter()
        .find_map(|effect| if let Effect::SearchAnswers { run_id, text } = effect { Some((*run_id, text.as_str())) } else { None })
}

fn search(state: &mut AppState, text: &str) -> Vec<Effect> {
    state.update(Command::Bench(BenchCommand::SetSearch(text.to_owned())), now())
}

fn stop(state: &mut AppState, run_id: RunId) -> Vec<Effect> {
    state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id, kind: RunEventKind::Stopped { reason: StopReason::Complete } })), now())
}

fn with_target() -> AppState {
    let mut state = started(&["hi"]);
    add_target(&mut state, "m");
    state
}

#[test]
fn the_answers_of_whatever_run_comes_into_view_are_searched() {
    let mut state = with_target();
    let first = launched(&mut state);
    stop(&mut state, first.id);
    let second = launched(&mut state);
    stop(&mut state, second.id);
    assert_eq!(searched(&search(&mut state, "dice")), Some((second.id, "dice")));

    // Rows of a run that is not live here are read anew; with them its answers are searched.
    assert_eq!(searched(&state.update(Command::Runs(RunCommand::Open(first.id)), now())), None);
    let opened = |plan: &Arc<RunPlan>| RunFact::Opened {
        plan: Arc::clone(plan),
        status: RunStatus::Finished,
        rows: Vec::new(),
        superseded: Vec::new(),
        baseline: None,
        sent_elsewhere: false,
    };
    assert_eq!(searched(&state.apply(Fact::Runs(opened(&first)), now())), Some((first.id, "dice")));

    let stored = Arc::new(RunPlan { id: RunId::draw(), ..RunPlan::clone(&first) });
    assert_eq!(searched(&state.update(Command::Runs(RunCommand::Open(stored.id)), now())), None, "it is not here yet");
    assert_eq!(searched(&state.apply(Fact::Runs(opened(&stored)), now())), Some((stored.id, "dice")));

    let again =
        RunFact::Launched { plan: Arc::clone(&first), rows: Vec::new(), superseded: Vec::new(), asked: 1, status: RunStatus::Unfinished };
    assert_eq!(searched(&state.apply(Fact::Runs(again), now())), Some((first.id, "dice")));
    search(&mut state, " ");
    assert_eq!(searched(&stop(&mut state, first.id)), None, "nothing is searched");
}

#[test]
fn a_run_that_was_opened_is_told_from_one_that_was_sent() {
    let mut state = with_target();
    let first = launched(&mut state);
    stop(&mut state, first.id);
    assert!(!state.bench.opened);
    let second = launched(&mut state);
    stop(&mut state, second.id);
    state.update(Command::Runs(RunCommand::Open(first.id)), now());
    assert!(state.bench.opened, "it is of earlier");
    let again = |plan: &Arc<RunPlan>| {
        Fact::Runs(RunFact::Launched {
            plan: Arc::clone(plan),
            rows: Vec::new(),
            superseded: Vec::new(),
            asked: 1,
            status: RunStatus::Unfinished,
        })
    };
    state.apply(again(&first), now());
    assert!(state.bench.opened, "it is sent on, and is still of earlier");
    stop(&mut state, first.id);
    launched(&mut state);
    assert!(!state.bench.opened);
}

#[test]
fn a_run_is_told_from_the_next_one_by_targets_and_settings() {
    let mut state = with_target();
    let plan = launched(&mut state);
    stop(&mut state, plan.id);
    let differs = |state: &AppState| {
        let run = state.run_in_view().unwrap();
        (state.has_other_targets(run), state.has_other_settings(run))
    };
    assert_eq!(differs(&state), (false, false));
    let mut renamed = state.connections.list[0].clone();
    "There".clone_into(&mut renamed.name);
    state.apply(
        Fact::Connections(ConnectionFact::Saved { connection: Box::new(renamed), key_state: crate::domain::KeyState::NoKey, added: false }),
        now(),
    );
    assert_eq!(differs(&state), (false, false), "another name is not another connection");
    let settings = crate::domain::RunSettings { repeats: 3, ..state.bench.settings.clone() };
    state.update(Command::Bench(BenchCommand::SetSettings(Box::new(settings))), now());
    assert_eq!(differs(&state), (false, true));
    add_target(&mut state, "m2");
    assert_eq!(differs(&state), (true, true));
}

#[test]
fn what_was_found_for_another_text_is_not_found_again() {
    let mut state = with_target();
    let first = launched(&mut state);
    stop(&mut state, first.id);
    search(&mut state, "dice");
    let hits = RunFact::SearchHits { run_id: first.id, text: "dice".to_owned(), trials: vec![TrialId::draw()] };
    state.apply(Fact::Runs(hits), now());
    let second = launched(&mut state);
    stop(&mut state, second.id);
    search(&mut state, "coins");
    assert!(state.runs.open[&first.id].search_hits.is_some());
    state.update(Command::Runs(RunCommand::Open(first.id)), now());
    assert!(state.runs.open[&first.id].search_hits.is_none());
}

#[test]
fn answers_that_came_after_the_search_are_searched_when_the_run_stops() {
    let mut state = with_target();
    let plan = launched(&mut state);
    search(&mut state, "dice");
    state.apply(Fact::Runs(RunFact::Event(ended(&plan, CELL, TrialStatus::Finished))), now());
    assert_eq!(searched(&stop(&mut state, plan.id)), Some((plan.id, "dice")));
}

#[test]
fn the_end_of_a_run_tells_what_failed_of_it_whatever_is_in_view() {
    let told = |state: &AppState| state.notices.shown.last().unwrap().text.clone();
    let mut state = with_target();
    let failing = launched(&mut state);
    state.apply(Fact::Runs(RunFact::Event(ended(&failing, CELL, TrialStatus::Failed))), now());
    state.update(Command::Bench(BenchCommand::CloseRun), now());
    stop(&mut state, failing.id);
    assert_eq!(told(&state), "The run has ended · 1 failed trial", "nothing is in view");

    let good = launched(&mut state);
    state.apply(Fact::Runs(RunFact::Event(ended(&good, CELL, TrialStatus::Finished))), now());
    state.update(Command::Runs(RunCommand::Open(failing.id)), now());
    stop(&mut state, good.id);
    assert_eq!(told(&state), "The run is finished", "the one in view has failed");
}

#[test]
fn a_text_that_cannot_be_read_is_asked_for_again_only_on_demand() {
    let mut state = with_target();
    let run_id = launched(&mut state).id;
    let trial_id = TrialId::draw();
    let want = || Command::Runs(RunCommand::WantBodies { run_id, trials: vec![trial_id] });
    assert!(matches!(state.update(want(), now())[..], [Effect::LoadBodies { .. }]));
    assert!(state.update(want(), now()).is_empty(), "it was asked for");
    let unread = RunFact::BodiesUnread { run_id, trials: vec![trial_id], message: "the disk does not answer".into() };
    state.apply(Fact::Runs(unread), now());
    let run = &state.runs.open[&run_id];
    assert!(run.asked_bodies.is_empty() && run.unread_bodies.contains_key(&trial_id));
    assert!(matches!(state.update(want(), now())[..], [Effect::LoadBodies { .. }]));
    assert!(state.runs.open[&run_id].unread_bodies.is_empty());
}

#[test]
fn a_difference_that_cannot_be_made_is_asked_for_again_only_on_demand() {
    let mut state = with_target();
    let run_id = launched(&mut state).id;
    let (baseline, other) = (TrialId::draw(), TrialId::draw());
    let want = || Command::Runs(RunCommand::WantDiff { run_id, baseline, other });
    assert!(matches!(state.update(want(), now())[..], [Effect::Diff { .. }]));
    assert!(state.update(want(), now()).is_empty(), "it was asked for");
    state.apply(Fact::Runs(RunFact::DiffUnread { run_id, baseline, other, message: "the disk does not answer".into() }), now());
    assert!(matches!(state.runs.open[&run_id].diffs[&(baseline, other)], DiffState::Unread(_)));
    assert!(matches!(state.update(want(), now())[..], [Effect::Diff { .. }]));
}
