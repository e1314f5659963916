//! The most that a start can cost, and whether it is asked about before anything is sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::{Currency, Money};

use super::forecast::{CurrencyTotal, TargetForecast};

/// More requests than this are asked about where no cap bounds what they cost.
pub const ASK_OVER_REQUESTS: u64 = 1_000;
/// The same where nobody knows what they cost.
const ASK_OVER_UNPRICED_REQUESTS: u64 = 100;

/// The most that something can cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtMost {
    /// Nothing is charged.
    Nothing,
    /// These; one a currency.
    Amounts(Vec<Money>),
    /// The cap: without it, it could be more.
    Cap(Money),
    /// A price is unknown, and no cap is set.
    Unknown,
}

impl AtMost {
    /// From the totals of what is priced. Under a cap nothing is sent but what costs in its currency.
    pub fn new(totals: &[CurrencyTotal], some_unknown: bool, cap: Option<&Money>) -> Self {
        let worst: Vec<Money> = match cap {
            Some(cap) => totals.iter().map(|total| &total.worst).filter(|worst| worst.currency == cap.currency).cloned().collect(),
            None if some_unknown => return Self::Unknown,
            None => totals.iter().map(|total| total.worst.clone()).collect(),
        };
        match cap {
            Some(cap) if worst.iter().any(|worst| worst.amount > cap.amount) => Self::Cap(cap.clone()),
            _ if worst.iter().all(|worst| worst.amount.is_zero()) => Self::Nothing,
            _ => Self::Amounts(worst),
        }
    }

    /// `at most $0.62`, `at most unknown`, `no charge`.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing => "no charge".to_owned(),
            Self::Amounts(amounts) => format!("at most {}", sum_words(amounts)),
            Self::Cap(cap) => format!("at most {cap}"),
            Self::Unknown => "at most unknown".to_owned(),
        }
    }
}

/// Amounts of several currencies side by side: `CN¥2.00 + $0.31`.
pub fn sum_words<'a>(amounts: impl IntoIterator<Item = &'a Money>) -> String {
    amounts.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ")
}

/// Why a start is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyAsked {
    /// It may cost more than was set.
    Cost,
    /// Nobody knows what it costs, and it is no handful of requests.
    UnknownCost,
    /// A fault in this program kept the cost from being worked out.
    Fault,
    /// So many requests, and no cap.
    Requests,
}

/// What a start would send and cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expense {
    /// Requests in all, retries not counted.
    pub requests: u64,
    /// By target; those that are sent nothing are left out.
    pub targets: Vec<TargetForecast>,
    /// One a currency; targets without a price are in none.
    pub totals: Vec<CurrencyTotal>,
    /// Labels of the targets whose price is unknown.
    pub price_unknown: Vec<String>,
    /// What is left of the run's cap; absent: it has none.
    pub cap: Option<Money>,
    /// A fault in this program kept the cost from being worked out.
    pub fault: bool,
}

impl Expense {
    /// Of what these targets are sent under a cap that has so much left.
    pub fn new(mut targets: Vec<TargetForecast>, cap: Option<Money>) -> Self {
        targets.retain(|target| target.requests > 0);
        Self {
            requests: targets.iter().map(|target| target.requests).sum(),
            totals: totals_of(&targets),
            price_unknown: without_price(&targets),
            targets,
            cap,
            fault: false,
        }
    }

    /// Of so many requests whose cost could not be worked out.
    pub fn not_worked_out(requests: u64, cap: Option<Money>) -> Self {
        Self { requests, targets: Vec::new(), totals: Vec::new(), price_unknown: Vec::new(), cap, fault: true }
    }

    /// With what may be sent to fallbacks after these targets.
    #[must_use]
    pub fn with_fallbacks(mut self, pairs: &[(TargetForecast, TargetForecast)]) -> Self {
        for (own, fallback) in pairs {
            self.add_fallback(own, fallback);
        }
        self
    }

    /// Counts what a target's own figure leaves out of its fallback: a price that is unknown, and one in another currency.
    fn add_fallback(&mut self, own: &TargetForecast, fallback: &TargetForecast) {
        let Some(own) = &own.worst_cost else { return };
        let Some(more) = &fallback.worst_cost else {
            if !self.price_unknown.contains(&fallback.label) {
                self.price_unknown.push(fallback.label.clone());
            }
            return;
        };
        if own.currency == more.currency {
            return;
        }
        if let Some(total) = self.totals.iter_mut().find(|total| total.worst.currency == more.currency) {
            total.worst.amount = total.worst.amount.saturating_add(more.amount);
        } else {
            let likely = Money { amount: Decimal::ZERO, currency: more.currency.clone() };
            self.totals.push(CurrencyTotal { likely, worst: more.clone() });
        }
    }

    /// Labels of the targets that are sent nothing because the cap is in another currency than their price.
    pub fn in_another_currency(&self) -> Vec<&str> {
        let Some(cap) = &self.cap else { return Vec::new() };
        let other = |worst: &Money| worst.currency != cap.currency && !worst.amount.is_zero();
        self.targets.iter().filter(|target| target.worst_cost.as_ref().is_some_and(other)).map(|target| target.label.as_str()).collect()
    }

    /// The most that it can cost.
    pub fn at_most(&self) -> AtMost {
        match &self.cap {
            Some(cap) if self.fault => AtMost::Cap(cap.clone()),
            None if self.fault => AtMost::Unknown,
            cap => AtMost::new(&self.totals, !self.price_unknown.is_empty(), cap.as_ref()),
        }
    }

    /// The first amount of what it can cost that is above this one, in whatever currency.
    pub fn above(&self, over: Decimal) -> Option<Money> {
        let amounts = match self.at_most() {
            AtMost::Nothing => Vec::new(),
            AtMost::Amounts(amounts) => amounts,
            AtMost::Cap(cap) => vec![cap],
            AtMost::Unknown => self.totals.iter().map(|total| total.worst.clone()).collect(),
        };
        amounts.into_iter().find(|amount| amount.amount > over)
    }

    /// Whether a person shall be asked before it is sent; `over` is the amount, in whatever currency, from which on they want to be.
    pub fn asked_about(&self, over: Decimal) -> Option<WhyAsked> {
        match self.at_most() {
            _ if self.above(over).is_some() => Some(WhyAsked::Cost),
            AtMost::Unknown if self.fault => Some(WhyAsked::Fault),
            AtMost::Unknown if self.requests > ASK_OVER_UNPRICED_REQUESTS => Some(WhyAsked::UnknownCost),
            _ if self.cap.is_none() && self.requests > ASK_OVER_REQUESTS => Some(WhyAsked::Requests),
            _ => None,
        }
    }
}

/// One total a currency, by code; targets without a price are in none.
fn totals_of(targets: &[TargetForecast]) -> Vec<CurrencyTotal> {
    let mut totals: BTreeMap<Currency, (Decimal, Decimal)> = BTreeMap::new();
    for (likely, worst) in targets.iter().filter_map(|target| target.likely_cost.as_ref().zip(target.worst_cost.as_ref())) {
        let total = totals.entry(likely.currency.clone()).or_default();
        *total = (total.0.saturating_add(likely.amount), total.1.saturating_add(worst.amount));
    }
    let money = |amount, currency: &Currency| Money { amount, currency: currency.clone() };
    totals
        .iter()
        .map(|(currency, (likely, worst))| CurrencyTotal { likely: money(*likely, currency), worst: money(*worst, currency) })
        .collect()
}

/// Labels of the targets whose price is unknown.
fn without_price(targets: &[TargetForecast]) -> Vec<String> {
    targets.iter().filter(|target| target.likely_cost.is_none()).map(|target| target.label.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::LikelyBasis;
    use crate::domain::Currency;

    fn money(amount: &str, code: &str) -> Money {
        Money { amount: amount.parse().unwrap(), currency: Currency::new(code).unwrap() }
    }

    fn target(requests: u64, worst: Option<Money>) -> TargetForecast {
        TargetForecast {
            label: "m · A".to_owned(),
            requests,
            input_tokens: 0,
            likely_output_tokens: 0,
            worst_output_tokens: 0,
            likely_cost: worst.clone(),
            worst_cost: worst,
            standing: None,
            basis: LikelyBasis::Guess,
            set_aside: None,
            cap_allows: None,
        }
    }

    fn asked(targets: &[(u64, Option<&str>)], cap: Option<&str>) -> Option<WhyAsked> {
        let targets = targets.iter().map(|(requests, worst)| target(*requests, worst.map(|worst| money(worst, "USD")))).collect();
        Expense::new(targets, cap.map(|cap| money(cap, "USD"))).asked_about(5.into())
    }

    #[test]
    fn what_costs_much_is_asked_about() {
        assert_eq!(asked(&[(10, Some("5"))], None), None);
        assert_eq!(asked(&[(10, Some("4")), (10, Some("1.01"))], None), Some(WhyAsked::Cost));
        assert_eq!(asked(&[(10, Some("50"))], Some("5")), None, "the cap bounds it");
        assert_eq!(asked(&[(10, Some("50"))], Some("6")), Some(WhyAsked::Cost));
        assert_eq!(asked(&[(10, Some("2"))], Some("6")), None, "it never gets to the cap");
        let foreign = Expense::new(vec![target(1, Some(money("6", "CNY")))], None);
        assert_eq!(foreign.asked_about(5.into()), Some(WhyAsked::Cost));
    }

    #[test]
    fn many_requests_are_asked_about_where_no_cap_bounds_them() {
        assert_eq!(asked(&[(1_000, Some("0"))], None), None);
        assert_eq!(asked(&[(600, Some("0")), (401, Some("0"))], None), Some(WhyAsked::Requests));
        assert_eq!(asked(&[(5_000, Some("1"))], Some("2")), None);
    }

    #[test]
    fn an_unknown_price_is_not_nothing() {
        assert_eq!(asked(&[(100, None)], None), None);
        assert_eq!(asked(&[(101, None)], None), Some(WhyAsked::UnknownCost));
        assert_eq!(asked(&[(1, Some("1")), (101, None)], None), Some(WhyAsked::UnknownCost));
        assert_eq!(asked(&[(1, Some("6")), (1, None)], None), Some(WhyAsked::Cost), "what is known is too much already");
        assert_eq!(asked(&[(500, None), (500, Some("1"))], Some("2")), None, "under a cap it is not sent");
    }

    #[test]
    fn a_cost_that_could_not_be_worked_out_is_asked_about_unless_the_cap_bounds_it() {
        let why = |cap: Option<&str>| Expense::not_worked_out(1, cap.map(|cap| money(cap, "USD"))).asked_about(5.into());
        assert_eq!((why(None), why(Some("6")), why(Some("5"))), (Some(WhyAsked::Fault), Some(WhyAsked::Cost), None));
        assert_eq!(Expense::not_worked_out(1, None).at_most().words(), "at most unknown");
    }

    #[test]
    fn what_a_fallback_costs_is_not_left_out() {
        let own = target(10, Some(money("1", "USD")));
        let with = |fallback: Option<Money>| {
            let mut expense = Expense::new(vec![own.clone()], None);
            expense.add_fallback(&own, &TargetForecast { label: "B".to_owned(), ..target(10, fallback) });
            expense
        };
        assert_eq!((with(None).at_most(), with(None).price_unknown), (AtMost::Unknown, vec!["B".to_owned()]));
        assert_eq!(with(Some(money("3", "USD"))).at_most().words(), "at most $1.00", "the target's own figure has it");
        assert_eq!(with(Some(money("36", "CNY"))).at_most().words(), "at most $1.00 + CN¥36.00");
        assert_eq!(with(Some(money("36", "CNY"))).above(5.into()), Some(money("36", "CNY")));
    }

    #[test]
    fn the_most_is_always_said() {
        let total = |amount: &str, code: &str| CurrencyTotal { likely: money("0", code), worst: money(amount, code) };
        let words = |totals: &[CurrencyTotal], unknown, cap: Option<&str>| {
            AtMost::new(totals, unknown, cap.map(|cap| money(cap, "USD")).as_ref()).words()
        };
        assert_eq!(words(&[total("4", "CNY"), total("0.62", "USD")], false, None), "at most CN¥4.00 + $0.62");
        assert_eq!(words(&[total("0.62", "USD")], true, None), "at most unknown");
        assert_eq!(words(&[], true, None), "at most unknown");
        assert_eq!(words(&[total("0", "USD")], false, None), "no charge");
        assert_eq!(words(&[total("30", "USD")], true, Some("2")), "at most $2.00");
        assert_eq!(words(&[total("0.62", "USD")], true, Some("2")), "at most $0.62", "what has no price is not sent under a cap");
        assert_eq!(words(&[total("4", "CNY"), total("0.62", "USD")], false, Some("2")), "at most $0.62");
    }
}
