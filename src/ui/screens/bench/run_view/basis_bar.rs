//! What the figures of the summary are over, said above them, with the choice of it.

use egui::{Frame, Label, Margin, Ui};

use crate::analysis::{Cases, TargetSummary, basis_words, capitalised, format_count, share_words, thin_words};
use crate::app::{BenchCommand, Command, OpenRun, RunFigures};
use crate::domain::RunStatus;
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{PushButton, check_box, popover, segmented, visible};

/// Width of the choice of targets, points.
const TARGETS_WIDTH: f32 = 320.0;

/// Draws it where the targets did not answer the same; nothing where it makes no difference.
pub(super) fn basis_bar(cx: &Cx<'_>, run: &OpenRun, figures: &RunFigures, ui: &mut Ui) {
    let tokens = ui.tokens();
    let common = &figures.common;
    let words = basis_words(common, figures.basis.cases);
    if common.targets.len() < 2 || (words.is_none() && run.left_out().is_empty()) {
        return;
    }
    Frame::new().inner_margin(Margin::symmetric(tokens.gap.l as i8, tokens.gap.s as i8)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = egui::vec2(tokens.gap.s, tokens.gap.xs);
        // While a run is in flight, a target that is behind will catch up.
        let thin = common.thin().filter(|_| figures.basis.cases == Cases::InCommon && run.live.is_none());
        ui.horizontal_wrapped(|ui| {
            let in_common = format!(
                "{} in common ({} of {})",
                capitalised(common.cells_word()),
                format_count(common.in_common.into()),
                format_count(common.cells.into())
            );
            let mut cases = figures.basis.cases;
            let options = [(Cases::InCommon, in_common.as_str()), (Cases::AllAnswered, "All answered")];
            if segmented(ui, "Which answers the figures are made of", &mut cases, &options).changed() {
                cx.send(Command::Bench(BenchCommand::SetCases(cases)));
            }
            compared_targets(cx, run, figures, ui);
            if let Some(target) = thin.and_then(|(index, _)| figures.summary.get(index)) {
                let label = label(target);
                let about = thin_words(common, &label).unwrap_or_default();
                let leave = ui.add(PushButton::secondary(&format!("Leave out {label}")).compact().max_width(280.0));
                if leave.on_hover_text(about).clicked() {
                    cx.send(Command::Bench(BenchCommand::Compare { target_index: target.target_index, compared: false }));
                }
            }
        });
        if let Some(words) = words {
            ui.add(Label::new(text::quiet(words, tokens)).wrap());
        }
        // Of a run that its cap stopped, the notice above says it.
        if run.live.is_some() || run.status != RunStatus::Capped {
            ui.add(Label::new(text::small(share_words(&figures.summary, label), tokens)).wrap());
        }
        if let Some(words) = thin.and_then(|(index, _)| thin_words(common, &label(figures.summary.get(index)?))) {
            ui.add(Label::new(text::small(words, tokens).color(tokens.warn)).wrap());
        }
    });
}

fn label(summary: &TargetSummary) -> String {
    visible(&summary.label).text.into_owned()
}

/// Who is compared, and the choice of it.
fn compared_targets(cx: &Cx<'_>, run: &OpenRun, figures: &RunFigures, ui: &mut Ui) {
    let (compared, all) = (figures.common.compared(), figures.common.targets.len());
    let words = format!("{compared} of {all} targets compared…");
    let button = ui.add(PushButton::secondary(&words).compact());
    popover(&button, "Compared targets", TARGETS_WIDTH, |ui| {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        for (row, (summary, share)) in figures.summary.iter().zip(&figures.common.targets).enumerate() {
            ui.add_space(if row > 0 { tokens.gap.s } else { 0.0 });
            let mut compared = !run.left_out().contains(summary.target_index);
            ui.add_enabled_ui(share.answered > 0, |ui| {
                if check_box(ui, &mut compared, &label(summary)).changed() {
                    cx.send(Command::Bench(BenchCommand::Compare { target_index: summary.target_index, compared }));
                }
            });
            let mut about = if share.answered == 0 {
                "no answers, so it is not compared".to_owned()
            } else {
                format!("{} answered", format_count(share.answered.into()))
            };
            if let Some(without) = share.without_it {
                about = format!("{about}; without it {} {} in common", format_count(without.into()), figures.common.cells_word());
            }
            ui.horizontal(|ui| {
                // Under the label of the box.
                ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
                ui.add(Label::new(text::small(about, tokens)).wrap());
            });
        }
    });
}
