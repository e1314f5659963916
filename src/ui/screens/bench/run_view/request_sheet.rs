//! What was sent and what came back, whole.

use std::sync::Arc;

use egui::{Context, Id, Ui};

use crate::app::{Command, OpenRun, RunCommand};
use crate::domain::{KeySource, RunTarget, TrialBody, TrialId, TrialRow};
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, Tokens, icons, text};
use crate::ui::widgets::{Card, PushButton, Sheet, key_value, raw_text, tabs, visible};

use super::answer_body;
use super::attempts_table::attempts_table;

const KEY_WIDTH: f32 = 130.0;

#[derive(Clone, Copy, Default, PartialEq)]
enum Part {
    #[default]
    Request,
    Response,
    Attempts,
}

/// What the sheet remembers for itself.
#[derive(Default)]
pub(super) struct RequestSheet {
    trial_id: Option<TrialId>,
    part: Part,
    /// The request written for reading, made once.
    request: Option<Arc<str>>,
}

impl RequestSheet {
    /// Opens it for a trial.
    pub(super) fn open(&mut self, trial_id: TrialId) {
        *self = Self { trial_id: Some(trial_id), ..Self::default() };
    }

    /// Draws it while it is open.
    pub(super) fn show(&mut self, cx: &Cx<'_>, run: &OpenRun, ctx: &Context) {
        let Some(trial_id) = self.trial_id else { return };
        let found = run.row_by_id(trial_id).and_then(|row| Some((row, run.plan.answered_by(row)?)));
        let Some((row, target)) = found else {
            // It was superseded, or another run came into view.
            self.trial_id = None;
            return;
        };
        let body = run.bodies.get(&trial_id);
        let unread = run.unread_bodies.get(&trial_id);
        if body.is_none() && unread.is_none() && !run.asked_bodies.contains(&trial_id) {
            cx.send(Command::Runs(RunCommand::WantBodies { run_id: run.plan.id, trials: vec![trial_id] }));
        }
        let own = run.plan.targets.get(row.cell.target_index as usize).filter(|_| row.fallback.is_some());
        let in_place_of = own.map_or_else(String::new, |own| format!(", asked in place of {}", visible(&own.label).text));
        let title = format!("Request and response: {}{in_place_of}", visible(&target.label).text);
        let answer = Sheet::new(Id::unique("request-and-response"), &title).width(820.0).show(
            ctx,
            |ui| match (body, unread) {
                (Some(body), _) => self.content(ui, row, target, body),
                (None, Some(why)) => {
                    if answer_body::unread(ui, "The exchange could not be read", why, "this exchange") {
                        cx.send(Command::Runs(RunCommand::WantBodies { run_id: run.plan.id, trials: vec![trial_id] }));
                    }
                }
                (None, None) => {
                    ui.label(text::quiet("Loading…", ui.tokens()));
                }
            },
            |ui| {
                let close = ui.add(PushButton::secondary("Close")).clicked();
                let curl = PushButton::quiet("Copy as cURL").icon(icons::TERMINAL);
                if ui.add_enabled(body.is_some(), curl).on_hover_text("With $VARIABLE in place of the key").clicked() {
                    cx.send(Command::Runs(RunCommand::CopyCurl { run_id: run.plan.id, trial_id }));
                }
                close
            },
        );
        if answer.closed || answer.foot {
            self.trial_id = None;
        }
    }

    fn content(&mut self, ui: &mut Ui, row: &TrialRow, target: &RunTarget, body: &TrialBody) {
        let tokens = ui.tokens();
        let attempts = format!("Attempts ({})", body.attempts.len());
        let parts = [(Part::Request, "Request"), (Part::Response, "Response"), (Part::Attempts, attempts.as_str())];
        tabs(ui, "Parts of the exchange", &mut self.part, &parts);
        ui.add_space(tokens.gap.xs);
        match self.part {
            Part::Request => self.request(ui, row, target, body),
            Part::Response => response(ui, row, body),
            Part::Attempts => attempts_table(ui, target, &body.attempts),
        }
    }

    fn request(&mut self, ui: &mut Ui, row: &TrialRow, target: &RunTarget, body: &TrialBody) {
        let tokens = ui.tokens();
        key_value(ui, KEY_WIDTH, "Connection", &*visible(&target.connection.name).text);
        key_value(ui, KEY_WIDTH, "Base URL", &*visible(&target.connection.base_url).text);
        let key = match target.connection.key_source {
            KeySource::None => "none is sent",
            KeySource::Keychain | KeySource::Session | KeySource::Environment(_) => {
                "•••••••• (sent in a header, never stored with the run)"
            }
        };
        key_value(ui, KEY_WIDTH, "Key", key);
        let pretty = self.request.get_or_insert_with(|| for_reading(&body.request));
        boxed(ui, |ui| raw_text(ui, Id::unique(("request", row.id)), pretty));
        if body.request.is_empty() {
            ui.label(text::small("Nothing was sent.", tokens));
        }
    }
}

fn response(ui: &mut Ui, row: &TrialRow, body: &TrialBody) {
    let tokens = ui.tokens();
    let told = |words: Option<&str>| visible(words.unwrap_or("not told")).text.into_owned();
    key_value(ui, KEY_WIDTH, "Ended", row.status.as_str());
    if let Some(failure) = &row.failure {
        key_value(ui, KEY_WIDTH, "Failure", format!("{}: {}", failure.kind.label(), visible(&failure.message).text));
    }
    key_value(ui, KEY_WIDTH, "Finish reason", told(row.finish_reason.as_deref()));
    key_value(ui, KEY_WIDTH, "Model in the answer", told(row.response_model.as_deref()));
    let headers = body.attempts.last().map(|attempt| attempt.evidence.headers.as_slice()).unwrap_or_default();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let headers = headers.join("\n");
    let texts = [
        ("Headers that tell about the failure", &headers),
        ("Reasoning", &body.reasoning),
        ("Answer", &body.output),
        ("What the server sent", &body.error_body),
    ];
    for (name, words) in texts.into_iter().filter(|(_, words)| !words.is_empty()) {
        ui.label(text::overline(name, tokens));
        boxed(ui, |ui| raw_text(ui, Id::unique((name, row.id)), words));
    }
    if body.output.is_empty() && body.error_body.is_empty() {
        ui.label(text::small("No text came.", tokens));
    }
}

fn boxed(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let padding = egui::Margin::symmetric(12, 10);
    Card::new().padding(padding).show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}

/// JSON with line ends; anything else as it is.
fn for_reading(request: &str) -> Arc<str> {
    let parsed: Option<serde_json::Value> = serde_json::from_str(request).ok();
    parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).map_or_else(|| Arc::from(request), Arc::from)
}

/// The small text of a cell that is not known.
pub(super) fn unknown(tokens: &Tokens) -> egui::RichText {
    text::small(crate::analysis::UNKNOWN, tokens)
}
