//! What every new run begins with.

use eframe::egui::Ui;

use crate::analysis::{ASK_OVER_REQUESTS, format_count};
use crate::app::{Command, PreferenceCommand};
use crate::domain::{RunSettings, format_amount};
use crate::ui::cx::Cx;
use crate::ui::screens::typed;
use crate::ui::widgets::{FormRow, Stepper, TextField};

use super::section::{LABELS, section};

/// What is being typed.
#[derive(Default)]
pub(super) struct RunDrafts {
    vantage: Option<String>,
    ask_over: Option<String>,
}

impl RunDrafts {
    /// Draws the section.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let settings = &cx.state.preferences.settings;
        section(ui, "Runs", |ui| {
            let about = "Where you measure from, such as “office, Berlin” or “VM in Singapore”. Kept with each run: latency depends on it.";
            FormRow::new("Vantage").label_width(LABELS).hint(about).show(ui, |ui| {
                let mut vantage = self.vantage.take().unwrap_or_else(|| settings.vantage.clone());
                let field = TextField::new(&mut vantage, "Vantage").hint("not given").width(360.0).char_limit(80).show(ui);
                if field.changed() {
                    cx.send(Command::Preferences(PreferenceCommand::SetVantage(vantage.clone())));
                }
                if field.has_focus() {
                    self.vantage = Some(vantage);
                }
            });
            let many = format_count(ASK_OVER_REQUESTS);
            let about = format!(
                "A run that may cost more, in the currency of its prices, is asked about first. So are more than {many} requests without a cap."
            );
            FormRow::new("Ask above").label_width(LABELS).hint(&about).show(ui, |ui| {
                let mut typed = self.ask_over.take().unwrap_or_else(|| format_amount(settings.ask_over));
                let field = TextField::new(&mut typed, "Ask above").hint("5.00").width(110.0).char_limit(12).show(ui);
                if field.changed()
                    && let Some(amount) = typed::amount_from_zero(&typed)
                {
                    cx.send(Command::Preferences(PreferenceCommand::SetAskOver(amount)));
                }
                if field.has_focus() {
                    self.ask_over = Some(typed);
                }
            });
            let (mut concurrency, mut retries) = (settings.concurrency, settings.retries);
            let about = "Of the whole run, over all targets. A connection may set a lower limit of its own.";
            FormRow::new("Requests at once").label_width(LABELS).hint(about).show(ui, |ui| {
                if Stepper::new(&mut concurrency, RunSettings::CONCURRENCY, "Requests at once").show(ui).changed() {
                    cx.send(Command::Preferences(PreferenceCommand::SetEngine { concurrency, retries: settings.retries }));
                }
            });
            let about = "After a connect error, 408, 409, 429 or 5xx before the first byte. Each attempt and each wait is recorded.";
            FormRow::new("Retries").label_width(LABELS).hint(about).show(ui, |ui| {
                if Stepper::new(&mut retries, RunSettings::RETRIES, "Retries").show(ui).changed() {
                    cx.send(Command::Preferences(PreferenceCommand::SetEngine { concurrency: settings.concurrency, retries }));
                }
            });
        });
    }
}
