//! A value over its label.

use egui::{FontId, Response, Role, Sense, Ui, Widget, WidgetInfo, pos2, vec2};

use super::{define, paint};
use crate::ui::theme::{HasTokens as _, text};

/// What stands for a value that is not known (yet).
const UNKNOWN: &str = "—";

/// A value over its label. Its room is reserved before the value is known, so that nothing jumps.
#[must_use = "add it with ui.add"]
pub struct Metric<'a> {
    label: &'a str,
    value: Option<&'a str>,
    widest: &'a str,
    definition: Option<&'a str>,
}

impl<'a> Metric<'a> {
    /// The metric called `label`; `widest` is a value as wide as values get, such as `00.00 s`.
    pub fn new(label: &'a str, value: Option<&'a str>, widest: &'a str) -> Self {
        Self { label, value, widest, definition: None }
    }

    /// What it means, on hover.
    pub fn definition(mut self, definition: &'a str) -> Self {
        self.definition = Some(definition);
        self
    }
}

impl Widget for Metric<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let value_font = text::figures_medium_font(tokens.text.base);
        let shown = self.value.unwrap_or(UNKNOWN);
        let ink = if self.value.is_some() { tokens.text1 } else { tokens.text3 };
        let value = paint::line(ui, shown, value_font.clone(), ink, f32::INFINITY);
        let label = paint::line(ui, self.label, FontId::proportional(tokens.text.small - 0.5), tokens.text3, f32::INFINITY);
        let widest = paint::line(ui, self.widest, value_font, ink, f32::INFINITY).size().x;
        let width = widest.max(value.size().x).max(label.size().x).ceil();
        let (rect, response) = ui.allocate_exact_size(vec2(width, 30.0), Sense::hover());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {}", self.label, self.value.unwrap_or("not known yet"))));
        ui.painter().galley(rect.min, value, ink);
        ui.painter().galley(pos2(rect.left(), rect.top() + 16.0), label, ink);
        match self.definition {
            Some(definition) => define(response, self.label, definition),
            None => response,
        }
    }
}
