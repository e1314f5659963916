//! The summary: figures per target, and the charts under them.

use egui::{FontId, Rect, ScrollArea, Ui, vec2};

use crate::analysis::{Basis, TargetSummary, drift_words, measuring_words};
use crate::app::{OpenRun, RunFigures, warm_up_words};
use crate::domain::RunId;
use crate::ui::cx::Cx;
use crate::ui::theme::{FIGURES_STRONG, HasTokens as _, family, text};
use crate::ui::widgets::visible;

use super::basis_bar::basis_bar;
use super::nothing_yet;
use super::pinned_grid::PinnedGrid;
use super::summary_cells::{self, SummaryColumn};
use super::summary_charts::SummaryCharts;
use super::summary_grid::SummaryGrid;

const HEAD_HEIGHT: f32 = 42.0;
const ROW_HEIGHT: f32 = 50.0;
/// Columns are at least this wide, so that they hardly move while figures come in, points.
const LEAST_WIDTH: f32 = 60.0;

/// What the summary remembers for itself.
#[derive(Default)]
pub(super) struct SummaryView {
    /// Run, revision and basis that the columns were made of.
    made_of: Option<(RunId, u64, Basis)>,
    columns: Vec<SummaryColumn>,
    /// The least width of each column, points.
    widths: Vec<f32>,
    charts: SummaryCharts,
}

impl SummaryView {
    /// Draws it.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) {
        let Some(figures) = run.figures() else {
            nothing_yet::busy(ui, "Working out the figures…");
            return;
        };
        let made_of = (run.plan.id, figures.revision, figures.basis);
        if self.made_of != Some(made_of) {
            self.made_of = Some(made_of);
            self.columns = summary_cells::columns(&figures.summary);
            self.widths = self.columns.iter().map(|column| least_width(column, ui)).collect();
            self.charts.make(run, figures);
        }
        ScrollArea::vertical().id_salt("summary").auto_shrink([false, false]).show(ui, |ui| {
            basis_bar(cx, run, figures, ui);
            self.table(run, figures, ui);
            self.charts.show(cx, run, ui);
        });
    }

    fn table(&self, run: &OpenRun, figures: &RunFigures, ui: &mut Ui) {
        let tokens = ui.tokens();
        let room = ui.available_width();
        let pinned_width = (room * 0.16).clamp(180.0, 280.0);
        let least: f32 = self.widths.iter().sum();
        // What is left over is shared out, so that the table ends at the edge.
        let stretch = ((room - pinned_width) / least).max(1.0);
        let widths: Vec<f32> = self.widths.iter().map(|width| width * stretch).collect();
        let grid = PinnedGrid {
            name: "summary-table",
            pinned_width,
            widths: &widths,
            head_height: HEAD_HEIGHT,
            row_height: ROW_HEIGHT,
            rows: figures.summary.len(),
            scroll_to: None,
            vertical: false,
        };
        // Room for the bar that scrolls sideways, below the last row.
        let bar = if stretch > 1.0 { 0.0 } else { tokens.gap.s };
        let rect = Rect::from_min_size(ui.cursor().min, vec2(room, grid.height() + bar));
        grid.show(ui, rect, &mut SummaryGrid { plan: &run.plan, summaries: &figures.summary, columns: &self.columns });
        for note in notes(run, &figures.summary, &self.columns) {
            ui.horizontal(|ui| {
                ui.add_space(tokens.gap.l);
                ui.add(egui::Label::new(text::small(note, tokens)).wrap());
            });
        }
    }
}

/// As wide as the widest text of a column.
fn least_width(column: &SummaryColumn, ui: &Ui) -> f32 {
    let tokens = ui.tokens();
    let width = |words: &str, font: FontId| ui.painter().layout_no_wrap(words.to_owned(), font, tokens.text1).size().x;
    let (value, below) = (FontId::new(tokens.text.base, family(FIGURES_STRONG)), FontId::new(tokens.text.small, family(FIGURES_STRONG)));
    let heads = column.lines.iter().map(|line| width(line, FontId::proportional(tokens.text.small)));
    let cells = column.cells.iter().map(|cell| width(&cell.value, value.clone()).max(width(&cell.below, below.clone())));
    (heads.chain(cells).fold(0.0, f32::max) + 2.0 * tokens.gap.s + 1.0).max(LEAST_WIDTH)
}

/// What must be known to read the table.
fn notes(run: &OpenRun, summaries: &[TargetSummary], columns: &[SummaryColumn]) -> Vec<String> {
    let mut notes = Vec::new();
    if run.live.is_some() {
        notes.push("The run is in flight: these figures are of the trials so far.".to_owned());
    }
    if summary_cells::too_few_somewhere(columns) {
        notes.push("Pale: too few answers to tell targets apart by. A median, a mean or a rate needs 10, of 10 cases; a p95 50 and a p99 200, of 20 cases.".to_owned());
    }
    for (index, target) in run.plan.targets.iter().enumerate() {
        for drift in run.drifting.raised(index) {
            notes.push(format!("{} is {}.", visible(&target.label).text, drift_words(drift)));
        }
    }
    for summary in summaries {
        if let Some(words) = measuring_words(summary) {
            notes.push(format!("{}: {words}.", visible(&summary.label).text));
        }
    }
    match &run.warm_up {
        Some(warm_up) => notes.push(format!("{}; not counted.", warm_up_words(warm_up))),
        None if run.plan.settings.warm_up => notes.push("Connections were opened before the first trial; that is not counted.".to_owned()),
        None => {}
    }
    let estimated: u32 = summaries.iter().map(|summary| summary.tokens.estimated).sum();
    if estimated > 0 {
        notes.push(format!(
            "Tokens of {} are estimated, because the provider gave no count.",
            crate::analysis::format_counted(estimated.into(), "trial", "trials")
        ));
    }
    if run.plan.is_simulated() {
        notes.push("Simulated: made up by the provider inside this program, where a target says so; no model was asked for it.".to_owned());
    }
    notes
}
