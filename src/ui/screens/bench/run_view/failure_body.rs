//! Why there is no whole answer, what it cost, and what can be done.

use egui::{Color32, Frame, Margin, Ui};

use crate::app::{Command, DoctorCommand, Patient};
use crate::domain::{Failure, TrialBody, TrialRow};
use crate::ui::cx::Cx;
use crate::ui::screens::doctor::DoctorView;
use crate::ui::theme::icons::{self, Icon};
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{Alert, Level, cell_text, raw_text, visible};

use super::answer_body::{send_again, wrapped};
use super::column::Column;

/// A failed trial: what it comes down to, with the buttons that mend it, and what the provider sent.
pub(super) fn failed(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow, body: Option<&TrialBody>) {
    let tokens = ui.tokens();
    let patient = Patient::Trial { run_id: column.run.plan.id, trial_id: row.id };
    if let Some(diagnosis) = cx.state.diagnosis_of(patient) {
        let label = visible(&column.target.label).text;
        let view = DoctorView { patient, diagnosis, connection: &column.target.connection, of: &label };
        view.show(cx, ui, |_| ());
    } else {
        // It rests on the long texts; where they cannot be read the kind of failure has to do.
        let settled = body.is_some() || row.attempts == 0 || column.run.unread_bodies.contains_key(&row.id);
        if settled {
            cx.send(Command::Doctor(DoctorCommand::Diagnose { run_id: column.run.plan.id, trial_id: row.id }));
        }
        undiagnosed(cx, ui, column, row);
    }
    if let Some(body) = body.filter(|body| !body.error_body.trim().is_empty()) {
        let sent = if row.fallback.is_some() { "What the fallback sent:" } else { "What the server sent:" };
        wrapped(ui, text::small(sent, tokens));
        Frame::new().fill(tokens.bg0).corner_radius(tokens.radius.medium).inner_margin(Margin::symmetric(11, 9)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            raw_text(ui, ui.scope_id().with(("error body", row.id)), body.error_body.trim());
        });
    }
}

/// Who was asked in place of the target, and why.
pub(super) fn fell_back(ui: &mut Ui, column: &Column<'_>, row: &TrialRow, own: &Failure) {
    let fallback =
        column.run.plan.fallback_of(column.cell.target_index).map_or_else(String::new, |target| visible(&target.label).text.into_owned());
    let why = format!("{} failed ({}): {}", visible(&column.target.label).text, own.kind.label(), visible(&own.message).text);
    let words = match &row.failure {
        None => format!("Answered by the fallback {fallback}. {why}"),
        Some(also) => format!("The fallback {fallback} was asked and failed too ({}): {}", also.kind.label(), visible(&also.message).text),
    };
    notice(ui, icons::ARROW_RIGHT, ui.tokens().warn, &words);
}

/// Kind and message, until the diagnosis is there.
fn undiagnosed(cx: &Cx<'_>, ui: &mut Ui, column: &Column<'_>, row: &TrialRow) {
    let (title, message) = match row.own_failure() {
        Some(failure) => (crate::analysis::capitalised(failure.kind.label()), failure.message.as_str()),
        None => ("Failed".to_owned(), ""),
    };
    let message = format!("{}\n{}", visible(message).text, charged(column, row));
    Alert::new(Level::Bad, &title).text(message.trim_start()).show_with(ui, |ui| send_again(cx, ui, column, "Send again"));
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
        Some((certainty, cost)) => format!("It cost {}{cost}.", certainty.word()),
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
