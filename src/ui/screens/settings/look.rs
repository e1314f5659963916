//! Theme and zoom.

use eframe::egui::Ui;

use crate::app::{Command, PreferenceCommand};
use crate::domain::ThemeChoice;
use crate::ui::cx::Cx;
use crate::ui::widgets::{FormRow, PushButton, Stepper, segmented};

use super::section::{LABELS, section};

/// Draws the section.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui) {
    let settings = &cx.state.preferences.settings;
    section(ui, "Look", |ui| {
        FormRow::new("Theme").label_width(LABELS).show(ui, |ui| {
            let mut theme = settings.theme;
            let choices = [(ThemeChoice::System, "System"), (ThemeChoice::Dark, "Dark"), (ThemeChoice::Light, "Light")];
            if segmented(ui, "Theme", &mut theme, &choices).changed() {
                cx.send(Command::Preferences(PreferenceCommand::SetTheme(theme)));
            }
        });
        FormRow::new("Zoom").label_width(LABELS).show(ui, |ui| {
            let mut percent = u32::from(settings.zoom_percent);
            if Stepper::new(&mut percent, 50..=300, "Zoom").step(10).suffix(" %").show(ui).changed() {
                set_zoom(cx, percent);
            }
            if percent != 100 && ui.add(PushButton::quiet("Back to 100 %")).clicked() {
                set_zoom(cx, 100);
            }
        });
    });
}

fn set_zoom(cx: &Cx<'_>, percent: u32) {
    let percent = u16::try_from(percent).unwrap_or(100);
    cx.send(Command::Preferences(PreferenceCommand::SetZoom(percent)));
}
