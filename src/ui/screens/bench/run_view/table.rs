//! The table: cases × targets, virtual rows.

use egui::{Align, Color32, FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::analysis::{Filter, SortColumn, TableQuery, format_counted};
use crate::app::{AppState, BenchCommand, BenchView, Command, OpenRun, RunFigures};
use crate::domain::RunId;
use crate::ui::cx::Cx;
use crate::ui::screens::bench::case_list::title_words;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{EmptyState, cell_text, visible};

use super::column::needs_simulated_word;
use super::pinned_grid::{GridCells, PinnedGrid};
use super::table_cells::{self, Slot};
use super::table_order::TableOrder;
use super::{cell_state, nothing_yet};

const HEAD_HEIGHT: f32 = 50.0;
const ROW_HEIGHT: f32 = 48.0;
/// Targets are at least this wide; then the table scrolls sideways, points.
const LEAST_WIDTH: f32 = 312.0;

/// What the table remembers for itself.
#[derive(Default)]
pub(super) struct TableView {
    order: TableOrder,
    /// Run and case that were selected when it was drawn last: another one is brought into view.
    selected: Option<(RunId, Option<usize>)>,
}

impl TableView {
    /// Draws it.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ui: &mut Ui) {
        let Some(figures) = run.figures() else {
            nothing_yet::busy(ui, "Working out the table…");
            return;
        };
        let query = &cx.state.bench.query;
        let order = self.order.of(run, figures, query);
        let selected = cx.state.plan_case_index(cx.state.bench.case_index);
        let now = (run.plan.id, selected);
        let moved = self.selected.replace(now) != Some(now);
        let scroll_to = selected.filter(|_| moved).and_then(|case| order.iter().position(|shown| *shown as usize == case));
        let area = ui.available_rect_before_wrap();
        let targets = run.plan.targets.len();
        let pinned_width = (area.width() * 0.24).clamp(150.0, 240.0);
        let width = ((area.width() - pinned_width) / targets as f32).max(LEAST_WIDTH);
        let widths = vec![width; targets];
        let grid = PinnedGrid {
            name: "table",
            pinned_width,
            widths: &widths,
            head_height: HEAD_HEIGHT,
            row_height: ROW_HEIGHT,
            rows: order.len(),
            scroll_to,
            vertical: true,
        };
        let mut cells = Cells { cx, run, figures, order, selected };
        grid.show(ui, area, &mut cells);
        if order.is_empty() {
            let below = Rect::from_min_max(area.min + vec2(0.0, HEAD_HEIGHT), area.max);
            let mut child = ui.new_child(egui::UiBuilder::new().id_salt("nothing found").max_rect(below));
            nothing_found(cx, query, &mut child);
        }
    }
}

fn nothing_found(cx: &Cx<'_>, query: &TableQuery, ui: &mut Ui) {
    let title = match query.filter {
        _ if !query.search.trim().is_empty() => "No case or answer holds this text",
        Filter::Failed => "No trial has failed",
        Filter::Differing => "The answers do not differ",
        Filter::All | Filter::Slowest | Filter::Dearest => "No case to show",
    };
    if EmptyState::new(icons::SEARCH, title, "Search and filter narrow the table.").action("Show all cases").show(ui) {
        cx.send(Command::Bench(BenchCommand::SetFilter(Filter::All)));
        cx.send(Command::Bench(BenchCommand::SetSearch(String::new())));
    }
}

/// The case of the plan as the case list counts.
pub(super) fn shown_index(state: &AppState, run: &OpenRun, plan_index: usize) -> Option<usize> {
    let case = run.plan.cases.get(plan_index)?;
    let shown = state.shown_cases();
    match shown.get(plan_index) {
        Some(same) if same.id == case.id => Some(plan_index),
        _ => shown.iter().position(|known| known.id == case.id),
    }
}

struct Cells<'a> {
    cx: &'a Cx<'a>,
    run: &'a OpenRun,
    figures: &'a RunFigures,
    order: &'a [u32],
    selected: Option<usize>,
}

impl Cells<'_> {
    fn select(&self, case: u32, open: bool) {
        if let Some(index) = shown_index(self.cx.state, self.run, case as usize) {
            self.cx.send(Command::Bench(BenchCommand::SelectCase(index)));
            if open {
                self.cx.send(Command::Bench(BenchCommand::SetView(BenchView::Answers)));
            }
        }
    }

    fn row_name(&self, case: u32) -> String {
        let title = self.run.plan.cases.get(case as usize).map_or_else(String::new, title_words);
        let mut name = format!("Case {}, {title}", case + 1);
        for (index, target) in self.run.plan.targets.iter().enumerate() {
            let cell = self.figures.table.cell(case, index as u32);
            let state = cell.map_or("no trial yet", |cell| cell.status.as_str());
            let disturbed = match cell.map_or((0, 0), |cell| (cell.slept, cell.under_load)) {
                (1.., _) => ", the computer slept",
                (0, 1..) => ", measured under load",
                (0, 0) => "",
            };
            let answered = match cell {
                Some(cell) if cell.n > 1 && cell.answered < cell.n => format!(", {} of {} answered", cell.answered, cell.n),
                _ => String::new(),
            };
            name = format!("{name}; {}: {state}{answered}{disturbed}", target.label);
        }
        name
    }

    fn sort_head(&self, ui: &Ui, rect: Rect, align: Align, words: &str, name: &str, column: SortColumn) -> Response {
        let tokens = ui.tokens();
        let query = &self.cx.state.bench.query;
        let active = query.sort == column;
        let response = ui.interact(rect, ui.scope_id().with(("sort", name)), Sense::click());
        let state = match (active, query.descending) {
            (false, _) => "",
            (true, false) => ", ascending",
            (true, true) => ", descending",
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Sort by {name}{state}")));
        let ink = if active || response.hovered() { tokens.text1 } else { tokens.text3 };
        let arrow = if active { if query.descending { "↓ " } else { "↑ " } } else { "" };
        cell_text(ui, rect, align, &format!("{arrow}{words}"), FontId::proportional(tokens.text.small), ink);
        if response.has_focus() {
            ui.painter().rect_stroke(rect, f32::from(tokens.radius.small), (1.5, tokens.accent), egui::StrokeKind::Inside);
        }
        if response.clicked() {
            let descending = active && !query.descending;
            self.cx.send(Command::Bench(BenchCommand::SetSort { column, descending }));
        }
        response.on_hover_cursor(egui::CursorIcon::PointingHand)
    }
}

impl GridCells for Cells<'_> {
    fn row(&mut self, ui: &mut Ui, row: usize, rect: Rect) -> Color32 {
        let tokens = ui.tokens();
        let case = self.order[row];
        let id = self.run.plan.cases.get(case as usize).map_or("", |case| case.id.as_str());
        let response = ui.interact(rect, ui.scope_id().with(("row", id)), Sense::click());
        let selected = self.selected == Some(case as usize);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, self.row_name(case)));
        let enter = response.has_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if response.double_clicked() || enter {
            self.select(case, true);
        } else if response.clicked() {
            self.select(case, false);
        }
        if response.has_focus() {
            // Over the cells, which are drawn after it.
            let painter = ui.ctx().layer_painter(ui.layer_id()).with_clip_rect(ui.clip_rect());
            painter.rect_stroke(rect.shrink(1.0), 0.0, (1.5, tokens.accent), egui::StrokeKind::Inside);
        }
        match (selected, response.hovered()) {
            (true, _) => tokens.bg2,
            (false, true) => tokens.bg1.lerp_to_gamma(tokens.bg2, 0.5),
            (false, false) => tokens.bg1,
        }
    }

    fn pinned(&mut self, ui: &mut Ui, row: usize, rect: Rect) {
        let tokens = ui.tokens();
        let case = self.order[row];
        let inner = rect.shrink2(vec2(tokens.gap.m, 0.0));
        let digits = self.run.plan.cases.len().max(1).ilog10() as f32 + 1.0;
        let number = Rect::from_min_size(inner.min, vec2(8.0 * digits + tokens.gap.s, inner.height()));
        cell_text(ui, number, Align::Min, &(case + 1).to_string(), text::figures_font(tokens.text.base), tokens.text3);
        let title = self.run.plan.cases.get(case as usize).map_or_else(String::new, title_words);
        let words = Rect::from_min_max(pos2(number.right(), inner.top()), inner.max);
        cell_text(ui, words, Align::Min, &title, FontId::proportional(tokens.text.base), tokens.text1);
        if self.selected == Some(case as usize) {
            ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(2.0, rect.height())), 0.0, tokens.accent);
        }
    }

    fn cell(&mut self, ui: &mut Ui, row: usize, column: usize, rect: Rect) {
        let (case, target) = (self.order[row], column as u32);
        let trial = self.figures.table.trials(case, target).first().and_then(|at| self.run.rows.get(*at as usize));
        let cell = self.figures.table.cell(case, target);
        let repeats = self.run.plan.settings.repeats;
        let live = (0..repeats).any(|repeat| {
            let cell = crate::domain::Cell { case_index: case, target_index: target, repeat };
            self.run.live_cell(cell).is_some()
        });
        let mark = match (cell, live) {
            (_, true) => crate::ui::widgets::Mark::Running,
            (Some(cell), false) => cell_state::mark_of(cell.status),
            (None, false) => crate::ui::widgets::Mark::Waiting,
        };
        table_cells::draw(ui, rect, mark, cell, trial, &self.run.plan.targets[column], repeats);
    }

    fn pinned_head(&mut self, ui: &mut Ui, rect: Rect) {
        let tokens = ui.tokens();
        let inner = rect.shrink2(vec2(tokens.gap.m, 4.0));
        let (top, bottom) = inner.split_top_bottom_at_fraction(0.5);
        let count = format_counted(self.order.len() as u64, "case", "cases");
        cell_text(ui, top, Align::Min, &count, FontId::proportional(tokens.text.small), tokens.text2);
        self.sort_head(ui, bottom, Align::Min, "Case", "case", SortColumn::Case);
    }

    fn head(&mut self, ui: &mut Ui, column: usize, rect: Rect) {
        let tokens = ui.tokens();
        let target = &self.run.plan.targets[column];
        let inner = rect.shrink2(vec2(tokens.gap.m, 4.0));
        let (top, bottom) = inner.split_top_bottom_at_fraction(0.5);
        ui.painter().circle_filled(pos2(top.left() + 4.5, top.center().y), 4.5, tokens.series(usize::from(target.colour)));
        let words = Rect::from_min_max(pos2(top.left() + 17.0, top.top()), top.max);
        let simulated = if needs_simulated_word(target) { " · simulated" } else { "" };
        let label = format!("{}{simulated}", visible(&target.label).text);
        let whole = cell_text(ui, words, Align::Min, &label, text::strong_font(tokens.text.base), tokens.text1);
        let hover = ui.interact(top, ui.scope_id().with(("target", column)), Sense::hover());
        hover.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &label));
        if !whole {
            hover.on_hover_text(&label);
        }
        let index = column as u32;
        for (slot, words, sort) in [
            (Slot::Mark, "State", SortColumn::Status(index)),
            (Slot::Ttft, "TTFT", SortColumn::Ttft(index)),
            (Slot::Total, "Total", SortColumn::Total(index)),
            (Slot::Tokens, "Tokens", SortColumn::Tokens(index)),
            (Slot::Cost, "Cost", SortColumn::Cost(index)),
            (Slot::Judged, "Judged", SortColumn::Judgement(index)),
        ] {
            let place = slot.rect(bottom);
            let response = self.sort_head(ui, place, slot.align(), words, &format!("{words}, {label}"), sort);
            response.on_hover_text(slot.definition());
        }
    }
}
