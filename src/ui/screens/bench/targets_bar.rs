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
                        let slow = run.drifting.words(index);
                        if let Some(words) = &slow {
                            chip = chip.warning("slow", words);
                        }
                        let source = format!("{} · {}", visible(&target.model).text, visible(&target.connection.name).text);
                        let told: Vec<&str> = slow.as_deref().into_iter().chain([source.as_str()]).collect();
                        chip.show(ui).response.on_hover_text(told.join("\n"));
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

/// Why a target of the run in view is flagged as slow, also after the run; absent when it is not, and when it is in no such run.
fn slow_words(cx: &Cx<'_>, index: usize, label: &str) -> Option<String> {
    let run = cx.state.run_in_view()?;
    run.plan.targets.get(index).filter(|target| target.label == label)?;
    run.drifting.words(index)
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
    let fallback = target.fallback.and_then(|index| bench.targets.get(index)).map(|fallback| cx.state.label_of(fallback));
    let falls_back = fallback.as_ref().map(|_| "with fallback".to_owned());
    let badge = is_baseline.then(|| "baseline".to_owned()).into_iter().chain(falls_back).chain(progress).collect::<Vec<_>>().join(" · ");
    if !badge.is_empty() {
        chip = chip.badge(&badge);
    }
    let slow = slow_words(cx, index, &label);
    if let Some(words) = &slow {
        chip = chip.warning("slow", words);
    }
    let response = chip.show(ui).response;
    let source = match connection {
        None => Some("Its connection was removed; edit it or take it away".to_owned()),
        Some(connection) => target.label.as_ref().map(|_| format!("{} · {}", visible(&target.model).text, visible(&connection.name).text)),
    };
    let falls_back = fallback.map(|fallback| format!("Where it fails for good, {} is asked", visible(&fallback).text));
    let told: Vec<String> = slow.into_iter().chain(source).chain(falls_back).collect();
    let response = if told.is_empty() { response } else { response.on_hover_text(told.join("\n")) };
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
        fallback_menu(cx, index, target, ui);
        ui.separator();
        if menu_item(ui, Some(icons::TRASH), "Remove", None).clicked() {
            cx.send(Command::Bench(BenchCommand::RemoveTarget(index)));
        }
    });
}

/// Who is asked where this target fails; nothing while there is no other target.
fn fallback_menu(cx: &Cx<'_>, index: usize, target: &BenchTarget, ui: &mut Ui) {
    let targets = &cx.state.bench.targets;
    if targets.len() < 2 {
        return;
    }
    ui.separator();
    let about = "Where this target fails for good, the trial is sent to the other one. It is marked, and counts as failed here";
    let choose = |fallback: Option<usize>, words: &str, ui: &mut Ui| {
        let item = menu_item(ui, None, words, Some(target.fallback == fallback));
        if item.on_hover_text(about).clicked() {
            cx.send(Command::Bench(BenchCommand::SetFallback { index, fallback }));
        }
    };
    choose(None, "No fallback", ui);
    for (other, fallback) in targets.iter().enumerate().filter(|(other, _)| *other != index) {
        choose(Some(other), &format!("Fall back to {}", visible(&cx.state.label_of(fallback)).text), ui);
    }
}
