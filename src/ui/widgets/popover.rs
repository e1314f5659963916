//! A small form or a detail under the button that opens it.

use egui::{Frame, Margin, Popup, PopupCloseBehavior, Response, ScrollArea, Ui};

use crate::ui::theme::HasTokens as _;

/// Shows `content`, `width` points wide, under `button` after a click on it, until a click elsewhere or Escape. `name` says what it is.
pub fn popover<R>(button: &Response, name: &str, width: f32, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let tokens = button.ctx.tokens();
    let room = button.ctx.content_rect();
    let edge = tokens.gap.m;
    // The scroll bar has the edge at the right to itself.
    let frame = Frame::popup(&button.ctx.global_style()).inner_margin(Margin { right: 0, ..Margin::same(edge as i8) });
    Popup::from_toggle_button_response(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .gap(tokens.gap.xs)
        .accessible_name(name)
        .frame(frame)
        .show(|ui| {
            let width = width.min(room.width() - 2.0 * tokens.gap.xl);
            ui.set_width(width + edge);
            let height = (room.height() - 140.0).max(160.0);
            // An area is 400 points high at first, whatever it holds.
            ui.set_max_height(height);
            let area = ScrollArea::vertical().max_height(height).auto_shrink([false, true]);
            area.show(ui, |ui| Frame::new().inner_margin(Margin { right: edge as i8, ..Margin::ZERO }).show(ui, content).inner).inner
        })
        .map(|shown| shown.inner)
}
