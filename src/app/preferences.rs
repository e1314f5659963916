//! The preferences slice: what the program remembers; kept a moment after each change.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::domain::{Settings, ThemeChoice};

use super::effect::Effect;

/// What a person wants to be remembered.
#[derive(Clone, Debug)]
pub enum PreferenceCommand {
    /// Light, dark, or as the system has it.
    SetTheme(ThemeChoice),
    /// Zoom of the window in percent, 50–300.
    SetZoom(u16),
    /// Icons only in the left rail.
    CollapseRail(bool),
    /// Where runs are measured from.
    SetVantage(String),
    /// Requests in flight, and retries, of the next runs.
    SetEngine {
        /// Within [`RunSettings::CONCURRENCY`](crate::domain::RunSettings::CONCURRENCY).
        concurrency: u32,
        /// Within [`RunSettings::RETRIES`](crate::domain::RunSettings::RETRIES).
        retries: u32,
    },
    /// From which amount on a run is asked about before it is sent.
    SetAskOver(Decimal),
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Preferences {
    /// What is remembered.
    pub settings: Settings,
    /// The folder that holds everything, for showing.
    pub data_folder: String,
    changed_at: Option<Timestamp>,
}

/// Quiet time before settings are kept, milliseconds.
const KEEP_AFTER_MS: i64 = 800;

impl Preferences {
    /// What was remembered, and where everything is kept.
    pub fn new(settings: Settings, data_folder: String) -> Self {
        Self { settings, data_folder, changed_at: None }
    }

    pub(super) fn update(&mut self, command: PreferenceCommand, now: Timestamp) {
        let settings = &mut self.settings;
        match command {
            PreferenceCommand::SetTheme(theme) => settings.theme = theme,
            PreferenceCommand::SetZoom(percent) => settings.zoom_percent = percent,
            PreferenceCommand::CollapseRail(collapsed) => settings.rail_collapsed = collapsed,
            PreferenceCommand::SetVantage(vantage) => settings.vantage = vantage,
            PreferenceCommand::SetEngine { concurrency, retries } => {
                settings.concurrency = concurrency;
                settings.retries = retries;
            }
            PreferenceCommand::SetAskOver(amount) => settings.ask_over = amount,
        }
        self.settings = std::mem::take(&mut self.settings).clamped();
        self.changed_at = Some(now);
    }

    /// Something besides these commands changed the settings.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.changed_at = Some(now);
    }

    pub(super) fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.changed_at.is_some_and(|at| now.as_millisecond() - at.as_millisecond() >= KEEP_AFTER_MS) {
            self.flush()
        } else {
            Vec::new()
        }
    }

    pub(super) fn flush(&mut self) -> Vec<Effect> {
        if self.changed_at.take().is_some() { vec![Effect::SaveSettings(Box::new(self.settings.clone()))] } else { Vec::new() }
    }
}
