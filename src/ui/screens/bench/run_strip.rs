//! What lies across the bench: runs that were interrupted, and which run is in view where that is not plain.

use eframe::egui::{Frame, Label, Margin, Panel, Ui};

use crate::analysis::{format_count, format_counted};
use crate::app::{AppState, BenchCommand, Command, OpenRun, RunCommand};
use crate::domain::{Money, RunHead};
use crate::ui::cx::Cx;
use crate::ui::local_time::{local_time, local_time_within};
use crate::ui::status_line::amount_words;
use crate::ui::theme::text::{quiet, strong};
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Alert, IconButton, Level, PushButton, simulated_badge, visible};

use super::run_settings::settings_words;

/// Draws what there is to tell; nothing when there is nothing.
pub(super) fn run_strip(cx: &Cx<'_>, ui: &mut Ui) {
    if let Some(head) = cx.state.runs.unfinished.first() {
        interrupted(cx, head, cx.state.runs.unfinished.len() - 1, ui);
    }
    let state = cx.state;
    let is_plain =
        |run: &&OpenRun| !state.bench.opened && !state.is_foreign(run) && !state.has_other_targets(run) && !state.has_other_settings(run);
    if let Some(run) = state.run_in_view().filter(|run| !is_plain(run)) {
        in_view(cx, run, ui);
    }
}

/// The question about one interrupted run.
fn interrupted_title(head: &RunHead) -> String {
    let stored = head.finished + head.failed + head.cancelled;
    format!(
        "A run was interrupted: {}, {} of {} stored",
        visible(&head.prompt_set_name).text,
        format_count(stored),
        format_count(head.cell_count)
    )
}

fn interrupted(cx: &Cx<'_>, head: &RunHead, more: usize, ui: &mut Ui) {
    let title = interrupted_title(head);
    let others = match more {
        0 => String::new(),
        more => format!(" {} more after this.", format_counted(more as u64, "interrupted run", "interrupted runs")),
    };
    let text = format!(
        "From {}. Resuming sends what is missing; nothing that is stored is sent again.{others}",
        local_time(head.created_at, cx.state.now)
    );
    Panel::top("interrupted").frame(Frame::new().inner_margin(Margin::symmetric(14, 8))).show_separator_line(true).show(ui, |ui| {
        ui.push_id(head.id, |ui| {
            Alert::new(Level::Warn, &title).text(&text).show_with(ui, |ui| {
                if ui.add_enabled(cx.state.runs.live.is_none(), PushButton::secondary("Resume").icon(icons::PLAY)).clicked() {
                    cx.send(Command::Runs(RunCommand::SendMissing(head.id)));
                }
                if ui.add(PushButton::secondary("Show")).clicked() {
                    cx.send(Command::Runs(RunCommand::Open(head.id)));
                }
                let leave = ui.add(PushButton::quiet("Leave it"));
                if leave.on_hover_text("Not asked again; the run counts as cancelled and stays in the history").clicked() {
                    cx.send(Command::Runs(RunCommand::LeaveUnfinished(head.id)));
                }
            });
        });
    });
}

/// When a run was made, how it ended, what it cost, from where it was measured, and what the next one has otherwise.
fn run_words(state: &AppState, run: &OpenRun) -> String {
    let plan = &run.plan;
    let (cells, ended) = (plan.cell_count(), run.rows.len() as u64);
    let trials = format_counted(cells, "trial", "trials");
    let mut parts = vec![
        format!("run of {}", local_time_within(plan.created_at, state.now)),
        if run.live.is_some() { "running" } else { run.status.as_str() }.to_owned(),
        if ended == cells { trials } else { format!("{} of {trials}", format_count(ended)) },
        amount_words(run),
    ];
    if let Some(cap) = plan.settings.cap.as_ref().filter(|_| run.lost.count > 0) {
        let counted = Money { amount: run.lost.counted, currency: cap.currency.clone() };
        parts.push(format!("and {counted} for what a crash lost"));
    }
    if !plan.settings.vantage.is_empty() {
        parts.push(format!("measured from {}", visible(&plan.settings.vantage).text));
    }
    // Of a run of other prompts, targets and settings are all its own anyway.
    let is_foreign = state.is_foreign(run);
    let others = match (state.has_other_targets(run) && !is_foreign, state.has_other_settings(run) && !is_foreign) {
        (true, true) => "other targets and settings",
        (true, false) => "other targets",
        (false, true) => "other settings",
        (false, false) => return parts.join(" · "),
    };
    parts.push(format!("{others} than the next run"));
    parts.join(" · ")
}

/// How large a run is, and its settings.
fn size_words(run: &OpenRun) -> String {
    let plan = &run.plan;
    format!(
        "{} × {} × {}\n{}",
        format_counted(plan.cases.len() as u64, "case", "cases"),
        format_counted(plan.targets.len() as u64, "target", "targets"),
        format_counted(plan.settings.repeats.into(), "repeat", "repeats"),
        settings_words(&plan.settings)
    )
}

fn in_view(cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) {
    let tokens = ui.tokens();
    Panel::top("run-in-view").frame(Frame::new().fill(tokens.bg2).inner_margin(Margin::symmetric(14, 4))).show_separator_line(false).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(tokens.row.compact);
                ui.label(strong(format!("{} · v{}", visible(&run.plan.prompt_set_name).text, run.plan.prompt_set_version), tokens));
                if run.plan.is_simulated() {
                    simulated_badge(ui);
                }
                ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
                    if ui.add(IconButton::new(icons::CLOSE, "Leave this run").small()).clicked() {
                        cx.send(Command::Bench(BenchCommand::CloseRun));
                    }
                    ui.with_layout(eframe::egui::Layout::left_to_right(eframe::egui::Align::Center), |ui| {
                        let words = ui.add(Label::new(quiet(run_words(cx.state, run), tokens)).truncate());
                        words.on_hover_text(size_words(run));
                    });
                });
            });
        },
    );
}
