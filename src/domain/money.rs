//! Money: decimal amounts with their currency, never floating point.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::COST_SCALE;

/// An ISO 4217 code in capitals, such as `USD` or `CNY`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Currency(String);

/// A text that is not three ASCII letters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a currency is a three-letter code such as USD, not “{0}”")]
pub struct CurrencyError(pub String);

impl Currency {
    /// Accepts three ASCII letters in any case.
    pub fn new(code: &str) -> Result<Self, CurrencyError> {
        let code = code.trim();
        if code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic()) {
            Ok(Self(code.to_ascii_uppercase()))
        } else {
            Err(CurrencyError(code.to_owned()))
        }
    }

    /// US dollars.
    pub fn usd() -> Self {
        Self("USD".to_owned())
    }

    /// The code, three capitals.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The sign put before an amount: `$`, `¥` and the like, else the code and a space.
    pub fn sign(&self) -> String {
        self.symbol().map_or_else(|| format!("{} ", self.0), str::to_owned)
    }

    /// The sign of a currency that has one of its own; absent for the others.
    pub fn symbol(&self) -> Option<&'static str> {
        match self.0.as_str() {
            "USD" => Some("$"),
            "EUR" => Some("€"),
            "GBP" => Some("£"),
            "CNY" => Some("CN¥"),
            "JPY" => Some("JP¥"),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::new(&code).map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount in one currency. Amounts of different currencies are never added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Exact amount in the currency's main unit.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl Money {
    /// With all its digits, where amounts are compared: `$0.00123`, `$12.00`.
    pub fn exact(&self) -> String {
        format!("{}{}", self.currency.sign(), exact_amount(self.amount))
    }
}

impl std::fmt::Display for Money {
    /// Two significant digits below ten cents, else cents: `$0.0011`, `$0.42`, `$12.00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.currency.sign(), format_amount(self.amount))
    }
}

/// An amount with all its digits, at least two of them decimals: `0.375`, `12.00`. Prices are shown so; [`format_amount`] rounds.
pub fn exact_amount(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

/// An amount for a person: cents from ten cents up, otherwise two significant digits; exactly zero is `0.00`.
pub fn format_amount(amount: Decimal) -> String {
    let magnitude = amount.abs();
    if magnitude.is_zero() || magnitude >= Decimal::new(1, 1) {
        return format!("{:.2}", amount.round_dp(2));
    }
    let mut digits = 2;
    let mut threshold = Decimal::new(1, 1);
    while magnitude < threshold && digits < 12 {
        threshold /= Decimal::TEN;
        digits += 1;
    }
    let digits = digits.min(12);
    format!("{:.*}", digits as usize, amount.round_dp(digits))
}

/// What a thousand answers cost, when `answers` of them cost `amount`; rounded to [`COST_SCALE`] digits. Absent without answers, and where it overflows.
pub fn cost_per_1k(amount: Decimal, answers: u64) -> Option<Decimal> {
    let exact = amount.checked_mul(Decimal::ONE_THOUSAND)?.checked_div(Decimal::from(answers))?;
    Some(exact.round_dp(COST_SCALE).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_per_thousand_needs_answers() {
        assert_eq!(cost_per_1k(Decimal::new(3, 3), 3), Some(Decimal::ONE));
        assert_eq!(cost_per_1k(Decimal::ONE, 3).map(|cost| cost.to_string()).as_deref(), Some("333.333333333"));
        assert_eq!(cost_per_1k(Decimal::ONE, 0), None);
        assert_eq!(cost_per_1k(Decimal::MAX, 1), None);
    }

    #[test]
    fn amounts_keep_two_significant_digits() {
        let shown = |text: &str| format_amount(text.parse().unwrap());
        assert_eq!(shown("0"), "0.00");
        assert_eq!(shown("12"), "12.00");
        assert_eq!(shown("0.42"), "0.42");
        assert_eq!(shown("0.0811"), "0.081");
        assert_eq!(shown("0.00006"), "0.000060");
        assert_eq!(shown("-0.0012"), "-0.0012");
    }

    #[test]
    fn an_exact_amount_keeps_its_digits() {
        let shown = |text: &str| Money { amount: text.parse().unwrap(), currency: Currency::usd() }.exact();
        assert_eq!(
            ["0", "12", "0.4", "0.375", "0.0012300", "12.345"].map(shown),
            ["$0.00", "$12.00", "$0.40", "$0.375", "$0.00123", "$12.345"]
        );
    }

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!(Currency::new("cny").unwrap().code(), "CNY");
        assert!(Currency::new("dollar").is_err());
        assert!(Currency::new("$").is_err());
        let signs = ["usd", "CHF"].map(|code| Currency::new(code).map(|currency| (currency.sign(), currency.symbol())).unwrap());
        assert_eq!(signs, [("$".to_owned(), Some("$")), ("CHF ".to_owned(), None)]);
    }
}
