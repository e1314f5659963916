//! What an axis measures, and how its values are written.

/// What an axis measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Milliseconds; written in seconds from 10,000 on.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// A share, 0–1, written in percent.
    Share,
    /// An amount of money, with the sign or code of its currency.
    Money(&'static str),
    /// Tokens per second.
    TokensPerSecond,
    /// Whole things.
    Count,
}

impl Quantity {
    /// `value` as a number to read, with its unit.
    pub fn value(self, value: f64) -> String {
        match self {
            Self::Milliseconds if value.abs() >= 10_000.0 => format!("{:.2} s", value / 1000.0),
            Self::Milliseconds => format!("{value:.0} ms"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Share => format!("{:.1} %", value * 100.0),
            Self::Money(sign) => format!("{sign}{value:.decimals$}", decimals = money_decimals(value)),
            Self::TokensPerSecond => format!("{value:.1} tok/s"),
            Self::Count => format!("{value:.0}"),
        }
    }

    /// `value` at a tick of an axis whose ticks are `step` apart.
    pub fn tick(self, value: f64, step: f64) -> String {
        match self {
            Self::Share => format!("{:.decimals$} %", value * 100.0, decimals = decimals_for(step * 100.0)),
            Self::Seconds => format!("{value:.decimals$} s", decimals = decimals_for(step)),
            Self::Money(sign) => format!("{sign}{value:.decimals$}", decimals = if value == 0.0 { 0 } else { decimals_for(step).max(2) }),
            Self::Milliseconds | Self::TokensPerSecond | Self::Count => format!("{value:.decimals$}", decimals = decimals_for(step)),
        }
    }
}

/// As many decimals as tell ticks apart that are `step` apart; at most 6.
fn decimals_for(step: f64) -> usize {
    (0..6_usize)
        .find(|&decimals| {
            let scaled = step * 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
            scaled >= 0.999 && (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(6)
}

/// Cents, and for less than a cent two digits that say something.
fn money_decimals(value: f64) -> usize {
    let value = value.abs();
    if value == 0.0 || value >= 0.01 { 2 } else { (1.0 - value.log10().floor()).clamp(2.0, 8.0) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_carry_their_unit() {
        assert_eq!(Quantity::Milliseconds.value(412.4), "412 ms");
        assert_eq!(Quantity::Milliseconds.value(12_345.0), "12.35 s");
        assert_eq!(Quantity::Share.value(0.015), "1.5 %");
        assert_eq!(Quantity::Money("$").value(0.81), "$0.81");
        assert_eq!(Quantity::Money("$").value(0.000_061), "$0.000061");
        assert_eq!(Quantity::Money("$").value(0.0), "$0.00");
    }

    #[test]
    fn ticks_have_as_many_decimals_as_they_need() {
        assert_eq!(Quantity::Seconds.tick(1.5, 1.5), "1.5 s");
        assert_eq!(Quantity::Share.tick(0.01, 0.01), "1 %");
        assert_eq!(Quantity::Share.tick(0.0025, 0.0025), "0.25 %");
        assert_eq!(Quantity::Money("$").tick(0.3, 0.3), "$0.30");
        assert_eq!(Quantity::Money("$").tick(0.0, 0.3), "$0");
        assert_eq!(Quantity::Milliseconds.tick(300.0, 300.0), "300");
    }
}
