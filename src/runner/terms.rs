//! What one target is sent and at which price: worked out once a run.

use rust_decimal::Decimal;

use crate::domain::{Amendment, Failure, FailureKind, Money, Params, Price, RunPlan, RunTarget, Spelling, Usage, UsageSource};

use super::budget::ASSUMED_MAX_OUTPUT_TOKENS;

/// The terms of one target.
pub(super) struct Terms {
    pub(super) params: Params,
    /// How its server wants requests written, as far as that is known by now.
    pub(super) spelling: Spelling,
    /// What was amended in it, and no whole answer has shown yet to be taken.
    untaken: Vec<Amendment>,
    /// Its trials end with this, unsent.
    pub(super) refused: Option<Failure>,
    /// Things to know about each of its trials.
    pub(super) notes: Vec<String>,
    /// Present when its attempts are to be reserved for.
    reserving: Option<Reserving>,
    /// Answer tokens to reckon with where no maximum is sent: the longest answer so far.
    longest_answer_tokens: u64,
}

/// Answer tokens to reckon with against a limit of tokens a minute, before there is an answer and where no maximum is sent.
const FIRST_ANSWER_TOKENS: u64 = 1_000;

struct Reserving {
    price: Price,
    max_output_tokens: u64,
    /// How far the provider's counts went above the bounds so far, at first what schema and tools can count as; added to the bounds from then on.
    extra_input_tokens: u64,
    extra_output_tokens: u64,
    /// No answer has shown yet how far this provider counts above the bounds.
    unproven: bool,
}

impl Terms {
    /// `no_provider`: why the target cannot be sent to; absent when it can.
    pub(super) fn of(plan: &RunPlan, target_index: usize, no_provider: Option<Failure>) -> Self {
        let mut params = plan.params_of(target_index as u32);
        let target = &plan.targets[target_index];
        let (mut refused, mut notes, mut reserving) = (no_provider, Vec::new(), None);
        if let Some(cap) = &plan.settings.cap {
            match usable_price(target, cap) {
                Ok(price) if is_free(price) => {}
                Ok(price) => {
                    let max_tokens = *params.max_tokens.get_or_insert_with(|| {
                        notes.push(format!(
                            "max_tokens = {ASSUMED_MAX_OUTPUT_TOKENS} was sent, because a cap on spending needs a longest answer"
                        ));
                        ASSUMED_MAX_OUTPUT_TOKENS
                    });
                    let price = price.clone();
                    let max_output_tokens = u64::from(max_tokens);
                    let extra_input_tokens = params.most_definition_tokens();
                    reserving = Some(Reserving { price, max_output_tokens, extra_input_tokens, extra_output_tokens: 0, unproven: true });
                }
                // Rather than why it cannot be asked: what a fallback costs in its place could not be counted either.
                Err(failure) => refused = Some(failure),
            }
        }
        let spelling = target.connection.spelling_of(&target.model);
        Self { params, spelling, untaken: Vec::new(), refused, notes, reserving, longest_answer_tokens: 0 }
    }

    /// Later requests are written so.
    pub(super) fn amend(&mut self, amendment: Amendment) {
        let amended = self.spelling.with(amendment);
        if amended != self.spelling {
            self.spelling = amended;
            self.untaken.retain(|earlier| !earlier.is_about_the_same(amendment));
            self.untaken.push(amendment);
        }
    }

    /// A request that was written so got a whole answer: gives what was amended for it, each once.
    pub(super) fn taken(&mut self, spelling: Spelling) -> Vec<Amendment> {
        self.untaken.extract_if(.., |amendment| spelling.with(*amendment) == spelling).collect()
    }

    /// About the tokens that an attempt with this prompt takes of a limit per minute: many providers count the largest answer in advance.
    pub(super) fn likely_tokens(&self, input_tokens: u64) -> u64 {
        let of_answer = match (self.params.max_tokens, self.longest_answer_tokens) {
            (Some(most), _) => u64::from(most),
            (None, 0) => FIRST_ANSWER_TOKENS,
            (None, longest) => longest,
        };
        input_tokens.saturating_add(of_answer)
    }

    /// An answer of so many tokens came.
    pub(super) fn answer_had(&mut self, tokens: u64) {
        // One absurd count is forgotten again.
        self.longest_answer_tokens = tokens.max(self.longest_answer_tokens / 8 * 7);
    }

    /// The most that an attempt with at most `input_bound_tokens` can cost in the cap's currency; `Decimal::MAX` when that cannot be
    /// said. 0 without a cap, and for a price of 0.
    pub(super) fn worst_cost(&self, input_bound_tokens: u64) -> Decimal {
        self.reserving.as_ref().map_or(Decimal::ZERO, |reserving| {
            let input_tokens = input_bound_tokens.saturating_add(reserving.extra_input_tokens);
            let output_tokens = reserving.max_output_tokens.saturating_add(reserving.extra_output_tokens);
            reserving.price.worst_cost(input_tokens, output_tokens).unwrap_or(Decimal::MAX)
        })
    }

    /// A single attempt is to be in flight, because nobody knows yet how the provider counts: a hidden prompt of its own would make every bill larger
    /// than its reservation. That one bill can still pass the cap by as much as the provider adds.
    pub(super) fn is_unproven(&self) -> bool {
        self.reserving.as_ref().is_some_and(|reserving| reserving.unproven)
    }

    /// A whole answer came without counts: from this provider nothing is to be learnt by waiting.
    pub(super) fn nothing_counted(&mut self) {
        if let Some(reserving) = &mut self.reserving {
            reserving.unproven = false;
        }
    }

    /// Learns from a bill: a provider that counted above the bounds once is expected to do so again.
    pub(super) fn learn(&mut self, input_bound_tokens: u64, usage: &Usage) {
        if let Some(reserving) = &mut self.reserving
            && usage.source == UsageSource::Provider
        {
            reserving.unproven = false;
            let above = |counted: u64, bound: u64| counted.saturating_sub(bound);
            reserving.extra_input_tokens = reserving.extra_input_tokens.max(above(usage.input_tokens, input_bound_tokens));
            reserving.extra_output_tokens = reserving.extra_output_tokens.max(above(usage.output_tokens, reserving.max_output_tokens));
        }
    }
}

fn usable_price<'a>(target: &'a RunTarget, cap: &Money) -> Result<&'a Price, Failure> {
    let unknown = |message: String| Failure { kind: FailureKind::PriceUnknown, message };
    let label = &target.label;
    match &target.price {
        Some(price) if price.tiers.is_empty() => {
            Err(unknown(format!("the price of {label} has no amounts; not sent because a cap is set. Set a price")))
        }
        Some(price) if price.currency == cap.currency || is_free(price) => Ok(price),
        Some(price) => Err(unknown(format!(
            "{label} is priced in {}, but the cap is in {}; not sent. Set the cap or the price in the other currency",
            price.currency, cap.currency
        ))),
        None => Err(unknown(format!("the price of {label} is unknown; not sent because a cap is set. Set a price, or run without a cap"))),
    }
}

fn is_free(price: &Price) -> bool {
    !price.tiers.is_empty()
        && price.tiers.iter().all(|tier| {
            [Some(tier.input_per_million), Some(tier.output_per_million), tier.cached_input_per_million, tier.cache_write_per_million]
                .into_iter()
                .flatten()
                .all(|amount| amount.is_zero())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, PriceStanding};
    use crate::runner::testing::Bench;

    fn capped(currency: &str) -> RunPlan {
        let mut plan = Bench::new(1, 1).plan;
        plan.settings.cap = Some(Money { amount: Decimal::ONE, currency: Currency::new(currency).unwrap() });
        plan
    }

    #[test]
    fn a_target_without_a_usable_price_is_refused_under_a_cap() {
        let mut plan = capped("CNY");
        let kind = |plan: &RunPlan| Terms::of(plan, 0, None).refused.map(|failure| failure.kind);
        assert_eq!(kind(&plan), Some(FailureKind::PriceUnknown));
        plan.targets[0].price = None;
        assert_eq!(kind(&plan), Some(FailureKind::PriceUnknown));
        plan.targets[0].price = Some(Price::local());
        assert_eq!(kind(&plan), None);
        plan.settings.cap = None;
        plan.targets[0].price = None;
        assert_eq!(kind(&plan), None);
    }

    #[test]
    fn a_cap_bounds_the_answer() {
        let mut plan = capped("USD");
        plan.targets[0].price = Some(Price::flat(Decimal::ONE, Decimal::ONE, Currency::usd(), PriceStanding::List, "test"));
        let terms = Terms::of(&plan, 0, None);
        assert_eq!((terms.params.max_tokens, terms.notes.len()), (Some(ASSUMED_MAX_OUTPUT_TOKENS), 1));
        assert_eq!(terms.worst_cost(1_000_000 - 8_192), Decimal::ONE);
        plan.settings.params.max_tokens = Some(10);
        let mut terms = Terms::of(&plan, 0, None);
        assert_eq!((terms.params.max_tokens, terms.notes.len()), (Some(10), 0));
        let usage = Usage {
            input_tokens: 190,
            cached_input_tokens: None,
            cache_write_tokens: None,
            output_tokens: 30,
            reasoning_tokens: None,
            source: UsageSource::Provider,
        };
        assert!(terms.is_unproven());
        terms.learn(150, &usage);
        assert!(!terms.is_unproven());
        assert_eq!(terms.worst_cost(150), Decimal::new(220, 6));
    }

    #[test]
    fn a_price_of_nothing_is_never_reserved_for() {
        let mut plan = capped("USD");
        plan.targets[0].price = Some(Price::local());
        let terms = Terms::of(&plan, 0, None);
        assert_eq!((terms.params.max_tokens, terms.worst_cost(u64::MAX)), (None, Decimal::ZERO));
        assert!(!terms.is_unproven());
    }
}
