//! The head of an answer's column: which target, and its figures.

use egui::{FontId, Label, Rect, Role, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::ui::theme::{HasTokens as _, Tokens, text};
use crate::ui::widgets::{Metric, badge, dot, progress_line, simulated_badge, visible, warning_badge};

use super::cell_state::CellState;
use super::column::Column;
use super::metrics::answer_figures;

/// Narrower than this, the figures stand in two rows, points.
const FIGURES_IN_ONE_ROW: f32 = 380.0;
const NAME_HEIGHT: f32 = 20.0;
const FIGURE_HEIGHT: f32 = 30.0;

/// The height of the heads of columns `width` points wide: all alike, whatever is known yet, so that nothing jumps.
pub(super) fn height(tokens: &Tokens, width: f32) -> f32 {
    let rows = if width < FIGURES_IN_ONE_ROW { 2.0 * FIGURE_HEIGHT + tokens.gap.xs } else { FIGURE_HEIGHT };
    tokens.gap.s + NAME_HEIGHT + tokens.gap.xs + rows + tokens.gap.s
}

/// Marks the current column, and makes the head in `rect` choose it. True when it was chosen. Drawn before the head's content, which lies above it.
pub(super) fn select(ui: &mut Ui, column: &Column<'_>, rect: Rect, current: bool) -> bool {
    let tokens = ui.tokens();
    let response = ui.interact(rect, ui.scope_id().with("column"), Sense::click());
    let words = if current { ", current" } else { "" };
    let name = format!("Column {}{words}: {}", column.cell.target_index + 1, visible(&column.target.label).text);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, &name));
    if current {
        ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(rect.width(), 2.0)), 0.0, tokens.accent);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect.shrink(1.0), f32::from(tokens.radius.small), (1.5, tokens.accent), StrokeKind::Inside);
    }
    response.clicked()
}

/// Draws the head of `column` in `rect`.
pub(super) fn show(ui: &mut Ui, column: &Column<'_>, rect: Rect) {
    let tokens = ui.tokens();
    let inner = rect.shrink2(vec2(tokens.gap.l, tokens.gap.s));
    let mut child = ui.new_child(UiBuilder::new().id_salt("head").max_rect(inner));
    child.spacing_mut().item_spacing = vec2(tokens.gap.s, tokens.gap.xs);
    name_row(&mut child, column);
    let figures = answer_figures(column);
    let per_row = if rect.width() < FIGURES_IN_ONE_ROW { 3 } else { figures.len() };
    for figures in figures.chunks(per_row) {
        child.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.gap.m;
            for figure in figures {
                ui.add(Metric::new(figure.label, figure.value.as_deref(), figure.widest).definition(&figure.definition));
            }
        });
    }
    // A cell that waits to be sent again may do so for long, and nothing moves.
    if let CellState::Streaming(live) = column.state
        && live.waiting.is_none()
    {
        let line = Rect::from_min_size(pos2(rect.left(), rect.bottom() - 2.0), vec2(rect.width(), 2.0));
        let mut child = ui.new_child(UiBuilder::new().id_salt("progress").max_rect(line));
        progress_line(&mut child, &format!("Streaming: {}", column.target.label), None);
    }
}

fn name_row(ui: &mut Ui, column: &Column<'_>) {
    let tokens = ui.tokens();
    let repeats = column.run.plan.settings.repeats;
    let repeat = (repeats > 1).then(|| format!("{} of {repeats}", column.cell.repeat + 1));
    let baseline = column.is_baseline() && column.run.plan.targets.len() > 1;
    let simulated = column.target.connection.is_simulated();
    let badge_width = |ui: &Ui, words: &str| {
        let font = FontId::proportional(tokens.text.small - 0.5);
        ui.painter().layout_no_wrap(words.to_owned(), font, tokens.text2).size().x + 14.0 + tokens.gap.s
    };
    let mut badges = repeat.as_deref().map_or(0.0, |words| badge_width(ui, words));
    badges += if baseline { badge_width(ui, "baseline") } else { 0.0 };
    let fallback = column.state.row().is_some_and(|row| row.fallback.is_some());
    badges += if fallback { badge_width(ui, "fallback") } else { 0.0 };
    badges += if simulated { badge_width(ui, "simulated") + 14.0 } else { 0.0 };
    let slow = column.run.drifting.words(column.cell.target_index as usize);
    badges += if slow.is_some() { badge_width(ui, "slow") + 14.0 } else { 0.0 };
    ui.horizontal(|ui| {
        ui.set_height(NAME_HEIGHT);
        dot(ui, tokens.series(usize::from(column.target.colour)));
        let room = (ui.available_width() - badges).max(48.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(Label::new(text::strong(visible(&column.target.label).text, tokens)).truncate());
        });
        if let Some(words) = &repeat {
            badge(ui, words);
        }
        if baseline {
            badge(ui, "baseline").on_hover_text("Differences are shown from this target.");
        }
        if fallback {
            badge(ui, "fallback").on_hover_text("This target failed: answer and figures are those of its fallback, the cost is of both.");
        }
        if simulated {
            simulated_badge(ui);
        }
        if let Some(words) = &slow {
            warning_badge(ui, "slow", words);
        }
    });
}
