//! What is sent, message by message, to be read only.

use std::hash::Hash;

use eframe::egui::{Frame, Id, Label, Margin, ScrollArea, Ui};

use crate::domain::{Case, Message, Speaker};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{mono, overline, quiet, small};
use crate::ui::widgets::{Card, raw_text, visible};

/// Longer texts are laid out only where they are in view, and break within words.
const WRAPPED_BYTES: usize = 16_384;

fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "System",
        Speaker::User => "User",
        Speaker::Assistant => "Assistant",
    }
}

/// Draws the messages of a case with their variables filled in, or why that cannot be, in what room there is.
pub(super) fn sent_view(ui: &mut Ui, id: impl Hash + std::fmt::Debug, case: &Case) {
    let tokens = ui.tokens();
    ScrollArea::vertical().id_salt("sent").auto_shrink([false, false]).show(ui, |ui| {
        Frame::new().inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| match case.render() {
            Ok(messages) => conversation(ui, id, &messages),
            Err(error) => {
                ui.label(overline("Cannot be sent yet", tokens));
                ui.add(Label::new(quiet(crate::analysis::capitalised(&error.to_string()), tokens)).wrap());
            }
        });
    });
}

/// Draws messages under each other. `id` is the thing that they belong to.
pub(super) fn conversation(ui: &mut Ui, id: impl Hash + std::fmt::Debug, messages: &[Message]) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = tokens.gap.s;
    let id = Id::unique(&id);
    for (index, message) in messages.iter().enumerate() {
        ui.label(overline(role(message.role), tokens));
        Card::new().padding(Margin::symmetric(11, 9)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            for image in &message.images {
                ui.add(Label::new(small(visible(&image.words()).text, tokens).color(tokens.text2)).truncate());
            }
            if message.content.len() > WRAPPED_BYTES {
                raw_text(ui, id.with(index), &message.content);
            } else {
                let line_height = (tokens.text.mono * 1.5).round();
                let words = mono(visible(&message.content).text, tokens).line_height(Some(line_height));
                ui.add(Label::new(words).wrap().selectable(true));
            }
        });
    }
}
