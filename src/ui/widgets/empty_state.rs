//! What stands where there is nothing yet: one sentence and one action.

use egui::{Align, FontId, Label, Layout, RichText, Sense, Ui, vec2};

use super::{PushButton, paint};
use crate::ui::theme::icons::Icon;
use crate::ui::theme::{HasTokens as _, text};

/// What stands where there is nothing yet.
#[must_use = "call show"]
pub struct EmptyState<'a> {
    icon: Icon,
    title: &'a str,
    sentence: &'a str,
    action: Option<&'a str>,
}

impl<'a> EmptyState<'a> {
    /// `title` says what is missing, `sentence` how to get it.
    pub fn new(icon: Icon, title: &'a str, sentence: &'a str) -> Self {
        Self { icon, title, sentence, action: None }
    }

    /// The button that does it.
    pub fn action(mut self, label: &'a str) -> Self {
        self.action = Some(label);
        self
    }

    /// Draws it in the middle of the room there is. True when its button was pressed.
    pub fn show(self, ui: &mut Ui) -> bool {
        let tokens = ui.tokens();
        let height = 92.0 + if self.action.is_some() { tokens.row.control + tokens.gap.l } else { 0.0 };
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.y = tokens.gap.xs;
            ui.add_space(((ui.available_height() - height) * 0.45).clamp(tokens.gap.l, 400.0));
            let (rect, _) = ui.allocate_exact_size(vec2(32.0, 32.0), Sense::hover());
            paint::icon(ui.painter(), rect.center(), self.icon, 26.0, tokens.text3);
            ui.add_space(tokens.gap.xs);
            ui.label(text::strong(self.title, tokens));
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width().min(420.0));
                ui.add(Label::new(RichText::new(self.sentence).font(FontId::proportional(tokens.text.base)).color(tokens.text2)).wrap());
            });
            self.action.is_some_and(|label| {
                ui.add_space(tokens.gap.m);
                ui.add(PushButton::secondary(label)).clicked()
            })
        })
        .inner
    }
}
