//! The models that a connection offers: how many, and on demand all of them with a filter.

use std::sync::Arc;

use eframe::egui::{Align, Label, Layout, ScrollArea, Ui};

use crate::analysis::{format_count, format_counted, format_tokens};
use crate::app::{Command, ConnectionCommand, ModelList};
use crate::domain::Connection;
use crate::ui::cx::Cx;
use crate::ui::screens::price_words::first_amounts;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{mono, small};
use crate::ui::widgets::{Card, FormRow, IconButton, PushButton, SearchField, bar, visible};

/// Height of a row, points.
const ROW: f32 = 30.0;
/// The list scrolls when it is higher than this, points.
const MOST_HEIGHT: f32 = 260.0;

/// What the list remembers for itself.
#[derive(Default)]
pub(super) struct ModelListView {
    pub(super) is_open: bool,
    filter: String,
    /// Indices of what the filter lets through, and what they were found in.
    found: Vec<usize>,
    found_in: Option<(Arc<Vec<String>>, String)>,
}

impl ModelListView {
    /// Draws the row and, when it is open, the list. Returns a model that shall be asked.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) -> Option<String> {
        let list = cx.state.connections.models.get(&connection.id);
        FormRow::new("Models").show(ui, |ui| self.row(cx, ui, connection, list));
        match list {
            Some(ModelList::Known(models)) if self.is_open && !models.is_empty() => self.rows(cx, ui, connection, models),
            _ => None,
        }
    }

    fn row(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, list: Option<&ModelList>) {
        let tokens = ui.tokens();
        let load = |ui: &mut Ui, label: &str| {
            if ui.add(PushButton::secondary(label)).clicked() {
                cx.send(Command::Connections(ConnectionCommand::LoadModels(connection.id)));
            }
        };
        match list {
            None => {
                ui.label(small("not asked for yet", tokens).color(tokens.text2));
                load(ui, "Load the list");
            }
            Some(ModelList::Loading) => {
                ui.label(small("asking for the list…", tokens).color(tokens.text2));
            }
            Some(ModelList::Failed(failure)) => {
                load(ui, "Try again");
                let words = format!("✗ {}: {}", failure.kind.label(), visible(&failure.message).text);
                ui.add(Label::new(small(words, tokens).color(tokens.bad)).truncate());
            }
            Some(ModelList::Known(models)) => {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.add(IconButton::new(icons::REFRESH, "Load the list of models again")).clicked() {
                        cx.send(Command::Connections(ConnectionCommand::LoadModels(connection.id)));
                    }
                    let label = if self.is_open { "Hide" } else { "Show all" };
                    if !models.is_empty() && ui.add(PushButton::secondary(label).name("All models")).clicked() {
                        self.is_open = !self.is_open;
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let first: Vec<&str> = models.iter().take(6).map(String::as_str).collect();
                        let words = format!("{} offered · {}", format_count(models.len() as u64), visible(&first.join(", ")).text);
                        ui.add(Label::new(words).truncate());
                    });
                });
            }
        }
    }

    fn rows(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, models: &Arc<Vec<String>>) -> Option<String> {
        let tokens = ui.tokens();
        Card::new()
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                bar(ui, |ui| {
                    SearchField::new(&mut self.filter, "Filter models").show(ui);
                    self.find(models);
                    ui.label(small(format_counted(self.found.len() as u64, "model", "models"), tokens));
                });
                let mut picked = None;
                ui.spacing_mut().item_spacing.y = 0.0;
                ScrollArea::vertical().id_salt("models").max_height(MOST_HEIGHT).auto_shrink([false, true]).show_rows(
                    ui,
                    ROW,
                    self.found.len(),
                    |ui, range| {
                        for model in self.found.get(range).unwrap_or_default().iter().filter_map(|index| models.get(*index)) {
                            if ui.push_id(model, |ui| model_row(cx, ui, connection, model)).inner {
                                picked = Some(model.clone());
                            }
                        }
                    },
                );
                picked
            })
            .inner
    }

    fn find(&mut self, models: &Arc<Vec<String>>) {
        let is_known = self.found_in.as_ref().is_some_and(|(list, filter)| Arc::ptr_eq(list, models) && *filter == self.filter);
        if is_known {
            return;
        }
        let wanted = self.filter.trim().to_lowercase();
        self.found = (0..models.len()).filter(|index| models[*index].to_lowercase().contains(&wanted)).collect();
        self.found_in = Some((Arc::clone(models), self.filter.clone()));
    }
}

/// True when this model shall be asked.
fn model_row(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, model: &str) -> bool {
    let tokens = ui.tokens();
    let name = visible(model).text;
    let entry = cx.state.catalog.find(&connection.price_host(), model);
    let price = cx.state.price_of(connection, model);
    ui.allocate_ui_with_layout(eframe::egui::vec2(ui.available_width(), ROW), Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_height(ROW);
        let asked = ui.add(PushButton::quiet("Ask this one").compact().name(&format!("Ask {name}"))).clicked();
        let mut facts = vec![price.as_ref().map_or_else(|| "price unknown".to_owned(), first_amounts)];
        facts.extend(entry.and_then(|entry| entry.context_window_tokens).map(|window| format!("{} context", format_tokens(window))));
        let told = ui.label(small(facts.join(" · "), tokens));
        if let Some(claim) = entry.and_then(|entry| entry.claim.as_ref()) {
            told.on_hover_text(claim);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.add(Label::new(mono(name.as_ref(), tokens)).truncate()));
        asked
    })
    .inner
}
