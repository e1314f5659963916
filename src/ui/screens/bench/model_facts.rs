//! What is known about the model being picked, and a price set by hand.

use eframe::egui::{Label, Ui};
use rust_decimal::Decimal;

use crate::analysis::format_tokens;
use crate::app::{Command, ConnectionCommand};
use crate::domain::{Connection, OwnPrice, Price, PriceStanding};
use crate::ui::cx::Cx;
use crate::ui::screens::price_fields::PriceFields;
use crate::ui::screens::price_words::{amounts, basis};
use crate::ui::screens::typed;
use crate::ui::theme::text::quiet;
use crate::ui::theme::{HasTokens as _, icons};
use crate::ui::widgets::{Alert, Card, FormRow, Level, PushButton, TextField, key_value};

/// Width of the names of facts, points.
const KEY_WIDTH: f32 = 112.0;

/// A price that is being set.
#[derive(Default)]
pub(super) struct ModelPriceForm {
    /// Absent while none is.
    fields: Option<PriceFields>,
    /// Empty: as input.
    cached: String,
}

impl ModelPriceForm {
    fn take(&mut self, known: Option<&Price>) {
        self.fields = Some(PriceFields::of(known));
        let cached = known.and_then(|price| price.tiers.first()).and_then(|tier| tier.cached_input_per_million);
        self.cached = cached.map_or_else(String::new, |amount| amount.normalize().to_string());
    }
}

/// The price of cached input as typed; absent when it is left empty. The error says what the field takes.
fn read_cached(text: &str) -> Result<Option<Decimal>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    typed::amount_from_zero(text).map(Some).ok_or("A number from 0, such as 0.50, or nothing")
}

/// What a price set by hand takes away; absent when that is nothing.
fn loss_words(known: Option<&Price>) -> Option<String> {
    let tiers = known.map_or(0, |price| price.tiers.len());
    (tiers > 1).then(|| format!("Replaces {tiers} price tiers by one, for requests of any length"))
}

/// Draws context window, price, strengths and best use of `model` at `connection`, each as far as it is known.
pub(super) fn model_facts(cx: &Cx<'_>, connection: &Connection, model: &str, form: &mut ModelPriceForm, ui: &mut Ui) {
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

fn price_form(cx: &Cx<'_>, connection: &Connection, model: &str, known: Option<&Price>, form: &mut ModelPriceForm, ui: &mut Ui) {
    let host = connection.price_host();
    let Some(fields) = &mut form.fields else {
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
    };
    if let Some(loss) = loss_words(known) {
        Alert::new(Level::Warn, &loss).show(ui);
    }
    let read = fields.read(cx.state.now);
    let cached = read_cached(&form.cached);
    FormRow::new("Price per million").label_width(KEY_WIDTH).error(read.as_ref().err().copied()).show(ui, |ui| {
        fields.show(ui, ui.available_width().min(250.0));
    });
    FormRow::new("Cached input").label_width(KEY_WIDTH).error(cached.as_ref().err().copied()).show(ui, |ui| {
        TextField::new(&mut form.cached, "Cached input price per million tokens").hint("as input").char_limit(20).width(90.0).show(ui);
    });
    ui.horizontal(|ui| {
        ui.add_space(KEY_WIDTH + ui.tokens().gap.m);
        if ui.add_enabled(read.is_ok() && cached.is_ok(), PushButton::secondary("Keep price").compact()).clicked()
            && let (Ok(mut price), Ok(cached)) = (read, cached)
        {
            for tier in &mut price.tiers {
                tier.cached_input_per_million = cached;
            }
            let own = OwnPrice { host, model: model.to_owned(), price };
            cx.send(Command::Connections(ConnectionCommand::SetPrice(Box::new(own))));
            form.fields = None;
        }
        if ui.add(PushButton::quiet("Discard").compact()).clicked() {
            form.fields = None;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn cached_input_may_have_a_price_of_its_own() {
        assert_eq!(["", " ", "0,5", "0"].map(read_cached), [Ok(None), Ok(None), Ok(Some(Decimal::new(5, 1))), Ok(Some(Decimal::ZERO))]);
        assert!(["half", "-1"].iter().all(|text| read_cached(text).is_err()));
        let mut price = Price::flat(Decimal::TWO, Decimal::TEN, Currency::usd(), PriceStanding::List, "");
        price.tiers[0].cached_input_per_million = Some(Decimal::new(50, 2));
        let mut form = ModelPriceForm::default();
        form.take(Some(&price));
        assert_eq!(form.cached, "0.5");
        form.take(None);
        assert_eq!(form.cached, "");
    }

    #[test]
    fn tiers_that_go_away_are_counted() {
        let mut price = Price::flat(Decimal::TWO, Decimal::TEN, Currency::usd(), PriceStanding::List, "");
        assert_eq!((loss_words(None), loss_words(Some(&price))), (None, None));
        price.tiers = vec![price.tiers[0].clone(); 3];
        assert_eq!(loss_words(Some(&price)).as_deref(), Some("Replaces 3 price tiers by one, for requests of any length"));
    }
}
