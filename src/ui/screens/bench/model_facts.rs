//! What is known about the model being picked, and a price set by hand.

use eframe::egui::{Label, Ui};
use rust_decimal::Decimal;

use crate::analysis::format_tokens;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, Currency, OwnPrice, Price, PriceStanding};
use crate::ui::cx::Cx;
use crate::ui::theme::text::quiet;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Alert, Card, FormRow, Level, PushButton, TextField, key_value};

use super::price_words::{amounts, basis};

/// Width of the names of facts, points.
const KEY_WIDTH: f32 = 112.0;

/// A price as typed.
#[derive(Default)]
pub(super) struct PriceForm {
    open: bool,
    input: String,
    output: String,
    currency: String,
}

fn amount(text: &str) -> Option<Decimal> {
    text.trim().replace(',', ".").parse().ok().filter(|amount: &Decimal| !amount.is_sign_negative())
}

impl PriceForm {
    /// The price as typed; the error says what is missing.
    fn read(&self) -> Result<Price, &'static str> {
        let (input, output) = amount(&self.input).zip(amount(&self.output)).ok_or("Both amounts, per million tokens, such as 2.00")?;
        let currency = Currency::new(&self.currency).ok().ok_or("A currency is a three-letter code such as USD")?;
        Ok(Price::flat(input, output, currency, PriceStanding::Own, "set by hand"))
    }

    fn take(&mut self, known: Option<&Price>) {
        let tier = known.and_then(|price| price.tiers.first());
        let text = |amount: Option<Decimal>| amount.map_or_else(String::new, |amount| amount.normalize().to_string());
        self.open = true;
        self.input = text(tier.map(|tier| tier.input_per_million));
        self.output = text(tier.map(|tier| tier.output_per_million));
        known.map_or("USD", |price| price.currency.code()).clone_into(&mut self.currency);
    }
}

/// Draws context window, price, strengths and best use of `model` at `connection`, each as far as it is known.
pub(super) fn model_facts(cx: &Cx<'_>, connection: &Connection, model: &str, form: &mut PriceForm, ui: &mut Ui) {
    let tokens = ui.tokens();
    let host = connection.price_host();
    let entry = cx.state.catalog.find(&host, model);
    let price = cx.state.price_of(connection, model);
    Card::new().show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = tokens.gap.xs;
        if let Some(entry) = entry {
            if let Some(claim) = &entry.claim {
                Alert::new(Level::Warn, "A claim").text(claim).show(ui);
                ui.add_space(tokens.gap.xs);
            }
            if let Some(window) = entry.context_window_tokens {
                key_value(ui, KEY_WIDTH, "Context window", format!("{} tokens", format_tokens(window)));
            }
            if !entry.strengths.is_empty() {
                key_value(ui, KEY_WIDTH, "Strengths", &*entry.strengths);
            }
            if !entry.best_use.is_empty() {
                key_value(ui, KEY_WIDTH, "Best use", &*entry.best_use);
            }
        } else {
            ui.add(Label::new(quiet("Nothing is known about this model at this host.", tokens)).wrap());
        }
        match &price {
            Some(price) => {
                key_value(ui, KEY_WIDTH, "Price", amounts(price));
                key_value(ui, KEY_WIDTH, "", quiet(basis(price), tokens));
            }
            None => {
                key_value(ui, KEY_WIDTH, "Price", "unknown: its cost will be in no total, and under a cap nothing is sent");
            }
        }
    });
    price_form(cx, connection, model, price.as_ref(), form, ui);
}

fn price_form(cx: &Cx<'_>, connection: &Connection, model: &str, known: Option<&Price>, form: &mut PriceForm, ui: &mut Ui) {
    let host = connection.price_host();
    if !form.open {
        ui.horizontal(|ui| {
            if ui.add(PushButton::quiet("Set price…").icon(icons::PENCIL).compact()).clicked() {
                form.take(known);
            }
            if known.is_some_and(|price| price.standing == PriceStanding::Own)
                && ui.add(PushButton::quiet("Forget own price").icon(icons::UNDO).compact()).clicked()
            {
                cx.send(Command::Connections(ConnectionCommand::RemovePrice { host: host.clone(), model: model.to_owned() }));
            }
        });
        return;
    }
    let read = form.read();
    FormRow::new("Price per million").label_width(KEY_WIDTH).error(read.as_ref().err().copied()).show(ui, |ui| {
        TextField::new(&mut form.input, "Input price per million tokens").hint("input").width(84.0).char_limit(16).show(ui);
        TextField::new(&mut form.output, "Output price per million tokens").hint("output").width(84.0).char_limit(16).show(ui);
        TextField::new(&mut form.currency, "Currency of the price").width(58.0).char_limit(3).show(ui);
    });
    ui.horizontal(|ui| {
        ui.add_space(KEY_WIDTH + ui.tokens().gap.m);
        if ui.add_enabled(read.is_ok(), PushButton::secondary("Keep price").compact()).clicked()
            && let Ok(price) = &read
        {
            let dated = Some(cx.state.now.to_zoned(jiff::tz::TimeZone::UTC).date());
            let own = OwnPrice { host, model: model.to_owned(), price: Price { dated, ..price.clone() } };
            cx.send(Command::Connections(ConnectionCommand::SetPrice(Box::new(own))));
            form.open = false;
        }
        if ui.add(PushButton::quiet("Discard").compact()).clicked() {
            form.open = false;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_needs_both_amounts_and_a_currency() {
        let form = |input: &str, output: &str, currency: &str| PriceForm {
            open: true,
            input: input.to_owned(),
            output: output.to_owned(),
            currency: currency.to_owned(),
        };
        let price = form("0,12", " 0.42 ", "usd").read().unwrap();
        assert_eq!((price.standing, amounts(&price)), (PriceStanding::Own, "$0.12 in, $0.42 out per million tokens".to_owned()));
        for wrong in [form("", "1", "USD"), form("1", "-1", "USD"), form("1", "x", "USD"), form("1", "1", "dollar")] {
            assert!(wrong.read().is_err());
        }
        let mut again = PriceForm::default();
        again.take(Some(&price));
        assert_eq!(again.read().unwrap(), price);
    }
}
