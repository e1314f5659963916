//! History: percentiles, filters, thinning.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::samples::{Place, cell, connection, place, plan, target, trial};
use crate::domain::{
    Connection, Currency, Failure, FailureKind, Money, Params, Role, RunId, RunPlan, RunStatus, TargetKey, Timing, TrendFilter, TrendPoint,
    TrialStatus,
};
use crate::store::RunQuery;

fn trend(place: &Place, filter: &TrendFilter) -> Vec<TrendPoint> {
    let filter = filter.clone();
    place.read(move |archive| archive.trend(&filter))
}

/// Finished trials with these TTFTs in milliseconds; the total is twice that, the speed the same number.
fn record_ttfts(place: &Place, run_id: RunId, ttfts_ms: &[f64]) {
    let trials: Vec<_> = (0u32..)
        .zip(ttfts_ms)
        .map(|(case_index, ttft_ms)| {
            let mut one = trial(cell(case_index, 0, 0));
            let ttft_us = (ttft_ms * 1e3) as u64;
            one.row.timing = Some(Timing { first_content_us: Some(ttft_us), end_us: 2 * ttft_us, ..one.row.timing.unwrap() });
            one.row.output_tokens_per_s = Some(*ttft_ms);
            one
        })
        .collect();
    place.write(move |archive| trials.iter().try_for_each(|trial| archive.record(run_id, trial)));
}

fn near(found: Option<f64>, wanted: f64) -> bool {
    found.is_some_and(|found| (found - wanted).abs() <= wanted.abs() * 1e-12)
}

#[test]
fn percentiles_are_numpys() {
    // numpy.percentile(values, [50, 95]), numpy 2: linear.
    let known: [(&[f64], f64, f64); 5] = [
        (&[10.0, 20.0, 30.0, 40.0], 25.0, 38.5),
        (&[7.0], 7.0, 7.0),
        (&[3.0, 1.0], 2.0, 2.9),
        (&[15.0, 20.0, 35.0, 40.0, 50.0], 35.0, 48.0),
        (&[1.5, 1.5, 9.0, 2.0, 100.0, 4.0, 4.0, 4.0], 4.0, 68.15),
    ];
    for (values, p50, p95) in known {
        let place = place();
        let plan = place.run(values.len() as u32, vec![target(&connection("A", Role::Official), "m")]);
        record_ttfts(&place, plan.id, values);
        for kept in [false, true] {
            if kept {
                place.write(move |archive| archive.set_run_status(plan.id, RunStatus::Finished));
            }
            let point = trend(&place, &TrendFilter::default()).remove(0);
            assert!(near(point.ttft_p50_ms, p50) && near(point.ttft_p95_ms, p95), "{values:?}: {point:?}");
            assert!(near(point.total_p95_ms, 2.0 * p95) && near(point.output_tokens_per_s_p50, p50), "{values:?}: {point:?}");
        }
    }
}

#[test]
fn a_trial_that_the_computer_slept_in_is_in_no_percentile() {
    let place = place();
    let plan = place.run(3, vec![target(&connection("A", Role::Official), "m")]);
    record_ttfts(&place, plan.id, &[10.0, 20.0]);
    let mut slept = trial(cell(2, 0, 0));
    slept.row.timing = slept.row.timing.map(|timing| Timing { first_content_us: Some(90_000_000), slept_us: 80_000_000, ..timing });
    place.record(plan.id, &slept);
    for kept in [false, true] {
        if kept {
            place.write(move |archive| archive.set_run_status(plan.id, RunStatus::Finished));
        }
        let point = trend(&place, &TrendFilter::default()).remove(0);
        assert!(near(point.ttft_p50_ms, 15.0) && near(point.total_p95_ms, 39.0) && near(point.output_tokens_per_s_p50, 15.0), "{point:?}");
        assert_eq!(place.read(|archive| archive.runs(&RunQuery::default())).heads[0].finished, 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn percentiles_interpolate_between_neighbours(values in proptest::collection::vec(1u32..100_000, 1..60)) {
        let place = place();
        let plan = place.run(values.len() as u32, vec![target(&connection("A", Role::Official), "m")]);
        let ttfts: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        record_ttfts(&place, plan.id, &ttfts);
        let mut sorted = ttfts;
        sorted.sort_by(f64::total_cmp);
        let percentile = |p: f64| {
            let rank = (sorted.len() - 1) as f64 * p;
            let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
            low + (high - low) * rank.fract()
        };
        let point = trend(&place, &TrendFilter::default()).remove(0);
        prop_assert!(near(point.ttft_p50_ms, percentile(0.5)) && near(point.ttft_p95_ms, percentile(0.95)), "{:?}", point);
    }
}

#[test]
fn a_point_tells_what_it_rests_on() {
    let place = place();
    let plan = place.run(4, vec![target(&connection("A", Role::Official), "m")]);
    let run_id = plan.id;
    let superseded = trial(cell(0, 0, 0));
    place.record(run_id, &superseded);
    let mut plain = trial(cell(0, 0, 0));
    plain.row.supersedes = Some(superseded.row.id);
    plain.row.timing = plain.row.timing.map(|timing| Timing { streamed: false, ..timing });
    plain.row.output_tokens_per_s = None;
    place.record(run_id, &plain);
    let mut failed = trial(cell(1, 0, 0));
    failed.row.status = TrialStatus::Failed;
    failed.row.cost = None;
    place.record(run_id, &failed);
    let mut cancelled = trial(cell(2, 0, 0));
    cancelled.row.status = TrialStatus::Cancelled;
    cancelled.row.cost = Some(Decimal::ZERO);
    place.record(run_id, &cancelled);

    let point = trend(&place, &TrendFilter::default()).remove(0);
    assert_eq!((point.n, point.finished, point.failed), (2, 1, 1));
    assert!((point.error_rate - 0.5).abs() < f64::EPSILON);
    assert_eq!((point.ttft_p50_ms, point.total_p95_ms, point.output_tokens_per_s_p50), (None, Some(250.0), None));
    assert_eq!(point.cost_per_1k_requests, Some(Money { amount: "0.272".parse().unwrap(), currency: Currency::usd() }));
    assert!(point.cost_incomplete);
    assert_eq!((point.label.as_str(), point.connection_name.as_str(), point.runs_of_target), ("m · A", "A", 1));
    assert_eq!(point.target, TargetKey::of(&plan, 0).unwrap());
}

#[test]
fn a_run_without_an_answer_or_a_failure_gives_no_point() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    assert!(trend(&place, &TrendFilter::default()).is_empty());
    let mut failed = trial(cell(0, 0, 0));
    failed.row.status = TrialStatus::Failed;
    place.record(plan.id, &failed);
    let point = trend(&place, &TrendFilter::default()).remove(0);
    assert_eq!((point.finished, point.total_p95_ms, point.cost_per_1k_requests), (0, None, None));
}

/// So many runs of one set, an hour apart, each with one finished trial per target.
fn runs(place: &Place, count: i64, connections: &[Connection]) -> Vec<RunPlan> {
    let targets: Vec<_> = connections.iter().map(|connection| target(connection, "m")).collect();
    let first = place.run(1, targets.clone());
    let head = place.read(|archive| archive.prompt_sets()).remove(0);
    let mut plans = vec![first];
    for hour in 1..count {
        let mut next = plan(&head, 1, targets.clone());
        next.created_at = plans[0].created_at + SignedDuration::from_hours(hour);
        place.run_of(&next);
        plans.push(next);
    }
    for plan in &plans {
        for target_index in 0..connections.len() as u32 {
            place.record(plan.id, &trial(cell(0, target_index, 0)));
        }
    }
    plans
}

#[test]
fn history_is_filtered() {
    let place = place();
    let connections = [connection("A", Role::Official), connection("Demo (simulated)", Role::Demo)];
    let plans = runs(&place, 4, &connections);
    let all = TrendFilter { include_simulated: true, ..TrendFilter::default() };
    assert_eq!(trend(&place, &all).len(), 8);
    let real = trend(&place, &TrendFilter::default());
    assert_eq!(real.iter().map(|point| point.run_id).collect::<Vec<_>>(), plans.iter().map(|plan| plan.id).collect::<Vec<_>>());
    let simulated = TargetKey::of(&plans[0], 1).unwrap();
    let chosen = trend(&place, &TrendFilter { targets: vec![simulated.clone()], ..all.clone() });
    assert!(chosen.len() == 4 && chosen.iter().all(|point| point.target == simulated && point.simulated));
    let newer = TrendFilter { from: Some(plans[1].created_at), ..TrendFilter::default() };
    assert_eq!(trend(&place, &newer).len(), 3);
    let set = plans[0].prompt_set;
    assert_eq!(trend(&place, &TrendFilter { prompt_sets: vec![set], ..all.clone() }).len(), 8);
    let other = crate::domain::PromptSetId::draw();
    assert!(trend(&place, &TrendFilter { prompt_sets: vec![other], ..all.clone() }).is_empty());
    let gone = plans[0].id;
    place.write(move |archive| archive.delete_run(gone));
    assert_eq!(trend(&place, &all).len(), 6);

    let targets = place.read(|archive| archive.history_targets());
    assert_eq!(
        targets.iter().map(|target| (target.label.as_str(), target.runs, target.simulated)).collect::<Vec<_>>(),
        [("m · A", 3, false), ("m · Demo (simulated)", 3, true)]
    );
    assert_eq!((targets[0].last_run_at, targets[0].colour), (plans[3].created_at, 3));
    assert_eq!(targets[0].key.parsed_params(), Params { temperature: Some(0.25), ..Params::default() });
    let sets = place.read(|archive| archive.history_prompt_sets());
    assert_eq!((sets.len(), sets[0].id, sets[0].runs), (1, set, 3));
}

#[test]
fn a_target_is_the_same_under_another_label_but_not_with_other_parameters() {
    let place = place();
    let at = connection("A", Role::Official);
    let plans = runs(&place, 1, std::slice::from_ref(&at));
    let head = place.read(|archive| archive.prompt_sets()).remove(0);
    let mut renamed = target(&at, "m");
    renamed.label = "Ours".to_owned();
    let mut warmer = target(&at, "m");
    warmer.params.temperature = Some(1.0);
    let next = plan(&head, 1, vec![renamed, warmer]);
    place.run_of(&next);
    let targets = place.read(|archive| archive.history_targets());
    assert_eq!(targets.iter().map(|target| (target.label.as_str(), target.runs)).collect::<Vec<_>>(), [("Ours", 2), ("m · A", 1)]);
    assert_eq!(targets[0].key, TargetKey::of(&plans[0], 0).unwrap());
}

#[test]
fn long_histories_are_thinned_evenly() {
    let place = place();
    let plans = runs(&place, 50, &[connection("A", Role::Official), connection("B", Role::Official)]);
    let times: Vec<Timestamp> = plans.iter().map(|plan| plan.created_at).collect();
    for max in [2, 3, 7, 49, 50] {
        let points = trend(&place, &TrendFilter { max_points_per_target: max, ..TrendFilter::default() });
        assert_eq!(points.len(), 2 * max as usize);
        let (one, other) = points.split_at(max as usize);
        assert!(one.iter().chain(other).all(|point| point.runs_of_target == 50));
        assert_eq!((one[0].created_at, one[max as usize - 1].created_at), (times[0], times[49]));
        let gaps: Vec<i64> = one.windows(2).map(|pair| (pair[1].created_at - pair[0].created_at).get_seconds() / 3600).collect();
        let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
        assert!(*least >= 1 && most - least <= 1, "{max}: {gaps:?}");
    }
}

#[test]
fn what_a_fallback_answered_counts_as_failed_and_in_no_time() {
    let place = place();
    let plan = place.run(3, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Official), "m")]);
    record_ttfts(&place, plan.id, &[10.0, 20.0]);
    let mut by_fallback = trial(cell(2, 0, 0));
    by_fallback.row.timing = Some(Timing { first_content_us: Some(9_000_000), ..by_fallback.row.timing.unwrap() });
    by_fallback.row.fallback = Some(Failure { kind: FailureKind::ServerError, message: "down".to_owned() });
    by_fallback.body.attempts.push(by_fallback.body.attempts[0].clone());
    by_fallback.body.attempts[1].fallback = true;
    (by_fallback.row.attempts, by_fallback.row.fallback_attempts) = (2, 1);
    let each = by_fallback.row.cost.unwrap();
    let stored = by_fallback.clone();
    place.write(move |archive| archive.record(plan.id, &stored));
    for kept in [false, true] {
        if kept {
            place.write(move |archive| archive.keep_figures(plan.id));
        }
        let point = trend(&place, &TrendFilter::default()).remove(0);
        assert_eq!((point.finished, point.failed, point.by_fallback, point.n), (2, 1, 1, 3), "{point:?}");
        assert!(near(point.ttft_p50_ms, 15.0) && near(Some(point.error_rate), 1.0 / 3.0), "{point:?}");
        let per_1k = (each * Decimal::ONE_THOUSAND).normalize();
        assert_eq!(point.cost_per_1k_requests.map(|cost| cost.amount), Some(per_1k), "of three answers, all paid for");
        let head = place.read(move |archive| archive.run_head(plan.id));
        assert_eq!((head.finished, head.failed), (2, 1));
    }
    let id = by_fallback.row.id;
    assert_eq!(place.read(move |archive| archive.body(id)), by_fallback.body);
    assert_eq!(place.read(move |archive| archive.trial_rows(plan.id))[2], by_fallback.row);
}

#[test]
fn what_was_never_sent_is_in_no_error_rate() {
    let place = place();
    let plan = place.run(6, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Official), "m")]);
    record_ttfts(&place, plan.id, &[10.0, 20.0]);
    let failure = |kind| Some(Failure { kind, message: "no".to_owned() });
    let failed = |case, target, kind, attempts| {
        let mut failed = trial(cell(case, target, 0));
        (failed.row.status, failed.row.failure, failed.row.attempts) = (TrialStatus::Failed, failure(kind), attempts);
        failed.row.cost = Some(Decimal::ZERO);
        failed.body.attempts.truncate(attempts as usize);
        failed
    };
    let mut not_made = failed(4, 0, FailureKind::Internal, 1);
    not_made.row.timing = not_made.row.timing.map(|timing| Timing { headers_us: None, ..timing });
    // The target had no key; its fallback answered.
    let mut by_fallback = trial(cell(5, 0, 0));
    by_fallback.row.fallback = failure(FailureKind::NoKey);
    by_fallback.row.fallback_attempts = 1;
    by_fallback.body.attempts[0].fallback = true;
    let mut trials = vec![failed(2, 0, FailureKind::ServerError, 1), failed(3, 0, FailureKind::BreakerOpen, 0), not_made, by_fallback];
    trials.extend((0..6).map(|case| failed(case, 1, FailureKind::NoKey, 0)));
    for trial in &trials {
        place.record(plan.id, trial);
    }
    for kept in [false, true] {
        if kept {
            place.write(move |archive| archive.keep_figures(plan.id));
        }
        let points = trend(&place, &TrendFilter::default());
        let [point] = &points[..] else { panic!("a target that nothing was sent to gives no point: {points:?}") };
        assert_eq!((point.n, point.finished, point.failed, point.not_sent, point.by_fallback), (3, 2, 1, 3, 1), "{point:?}");
        assert!(near(Some(point.error_rate), 1.0 / 3.0), "{point:?}");
        let head = place.read(move |archive| archive.run_head(plan.id));
        assert_eq!((head.finished, head.failed, head.not_sent), (2, 10, 9));
    }
    let rows = place.read(move |archive| archive.trial_rows(plan.id));
    let sent: Vec<bool> = rows.iter().filter(|row| row.cell.target_index == 0).map(crate::domain::TrialRow::was_sent).collect();
    assert_eq!(sent, [true, true, true, false, false, false]);
}
