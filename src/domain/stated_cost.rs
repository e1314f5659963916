//! What a provider itself says that a request cost. It stands beside the cost that is worked out here and never takes its place.

use rust_decimal::Decimal;

use super::COST_SCALE;

/// A provider that says more than this of one request says something else.
const MOST_USD: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// An amount in US dollars as a provider states it, rounded to [`COST_SCALE`] places; absent when it can be none.
pub fn stated_cost(usd: Decimal) -> Option<Decimal> {
    (Decimal::ZERO..=MOST_USD).contains(&usd).then(|| usd.round_dp(COST_SCALE).normalize())
}

/// The stated cost differs from `ours`, both in US dollars, by more than rounding and list prices of the day explain: more than 5 % and more than a
/// millionth of a dollar.
pub fn differs_from_stated(ours: Decimal, stated: Decimal) -> bool {
    let difference = (ours - stated).abs();
    difference > Decimal::new(1, 6) && difference.saturating_mul(Decimal::from(20)) > ours.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_stated_cost_is_an_amount_that_a_request_can_have() {
        assert_eq!(stated_cost(usd("0.00000445")), Some(usd("0.00000445")));
        assert_eq!(stated_cost(usd("0.0037756000")).map(|cost| cost.to_string()).as_deref(), Some("0.0037756"));
        assert_eq!(stated_cost(usd("0.00000000049")), Some(Decimal::ZERO));
        for odd in ["-0.01", "1000000.1"] {
            assert_eq!(stated_cost(usd(odd)), None, "{odd}");
        }
    }

    #[test]
    fn a_difference_is_more_than_a_twentieth_and_more_than_a_millionth() {
        for (ours, stated, differs) in [
            ("0.00119", "0.00123", false),
            ("0.00100", "0.00105", false),
            ("0.00100", "0.001051", true),
            ("0.00100", "0.00094", true),
            ("0.000001", "0.000002", false),
            ("0.000001", "0.0000021", true),
            ("0", "0", false),
            ("0", "0.01", true),
            ("0.01", "0", true),
        ] {
            assert_eq!(differs_from_stated(usd(ours), usd(stated)), differs, "{ours} {stated}");
        }
    }
}
