//! The cap on spending: reserved before sending, settled after. Settled + reserved never goes above the cap.

use rust_decimal::Decimal;

// Under a cap an answer needs a bound: a target without `max_tokens` is sent this one and reserved for it.
pub use crate::domain::ASSUMED_MAX_OUTPUT_TOKENS;
pub(super) use crate::domain::input_bound_tokens;

/// Whether an amount can be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Now.
    Now,
    /// Maybe, once what is reserved has been settled.
    Later,
    /// Not even if all that is reserved turns out to cost nothing.
    Never,
}

/// The money of one run in the cap's currency.
///
/// **Invariant:** [`Self::reserve`] never takes `settled + reserved` above the cap. Only a bill above its own reservation can, when
/// a provider counts more tokens than the request holds or ignores `max_tokens`; nothing further is then reserved. What remains of that: the
/// first bill of each target (until it is known, one attempt of the target is in flight and no more), and a later one that adds more than
/// any before it.
#[derive(Debug)]
pub(super) struct Budget {
    cap: Decimal,
    settled: Decimal,
    reserved: Decimal,
}

impl Budget {
    pub(super) fn new(cap: Decimal, spent_before: Decimal) -> Self {
        Self { cap, settled: spent_before, reserved: Decimal::ZERO }
    }

    /// Whether `amount` fits; nothing fits a sum that overflows. An amount of zero always fits.
    pub(super) fn fit(&self, amount: Decimal) -> Fit {
        if amount.is_zero() {
            return Fit::Now;
        }
        let within = |taken: Option<Decimal>| taken.and_then(|taken| taken.checked_add(amount)).is_some_and(|sum| sum <= self.cap);
        if within(self.settled.checked_add(self.reserved)) {
            Fit::Now
        } else if within(Some(self.settled)) && !self.reserved.is_zero() {
            Fit::Later
        } else {
            Fit::Never
        }
    }

    /// Sets `amount` aside when it fits.
    pub(super) fn reserve(&mut self, amount: Decimal) -> Fit {
        let fit = self.fit(amount);
        if fit == Fit::Now {
            self.reserved += amount;
        }
        fit
    }

    /// Returns a reservation and books what was spent of it.
    pub(super) fn settle(&mut self, reserved: Decimal, cost: Decimal) {
        self.reserved -= reserved;
        self.settled = self.settled.checked_add(cost).unwrap_or(Decimal::MAX);
    }

    /// Spent so far, and set aside for what is in flight.
    pub(super) fn spent_and_reserved(&self) -> (Decimal, Decimal) {
        (self.settled, self.reserved)
    }

    #[cfg(test)]
    pub(super) fn committed(&self) -> Decimal {
        self.settled + self.reserved
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_fit_waits_only_while_something_can_come_back() {
        let mut budget = Budget::new(Decimal::from(10), Decimal::from(1));
        assert_eq!(budget.reserve(Decimal::from(6)), Fit::Now);
        assert_eq!(budget.reserve(Decimal::from(6)), Fit::Later);
        assert_eq!(budget.reserve(Decimal::from(10)), Fit::Never);
        budget.settle(Decimal::from(6), Decimal::from(2));
        assert_eq!(budget.reserve(Decimal::from(6)), Fit::Now);
        budget.settle(Decimal::from(6), Decimal::from(6));
        assert_eq!(budget.reserve(Decimal::from(6)), Fit::Never);
        assert_eq!(budget.reserve(Decimal::ZERO), Fit::Now);
    }

    proptest! {
        #[test]
        fn the_cap_holds_and_nothing_is_blocked_for_ever(
            cap in 0u32..1_000,
            steps in proptest::collection::vec((0u32..200, 0u32..=100, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let mut budget = Budget::new(Decimal::from(cap), Decimal::ZERO);
            let mut open: Vec<(Decimal, Decimal)> = Vec::new();
            let mut spent = Decimal::ZERO;
            for (amount, share, settle, release) in steps {
                let amount = Decimal::new(i64::from(amount), 1);
                if budget.reserve(amount) == Fit::Now {
                    open.push((amount, amount * Decimal::new(i64::from(share), 2)));
                }
                prop_assert!(budget.committed() <= Decimal::from(cap));
                if settle && let Some((reserved, cost)) = open.pop() {
                    budget.settle(reserved, cost);
                    spent += cost;
                }
                // Not sent after all: all of it comes back.
                if release && let Some((reserved, _)) = open.pop() {
                    let before = budget.committed();
                    budget.settle(reserved, Decimal::ZERO);
                    prop_assert_eq!(budget.committed(), before - reserved);
                }
            }
            for (reserved, cost) in open {
                budget.settle(reserved, cost);
                spent += cost;
            }
            prop_assert_eq!(budget.committed(), spent);
            prop_assert!(budget.fit(Decimal::from(cap) - spent) == Fit::Now);
        }
    }
}
