//! A fact: what it is left, how it is right.

use egui::{FontId, Label, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use super::paint;
use crate::ui::theme::HasTokens as _;

/// A row with `key` in a column of `key_width` points and `value`, which can be selected and wraps.
pub fn key_value(ui: &mut Ui, key_width: f32, key: &str, value: impl Into<RichText>) -> Response {
    let tokens = ui.tokens();
    ui.horizontal_top(|ui| {
        let (rect, label) = ui.allocate_exact_size(vec2(key_width, 18.0), Sense::hover());
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
        let words = paint::line(ui, key, FontId::proportional(tokens.text.base), tokens.text3, rect.width());
        paint::middle_left(ui, rect, rect.left(), words);
        ui.add(Label::new(value.into().line_height(Some(18.0))).wrap().selectable(true))
    })
    .inner
}
