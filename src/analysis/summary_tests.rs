use proptest::prelude::*;
use rust_decimal::Decimal;

use super::fixtures::{failed, finished, plan, price, target};
use super::{Basis, SupersededCost, TableModel, TargetSummary, TimesOf, summarise};
use crate::domain::{Currency, Failure, FailureKind, Judgement, Money, RunPlan, Thumb, TrialRow, TrialStatus, UsageSource};

fn two_targets(case_count: usize) -> RunPlan {
    plan(case_count, vec![target("one", Some(price("1", "2"))), target("two", None)], 1)
}

fn first(plan: &RunPlan, rows: &[TrialRow]) -> TargetSummary {
    summarise(plan, rows, &[], Basis::all_answered(TimesOf::AllTrials)).0.remove(0)
}

#[test]
fn failed_trials_stand_beside_the_percentiles() {
    let plan = two_targets(6);
    let cancelled = TrialRow { status: TrialStatus::Cancelled, ..finished(5, 0, 0, 9_000) };
    let rows = [
        finished(0, 0, 0, 100),
        finished(1, 0, 0, 200),
        failed(2, 0, 0, FailureKind::RateLimited),
        failed(3, 0, 0, FailureKind::Truncated),
        failed(4, 0, 0, FailureKind::Truncated),
        cancelled,
    ];
    let summary = first(&plan, &rows);
    assert_eq!((summary.n, summary.finished, summary.failed, summary.cancelled), (6, 2, 3, 1));
    assert_eq!(summary.failures, [(FailureKind::Truncated, 2), (FailureKind::RateLimited, 1)]);
    assert_eq!(summary.error_rate, Some(0.6));
    assert_eq!((summary.ttft_ms.n, summary.ttft_ms.p50), (2, Some(150.0)));
    assert_eq!((summary.total_ms.p50, summary.waited_ms.p50), (Some(450.0), Some(600.0)));
}

#[test]
fn an_empty_target_has_no_figures() {
    let summary = summarise(&two_targets(1), &[], &[], Basis::all_answered(TimesOf::AllTrials)).0.remove(1);
    assert_eq!((summary.n, summary.error_rate, summary.ttft_ms.p50), (0, None, None));
    assert_eq!((summary.cost, summary.cost_per_1k_requests, summary.tokens.input, summary.score_mean), (None, None, None, None));
    assert_eq!(summary.currency, None, "the price is unknown");
}

#[test]
fn the_cost_of_every_attempt_counts() {
    let plan = two_targets(4);
    let cut_off = TrialRow { cost: Some(Decimal::new(5, 3)), ..failed(2, 0, 0, FailureKind::Truncated) };
    let rows = [finished(0, 0, 0, 100), finished(1, 0, 0, 100), cut_off, failed(3, 0, 0, FailureKind::Unauthorized)];
    let superseded = [SupersededCost { amount: Decimal::new(3, 3), ..SupersededCost::default() }];
    let summary = summarise(&plan, &rows, &superseded, Basis::all_answered(TimesOf::AllTrials)).0.remove(0);
    // 0.001 + 0.001 + 0.005 + 0.003
    assert_eq!(summary.cost, Some(Decimal::new(1, 2)));
    assert_eq!(summary.cost_per_1k_requests, Some(Decimal::from(5)));
}

#[test]
fn one_unknown_cost_makes_the_sum_unknown() {
    let plan = two_targets(2);
    let unknown = TrialRow { cost: None, ..finished(1, 0, 0, 100) };
    let summary = first(&plan, &[finished(0, 0, 0, 100), unknown]);
    assert_eq!((summary.cost, summary.cost_per_1k_requests), (None, None));
    assert_eq!((summary.cost_known, summary.cost_known_of, summary.finished), (Decimal::new(1, 3), 1, 2));
    let after = |row: &TrialRow| {
        let mut superseded = SupersededCost::default();
        superseded.add(row);
        summarise(&plan, &[finished(0, 0, 0, 100)], &[superseded], Basis::all_answered(TimesOf::AllTrials)).0[0].cost
    };
    assert_eq!(after(&TrialRow { cost: None, ..finished(1, 0, 0, 100) }), None);
    let failed = TrialRow { cost: None, attempts: 1, ..failed(1, 0, 0, FailureKind::IdleTimeout) };
    assert_eq!(after(&failed), first(&plan, &[finished(0, 0, 0, 100), failed]).cost, "as it did before it was sent again");
}

#[test]
fn nothing_finished_has_no_cost_per_request() {
    let summary = first(&two_targets(1), &[failed(0, 0, 0, FailureKind::Refused)]);
    assert_eq!((summary.cost, summary.cost_per_1k_requests), (Some(Decimal::ZERO), None));
    assert_eq!(summary.error_rate, Some(1.0));
}

#[test]
fn what_was_set_aside_under_a_cap_is_no_cost_of_the_target() {
    let mut plan = two_targets(2);
    plan.settings.cap = Some(Money { amount: Decimal::from(5), currency: Currency::usd() });
    let mut uncounted = finished(1, 0, 0, 100);
    uncounted.cost = Some(Decimal::new(66, 3));
    if let Some(usage) = &mut uncounted.usage {
        usage.source = UsageSource::Estimated;
    }
    let summary = first(&plan, &[finished(0, 0, 0, 100), uncounted.clone()]);
    assert_eq!((summary.cost, summary.cost_known_of, summary.cost_per_1k_requests), (None, 1, None));
    assert_eq!(summary.cost_known, finished(0, 0, 0, 100).cost.unwrap());
    // Without a cap nothing is set aside: several attempts cost more than the last one.
    plan.settings.cap = None;
    let summary = first(&plan, &[finished(0, 0, 0, 100), uncounted]);
    assert_eq!((summary.cost_known_of, summary.cost_per_1k_requests.is_some()), (2, true));
}

#[test]
fn tokens_judgements_and_retries_are_counted() {
    let plan = two_targets(3);
    let mut told = finished(0, 0, 0, 100);
    told.attempts = 3;
    told.judgement = Judgement { thumb: Some(Thumb::Up), score: Some(5), note: String::new() };
    if let Some(usage) = &mut told.usage {
        usage.cached_input_tokens = Some(4);
        usage.source = UsageSource::Estimated;
    }
    let mut other = finished(1, 0, 0, 100);
    other.judgement = Judgement { thumb: Some(Thumb::Down), score: Some(2), note: String::new() };
    let summary = first(&plan, &[told, other, failed(2, 0, 0, FailureKind::Refused)]);
    assert_eq!((summary.tokens.n, summary.tokens.estimated), (2, 1));
    assert_eq!((summary.tokens.input, summary.tokens.output), (Some(20), Some(40)));
    assert_eq!((summary.tokens.cached_input, summary.tokens.reasoning), (Some(4), None));
    assert_eq!((summary.thumbs_up, summary.thumbs_down, summary.score_n, summary.score_mean), (1, 1, 2, Some(3.5)));
    assert_eq!(summary.retried, 1);
}

#[test]
fn trials_of_unknown_targets_are_passed_over() {
    let summaries =
        summarise(&two_targets(1), &[finished(0, 7, 0, 100)], &vec![SupersededCost::default(); 9], Basis::all_answered(TimesOf::AllTrials))
            .0;
    assert!(summaries.iter().all(|summary| summary.n == 0));
}

fn any_row() -> impl Strategy<Value = TrialRow> {
    (0u32..20, 0u32..2, 1u64..5_000, 0u8..5, proptest::option::of(1u8..=5)).prop_map(|(case, target, ms, kind, score)| {
        let mut row = match kind {
            0 => failed(case, target, 0, FailureKind::ServerError),
            4 => TrialRow { attempts: 0, timing: None, ..failed(case, target, 0, FailureKind::NoKey) },
            1 => TrialRow { status: TrialStatus::Cancelled, ..finished(case, target, 0, ms) },
            _ => finished(case, target, 0, ms),
        };
        row.judgement.score = score;
        row
    })
}

proptest! {
    #[test]
    fn a_summary_adds_up(rows in proptest::collection::vec(any_row(), 0..40)) {
        for summary in summarise(&two_targets(20), &rows, &[], Basis::all_answered(TimesOf::AllTrials)).0 {
            prop_assert_eq!(summary.n, summary.finished + summary.failed + summary.cancelled + summary.not_sent);
            prop_assert_eq!(summary.n as usize, rows.iter().filter(|row| row.cell.target_index == summary.target_index).count());
            prop_assert_eq!(summary.failures.iter().map(|(_, count)| count).sum::<u32>(), summary.failed);
            prop_assert!(summary.error_rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)));
            prop_assert!(summary.ttft_ms.p50 <= summary.ttft_ms.p95 && summary.ttft_ms.p95 <= summary.ttft_ms.p99);
        }
    }
}

#[test]
fn what_a_fallback_answered_is_a_failure_of_the_target_and_in_none_of_its_figures() {
    let mut plan = two_targets(4);
    plan.targets[0].fallback = Some(1);
    let own = Failure { kind: FailureKind::FirstByteTimeout, message: "silent".to_owned() };
    let by_fallback = TrialRow {
        fallback: Some(own.clone()),
        judgement: Judgement { thumb: Some(Thumb::Up), ..Judgement::default() },
        ..finished(1, 0, 0, 9_000)
    };
    let neither = TrialRow { fallback: Some(own), ..failed(2, 0, 0, FailureKind::ServerError) };
    let rows = [finished(0, 0, 0, 100), by_fallback, neither, finished(3, 0, 0, 300)];
    let summary = first(&plan, &rows);
    assert_eq!((summary.n, summary.finished, summary.failed, summary.by_fallback, summary.error_rate), (4, 2, 2, 1, Some(0.5)));
    assert_eq!(summary.failures, [(FailureKind::FirstByteTimeout, 2)]);
    assert_eq!((summary.ttft_ms.n, summary.ttft_ms.p50, summary.tokens.n, summary.thumbs_up), (2, Some(200.0), 2, 0));
    // What was paid is paid: a tenth of a cent each, for three answers.
    assert_eq!((summary.cost, summary.cost_known_of), (Some(Decimal::new(3, 3)), 3));
    assert_eq!(summary.cost_per_1k_requests, Some(Decimal::ONE));
    let table = TableModel::new(&plan, &rows);
    assert_eq!(table.cell(1, 0).map(|cell| (cell.status, cell.ttft_ms, cell.thumbs_up)), Some((TrialStatus::Failed, None, 0)));
}
