//! A row of a form: label left, inputs right, a hint or an error below them.

use egui::{FontId, InnerResponse, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{bar, paint};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;

/// The width of the labels of a form, points.
const LABEL_WIDTH: f32 = 150.0;

/// A row of a form.
#[must_use = "call show"]
pub struct FormRow<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    label_width: f32,
}

impl<'a> FormRow<'a> {
    /// A row labelled `label`. Inputs in it that have no name get this one.
    pub fn new(label: &'a str) -> Self {
        Self { label, hint: None, error: None, label_width: LABEL_WIDTH }
    }

    /// A small line under the inputs.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What is wrong with the input, in place of the hint.
    pub fn error(mut self, error: Option<&'a str>) -> Self {
        self.error = error;
        self
    }

    /// The width of the label, points; the same in all rows of a form.
    pub fn label_width(mut self, points: f32) -> Self {
        self.label_width = points;
        self
    }

    /// Draws it.
    pub fn show<R>(self, ui: &mut Ui, inputs: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let tokens = ui.tokens();
        ui.horizontal_top(|ui| {
            let (rect, label) = ui.allocate_exact_size(vec2(self.label_width, tokens.row.control), Sense::hover());
            label.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), self.label));
            let words = paint::line(ui, self.label, FontId::proportional(tokens.text.base), tokens.text2, rect.width());
            paint::middle_left(ui, rect, rect.left(), words);
            ui.add_space(tokens.gap.xs);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = tokens.gap.xs;
                let inner = bar(ui, |ui| ui.label_inputs_by(label.id, inputs)).inner;
                if let Some(error) = self.error {
                    small_line(ui, error, true);
                } else if let Some(hint) = self.hint {
                    small_line(ui, hint, false);
                }
                inner
            })
            .inner
        })
    }
}

fn small_line(ui: &mut Ui, text: &str, wrong: bool) {
    let tokens = ui.tokens();
    let ink = if wrong { tokens.bad } else { tokens.text3 };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        if wrong {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 14.0), Sense::hover());
            paint::icon(ui.painter(), pos2(rect.center().x, rect.center().y), icons::WARNING, 12.0, ink);
        }
        ui.add(egui::Label::new(egui::RichText::new(text).font(FontId::proportional(tokens.text.small)).color(ink)).wrap());
    });
}
