//! Prices of the models at a connection: one's own, and beside them what the catalog says, with its standing and date.

use std::collections::BTreeSet;

use eframe::egui::{Align, Label, Layout, Ui};

use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, OwnPrice, Price};
use crate::ui::cx::Cx;
use crate::ui::screens::price_fields::{PriceFields, Wrong};
use crate::ui::screens::price_words::{details, first_amounts, loss_words};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{figures, mono, small, strong};
use crate::ui::widgets::{Card, IconButton, PushButton, TextField, badge, bar, visible};

/// Models listed without having been priced; more are in the list of models.
const MOST_ROWS: usize = 40;
/// What is left beside the amounts for what they rest on, points.
const STANDING_WIDTH: f32 = 82.0;
/// The currency, the rates of the cache and the button need this much beside the model, points.
const RATES_WIDTH: f32 = 316.0;
/// From this width on the form is one row, points.
const ONE_ROW: f32 = 780.0;

/// The form for one's own price.
#[derive(Debug, Default)]
pub(super) struct PriceForm {
    model: String,
    fields: PriceFields,
    /// Why it was not taken.
    problem: Option<Wrong>,
}

/// What a model costs, and what that rests on.
fn amounts(cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, model: &str, own: Option<&OwnPrice>, listed: Option<&Price>) {
    let tokens = ui.tokens();
    let cut_short = |ui: &mut Ui, price: &Price| {
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - STANDING_WIDTH).max(0.0));
            ui.add(Label::new(figures(first_amounts(price), tokens)).truncate()).on_hover_text(details(price));
        });
    };
    if let Some(own) = own {
        cut_short(ui, &own.price);
        badge(ui, own.price.standing.label());
    } else if let Some(listed) = listed {
        cut_short(ui, listed);
        ui.add(Label::new(small(standing_words(listed), tokens)).truncate());
    } else {
        let words = cx.state.price_of(connection, model).map_or_else(|| "price unknown".to_owned(), |price| first_amounts(&price));
        ui.add(Label::new(small(words, tokens).color(tokens.text2)).truncate());
    }
}

/// Where a price is from: `list price, 2026-11-22`.
fn standing_words(price: &Price) -> String {
    match price.dated {
        Some(date) => format!("{}, {date}", price.standing.label()),
        None => price.standing.label().to_owned(),
    }
}

/// The models that prices are listed for: those with an own price, those of the catalog, and those in use.
fn priced_models(cx: &Cx<'_>, connection: &Connection) -> Vec<String> {
    let host = connection.price_host();
    let state = cx.state;
    let mut seen = BTreeSet::new();
    let own = state.connections.own_prices.iter().filter(|own| own.host == host).map(|own| own.model.as_str());
    let in_use = state.bench.targets.iter().filter(|target| target.connection_id == connection.id).map(|target| target.model.as_str());
    let catalog = state.catalog.entries.iter().filter(|entry| entry.hosts.contains(&host)).filter_map(|entry| entry.models.first());
    own.chain(in_use)
        .chain(connection.last_model.as_deref())
        .chain(catalog.map(String::as_str))
        .filter(|model| seen.insert((*model).to_owned()))
        .take(MOST_ROWS)
        .map(str::to_owned)
        .collect()
}

impl PriceForm {
    /// Draws the prices and the form.
    pub(super) fn show(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
        let tokens = ui.tokens();
        Card::new().show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(strong("Prices", tokens));
                ui.add(Label::new(small("per million tokens; your own come before the catalog's", tokens)).truncate());
            });
            for model in priced_models(cx, connection) {
                ui.push_id(&model, |ui| self.row(cx, ui, connection, &model));
            }
            ui.add_space(tokens.gap.xs);
            self.inputs(cx, ui, connection);
            let host = connection.price_host();
            let own = cx.state.connections.own_prices.iter().any(|own| own.host == host && own.model == self.model.trim());
            let listed = cx.state.catalog.find(&host, self.model.trim()).and_then(|entry| entry.price.as_ref()).filter(|_| !own);
            if let Some(loss) = loss_words(listed) {
                ui.label(small(loss, tokens).color(tokens.warn));
            }
            if let Some(problem) = self.problem {
                ui.label(small(format!("✗ {problem}"), tokens).color(tokens.bad));
            }
        });
    }

    fn row(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection, model: &str) {
        let tokens = ui.tokens();
        let host = connection.price_host();
        let own = cx.state.connections.own_prices.iter().find(|own| own.host == host && own.model == model);
        let listed = cx.state.catalog.find(&host, model).and_then(|entry| entry.price.as_ref());
        let shown = visible(model).text;
        let name_width = (ui.available_width() * 0.3).clamp(90.0, 220.0);
        bar(ui, |ui| {
            ui.scope(|ui| {
                ui.set_width(name_width);
                ui.add(Label::new(mono(shown.as_ref(), tokens)).truncate());
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                match own {
                    Some(_) => {
                        if ui.add(IconButton::new(icons::TRASH, &format!("Remove your price of {shown}")).small()).clicked() {
                            let command = ConnectionCommand::RemovePrice { host: host.clone(), model: model.to_owned() };
                            cx.send(Command::Connections(command));
                        }
                    }
                    None => self.begin_button(ui, model, &shown, listed),
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| amounts(cx, ui, connection, model, own, listed));
            });
        });
        if let (Some(_), Some(listed)) = (own, listed) {
            ui.horizontal(|ui| {
                ui.add_space(name_width + ui.spacing().item_spacing.x);
                let words = format!("catalog: {} ({})", first_amounts(listed), standing_words(listed));
                ui.add(Label::new(small(words, tokens)).truncate()).on_hover_text(details(listed));
            });
        }
    }

    fn begin_button(&mut self, ui: &mut Ui, model: &str, shown: &str, listed: Option<&Price>) {
        if ui.add(PushButton::quiet("Set your own…").compact().name(&format!("Set your own price of {shown}…"))).clicked() {
            *self = Self { model: model.to_owned(), fields: PriceFields::of(listed), problem: None };
        }
    }

    fn inputs(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
        let room = ui.available_width();
        let in_one_row = room >= ONE_ROW;
        let model_width = (room * 0.4).min(220.0).min(room - RATES_WIDTH);
        bar(ui, |ui| {
            TextField::new(&mut self.model, "Priced model").mono().hint("model").char_limit(200).width(model_width).show(ui);
            self.fields.show(ui, if in_one_row { 250.0 } else { room - model_width - 40.0 });
            if in_one_row {
                self.rates_and_button(cx, ui, connection);
            }
        });
        if !in_one_row {
            bar(ui, |ui| {
                ui.add_space(model_width + ui.spacing().item_spacing.x);
                self.rates_and_button(cx, ui, connection);
            });
        }
    }

    fn rates_and_button(&mut self, cx: &Cx<'_>, ui: &mut Ui, connection: &Connection) {
        self.fields.show_cache(ui, 205.0);
        let is_empty = self.model.trim().is_empty();
        if ui.add_enabled(!is_empty, PushButton::secondary("Set price")).clicked() {
            match self.fields.read(cx.state.now) {
                Ok(price) => {
                    let price = OwnPrice { host: connection.price_host(), model: self.model.trim().to_owned(), price };
                    cx.send(Command::Connections(ConnectionCommand::SetPrice(Box::new(price))));
                    *self = Self::default();
                }
                Err(problem) => self.problem = Some(problem),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Catalog;

    #[test]
    fn a_standing_is_told_with_its_day() {
        let catalog = Catalog::bundled().unwrap();
        let claimed = catalog.find("api.holysheep.ai", "qwen-max").and_then(|entry| entry.price.as_ref()).unwrap();
        assert!(standing_words(claimed).starts_with("claimed by vendor, 2"));
        assert_eq!(standing_words(&Price::local()), "local, no charge");
    }
}
