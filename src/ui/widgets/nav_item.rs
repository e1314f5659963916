//! An entry of the left rail: icon over word.

use egui::{Color32, FontId, Response, Role, Sense, Ui, Widget, WidgetInfo, pos2, vec2};

use super::paint;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::Icon;

/// An entry of the left rail; as wide as the rail leaves it.
#[must_use = "add it with ui.add"]
pub struct NavItem<'a> {
    icon: Icon,
    label: &'a str,
    selected: bool,
    collapsed: bool,
}

impl<'a> NavItem<'a> {
    /// An entry for the screen called `label`.
    pub fn new(icon: Icon, label: &'a str, selected: bool) -> Self {
        Self { icon, label, selected, collapsed: false }
    }

    /// Without its word, which the tooltip says then.
    pub fn collapsed(mut self, collapsed: bool) -> Self {
        self.collapsed = collapsed;
        self
    }
}

impl Widget for NavItem<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let height = if self.collapsed { 36.0 } else { 54.0 };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), self.selected, self.label));
        if ui.is_rect_visible(rect) {
            let (fill, ink) = match (self.selected, paint::is_hot(&response)) {
                (true, _) => (tokens.bg2, tokens.text1),
                (false, true) => (tokens.bg1, tokens.text1),
                (false, false) => (Color32::TRANSPARENT, tokens.text2),
            };
            ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), fill);
            if self.collapsed {
                paint::icon(ui.painter(), rect.center(), self.icon, 18.0, ink);
            } else {
                paint::icon(ui.painter(), pos2(rect.center().x, rect.top() + 19.0), self.icon, 18.0, ink);
                let words = paint::line(ui, self.label, FontId::proportional(tokens.text.small), ink, rect.width());
                ui.painter().galley(pos2(rect.center().x - words.size().x / 2.0, rect.top() + 32.0), words, ink);
            }
            paint::focus_ring(ui, &response, rect, tokens.radius.medium);
        }
        if self.collapsed { response.on_hover_text(self.label) } else { response }
    }
}
