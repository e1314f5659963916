//! The provider's own word on what an attempt cost, beside what was counted for it.

use rust_decimal::Decimal;

use crate::domain::{Currency, Money, Price, differs_from_stated};

/// What to know where both are known, in the same currency, and far from each other.
pub(super) fn note(price: Option<&Price>, counted: Option<Decimal>, stated: Option<Decimal>) -> Option<String> {
    price.filter(|price| price.currency == Currency::usd())?;
    let (counted, stated) = (counted?, stated?);
    let money = |amount| Money { amount, currency: Currency::usd() }.exact();
    differs_from_stated(counted, stated).then(|| {
        format!(
            "the provider itself says that this answer cost {}; by the price that is known here it cost {}",
            money(stated),
            money(counted)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PriceStanding;

    #[test]
    fn only_what_can_be_compared_and_differs_is_told() {
        let usd = Price::flat(Decimal::ONE, Decimal::ONE, Currency::usd(), PriceStanding::List, "");
        let yuan = Price { currency: Currency::new("CNY").unwrap(), ..usd.clone() };
        let amount = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let told = note(Some(&usd), amount("0.0001"), amount("0.00123")).unwrap();
        assert!(told.contains("cost $0.00123") && told.contains("cost $0.0001"), "{told}");
        assert_eq!(note(Some(&usd), amount("0.00119"), amount("0.00123")), None);
        assert_eq!(note(Some(&yuan), amount("0.0001"), amount("0.00123")), None);
        assert_eq!(note(None, amount("0.0001"), amount("0.00123")), None);
        assert_eq!(note(Some(&usd), None, amount("0.00123")), None);
        assert_eq!(note(Some(&usd), amount("0.0001"), None), None);
    }
}
