//! Shortcuts, version and licences.

use eframe::egui::Ui;

use crate::ui::shortcuts;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::key_value;

use super::section::{LABELS, paragraph, section};

/// Draws the shortcuts.
pub(super) fn shortcuts(ui: &mut Ui) {
    let tokens = ui.tokens();
    section(ui, "Keyboard", |ui| {
        for (keys, meaning) in shortcuts::LIST {
            key_value(ui, 200.0, keys, text::quiet(*meaning, tokens));
        }
        paragraph(ui, "On macOS, Cmd stands for Ctrl. Single letters work while nothing is being typed.");
    });
}

/// Draws version and licences.
pub(super) fn version(ui: &mut Ui) {
    let tokens = ui.tokens();
    section(ui, "About", |ui| {
        key_value(ui, LABELS, "Assay", text::figures(env!("CARGO_PKG_VERSION"), tokens));
        key_value(ui, LABELS, "Licence", text::quiet("MIT or Apache-2.0, as you like", tokens));
        key_value(ui, LABELS, "Fonts", text::quiet("Inter and JetBrains Mono, SIL Open Font License 1.1", tokens));
        key_value(ui, LABELS, "Icons", text::quiet("Lucide, ISC License", tokens));
        key_value(
            ui,
            LABELS,
            "Built on",
            text::quiet("egui, tokio, reqwest, SQLite and other open-source work under licences of their own", tokens),
        );
    });
}
