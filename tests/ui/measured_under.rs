//! What trials were measured under: connections, sleep, load, gaps; and the warm-up of a run.

use std::time::Duration;

use assay::analysis::{Basis, TimesOf};
use assay::app::{BenchCommand, BenchView, Command, ExchangeCommand, ExportKind, OpenRun};
use assay::domain::{Cell, ConnectionUse, SetUp, Timing, TrialBody, TrialRow, WarmUp};
use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

use crate::basics::now;
use crate::run_state as runs;
use crate::run_view::with_view;
use crate::window::{SIZES, Window, alive, press, still};

fn changed((mut row, mut body): (TrialRow, TrialBody), change: impl Fn(&mut Timing)) -> (TrialRow, TrialBody) {
    row.timing.as_mut().map(&change);
    change(&mut body.attempts[0].timing);
    for us in [18_000, 18_500, 19_000, 210_000] {
        row.gaps.add(us);
    }
    (row, body)
}

/// The first target on new connections, the second measured under load, the third in a computer that slept.
fn disturbed() -> OpenRun {
    let set_up = SetUp { connection: ConnectionUse::New, dns_us: Some(12_000), connect_us: Some(41_000), proxied: false };
    let mut run = runs::run_of(runs::plan(2, 1), |plan, cell: Cell| {
        Some(changed(runs::finished(plan, cell), |timing| {
            timing.longest_gap_us = Some(210_000);
            match cell.target_index {
                0 => timing.set_up = Some(set_up),
                1 => timing.load_delay_us = Some(12_300),
                _ => timing.slept_us = 7_380_000_000,
            }
        }))
    });
    run.warm_up = Some(WarmUp { connections: 16, failed: 0, took: Duration::from_millis(85) });
    run
}

#[test]
fn answers_say_what_they_were_measured_under() {
    let harness = still(runs::state_of(disturbed()), Theme::Dark, SIZES[2]);
    assert_eq!(harness.get_all_by_label_contains("TTFT · new: ").count(), 1);
    harness.get_by_label_contains("Measured under load: its times may be up to 12.3 ms too long.");
    harness.get_by_label_contains("The computer slept for 2 h 3 m meanwhile");
}

#[test]
fn hovering_a_figure_tells_the_set_up_and_the_gaps() {
    let mut harness = still(runs::state_of(disturbed()), Theme::Dark, SIZES[2]);
    harness.get_by_label_contains("TTFT · new: ").hover();
    harness.run_steps(60);
    harness.get_by_label_contains("New connection: 12.0 ms DNS, 41.0 ms connect.");
    let mut harness = still(runs::state_of(disturbed()), Theme::Light, SIZES[2]);
    harness.get_all_by_label_contains("speed: ").next().unwrap().hover();
    harness.run_steps(60);
    harness.get_by_label_contains("4 gaps between arrivals: p50 ");
    harness.get_by_label_contains("longest stall 210 ms.");
}

fn attempts_of(target: &str) -> Window {
    let mut harness = alive(runs::state_of(disturbed()), Theme::Light, SIZES[2]);
    harness.get_by_label(&format!("More: {target}")).click();
    harness.run_ok();
    harness.get_by_label("Request and response…").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Tab, "Attempts (1)").click();
    harness.run_ok();
    harness
}

#[test]
fn attempts_say_how_they_came_by_their_connection() {
    let mut harness = attempts_of("Qwen3-Max · official");
    harness.get_by_label("new").hover();
    harness.run_steps(60);
    harness.get_by_label("New connection: 12.0 ms DNS, 41.0 ms connect");
    attempts_of("GPT-4.1 · OpenAI").get_by_label_contains(" s, slept");
    attempts_of("Qwen3-Max · HolySheep").get_by_label_contains(" s, under load");
}

#[test]
fn the_table_marks_what_was_disturbed() {
    let harness = still(with_view(runs::state_of(disturbed()), BenchView::Table), Theme::Light, SIZES[2]);
    let rows: Vec<_> = harness.get_all_by_label_contains("Qwen3-Max · HolySheep: finished, measured under load").collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(harness.get_all_by_label_contains("GPT-4.1 · OpenAI: finished, the computer slept").count(), 2);
}

#[test]
fn the_summary_counts_what_its_times_leave_out() {
    let mut harness = still(with_view(runs::state_of(disturbed()), BenchView::Summary), Theme::Dark, SIZES[2]);
    harness.get_by_label("GPT-4.1 · OpenAI: 2 of 2 times left out: the computer slept.");
    harness.get_by_label("Qwen3-Max · HolySheep: 2 measured under load, up to 12.3 ms late.");
    harness.get_by_label("Warmed up: 16 connections, 85.0 ms; not counted.");
    assert!(harness.query_by_label_contains("times left out: new connections").is_none());
    let wishes = press(&mut harness, "Without new connections");
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::SetTimesOf(TimesOf::KeptConnections))]));

    let mut state = with_view(runs::state_of(disturbed()), BenchView::Summary);
    let _effects = state.update(Command::Bench(BenchCommand::SetTimesOf(TimesOf::KeptConnections)), now());
    let _effects = state.tick(now());
    let harness = still(state, Theme::Light, SIZES[0]);
    harness.get_by_label("Qwen3-Max · official: 2 of 2 times left out: new connections.");
}

#[test]
fn a_summary_is_exported_with_the_times_that_are_asked_for() {
    let mut state = crate::sets_state::exporting(crate::sets_state::RUN);
    let _effects = state.update(
        Command::Exchange(ExchangeCommand::SetExportKind(ExportKind::Summary { basis: Basis::in_common(TimesOf::AllTrials) })),
        now(),
    );
    let mut harness = still(state, Theme::Dark, SIZES[1]);
    harness.get_by_role_and_label(Role::RadioButton, "Without new connections").click();
    harness.run_steps(3);
    let wishes = harness.state().take_wishes();
    let kind = ExportKind::Summary { basis: Basis::in_common(TimesOf::KeptConnections) };
    assert!(matches!(&wishes[..], [Command::Exchange(ExchangeCommand::SetExportKind(chosen))] if *chosen == kind), "{wishes:?}");
}

#[test]
fn a_warm_up_is_a_setting_of_the_run() {
    let mut harness = still(crate::bench_state::full(10), Theme::Dark, SIZES[2]);
    press(&mut harness, "Run settings");
    let wishes = press(&mut harness, "Open connections first");
    assert!(matches!(&wishes[..], [Command::Bench(BenchCommand::SetSettings(settings))] if settings.warm_up), "{wishes:?}");
}
