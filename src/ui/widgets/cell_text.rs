//! Text in a cell of a table that draws itself.

use egui::{Align, Color32, FontId, Rect, Ui, pos2};

use super::paint;

/// Draws one line of `text` in the middle of `rect`'s height, at its left, centre or right; wider than `rect` it ends in an ellipsis. It
/// has no name: the row or the cell must. True when all of it is to be seen.
pub fn cell_text(ui: &Ui, rect: Rect, align: Align, text: &str, font: FontId, color: Color32) -> bool {
    let line = paint::line(ui, text, font, color, rect.width().max(0.0));
    let left = match align {
        Align::Min => rect.left(),
        Align::Center => rect.center().x - line.size().x / 2.0,
        Align::Max => rect.right() - line.size().x,
    };
    let whole = !line.elided;
    ui.painter().galley(pos2(left, rect.center().y - line.size().y / 2.0), line, color);
    whole
}
