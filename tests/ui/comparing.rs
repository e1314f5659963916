//! What the summary compares: the cases in common, the switch, the notice of a cap, and where no best and no difference is told.

use assay::analysis::Cases;
use assay::app::{AppState, BenchCommand, BenchView, Command, OpenRun, RunCommand};
use assay::domain::{Cell, Currency, FailureKind, Money, RunStatus, TrialRow, TrialStatus};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use rust_decimal::Decimal;

use crate::basics::now;
use crate::run_state as runs;
use crate::run_view::with_view;
use crate::window::{SIZES, Window, alive, press, still};

const OFFICIAL: &str = "Qwen3-Max · official";
const RELAY: &str = "Qwen3-Max · HolySheep";
const OPENAI: &str = "GPT-4.1 · OpenAI";

fn unsent(mut row: TrialRow, kind: FailureKind) -> TrialRow {
    row.attempts = 0;
    row.timing = None;
    if let Some(failure) = &mut row.failure {
        failure.kind = kind;
    }
    row
}

/// 114 cases under a cap of 5 cents: the first target came to 11 of them, the second answered 60 and failed at the others, the third answered all.
pub(crate) fn capped() -> OpenRun {
    let mut plan = runs::plan(114, 1);
    plan.settings.cap = Some(Money { amount: Decimal::new(5, 2), currency: Currency::usd() });
    let mut run = runs::run_of(plan, |plan, cell| match cell.target_index {
        0 if cell.case_index >= 11 => None,
        1 if cell.case_index >= 60 => Some(runs::failed(plan, cell, FailureKind::ServerError)),
        _ => Some(runs::finished(plan, cell)),
    });
    run.status = RunStatus::Capped;
    run
}

/// The first target had no key, the others answered all.
fn without_key() -> OpenRun {
    runs::run_of(runs::plan(12, 1), |plan, cell| {
        Some(if cell.target_index == 0 {
            let (row, body) = runs::failed(plan, cell, FailureKind::NoKey);
            (unsent(row, FailureKind::NoKey), body)
        } else {
            runs::finished(plan, cell)
        })
    })
}

/// All answered 57 cases, and five answers of each were scored.
fn scored() -> OpenRun {
    runs::run_of(runs::plan(57, 1), |plan, cell| {
        let (mut row, body) = runs::finished(plan, cell);
        row.judgement.score = (cell.case_index < 5).then_some(if cell.target_index == 1 { 2 } else { 5 - cell.target_index as u8 });
        Some((row, body))
    })
}

fn summary(state: AppState) -> Window {
    alive(with_view(state, BenchView::Summary), Theme::Dark, SIZES[2])
}

fn names(window: &Window, part: &str) -> Vec<String> {
    use egui_kittest::kittest::NodeT as _;
    window.query_all_by_label_contains(part).filter_map(|node| node.accesskit_node().label()).collect()
}

#[test]
fn unequal_targets_are_compared_over_the_cases_in_common() {
    let mut window = summary(runs::state_of(capped()));
    window.get_by_role_and_label(Role::RadioButton, "Cases in common (11 of 114)");
    window.get_by_label_contains("over the 11 of 114 cases that all 3 compared targets answered");
    window.get_by_label_contains("Qwen3-Max · official: 11 of 114 answered, 103 not sent");
    window.get_by_label_contains("Qwen3-Max · HolySheep: 60 of 114 answered, 54 failed");
    for target in [OFFICIAL, RELAY, OPENAI] {
        assert_eq!(names(&window, &format!("TTFT p50, ms, {target}: ")).len(), 1);
        assert!(names(&window, &format!("TTFT p50, ms, {target}: "))[0].contains("; n = 11"), "{target}");
    }
    assert_eq!(names(&window, ", best; ").iter().filter(|name| name.starts_with("TTFT p50")).count(), 1);
    // 11 answers are none for a p95.
    assert!(names(&window, ", best; ").iter().all(|name| !name.contains("p95")));

    window.get_by_role_and_label(Role::RadioButton, "All answered").click();
    window.run_ok();
    assert_eq!(window.state().state().bench.cases, Cases::AllAnswered);
    window.run_ok();
    window.get_by_label_contains("a best and differences are told only where");
    assert!(names(&window, ", best; ").is_empty(), "{:?}", names(&window, ", best; "));
    assert!(
        names(&window, &format!("TTFT p50, ms, {OPENAI}: "))[0]
            .contains("n = 114; not compared: the targets' answers are to different cases")
    );
}

#[test]
fn a_thin_target_is_left_out_and_taken_in_again() {
    let mut window = summary(runs::state_of(capped()));
    window.get_by_label_contains("without it 60 cases are in common instead of 11");
    window.get_by_label(&format!("Leave out {OFFICIAL}")).click();
    window.run_ok();
    window.run_ok();
    window.get_by_role_and_label(Role::RadioButton, "Cases in common (60 of 114)");
    window.get_by_label_contains(&format!("{OFFICIAL}; baseline · left out"));
    assert!(names(&window, ", best; ").iter().any(|name| name.starts_with("TTFT p95, ms, ")), "60 are enough");
    window.get_by_label("2 of 3 targets compared…").click();
    window.run_ok();
    window.get_by_role_and_label(Role::CheckBox, OFFICIAL).click();
    window.run_ok();
    window.run_ok();
    window.get_by_role_and_label(Role::RadioButton, "Cases in common (11 of 114)");
}

#[test]
fn a_stop_by_the_cap_is_said_above_the_results_in_every_view() {
    for view in [BenchView::Answers, BenchView::Table, BenchView::Summary] {
        for size in SIZES {
            let window = still(with_view(runs::state_of(capped()), view), Theme::Light, size);
            window.get_by_label("Warning: Stopped by the cap of $0.05: 185 of 342 answered");
        }
    }
    let mut window = alive(runs::state_of(capped()), Theme::Dark, SIZES[2]);
    window.get_by_label_contains("GPT-4.1 · OpenAI: 114 of 114 answered");
    window.get_by_label("New cap").focus();
    window.run_ok();
    window.get_by_label("New cap").type_text("0.0");
    window.run_ok();
    assert!(window.state().take_wishes().iter().all(|wish| !matches!(wish, Command::Runs(RunCommand::RaiseCap { .. }))), "that is lower");
    window.get_by_label("New cap").type_text("9");
    window.run_ok();
    let wishes = press(&mut window, "Raise the cap and send the rest");
    let raised = |wish: &Command| matches!(wish, Command::Runs(RunCommand::RaiseCap { amount, .. }) if *amount > Decimal::new(5, 2));
    assert!(wishes.iter().any(raised) || window.state().state().bench.starting, "{wishes:?}");
}

#[test]
fn equal_targets_have_no_switch_and_a_whole_run_has_no_notice() {
    let window = summary(runs::state_of(scored()));
    assert!(window.query_by_label_contains("Cases in common").is_none());
    assert!(window.query_by_label_contains("Stopped by the cap").is_none());
}

#[test]
fn five_scores_beside_57_answers_are_marked_and_none_is_best() {
    let window = summary(runs::state_of(scored()));
    let scores: Vec<String> = names(&window, "Score, ").into_iter().filter(|name| name.contains(": ")).collect();
    assert_eq!(scores.len(), 3, "{scores:?}");
    assert!(scores.iter().all(|name| name.contains("n = 5: too few for a mean, which needs 10") && !name.contains("best")), "{scores:?}");
    assert!(names(&window, ", best; ").iter().any(|name| name.starts_with("TTFT p50")));
}

#[test]
fn a_target_that_nothing_was_sent_to_has_no_error_rate_and_hinders_nobody() {
    let window = summary(runs::state_of(without_key()));
    window.get_by_label_contains(&format!("{OFFICIAL}; baseline · no answers · 12 not sent (no key)"));
    assert!(names(&window, &format!("Error rate, {OFFICIAL}: "))[0].contains("—; n = 0; 12 not sent (no key), in no rate"));
    assert!(names(&window, ", best; ").iter().any(|name| name.starts_with("TTFT p50")), "the two others are compared");
    assert!(window.query_by_label_contains("Cases in common").is_none(), "they answered the same");
}

#[test]
fn a_run_in_flight_is_compared_over_what_all_have_answered_so_far() {
    let run = runs::run_of(runs::plan(40, 1), |plan, cell| {
        let so_far = [30, 20, 25][cell.target_index as usize];
        (cell.case_index < so_far).then(|| runs::finished(plan, cell))
    });
    let window = summary(runs::state_of(runs::in_flight(run, [])));
    window.get_by_role_and_label(Role::RadioButton, "Cases in common (20 of 40)");
    assert!(window.query_by_label_contains("Leave out").is_none(), "the others are on their way");
}

#[test]
fn a_repeat_that_failed_is_seen_in_the_n_of_its_cell() {
    let run = runs::run_of(runs::plan(3, 5), |plan, cell: Cell| {
        let (mut row, body) = runs::finished(plan, cell);
        if cell.repeat > 1 {
            row.status = TrialStatus::Cancelled;
        }
        Some((row, body))
    });
    let mut state = with_view(runs::state_of(run), BenchView::Table);
    let _effects = state.update(Command::Bench(BenchCommand::SetSearch(String::new())), now());
    let window = still(state, Theme::Dark, SIZES[2]);
    assert!(!names(&window, "2 of 5 answered").is_empty());
}
