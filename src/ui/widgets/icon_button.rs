//! A button that is only an icon; it must have a name.

use egui::{Color32, Response, Role, Sense, Ui, Widget, WidgetInfo, vec2};

use super::paint;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons::Icon;

/// A button that is only an icon. Its name is also its tooltip.
#[must_use = "add it with ui.add"]
pub struct IconButton<'a> {
    icon: Icon,
    name: &'a str,
    selected: Option<bool>,
    selected_color: Option<Color32>,
    small: bool,
    filled: bool,
}

impl<'a> IconButton<'a> {
    /// A button with `icon`, called `name`.
    pub fn new(icon: Icon, name: &'a str) -> Self {
        Self { icon, name, selected: None, selected_color: None, small: false, filled: false }
    }

    /// A button that stays pressed.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// The colour of its icon while it is pressed; else the accent.
    pub fn selected_color(mut self, color: Color32) -> Self {
        self.selected_color = Some(color);
        self
    }

    /// Small, to stand inside fields, chips and rows.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// With a ground of its own, like a secondary button.
    pub fn filled(mut self) -> Self {
        self.filled = true;
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let (side, icon_size) = if self.small { (20.0, 13.0) } else { (tokens.row.compact + 2.0, 15.0) };
        let size = if self.filled { vec2(side + 6.0, side - 2.0) } else { vec2(side, side) };
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, self.name),
            None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name),
        });
        if ui.is_rect_visible(rect) {
            let (pressed, hot) = (self.selected == Some(true), ui.is_enabled() && paint::is_hot(&response));
            let fill = match (self.filled || pressed, hot) {
                (false, false) => Color32::TRANSPARENT,
                (true, false) | (false, true) => tokens.bg2,
                (true, true) => tokens.bg3,
            };
            let ink = match (pressed, hot) {
                (true, _) => self.selected_color.unwrap_or(tokens.accent),
                (false, true) => tokens.text1,
                (false, false) => tokens.text2,
            };
            ui.painter().rect_filled(rect, f32::from(tokens.radius.medium), fill);
            paint::icon(ui.painter(), rect.center(), self.icon, icon_size, ink);
            paint::focus_ring(ui, &response, rect, tokens.radius.medium);
        }
        response.on_hover_text(self.name)
    }
}
