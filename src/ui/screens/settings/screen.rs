//! The screen: its sections in one column.

use eframe::egui::{Frame, Margin, ScrollArea, Ui};

use crate::ui::cx::Cx;
use crate::ui::screens::screen_frame::screen_frame;
use crate::ui::theme::HasTokens as _;

use super::{about, demo, keys_and_data, look, network, runs};

/// Widest column, points: lines stay readable.
const WIDEST: f32 = 760.0;

/// The screen of settings.
#[derive(Default)]
pub(crate) struct SettingsScreen {
    runs: runs::RunDrafts,
}

impl SettingsScreen {
    /// Draws the screen.
    pub(crate) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui) {
        let tokens = ui.tokens();
        screen_frame(
            ui,
            "Settings",
            |_| {},
            |_| {},
            |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    let margin = Margin::symmetric(tokens.gap.xl as i8, tokens.gap.l as i8);
                    Frame::new().inner_margin(margin).show(ui, |ui| {
                        ui.set_max_width(WIDEST.min(ui.available_width()));
                        look::show(cx, ui);
                        self.runs.show(cx, ui);
                        keys_and_data::show(cx, ui);
                        network::show(cx, ui);
                        demo::show(cx, ui);
                        about::shortcuts(ui);
                        about::version(ui);
                    });
                });
            },
        );
    }
}
