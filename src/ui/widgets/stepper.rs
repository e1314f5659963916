//! A whole number with − and +.

use std::ops::RangeInclusive;

use egui::{DragValue, Frame, Margin, Response, Ui, UiBuilder, vec2};

use super::IconButton;
use super::text_field::id_of_field;
use crate::ui::theme::{HasTokens as _, icons};

/// A whole number with − and +, which can also be typed or dragged.
#[must_use = "call show"]
pub struct Stepper<'a> {
    value: &'a mut u32,
    range: RangeInclusive<u32>,
    name: &'a str,
    suffix: &'a str,
    step: u32,
}

impl<'a> Stepper<'a> {
    /// The number called `name`; what is chosen is within `range`. A number out of it is shown as it is until somebody changes it.
    pub fn new(value: &'a mut u32, range: RangeInclusive<u32>, name: &'a str) -> Self {
        Self { value, range, name, suffix: "", step: 1 }
    }

    /// The unit after the number, with the space before it.
    pub fn suffix(mut self, suffix: &'a str) -> Self {
        self.suffix = suffix;
        self
    }

    /// How far − and + go.
    pub fn step(mut self, step: u32) -> Self {
        self.step = step;
        self
    }

    /// Draws it. The response has changed when the number has.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let before = *self.value;
        let (least, most) = (*self.range.start(), *self.range.end());
        let frame = Frame::new().fill(tokens.bg0).corner_radius(tokens.radius.medium).inner_margin(Margin::symmetric(2, 2));
        let own = UiBuilder::new().scope_id(id_of_field(ui, self.name));
        let shown = ui.scope_builder(own, |ui| {
            frame.show(ui, |ui| {
                ui.spacing_mut().interact_size = vec2(44.0, 26.0);
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.visuals_mut().widgets.inactive.weak_bg_fill = tokens.bg0;
                    let name = format!("Fewer: {}", self.name);
                    if ui.add_enabled(*self.value > least, IconButton::new(icons::MINUS, &name).small()).clicked() {
                        *self.value = self.value.saturating_sub(self.step);
                    }
                    let number = ui
                        .add(
                            DragValue::new(self.value)
                                .range(self.range.clone())
                                .clamp_existing_to_range(false)
                                .suffix(self.suffix)
                                .speed(0.1),
                        )
                        .accessible_name(self.name);
                    let name = format!("More: {}", self.name);
                    if ui.add_enabled(*self.value < most, IconButton::new(icons::PLUS, &name).small()).clicked() {
                        *self.value = self.value.saturating_add(self.step);
                    }
                    number
                })
                .inner
            })
        });
        let mut response = shown.inner.inner;
        if *self.value != before {
            *self.value = (*self.value).clamp(least, most);
            response.mark_changed();
        }
        response
    }
}
