//! Numbers with more digits than a machine number holds: they are texts here, and no digit may change in silence.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::de::IgnoredAny;

/// No shorter number without an exponent loses a digit.
const SAFE_CHARS: usize = 15;
/// Numbers named in warnings.
const MOST_NAMED: usize = 20;

/// JSON with every number that would lose digits made a text of the same digits.
pub(super) fn with_all_digits(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let (mut out, mut copied, mut at) = (String::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(bytes, at);
                let number = &json[at..end];
                // What is no number of JSON stays as it is, and is refused.
                if loses_digits(number) && serde_json::from_str::<IgnoredAny>(number).is_ok() {
                    out.push_str(&json[copied..at]);
                    out.extend(["\"", number, "\""]);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[copied..]);
    Cow::Owned(out)
}

/// The numbers of a text that would lose digits, with what they become; each once.
pub(super) fn that_lose_digits(text: &str) -> Vec<(&str, f64)> {
    let mut seen = BTreeSet::new();
    text.split(|c: char| !c.is_ascii() || !is_of_number(c as u8))
        .filter(|number| loses_digits(number) && seen.insert(*number))
        .filter_map(|number| Some((number, number.parse().ok()?)))
        .take(MOST_NAMED)
        .collect()
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

fn end_of_number(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take_while(|byte| is_of_number(**byte)).count()
}

/// Behind the closing quote, or the end.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn loses_digits(number: &str) -> bool {
    if number.len() <= SAFE_CHARS && !number.contains(['e', 'E']) || number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return false;
    }
    match number.parse::<f64>() {
        Ok(float) if float.is_finite() => decimal(number) != decimal(&format!("{float:e}")),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Digits without zeros around them, and the power of ten that they stand at; absent past any reason.
fn decimal(number: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
    let mut power = exponent.parse::<i64>().ok()?.checked_sub_unsigned(fraction.len() as u64)?;
    digits.drain(..digits.len() - digits.trim_start_matches('0').len());
    let significant = digits.trim_end_matches('0').len();
    power = power.checked_add_unsigned((digits.len() - significant) as u64)?;
    digits.truncate(significant);
    Some(if digits.is_empty() { (digits, 0) } else { (digits, power) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_lost_only_past_what_a_number_holds() {
        for number in
            ["12345678901234567890123", "-9223372036854775809.0", "0.12345678901234567890123", "1e400", "-1e-400", "1e99999999999999999999"]
        {
            assert!(loses_digits(number), "{number}");
        }
        for number in [
            "18446744073709551615",
            "-9223372036854775808",
            "0.30000000000000004",
            "1e22",
            "1.50",
            "100000000000000000000000.0",
            "1e-5",
            "-0.0",
            "e",
            "-",
        ] {
            assert!(!loses_digits(number), "{number}");
        }
    }

    #[test]
    fn only_numbers_outside_texts_become_texts() {
        let json = r#"{"id": 12345678901234567890123, "12345678901234567890123": "a \" 12345678901234567890123", "x": [1, 1e400, 012345678901234567890123]}"#;
        let kept = r#"{"id": "12345678901234567890123", "12345678901234567890123": "a \" 12345678901234567890123", "x": [1, "1e400", 012345678901234567890123]}"#;
        assert_eq!(with_all_digits(json), kept);
        assert!(matches!(with_all_digits("[1, 2.5, \"x\"]"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn a_float_keeps_its_own_digits(float in any::<f64>().prop_filter("finite", |float| float.is_finite())) {
            prop_assert!(!loses_digits(&float.to_string()), "{float}");
            prop_assert!(!loses_digits(&format!("{float:e}")), "{float:e}");
        }

        #[test]
        fn whole_json_stays_whole(json in "(\\{|\\}|\\[|\\]|\"|,|:|-|[0-9]{1,25}|e|\\.|\\\\|é| ){0,20}") {
            let valid = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
            prop_assert_eq!(valid(&with_all_digits(&json)), valid(&json), "{}", json);
        }
    }
}
