//! A target that has become slow: its mark wherever it is named, and the limit that is set for it.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use assay::app::{AppState, BenchCommand, BenchView, Command, Drifting};
use assay::domain::{EarlierLatency, RunPlan};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

use crate::bench_state as states;
use crate::run_view::with_view;
use crate::window::{SIZES, Window, press, settles, still};

/// The second target is above the limit and slower than its history.
fn slow_in(mut state: AppState) -> AppState {
    let run = state.runs.open.get_mut(&states::RUN).unwrap();
    let mut plan = RunPlan::clone(&run.plan);
    plan.settings.p95_limit_ms = Some(400);
    let mut drifting = Drifting::new(&plan);
    drifting.know_history(&[None, Some(EarlierLatency { n: 412, p95_ms: 230.0 }), None]);
    let row = run.rows.iter().find(|row| row.cell.target_index == 1 && row.failure.is_none()).unwrap();
    for _ in 0..60 {
        drifting.ended(row);
    }
    run.drifting = drifting;
    state
}

fn live() -> AppState {
    slow_in(states::live())
}

const HISTORY: &str = "lower than its history: p95 TTFT without connecting 412 ms over the last 60 answers, against 230 ms over 412 earlier ones; \
                       60 of 60 were slower";
const LIMIT: &str = "lower than its limit of 400 ms: p95 TTFT 412 ms over the last 60 answers; 60 of 60 were slower";

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let of: [fn() -> AppState; 4] =
        [live, || slow_in(states::ended()), || slow_in(states::foreign()), || with_view(live(), BenchView::Summary)];
    settles(&of, |_| ());
}

/// What the chip of the slow target is called.
fn chip(progress: &str) -> String {
    format!("Qwen3-Max · HolySheep{progress}. S{HISTORY}\nS{LIMIT}")
}

#[test]
fn its_chip_says_what_the_flag_rests_on_during_the_run_and_after() {
    let mut window = still(live(), Theme::Dark, SIZES[2]);
    let name = chip(" (8/20)");
    window.get_by_role_and_label(Role::Button, &name).hover();
    window.run_steps(60);
    window.get_by_label(&format!("S{HISTORY}\nS{LIMIT}\nqwen-max · HolySheep"));
    window.get_by_role_and_label(Role::Label, &format!("S{HISTORY}\nS{LIMIT}"));
    still(slow_in(states::ended()), Theme::Light, SIZES[1]).get_by_role_and_label(Role::Button, &chip(""));
    still(slow_in(states::foreign()), Theme::Light, SIZES[1]).get_by_role_and_label(Role::Button, &chip(""));
}

#[test]
fn the_summary_says_it_in_words() {
    let window = still(with_view(live(), BenchView::Summary), Theme::Dark, SIZES[2]);
    window.get_by_label(&format!("Qwen3-Max · HolySheep is s{HISTORY}."));
    window.get_by_label(&format!("Qwen3-Max · HolySheep is s{LIMIT}."));
}

fn typed(window: &mut Window, text: &str) -> Vec<Command> {
    window.get_by_role_and_label(Role::TextInput, "Slow above").focus();
    window.run_steps(2);
    let _before = window.state().take_wishes();
    window.get_by_role_and_label(Role::TextInput, "Slow above").type_text(text);
    window.run_steps(2);
    window.state().take_wishes()
}

#[test]
fn the_limit_is_a_setting_of_the_run() {
    let mut window = still(states::full(10), Theme::Dark, SIZES[2]);
    press(&mut window, "Run settings");
    assert!(typed(&mut window, "2").is_empty());
    window.get_by_label_contains("A time with its unit");
    let wishes = typed(&mut window, " s");
    let [Command::Bench(BenchCommand::SetSettings(settings))] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!(settings.p95_limit_ms, Some(2_000));

    let mut state = states::full(10);
    state.bench.settings.p95_limit_ms = Some(2_500);
    let mut window = still(state, Theme::Light, SIZES[0]);
    press(&mut window, "Run settings");
    let field = window.get_by_role_and_label(Role::TextInput, "Slow above");
    assert_eq!(egui_kittest::kittest::NodeT::accesskit_node(&field).value().as_deref(), Some("2.5 s"));
}
