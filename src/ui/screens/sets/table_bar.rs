//! The bar over the table: add, paste, take back, search.

use eframe::egui::{Align, Layout, Ui};

use crate::analysis::format_count;
use crate::app::OpenSet;
use crate::ui::theme::{HasTokens as _, icons, text};
use crate::ui::widgets::{IconButton, PushButton, SearchField, bar};

use super::case_columns::CaseColumns;

/// What a person wants of the table.
#[derive(Clone, Copy)]
pub(super) enum BarAction {
    AddCase,
    PasteRows,
    Undo,
}

/// Draws it.
pub(super) fn show(set: &OpenSet, columns: &CaseColumns, search: &mut String, ui: &mut Ui) -> Option<BarAction> {
    let tokens = ui.tokens();
    let mut action = None;
    bar(ui, |ui| {
        if ui.add(PushButton::secondary("Add case").icon(icons::PLUS)).clicked() {
            action = Some(BarAction::AddCase);
        }
        let paste = ui.add(PushButton::quiet("Paste rows…"));
        if paste.on_hover_text("Rows copied from a spreadsheet. Ctrl V does the same while nothing is being typed.").clicked() {
            action = Some(BarAction::PasteRows);
        }
        if ui.add_enabled(set.can_undo(), IconButton::new(icons::UNDO, "Undo the last edit")).clicked() {
            action = Some(BarAction::Undo);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            SearchField::new(search, "Search cases").width(220.0).show(ui);
            if columns.rows.len() < set.cases.len() {
                let words = format!("{} of {}", format_count(columns.rows.len() as u64), format_count(set.cases.len() as u64));
                ui.label(text::small(words, tokens));
            }
        });
    });
    action
}
