//! What a number or a word means, on hover.

use egui::{Frame, Label, Response, RichText};

use crate::ui::theme::{HasTokens as _, text};

/// Shows `term` and its `definition` while the pointer rests on `response`.
pub fn define(response: Response, term: &str, definition: &str) -> Response {
    response.on_hover_ui(|ui| {
        let tokens = ui.tokens();
        Frame::new().inner_margin(4).show(ui, |ui| {
            ui.set_max_width(ui.spacing().tooltip_width);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.label(text::strong(term, tokens));
            ui.add(Label::new(RichText::new(definition).color(tokens.text2).line_height(Some(18.0))).wrap());
        });
    })
}
