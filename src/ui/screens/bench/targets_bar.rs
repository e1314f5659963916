//! The targets of the next run as chips; those of the run in view when its prompts are not the ones being edited.

use eframe::egui::{Frame, Margin, Panel, Popup, Ui};

use crate::app::{BenchCommand, BenchTarget, Command};
use crate::ui::cx::Cx;
use crate::ui::theme::text::overline;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Chip, PushButton, menu_item, simulated_badge, visible};

use super::target_picker::TargetPicker;

/// Draws the bar.
pub(super) fn targets_bar(cx: &Cx<'_>, picker: &mut TargetPicker, ui: &mut Ui) {
    Panel::top("targets").frame(Frame::new().inner_margin(Margin::symmetric(14, 10))).show_separator_line(true).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = ui.tokens().row.control;
        // No scopes in it: what is in one of its own does not wrap.
        ui.horizontal_wrapped(|ui| {
            let tokens = ui.tokens();
            ui.spacing_mut().item_spacing = eframe::egui::vec2(tokens.gap.s, tokens.gap.s);
            let own_differ = |run| !cx.state.is_foreign(run) && cx.state.has_other_targets(run);
            let title = if cx.state.run_in_view().is_some_and(own_differ) { "Targets of the next run" } else { "Targets" };
            ui.label(overline(title, tokens));
            match cx.state.run_in_view().filter(|run| cx.state.is_foreign(run)) {
                Some(run) => {
                    for (index, target) in run.plan.targets.iter().enumerate() {
                        let label = visible(&target.label);
                        let mut chip = Chip::new(&label.text).dot(tokens.series(target.colour.into()));
                        if index == run.baseline_index() {
                            chip = chip.badge("baseline");
                        }
                        let source = format!("{} · {}", visible(&target.model).text, visible(&target.connection.name).text);
                        chip.show(ui).response.on_hover_text(source);
                    }
                    if run.plan.is_simulated() {
                        simulated_badge(ui);
                    }
                }
                None => bench_targets(cx, picker, ui),
            }
        });
    });
}

fn bench_targets(cx: &Cx<'_>, picker: &mut TargetPicker, ui: &mut Ui) {
    let bench = &cx.state.bench;
    for (index, target) in bench.targets.iter().enumerate() {
        target_chip(cx, picker, index, target, ui);
    }
    let simulated = |target: &BenchTarget| cx.state.connection_of(target).is_some_and(|connection| connection.is_simulated());
    if !bench.targets.is_empty() && bench.targets.iter().all(simulated) {
        simulated_badge(ui);
    }
    if ui.add(PushButton::quiet("Add target").icon(icons::PLUS)).clicked() {
        picker.open_new(cx);
    }
}

/// How far a target of the run in flight is, such as `12/80`; absent when it is in no such run.
fn progress_words(cx: &Cx<'_>, index: usize, label: &str) -> Option<String> {
    let run = cx.state.run_in_view().filter(|run| run.live.is_some())?;
    run.plan.targets.get(index).filter(|target| target.label == label)?;
    Some(format!("{}/{}", run.ended_at(index), run.plan.cell_count() / run.plan.targets.len().max(1) as u64))
}

fn target_chip(cx: &Cx<'_>, picker: &mut TargetPicker, index: usize, target: &BenchTarget, ui: &mut Ui) {
    let tokens = ui.tokens();
    let bench = &cx.state.bench;
    let label = cx.state.label_of(target);
    let shown = visible(&label);
    let is_baseline = index == bench.baseline;
    let connection = cx.state.connection_of(target);
    let mut chip = Chip::new(&shown.text).dot(tokens.series(target.colour.into())).max_width(220.0).off(connection.is_none());
    let progress = progress_words(cx, index, &label);
    let badge = match (is_baseline, progress.as_deref()) {
        (true, Some(progress)) => format!("baseline · {progress}"),
        (true, None) => "baseline".to_owned(),
        (false, progress) => progress.unwrap_or_default().to_owned(),
    };
    if !badge.is_empty() {
        chip = chip.badge(&badge);
    }
    let response = chip.show(ui).response;
    let response = match connection {
        None => response.on_hover_text("Its connection was removed; edit it or take it away"),
        Some(connection) if target.label.is_some() => {
            response.on_hover_text(format!("{} · {}", visible(&target.model).text, visible(&connection.name).text))
        }
        Some(_) => response,
    };
    Popup::menu(&response).gap(4.0).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(220.0);
        let make = ui.add_enabled_ui(!is_baseline, |ui| menu_item(ui, Some(icons::STAR), "Make baseline", None)).inner;
        if make.on_hover_text("Differences are shown from the baseline").clicked() {
            cx.send(Command::Bench(BenchCommand::SetBaseline(index)));
        }
        if menu_item(ui, Some(icons::PENCIL), "Edit model, label, parameters…", None).clicked() {
            picker.open_for(cx, index);
        }
        ui.separator();
        if menu_item(ui, Some(icons::TRASH), "Remove", None).clicked() {
            cx.send(Command::Bench(BenchCommand::RemoveTarget(index)));
        }
    });
}
