//! Writing a set to a file.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Id, Key};

use crate::app::{Command, ExchangeCommand, PromptFileKind};
use crate::domain::{PromptSetHead, PromptSetId};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{FormRow, PushButton, Sheet, TextField, segmented};

/// What shall be written, and where to.
pub(super) struct ExportSet {
    id: PromptSetId,
    kind: PromptFileKind,
    path: String,
}

fn extension(kind: PromptFileKind) -> &'static str {
    match kind {
        PromptFileKind::JsonL => "jsonl",
        PromptFileKind::Csv => "csv",
    }
}

/// The set's name as part of a file name: what some system refuses there becomes `-`.
fn stem(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c }).collect();
    let safe = safe.trim_matches(['.', ' ']);
    if safe.is_empty() { "prompts".to_owned() } else { safe.to_owned() }
}

impl ExportSet {
    pub(super) fn new(head: &PromptSetHead, kind: PromptFileKind, folder: &Path) -> Self {
        let path = folder.join(format!("{}.{}", stem(&head.name), extension(kind)));
        Self { id: head.id, kind, path: path.display().to_string() }
    }

    fn set_kind(&mut self, kind: PromptFileKind) {
        if let Some(stem) = self.path.strip_suffix(extension(self.kind)) {
            self.path = format!("{stem}{}", extension(kind));
        }
        self.kind = kind;
    }
}

/// Draws it; true when it shall be closed.
pub(super) fn show(cx: &Cx<'_>, export: &mut ExportSet, ctx: &egui::Context) -> bool {
    let ready = !export.path.trim().is_empty();
    let shown = Sheet::new(Id::unique("export set"), "Export prompts").width(620.0).show(
        ctx,
        |ui| {
            let tokens = ui.tokens();
            FormRow::new("Format").label_width(70.0).show(ui, |ui| {
                let mut kind = export.kind;
                if segmented(ui, "Format", &mut kind, &[(PromptFileKind::JsonL, "JSON Lines"), (PromptFileKind::Csv, "CSV")]).changed() {
                    export.set_kind(kind);
                }
            });
            ui.label(text::quiet(
                match export.kind {
                    PromptFileKind::JsonL => "One case a line. Importing the file gives the identical set, conversations included.",
                    PromptFileKind::Csv => {
                        "One case a row, for spreadsheets. Cells that a spreadsheet could run are guarded; importing takes the guard off."
                    }
                },
                tokens,
            ));
            FormRow::new("File")
                .label_width(70.0)
                .hint("A file of that name is replaced.")
                .show(ui, |ui| TextField::new(&mut export.path, "Path of the exported set").mono().show(ui))
                .inner
        },
        |ui| {
            let write = ui.add_enabled(ready, PushButton::primary("Write set")).clicked();
            let browse = ui.add(PushButton::secondary("Choose a place…")).clicked();
            (write, browse, ui.add(PushButton::quiet("Cancel")).clicked())
        },
    );
    if shown.opened {
        shown.body.request_focus();
    }
    let entered = shown.body.lost_focus() && ctx.input(|input| input.key_pressed(Key::Enter));
    let (write, browse, cancel) = shown.foot;
    let write = write || (ready && entered);
    if write || browse {
        let path = write.then(|| PathBuf::from(export.path.trim()));
        cx.send(Command::Exchange(ExchangeCommand::ExportSet { id: export.id, kind: export.kind, path }));
    }
    write || browse || cancel || shown.closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_name_makes_a_safe_file_name() {
        assert_eq!(stem("Support: a/b?"), "Support- a-b-");
        assert_eq!(stem("..."), "prompts");
        assert_eq!(stem("客服"), "客服");
    }
}
