//! The summary as a table: one row a target, numbers at the right.

use egui::{Align, Color32, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::analysis::{Standing, TargetSummary};
use crate::domain::RunPlan;
use crate::ui::theme::{FIGURES_STRONG, HasTokens as _, family, text};
use crate::ui::widgets::{cell_text, define, visible};

use super::column::needs_simulated_word;
use super::pinned_grid::GridCells;
use super::summary_cells::{SummaryColumn, failures_in_words};

/// The table's cells.
pub(super) struct SummaryGrid<'a> {
    pub(super) plan: &'a RunPlan,
    pub(super) summaries: &'a [TargetSummary],
    pub(super) columns: &'a [SummaryColumn],
}

impl SummaryGrid<'_> {
    fn lines(rect: Rect, ui: &Ui) -> (Rect, Rect) {
        let inner = rect.shrink2(vec2(ui.tokens().gap.s, 6.0));
        let middle = inner.top() + inner.height() * 0.55;
        (Rect::from_min_max(inner.min, pos2(inner.right(), middle)), Rect::from_min_max(pos2(inner.left(), middle), inner.max))
    }
}

impl GridCells for SummaryGrid<'_> {
    fn row(&mut self, ui: &mut Ui, _row: usize, _rect: Rect) -> Color32 {
        ui.tokens().bg1
    }

    fn pinned(&mut self, ui: &mut Ui, row: usize, rect: Rect) {
        let tokens = ui.tokens();
        let summary = &self.summaries[row];
        let target = self.plan.targets.get(summary.target_index as usize);
        let (mut top, mut bottom) = Self::lines(rect, ui);
        top.min.x = rect.left() + tokens.gap.l;
        bottom.min.x = top.left();
        let color = tokens.series(target.map_or(row, |target| usize::from(target.colour)));
        ui.painter().circle_filled(pos2(top.left() + 4.5, top.center().y), 4.5, color);
        let words = Rect::from_min_max(pos2(top.left() + 17.0, top.top()), top.max);
        let label = visible(&summary.label).text;
        let whole = cell_text(ui, words, Align::Min, &label, FontId::proportional(tokens.text.base), tokens.text1);
        let failures = failures_in_words(summary);
        let mut notes = Vec::new();
        if summary.baseline && self.summaries.len() > 1 {
            notes.push("baseline");
        }
        match summary.standing {
            Standing::LeftOut => notes.push("left out"),
            Standing::NoAnswers if summary.n > 0 => notes.push("no answers"),
            Standing::NoAnswers | Standing::Compared => {}
        }
        // A label that is cut off no longer says so.
        if target.is_some_and(|target| needs_simulated_word(target) || (!whole && target.connection.is_simulated())) {
            notes.push("simulated");
        }
        let (told, ink) = if failures.is_empty() {
            (notes.join(" · "), tokens.text3)
        } else {
            (failures.clone(), if summary.failed > 0 { tokens.bad } else { tokens.warn })
        };
        let told = if failures.is_empty() || notes.is_empty() { told } else { format!("{} · {told}", notes.join(" · ")) };
        let all_told = cell_text(ui, bottom, Align::Min, &told, FontId::proportional(tokens.text.small), ink);
        let response = ui.interact(rect, ui.scope_id().with(("target", row)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::RowHeader, true, format!("{label}; {told}")));
        if !whole || !all_told {
            response.on_hover_text(format!("{label}\n{told}"));
        }
    }

    fn cell(&mut self, ui: &mut Ui, row: usize, column: usize, rect: Rect) {
        let tokens = ui.tokens();
        let column = &self.columns[column];
        let cell = &column.cells[row];
        let (top, bottom) = Self::lines(rect, ui);
        let font = if cell.best { FontId::new(tokens.text.base, family(FIGURES_STRONG)) } else { text::figures_font(tokens.text.base) };
        let ink = if cell.pale { tokens.text3 } else { tokens.text1 };
        cell_text(ui, top, Align::Max, &cell.value, font, ink);
        let small = if cell.best { FontId::new(tokens.text.small, family(FIGURES_STRONG)) } else { text::figures_font(tokens.text.small) };
        cell_text(ui, bottom, Align::Max, &cell.below, small, if cell.best { tokens.text2 } else { tokens.text3 });
        let response = ui.interact(rect, ui.scope_id().with(("figure", row, column.head.as_str())), Sense::hover());
        let label = &self.summaries[row].label;
        response.widget_info(|| {
            let best = if cell.best { ", best" } else { "" };
            WidgetInfo::labeled(Role::Cell, true, format!("{}, {label}: {}{best}; {}", column.head, cell.value, cell.hover))
        });
        if !cell.hover.is_empty() {
            response.on_hover_text(&cell.hover);
        }
    }

    fn pinned_head(&mut self, ui: &mut Ui, rect: Rect) {
        let tokens = ui.tokens();
        let inner = Rect::from_min_max(pos2(rect.left() + tokens.gap.l, rect.top()), rect.max);
        cell_text(ui, inner, Align::Min, "Target", FontId::proportional(tokens.text.small), tokens.text3);
    }

    fn head(&mut self, ui: &mut Ui, column: usize, rect: Rect) {
        let tokens = ui.tokens();
        let column = &self.columns[column];
        let inner = rect.shrink2(vec2(tokens.gap.s, 0.0));
        let (top, bottom) = inner.shrink2(vec2(0.0, 5.0)).split_top_bottom_at_fraction(0.5);
        let [first, second] = &column.lines;
        let lines = if second.is_empty() { vec![(inner, first)] } else { vec![(top, first), (bottom, second)] };
        for (place, words) in lines {
            cell_text(ui, place, Align::Max, words, FontId::proportional(tokens.text.small), tokens.text3);
        }
        let response = ui.interact(rect, ui.scope_id().with(("head", column.head.as_str())), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &column.head));
        define(response, &column.head, &column.definition);
    }
}
