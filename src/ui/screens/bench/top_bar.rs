//! The left of the top bar: what is sent, how often, with which settings.

use eframe::egui::{Popup, Ui};

use crate::analysis::format_counted;
use crate::app::{BenchCommand, Command};
use crate::domain::RunSettings;
use crate::ui::cx::Cx;
use crate::ui::theme::icons;
use crate::ui::widgets::{IconButton, PushButton, Stepper, menu_item, popover};

use super::run_settings::{RunSettingsForm, settings_words};
use super::set_menu::set_menu;

/// Numbers of repeats that the menu offers besides any other.
const USUAL_REPEATS: [u32; 5] = [1, 2, 3, 5, 10];
/// From this width on the bar tells the settings, points.
const WORDY_WIDTH: f32 = 860.0;
/// Under this width the settings are only an icon, points.
const NARROW_WIDTH: f32 = 740.0;

/// Draws set, repeats and settings.
pub(super) fn left(cx: &Cx<'_>, settings: &mut RunSettingsForm, ui: &mut Ui) {
    let room = ui.available_width();
    set_menu(cx, (room * 0.2).clamp(96.0, 240.0), ui);
    repeats(cx, ui);
    let told = settings_words(&cx.state.bench.settings);
    let response = if room < NARROW_WIDTH {
        ui.add(IconButton::new(icons::SLIDERS, "Run settings")).on_hover_text(&told)
    } else {
        let words = if room < WORDY_WIDTH { "Settings" } else { &told };
        let button = PushButton::quiet(words).name("Run settings").icon(icons::SLIDERS).trailing(icons::CHEVRON_DOWN).max_width(250.0);
        ui.add(button).on_hover_text(&told)
    };
    settings.popover(cx, &response);
}

fn repeats(cx: &Cx<'_>, ui: &mut Ui) {
    let settings = &cx.state.bench.settings;
    let label = format_counted(settings.repeats.into(), "repeat", "repeats");
    let response = ui.add(PushButton::quiet(&label).name("Repeats").trailing(icons::CHEVRON_DOWN));
    popover(&response, "Repeats", 220.0, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let set = |repeats| cx.send(Command::Bench(BenchCommand::SetSettings(Box::new(RunSettings { repeats, ..settings.clone() }))));
        for repeats in USUAL_REPEATS {
            let label = format_counted(repeats.into(), "repeat", "repeats");
            if menu_item(ui, None, &label, Some(repeats == settings.repeats)).clicked() {
                set(repeats);
                Popup::close_id(ui.ctx(), Popup::default_response_id(&response));
            }
        }
        ui.add_space(6.0);
        let mut repeats = settings.repeats;
        if Stepper::new(&mut repeats, RunSettings::REPEATS, "Number of repeats").show(ui).changed() {
            set(repeats);
        }
    });
}
