//! What the widgets draw alike: text in place, the focus ring, states of the pointer.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{CharIndex, LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, FontId, Galley, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::{self, Icon};

/// One line of `text`, with an ellipsis when it is wider than `max_width` points.
pub(super) fn line(ui: &Ui, text: &str, font: FontId, color: Color32, max_width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_format(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(max_width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// An icon centred at `center`.
pub(super) fn icon(painter: &Painter, center: Pos2, icon: Icon, size: f32, color: Color32) {
    painter.text(center, Align2::CENTER_CENTER, icon.glyph(), icons::font(size), color);
}

/// `galley` with its left edge at `left` and its middle at the height of `rect`'s. Returns its right edge.
pub(super) fn middle_left(ui: &Ui, rect: Rect, left: f32, galley: Arc<Galley>) -> f32 {
    let right = left + galley.size().x;
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(Pos2::new(left, top), galley, Color32::PLACEHOLDER);
    right
}

/// The ring around the widget that the keyboard acts on.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, ui.tokens().accent);
        ui.painter().rect_stroke(rect, f32::from(radius), stroke, StrokeKind::Inside);
    }
}

/// The pointer is over the widget or presses it.
pub(super) fn is_hot(response: &Response) -> bool {
    response.hovered() || response.is_pointer_button_down_on()
}

/// A ground behind a part of a text, and maybe a line through it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ground {
    pub(super) chars: Range<usize>,
    pub(super) fill: Color32,
    pub(super) strike: Option<Color32>,
}

/// Rounded grounds `height` points high behind `parts` of a `galley` that stands at `position`.
pub(super) fn grounds(ui: &Ui, galley: &Galley, position: Pos2, height: f32, parts: &[Ground]) {
    let mut row_start = 0;
    for row in &galley.rows {
        let row_end = row_start + row.char_count_excluding_newline().0;
        for Ground { chars, fill, strike } in parts {
            let from = chars.start.max(row_start);
            let mut to = chars.end.min(row_end);
            // The space at which a row was broken has no ground.
            while to > from && row.glyphs.get(to - row_start - 1).is_some_and(|glyph| glyph.chr.is_whitespace()) {
                to -= 1;
            }
            if from < to {
                let x = |at: usize| position.x + row.pos.x + row.x_offset(CharIndex(at - row_start));
                let middle = position.y + row.pos.y + row.size.y / 2.0;
                let rect = Rect::from_x_y_ranges(x(from) - 1.5..=x(to) + 1.5, middle - height / 2.0..=middle + height / 2.0);
                ui.painter().rect_filled(rect, 3.0, *fill);
                if let Some(color) = strike {
                    ui.painter().hline(x(from)..=x(to), middle + 1.0, Stroke::new(1.0, *color));
                }
            }
        }
        row_start += row.char_count_including_newline().0;
    }
}
