//! A name for a new set.

use eframe::egui::{self, Id, Key};

use crate::ui::widgets::{FormRow, PushButton, Sheet, TextField};

/// What became of the sheet in this frame.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) create: bool,
    pub(super) closed: bool,
}

/// Draws it.
pub(super) fn show(name: &mut String, ctx: &egui::Context) -> Named {
    let ready = !name.trim().is_empty();
    let field_id = Id::unique("name of the new set");
    let shown = Sheet::new(Id::unique("new set"), "New set").width(460.0).show(
        ctx,
        |ui| {
            FormRow::new("Name")
                .label_width(64.0)
                .hint("A name that is taken gets a number behind it.")
                .show(ui, |ui| TextField::new(name, "Name of the new set").id(field_id).char_limit(60).show(ui))
                .inner
        },
        |ui| {
            let create = ui.add_enabled(ready, PushButton::primary("Create set")).clicked();
            (create, ui.add(PushButton::quiet("Cancel")).clicked())
        },
    );
    if shown.opened {
        shown.body.request_focus();
    }
    let entered = shown.body.lost_focus() && ctx.input(|input| input.key_pressed(Key::Enter));
    Named { create: ready && (shown.foot.0 || entered), closed: shown.closed || shown.foot.1 }
}
