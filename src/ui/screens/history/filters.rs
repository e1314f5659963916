//! What the charts show: targets, prompt sets, simulated or not, and how far back.

use eframe::egui::{Align, Layout, Ui};

use super::colours::colours;
use crate::analysis::format_counted;
use crate::app::{Command, History, HistoryCommand, HistoryRange};
use crate::domain::HistoryTarget;
use crate::ui::cx::Cx;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Chip, Emphasis, MenuButton, PushButton, bar, check_box, menu_item, popover, segmented, visible};

const RANGES: [(HistoryRange, &str); 4] =
    [(HistoryRange::Day, "Day"), (HistoryRange::Week, "Week"), (HistoryRange::Month, "Month"), (HistoryRange::All, "All")];

/// Below this width chips have a row of their own, points.
const ONE_ROW: f32 = 1000.0;
/// The widest that a chip gets, points.
const CHIP: f32 = 190.0;
/// Room for the set menu, the switch and the ranges, points.
const OTHERS: f32 = 520.0;

/// Draws the filters.
pub(super) fn filters(cx: &Cx<'_>, ui: &mut Ui) {
    let history = &cx.state.history;
    let targets: Vec<&HistoryTarget> = history.targets.iter().filter(|target| history.show_simulated || !target.simulated).collect();
    let one_row = ui.available_width() >= ONE_ROW;
    if one_row {
        bar(ui, |ui| {
            let room = ui.available_width() - OTHERS;
            chips(cx, ui, history, &targets, room);
            others(cx, ui, history);
        });
    } else {
        if !targets.is_empty() {
            bar(ui, |ui| {
                let room = ui.available_width();
                chips(cx, ui, history, &targets, room);
            });
        }
        bar(ui, |ui| others(cx, ui, history));
    }
}

/// Chips for as many targets as fit, the rest in a menu. Nothing chosen means all.
fn chips(cx: &Cx<'_>, ui: &mut Ui, history: &History, targets: &[&HistoryTarget], room: f32) {
    let tokens = ui.tokens();
    let colour_of = colours(targets.iter().copied());
    let fit = ((room - 120.0) / (CHIP + 48.0)).max(1.0) as usize;
    // When a single one would be left over, it has the room of the menu.
    let fit = if targets.len() <= fit + 1 { targets.len() } else { fit };
    // Few targets have room for their whole names.
    let widest = ((room - 60.0) / fit as f32 - 60.0).clamp(CHIP - 40.0, 260.0);
    let is_shown = |target: &HistoryTarget| history.chosen.is_empty() || history.chosen.contains(&target.key);
    for (index, target) in targets.iter().take(fit).enumerate() {
        let label = visible(&target.label).text;
        let colour = tokens.series(colour_of.get(&target.key).copied().unwrap_or_default());
        let mut chip = Chip::new(&label).dot(colour).off(!is_shown(target)).max_width(widest);
        if target.simulated {
            chip = chip.badge("simulated");
        }
        let clicked = ui.push_id(("target", index), |ui| chip.show(ui).response.clicked()).inner;
        if clicked {
            cx.send(Command::History(HistoryCommand::ToggleTarget(target.key.clone())));
        }
    }
    let rest = targets.get(fit..).unwrap_or_default();
    if rest.is_empty() {
        return;
    }
    let label = format!("{} more", rest.len());
    MenuButton::new(&label, Emphasis::Quiet).name("More targets").show(ui, |ui| {
        eframe::egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (index, target) in rest.iter().enumerate() {
                let label = visible(&target.label).text;
                let clicked = ui.push_id(index, |ui| menu_item(ui, None, &label, Some(is_shown(target))).clicked()).inner;
                if clicked {
                    cx.send(Command::History(HistoryCommand::ToggleTarget(target.key.clone())));
                }
            }
        });
    });
}

fn others(cx: &Cx<'_>, ui: &mut Ui, history: &History) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let mut range = history.range;
        if segmented(ui, "Range", &mut range, &RANGES).changed() {
            cx.send(Command::History(HistoryCommand::SetRange(range)));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            set_menu(cx, ui, history);
            if history.targets.iter().any(|target| target.simulated) {
                let mut shown = history.show_simulated;
                let check = check_box(ui, &mut shown, "Simulated");
                if check.on_hover_text("Runs of the simulated provider: their figures are made up").changed() {
                    cx.send(Command::History(HistoryCommand::ShowSimulated(shown)));
                }
            }
        });
    });
}

/// A list of prompt sets to tick. Nothing ticked means all.
fn set_menu(cx: &Cx<'_>, ui: &mut Ui, history: &History) {
    let chosen = &history.chosen_sets;
    let label = match (chosen.len(), chosen.first().and_then(|id| history.sets.iter().find(|set| set.id == *id))) {
        (0, _) => "All prompt sets".into(),
        (1, Some(set)) => visible(&set.name).text,
        (count, _) => format_counted(count as u64, "prompt set", "prompt sets").into(),
    };
    let button = PushButton::quiet(&label).name("Prompt sets").trailing(icons::CHEVRON_DOWN).max_width(180.0);
    let response = ui.add(button);
    popover(&response, "Prompt sets in the charts", 260.0, |ui| {
        let mut all = chosen.is_empty();
        if check_box(ui, &mut all, "All prompt sets").changed() {
            cx.send(Command::History(HistoryCommand::AllSets));
        }
        for set in &history.sets {
            let mut shown = chosen.contains(&set.id);
            let name = visible(&set.name).text;
            if ui.push_id(set.id, |ui| check_box(ui, &mut shown, &name).changed()).inner {
                cx.send(Command::History(HistoryCommand::ToggleSet(set.id)));
            }
        }
    });
}
