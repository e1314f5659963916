//! The file: typed, chosen by the system's dialog, or dropped on the window.

use std::path::PathBuf;

use eframe::egui::{Align, Key, Layout, Margin, Ui};

use crate::app::{Command, ExchangeCommand, ImportSheet};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{Alert, Card, Level, PushButton, TextField, bar, picture};

/// The path while it is being typed.
#[derive(Default)]
pub(super) struct FileField {
    draft: String,
    /// The file that the draft was last set to.
    of: Option<PathBuf>,
}

impl FileField {
    /// Draws the field and its buttons; returns the field.
    pub(super) fn show(&mut self, cx: &Cx<'_>, sheet: &ImportSheet, ui: &mut Ui) -> eframe::egui::Response {
        if self.of != sheet.path {
            self.of.clone_from(&sheet.path);
            self.draft = sheet.path.as_ref().map_or_else(String::new, |path| path.display().to_string());
        }
        bar(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(PushButton::secondary("Choose file…").icon(icons::FOLDER)).clicked() {
                    cx.send(Command::Exchange(ExchangeCommand::BrowseImport));
                }
                let ready = !self.draft.trim().is_empty() && !sheet.reading;
                let read = ui.add_enabled(ready, PushButton::secondary("Read")).clicked();
                let field = TextField::new(&mut self.draft, "Path of the file")
                    .hint("Path of a file, such as /home/me/prompts.csv")
                    .mono()
                    .show(ui);
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if ready && (read || entered) {
                    cx.send(Command::Exchange(ExchangeCommand::ReadImport(PathBuf::from(self.draft.trim()))));
                }
                field
            })
            .inner
        })
        .inner
    }
}

/// What stands there before a file is chosen.
pub(super) fn drop_hint(sheet: &ImportSheet, ui: &mut Ui) {
    let tokens = ui.tokens();
    if sheet.dialog_missing {
        let words = "Type the path of the file and press Read, or drop the file on this window.";
        Alert::new(Level::Info, "No file was chosen").text(words).show(ui);
    }
    let over = ui.input(|input| !input.raw.hovered_files.is_empty());
    Card::new().outlined(over).padding(Margin::symmetric(16, 22)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.vertical_centered(|ui| {
            picture(ui, icons::FILE, 24.0, tokens.text3);
            ui.label(text::strong(if over { "Let go to read it" } else { "Drop a file anywhere on this window" }, tokens));
            ui.label(text::quiet("CSV, TSV, JSON, JSON Lines or promptfoo YAML", tokens));
        });
    });
    ui.label(text::small("You see what is in the file before anything is kept. Nothing in it is executed, fetched or followed.", tokens));
}
