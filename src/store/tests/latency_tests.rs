//! What the latency of a run in flight is held against.

use super::samples::{Place, cell, connection, place, plan, target, trial};
use crate::domain::{
    Connection, ConnectionUse, EarlierLatency, Effort, PromptSetKind, Role, RunId, RunPlan, RunTarget, SetUp, TargetKey, Timing, Trial,
    TrialStatus,
};

/// An answer whose first text came after so many milliseconds, and its end twice as late.
fn answer(case_index: u32, ttft_ms: u64) -> Trial {
    changed(case_index, ttft_ms, |_| ())
}

fn changed(case_index: u32, ttft_ms: u64, change: impl FnOnce(&mut Timing)) -> Trial {
    let mut one = trial(cell(case_index, 0, 0));
    let mut timing = Timing { first_content_us: Some(ttft_ms * 1_000), end_us: ttft_ms * 2_000, ..one.row.timing.expect("it was sent") };
    change(&mut timing);
    one.row.timing = Some(timing);
    one
}

fn run(place: &Place, target: RunTarget, answers: Vec<Trial>) -> RunPlan {
    let plan = place.run(answers.len() as u32, vec![target]);
    let id = plan.id;
    place.write(move |archive| answers.iter().try_for_each(|answer| archive.record(id, answer)));
    plan
}

fn earlier(place: &Place, plan: &RunPlan, streamed: bool, except: RunId) -> Option<EarlierLatency> {
    let key = TargetKey::of(plan, 0).unwrap();
    place.read(move |archive| archive.earlier_latency(&key, streamed, except))
}

fn none() -> RunId {
    RunId::draw()
}

#[test]
fn the_p95_of_finished_answers_is_interpolated_and_comes_with_its_n() {
    let place = place();
    let (here, there) = (connection("A", Role::Official), connection("B", Role::Relay));
    let mut failed = answer(21, 90_000);
    failed.row.status = TrialStatus::Failed;
    let answers = (0..21).map(|case| answer(case, u64::from(case) * 10)).chain([failed]).collect();
    let plan = run(&place, target(&here, "m"), answers);
    run(&place, target(&here, "other"), vec![answer(0, 50_000)]);
    run(&place, target(&there, "m"), vec![answer(0, 60_000)]);
    assert_eq!(earlier(&place, &plan, true, none()), Some(EarlierLatency { n: 21, p95_ms: 190.0 }));
    assert_eq!(earlier(&place, &plan, true, plan.id), None, "a run is not held against itself");
    assert_eq!(earlier(&place, &plan, false, none()), None, "nothing came without a stream");
    let id = plan.id;
    place.write(move |archive| archive.delete_run(id));
    assert_eq!(earlier(&place, &plan, true, none()), None);
}

#[test]
fn answers_without_a_stream_are_told_apart() {
    let place = place();
    let here = connection("A", Role::Official);
    let whole = |case, ms| changed(case, ms, |timing| timing.streamed = false);
    let plan = run(&place, target(&here, "m"), vec![answer(0, 100), whole(1, 300), whole(2, 300)]);
    assert_eq!(earlier(&place, &plan, true, none()), Some(EarlierLatency { n: 1, p95_ms: 100.0 }));
    assert_eq!(earlier(&place, &plan, false, none()), Some(EarlierLatency { n: 2, p95_ms: 600.0 }), "the total");
}

#[test]
fn what_was_disturbed_does_not_count_and_the_set_up_is_taken_off() {
    let place = place();
    let here = connection("A", Role::Official);
    let over = |case, connection, connect_us: Option<u64>| {
        let dns_us = connect_us.map(|_| 50_000);
        changed(case, 900, |timing| timing.set_up = Some(SetUp { connection, dns_us, connect_us, proxied: false }))
    };
    let late = |case, delay_us| changed(case, 600, |timing| timing.load_delay_us = Some(delay_us));
    let answers = vec![
        over(0, ConnectionUse::New, Some(250_000)),
        over(1, ConnectionUse::Awaited, None),
        changed(2, 5_000, |timing| timing.slept_us = 1),
        late(3, 60_000),
        late(4, 60_001),
        changed(5, 600, |timing| timing.first_content_us = None),
        // Late by more than a tenth, but not late at all by the bound that marks a trial.
        changed(6, 1, |timing| timing.load_delay_us = Some(4_000)),
    ];
    let plan = run(&place, target(&here, "m"), answers);
    assert_eq!(earlier(&place, &plan, true, none()), Some(EarlierLatency { n: 3, p95_ms: 600.0 }));
}

#[test]
fn a_target_that_thinks_more_is_another_one() {
    let place = place();
    let here = connection("A", Role::Official);
    let thinking = |effort, temperature| {
        let mut one = target(&here, "m");
        (one.params.effort, one.params.temperature) = (effort, temperature);
        one
    };
    let plain = run(&place, thinking(None, None), vec![answer(0, 100)]);
    let hard = run(&place, thinking(Some(Effort::High), None), vec![answer(0, 9_000), answer(1, 9_000)]);
    run(&place, thinking(None, Some(1.0)), vec![answer(0, 100)]);
    let n = |plan| earlier(&place, plan, true, none()).map(|earlier| (earlier.n, earlier.p95_ms));
    assert_eq!([n(&plain), n(&hard)], [Some((2, 100.0)), Some((2, 9_000.0))]);
}

/// As many runs of as many answers each, oldest first, each as slow as its number.
fn runs(place: &Place, here: &Connection, count: u64, answers: u32) -> RunPlan {
    let set = place.write(move |archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &super::samples::cases(answers)));
    let mut last = None;
    for number in 1..=count {
        let plan = RunPlan { id: RunId::draw(), ..plan(&set, answers, vec![target(here, "m")]) };
        place.run_of(&plan);
        let id = plan.id;
        place.write(move |archive| (0..answers).try_for_each(|case| archive.record(id, &answer(case, number))));
        last = Some(plan);
    }
    last.expect("a run")
}

#[test]
fn the_newest_runs_and_a_thousand_answers_are_enough() {
    let place = place();
    let here = connection("A", Role::Official);
    let plan = runs(&place, &here, 21, 2);
    assert_eq!(earlier(&place, &plan, true, none()).map(|earlier| earlier.n), Some(40));
    assert_eq!(earlier(&place, &plan, true, plan.id).map(|earlier| earlier.n), Some(40), "another takes its place");
    let there = connection("B", Role::Official);
    let plan = run(&place, target(&there, "m"), (0..1_200).map(|case| answer(case, 10)).collect());
    assert_eq!(earlier(&place, &plan, true, none()), Some(EarlierLatency { n: 1_000, p95_ms: 10.0 }));
}
