//! A part of the settings under its name.

use eframe::egui::{Label, Ui};

use crate::ui::theme::{HasTokens as _, text};

/// Width of the labels in all sections, points.
pub(super) const LABELS: f32 = 150.0;

/// Draws a section around `content`.
pub(super) fn section(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    let tokens = ui.tokens();
    ui.label(text::heading(name, tokens));
    ui.add_space(tokens.gap.xs);
    ui.push_id(name, |ui| {
        ui.spacing_mut().item_spacing.y = tokens.gap.s;
        content(ui);
    });
    ui.add_space(tokens.gap.xl);
}

/// A paragraph beside the settings.
pub(super) fn paragraph(ui: &mut Ui, words: &str) {
    let tokens = ui.tokens();
    ui.add(Label::new(text::quiet(words, tokens).line_height(Some(19.0))).wrap());
}
