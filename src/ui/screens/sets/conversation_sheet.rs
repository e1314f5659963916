//! A conversation, to be read.

use eframe::egui::{self, Id, Ui};

use crate::domain::{Case, PromptBody, Speaker};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Card, PushButton, Sheet, raw_text, visible};

/// Draws it; true when it shall be closed.
pub(super) fn show(case: &Case, ctx: &egui::Context) -> bool {
    let PromptBody::Messages(messages) = &case.body else { return true };
    let title = format!("Messages of “{}”", visible(case.title()).text);
    let shown = Sheet::new(Id::unique("conversation"), &title).width(720.0).show(
        ctx,
        |ui| {
            let tokens = ui.tokens();
            ui.label(text::quiet(
                "Conversations are read-only here. To change one, export the set as JSON Lines, edit it and import it again.",
                tokens,
            ));
            for (index, message) in messages.iter().enumerate() {
                ui.push_id(index, |ui| turn(case, index, message.role, &message.content, ui));
            }
        },
        |ui| ui.add(PushButton::secondary("Done")),
    );
    if shown.opened {
        shown.foot.request_focus();
    }
    shown.closed || shown.foot.clicked()
}

fn turn(case: &Case, index: usize, role: Speaker, content: &str, ui: &mut Ui) {
    let tokens = ui.tokens();
    let speaker = match role {
        Speaker::System => "System",
        Speaker::User => "User",
        Speaker::Assistant => "Assistant",
    };
    ui.label(text::overline(speaker, tokens));
    Card::new().show(ui, |ui| {
        ui.set_width(ui.available_width());
        raw_text(ui, Id::unique("message").with((&case.id, index)), content);
    });
}
