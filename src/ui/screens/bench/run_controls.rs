//! The right of the top bar: what the next run will take, and the buttons that start, hold and end runs.

use eframe::egui::Ui;

use crate::app::{BenchCommand, Command, ExchangeCommand, Hindrance, LivePhase, LiveRun, OpenRun, RunCommand, failed_words};
use crate::domain::RunId;
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::text::quiet;
use crate::ui::widgets::{IconButton, PushButton};

use super::forecast::forecast;
use super::forecast_words::{forms, progress_words};
use super::screen::for_live;

/// Under this width secondary actions are icons, points.
const WORDY_WIDTH: f32 = 560.0;
/// The same where no forecast needs room.
const WORDY_WIDTH_FOREIGN: f32 = 440.0;

/// Draws the controls, from the right edge.
pub(super) fn run_controls(cx: &Cx<'_>, ui: &mut Ui) {
    if !cx.state.ready {
        return;
    }
    ui.spacing_mut().item_spacing.x = ui.tokens().gap.s;
    if let Some(live) = cx.state.runs.live_run().and_then(|run| run.live.as_ref()) {
        live_controls(cx, live, ui);
        return;
    }
    let foreign = cx.state.run_in_view().is_some_and(|run| cx.state.is_foreign(run));
    let wordy = ui.available_width() >= if foreign { WORDY_WIDTH_FOREIGN } else { WORDY_WIDTH };
    let in_view = cx.state.run_in_view().zip(cx.state.bench.run);
    if let Some((_, id)) = in_view.filter(|_| foreign) {
        if ui.add(PushButton::primary("Edit these prompts")).clicked() {
            cx.send(Command::Bench(BenchCommand::EditRun(id)));
        }
    } else {
        run_button(cx, if in_view.is_some() { "Run again" } else { "Run" }, wordy, ui);
    }
    if let Some((run, id)) = in_view {
        after_run(cx, run, id, wordy, ui);
    }
    if !foreign {
        forecast(cx, ui);
    }
}

/// Pause stands where Run stood, so that a second click on it stops nothing.
fn live_controls(cx: &Cx<'_>, live: &LiveRun, ui: &mut Ui) {
    let tokens = ui.tokens();
    match live.phase {
        LivePhase::Running => {
            if ui
                .add(PushButton::secondary("Pause").icon(icons::PAUSE))
                .on_hover_text("Sends nothing new; what is in flight ends")
                .clicked()
            {
                for_live(cx, RunCommand::Pause);
            }
        }
        LivePhase::Paused => {
            if ui.add(PushButton::primary("Resume").icon(icons::PLAY)).clicked() {
                for_live(cx, RunCommand::Resume);
            }
        }
        LivePhase::Stopping => {
            ui.add_enabled(false, PushButton::secondary("Stopping…"));
        }
    }
    if live.phase != LivePhase::Stopping
        && ui.add(PushButton::danger("Cancel").icon(icons::STOP)).on_hover_text("Stops the run; answers that have come are kept").clicked()
    {
        for_live(cx, RunCommand::Cancel);
    }
    if let Some(id) = cx.state.runs.live.filter(|id| cx.state.bench.run != Some(*id))
        && ui.add(PushButton::secondary("Show the live run")).clicked()
    {
        cx.send(Command::Runs(RunCommand::Open(id)));
    }
    let words = progress_words(live.ended, live.asked, live.seconds_left(cx.state.now));
    ui.add(eframe::egui::Label::new(quiet(words, tokens)).truncate());
}

/// Why nothing can be sent now; absent when it can.
fn blocked(cx: &Cx<'_>) -> Option<String> {
    let bench = &cx.state.bench;
    if bench.starting {
        return Some("The run is being started".to_owned());
    }
    if cx.state.demo_starting {
        return Some("The demo is being started".to_owned());
    }
    if cx.state.bench_cases().is_empty() {
        return Some("The prompts are being read".to_owned());
    }
    let problem = bench.forecast.problem.as_deref().map(crate::analysis::capitalised);
    problem.or_else(|| cx.state.hindrances().first().map(Hindrance::words))
}

/// Where there is little room the most that the run can cost has it, and not the keys that start it.
fn run_button(cx: &Cx<'_>, label: &str, wordy: bool, ui: &mut Ui) {
    let blocked = blocked(cx);
    let label = if cx.state.bench.starting { "Starting…" } else { label };
    let mut button = PushButton::primary(label).icon(icons::PLAY);
    if wordy {
        button = button.shortcut("Ctrl ⏎");
    }
    let response = ui.add_enabled(blocked.is_none(), button);
    let response = match &cx.state.bench.forecast.value {
        Some(forecast) => response.on_hover_text(&forms(forecast, cx.state.bench.settings.cap.as_ref())[0]),
        None => response,
    };
    let response = response.on_disabled_hover_text(blocked.unwrap_or_default());
    if response.clicked() {
        cx.send(Command::Bench(BenchCommand::Run));
    }
}

fn action(ui: &mut Ui, wordy: bool, icon: Icon, label: &str, meaning: &str) -> bool {
    let response = if wordy { ui.add(PushButton::secondary(label)) } else { ui.add(IconButton::new(icon, label).filled()) };
    response.on_hover_text(meaning).clicked()
}

fn after_run(cx: &Cx<'_>, run: &OpenRun, id: RunId, wordy: bool, ui: &mut Ui) {
    if action(ui, wordy, icons::DOWNLOAD, "Export…", "Write this run to a file: comparison, summary, side by side or JSON") {
        cx.send(Command::Exchange(ExchangeCommand::BeginExport(id)));
    }
    let missing = run.plan.cell_count().saturating_sub(run.rows.len() as u64);
    let failed = failed_words(run);
    if !failed.is_empty() && action(ui, wordy, icons::RETRY, "Retry failed", &format!("Send again: {failed}")) {
        cx.send(Command::Runs(RunCommand::RetryFailed(id)));
    }
    if missing > 0
        && action(ui, wordy, icons::ARROW_RIGHT, "Send the rest", &format!("Send what is missing: {missing} of {}", run.plan.cell_count()))
    {
        cx.send(Command::Runs(RunCommand::SendMissing(id)));
    }
}
