//! What every new run begins with.

use eframe::egui::Ui;

use crate::app::{Command, PreferenceCommand};
use crate::domain::RunSettings;
use crate::ui::cx::Cx;
use crate::ui::widgets::{FormRow, Stepper, TextField};

use super::section::{LABELS, section};

/// The vantage while it is being typed.
#[derive(Default)]
pub(super) struct RunDrafts {
    vantage: Option<String>,
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
