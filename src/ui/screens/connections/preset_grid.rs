//! The known providers to choose from.

use eframe::egui::{Align, Id, Label, Layout, Ui, vec2};

use crate::domain::{Origin, Preset, Presets, Role};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::text::{small, strong};
use crate::ui::widgets::{SearchField, SelectCard, role_badge};

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// A preset, by its id.
    Preset(String),
    /// A provider that is not listed.
    ByHand,
}

const COLUMNS: usize = 3;
const CARD_HEIGHT: f32 = 58.0;

/// Draws the filter and the grid.
pub(super) fn preset_grid(ui: &mut Ui, presets: &Presets, filter: &mut String, focus: bool) -> Option<Choice> {
    let tokens = ui.tokens();
    let search = SearchField::new(filter, "Filter providers").width(260.0).show(ui);
    if focus {
        search.request_focus();
    }
    let wanted = filter.trim().to_lowercase();
    let found: Vec<&Preset> = presets.presets.iter().filter(|preset| matches(preset, &wanted)).collect();
    let mut chosen = None;
    let width = (ui.available_width() - tokens.gap.s * (COLUMNS - 1) as f32) / COLUMNS as f32;
    let mut cards: Vec<Option<&Preset>> = found.into_iter().map(Some).collect();
    cards.push(None);
    for row in cards.chunks(COLUMNS) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.gap.s;
            for card in row {
                let picked = ui.allocate_ui_with_layout(vec2(width, CARD_HEIGHT), Layout::top_down(Align::Min), |ui| match card {
                    Some(preset) => preset_card(ui, preset),
                    None => by_hand_card(ui),
                });
                if picked.inner {
                    chosen = Some(card.map_or(Choice::ByHand, |preset| Choice::Preset(preset.id.clone())));
                }
            }
        });
    }
    chosen
}

fn matches(preset: &Preset, wanted: &str) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(wanted);
    holds(&preset.name) || holds(preset.role.as_str()) || preset.urls.iter().any(|url| holds(&url.url))
}

fn preset_card(ui: &mut Ui, preset: &Preset) -> bool {
    let host = preset
        .urls
        .first()
        .and_then(|url| Origin::of(&url.url).ok())
        .map_or_else(String::new, |origin| if origin.is_loopback() { format!("{}:{}", origin.host, origin.port) } else { origin.host });
    card(ui, &preset.name, Some(preset.role), &host)
}

fn by_hand_card(ui: &mut Ui) -> bool {
    card(ui, "By hand…", None, "another address")
}

fn card(ui: &mut Ui, name: &str, role: Option<Role>, words: &str) -> bool {
    let tokens = ui.tokens();
    SelectCard::new(Id::unique(("preset", name)), name, false)
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.scope(|ui| {
                    ui.set_max_width((ui.available_width() - 58.0).max(60.0));
                    ui.add(Label::new(strong(name, tokens)).truncate());
                });
                if let Some(role) = role {
                    role_badge(ui, role);
                }
            });
            ui.add(Label::new(small(words, tokens)).truncate());
        })
        .response
        .clicked()
}
