//! Rows pasted from a spreadsheet, looked at before they are added.

use eframe::egui::{self, Event, Id, ScrollArea, Ui};

use crate::analysis::{format_count, format_counted};
use crate::app::{ColumnMapping, ColumnPreview, Command, PasteError, PastedRows, PromptCommand, read_pasted_rows};
use crate::domain::PromptSetId;
use crate::ui::cx::Cx;
use crate::ui::screens::import_sheet::{ColumnTable, notes};
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{Alert, Editor, Level, PushButton, Sheet, bar, picture, segmented};

/// Longer texts are not shown in the field, bytes: laying them out would hold up the window.
const SHOWN_BYTES: usize = 64 << 10;

/// The sheet.
pub(super) struct PasteSheet {
    set: PromptSetId,
    text: String,
    has_header: Option<bool>,
    mapping: Option<ColumnMapping>,
    columns: ColumnTable,
    read: Option<Result<PastedRows, PasteError>>,
}

/// What became of the sheet in this frame.
#[derive(Clone, Copy)]
pub(super) struct Pasted {
    pub(super) added: bool,
    pub(super) closed: bool,
}

impl PasteSheet {
    /// For a set, with what is pasted already.
    pub(super) fn new(set: PromptSetId, text: String) -> Self {
        let mut sheet = Self { set, text, has_header: None, mapping: None, columns: ColumnTable::default(), read: None };
        sheet.read_anew();
        sheet
    }

    /// Reads the text again; what the columns are is guessed anew.
    fn read_anew(&mut self) {
        self.has_header = None;
        self.mapping = None;
        self.read();
    }

    fn read(&mut self) {
        let blank = self.text.trim().is_empty();
        self.read = (!blank).then(|| read_pasted_rows(&self.text, self.has_header, self.mapping.as_ref()));
    }

    fn cases(&self) -> usize {
        self.read.as_ref().and_then(|read| read.as_ref().ok()).map_or(0, |rows| rows.cases.len())
    }

    /// What pressing the button will do.
    fn label(&self, count: u64) -> String {
        let skipped = self.read.as_ref().and_then(|read| read.as_ref().ok()).map_or(0, |rows| rows.skipped.len());
        match (count, skipped) {
            (0, _) => "Add cases".to_owned(),
            (_, 0) => format!("Add {}", format_counted(count, "case", "cases")),
            (_, skipped) => format!("Add {} ({} skipped)", format_counted(count, "case", "cases"), format_count(skipped as u64)),
        }
    }

    /// Draws it.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ctx: &egui::Context) -> Pasted {
        let count = self.cases() as u64;
        let label = self.label(count);
        let shown = Sheet::new(Id::unique("paste rows"), "Paste rows").width(760.0).show(
            ctx,
            |ui| self.body(ui),
            |ui| {
                let add = ui.add_enabled(count > 0, PushButton::primary(&label)).clicked();
                (add, ui.add(PushButton::quiet("Cancel")).clicked())
            },
        );
        if shown.opened {
            shown.body.inspect(|field| field.request_focus());
        }
        let (add, cancel) = shown.foot;
        if add && let Some(Ok(rows)) = self.read.take() {
            cx.send(Command::Prompts(PromptCommand::AppendCases { id: self.set, cases: rows.cases }));
        }
        Pasted { added: add, closed: cancel || shown.closed }
    }

    fn body(&mut self, ui: &mut Ui) -> Option<egui::Response> {
        let tokens = ui.tokens();
        ui.label(text::quiet("Copy rows in a spreadsheet and paste them here. They are put after the last case of the set.", tokens));
        let field = self.text_field(ui);
        let mut found = None;
        match &self.read {
            None => return field,
            Some(Ok(rows)) => {
                found = Some((rows.columns.clone(), rows.has_header));
                if !rows.skipped.is_empty() {
                    ui.label(text::overline("Skipped", tokens));
                }
                let skipped: Vec<_> = rows.skipped.iter().map(|problem| (Some(problem.row), problem.reason.as_str())).collect();
                notes(ui, "skipped rows", &skipped, 110.0);
            }
            Some(Err(PasteError::NoPromptColumn { columns, has_header })) => {
                found = Some((columns.clone(), *has_header));
                Alert::new(Level::Warn, "Which column holds the prompts?").text("Choose “Prompt” for one of the columns.").show(ui);
            }
            Some(Err(error)) => {
                Alert::new(Level::Bad, "Nothing of this can be added").text(&error.to_string()).show(ui);
            }
        }
        if let Some((columns, has_header)) = found {
            self.layout(&columns, has_header, ui);
        }
        field
    }

    fn text_field(&mut self, ui: &mut Ui) -> Option<egui::Response> {
        let tokens = ui.tokens();
        let long = ui.input_mut(|input| {
            let at = input.events.iter().position(|event| matches!(event, Event::Paste(text) if text.len() > SHOWN_BYTES))?;
            match input.events.remove(at) {
                Event::Paste(text) => Some(text),
                _ => None,
            }
        });
        if let Some(long) = long {
            self.text = long;
            self.read_anew();
        }
        if self.text.len() > SHOWN_BYTES {
            bar(ui, |ui| {
                picture(ui, icons::TABLE, tokens.text.heading, tokens.text3);
                let lines = self.text.lines().count() as u64;
                ui.label(format!(
                    "{} pasted, {} KiB",
                    format_counted(lines, "line", "lines"),
                    format_count((self.text.len() >> 10) as u64)
                ));
                if ui.add(PushButton::quiet("Clear")).clicked() {
                    self.text.clear();
                    self.read_anew();
                }
            });
            return None;
        }
        let response = ScrollArea::vertical()
            .id_salt("pasted text")
            .max_height(150.0)
            .show(ui, |ui| Editor::new(&mut self.text, "Rows to paste").hint("id ⇥ prompt ⇥ topic").rows(5).show(ui))
            .inner;
        if response.changed() {
            self.read_anew();
        }
        Some(response)
    }

    fn layout(&mut self, columns: &[ColumnPreview], has_header: bool, ui: &mut Ui) {
        let tokens = ui.tokens();
        bar(ui, |ui| {
            ui.label(text::quiet("The first row", tokens));
            let mut chosen = has_header;
            if segmented(ui, "The first row", &mut chosen, &[(true, "names the columns"), (false, "is a case")]).changed() {
                self.has_header = Some(chosen);
                self.mapping = None;
                self.read();
            }
        });
        if let Some(mapping) = self.columns.show(columns, 220.0, ui) {
            self.has_header = Some(has_header);
            self.mapping = Some(mapping);
            self.read();
        }
    }
}
