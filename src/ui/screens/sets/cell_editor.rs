//! The editor that opens over a cell.

use eframe::egui::{self, Area, Frame, Id, Key, Margin, Order, Rect, ScrollArea, Stroke, Ui};

use crate::domain::{Case, PromptSetId};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Editor, TextField, visible};

use super::case_columns::Column;

/// A cell that is being edited.
pub(super) struct CellEdit {
    pub(super) set: PromptSetId,
    /// Index of the case.
    pub(super) index: usize,
    pub(super) column: Column,
    case_id: String,
    before: String,
    draft: String,
    has_focus: bool,
}

/// How editing ended in this frame, if it did.
#[derive(Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) committed: bool,
    pub(super) cancelled: bool,
    /// Go on with the next cell.
    pub(super) go_on: bool,
}

impl CellEdit {
    /// Of a case's cell; absent when it holds a conversation.
    pub(super) fn new(set: PromptSetId, index: usize, case: &Case, column: Column) -> Option<Self> {
        let before = column.text(case)?.into_owned();
        Some(Self { set, index, case_id: case.id.clone(), draft: before.clone(), before, column, has_focus: false })
    }

    /// The case with what was typed; absent when nothing was changed or the case is not there any more.
    pub(super) fn changed(&self, cases: &[Case]) -> Option<Case> {
        let case = cases.get(self.index).filter(|case| case.id == self.case_id)?;
        (self.draft != self.before).then(|| self.column.with_text(case, &self.draft))
    }

    /// Draws it over `cell`, within `bounds`.
    pub(super) fn show(&mut self, cell: Rect, bounds: Rect, ui: &mut Ui) -> Done {
        let tokens = ui.tokens();
        let id = Id::unique("cell editor").with((self.set, &self.case_id, self.column.header()));
        let name = format!("Edit {} of case {}", self.column.spoken(), visible(&self.case_id).text);
        let least = if self.column.has_lines() { 380.0 } else { 200.0 };
        let width = cell.width().max(least).min(bounds.width());
        let frame = Frame::new()
            .fill(tokens.bg0)
            .stroke(Stroke::new(1.0, tokens.line))
            .corner_radius(tokens.radius.medium)
            .shadow(ui.visuals().popup_shadow)
            .inner_margin(Margin::same(1));
        // As a sheet is, so that one that opens lies over it.
        let area = Area::new(id.with("area")).order(Order::Middle).fixed_pos(cell.left_top()).constrain_to(bounds).fade_in(false);
        let response = area
            .show(ui.ctx(), |ui| {
                frame
                    .show(ui, |ui| {
                        ui.set_width(width);
                        ui.spacing_mut().item_spacing.y = 0.0;
                        self.field(id, &name, ui)
                    })
                    .inner
            })
            .inner;
        if !self.has_focus {
            response.request_focus();
            self.has_focus = response.has_focus();
            return Done::default();
        }
        let (escape, enter, tab) = ui.input(|input| {
            (input.key_pressed(Key::Escape), input.key_pressed(Key::Enter) && !input.modifiers.shift, input.key_pressed(Key::Tab))
        });
        let closing = ui.input(|input| input.viewport().close_requested());
        if escape {
            Done { cancelled: true, ..Done::default() }
        } else {
            Done { committed: enter || tab || closing || response.lost_focus(), cancelled: false, go_on: tab }
        }
    }

    fn field(&mut self, id: Id, name: &str, ui: &mut Ui) -> egui::Response {
        let tokens = ui.tokens();
        if !self.column.has_lines() {
            return TextField::new(&mut self.draft, name).id(id).show(ui);
        }
        let response = ScrollArea::vertical()
            .max_height(260.0)
            .show(ui, |ui| {
                let editor = if self.column.is_mono() { Editor::prompt(&mut self.draft, name) } else { Editor::new(&mut self.draft, name) };
                editor.id(id).rows(2).enter_leaves().show(ui)
            })
            .inner;
        Frame::new().inner_margin(Margin { left: 11, right: 11, top: 0, bottom: 6 }).show(ui, |ui| {
            ui.label(text::small("Enter keeps · Shift Enter new line · Esc leaves it as it was", tokens));
        });
        response
    }
}
