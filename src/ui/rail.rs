//! The left rail: the screens.

use eframe::egui;

use crate::app::{Command, PreferenceCommand, Screen};

use super::cx::Cx;
use super::theme::{HasTokens as _, icons};
use super::widgets::{IconButton, NavItem, logo};

const SCREENS: [(Screen, icons::Icon, &str); 4] = [
    (Screen::Bench, icons::BENCH, "Bench"),
    (Screen::Sets, icons::SETS, "Sets"),
    (Screen::History, icons::HISTORY, "History"),
    (Screen::Connections, icons::CONNECTIONS, "Connections"),
];

/// Draws the rail.
pub(super) fn rail(cx: &Cx<'_>, collapsed: bool, ui: &mut egui::Ui) {
    let tokens = ui.tokens();
    ui.add_space(tokens.gap.m);
    ui.vertical_centered(|ui| logo(ui, 26.0));
    ui.add_space(tokens.gap.m);
    ui.spacing_mut().item_spacing.y = tokens.gap.xs;
    for (screen, icon, label) in SCREENS {
        if ui.add(NavItem::new(icon, label, cx.state.screen == screen).collapsed(collapsed)).clicked() {
            cx.send(Command::Go(screen));
        }
    }
    ui.with_layout(egui::Layout::bottom_up(egui::Align::Center), |ui| {
        ui.add_space(tokens.gap.s);
        let (icon, name) = if collapsed { (icons::CHEVRON_RIGHT, "Show words") } else { (icons::CHEVRON_LEFT, "Icons only") };
        if ui.add(IconButton::new(icon, name).small()).clicked() {
            cx.send(Command::Preferences(PreferenceCommand::CollapseRail(!collapsed)));
        }
        if ui.add(NavItem::new(icons::SETTINGS, "Settings", cx.state.screen == Screen::Settings).collapsed(collapsed)).clicked() {
            cx.send(Command::Go(Screen::Settings));
        }
    });
}
