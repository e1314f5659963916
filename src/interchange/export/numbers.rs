//! Numbers as exports write them: bare, with a point, no exponent, no trailing zeros.

use jiff::Timestamp;

/// Microseconds as milliseconds with up to three decimals.
pub(super) fn ms(microseconds: u64) -> String {
    trimmed(&format!("{}.{:03}", microseconds / 1000, microseconds % 1000))
}

/// Up to three decimals; absent for what is no number.
pub(super) fn decimals_3(number: f64) -> Option<String> {
    number.is_finite().then(|| trimmed(&format!("{number:.3}")))
}

/// Up to six decimals; absent for what is no number.
pub(super) fn decimals_6(number: f64) -> Option<String> {
    number.is_finite().then(|| trimmed(&format!("{number:.6}")))
}

fn trimmed(text: &str) -> String {
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// RFC 3339 in UTC with milliseconds.
pub(super) fn instant(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain() {
        assert_eq!([ms(0), ms(1_234_567), ms(1_200_000), ms(1_000), ms(20)], ["0", "1234.567", "1200", "1", "0.02"]);
        assert_eq!(decimals_3(50.0).as_deref(), Some("50"));
        assert_eq!(decimals_3(-0.0001).as_deref(), Some("0"));
        assert_eq!(decimals_3(f64::NAN), None);
        assert_eq!(decimals_6(1.0 / 3.0).as_deref(), Some("0.333333"));
    }

    #[test]
    fn instants_are_utc_with_milliseconds() {
        assert_eq!(instant(Timestamp::from_microsecond(1_700_000_000_123_456).unwrap()), "2023-11-14T22:13:20.123Z");
        assert_eq!(instant(Timestamp::from_second(1_700_000_000).unwrap()), "2023-11-14T22:13:20.000Z");
    }
}
