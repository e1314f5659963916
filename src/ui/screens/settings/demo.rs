//! The simulated provider, for whoever wants to see it again.

use eframe::egui::Ui;

use crate::app::{BenchCommand, Command};
use crate::ui::cx::Cx;
use crate::ui::widgets::PushButton;

use super::section::{paragraph, section};

/// Draws the section.
pub(super) fn show(cx: &Cx<'_>, ui: &mut Ui) {
    section(ui, "Demo", |ui| {
        paragraph(
            ui,
            "Three simulated models answer ten prompts, inside this program. No key, no network; all that comes of it is marked as simulated.",
        );
        let starting = cx.state.demo_starting;
        let label = if starting { "Starting the demo…" } else { "Run the demo" };
        let mut button = ui.add_enabled(!starting && cx.state.runs.live.is_none(), PushButton::secondary(label));
        if !starting {
            button = button.on_disabled_hover_text("A run is in flight; cancel it or let it end first");
        }
        if button.clicked() {
            cx.send(Command::Bench(BenchCommand::RunDemo));
        }
    });
}
