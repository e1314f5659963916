//! The sheet and its states: no file, reading, refused, preview.

use eframe::egui::{self, Id, RichText, Ui};

use crate::analysis::{format_count, format_counted};
use crate::app::{ColumnPreview, Command, ExchangeCommand, ImportPreview, ImportSheet};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Alert, FormRow, Level, PushButton, Sheet, TextField, progress_line, tabs, visible};

use super::case_preview;
use super::column_table::ColumnTable;
use super::file_field::{FileField, drop_hint};
use super::row_notes::notes;

/// The parts of a preview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Cases,
    Columns,
    Skipped,
    Warnings,
}

/// Height of what stands above a preview's part, points.
const ABOVE_PANE: f32 = 126.0;

/// What the sheet remembers.
#[derive(Default)]
pub(crate) struct ImportView {
    file: FileField,
    columns: ColumnTable,
    part: Part,
}

/// Draws the sheet while it is open.
pub(in crate::ui::screens) fn show(cx: &Cx<'_>, view: &mut ImportView, ctx: &egui::Context) {
    let Some(sheet) = &cx.state.exchange.import else {
        *view = ImportView::default();
        return;
    };
    let width = if sheet.path.is_some() { 920.0 } else { 640.0 };
    let label = sheet.preview.as_ref().map_or_else(|| "Import".to_owned(), |preview| import_words(preview));
    let ready = !sheet.reading && sheet.preview.as_ref().is_some_and(|preview| !preview.cases.is_empty());
    let pane_height = (ctx.content_rect().height() - 400.0).clamp(140.0, 380.0);
    let shown = Sheet::new(Id::unique("import"), "Import prompts").width(width).show(
        ctx,
        |ui| {
            let field = view.file.show(cx, sheet, ui);
            view.body(cx, sheet, pane_height, ui);
            field
        },
        |ui| {
            let commit = sheet.path.is_some() && ui.add_enabled(ready, PushButton::primary(&label)).clicked();
            (commit, ui.add(PushButton::quiet("Cancel")).clicked())
        },
    );
    if shown.opened && sheet.path.is_none() {
        shown.body.request_focus();
    }
    let (commit, cancel) = shown.foot;
    if commit {
        cx.send(Command::Exchange(ExchangeCommand::CommitImport));
    } else if cancel || shown.closed {
        cx.send(Command::Exchange(ExchangeCommand::CancelImport));
    }
}

/// What pressing the button will do.
fn import_words(preview: &ImportPreview) -> String {
    let skipped = preview.skipped.len() as u64;
    if preview.cases.is_empty() {
        return "Nothing to import".to_owned();
    }
    let cases = format_counted(preview.cases.len() as u64, "case", "cases");
    if skipped == 0 { format!("Import {cases}") } else { format!("Import {cases} ({} skipped)", format_count(skipped)) }
}

/// What the file is.
fn facts(preview: &ImportPreview) -> String {
    let mut facts = vec![preview.format.label().to_owned(), preview.encoding.to_owned()];
    facts.extend(preview.delimiter.map(|delimiter| match delimiter {
        '\t' => "tabs between cells".to_owned(),
        other => format!("“{other}” between cells"),
    }));
    facts.push(format_counted(preview.row_count, "row", "rows"));
    facts.push(size_words(preview.bytes));
    facts.join("  ·  ")
}

fn size_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format_counted(bytes, "byte", "bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

impl ImportView {
    fn body(&mut self, cx: &Cx<'_>, sheet: &ImportSheet, pane_height: f32, ui: &mut Ui) {
        let tokens = ui.tokens();
        if sheet.path.is_none() {
            drop_hint(sheet, ui);
            return;
        }
        if sheet.error.as_ref().is_none_or(|refusal| !refusal.columns.is_empty()) {
            // One height from the reading to the preview: nothing jumps under the pointer.
            ui.set_min_height(pane_height + ABOVE_PANE);
        }
        if sheet.reading {
            progress_line(ui, "Reading the file", None);
        } else {
            ui.add_space(2.0);
        }
        match (&sheet.preview, &sheet.error) {
            (Some(preview), _) => self.preview(cx, sheet, preview, pane_height, ui),
            (None, Some(refusal)) if refusal.columns.is_empty() => {
                Alert::new(Level::Bad, "Nothing of this file can be imported").text(&visible(&refusal.message).text).show(ui);
            }
            (None, Some(refusal)) => {
                let words = "No column is called “prompt”. Choose “Prompt” for the column that holds them.";
                Alert::new(Level::Warn, "Which column holds the prompts?").text(words).show(ui);
                self.map(cx, &refusal.columns, pane_height, ui);
            }
            (None, None) => {
                ui.label(text::quiet("Reading the file…", tokens));
            }
        }
    }

    fn preview(&mut self, cx: &Cx<'_>, sheet: &ImportSheet, preview: &ImportPreview, pane_height: f32, ui: &mut Ui) {
        let tokens = ui.tokens();
        ui.label(RichText::new(facts(preview)).color(tokens.text2));
        let mut name = sheet.name.clone();
        FormRow::new("New set").label_width(64.0).show(ui, |ui| {
            let field = TextField::new(&mut name, "Name of the new set").hint(&preview.suggested_name).width(360.0).char_limit(60);
            if field.show(ui).changed() {
                cx.send(Command::Exchange(ExchangeCommand::NameImport(name.clone())));
            }
        });
        let counted = |word: &str, count: usize| format!("{word} {}", format_count(count as u64));
        let mut parts = vec![(Part::Cases, counted("Cases", preview.cases.len()))];
        for (part, word, count) in [
            (Part::Columns, "Columns", preview.columns.len()),
            (Part::Skipped, "Skipped", preview.skipped.len()),
            (Part::Warnings, "Warnings", preview.warnings.len()),
        ] {
            if count > 0 {
                parts.push((part, counted(word, count)));
            }
        }
        if !parts.iter().any(|(part, _)| *part == self.part) {
            self.part = Part::Cases;
        }
        let options: Vec<(Part, &str)> = parts.iter().map(|(part, words)| (*part, words.as_str())).collect();
        tabs(ui, "Parts of the file", &mut self.part, &options);
        ui.push_id(self.part as u8, |ui| {
            ui.set_min_height(pane_height);
            match self.part {
                Part::Cases if preview.cases.is_empty() => {
                    ui.label(text::quiet("No row could be taken. “Skipped” says why.", tokens));
                }
                Part::Cases => case_preview::show(&preview.cases, pane_height, ui),
                Part::Columns => self.map(cx, &preview.columns, pane_height, ui),
                Part::Skipped => {
                    let skipped: Vec<_> = preview.skipped.iter().map(|problem| (Some(problem.row), problem.reason.as_str())).collect();
                    notes(ui, "skipped rows", &skipped, pane_height);
                }
                Part::Warnings => {
                    let warnings: Vec<_> = preview.warnings.iter().map(|warning| (warning.row, warning.message.as_str())).collect();
                    notes(ui, "warnings", &warnings, pane_height);
                }
            }
        });
    }

    fn map(&mut self, cx: &Cx<'_>, columns: &[ColumnPreview], pane_height: f32, ui: &mut Ui) {
        if let Some(mapping) = self.columns.show(columns, pane_height, ui) {
            cx.send(Command::Exchange(ExchangeCommand::Remap(mapping)));
        }
    }
}
