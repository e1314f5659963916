//! Prices in words: how much, how far to believe it, since when, from where.

use crate::analysis::format_tokens;
use crate::domain::{Price, PriceStanding, PriceTier, format_amount};

/// The amounts: `$2.00 in, $8.00 out per million tokens`, tier by tier.
pub(super) fn amounts(price: &Price) -> String {
    if price.standing == PriceStanding::Local {
        return "no charge per token".to_owned();
    }
    let sign = price.currency.sign();
    let tier = |tier: &PriceTier| {
        let cached = tier.cached_input_per_million.map_or_else(String::new, |cached| format!(" ({sign}{} cached)", format_amount(cached)));
        let amounts =
            format!("{sign}{} in{cached}, {sign}{} out", format_amount(tier.input_per_million), format_amount(tier.output_per_million));
        match tier.up_to_input_tokens {
            Some(bound) if price.tiers.len() > 1 => format!("{amounts} to {} input", format_tokens(bound)),
            _ => amounts,
        }
    };
    let tiers: Vec<String> = price.tiers.iter().map(tier).collect();
    format!("{} per million tokens", tiers.join("; "))
}

/// The amounts of the first tier, short: `$2.00 / $8.00`.
pub(super) fn amounts_short(price: &Price) -> String {
    if price.standing == PriceStanding::Local {
        return "no charge".to_owned();
    }
    let sign = price.currency.sign();
    price.tiers.first().map_or_else(String::new, |tier| {
        format!("{sign}{} / {sign}{}", format_amount(tier.input_per_million), format_amount(tier.output_per_million))
    })
}

/// What the price rests on: standing, currency, day and source.
pub(super) fn basis(price: &Price) -> String {
    let mut parts = vec![price.standing.label().to_owned()];
    if price.standing != PriceStanding::Local {
        parts.push(price.currency.code().to_owned());
        parts.extend(price.dated.map(|day| day.to_string()));
        if !price.source.is_empty() {
            parts.push(price.source.clone());
        }
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn a_price_says_what_it_rests_on() {
        let mut price = Price::flat(2.into(), 8.into(), Currency::usd(), PriceStanding::Claimed, "its own page");
        price.dated = Some(jiff::civil::date(2026, 11, 22));
        assert_eq!(amounts(&price), "$2.00 in, $8.00 out per million tokens");
        assert_eq!(amounts_short(&price), "$2.00 / $8.00");
        price.tiers[0].cached_input_per_million = Some(rust_decimal::Decimal::new(5, 1));
        assert_eq!(amounts(&price), "$2.00 in ($0.50 cached), $8.00 out per million tokens");
        assert_eq!(basis(&price), "claimed by vendor · USD · 2026-11-22 · its own page");
        assert_eq!((amounts(&Price::local()), basis(&Price::local())), ("no charge per token".to_owned(), "local, no charge".to_owned()));
    }

    #[test]
    fn every_tier_is_told() {
        let mut price = Price::flat(1.into(), 6.into(), Currency::usd(), PriceStanding::List, "");
        price.tiers[0].up_to_input_tokens = Some(32_000);
        price.tiers.push(PriceTier {
            up_to_input_tokens: None,
            input_per_million: 2.into(),
            output_per_million: 12.into(),
            ..price.tiers[0].clone()
        });
        assert_eq!(amounts(&price), "$1.00 in, $6.00 out to 32.0 k input; $2.00 in, $12.00 out per million tokens");
    }
}
