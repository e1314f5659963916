//! A grid that draws itself: its head stays when it scrolls down, its first column when it scrolls sideways, and only what is in view is drawn.

use std::ops::Range;

use egui::{Align, Color32, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use crate::ui::theme::HasTokens as _;

/// Opacity of a bar's handle while the pointer is elsewhere.
const HANDLE_OPACITY: f32 = 0.5;

/// What is in the grid.
pub(super) trait GridCells {
    /// A row, before its cells: it takes clicks and returns its ground.
    fn row(&mut self, ui: &mut Ui, row: usize, rect: Rect) -> Color32;
    /// The first cell of a row.
    fn pinned(&mut self, ui: &mut Ui, row: usize, rect: Rect);
    /// Another cell of a row.
    fn cell(&mut self, ui: &mut Ui, row: usize, column: usize, rect: Rect);
    /// The head of the first column.
    fn pinned_head(&mut self, ui: &mut Ui, rect: Rect);
    /// The head of another column.
    fn head(&mut self, ui: &mut Ui, column: usize, rect: Rect);
}

/// The measures of a grid, points.
pub(super) struct PinnedGrid<'a> {
    /// Its name among the scroll areas here.
    pub(super) name: &'a str,
    pub(super) pinned_width: f32,
    /// The widths of the other columns.
    pub(super) widths: &'a [f32],
    pub(super) head_height: f32,
    pub(super) row_height: f32,
    pub(super) rows: usize,
    /// The row to bring into view.
    pub(super) scroll_to: Option<usize>,
    /// It scrolls down too, instead of being as high as its rows.
    pub(super) vertical: bool,
}

impl PinnedGrid<'_> {
    /// The width of all columns.
    fn width(&self) -> f32 {
        self.pinned_width + self.widths.iter().sum::<f32>()
    }

    /// The height of the head and all rows.
    pub(super) fn height(&self) -> f32 {
        self.head_height + self.row_height * self.rows as f32
    }

    /// Draws it in `rect`.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, cells: &mut dyn GridCells) {
        let tokens = ui.tokens();
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), self.head_height));
        let body = Rect::from_min_max(pos2(rect.left(), head.bottom()), rect.max);
        let mut place = ui.new_child(UiBuilder::new().id_salt(self.name).max_rect(body));
        // What is beyond the edge must be seen to be there.
        place.spacing_mut().scroll.dormant_handle_opacity = HANDLE_OPACITY;
        let area = ScrollArea::new([true, self.vertical]).id_salt(self.name).auto_shrink([false, false]);
        let shown = area.show_viewport(&mut place, |ui, viewport| {
            let origin = ui.max_rect().min;
            ui.allocate_rect(Rect::from_min_size(origin, vec2(self.width(), self.row_height * self.rows as f32)), Sense::hover());
            if let Some(row) = self.scroll_to {
                let top = origin.y + self.row_height * row as f32;
                ui.scroll_to_rect(Rect::from_x_y_ranges(ui.clip_rect().x_range(), top..=top + self.row_height), None::<Align>);
            }
            for row in self.rows_in(viewport.y_range().min, viewport.y_range().max) {
                self.draw_row(ui, origin.x, origin.y + self.row_height * row as f32, row, cells);
            }
            origin.x
        });
        let left = shown.inner;
        let mut heads = ui.new_child(UiBuilder::new().id_salt((self.name, "head")).max_rect(head));
        heads.set_clip_rect(head.intersect(ui.clip_rect()));
        for (column, x) in self.columns_in(&heads, left) {
            let cell = Rect::from_min_size(pos2(x, head.top()), vec2(self.widths[column], head.height()));
            cells.head(&mut heads, column, cell);
        }
        let pinned = Rect::from_min_size(head.min, vec2(self.pinned_width, head.height()));
        heads.painter().rect_filled(pinned, 0.0, tokens.bg1);
        cells.pinned_head(&mut heads, pinned);
        ui.painter().hline(rect.x_range(), head.bottom(), (1.0, tokens.line));
        if left < rect.left() - 0.5 {
            ui.painter().vline(pinned.right(), rect.y_range(), (1.0, tokens.line));
        }
        ui.allocate_rect(rect, Sense::hover());
    }

    fn rows_in(&self, from: f32, to: f32) -> Range<usize> {
        let first = (from / self.row_height).floor().max(0.0) as usize;
        let last = (to / self.row_height).ceil().max(0.0) as usize;
        first.min(self.rows)..last.min(self.rows)
    }

    /// The columns in view with their left edges; the grid begins at `left`.
    fn columns_in(&self, ui: &Ui, left: f32) -> Vec<(usize, f32)> {
        let view = ui.clip_rect().x_range();
        let mut x = left + self.pinned_width;
        let edges = self.widths.iter().enumerate().map(|(column, width)| {
            let edge = x;
            x += width;
            (column, edge, x)
        });
        edges.filter(|(_, from, to)| *to >= view.min && *from <= view.max).map(|(column, from, _)| (column, from)).collect()
    }

    fn draw_row(&self, ui: &mut Ui, left: f32, top: f32, row: usize, cells: &mut dyn GridCells) {
        let tokens = ui.tokens();
        let view = ui.clip_rect().x_range();
        let whole = Rect::from_x_y_ranges(view, top..=top + self.row_height);
        let ground = cells.row(ui, row, whole);
        ui.painter().rect_filled(whole, 0.0, ground);
        for (column, x) in self.columns_in(ui, left) {
            cells.cell(ui, row, column, Rect::from_min_size(pos2(x, top), vec2(self.widths[column], self.row_height)));
        }
        let pinned = Rect::from_min_size(whole.min, vec2(self.pinned_width, self.row_height));
        ui.painter().rect_filled(pinned, 0.0, ground);
        cells.pinned(ui, row, pinned);
        ui.painter().hline(view, whole.bottom() - 0.5, (1.0, tokens.line));
    }
}
