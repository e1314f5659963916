//! The table of cases: only what is in view is drawn, in both directions, so that a hundred thousand cases and many variables scroll.

use std::collections::BTreeMap;

use eframe::egui::{
    self, Align, CursorIcon, FontFamily, FontId, Id, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::analysis::format_counted;
use crate::app::{Command, OpenSet, PromptCommand};
use crate::domain::{Case, PromptBody};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, Tokens, icons, text};
use crate::ui::widgets::{IconButton, cell_text, define, visible};

use super::case_columns::{CaseColumns, Column};
use super::cell_editor::CellEdit;

const GUTTER: f32 = 68.0;
const HEADER: f32 = 30.0;
const PADDING: f32 = 10.0;
const WIDTHS: std::ops::RangeInclusive<f32> = 48.0..=900.0;
/// Characters of a text that a cell looks at; more would not fit.
const SHOWN_CHARS: usize = 240;

/// What the table remembers.
#[derive(Default)]
pub(super) struct CaseTable {
    widths: BTreeMap<Column, f32>,
    /// The cell that is being edited.
    pub(super) editing: Option<CellEdit>,
    /// The conversation that is being looked at, by index of its case.
    pub(super) conversation: Option<usize>,
    go_to_end: Option<GoToEnd>,
    rows_drawn: usize,
}

/// Shall the last row be shown, and is there something to do there?
struct GoToEnd {
    edit: Option<(usize, Column)>,
}

/// Where things are in this frame.
struct Grid<'a> {
    set: &'a OpenSet,
    columns: &'a CaseColumns,
    /// Left edges of the columns from 0, and the right edge of the last.
    edges: Vec<f32>,
    body: Rect,
    /// What part of the whole is in view.
    viewport: Rect,
    row_height: f32,
}

impl Grid<'_> {
    fn column_rect(&self, column: usize) -> egui::Rangef {
        let left = self.body.left() - self.viewport.left();
        egui::Rangef::new(left + self.edges[column], left + self.edges[column + 1])
    }

    fn row_rect(&self, row: usize) -> egui::Rangef {
        let top = self.body.top() - self.viewport.top() + row as f32 * self.row_height;
        egui::Rangef::new(top, top + self.row_height)
    }

    fn rows_in_view(&self) -> std::ops::Range<usize> {
        let first = (self.viewport.top() / self.row_height).floor().max(0.0) as usize;
        let last = (self.viewport.bottom() / self.row_height).ceil().max(0.0) as usize;
        first..last.min(self.columns.rows.len())
    }

    fn columns_in_view(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.columns.len())
            .filter(|column| self.edges[column + 1] > self.viewport.left() && self.edges[*column] < self.viewport.right())
    }
}

impl CaseTable {
    /// Draws the table in all the room there is.
    pub(super) fn show(&mut self, cx: &Cx<'_>, set: &OpenSet, columns: &CaseColumns, ui: &mut Ui) {
        let tokens = ui.tokens();
        let (whole, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let body = Rect::from_min_max(whole.min + vec2(GUTTER, HEADER), whole.max);
        let mut edges = vec![0.0];
        for column in &columns.columns {
            edges.push(edges.last().copied().unwrap_or_default() + self.width(column));
        }
        let mut grid = Grid { set, columns, edges, body, viewport: Rect::ZERO, row_height: tokens.row.table };
        let wanted = self.in_body(cx, &mut grid, ui);
        self.header(&grid, whole, ui);
        gutter(cx, &grid, whole, ui);
        self.edit(cx, &grid, wanted, ui);
    }

    fn width(&self, column: &Column) -> f32 {
        self.widths.get(column).copied().unwrap_or_else(|| column.usual_width())
    }

    /// The cells. Returns the one that was pressed.
    fn in_body(&mut self, cx: &Cx<'_>, grid: &mut Grid<'_>, ui: &mut Ui) -> Option<(usize, Column)> {
        let size = vec2(grid.edges.last().copied().unwrap_or_default(), grid.columns.rows.len() as f32 * grid.row_height);
        let mut child = ui.new_child(UiBuilder::new().id_salt(("cases", grid.set.head.id)).max_rect(grid.body));
        child.set_clip_rect(grid.body.intersect(ui.clip_rect()));
        let mut area = ScrollArea::both().auto_shrink(false);
        // Beyond the end as the scroll area knows it an offset would spring back: rows that are new are drawn once before they are gone to.
        let known = self.rows_drawn == grid.columns.rows.len();
        self.rows_drawn = grid.columns.rows.len();
        let mut pressed = None;
        if self.go_to_end.is_some() && !known {
            child.ctx().request_repaint();
        } else if let Some(GoToEnd { edit }) = self.go_to_end.take() {
            pressed = edit;
            area = area.vertical_scroll_offset((size.y - grid.body.height()).max(0.0)).horizontal_scroll_offset(0.0);
        }
        area.show_viewport(&mut child, |ui, viewport| {
            ui.set_width(size.x);
            ui.set_height(size.y);
            grid.viewport = viewport;
            for row in grid.rows_in_view() {
                let index = grid.columns.rows[row];
                let Some(case) = grid.set.cases.get(index) else { continue };
                ui.push_id(&case.id, |ui| {
                    for column in grid.columns_in_view() {
                        if cell(grid, row, column, case, ui) {
                            pressed = Some((index, grid.columns.columns[column].clone()));
                        }
                    }
                });
            }
        });
        let (index, column) = pressed?;
        let case = grid.set.cases.get(index)?;
        if column.text(case).is_none() {
            self.conversation = Some(index);
            self.commit(cx);
            return None;
        }
        Some((index, column))
    }

    fn header(&mut self, grid: &Grid<'_>, whole: Rect, ui: &mut Ui) {
        let tokens = ui.tokens();
        let strip = Rect::from_min_max(pos2(grid.body.left(), whole.top()), pos2(whole.right(), grid.body.top()));
        let mut child = ui.new_child(UiBuilder::new().id_salt("columns").max_rect(strip));
        child.set_clip_rect(strip.intersect(ui.clip_rect()));
        for index in grid.columns_in_view() {
            let column = &grid.columns.columns[index];
            let rect = Rect::from_x_y_ranges(grid.column_rect(index), strip.y_range());
            let id = child.scope_id().with(column.header());
            let response = child.interact(rect, id, Sense::hover());
            let name = column.header();
            response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, column.spoken()));
            let shown = visible(&name);
            cell_text(
                &child,
                rect.shrink2(vec2(PADDING, 0.0)),
                Align::Min,
                &shown.text,
                FontId::proportional(tokens.text.small),
                tokens.text3,
            );
            define(response, &shown.text, column.definition());
            let edge = Rect::from_center_size(pos2(rect.right(), rect.center().y), vec2(9.0, rect.height()));
            let grip = child.interact(edge, id.with("width"), Sense::drag()).on_hover_cursor(CursorIcon::ResizeHorizontal);
            if grip.hovered() || grip.dragged() {
                child.painter().vline(rect.right(), edge.y_range(), Stroke::new(1.0, tokens.accent));
            }
            if grip.dragged() {
                let width = (self.width(column) + grip.drag_delta().x).clamp(*WIDTHS.start(), *WIDTHS.end());
                self.widths.insert(column.clone(), width);
            }
        }
        ui.painter().hline(whole.x_range(), grid.body.top() - 0.5, Stroke::new(1.0, tokens.line));
    }

    /// The editor over its cell. `wanted` is the cell to edit next.
    fn edit(&mut self, cx: &Cx<'_>, grid: &Grid<'_>, wanted: Option<(usize, Column)>, ui: &mut Ui) {
        let mut next = wanted;
        if let Some(editing) = &mut self.editing {
            let row = grid.rows_in_view().find(|row| grid.columns.rows[*row] == editing.index);
            let column = grid.columns.columns.iter().position(|column| *column == editing.column);
            match (row, column) {
                (Some(row), Some(column)) => {
                    let rect = Rect::from_x_y_ranges(grid.column_rect(column), grid.row_rect(row));
                    let done = editing.show(rect, grid.body, ui);
                    if done.go_on && next.is_none() {
                        next = grid.columns.columns.get(column + 1).map(|next| (editing.index, next.clone()));
                    }
                    if done.cancelled {
                        self.editing = None;
                    } else if done.committed {
                        self.commit(cx);
                    }
                }
                _ => self.commit(cx),
            }
        }
        let Some((index, column)) = next else { return };
        self.commit(cx);
        self.start(grid.set, index, column);
    }

    /// Shows the last row, and opens the editor of a cell in it.
    pub(super) fn go_to_end(&mut self, edit: Option<(usize, Column)>) {
        self.go_to_end = Some(GoToEnd { edit });
    }

    /// Opens the editor of a cell, where there is one.
    fn start(&mut self, set: &OpenSet, index: usize, column: Column) {
        self.editing = set.cases.get(index).and_then(|case| CellEdit::new(set.head.id, index, case, column));
    }

    /// Ends editing and keeps what was typed.
    pub(super) fn commit(&mut self, cx: &Cx<'_>) {
        let Some(editing) = self.editing.take() else { return };
        if let Some(set) = cx.state.prompts.open.get(&editing.set)
            && let Some(case) = editing.changed(&set.cases)
        {
            cx.send(Command::Prompts(PromptCommand::EditCase { id: editing.set, index: editing.index, case: Box::new(case) }));
        }
    }
}

/// What stands in a cell, in which font and colour.
fn shown(grid: &Grid<'_>, index: usize, column: &Column, case: &Case, tokens: &Tokens) -> (String, FontId, egui::Color32) {
    let base = FontId::proportional(tokens.text.base);
    let Some(words) = column.text(case) else {
        let count = match &case.body {
            PromptBody::Messages(messages) => messages.len(),
            PromptBody::Template { .. } => 0,
        };
        return match column {
            Column::Prompt => (format_counted(count as u64, "message", "messages"), base, tokens.accent),
            _ => ("in the messages".to_owned(), base, tokens.text3),
        };
    };
    if grid.columns.is_missing(index, column) {
        return ("needs a value".to_owned(), base, tokens.warn);
    }
    if words.is_empty() {
        return match column {
            Column::Prompt => ("no prompt yet".to_owned(), base, tokens.warn),
            Column::Variable(name) if case.vars.contains_key(name) => ("(empty)".to_owned(), base, tokens.text3),
            _ => (String::new(), base, tokens.text3),
        };
    }
    let start: String = words.chars().take(SHOWN_CHARS).map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    let font = if column.is_mono() { FontId::new(tokens.text.mono, FontFamily::Monospace) } else { base };
    let ink = if *column == Column::Id { tokens.text2 } else { tokens.text1 };
    (visible(&start).text.into_owned(), font, ink)
}

/// One cell; true when it was pressed.
fn cell(grid: &Grid<'_>, row: usize, column: usize, case: &Case, ui: &mut Ui) -> bool {
    let tokens = ui.tokens();
    let rect = Rect::from_x_y_ranges(grid.column_rect(column), grid.row_rect(row));
    let column = &grid.columns.columns[column];
    let response = ui.interact(rect, cell_id(ui, column), Sense::click());
    let (words, font, ink) = shown(grid, grid.columns.rows[row], column, case, tokens);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Cell, ui.is_enabled(), format!("{} of case {}", column.spoken(), visible(&case.id).text));
        info.current_text_value = Some(words.clone());
        info
    });
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink(1.0), f32::from(tokens.radius.small), tokens.bg2);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(rect.shrink(1.0), f32::from(tokens.radius.small), stroke, egui::StrokeKind::Inside);
    }
    cell_text(ui, rect.shrink2(vec2(PADDING, 0.0)), Align::Min, &words, font, ink);
    response.clicked()
}

fn cell_id(ui: &Ui, column: &Column) -> Id {
    ui.scope_id().with(column.header())
}

/// Row numbers and the buttons that take a case away; they stay while the columns scroll sideways.
fn gutter(cx: &Cx<'_>, grid: &Grid<'_>, whole: Rect, ui: &mut Ui) {
    let tokens = ui.tokens();
    let strip = Rect::from_min_max(pos2(whole.left(), grid.body.top()), pos2(grid.body.left(), whole.bottom()));
    let mut child = ui.new_child(UiBuilder::new().id_salt("rows").max_rect(strip));
    child.set_clip_rect(strip.intersect(ui.clip_rect()));
    for row in grid.rows_in_view() {
        let index = grid.columns.rows[row];
        let Some(case) = grid.set.cases.get(index) else { continue };
        let rows = grid.row_rect(row);
        let number = Rect::from_x_y_ranges(strip.left()..=strip.left() + GUTTER - 32.0, rows);
        cell_text(&child, number, Align::Max, &(index + 1).to_string(), text::figures_font(tokens.text.small), tokens.text3);
        let line = Rect::from_x_y_ranges(whole.x_range(), rows).intersect(grid.body.union(strip));
        let hovered = child.rect_contains_pointer(line);
        let place = Rect::from_center_size(pos2(strip.right() - 16.0, rows.center()), vec2(20.0, 20.0));
        child.push_id(&case.id, |ui| {
            let mut spot = ui.new_child(UiBuilder::new().max_rect(place));
            if !hovered {
                spot.multiply_opacity(0.4);
            }
            let name = format!("Remove case {}", visible(&case.id).text);
            if spot.add(IconButton::new(icons::TRASH, &name).small()).clicked() {
                cx.send(Command::Prompts(PromptCommand::RemoveCase { id: grid.set.head.id, index }));
            }
        });
        let bottom = rows.max - 0.5;
        if line.y_range().contains(bottom) {
            ui.painter().hline(whole.x_range(), bottom, Stroke::new(1.0, tokens.line));
        }
    }
}
