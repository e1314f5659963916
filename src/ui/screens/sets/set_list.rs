//! The list of prompt sets.

use std::collections::HashMap;

use eframe::egui::{Id, Label, ScrollArea, Ui, vec2};
use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::app::{AppState, Command, PromptCommand};
use crate::domain::{PromptSetHead, PromptSetKind};
use crate::ui::cx::Cx;
use crate::ui::local_time::how_long_ago;
use crate::ui::theme::{HasTokens as _, text};
use crate::ui::widgets::{SearchField, SelectCard, badge, visible};

/// Height of a card, points.
const CARD: f32 = 58.0;
/// With fewer sets than this there is nothing to search.
const SEARCH_FROM: usize = 8;

/// Draws the list.
pub(super) fn show(cx: &Cx<'_>, search: &mut String, ui: &mut Ui) {
    let tokens = ui.tokens();
    let heads: Vec<&PromptSetHead> = cx.state.prompts.listed().collect();
    if heads.len() >= SEARCH_FROM {
        SearchField::new(search, "Search sets").width(ui.available_width()).show(ui);
        ui.add_space(tokens.gap.xs);
    } else {
        search.clear();
    }
    let wanted = search.trim().to_lowercase();
    let found: Vec<&PromptSetHead> =
        heads.into_iter().filter(|head| wanted.is_empty() || head.name.to_lowercase().contains(&wanted)).collect();
    if found.is_empty() {
        ui.label(text::quiet("No set has such a name.", tokens));
        return;
    }
    let last_runs = last_runs(cx.state);
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, CARD, found.len(), |ui, rows| {
        for head in rows.filter_map(|row| found.get(row)) {
            ui.push_id(head.id, |ui| card(cx, head, last_runs.get(head.name.as_str()).copied(), ui));
        }
    });
}

/// When each set, by name, was last run, as far as the history is loaded.
fn last_runs(state: &AppState) -> HashMap<&str, Timestamp> {
    let mut last = HashMap::new();
    for run in &state.history.heads {
        last.entry(run.prompt_set_name.as_str()).or_insert(run.created_at);
    }
    last
}

fn card(cx: &Cx<'_>, head: &PromptSetHead, last_run: Option<Timestamp>, ui: &mut Ui) {
    let tokens = ui.tokens();
    let selected = cx.state.prompts.selected == Some(head.id);
    let name = visible(&head.name).text;
    let shown = ui.allocate_ui(vec2(ui.available_width(), CARD), |ui| {
        SelectCard::new(Id::unique("set").with(head.id), &name, selected).show(ui, |ui| {
            ui.set_height(CARD - 20.0);
            ui.horizontal(|ui| {
                let badge_room = if head.kind == PromptSetKind::Sample { 64.0 } else { 0.0 };
                ui.scope(|ui| {
                    ui.set_max_width(ui.available_width() - badge_room);
                    ui.add(Label::new(text::strong(name.clone(), tokens)).truncate());
                });
                if head.kind == PromptSetKind::Sample {
                    badge(ui, "sample").on_hover_text("Comes with Assay, for the demo. You can edit it.");
                }
            });
            let mut facts = vec![format_counted(u64::from(head.case_count), "case", "cases"), format!("v{}", head.version)];
            facts.extend(last_run.map(|at| format!("run {}", when(cx.state.now, at))));
            ui.add(Label::new(text::small(facts.join(" · "), tokens)).truncate());
        })
    });
    if shown.inner.response.clicked() && !selected {
        cx.send(Command::Prompts(PromptCommand::Select(head.id)));
    }
}

/// When something was, inside a sentence: `today 16:42`.
fn when(now: Timestamp, then: Timestamp) -> String {
    let words = how_long_ago(then, now);
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
