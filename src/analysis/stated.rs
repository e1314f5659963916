//! What providers themselves say that their answers cost, summed up and in words.

use rust_decimal::Decimal;

use crate::domain::{Currency, Money, TrialRow};

use super::format::format_count;

/// The stated costs of one target's trials, US dollars, and what was worked out here for the same trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatedCosts {
    /// Trials whose provider says what they cost.
    pub n: u32,
    /// The answered ones among them.
    pub of_answered: u32,
    /// What it says, in all.
    pub amount: Decimal,
    /// Trials among them whose cost is also known here.
    pub ours_n: u32,
    /// That cost, in the target's currency.
    pub ours: Decimal,
}

impl StatedCosts {
    /// Takes in a trial.
    pub(super) fn add(&mut self, row: &TrialRow, answered: bool) {
        let Some(stated) = row.stated_cost else { return };
        self.n += 1;
        self.of_answered += u32::from(answered);
        self.amount = self.amount.saturating_add(stated).normalize();
        if let Some(cost) = row.cost {
            self.ours_n += 1;
            self.ours = self.ours.saturating_add(cost).normalize();
        }
    }

    /// What the provider says of its trials, of which there are `trials`; absent when it says nothing.
    pub fn words(&self, trials: u32, currency: Option<&Currency>) -> Option<String> {
        if self.n == 0 {
            return None;
        }
        let of = if self.n == trials {
            String::new()
        } else {
            format!(", of {} of {} trials", format_count(self.n.into()), format_count(trials.into()))
        };
        let ours = currency.filter(|_| self.ours_n == self.n).map(|currency| Money { amount: self.ours, currency: currency.clone() });
        Some(format!("{}{of}", stated_cost_words(self.amount, ours.as_ref())))
    }
}

/// `the provider itself says $0.00123 (ours $0.00119)`, or what it says where our own price is unknown.
pub fn stated_cost_words(stated: Decimal, ours: Option<&Money>) -> String {
    let stated = Money { amount: stated, currency: Currency::usd() }.exact();
    match ours {
        Some(ours) => format!("the provider itself says {stated} (ours {})", ours.exact()),
        None => format!("unknown here; the provider itself says {stated}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::finished;

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_sum_is_compared_with_ours_for_the_same_trials() {
        let trial = |cost: Option<&str>, stated: Option<&str>| TrialRow {
            cost: cost.map(usd),
            stated_cost: stated.map(usd),
            ..finished(0, 0, 0, 5)
        };
        let mut costs = StatedCosts::default();
        assert_eq!(costs.words(2, None), None);
        costs.add(&trial(Some("0.00119"), Some("0.00123")), true);
        costs.add(&trial(Some("0.5"), None), true);
        let dollars = Currency::usd();
        assert_eq!(costs.words(1, Some(&dollars)).as_deref(), Some("the provider itself says $0.00123 (ours $0.00119)"));
        assert_eq!(costs.words(2, Some(&dollars)).as_deref(), Some("the provider itself says $0.00123 (ours $0.00119), of 1 of 2 trials"));
        costs.add(&trial(None, Some("1")), false);
        assert_eq!(costs.words(3, None).as_deref(), Some("unknown here; the provider itself says $1.00123, of 2 of 3 trials"));
        assert_eq!((costs.n, costs.of_answered, costs.ours_n), (2, 1, 1));
    }
}
