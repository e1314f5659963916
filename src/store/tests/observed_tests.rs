//! What a forecast learns from earlier answers.

use super::samples::{Place, cases, cell, connection, place, plan, target, trial};
use crate::domain::{Connection, Observed, PromptSetHead, PromptSetId, PromptSetKind, Role, RunId, RunPlan, RunStatus, Trial, TrialStatus};

/// A finished trial of so many answer tokens and milliseconds.
fn answer(case_index: u32, tokens: u64, total_ms: u64) -> Trial {
    let mut one = trial(cell(case_index, 0, 0));
    if let (Some(usage), Some(timing)) = (&mut one.row.usage, &mut one.row.timing) {
        usage.output_tokens = tokens;
        timing.end_us = total_ms * 1_000;
    }
    one
}

fn set(place: &Place, name: &'static str) -> PromptSetHead {
    place.write(move |archive| archive.create_prompt_set(name, PromptSetKind::Listed, &cases(3)))
}

/// Stores a run of this set with these answers, under this maximum.
fn run(place: &Place, set: &PromptSetHead, connection: &Connection, max_tokens: Option<u32>, answers: &[Trial]) -> RunPlan {
    let mut one = target(connection, "m");
    one.params.max_tokens = max_tokens;
    let plan = RunPlan { id: RunId::draw(), ..plan(set, 3, vec![one]) };
    place.run_of(&plan);
    for answer in answers {
        place.record(plan.id, answer);
    }
    plan
}

fn observed(place: &Place, connection: &Connection, max_tokens: Option<u32>, set: PromptSetId) -> Option<Observed> {
    let id = connection.id;
    place.read(move |archive| archive.observed(id, "m", max_tokens, set))
}

/// n, mean tokens and mean milliseconds, rounded.
fn figures(observed: Option<Observed>) -> Option<(u64, u64, u64)> {
    observed.map(|observed| (observed.n, observed.output_tokens_mean.round() as u64, observed.total_mean_ms.round() as u64))
}

#[test]
fn finished_answers_of_the_same_model_and_connection_are_averaged() {
    let place = place();
    let (here, there) = (connection("A", Role::Official), connection("B", Role::Relay));
    let set = set(&place, "Set");
    assert_eq!(observed(&place, &here, None, set.id), None);
    let mut failed = answer(2, 9_000, 9_000);
    failed.row.status = TrialStatus::Failed;
    let mut uncounted = answer(2, 0, 9_000);
    uncounted.row.usage = None;
    run(&place, &set, &here, None, &[answer(0, 100, 1_000), answer(1, 200, 2_000), failed, uncounted]);
    run(&place, &set, &there, None, &[answer(0, 5_000, 5_000)]);
    assert_eq!(figures(observed(&place, &here, None, set.id)), Some((2, 150, 1_500)));
    let id = here.id;
    assert_eq!(place.read(move |archive| archive.observed(id, "other", None, set.id)), None);
}

#[test]
fn answers_to_the_same_set_count_alone_and_deleted_runs_not_at_all() {
    let place = place();
    let here = connection("A", Role::Official);
    let (mine, other) = (set(&place, "Mine"), set(&place, "Other"));
    run(&place, &other, &here, None, &[answer(0, 900, 9_000)]);
    let first = observed(&place, &here, None, mine.id).unwrap();
    assert_eq!((first.n, first.same_prompt_set), (1, false));
    let plan = run(&place, &mine, &here, None, &[answer(0, 100, 1_000)]);
    place.write(move |archive| archive.set_run_status(plan.id, RunStatus::Finished));
    let second = observed(&place, &here, None, mine.id).unwrap();
    assert_eq!((figures(Some(second)), second.same_prompt_set), (Some((1, 100, 1_000)), true));
    place.write(move |archive| archive.delete_run(plan.id));
    assert_eq!(observed(&place, &here, None, mine.id), Some(first));
}

#[test]
fn answers_that_a_lower_maximum_cut_say_nothing() {
    let place = place();
    let here = connection("A", Role::Official);
    let set = set(&place, "Set");
    run(&place, &set, &here, Some(64), &[answer(0, 64, 500)]);
    assert_eq!(observed(&place, &here, None, set.id), None);
    assert_eq!(observed(&place, &here, Some(65), set.id), None);
    assert_eq!(figures(observed(&place, &here, Some(64), set.id)), Some((1, 64, 500)));
    run(&place, &set, &here, None, &[answer(0, 20, 500), answer(1, 1_000, 500)]);
    assert_eq!(figures(observed(&place, &here, None, set.id)), Some((2, 510, 500)));
    assert_eq!(figures(observed(&place, &here, Some(80), set.id)), Some((2, 50, 500)), "no longer than the maximum");
}

#[test]
fn only_the_newest_runs_are_looked_at() {
    let place = place();
    let here = connection("A", Role::Official);
    let set = set(&place, "Set");
    run(&place, &set, &here, None, &[answer(0, 100_000, 100_000)]);
    for _ in 0..20 {
        run(&place, &set, &here, None, &[answer(0, 10, 100)]);
    }
    assert_eq!(figures(observed(&place, &here, None, set.id)), Some((20, 10, 100)));
}

#[test]
fn of_a_large_run_a_thousand_answers_are_enough() {
    let place = place();
    let here = connection("A", Role::Official);
    let plan = place.run(1_200, vec![target(&here, "m")]);
    let (run_id, set) = (plan.id, plan.prompt_set);
    place.write(move |archive| (0..1_200).try_for_each(|case_index| archive.record(run_id, &answer(case_index, 10, 100))));
    assert_eq!(figures(observed(&place, &here, None, set)), Some((1_000, 10, 100)));
}
