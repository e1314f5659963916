//! The fields of a price set by hand, per million tokens.

use eframe::egui::Ui;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::domain::{Currency, Price, PriceStanding};
use crate::ui::widgets::TextField;

use super::typed;

/// A price as typed.
#[derive(Debug, Default)]
pub(super) struct PriceFields {
    input: String,
    output: String,
    /// This and the next empty: as input.
    cached: String,
    cache_write: String,
    /// Empty: US dollars.
    currency: String,
}

/// What the fields hold is no price: what they take.
pub(super) type Wrong = &'static str;

impl PriceFields {
    /// The fields of a known price, by its first tier; empty without one.
    pub(super) fn of(known: Option<&Price>) -> Self {
        let tier = known.and_then(|price| price.tiers.first());
        let text = |amount: Option<Decimal>| amount.map_or_else(String::new, |amount| amount.normalize().to_string());
        Self {
            input: text(tier.map(|tier| tier.input_per_million)),
            output: text(tier.map(|tier| tier.output_per_million)),
            cached: text(tier.and_then(|tier| tier.cached_input_per_million)),
            cache_write: text(tier.and_then(|tier| tier.cache_write_per_million)),
            currency: known.map_or_else(String::new, |price| price.currency.code().to_owned()),
        }
    }

    /// The price as typed, dated `now`.
    pub(super) fn read(&self, now: Timestamp) -> Result<Price, Wrong> {
        let input = typed::amount_from_zero(&self.input).ok_or("The input price is a number from 0, such as 1.20")?;
        let output = typed::amount_from_zero(&self.output).ok_or("The output price is a number from 0, such as 6.00")?;
        let currency = match self.currency.trim() {
            "" => Currency::usd(),
            code => typed::currency(code)?,
        };
        let mut price = Price::flat(input, output, currency, PriceStanding::Own, "set by you");
        for tier in &mut price.tiers {
            tier.cached_input_per_million = rate(&self.cached, "The price of cached input is a number from 0, such as 0.50, or nothing")?;
            tier.cache_write_per_million =
                rate(&self.cache_write, "The price of a cache write is a number from 0, such as 1.50, or nothing")?;
        }
        Ok(Price { dated: Some(now.to_zoned(TimeZone::system()).date()), ..price })
    }

    /// Draws the fields of the cache's rates side by side within `room` points.
    pub(super) fn show_cache(&mut self, ui: &mut Ui, room: f32) {
        for (text, name, hint, share) in [
            (&mut self.cached, "Cached input price per million tokens", "cached", 0.44),
            (&mut self.cache_write, "Cache write price per million tokens", "cache write", 0.56),
        ] {
            let field = TextField::new(text, name).hint(hint).char_limit(20).width((room * share).min(116.0)).show(ui);
            field.on_hover_text(format!("{name}. Empty: as input"));
        }
    }

    /// Draws input, output and currency side by side within `room` points.
    pub(super) fn show(&mut self, ui: &mut Ui, room: f32) {
        let amount = (room * 0.36).min(90.0);
        TextField::new(&mut self.input, "Input price per million tokens").hint("input").char_limit(20).width(amount).show(ui);
        TextField::new(&mut self.output, "Output price per million tokens").hint("output").char_limit(20).width(amount).show(ui);
        let currency = (room * 0.27).clamp(52.0, 70.0);
        TextField::new(&mut self.currency, "Currency of the price").hint("USD").char_limit(3).width(currency).show(ui);
    }
}

/// A rate of the cache as typed; absent when it is left empty.
fn rate(text: &str, wrong: Wrong) -> Result<Option<Decimal>, Wrong> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    typed::amount_from_zero(text).map(Some).ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_needs_both_amounts_and_a_currency() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let typed = |input: &str, output: &str, currency: &str| {
            PriceFields { input: input.to_owned(), output: output.to_owned(), currency: currency.to_owned(), ..PriceFields::default() }
                .read(now)
        };
        let price = typed("0,12", " 0.42 ", "cny").unwrap();
        assert_eq!((price.standing, price.currency.code(), price.dated.is_some()), (PriceStanding::Own, "CNY", true));
        assert_eq!(PriceFields::of(Some(&price)).read(now).unwrap(), price);
        assert_eq!(typed("1", "2", " ").unwrap().currency, Currency::usd());
        for (input, output, currency) in [("", "1", "USD"), ("1", "-1", "USD"), ("1", "x", "USD"), ("1", "1", "dollar")] {
            assert!(typed(input, output, currency).is_err(), "{input} {output} {currency}");
        }
        assert!(PriceFields::of(None).read(now).is_err());
    }

    #[test]
    fn a_wrong_rate_of_the_cache_is_named() {
        let typed = |cached: &str, cache_write: &str| {
            let (cached, cache_write) = (cached.to_owned(), cache_write.to_owned());
            let fields = PriceFields { input: "1".to_owned(), output: "2".to_owned(), cached, cache_write, ..PriceFields::default() };
            fields.read("2026-11-22T10:00:00Z".parse().unwrap()).unwrap_err()
        };
        assert!(typed("x", "").starts_with("The price of cached input"));
        assert!(typed("0.5", "x").starts_with("The price of a cache write"));
    }

    /// A price that is taken over to be changed keeps what it knows of the cache.
    #[test]
    fn rates_of_the_cache_stay() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut price = Price::flat(Decimal::TWO, Decimal::TEN, Currency::usd(), PriceStanding::List, "");
        price.tiers[0].cached_input_per_million = Some(Decimal::new(50, 2));
        price.tiers[0].cache_write_per_million = Some(Decimal::ZERO);
        assert_eq!(PriceFields::of(Some(&price)).read(now).unwrap().tiers, price.tiers);
        assert_eq!(
            ["", " ", "0,5", "0"].map(|text| rate(text, "wrong")),
            [Ok(None), Ok(None), Ok(Some(Decimal::new(5, 1))), Ok(Some(Decimal::ZERO))]
        );
        assert!(["half", "-1"].iter().all(|text| rate(text, "wrong").is_err()));
    }
}
