//! The screen: filters, charts and the table of runs, scrolling together.

use eframe::egui::{Frame, Margin, ScrollArea, Ui};

use super::filters::filters;
use super::run_table::{run_table, table_bar};
use super::trend_charts::{chart_width, trend_charts};
use super::trends::Trends;
use crate::app::{BenchCommand, Command, ExchangeCommand, HistoryCommand, RunCommand, Screen};
use crate::domain::{Connection, RunHead};
use crate::ui::cx::Cx;
use crate::ui::local_time::local_time;
use crate::ui::screens::screen_frame::screen_frame;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::widgets::{Alert, EmptyState, Level, PushButton, progress_line, visible};

/// What the screen remembers for itself.
#[derive(Default)]
pub(crate) struct HistoryScreen {
    trends: Trends,
    search: String,
}

impl HistoryScreen {
    /// Draws the screen.
    pub(crate) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        screen_frame(ui, "History", |_| (), |ui| export_button(cx, ui), |ui| self.content(cx, ui));
    }

    fn content(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let tokens = ui.tokens();
        let history = &cx.state.history;
        if let Some(problem) = &history.problem {
            problem_alert(cx, ui, problem);
        }
        if !history.loaded && history.problem.is_some() {
            return;
        }
        if !history.loaded {
            progress_line(ui, "Reading the runs", None);
            return;
        }
        if history.total == 0 && history.heads.is_empty() && history.search.is_empty() {
            nothing_yet(cx, ui);
            return;
        }
        let gap = tokens.gap.m;
        let across = Margin { left: gap as i8, right: gap as i8, top: 0, bottom: 0 };
        ScrollArea::vertical().id_salt("history").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = gap;
            Frame::new().inner_margin(Margin { top: gap as i8, ..across }).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = tokens.gap.s;
                filters(cx, ui);
                ui.spacing_mut().item_spacing.y = gap;
                self.charts(cx, ui);
            });
            table_bar(cx, ui, &mut self.search);
            run_table(cx, ui);
            ui.add_space(gap);
        });
    }

    fn charts(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let history = &cx.state.history;
        let simulated_only = !history.targets.is_empty() && history.targets.iter().all(|target| target.simulated);
        if simulated_only && !history.show_simulated {
            let alert = Alert::new(Level::Info, "So far only the simulated provider was asked")
                .text("Its figures are made up, so the charts leave them out.");
            if alert.show_with(ui, |ui| ui.add(PushButton::secondary("Show simulated")).clicked()).inner {
                cx.send(Command::History(HistoryCommand::ShowSimulated(true)));
            }
            return;
        }
        self.trends.refresh(history, chart_width(ui.available_width(), ui.tokens().gap.m));
        let now_s = cx.state.now.as_second() as f64;
        let range_s = history.range.since(cx.state.now).map(|from| (from.as_second() as f64, now_s));
        if let Some(run) = trend_charts(ui, &self.trends, range_s) {
            cx.send(Command::Runs(RunCommand::Open(run)));
        }
    }
}

/// What cannot be read, and the button that tries again.
fn problem_alert(cx: &Cx<'_>, ui: &mut Ui, problem: &str) {
    let problem = visible(problem).text;
    Frame::new().inner_margin(Margin::same(ui.tokens().gap.l as i8)).show(ui, |ui| {
        let alert = Alert::new(Level::Bad, "The history could not be read").text(&problem);
        if alert.show_with(ui, |ui| ui.add(PushButton::secondary("Try again")).clicked()).inner {
            cx.send(Command::History(HistoryCommand::Refresh));
        }
    });
}

/// Exports the run that is on the Bench, else the newest.
fn export_button(cx: &Cx<'_>, ui: &mut Ui) {
    let heads = &cx.state.history.heads;
    let on_bench: Option<&RunHead> = cx.state.bench.run.and_then(|id| heads.iter().find(|head| head.id == id));
    let Some(head) = on_bench.or_else(|| heads.first()) else { return };
    let button = ui.add(PushButton::secondary("Export…"));
    let which = if on_bench.is_some() { "The run that was opened last" } else { "The newest run" };
    let name = visible(&head.prompt_set_name).text;
    let words = format!("{which}: {name} · v{}, {}", head.prompt_set_version, local_time(head.created_at, cx.state.now));
    if button.on_hover_text(words).clicked() {
        cx.send(Command::Exchange(ExchangeCommand::BeginExport(head.id)));
    }
}

fn nothing_yet(cx: &Cx<'_>, ui: &mut Ui) {
    let has_own = cx.state.connections.list.iter().any(|connection: &Connection| !connection.is_simulated());
    let words = "Every run is kept here with its answers, latency and cost, and drawn over time.";
    let action = if has_own { "Go to the Bench" } else { "Try the demo" };
    if EmptyState::new(icons::HISTORY, "No runs yet", words).action(action).show(ui) {
        cx.send(if has_own { Command::Go(Screen::Bench) } else { Command::Bench(BenchCommand::RunDemo) });
    }
}
