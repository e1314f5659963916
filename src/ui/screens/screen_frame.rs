//! What every screen has: a top bar that belongs to it, and the panel below.

use eframe::egui::{self, Align, Frame, Layout, Panel, Ui};

use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::heading;

/// Draws the top bar (title, what follows it, and actions from the right edge: the primary one first) and the panel below it.
pub(super) fn screen_frame(
    ui: &mut Ui,
    title: &str,
    beside_title: impl FnOnce(&mut Ui),
    actions: impl FnOnce(&mut Ui),
    content: impl FnOnce(&mut Ui),
) {
    let tokens = ui.tokens();
    Panel::top("top-bar")
        .exact_size(tokens.row.top_bar)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::new().fill(tokens.bg0))
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.add_space(tokens.gap.l);
                ui.label(heading(title, tokens));
                ui.add_space(tokens.gap.s);
                beside_title(ui);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.add_space(tokens.gap.l);
                    actions(ui);
                });
            });
        });
    let corner = egui::CornerRadius { nw: tokens.radius.large, ..egui::CornerRadius::ZERO };
    egui::CentralPanel::default().frame(Frame::new().fill(tokens.bg1).corner_radius(corner)).show(ui, content);
}
