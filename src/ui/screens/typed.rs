//! Amounts, numbers and currencies as people type them: with a comma or a point, and space around them.

use rust_decimal::Decimal;

use crate::domain::Currency;

fn with_point(text: &str) -> String {
    text.trim().replace(',', ".")
}

/// An amount, of any sign; absent when the text is none, and where its comma may part thousands (`1,200`).
pub(super) fn amount(text: &str) -> Option<Decimal> {
    let parts_thousands = |(whole, behind): (&str, &str)| behind.len() == 3 && whole.trim_start_matches('-') != "0";
    if text.trim().split_once(',').is_some_and(parts_thousands) {
        return None;
    }
    with_point(text).parse().ok()
}

/// An amount from 0; absent when the text is none.
pub(super) fn amount_from_zero(text: &str) -> Option<Decimal> {
    amount(text).filter(|amount| !amount.is_sign_negative())
}

/// A finite number that is no money; absent when the text is none.
pub(super) fn number(text: &str) -> Option<f64> {
    with_point(text).parse().ok().filter(|number: &f64| number.is_finite())
}

/// A currency. The error says what the field takes.
pub(super) fn currency(code: &str) -> Result<Currency, &'static str> {
    Currency::new(code).ok().ok_or("A currency is a three-letter code such as USD")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_is_a_point() {
        assert_eq!([" 0,12 ", "0.12", "-3", "0"].map(amount), [Decimal::new(12, 2), Decimal::new(12, 2), (-3).into(), 0.into()].map(Some));
        assert_eq!([amount("1,200"), amount("0,125"), amount("1.200")], [None, Some(Decimal::new(125, 3)), Some(Decimal::new(12, 1))]);
        assert_eq!((amount_from_zero("0,5"), amount_from_zero("0")), (Some(Decimal::new(5, 1)), Some(Decimal::ZERO)));
        assert_eq!(number("1,5").map(f64::to_bits), Some(1.5_f64.to_bits()));
        for text in ["", " ", "much", "1.2.3", "1,2,3", "inf", "NaN"] {
            assert_eq!((amount(text), amount_from_zero(text), number(text)), (None, None, None), "{text}");
        }
        assert_eq!(amount_from_zero("-1"), None);
    }

    #[test]
    fn a_currency_is_a_code() {
        assert_eq!(currency(" cny ").map(|currency| currency.code().to_owned()).as_deref(), Ok("CNY"));
        assert!(currency("").is_err() && currency("dollar").is_err());
    }
}
