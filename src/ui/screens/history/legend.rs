//! The targets of the charts with what their lines rest on.

use eframe::egui::{Label, Margin, Ui};

use super::trends::TrendTarget;
use crate::analysis::{format_count, format_counted};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{Card, dot, simulated_badge};

/// Draws the card, `height` points high.
pub(super) fn legend(ui: &mut Ui, targets: &[TrendTarget], height: f32) {
    let tokens = ui.tokens();
    Card::new().padding(Margin { left: 14, right: 14, top: 8, bottom: 8 }).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_height(height - 16.0);
        ui.horizontal(|ui| {
            ui.set_height(22.0);
            ui.label(strong("In these charts", tokens));
            ui.add(
                Label::new(small("every point is a run, hollow where too few answers; percentiles are over its finished trials", tokens))
                    .truncate(),
            );
        });
        // More targets than there is room for shall be seen to be there.
        ui.spacing_mut().scroll.dormant_handle_opacity = 0.5;
        eframe::egui::ScrollArea::vertical().id_salt("legend").auto_shrink([false, true]).show(ui, |ui| {
            for (index, target) in targets.iter().enumerate() {
                ui.push_id(index, |ui| row(ui, target));
            }
        });
    });
}

fn row(ui: &mut Ui, target: &TrendTarget) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        dot(ui, tokens.series(target.colour));
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() * 0.55);
            ui.add(Label::new(&target.name).truncate());
        });
        if target.simulated {
            simulated_badge(ui);
        }
        let runs = format_counted(target.runs.into(), "run", "runs");
        let thinned =
            if target.runs > target.points { format!(" ({} shown, evenly)", format_count(target.points.into())) } else { String::new() };
        let words = format!("{runs}{thinned} · {}", format_counted(target.n, "trial", "trials"));
        ui.add(Label::new(small(words, tokens)).truncate());
    });
}
