use proptest::prelude::*;
use rust_decimal::Decimal;

use super::fixtures::{failed, finished, plan, price, target};
use super::{
    Basis, Cases, CommonCases, Figure, Hindrance, LeftOut, Standing, SupersededCost, TargetSummary, TimesOf, basis_words, best, charts,
    difference_from_baseline, no_best, summarise,
};
use crate::domain::{ConnectionUse, Failure, FailureKind, RunPlan, SetUp, TrialRow, TrialStatus};

fn targets(case_count: usize, labels: &[&str], repeats: u32) -> RunPlan {
    plan(case_count, labels.iter().map(|label| target(label, Some(price("1", "2")))).collect(), repeats)
}

fn in_common(plan: &RunPlan, rows: &[TrialRow]) -> Vec<TargetSummary> {
    summarise(plan, rows, &[], Basis::in_common(TimesOf::AllTrials)).0
}

fn all(plan: &RunPlan, rows: &[TrialRow]) -> Vec<TargetSummary> {
    summarise(plan, rows, &[], Basis::all_answered(TimesOf::AllTrials)).0
}

/// The first target answered the first 12 of 40 cases, which are quick; the second all, the later ones ever slower; the third none.
fn capped() -> (RunPlan, Vec<TrialRow>) {
    let plan = targets(40, &["capped", "whole", "down"], 1);
    let mut rows: Vec<TrialRow> = (0..12).map(|case| finished(case, 0, 0, 100)).collect();
    rows.extend((0..40).map(|case| finished(case, 1, 0, 90 + 10 * u64::from(case.saturating_sub(11)))));
    rows.extend((0..40).map(|case| failed(case, 2, 0, FailureKind::Refused)));
    (plan, rows)
}

#[test]
fn figures_are_over_the_cases_that_all_compared_targets_answered() {
    let (plan, rows) = capped();
    let common = CommonCases::of(&plan, &rows, LeftOut::default());
    assert_eq!((common.cells, common.in_common, common.compared(), common.is_equal()), (40, 12, 2, false));
    assert_eq!(
        common.targets.iter().map(|target| target.standing).collect::<Vec<_>>(),
        [Standing::Compared, Standing::Compared, Standing::NoAnswers]
    );
    assert_eq!(common.targets.iter().map(|target| target.answered).collect::<Vec<_>>(), [12, 40, 0]);

    let summaries = in_common(&plan, &rows);
    assert_eq!(summaries.iter().map(|summary| summary.answers).collect::<Vec<_>>(), [12, 12, 0]);
    assert_eq!(summaries.iter().map(|summary| summary.ttft_ms.p50).collect::<Vec<_>>(), [Some(100.0), Some(90.0), None]);
    assert_eq!((summaries[1].tokens.output, summaries[1].cost_per_1k_of), (Some(240), 12));
    // What happened is told of all trials.
    assert_eq!((summaries[0].n, summaries[0].unsent(), summaries[1].finished, summaries[2].failed), (12, 28, 40, 40));
    assert_eq!(summaries[1].cost, Some(Decimal::new(40, 3)));
    assert_eq!(best(Figure::TtftP50, &summaries), [false, true, false]);
    assert!(difference_from_baseline(Figure::TtftP50, &summaries[1], &summaries[0]).is_some());
    // The money that was spent is for different work.
    assert_eq!(difference_from_baseline(Figure::Cost, &summaries[1], &summaries[0]), None);
    assert_eq!(difference_from_baseline(Figure::TtftP50, &summaries[2], &summaries[0]), None, "n = 0");
    assert_eq!(charts(&plan, &rows, &summaries).iter().map(|charts| charts.total.n).collect::<Vec<_>>(), [12, 12, 0]);

    let summaries = all(&plan, &rows);
    assert_eq!(summaries[1].ttft_ms.n, 40);
    for figure in Figure::ALL {
        assert_eq!(best(*figure, &summaries), [false; 3], "{figure:?} over different cases");
        assert_eq!(difference_from_baseline(*figure, &summaries[1], &summaries[0]), None, "{figure:?} over different cases");
    }
    assert_eq!(no_best(Figure::TtftP50, &summaries), Some(Hindrance::OtherCases));
    assert_eq!(charts(&plan, &rows, &summaries).iter().map(|charts| charts.total.n).collect::<Vec<_>>(), [12, 40, 0]);
}

#[test]
fn a_thin_target_is_named_and_can_be_left_out() {
    let plan = targets(114, &["thin", "half", "whole"], 1);
    let mut rows: Vec<TrialRow> = (0..11).map(|case| finished(case, 0, 0, 100)).collect();
    rows.extend((0..60).map(|case| finished(case, 1, 0, 200)));
    rows.extend((0..114).map(|case| finished(case, 2, 0, 300)));
    let common = CommonCases::of(&plan, &rows, LeftOut::default());
    let (index, share) = common.thin().unwrap();
    assert_eq!((common.in_common, index, share.answered, share.without_it), (11, 0, 11, Some(60)));
    let mut left_out = LeftOut::default();
    left_out.set(0, true);
    let common = CommonCases::of(&plan, &rows, left_out);
    assert_eq!((common.in_common, common.compared(), common.targets[0].standing), (60, 2, Standing::LeftOut));
    let summaries = summarise(&plan, &rows, &[], Basis { left_out, ..Basis::default() }).0;
    assert_eq!(summaries.iter().map(|summary| summary.ttft_ms.n).collect::<Vec<_>>(), [11, 60, 60]);
    assert_eq!(best(Figure::TtftP50, &summaries), [false, true, false], "the quickest is not compared");
    left_out.set(0, false);
    left_out.set(1, true);
    left_out.set(2, true);
    assert_eq!(CommonCases::of(&plan, &rows, left_out).thin(), None, "one target alone has nothing in common");
}

#[test]
fn repeats_are_cells_of_their_own() {
    let plan = targets(2, &["one", "two"], 2);
    let rows = [finished(0, 0, 0, 100), finished(0, 0, 1, 300), finished(1, 0, 0, 500), finished(0, 1, 1, 200), finished(1, 1, 1, 900)];
    assert_eq!(CommonCases::of(&plan, &rows, LeftOut::default()).in_common, 1);
    let summaries = in_common(&plan, &rows);
    assert_eq!((summaries[0].ttft_ms.p50, summaries[1].ttft_ms.p50), (Some(300.0), Some(200.0)));
}

#[test]
fn what_a_fallback_answered_is_in_no_common_case() {
    let mut plan = targets(3, &["one", "two"], 1);
    plan.targets[0].fallback = Some(1);
    let own = Failure { kind: FailureKind::ServerError, message: "down".to_owned() };
    let by_fallback = TrialRow { fallback: Some(own), attempts: 2, fallback_attempts: 1, ..finished(1, 0, 0, 9_000) };
    let mut rows = vec![finished(0, 0, 0, 100), by_fallback];
    rows.extend((0..3).map(|case| finished(case, 1, 0, 200)));
    assert_eq!(CommonCases::of(&plan, &rows, LeftOut::default()).in_common, 1);
    let summaries = in_common(&plan, &rows);
    assert_eq!(
        (summaries[0].ttft_ms.n, summaries[0].cost_per_1k_of, summaries[0].by_fallback, summaries[0].error_rate),
        (1, 1, 1, Some(0.5))
    );
    assert_eq!(all(&plan, &rows)[0].cost_per_1k_of, 2, "a caller who falls back pays for two");
}

#[test]
fn a_target_that_only_its_fallback_answered_for_is_compared_in_no_cost_of_answers() {
    let mut plan = targets(20, &["one", "two", "down"], 1);
    plan.targets[2].fallback = Some(1);
    let own = Failure { kind: FailureKind::ServerError, message: "down".to_owned() };
    let cost = |row: TrialRow, thousandths| TrialRow { cost: Some(Decimal::new(thousandths, 3)), ..row };
    let rows: Vec<TrialRow> = (0..20)
        .flat_map(|case| {
            let by_fallback =
                TrialRow { fallback: Some(own.clone()), attempts: 2, fallback_attempts: 1, ..cost(finished(case, 2, 0, 100), 1) };
            [cost(finished(case, 0, 0, 100), 2), cost(finished(case, 1, 0, 100), 3), by_fallback]
        })
        .filter(|row| row.cell.target_index == 2 || row.cell.case_index < 15)
        .collect();
    let summaries = in_common(&plan, &rows);
    assert_eq!((summaries[2].standing, summaries[2].cost_per_1k_of), (Standing::NoAnswers, 20));
    assert_eq!(best(Figure::CostPer1kRequests, &summaries), [true, false, false]);
    assert_eq!(no_best(Figure::CostPer1kRequests, &summaries), None);
    assert_eq!(difference_from_baseline(Figure::CostPer1kRequests, &summaries[2], &summaries[0]), None);
}

#[test]
fn repeats_of_few_cases_are_not_enough() {
    let plan = targets(9, &["one", "two"], 30);
    let rows: Vec<TrialRow> = (0..9u32)
        .flat_map(|case| (0..30u32).flat_map(move |repeat| (0..2u32).map(move |target| (case, target, repeat))))
        .map(|(case, target, repeat)| finished(case, target, repeat, 100 + u64::from(target)))
        .collect();
    let summaries = in_common(&plan, &rows);
    assert_eq!(summaries[0].ttft_ms.n, 270);
    assert_eq!(no_best(Figure::TtftP50, &summaries), Some(Hindrance::TooFewCases { needs: 10, target_index: 0, cases: 9 }));
    assert_eq!(no_best(Figure::TtftP99, &summaries), Some(Hindrance::TooFewCases { needs: 20, target_index: 0, cases: 9 }));
    let words = basis_words(&CommonCases { in_common: 8, ..CommonCases::of(&plan, &rows, LeftOut::default()) }, Cases::InCommon);
    assert!(words.unwrap().contains("8 of 270 cases × repeats"));
}

#[test]
fn superseded_trials_cost_where_their_cell_is_in_common() {
    let plan = targets(3, &["one", "two"], 1);
    let mut rows: Vec<TrialRow> = (0..3).map(|case| finished(case, 0, 0, 100)).collect();
    rows.push(finished(0, 1, 0, 100));
    let mut superseded = SupersededCost::default();
    for (case, cost) in [(0, 4), (2, 50)] {
        superseded.add(&TrialRow { cost: Some(Decimal::new(cost, 3)), ..failed(case, 0, 0, FailureKind::Truncated) });
    }
    let summaries = summarise(&plan, &rows, &[superseded.clone()], Basis::default()).0;
    assert_eq!((summaries[0].cost_per_1k_requests, summaries[0].cost_per_1k_of), (Some(Decimal::from(5)), 1), "0.001 + 0.004");
    assert_eq!(summaries[0].cost, Some(Decimal::new(57, 3)), "what was spent is spent");
    superseded.add(&TrialRow { cost: None, ..finished(2, 0, 0, 1) });
    let elsewhere = summarise(&plan, &rows, &[superseded.clone()], Basis::default()).0;
    assert_eq!((elsewhere[0].cost, elsewhere[0].cost_per_1k_requests), (None, Some(Decimal::from(5))));
    superseded.add(&TrialRow { cost: None, ..finished(0, 0, 0, 1) });
    assert_eq!(summarise(&plan, &rows, &[superseded], Basis::default()).0[0].cost_per_1k_requests, None);
}

#[test]
fn times_without_new_connections_are_of_the_same_cases_too() {
    let plan = targets(20, &["one", "two"], 1);
    let new = SetUp { connection: ConnectionUse::New, dns_us: None, connect_us: Some(40_000), proxied: false };
    let rows: Vec<TrialRow> = (0..20)
        .flat_map(|case| (0..2).map(move |target| (case, target)))
        .map(|(case, target)| {
            let mut row = finished(case, target, 0, 100 + u64::from(case));
            // Each target waited for a connection in three cases, one of them the same.
            if [target, 5, 10 + target].contains(&case) {
                row.timing.as_mut().unwrap().set_up = Some(new);
            }
            row
        })
        .collect();
    let kept = summarise(&plan, &rows, &[], Basis::in_common(TimesOf::KeptConnections)).0;
    assert_eq!((kept[0].answers, kept[0].ttft_ms.n, kept[1].ttft_ms.n, kept[0].measuring.left_out), (20, 15, 15, 3));
    assert!(difference_from_baseline(Figure::TtftP50, &kept[1], &kept[0]).is_some());
    let own = summarise(&plan, &rows, &[], Basis::all_answered(TimesOf::KeptConnections)).0;
    assert_eq!((own[0].ttft_ms.n, own[1].ttft_ms.n), (17, 17));
    assert_eq!(no_best(Figure::TtftP50, &own), Some(Hindrance::OtherCases), "as many, but others");
}

#[test]
fn a_figure_that_one_target_hardly_has_takes_it_from_no_other() {
    let plan = targets(30, &["one", "two"], 1);
    let mut rows: Vec<TrialRow> = (0..30).flat_map(|case| [finished(case, 0, 0, 100), finished(case, 1, 0, 200)]).collect();
    for row in rows.iter_mut().filter(|row| row.cell.target_index == 1 && row.cell.case_index >= 3) {
        row.output_tokens_per_s = None;
    }
    rows[0].judgement.score = Some(5);
    let summaries = in_common(&plan, &rows);
    assert_eq!((summaries[0].output_tokens_per_s.n, summaries[1].output_tokens_per_s.n), (30, 3));
    assert_eq!(best(Figure::SpeedP50, &summaries), [false; 2]);
    assert_eq!((summaries[0].score_n, summaries[0].score_mean, summaries[1].score_n), (1, Some(5.0), 0));
    assert_eq!(Figure::ScoreMean.n(&summaries[0]), 1);
}

#[test]
fn the_never_sent_are_in_no_rate_and_counted_beside() {
    let plan = targets(20, &["no key", "ok"], 1);
    let unsent = |case, target, kind| TrialRow { attempts: 0, timing: None, ..failed(case, target, 0, kind) };
    let mut rows: Vec<TrialRow> = (0..20).map(|case| unsent(case, 0, FailureKind::NoKey)).collect();
    rows.extend((0..10).map(|case| finished(case, 1, 0, 100)));
    rows.extend((10..12).map(|case| failed(case, 1, 0, FailureKind::ServerError)));
    rows.extend((12..15).map(|case| unsent(case, 1, FailureKind::BreakerOpen)));
    rows.push(TrialRow { status: TrialStatus::Cancelled, failure: None, ..unsent(15, 1, FailureKind::Internal) });
    rows.push(TrialRow { timing: None, ..failed(16, 1, 0, FailureKind::Internal) });
    let summaries = in_common(&plan, &rows);
    assert_eq!((summaries[0].n, summaries[0].failed, summaries[0].not_sent, summaries[0].error_rate), (20, 0, 20, None));
    assert_eq!((summaries[1].failed, summaries[1].cancelled, summaries[1].not_sent, summaries[1].unsent()), (2, 0, 5, 8));
    assert_eq!(summaries[1].error_rate, Some(2.0 / 12.0));
    assert_eq!(summaries[1].not_sent_words().as_deref(), Some("8 not sent (paused after failures, internal error)"));
}

fn any_rows() -> impl Strategy<Value = Vec<TrialRow>> {
    proptest::collection::vec((1u64..5_000, 0u8..6), 3 * 24).prop_map(|ends| {
        let cells = (0..12u32).flat_map(|case| (0..2u32).flat_map(move |repeat| (0..3u32).map(move |target| (case, target, repeat))));
        cells
            .zip(ends)
            .filter_map(|((case, target, repeat), (ms, end))| match end {
                0 => None,
                1 => Some(failed(case, target, repeat, FailureKind::ServerError)),
                2 => Some(TrialRow { attempts: 0, ..failed(case, target, repeat, FailureKind::OverBudget) }),
                _ => Some(finished(case, target, repeat, ms)),
            })
            .collect()
    })
}

fn swapped(rows: &[TrialRow]) -> Vec<TrialRow> {
    let swap = |row: &TrialRow| {
        let mut row = row.clone();
        row.cell.target_index = 2 - row.cell.target_index;
        row
    };
    rows.iter().map(swap).collect()
}

proptest! {
    #[test]
    fn the_common_cases_are_symmetric_and_no_more_than_any_target_has(rows in any_rows()) {
        let plan = targets(12, &["a", "b", "c"], 2);
        let common = CommonCases::of(&plan, &rows, LeftOut::default());
        prop_assert_eq!(common.in_common, CommonCases::of(&plan, &swapped(&rows), LeftOut::default()).in_common);
        for share in common.targets.iter().filter(|share| share.standing == Standing::Compared) {
            prop_assert!(common.in_common <= share.answered);
            prop_assert!(share.without_it.is_none_or(|without| without >= common.in_common));
        }
        for summary in in_common(&plan, &rows) {
            prop_assert!(!summary.is_in_common() || (summary.answers, summary.total_ms.n) == (common.in_common, common.in_common));
        }
    }

    #[test]
    fn a_whole_run_has_the_same_figures_either_way(mss in proptest::collection::vec(1u64..5_000, 3 * 24)) {
        let plan = targets(12, &["a", "b", "c"], 2);
        let cells = (0..12u32).flat_map(|case| (0..2u32).flat_map(move |repeat| (0..3u32).map(move |target| (case, target, repeat))));
        let rows: Vec<TrialRow> = cells.zip(mss).map(|((case, target, repeat), ms)| finished(case, target, repeat, ms)).collect();
        let mut superseded = SupersededCost::default();
        superseded.add(&TrialRow { cost: Some(Decimal::new(7, 3)), ..failed(3, 0, 1, FailureKind::Truncated) });
        let of = |basis: Basis| summarise(&plan, &rows, &[superseded.clone()], basis).0;
        let whole: Vec<TargetSummary> = of(Basis::all_answered(TimesOf::AllTrials));
        let common: Vec<TargetSummary> =
            of(Basis::default()).into_iter().map(|summary| TargetSummary { cases: Cases::AllAnswered, ..summary }).collect();
        prop_assert_eq!(whole, common);
    }

    #[test]
    fn nothing_is_best_across_different_cases(rows in any_rows()) {
        let plan = targets(12, &["a", "b", "c"], 2);
        let summaries = all(&plan, &rows);
        let common = CommonCases::of(&plan, &rows, LeftOut::default());
        if !common.is_equal() {
            for figure in Figure::ALL {
                prop_assert!(!best(*figure, &summaries).contains(&true), "{:?}", figure);
            }
        }
        for (summaries, figure) in [summaries, in_common(&plan, &rows)].iter().flat_map(|summaries| Figure::ALL.iter().map(move |figure| (summaries, *figure))) {
            let marked = best(figure, summaries);
            prop_assert!(marked.iter().filter(|best| **best).count() <= 1);
            if marked.contains(&true) {
                let ns: Vec<u32> = summaries.iter().map(|summary| figure.n(summary)).filter(|n| *n > 0).collect();
                prop_assert!(ns.iter().all(|n| *n == ns[0] && *n >= figure.needs()), "{:?} {:?}", figure, ns);
            }
        }
    }
}
