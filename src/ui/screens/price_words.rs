//! Prices in words: how much, how far to believe it, since when, from where.

use crate::analysis::format_tokens;
use crate::domain::{Price, PriceStanding, PriceTier, exact_amount};

/// Of a price that is none.
const NO_CHARGE: &str = "no charge per token";

/// What one tier asks: `$2.00 in, $8.00 out ($0.50 cached)`. The rates of the cache come last: where there is little room, they are cut.
pub(super) fn tier_words(sign: &str, tier: &PriceTier) -> String {
    let cache = [(tier.cached_input_per_million, "cached"), (tier.cache_write_per_million, "cache write")];
    let told: Vec<String> =
        cache.into_iter().filter_map(|(amount, what)| Some(format!("{sign}{} {what}", exact_amount(amount?)))).collect();
    let cache = if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) };
    format!("{sign}{} in, {sign}{} out{cache}", exact_amount(tier.input_per_million), exact_amount(tier.output_per_million))
}

/// What each tier asks, and to which length of input where there are several.
fn tiers(price: &Price) -> impl Iterator<Item = String> + '_ {
    let sign = price.currency.sign();
    price.tiers.iter().map(move |tier| {
        let amounts = tier_words(&sign, tier);
        match tier.up_to_input_tokens {
            Some(bound) if price.tiers.len() > 1 => format!("{amounts} to {} input", format_tokens(bound)),
            _ => amounts,
        }
    })
}

/// What requests with so many input tokens are asked: `$2.00 in, $8.00 out per million tokens`.
pub(super) fn amounts_at(price: &Price, input_tokens: u64) -> String {
    match price.tier(input_tokens) {
        _ if price.standing == PriceStanding::Local => NO_CHARGE.to_owned(),
        Some(tier) => format!("{} per million tokens", tier_words(&price.currency.sign(), tier)),
        None => "unknown".to_owned(),
    }
}

/// The amounts: `$2.00 in, $8.00 out per million tokens`, tier by tier.
pub(super) fn amounts(price: &Price) -> String {
    if price.standing == PriceStanding::Local {
        return NO_CHARGE.to_owned();
    }
    format!("{} per million tokens", tiers(price).collect::<Vec<_>>().join("; "))
}

/// The amounts of the first tier: `$1.20 in, $6.00 out and up`.
pub(super) fn first_amounts(price: &Price) -> String {
    match price.tiers.as_slice() {
        _ if price.standing == PriceStanding::Local => NO_CHARGE.to_owned(),
        [] => "price unknown".to_owned(),
        [tier] => tier_words(&price.currency.sign(), tier),
        [tier, ..] => format!("{} and up", tier_words(&price.currency.sign(), tier)),
    }
}

/// All tiers and what they rest on, a line each.
pub(super) fn details(price: &Price) -> String {
    if price.standing == PriceStanding::Local {
        return basis(price);
    }
    tiers(price).chain([basis(price)]).collect::<Vec<_>>().join("\n")
}

/// The amounts of the first tier, short: `$2.00 / $8.00`.
pub(super) fn amounts_short(price: &Price) -> String {
    if price.standing == PriceStanding::Local {
        return "no charge".to_owned();
    }
    let sign = price.currency.sign();
    price.tiers.first().map_or_else(String::new, |tier| {
        format!("{sign}{} / {sign}{}", exact_amount(tier.input_per_million), exact_amount(tier.output_per_million))
    })
}

/// What a price set by hand takes away; absent when that is nothing.
pub(super) fn loss_words(known: Option<&Price>) -> Option<String> {
    let tiers = known.map_or(0, |price| price.tiers.len());
    (tiers > 1).then(|| format!("Replaces {tiers} price tiers by one, for requests of any length"))
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
    use crate::domain::{Catalog, Currency};

    #[test]
    fn a_price_says_what_it_rests_on() {
        let mut price = Price::flat(2.into(), 8.into(), Currency::usd(), PriceStanding::Claimed, "its own page");
        price.dated = Some(jiff::civil::date(2026, 11, 22));
        assert_eq!(amounts(&price), "$2.00 in, $8.00 out per million tokens");
        assert_eq!(amounts_short(&price), "$2.00 / $8.00");
        price.tiers[0].cached_input_per_million = Some(rust_decimal::Decimal::new(125, 3));
        assert_eq!(amounts(&price), "$2.00 in, $8.00 out ($0.125 cached) per million tokens");
        price.tiers[0].cache_write_per_million = Some(rust_decimal::Decimal::new(25, 1));
        assert_eq!(amounts(&price), "$2.00 in, $8.00 out ($0.125 cached, $2.50 cache write) per million tokens");
        assert_eq!(basis(&price), "claimed by vendor · USD · 2026-11-22 · its own page");
        assert_eq!((amounts(&Price::local()), basis(&Price::local())), ("no charge per token".to_owned(), "local, no charge".to_owned()));
    }

    #[test]
    fn a_row_tells_the_first_tier_and_its_hover_all() {
        let catalog = Catalog::bundled().unwrap();
        let price = |host, model| catalog.find(host, model).and_then(|entry| entry.price.clone()).unwrap();
        let claimed = price("api.holysheep.ai", "qwen-max");
        assert_eq!(first_amounts(&claimed), "$0.12 in, $0.42 out");
        let tiered = price("dashscope-intl.aliyuncs.com", "qwen3-max");
        assert!(first_amounts(&tiered).starts_with("$1.20 in") && first_amounts(&tiered).ends_with("$6.00 out and up"));
        assert_eq!(details(&tiered).lines().count(), 4);
        assert!(details(&tiered).ends_with(&basis(&tiered)));
        assert_eq!((first_amounts(&Price::local()), details(&Price::local())), (amounts(&Price::local()), "local, no charge".to_owned()));
        assert_eq!(first_amounts(&Price { tiers: Vec::new(), ..claimed }), "price unknown");
    }

    #[test]
    fn tiers_that_go_away_are_counted() {
        let mut price = Price::flat(2.into(), 10.into(), Currency::usd(), PriceStanding::List, "");
        assert_eq!((loss_words(None), loss_words(Some(&price))), (None, None));
        price.tiers = vec![price.tiers[0].clone(); 3];
        assert_eq!(loss_words(Some(&price)).as_deref(), Some("Replaces 3 price tiers by one, for requests of any length"));
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
        assert_eq!(amounts_at(&price, 32_000), "$1.00 in, $6.00 out per million tokens");
        assert_eq!(amounts_at(&price, 32_001), "$2.00 in, $12.00 out per million tokens");
        assert_eq!(amounts_at(&Price::local(), 1), "no charge per token");
    }
}
