//! Runs and their lists.

use rust_decimal::Decimal;

use super::samples::{Place, cell, connection, place, plan, target, trial};
use crate::domain::{Currency, Failure, FailureKind, Money, Price, PriceStanding, Role, RunId, RunPlan, RunStatus, TrialStatus};
use crate::store::{Counts, RunQuery, StoreError};

fn list(place: &Place, text: &str) -> Vec<RunId> {
    let query = RunQuery { text: text.to_owned(), ..RunQuery::default() };
    place.read(move |archive| archive.runs(&query)).heads.into_iter().map(|head| head.id).collect()
}

#[test]
fn the_baseline_in_view_is_kept_beside_the_run() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Relay), "m")]);
    let id = plan.id;
    let kept = || place.read(move |archive| archive.run_baseline(id));
    assert_eq!(kept(), None);
    for target_index in [1, 0, 1] {
        place.write(move |archive| archive.set_run_baseline(id, target_index));
        assert_eq!(kept(), Some(target_index));
    }
    assert_eq!(place.read(move |archive| archive.run_plan(id)), plan, "the run itself stays");
    let missing = crate::domain::RunId::draw();
    assert_eq!(place.store.write_now(move |archive| archive.set_run_baseline(missing, 0)), Err(StoreError::NotFound("run")));
}

#[test]
fn a_plan_reads_back_as_it_was() {
    let place = place();
    let mut targets = vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Local), "n")];
    targets[1].price = None;
    let plan = place.run(4, targets);
    let id = plan.id;
    assert_eq!(place.read(move |archive| archive.run_plan(id)), plan);
    let missing = RunId::draw();
    assert_eq!(place.store.read_now(move |archive| archive.run_plan(missing)), Err(StoreError::NotFound("run")));
}

#[test]
fn cases_are_not_copied_into_runs() {
    let place = place();
    let plan = place.run(1_000, vec![target(&connection("A", Role::Official), "m")]);
    let stored: u32 = place.read(move |archive| Ok(archive.db.query_row("SELECT length(plan) FROM runs", [], |row| row.get(0))?));
    assert!(stored < 3_000, "{stored}");
    assert_eq!(place.read(move |archive| archive.run_plan(plan.id)).cases.len(), 1_000);
}

fn with_cny() -> Vec<crate::domain::RunTarget> {
    let mut other = target(&connection("Relay", Role::Relay), "qwen-max");
    other.price = Some(Price::flat(Decimal::ONE, Decimal::ONE, Currency::new("CNY").unwrap(), PriceStanding::Claimed, "vendor"));
    vec![target(&connection("A", Role::Official), "m"), other]
}

#[test]
fn a_head_counts_current_trials_and_every_cost() {
    let place = place();
    let plan = place.run(2, with_cny());
    let id = plan.id;
    let first = trial(cell(0, 0, 0));
    place.record(id, &first);
    let mut again = trial(cell(0, 0, 0));
    again.row.supersedes = Some(first.row.id);
    place.record(id, &again);
    let mut failed = trial(cell(0, 1, 0));
    failed.row.status = TrialStatus::Failed;
    failed.row.failure = Some(Failure { kind: FailureKind::ServerError, message: "500".to_owned() });
    failed.row.cost = None;
    place.record(id, &failed);
    let mut cancelled = trial(cell(1, 1, 0));
    cancelled.row.status = TrialStatus::Cancelled;
    (cancelled.row.cost, cancelled.row.attempts) = (None, 0);
    place.record(id, &cancelled);
    let mut cny = trial(cell(1, 1, 0));
    cny.row.cost = Some("0.5".parse().unwrap());
    place.record(id, &cny);

    let live = place.read(move |archive| archive.run_head(id));
    assert_eq!((live.status, live.cell_count, live.finished, live.failed, live.cancelled), (RunStatus::Unfinished, 4, 2, 1, 0));
    assert_eq!(live.target_labels, ["m · A", "qwen-max · Relay"]);
    assert_eq!(live.ttft_p50_ms, [Some(100.0), Some(100.0)]);
    let money = |amount: &str, code: &str| Money { amount: amount.parse().unwrap(), currency: Currency::new(code).unwrap() };
    assert_eq!(live.costs, [money("0.000272", "USD"), money("0.5", "CNY")], "the superseded trial was paid too");
    assert!(live.cost_incomplete);

    place.write(move |archive| archive.set_run_status(id, RunStatus::Finished));
    let kept = place.read(move |archive| archive.run_head(id));
    assert_eq!(kept, crate::domain::RunHead { status: RunStatus::Finished, ..live });

    let mut better = trial(cell(0, 1, 0));
    better.row.supersedes = Some(failed.row.id);
    place.record(id, &better);
    let rerun = place.read(move |archive| archive.run_head(id));
    assert_eq!((rerun.finished, rerun.failed), (3, 0), "a later re-run shows at once");
    assert_eq!(place.read(|archive| archive.counts()), Counts { runs: 1, trials: 6 });
}

#[test]
fn a_trial_that_was_never_sent_has_no_unknown_cost() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let id = plan.id;
    let mut unsent = trial(cell(0, 0, 0));
    unsent.row.status = TrialStatus::Failed;
    (unsent.row.cost, unsent.row.attempts, unsent.body.attempts) = (None, 0, Vec::new());
    place.record(id, &unsent);
    let head = place.read(move |archive| archive.run_head(id));
    assert_eq!((head.cost_incomplete, head.costs), (false, Vec::new()));
}

#[test]
fn runs_are_found_by_their_words_newest_first() {
    let place = place();
    let plans: Vec<RunPlan> = ["GPT-4.1", "Qwen3-Max", "gpt-4.1-mini"]
        .into_iter()
        .map(|model| place.run(1, vec![target(&connection(&format!("Relay {model}"), Role::Demo), model)]))
        .collect();
    let ids: Vec<RunId> = plans.iter().map(|plan| plan.id).rev().collect();
    assert_eq!(list(&place, ""), ids);
    assert_eq!(list(&place, "gpt"), [ids[0], ids[2]]);
    assert_eq!(list(&place, "MINI relay"), [ids[0]]);
    assert_eq!(list(&place, "BÜRO max"), [ids[1]], "the vantage, folded beyond ASCII");
    assert_eq!(list(&place, "100%"), []);
    let page = place.read(|archive| archive.runs(&RunQuery { offset: 1, limit: 1, ..RunQuery::default() }));
    assert_eq!((page.heads.len(), page.heads[0].id, page.total), (1, ids[1], 3));
    assert!(page.heads[0].simulated);
}

#[test]
fn a_deleted_run_comes_back_whole() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let id = plan.id;
    place.record(id, &trial(cell(0, 0, 0)));
    assert_eq!(place.read(|archive| archive.unfinished_runs()).len(), 1);
    place.write(move |archive| archive.delete_run(id));
    assert!(list(&place, "").is_empty());
    assert!(place.read(|archive| archive.unfinished_runs()).is_empty());
    assert_eq!(place.read(|archive| archive.counts()), Counts::default());
    place.write(move |archive| archive.undelete_run(id));
    assert_eq!(list(&place, ""), [id]);
    assert_eq!(place.read(move |archive| archive.trial_rows(id)).len(), 1);
}

#[test]
fn a_run_that_stopped_is_not_unfinished() {
    let place = place();
    let set = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let head = place.read(|archive| archive.prompt_sets()).remove(0);
    for status in [RunStatus::Finished, RunStatus::Cancelled, RunStatus::Capped] {
        let stopped = plan(&head, 1, vec![target(&connection("A", Role::Official), "m")]);
        place.run_of(&stopped);
        let id = stopped.id;
        place.write(move |archive| archive.set_run_status(id, status));
        assert_eq!(place.read(move |archive| archive.run_head(id)).status, status);
    }
    let unfinished: Vec<RunId> = place.read(|archive| archive.unfinished_runs()).into_iter().map(|head| head.id).collect();
    assert_eq!(unfinished, [set.id]);
}
