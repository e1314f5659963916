//! The prompts of a stored run, put back on the bench for editing.

use std::sync::Arc;

use crate::domain::{Case, PromptSet, PromptSetHead, PromptSetId, PromptSetKind, RunId, RunPlan, RunStatus};

use super::tests::{add_target, now, plan_of, started};
use super::*;

/// Another set as the archive has it now.
fn edited_since() -> PromptSet {
    let cases = vec![Case::single("1", "", "as it is now")];
    let head = PromptSetHead {
        id: PromptSetId::draw(),
        name: "Questions".to_owned(),
        kind: PromptSetKind::Listed,
        version: 2,
        frozen: false,
        case_count: 1,
    };
    PromptSet { head, cases }
}

/// A run of an earlier version of the set is in view, and its prompts were wished for editing; the set is not in memory.
fn edited(set: &PromptSet) -> AppState {
    let mut state = started(&["of the bench"]);
    add_target(&mut state, "m");
    let template = state.plan_inputs().unwrap().plan(RunId::draw(), now()).unwrap();
    let plan = Arc::new(RunPlan { prompt_set: set.head.id, cases: Arc::from([Case::single("1", "", "as it was sent")]), ..template });
    let run_id = plan.id;
    state.update(Command::Runs(RunCommand::Open(run_id)), now());
    let opened = RunFact::Opened {
        plan,
        status: RunStatus::Finished,
        rows: Vec::new(),
        superseded: Vec::new(),
        baseline: None,
        sent_elsewhere: false,
    };
    state.apply(Fact::Runs(opened), now());
    let effects = state.update(Command::Bench(BenchCommand::EditRun(run_id)), now());
    assert!(matches!(effects[..], [Effect::LoadSet(id)] if id == set.head.id), "{effects:?}");
    state
}

fn loaded(state: &mut AppState, set: &PromptSet) {
    state.apply(Fact::Prompts(PromptFact::Loaded(Box::new(set.clone()))), now());
}

fn texts(cases: &[Case]) -> Vec<String> {
    cases.iter().map(|case| case.render().unwrap()[0].content.clone()).collect()
}

#[test]
fn the_prompts_of_a_run_come_back_also_when_their_set_has_to_be_read_first() {
    let set = edited_since();
    let mut state = edited(&set);
    loaded(&mut state, &set);
    assert_eq!(texts(state.shown_cases()), ["as it was sent"], "they stand beside the answers to them");
    let effects = state.update(Command::Bench(BenchCommand::Run), now());
    assert_eq!(texts(&plan_of(&effects).cases), ["as it was sent"]);
    state.update(Command::Prompts(PromptCommand::Undo(set.head.id)), now());
    assert_eq!(texts(state.bench_cases()), ["as it is now"], "nothing of the set is lost");
}

#[test]
fn a_set_that_is_chosen_meanwhile_and_the_one_left_stay_as_they_are() {
    let set = edited_since();
    let mut state = edited(&set);
    let scratch = state.prompts.scratch().unwrap().id;
    state.update(Command::Bench(BenchCommand::ChooseSet(scratch)), now());
    loaded(&mut state, &set);
    assert_eq!(texts(&state.prompts.open[&set.head.id].cases), ["as it is now"]);
    assert_eq!(texts(state.bench_cases()), ["of the bench"]);
}

#[test]
fn the_demo_and_a_deletion_forget_what_was_to_come_back() {
    let set = edited_since();
    let mut state = edited(&set);
    state.apply(Fact::Prompts(PromptFact::Deleted(set.head.id)), now());
    loaded(&mut state, &set);
    assert_eq!(texts(&state.prompts.open[&set.head.id].cases), ["as it is now"]);

    let mut state = edited(&set);
    let connection = Box::new(state.connections.list[0].clone());
    let sample = Box::new(PromptSet { head: PromptSetHead { id: PromptSetId::draw(), ..set.head.clone() }, cases: set.cases.clone() });
    state.apply(Fact::DemoReady { connection, targets: Vec::new(), sample }, now());
    loaded(&mut state, &set);
    assert_eq!(texts(&state.prompts.open[&set.head.id].cases), ["as it is now"]);
}
