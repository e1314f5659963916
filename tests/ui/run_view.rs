//! The run side of the bench: answers, judging, the table, the summary.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assay::analysis::{Filter, SortColumn};
use assay::app::{AppState, BenchCommand, BenchView, Command, DiffState, DoctorCommand, Fact, Patient, RunCommand, RunFact, TextMode};
use assay::domain::{Cell, FailureKind, Judgement, KeySource, Remedy, Thumb};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::run_state as runs;
use crate::window::{SIZES, alive, press, still};

pub(crate) fn with_view(mut state: AppState, view: BenchView) -> AppState {
    state.bench.view = view;
    state
}

fn judgements(wishes: &[Command]) -> Vec<&Judgement> {
    let judged = |command| match command {
        &Command::Bench(BenchCommand::Judge { ref judgement, .. }) => Some(judgement),
        _ => None,
    };
    wishes.iter().filter_map(judged).collect()
}

#[test]
fn every_view_settles_at_every_size_in_both_themes() {
    let runs = [runs::judged, runs::streaming, runs::mixed];
    for theme in [Theme::Dark, Theme::Light] {
        for size in SIZES {
            for run in runs {
                for view in [BenchView::Answers, BenchView::Table, BenchView::Summary] {
                    let mut harness = still(with_view(runs::state_of(run()), view), theme, size);
                    harness.run_ok();
                    harness.get_by_label("Ways to look at the run");
                }
            }
        }
    }
}

#[test]
fn an_answer_of_a_fallback_says_whose_it_is_and_why() {
    let run = runs::fallen_back();
    let first = &run.plan.targets[0].label;
    let (own, fallback) = (first.clone(), run.plan.targets[1].label.clone());
    let mut harness = alive(runs::state_of(run), Theme::Dark, SIZES[2]);
    let begin = format!("Answered by the fallback {fallback}");
    let words = harness.get_by_label_contains(&begin);
    let told = words.accesskit_node().label().or_else(|| words.accesskit_node().value()).unwrap();
    assert!(told.contains(&own) && told.contains("no answer in time"), "{told}");
    harness.get_by_label(&format!("More: {own}")).click();
    harness.run_ok();
    harness.get_by_label("Request and response…").click();
    harness.run_ok();
    let title = format!("Request and response: {fallback}, asked in place of {own}");
    assert!(harness.query_all_by_label(&title).count() > 0, "the sheet names both");
    let summary = still(with_view(runs::state_of(runs::fallen_back()), BenchView::Summary), Theme::Light, SIZES[2]);
    assert!(summary.query_all_by_label_contains("4 by fallback").count() > 0);
}

#[test]
fn answers_stand_side_by_side_with_their_figures() {
    let harness = still(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    let lefts: Vec<f32> = ["Good answer: Qwen3-Max · official", "Good answer: Qwen3-Max · HolySheep", "Good answer: GPT-4.1 · OpenAI"]
        .map(|name| harness.get_by_label(name).rect().left())
        .into();
    let step = lefts[1] - lefts[0];
    assert!(step >= 280.0 && (lefts[2] - lefts[1] - step).abs() < 1.0, "{lefts:?}");
    assert_eq!(harness.get_all_by_label_contains("TTFT: ").count(), 3);
    assert_eq!(harness.get_all_by_label("1 of 2").count(), 3);
    harness.get_by_label_contains("magic coins");
    harness.get_by_label("Warm, but the coins are odd.");
    harness.get_by_label("The stream held one event that could not be read.");
    assert!(harness.query_by_label_contains("The user wants a simple").is_none(), "reasoning is folded");
}

#[test]
fn reasoning_unfolds() {
    let mut harness = still(runs::state_of(runs::judged()), Theme::Light, SIZES[2]);
    harness.get_by_label("Reasoning, 64 characters").click();
    harness.run_ok();
    harness.get_by_label_contains("The user wants a simple");
}

#[test]
fn a_streaming_answer_grows_in_place_and_waits_are_shown() {
    let harness = still(runs::state_of(runs::streaming()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Attempt 1 failed (rate limited), sending again in 1.0 s");
    harness.get_by_label_contains("best friends");
    harness.get_by_label("Streaming: GPT-4.1 · OpenAI");
    harness.get_by_label("TTFT: 390 ms");
    assert!(harness.query_by_label("Good answer: GPT-4.1 · OpenAI").is_none(), "nothing to judge yet");
}

#[test]
fn cells_that_have_not_come_say_why() {
    let mut queued = runs::state_of(runs::streaming());
    queued.bench.case_index = 7;
    let harness = still(queued, Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label("Waiting for its turn…").count(), 3);

    let mut harness = still(runs::state_of(runs::mixed()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Not sent: the run stopped before it.");
    let wishes = press(&mut harness, "Send: GPT-4.1 · OpenAI");
    let cell = Cell { case_index: 2, target_index: 2, repeat: 0 };
    assert!(wishes.iter().any(|wish| matches!(wish, Command::Runs(RunCommand::Again { cell: sent, .. }) if *sent == cell)), "{wishes:?}");
}

#[test]
fn a_failure_says_what_happened_what_it_cost_and_is_sent_again() {
    let mut state = runs::state_of(runs::judged());
    state.bench.case_index = 3;
    let mut harness = still(state, Theme::Light, SIZES[2]);
    harness.get_by_label("Error: Too many requests in too short a time.");
    harness.get_by_label("Your side");
    harness.get_by_label("Nothing was charged");
    harness.get_by_label_contains("Send at most ");
    harness.get_by_label_contains("\"rate_limit\"");
    let wishes = press(&mut harness, "Send again: Qwen3-Max · HolySheep");
    let again = |wish: &Command| matches!(wish, Command::Doctor(DoctorCommand::Apply { remedy: Remedy::Retry(None), .. }));
    assert!(wishes.iter().any(again), "{wishes:?}");
    let wishes = press(&mut harness, "Copy report for support: Qwen3-Max · HolySheep");
    assert!(matches!(wishes.as_slice(), [Command::Doctor(DoctorCommand::CopyReport(Patient::Trial { .. }))]), "{wishes:?}");
}

#[test]
fn a_failure_comes_before_its_warnings() {
    let run = runs::run_of(runs::plan(1, 1), |plan, cell| {
        let (mut row, body) = runs::failed(plan, cell, FailureKind::RateLimited);
        row.warnings = vec!["something odd came".to_owned()];
        Some((row, body))
    });
    let window = still(runs::state_of(run), Theme::Dark, SIZES[2]);
    let top = |label: &str| window.get_all_by_label(label).map(|node| node.rect().top()).fold(f32::INFINITY, f32::min);
    assert!(top("Error: Too many requests in too short a time.") < top("something odd came"));
}

#[test]
fn a_failure_that_was_not_looked_at_yet_asks_for_its_diagnosis() {
    let mut state = runs::state_of(runs::judged());
    state.bench.case_index = 3;
    state.doctor.diagnoses.clear();
    let mut harness = alive(state, Theme::Light, SIZES[2]);
    harness.run_steps(4);
    harness.get_by_label("Error: Too many requests in too short a time.");
    assert!(harness.state().take_wishes().is_empty(), "once");
}

#[test]
fn texts_that_are_not_here_are_asked_for_once() {
    let mut run = runs::judged();
    run.bodies.clear();
    let mut harness = alive(runs::state_of(run), Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label("Loading…").count(), 3);
    let asked = harness.state().state().run_in_view().unwrap().asked_bodies.len();
    assert_eq!(asked, 3);
    harness.step();
    assert!(harness.state().take_wishes().is_empty(), "not again in the next frame");
}

#[test]
fn texts_that_could_not_be_read_say_so_and_are_tried_again_on_demand() {
    let mut run = runs::judged();
    run.bodies.clear();
    let run_id = run.plan.id;
    let id = |target_index| runs::trial_id(Cell { case_index: 2, target_index, repeat: 0 });
    let mut harness = alive(runs::state_of(run), Theme::Dark, SIZES[2]);
    let fact = RunFact::BodiesUnread { run_id, trials: vec![id(0), id(1), id(2)], message: "the disk does not answer".into() };
    harness.state_mut().tell(Fact::Runs(fact));
    harness.run_ok();
    assert!(harness.query_by_label("Loading…").is_none());
    harness.get_all_by_label("Error: The answer could not be read").nth(2).unwrap();
    harness.get_by_label("Try again: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_label("Loading…");
    assert_eq!(harness.state().state().run_in_view().unwrap().asked_bodies.len(), 1);
}

#[test]
fn differences_that_could_not_be_made_say_so_and_are_tried_again_on_demand() {
    let mut state = runs::diffed();
    let run = state.runs.open.values_mut().next().unwrap();
    let id = |target_index| runs::trial_id(Cell { case_index: 2, target_index, repeat: 0 });
    run.diffs.insert((id(0), id(1)), DiffState::Unread("the disk does not answer".into()));
    let mut harness = alive(state, Theme::Dark, SIZES[2]);
    harness.get_by_label("Error: The answers to compare could not be read");
    harness.get_by_label_contains("magic coins");
    harness.get_by_label("Try again: Qwen3-Max · HolySheep").click();
    harness.run_ok();
    harness.get_by_label("Comparing…");
}

#[test]
fn answers_are_judged_by_mouse() {
    let mut harness = still(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    let wishes = press(&mut harness, "Good answer: Qwen3-Max · HolySheep");
    assert_eq!(judgements(&wishes)[0].thumb, Some(Thumb::Up));
    let wishes = press(&mut harness, "Good answer: GPT-4.1 · OpenAI");
    assert_eq!(judgements(&wishes)[0].thumb, None, "the same thumb is taken back");
    assert_eq!(judgements(&wishes)[0].score, Some(4), "the rest stays");
    let wishes = press(&mut harness, "Score 2: GPT-4.1 · OpenAI");
    assert_eq!(judgements(&wishes)[0].score, Some(2));
    let wishes = press(&mut harness, "Score 4: GPT-4.1 · OpenAI");
    assert_eq!(judgements(&wishes)[0].score, None);
}

#[test]
fn a_note_is_kept_when_its_editor_is_left() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Note…: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_role(Role::MultilineTextInput).type_text("Too cute");
    harness.run_ok();
    harness.get_by_label("Next case").click();
    harness.run_ok();
    let state = harness.state().state();
    assert_eq!(state.bench.case_index, 3);
    let row = state.run_in_view().unwrap().row(Cell { case_index: 2, target_index: 2, repeat: 0 }).unwrap();
    assert_eq!(row.judgement.note, "Too cute");
    assert_eq!(row.judgement.thumb, Some(Thumb::Up));
}

#[test]
fn a_note_is_kept_when_its_column_goes_out_of_view() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    harness.get_by_label("Note…: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_role(Role::MultilineTextInput).type_text("Kept");
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    harness.run_ok();
    let row = harness.state().state().run_in_view().unwrap().row(Cell { case_index: 2, target_index: 2, repeat: 0 }).unwrap();
    assert_eq!(row.judgement.note, "Kept");
}

#[test]
fn differences_are_asked_for_and_marked() {
    let mut state = runs::state_of(runs::judged());
    state.bench.diff = true;
    let mut harness = alive(state, Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label("Comparing…").count(), 2, "the baseline is shown as it is");
    let pending = harness.state().state().run_in_view().unwrap().diffs.values().filter(|diff| matches!(diff, DiffState::Pending)).count();
    assert_eq!(pending, 2);
    harness.step();
    assert!(harness.state().take_wishes().is_empty());

    let harness = still(runs::diffed(), Theme::Dark, SIZES[2]);
    harness.get_by_label_contains("magic dicecoins.");
}

#[test]
fn the_way_of_writing_is_one_of_three() {
    let mut harness = still(runs::state_of(runs::judged()), Theme::Dark, SIZES[2]);
    harness.get_by_role_and_label(Role::RadioButton, "Raw").click();
    harness.run_steps(3);
    let wishes = harness.state().take_wishes();
    assert!(wishes.iter().any(|wish| matches!(wish, Command::Bench(BenchCommand::SetTextMode(TextMode::Raw)))), "{wishes:?}");
    harness.get_by_role_and_label(Role::RadioButton, "Diff to baseline").click();
    harness.run_steps(3);
    let wishes = harness.state().take_wishes();
    assert!(wishes.iter().any(|wish| matches!(wish, Command::Bench(BenchCommand::SetDiff(true)))), "{wishes:?}");
}

#[test]
fn cases_and_repeats_are_stepped_through() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Dark, SIZES[0]);
    harness.get_by_label("case 3 of 10");
    harness.get_by_label("Next case").click();
    harness.run_ok();
    harness.get_by_label("Next repeat").click();
    harness.run_ok();
    let bench = &harness.state().state().bench;
    assert_eq!((bench.case_index, bench.repeat), (3, 1));
    harness.get_by_label("repeat 2 of 2");
    assert!(harness.get_by_label("Next repeat").accesskit_node().is_disabled());
}

#[test]
fn the_exchange_is_shown_whole_and_without_a_key() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Light, SIZES[2]);
    harness.get_by_label("More: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_label("Request and response…").click();
    harness.run_ok();
    harness.get_by_label_contains("\"role\": \"system\"");
    harness.get_by_label_contains("never stored with the run");
    harness.get_by_role_and_label(Role::Tab, "Attempts (1)").click();
    harness.run_ok();
    harness.get_by_label("req_8f31c2");
    harness.get_all_by_label("Close").next().unwrap().click();
    harness.run_ok();
    assert!(harness.query_by_label("req_8f31c2").is_none());
}

#[test]
fn the_exchange_with_a_keyless_server_says_that_no_key_is_sent() {
    let mut plan = runs::plan(1, 1);
    plan.targets[0].connection.key_source = KeySource::None;
    let run = runs::run_of(plan, |plan, cell| Some(runs::finished(plan, cell)));
    let mut harness = alive(runs::state_of(run), Theme::Light, SIZES[2]);
    harness.get_by_label("More: Qwen3-Max · official").click();
    harness.run_ok();
    harness.get_by_label("Request and response…").click();
    harness.run_ok();
    harness.get_by_label_contains("none is sent");
    assert!(harness.query_by_label_contains("never stored with the run").is_none());
}

#[test]
fn curl_is_copied_from_the_menu() {
    let mut harness = alive(runs::state_of(runs::judged()), Theme::Light, SIZES[2]);
    harness.get_by_label("More: GPT-4.1 · OpenAI").click();
    harness.run_ok();
    harness.get_by_label("Copy as cURL").click();
    harness.run_ok();
    assert!(harness.query_all_by_label_contains("cURL command copied").next().is_some());
}

#[test]
fn table_rows_select_and_open_cases() {
    let mut harness = alive(with_view(runs::state_of(runs::judged()), BenchView::Table), Theme::Dark, SIZES[2]);
    let row = "Case 5, Summarise 4-page contract";
    harness.get_by_label_contains(row).click();
    harness.run_ok();
    let bench = &harness.state().state().bench;
    assert_eq!((bench.case_index, bench.view), (4, BenchView::Table));
    harness.get_by_label_contains(row).focus();
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(harness.state().state().bench.view, BenchView::Answers);
}

#[test]
fn table_heads_sort_and_turn_round() {
    let mut harness = alive(with_view(runs::state_of(runs::judged()), BenchView::Table), Theme::Dark, SIZES[2]);
    harness.get_by_label("Sort by Total, GPT-4.1 · OpenAI").click();
    harness.run_ok();
    let query = &harness.state().state().bench.query;
    assert_eq!((query.sort, query.descending), (SortColumn::Total(2), false));
    harness.get_by_label("Sort by Total, GPT-4.1 · OpenAI, ascending").click();
    harness.run_ok();
    assert!(harness.state().state().bench.query.descending);
}

#[test]
fn the_table_narrows_and_shows_all_again() {
    let mut state = with_view(runs::state_of(runs::judged()), BenchView::Table);
    state.bench.query.filter = Filter::Failed;
    let mut harness = alive(state, Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_role(Role::Row).count(), 1);
    harness.get_by_label("Search answers").focus();
    harness.run_ok();
    harness.get_by_label("Search answers").type_text("nowhere");
    harness.run_ok();
    harness.get_by_label("Show all cases").click();
    harness.run_ok();
    assert_eq!(harness.get_all_by_role(Role::Row).count(), 10);
}

#[test]
fn whole_answers_that_hold_the_search_text_are_found() {
    let mut run = runs::judged();
    let hit = run.rows.iter().find(|row| row.cell.case_index == 6).unwrap().id;
    run.search_hits = Some(Arc::new([hit].into()));
    let mut state = with_view(runs::state_of(run), BenchView::Table);
    "a word deep inside".clone_into(&mut state.bench.query.search);
    let harness = still(state, Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_role(Role::Row).count(), 1);
    harness.get_by_label_contains("Case 7, Translate release notes");
}

#[test]
fn a_large_run_is_drawn_by_what_is_in_view() {
    let run = runs::run_of(runs::plan(3_400, 1), |plan, cell| Some(runs::finished(plan, cell)));
    assert!(run.rows.len() > 10_000);
    let mut harness = alive(with_view(runs::state_of(run), BenchView::Table), Theme::Dark, SIZES[2]);
    assert!(harness.get_all_by_role(Role::Row).count() < 30);
    let steps = 5;
    let started = Instant::now();
    harness.run_steps(steps);
    // Unoptimised and beside other tests; a frame proportional to all rows takes many times as long.
    assert!(started.elapsed() / (steps as u32) < Duration::from_millis(500), "{:?} a frame", started.elapsed() / (steps as u32));
}

#[test]
fn the_summary_tells_figures_failures_and_what_they_rest_on() {
    let harness = still(with_view(runs::state_of(runs::judged()), BenchView::Summary), Theme::Dark, SIZES[2]);
    harness.get_by_label("Qwen3-Max · HolySheep; 2 rate limited");
    harness.get_by_label("Qwen3-Max · official; baseline");
    harness.get_by_label_contains("TTFT p95, ms, Qwen3-Max · HolySheep");
    assert!(harness.query_all_by_label_contains("n = 18: too few for a p95, which needs 50").count() >= 2);
    harness.get_by_label("Pale: too few answers to tell targets apart by. A median, a mean or a rate needs 10, of 10 cases; a p95 50 and a p99 200, of 20 cases.");
    harness.get_by_label_contains("Chart: Time to first token");
    harness.get_by_label_contains("Chart: Total time against cost");
    assert!(harness.query_all_by_label_contains("Qwen3-Max · official: $").next().is_some(), "the bars");
}

#[test]
fn the_figures_that_decide_stand_in_a_wide_window_without_scrolling() {
    for run in [runs::judged, runs::simulated] {
        let harness = still(with_view(runs::state_of(run()), BenchView::Summary), Theme::Dark, SIZES[2]);
        for head in [
            "n",
            "Failed",
            "Error rate",
            "TTFT p50, ms",
            "TTFT p95, ms",
            "Total p50, s",
            "Total p95, s",
            "Speed p50, tok/s",
            "Per 1,000 requests",
            "Cost",
            "Tokens out",
            "Thumbs",
            "Score",
            "Waited p95, s",
        ] {
            let right = harness.get_by_role_and_label(Role::ColumnHeader, head).rect().right();
            assert!(right <= SIZES[2][0] + 0.5, "{head} ends at {right}");
        }
    }
}

#[test]
fn a_label_that_says_simulated_is_not_told_so_again() {
    let mut run = runs::simulated();
    let mut plan = assay::domain::RunPlan::clone(&run.plan);
    "Large · official (simulated)".clone_into(&mut plan.targets[0].label);
    run.plan = Arc::new(plan);
    let run = || runs::run_of(assay::domain::RunPlan::clone(&run.plan), |plan, cell| Some(runs::finished(plan, cell)));
    let harness = still(with_view(runs::state_of(run()), BenchView::Table), Theme::Dark, SIZES[2]);
    harness.get_by_role_and_label(Role::ColumnHeader, "Large · official (simulated)");
    harness.get_by_role_and_label(Role::ColumnHeader, "GPT-4.1 · OpenAI · simulated");
    let harness = still(with_view(runs::state_of(run()), BenchView::Summary), Theme::Dark, SIZES[2]);
    harness.get_by_label("Large · official (simulated); baseline");
    harness.get_by_label("GPT-4.1 · OpenAI; simulated");
}

#[test]
fn the_distribution_is_of_either_time() {
    let mut harness = still(with_view(runs::state_of(runs::judged()), BenchView::Summary), Theme::Light, SIZES[2]);
    harness.get_by_role_and_label(Role::RadioButton, "Total time").click();
    harness.run_ok();
    harness.get_by_label_contains("Chart: Total time (ms");
}

#[test]
fn simulated_answers_and_figures_say_so() {
    let harness = still(runs::state_of(runs::simulated()), Theme::Dark, SIZES[2]);
    assert!(harness.get_all_by_label("simulated").count() >= 3);
    let harness = still(with_view(runs::state_of(runs::simulated()), BenchView::Summary), Theme::Dark, SIZES[2]);
    harness.get_by_label_contains("Simulated: made up");
}

#[test]
fn hostile_answers_are_made_visible() {
    let run = runs::run_of(runs::plan(1, 1), |plan, cell| {
        let (mut row, mut body) = runs::finished(plan, cell);
        "safe\u{202e}txt.exe".clone_into(&mut body.output);
        row.first_line.clone_from(&body.output);
        row.finish_reason = Some("st\u{202e}op".to_owned());
        Some((row, body))
    });
    let harness = still(runs::state_of(run), Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label_contains("safe<U+202E>txt.exe").count(), 3);
    assert!(harness.query_by_label_contains("\u{202e}").is_none());
}
