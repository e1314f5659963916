//! A row whose things stand at one height, however tall they are.

use egui::{Align, InnerResponse, Layout, Ui, vec2};

use crate::ui::theme::HasTokens as _;

/// A row as high as a button, with everything in it centred on one line; `ui.horizontal` does so only for things of equal height.
pub fn bar<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let height = ui.tokens().row.control;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(height);
        content(ui)
    })
}
