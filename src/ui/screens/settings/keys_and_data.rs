//! Where runs and keys are kept.

use eframe::egui::{Label, Ui};

use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{FormRow, IconButton, key_value, visible};

use super::section::{LABELS, paragraph, section};

/// The keychain of this system.
const KEYCHAIN: &str = if cfg!(target_os = "macos") {
    "The macOS keychain"
} else if cfg!(target_os = "windows") {
    "The Windows Credential Manager"
} else {
    "The desktop's Secret Service (GNOME Keyring, KWallet)"
};

/// Draws both sections.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui) {
    let tokens = ui.tokens();
    section(ui, "Data", |ui| {
        let folder = cx.state.preferences.data_folder.as_str();
        let about = "Connections, prompt sets, runs and settings. Copy the folder while Assay is closed to move or back up everything but the keys.";
        FormRow::new("Folder").label_width(LABELS).hint(about).show(ui, |ui| {
            let copy_room = 40.0;
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - copy_room);
                ui.add(Label::new(text::mono(visible(folder).text, tokens)).truncate().selectable(true));
            });
            if ui.add(IconButton::new(icons::COPY, "Copy the path of the data folder")).clicked() {
                ui.ctx().copy_text(folder.to_owned());
            }
        });
    });
    section(ui, "Keys", |ui| {
        paragraph(ui, "Each connection says where its key lives. There is no silent fallback from one place to another.");
        let keychain = format!("{KEYCHAIN}. Survives a restart; protected by your login.");
        key_value(ui, LABELS, "Keychain", text::quiet(keychain, tokens));
        key_value(ui, LABELS, "This session", text::quiet("Memory only. Gone when Assay closes.", tokens));
        key_value(ui, LABELS, "Environment", text::quiet("A variable such as $OPENAI_API_KEY, read when a run starts.", tokens));
        paragraph(
            ui,
            "A key is sent only to the host that it was saved for. It is never written to the database, settings, logs, error messages, \
             exports or copied cURL commands; an export that would hold one is refused.",
        );
    });
}
