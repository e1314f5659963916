//! How fast it is: figures for whoever runs these with `--nocapture`; what they assert is that nothing is lost on the way.

use std::sync::mpsc::sync_channel;
use std::time::Instant;

use super::samples::{cases, cell, connection, place, target, trial};
use crate::domain::{PromptSetKind, Role, RunId, RunStatus, TargetKey};
use crate::store::RunQuery;

#[expect(clippy::print_stderr, reason = "a figure, not a claim")]
fn report(what: &str, started: Instant, count: u32) {
    let took = started.elapsed();
    eprintln!("{what}: {:.1} ms, {:.0}/s", took.as_secs_f64() * 1e3, f64::from(count) / took.as_secs_f64());
}

#[test]
fn ten_thousand_trials() {
    const TRIALS: u32 = 10_000;
    let place = place();
    let plan = place.run(TRIALS / 2, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Relay), "m")]);
    let id = plan.id;
    let trials: Vec<_> = plan
        .cells()
        .map(|cell| {
            let mut one = trial(cell);
            one.body.output = "A plausible sentence of an answer. ".repeat(20);
            one
        })
        .collect();
    let (sender, receiver) = sync_channel(TRIALS as usize);
    let started = Instant::now();
    for trial in trials {
        let sender = sender.clone();
        place.store.record_trial(id, trial, move |result| sender.send(result).unwrap());
    }
    drop(sender);
    assert_eq!(receiver.iter().filter(|result| *result == Ok(())).count(), TRIALS as usize);
    report("record", started, TRIALS);

    let started = Instant::now();
    let rows = place.read(move |archive| archive.trial_rows(id));
    report("trial_rows", started, TRIALS);
    assert_eq!(rows.len(), TRIALS as usize);

    let key = TargetKey::of(&plan, 1).unwrap();
    let started = Instant::now();
    assert_eq!(place.read(move |archive| archive.earlier_latency(&key, true, RunId::draw())).map(|earlier| earlier.n), Some(1_000));
    report("earlier_latency", started, 1);

    let started = Instant::now();
    assert_eq!(place.read(move |archive| archive.search_outputs(id, "NO SUCH WORDS")), []);
    report("search_outputs", started, TRIALS);

    let started = Instant::now();
    let head = place.read(|archive| archive.runs(&RunQuery::default())).heads.remove(0);
    report("runs, live figures", started, 1);
    assert_eq!(head.finished, u64::from(TRIALS));

    place.write(move |archive| archive.set_run_status(id, RunStatus::Finished));
    let started = Instant::now();
    let head = place.read(|archive| archive.runs(&RunQuery::default())).heads.remove(0);
    report("runs, kept figures", started, 1);
    assert_eq!(head.finished, u64::from(TRIALS));

    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let started = Instant::now();
    assert_eq!(place.read(move |archive| archive.bodies(&ids)).len(), TRIALS as usize);
    report("bodies", started, TRIALS);
}

#[test]
fn a_hundred_thousand_cases() {
    const CASES: u32 = 100_000;
    let place = place();
    let mut many = cases(CASES);
    let kept = many.clone();
    let started = Instant::now();
    let id = place.write(move |archive| archive.create_prompt_set("Long", PromptSetKind::Listed, &kept)).id;
    report("create_prompt_set", started, CASES);
    let started = Instant::now();
    assert_eq!(place.read(move |archive| archive.prompt_set(id, None)).cases, many);
    report("prompt_set", started, CASES);
    many[50_000].description = Some("edited".to_owned());
    let kept = many.clone();
    let started = Instant::now();
    place.write(move |archive| archive.replace_cases(id, &kept));
    report("replace_cases, one edited", started, CASES);
    assert_eq!(place.read(move |archive| archive.prompt_set(id, None)).cases, many);
}

#[test]
fn a_thousand_runs_of_history() {
    const RUNS: u32 = 1_000;
    let place = place();
    let mut plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    place.write(move |archive| {
        for _ in 0..RUNS {
            plan.id = crate::domain::RunId::draw();
            archive.create_run(&plan)?;
            archive.record(plan.id, &trial(cell(0, 0, 0)))?;
            archive.set_run_status(plan.id, RunStatus::Finished)?;
        }
        Ok(())
    });
    let started = Instant::now();
    let points = place.read(|archive| archive.trend(&crate::domain::TrendFilter { max_points_per_target: RUNS, ..Default::default() }));
    report("trend", started, RUNS);
    assert_eq!(points.len(), RUNS as usize);
}
