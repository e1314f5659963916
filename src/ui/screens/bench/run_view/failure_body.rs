//! Why there is no whole answer, what it cost, and what can be done.

use egui::{Color32, Frame, Margin, Ui};

use crate::domain::{TrialBody, TrialRow};
use crate::ui::cx::Cx;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Alert, Level, cell_text, raw_text, visible};

use super::answer_body::{send_again, wrapped};
use super::column::Column;

/// A failed trial: its kind, the message, the cost, what the provider sent, and the button that sends it again.
pub(super) fn failed(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow, body: Option<&TrialBody>) {
    let tokens = ui.tokens();
    let (title, message) = match &row.failure {
        Some(failure) => (crate::analysis::capitalised(failure.kind.label()), failure.message.as_str()),
        None => ("Failed".to_owned(), ""),
    };
    let message = format!("{}\n{}", visible(message).text, charged(column, row));
    Alert::new(Level::Bad, &title).text(message.trim_start()).show_with(ui, |ui| send_again(cx, ui, column, "Send again"));
    if let Some(body) = body.filter(|body| !body.error_body.trim().is_empty()) {
        wrapped(ui, text::small("What the server sent:", tokens));
        Frame::new().fill(tokens.bg0).corner_radius(tokens.radius.medium).inner_margin(Margin::symmetric(11, 9)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            raw_text(ui, ui.scope_id().with(("error body", row.id)), body.error_body.trim());
        });
    }
}

/// A cancelled trial.
pub(super) fn cancelled(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) {
    let message = if row.attempts == 0 {
        "It was not sent. Nothing was charged.".to_owned()
    } else {
        format!("What had come by then is kept.\n{}", charged(column, row))
    };
    Alert::new(Level::Warn, "Cancelled").text(&message).show_with(ui, |ui| send_again(cx, ui, column, "Send again"));
}

/// What was or was not charged.
fn charged(column: &Column<'_>, row: &TrialRow) -> String {
    match column.cost_words(row) {
        _ if row.attempts == 0 => "It was not sent. Nothing was charged.".to_owned(),
        Some(_) if row.cost.is_some_and(|cost| cost.is_zero()) => "Nothing was charged.".to_owned(),
        Some(cost) => format!("It cost {cost}."),
        None => "What it cost is not known: the provider may have charged for it.".to_owned(),
    }
}

/// A quiet line with a sign.
pub(super) fn notice(ui: &mut Ui, icon: Icon, ink: Color32, words: &str) {
    let tokens = ui.tokens();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, tokens.gap.l), egui::Sense::hover());
        cell_text(ui, rect, egui::Align::Min, &icon.glyph().to_string(), icons::font(13.0), ink);
        wrapped(ui, text::quiet(words, tokens));
    });
}
