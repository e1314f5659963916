use std::time::{Duration, Instant};

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::fixtures::{failed, finished, plan, price, target};
use super::{Filter, SortColumn, TableModel, TableQuery};
use crate::domain::{FailureKind, RunPlan, Thumb, TrialRow, TrialStatus, first_line, output_hash};

fn two_targets(case_count: usize, repeats: u32) -> RunPlan {
    plan(case_count, vec![target("one", Some(price("1", "2"))), target("two", None)], repeats)
}

fn model(plan: &RunPlan, rows: &[TrialRow]) -> TableModel {
    TableModel::new(plan, rows)
}

fn sorted(plan: &RunPlan, rows: &[TrialRow], sort: SortColumn, descending: bool) -> Vec<u32> {
    model(plan, rows).order(plan, rows, &TableQuery { sort, descending, ..TableQuery::default() })
}

fn filtered(plan: &RunPlan, rows: &[TrialRow], filter: Filter, search: &str) -> Vec<u32> {
    model(plan, rows).order(plan, rows, &TableQuery { filter, search: search.to_owned(), ..TableQuery::default() })
}

#[test]
fn repeats_are_folded_into_their_cell() {
    let plan = two_targets(2, 3);
    let mut praised = finished(0, 1, 2, 500);
    praised.judgement.thumb = Some(Thumb::Up);
    praised.judgement.score = Some(4);
    praised.judgement.note = "well said".to_owned();
    praised.cost = Some(Decimal::new(4, 3));
    let rows = [praised, failed(0, 1, 1, FailureKind::Refused), finished(0, 1, 0, 100), finished(1, 0, 0, 100)];
    let model = model(&plan, &rows);
    let cell = model.cell(0, 1).unwrap();
    assert_eq!((cell.n, cell.status), (3, TrialStatus::Failed));
    assert_eq!((cell.ttft_ms, cell.total_ms, cell.output_tokens), (Some(300.0), Some(900.0), Some(20.0)));
    assert_eq!(cell.cost, Some(Decimal::new(25, 4)), "the mean of the two that are known");
    assert_eq!((cell.thumbs_up, cell.thumbs_down, cell.score, cell.noted), (1, 0, Some(4.0), true));
    assert_eq!(model.trials(0, 1), [2, 1, 0], "by repeat");
    assert_eq!((model.cell(0, 0), model.trials(0, 0)), (None, &[][..]));
    assert_eq!((model.cell(0, 2), model.cell(9, 0)), (None, None));
    assert_eq!(model.trials(1, 0), [3]);
}

#[test]
fn cases_without_a_value_come_last_either_way() {
    let plan = two_targets(4, 1);
    let rows = [finished(0, 0, 0, 300), finished(1, 0, 0, 100), failed(2, 0, 0, FailureKind::Refused), finished(3, 0, 0, 200)];
    assert_eq!(sorted(&plan, &rows, SortColumn::Total(0), false), [1, 3, 0, 2]);
    assert_eq!(sorted(&plan, &rows, SortColumn::Ttft(0), true), [0, 3, 1, 2]);
    assert_eq!(sorted(&plan, &rows, SortColumn::Total(1), false), [0, 1, 2, 3]);
    assert_eq!(sorted(&plan, &rows, SortColumn::Status(0), true), [2, 0, 1, 3]);
    assert_eq!(sorted(&plan, &rows, SortColumn::Case, true), [3, 2, 1, 0]);
    assert_eq!(sorted(&plan, &rows, SortColumn::Cost(7), true), [0, 1, 2, 3], "a target that is not there");
}

#[test]
fn judgements_sort_by_thumb_then_score() {
    let plan = two_targets(4, 1);
    let judged = |case, thumb, score| {
        let mut row = finished(case, 0, 0, 100);
        row.judgement.thumb = thumb;
        row.judgement.score = score;
        row
    };
    let rows = [
        judged(0, Some(Thumb::Up), Some(3)),
        judged(1, Some(Thumb::Down), None),
        judged(2, None, None),
        judged(3, Some(Thumb::Up), Some(5)),
    ];
    assert_eq!(sorted(&plan, &rows, SortColumn::Judgement(0), true), [3, 0, 1, 2]);
}

#[test]
fn filters_choose_cases() {
    let plan = two_targets(20, 1);
    let mut rows: Vec<TrialRow> = (0..20).map(|case| finished(case, 0, 0, 100 + u64::from(case))).collect();
    rows.extend((0..10).map(|case| finished(case, 1, 0, 100)));
    rows[7].cost = Some(Decimal::ONE);
    rows[3] = failed(3, 0, 0, FailureKind::ServerError);
    rows[24].first_line = "Something  else".to_owned();
    rows[24].output_hash = output_hash("Something  else");
    assert_eq!(filtered(&plan, &rows, Filter::Failed, ""), [3]);
    assert_eq!(filtered(&plan, &rows, Filter::Differing, ""), [4]);
    assert_eq!(filtered(&plan, &rows, Filter::Slowest, ""), [18, 19], "target two is always as fast and has no slowest");
    // 18 of 19 costs are alike, so that the tenth begins among them.
    rows[7].cost = Some(Decimal::ONE);
    rows[8].cost = Some(Decimal::TWO);
    rows[9].cost = Some(Decimal::TWO);
    assert_eq!(filtered(&plan, &rows, Filter::Dearest, ""), [8, 9]);
    assert_eq!(filtered(&plan, &rows, Filter::All, "SOMETHING"), [4]);
    assert_eq!(filtered(&plan, &rows, Filter::All, "case-1"), [0, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    assert_eq!(filtered(&plan, &rows, Filter::Failed, "case-9"), Vec::<u32>::new());
}

#[test]
fn answers_differ_by_their_whole_text_and_not_by_white_space() {
    let plan = two_targets(2, 1);
    let answer = |case, target, output: &str| TrialRow {
        first_line: first_line(output),
        output_hash: output_hash(output),
        ..finished(case, target, 0, 100)
    };
    let start = "the same words, ".repeat(40);
    assert!(start.len() > 500);
    let rows = [
        answer(0, 0, &format!("{start}and then this")),
        answer(0, 1, &format!("{start}and then that")),
        answer(1, 0, &format!("{start}and then this")),
        answer(1, 1, &format!("{start}and then this \n\n")),
    ];
    assert_eq!(rows[0].first_line, rows[1].first_line);
    assert_eq!(filtered(&plan, &rows, Filter::Differing, ""), [0]);
}

#[test]
fn trials_outside_the_plan_are_passed_over() {
    let plan = two_targets(1, 1);
    let rows = [finished(5, 0, 0, 100), finished(0, 5, 0, 100)];
    assert_eq!(model(&plan, &rows).cell(0, 0), None);
    assert_eq!(filtered(&plan, &rows, Filter::All, ""), [0]);
}

#[test]
fn ten_thousand_trials_are_ordered_in_time() {
    let plan = two_targets(5_000, 1);
    let rows: Vec<TrialRow> =
        plan.cells().map(|cell| finished(cell.case_index, cell.target_index, 0, u64::from(cell.case_index * 7 % 997))).collect();
    let started = Instant::now();
    let model = model(&plan, &rows);
    let built = started.elapsed();
    let query = TableQuery { sort: SortColumn::Total(1), search: "answer 4".to_owned(), ..TableQuery::default() };
    let order = model.order(&plan, &rows, &query);
    assert_eq!(order.len(), 1_111);
    // The promise, one frame of 50 ms, is for an optimised build.
    assert!(started.elapsed() < Duration::from_millis(500), "{built:?} of {:?}", started.elapsed());
}

proptest! {
    #[test]
    fn an_order_is_a_permutation(
        cells in proptest::collection::vec((0u32..30, 0u32..2, 0u64..9, any::<bool>()), 0..60),
        column in 0u32..6, target in 0u32..2, descending in any::<bool>(), filter in 0u8..5,
    ) {
        let plan = two_targets(30, 100);
        let rows: Vec<TrialRow> = cells.iter().enumerate().map(|(repeat, (case, target, ms, fails))| {
            if *fails { failed(*case, *target, repeat as u32, FailureKind::Network) } else { finished(*case, *target, repeat as u32, *ms) }
        }).collect();
        let sort = match column {
            0 => SortColumn::Case,
            1 => SortColumn::Ttft(target),
            2 => SortColumn::Total(target),
            3 => SortColumn::Cost(target),
            4 => SortColumn::Status(target),
            _ => SortColumn::Judgement(target),
        };
        let filter = [Filter::All, Filter::Failed, Filter::Differing, Filter::Slowest, Filter::Dearest][usize::from(filter)];
        let mut order = model(&plan, &rows).order(&plan, &rows, &TableQuery { sort, descending, filter, search: String::new() });
        let length = order.len();
        order.sort_unstable();
        order.dedup();
        prop_assert_eq!(order.len(), length, "no case twice");
        prop_assert!(order.iter().all(|case| *case < 30));
        prop_assert!(filter != Filter::All || length == 30);
    }
}
