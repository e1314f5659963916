//! The most that a start can cost, and whether it is asked about before anything is sent.

use rust_decimal::Decimal;

use crate::domain::Money;

use super::forecast::{CurrencyTotal, TargetForecast, totals_of, without_price};

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
    /// The run's cap; absent: none.
    pub cap: Option<Money>,
}

impl Expense {
    /// Of what these targets are sent under this cap.
    pub fn new(mut targets: Vec<TargetForecast>, cap: Option<Money>) -> Self {
        targets.retain(|target| target.requests > 0);
        Self {
            requests: targets.iter().map(|target| target.requests).sum(),
            totals: totals_of(&targets),
            price_unknown: without_price(&targets),
            targets,
            cap,
        }
    }

    /// The most that it can cost.
    pub fn at_most(&self) -> AtMost {
        AtMost::new(&self.totals, !self.price_unknown.is_empty(), self.cap.as_ref())
    }

    /// Whether a person shall be asked before it is sent; `over` is the amount, in whatever currency, from which on they want to be.
    pub fn asked_about(&self, over: Decimal) -> Option<WhyAsked> {
        let is_much = |amount: &Money| amount.amount > over;
        match self.at_most() {
            AtMost::Amounts(amounts) if amounts.iter().any(is_much) => Some(WhyAsked::Cost),
            AtMost::Unknown if self.totals.iter().any(|total| is_much(&total.worst)) => Some(WhyAsked::Cost),
            AtMost::Cap(cap) if is_much(&cap) => Some(WhyAsked::Cost),
            AtMost::Unknown if self.requests > ASK_OVER_UNPRICED_REQUESTS => Some(WhyAsked::UnknownCost),
            _ if self.cap.is_none() && self.requests > ASK_OVER_REQUESTS => Some(WhyAsked::Requests),
            _ => None,
        }
    }
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
