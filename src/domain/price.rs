//! What tokens cost: dated, sourced, per million, maybe tiered by input length.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, Usage};

/// How far a price is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriceStanding {
    /// The provider's published list price.
    List,
    /// A vendor's word about what it sells, not verified.
    Claimed,
    /// Set by the user.
    Own,
    /// A server of one's own: no charge per token.
    Local,
}

impl PriceStanding {
    /// The word in exports (`price_source`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Claimed => "claimed",
            Self::Own => "own",
            Self::Local => "local",
        }
    }

    /// The words on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::List => "list price",
            Self::Claimed => "claimed by vendor",
            Self::Own => "own price",
            Self::Local => "local, no charge",
        }
    }
}

/// One row of a price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTier {
    /// The tier holds for requests of at most this many input tokens; absent: no upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_input_tokens: Option<u64>,
    /// Per million input tokens.
    pub input_per_million: Decimal,
    /// Per million cached input tokens; absent: as `input_per_million`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input_per_million: Option<Decimal>,
    /// Per million tokens written to the cache; absent: as `input_per_million`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_per_million: Option<Decimal>,
    /// Per million output tokens, reasoning included.
    pub output_per_million: Decimal,
}

/// The price of one model at one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Currency of all amounts.
    pub currency: Currency,
    /// At least one tier, ascending by bound. A request is priced whole by the tier its input length falls into.
    pub tiers: Vec<PriceTier>,
    /// How far to believe it.
    pub standing: PriceStanding,
    /// Where it was read, for a person.
    pub source: String,
    /// The day it was read, `YYYY-MM-DD`; absent for local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<jiff::civil::Date>,
}

/// What a price has no amount for, so that another one stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unrated {
    /// Tokens read from the cache, counted as plain input: the bill is probably lower.
    CachedInput,
    /// Tokens written to the cache, counted as plain input: the bill may be higher.
    CacheWrite,
    /// More input than the last tier is for, counted at that tier: the bill may be higher.
    PastLastTier,
}

impl Unrated {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CachedInput => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::PastLastTier => "past_last_tier",
        }
    }

    /// The words with a cost.
    pub fn words(self) -> &'static str {
        match self {
            Self::CachedInput => "cached tokens were counted at the full input price: the price has no rate for cached input",
            Self::CacheWrite => "tokens written to the cache were counted at the input price: the price has no rate for them",
            Self::PastLastTier => "the request is longer than the price's last tier is for, and was counted at that tier",
        }
    }
}

/// The longest answer that is reckoned with where no `max_tokens` is set: in a forecast's worst case, and as what is reserved (and then sent as
/// `max_tokens`) under a cap. More is refused by some models.
pub const ASSUMED_MAX_OUTPUT_TOKENS: u32 = 8_192;

/// Decimal places of a cost: a nano-unit of the currency.
pub const COST_SCALE: u32 = 9;

impl Price {
    /// A flat price.
    pub fn flat(input: Decimal, output: Decimal, currency: Currency, standing: PriceStanding, source: &str) -> Self {
        Self {
            currency,
            tiers: vec![PriceTier {
                up_to_input_tokens: None,
                input_per_million: input,
                cached_input_per_million: None,
                cache_write_per_million: None,
                output_per_million: output,
            }],
            standing,
            source: source.to_owned(),
            dated: None,
        }
    }

    /// The price of a server of one's own: nothing.
    pub fn local() -> Self {
        Self::flat(Decimal::ZERO, Decimal::ZERO, Currency::usd(), PriceStanding::Local, "a server of your own")
    }

    /// The tier for a request of this many input tokens; past the last bound, the last tier. `None` only for a price without tiers.
    pub fn tier(&self, input_tokens: u64) -> Option<&PriceTier> {
        self.tiers.iter().find(|tier| tier.up_to_input_tokens.is_none_or(|bound| input_tokens <= bound)).or_else(|| self.tiers.last())
    }

    /// The cost of one attempt, rounded to [`COST_SCALE`] places. Absent when the price has no tier or the amount overflows.
    pub fn cost(&self, usage: &Usage) -> Option<Decimal> {
        let tier = self.tier(usage.input_tokens)?;
        let cached = usage.cached_input_tokens.unwrap_or(0).min(usage.input_tokens);
        let written = usage.cache_write_tokens.unwrap_or(0).min(usage.input_tokens - cached);
        let plain = usage.input_tokens - cached - written;
        let cached_price = tier.cached_input_per_million.unwrap_or(tier.input_per_million);
        let written_price = tier.cache_write_per_million.unwrap_or(tier.input_per_million);
        let sum = Decimal::from(plain)
            .checked_mul(tier.input_per_million)?
            .checked_add(Decimal::from(cached).checked_mul(cached_price)?)?
            .checked_add(Decimal::from(written).checked_mul(written_price)?)?
            .checked_add(Decimal::from(usage.output_tokens).checked_mul(tier.output_per_million)?)?;
        Some((sum / Decimal::from(1_000_000)).round_dp(COST_SCALE).normalize())
    }

    /// What the cost of this usage rests on for want of an amount of its own. Tiers of nothing want none.
    pub fn unrated(&self, usage: &Usage) -> Vec<Unrated> {
        let Some(tier) = self.tier(usage.input_tokens) else { return Vec::new() };
        let at_input_price = |tokens: Option<u64>, own: Option<Decimal>| {
            tokens.is_some_and(|tokens| tokens > 0) && own.is_none() && !tier.input_per_million.is_zero()
        };
        let is_past = tier.up_to_input_tokens.is_some_and(|bound| usage.input_tokens > bound);
        [
            (Unrated::CachedInput, at_input_price(usage.cached_input_tokens, tier.cached_input_per_million)),
            (Unrated::CacheWrite, at_input_price(usage.cache_write_tokens, tier.cache_write_per_million)),
            (Unrated::PastLastTier, is_past),
        ]
        .into_iter()
        .filter_map(|(what, holds)| holds.then_some(what))
        .collect()
    }

    /// The most that a request of at most `input_tokens` in and `output_tokens` out can cost, whatever the cache does.
    pub fn worst_cost(&self, input_tokens: u64, output_tokens: u64) -> Option<Decimal> {
        let bound = self.tiers.iter().position(|tier| tier.up_to_input_tokens.is_none_or(|bound| input_tokens <= bound));
        let reachable = &self.tiers[..=bound.unwrap_or_else(|| self.tiers.len().saturating_sub(1)).min(self.tiers.len().checked_sub(1)?)];
        let mut worst = Decimal::ZERO;
        for tier in reachable {
            let dearest_input =
                [Some(tier.input_per_million), tier.cached_input_per_million, tier.cache_write_per_million].into_iter().flatten().max()?;
            let cost = Decimal::from(input_tokens)
                .checked_mul(dearest_input)?
                .checked_add(Decimal::from(output_tokens).checked_mul(tier.output_per_million)?)?;
            worst = worst.max(cost);
        }
        // Rounded up: a reservation must never be below the bill.
        Some(
            (worst / Decimal::from(1_000_000)).round_dp_with_strategy(COST_SCALE, rust_decimal::RoundingStrategy::AwayFromZero).normalize(),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::UsageSource;

    fn usage(input: u64, cached: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            cached_input_tokens: Some(cached),
            cache_write_tokens: None,
            output_tokens: output,
            reasoning_tokens: None,
            source: UsageSource::Provider,
        }
    }

    fn tiered() -> Price {
        let tier = |bound, input: &str, output: &str| PriceTier {
            up_to_input_tokens: bound,
            input_per_million: input.parse().unwrap(),
            cached_input_per_million: None,
            cache_write_per_million: None,
            output_per_million: output.parse().unwrap(),
        };
        Price {
            tiers: vec![tier(Some(32_000), "1.2", "6"), tier(Some(128_000), "2.4", "12"), tier(Some(252_000), "3", "15")],
            ..Price::local()
        }
    }

    #[test]
    fn a_tier_prices_the_whole_request() {
        assert_eq!(tiered().cost(&usage(32_000, 0, 1_000)).unwrap().to_string(), "0.0444");
        assert_eq!(tiered().cost(&usage(32_001, 0, 1_000)).unwrap().to_string(), "0.0888024");
    }

    #[test]
    fn cached_input_has_its_own_price() {
        let mut price = Price::flat(Decimal::from(2), Decimal::from(8), Currency::usd(), PriceStanding::List, "test");
        price.tiers[0].cached_input_per_million = Some("0.5".parse().unwrap());
        assert_eq!(price.cost(&usage(1_000_000, 400_000, 0)).unwrap().to_string(), "1.4");
    }

    #[test]
    fn what_has_no_rate_is_named() {
        let mut price = Price::flat(Decimal::from(2), Decimal::from(8), Currency::usd(), PriceStanding::List, "test");
        let mut used = usage(1_000, 400, 0);
        used.cache_write_tokens = Some(100);
        assert_eq!(price.unrated(&used), [Unrated::CachedInput, Unrated::CacheWrite]);
        assert_eq!((price.unrated(&usage(1_000, 0, 0)), Price::local().unrated(&used)), (vec![], vec![]));
        price.tiers[0].cached_input_per_million = Some(Decimal::ZERO);
        assert_eq!(price.unrated(&used), [Unrated::CacheWrite]);
        price.tiers[0].cache_write_per_million = Some(Decimal::TEN);
        assert_eq!(price.unrated(&used), []);
        // A rate holds for its tier only.
        let mut tiers = tiered();
        tiers.tiers[0].cached_input_per_million = Some(Decimal::ONE);
        let named = |input| tiers.unrated(&usage(input, 1, 0));
        assert_eq!([named(32_000), named(32_001)], [vec![], vec![Unrated::CachedInput]]);
        assert_eq!([tiers.unrated(&usage(252_000, 0, 0)), tiers.unrated(&usage(252_001, 0, 0))], [vec![], vec![Unrated::PastLastTier]]);
    }

    /// Any amounts, with and without rates of the cache, dearer or cheaper than input.
    fn arbitrary_price() -> impl Strategy<Value = Price> {
        let amount = || (0_i64..3_000).prop_map(|cents| Decimal::new(cents, 2));
        let tier = (amount(), proptest::option::of(amount()), proptest::option::of(amount()), amount(), 1_u64..100_000);
        (proptest::collection::vec(tier, 1..4), any::<bool>()).prop_map(|(tiers, is_open)| {
            let mut bound = 0;
            let last = tiers.len() - 1;
            let mut made = Vec::new();
            for (index, (input, cached, written, output, step)) in tiers.into_iter().enumerate() {
                bound += step;
                made.push(PriceTier {
                    up_to_input_tokens: (index < last || !is_open).then_some(bound),
                    input_per_million: input,
                    cached_input_per_million: cached,
                    cache_write_per_million: written,
                    output_per_million: output,
                });
            }
            Price { tiers: made, ..Price::local() }
        })
    }

    proptest! {
        #[test]
        fn whatever_the_cache_does_no_cost_is_above_the_worst_case(
            price in arbitrary_price(), input in 0_u64..400_000, cached in 0_u64..400_000, written in 0_u64..400_000, output in 0_u64..100_000,
            slack in 0_u64..100_000,
        ) {
            let used = Usage { cache_write_tokens: Some(written), ..usage(input, cached, output) };
            prop_assert!(price.cost(&used).unwrap() <= price.worst_cost(input + slack, output + slack).unwrap());
        }

        #[test]
        fn tiers_with_rates_of_the_cache_survive_json_and_toml(price in arbitrary_price()) {
            prop_assert_eq!(&serde_json::from_str::<Price>(&serde_json::to_string(&price).unwrap()).unwrap(), &price);
            prop_assert_eq!(&toml::from_str::<Price>(&toml::to_string(&price).unwrap()).unwrap(), &price);
        }

        #[test]
        fn no_cost_is_above_the_worst_case(input in 0u64..400_000, cached in 0u64..400_000, output in 0u64..100_000, slack in 0u64..100_000) {
            let price = tiered();
            let cost = price.cost(&usage(input, cached, output)).unwrap();
            prop_assert!(cost <= price.worst_cost(input + slack, output + slack).unwrap());
            prop_assert!(cost >= Decimal::ZERO);
        }

        #[test]
        fn absurd_counts_never_panic(input in any::<u64>(), cached in any::<u64>(), output in any::<u64>()) {
            let _maybe = tiered().cost(&usage(input, cached, output));
            let _maybe = tiered().worst_cost(input, output);
        }
    }
}
