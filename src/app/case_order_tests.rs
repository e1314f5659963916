//! The keys walk along what is in sight.

use crate::analysis::{Filter, SortColumn};
use crate::domain::{Cell, RunEventKind, RunId, StopReason, Timing, TrialId, TrialStatus};

use super::tests::{add_target, ended, launched, now, started};
use super::*;

/// Five cases, sent to one target; the second and the fourth failed, the later the faster. Nothing narrows them yet.
fn compared() -> AppState {
    let mut state = started(&["alpha", "beta", "gamma", "delta", "epsilon"]);
    add_target(&mut state, "m");
    let plan = launched(&mut state);
    for case_index in 0..5 {
        let status = if case_index % 2 == 1 { TrialStatus::Failed } else { TrialStatus::Finished };
        let mut event = ended(&plan, Cell { case_index, target_index: 0, repeat: 0 }, status);
        if let RunEventKind::Ended { trial } = &mut event.kind {
            trial.row.timing = Some(Timing { end_us: 1_000 * u64::from(10 - case_index), ..Timing::default() });
        }
        state.apply(Fact::Runs(RunFact::Event(event)), now());
    }
    let stopped = crate::domain::RunEvent { run_id: plan.id, kind: RunEventKind::Stopped { reason: StopReason::Complete } };
    state.apply(Fact::Runs(RunFact::Event(stopped)), now());
    state.tick(now());
    state
}

/// The cases that `command` leads to, one after the other, from the one that is selected.
fn walk(state: &mut AppState, command: &BenchCommand, steps: usize) -> Vec<usize> {
    (0..steps)
        .map(|_| {
            state.update(Command::Bench(command.clone()), now());
            state.bench.case_index
        })
        .collect()
}

#[test]
fn without_a_run_the_cases_that_are_found_are_walked() {
    let mut state = started(&["one", "two", "three", "four"]);
    state.update(Command::Bench(BenchCommand::SetSearch("3".to_owned())), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 2), [2, 2], "ids and titles are searched");
    state.update(Command::Bench(BenchCommand::SetSearch(String::new())), now());
    state.update(Command::Bench(BenchCommand::SelectCase(0)), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 4), [1, 2, 3, 3]);
    assert_eq!(walk(&mut state, &BenchCommand::PreviousCase, 4), [2, 1, 0, 0]);
}

#[test]
fn a_filter_narrows_the_walk() {
    let mut state = compared();
    state.update(Command::Bench(BenchCommand::SetFilter(Filter::Failed)), now());
    assert_eq!(state.visible_cases(), [1, 3]);
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 3), [1, 3, 3]);
    assert_eq!(walk(&mut state, &BenchCommand::PreviousCase, 2), [1, 1]);
    state.update(Command::Bench(BenchCommand::SelectCase(4)), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 1), [4], "nothing is in sight after it");
    assert_eq!(walk(&mut state, &BenchCommand::PreviousCase, 1), [3], "from out of sight to the nearest");
}

#[test]
fn whole_answers_that_were_found_are_in_the_walk() {
    let mut state = compared();
    state.update(Command::Bench(BenchCommand::SetSearch("deep inside".to_owned())), now());
    let run_id: RunId = state.bench.run.unwrap();
    let trials: Vec<TrialId> = state.run_in_view().unwrap().rows.iter().filter(|row| row.cell.case_index == 3).map(|row| row.id).collect();
    state.apply(Fact::Runs(RunFact::SearchHits { run_id, text: "deep inside".to_owned(), trials }), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 2), [3, 3]);
}

#[test]
fn in_the_table_the_walk_goes_as_it_is_sorted() {
    let mut state = compared();
    state.update(Command::Bench(BenchCommand::SetSort { column: SortColumn::Total(0), descending: false }), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 1), [1], "the list beside the answers keeps the set's order");
    state.update(Command::Bench(BenchCommand::SetView(BenchView::Table)), now());
    assert_eq!(state.visible_cases(), [4, 2, 0, 1, 3], "failed ones have no time");
    state.update(Command::Bench(BenchCommand::SelectCase(4)), now());
    assert_eq!(walk(&mut state, &BenchCommand::NextCase, 5), [2, 0, 1, 3, 3]);
    state.update(Command::Bench(BenchCommand::SetFilter(Filter::Failed)), now());
    assert_eq!(walk(&mut state, &BenchCommand::PreviousCase, 2), [1, 1]);
}
