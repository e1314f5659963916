//! A few choices of which one holds, side by side on one ground.

use egui::{Color32, FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::ui::theme::HasTokens as _;

/// Shows `options` side by side; a click puts one into `value`. `name` says what is chosen. The response has changed when another was chosen.
pub fn segmented<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, options: &[(T, &str)]) -> Response {
    let tokens = ui.tokens();
    let font = FontId::proportional(tokens.text.base - 1.0);
    let padding = 10.0;
    let words: Vec<_> =
        options.iter().map(|(_, label)| paint::line(ui, label, font.clone(), Color32::PLACEHOLDER, f32::INFINITY)).collect();
    let width: f32 = words.iter().map(|words| words.size().x + 2.0 * padding).sum();
    let (rect, mut group) = ui.allocate_exact_size(vec2(width, tokens.row.compact), Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), name));
    ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), tokens.bg2);
    let mut x = rect.left();
    for (index, ((option, label), words)) in options.iter().zip(words).enumerate() {
        let segment = Rect::from_min_size(pos2(x, rect.top()), vec2(words.size().x + 2.0 * padding, rect.height()));
        x = segment.right();
        let response = ui.interact(segment, group.id.with(index), Sense::click());
        if response.clicked() && option != value {
            *value = option.clone();
            group.mark_changed();
        }
        let selected = option == value;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), selected, label));
        if selected {
            ui.painter().rect_filled(segment, f32::from(tokens.radius.medium), tokens.bg3);
        }
        let ink = if selected || paint::is_hot(&response) { tokens.text1 } else { tokens.text2 };
        let top = segment.center().y - words.size().y / 2.0;
        ui.painter().galley_with_override_text_color(pos2(segment.left() + padding, top), words, ink);
        paint::focus_ring(ui, &response, segment, tokens.radius.medium);
    }
    group
}
