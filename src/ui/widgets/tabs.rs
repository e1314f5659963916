//! The views of one screen, one at a time.

use egui::{Color32, FontId, Galley, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::ui::theme::{HasTokens as _, text};

/// Shows `options` as tabs in a row; a click puts one into `value`. `name` says what they are views of. The response has changed when another was chosen.
pub fn tabs<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, options: &[(T, &str)]) -> Response {
    let tokens = ui.tokens();
    let plain = FontId::proportional(tokens.text.base);
    let words = |ui: &Ui, label: &str, font| paint::line(ui, label, font, Color32::PLACEHOLDER, f32::INFINITY);
    // The width is that of the bold words, so that nothing moves when another tab is chosen.
    let bold: Vec<_> = options.iter().map(|(_, label)| words(ui, label, text::strong_font(tokens.text.base))).collect();
    let width_of = |words: &Galley| words.size().x + 2.0 * tokens.gap.m;
    let gaps = tokens.gap.xs * options.len().saturating_sub(1) as f32;
    let width = bold.iter().map(|words| width_of(words)).sum::<f32>() + gaps;
    let (rect, mut list) = ui.allocate_exact_size(vec2(width, 28.0), Sense::hover());
    list.widget_info(|| WidgetInfo::labeled(Role::TabList, ui.is_enabled(), name));
    let mut left = rect.left();
    for (index, ((option, label), bold)) in options.iter().zip(bold).enumerate() {
        let tab = Rect::from_min_size(pos2(left, rect.top()), vec2(width_of(&bold), rect.height()));
        left = tab.right() + tokens.gap.xs;
        let response = ui.interact(tab, list.id.with(index), Sense::click());
        if response.clicked() && option != value {
            *value = option.clone();
            list.mark_changed();
        }
        let selected = option == value;
        response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), selected, label));
        let (fill, ink) = match (selected, paint::is_hot(&response)) {
            (true, _) => (tokens.bg2, tokens.text1),
            (false, true) => (Color32::TRANSPARENT, tokens.text1),
            (false, false) => (Color32::TRANSPARENT, tokens.text2),
        };
        ui.painter().rect_filled(tab, f32::from(tokens.radius.medium), fill);
        let shown = if selected { bold } else { words(ui, label, plain.clone()) };
        ui.painter().galley_with_override_text_color(tab.center() - shown.size() / 2.0, shown, ink);
        paint::focus_ring(ui, &response, tab, tokens.radius.medium);
    }
    list
}
