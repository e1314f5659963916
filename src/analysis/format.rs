//! Numbers for a person, the same on screen and in the terminal: three significant digits, the unit after a space, `—` for unknown.
//! Amounts of money are shown by [`crate::domain::Money`].

use crate::domain::Money;

use super::figure::{Difference, Figure, Unit};

/// What stands for an unknown value.
pub const UNKNOWN: &str = "—";

/// Groups digits without letting a line break in between; narrower than a space.
const GROUP: char = '\u{202f}';

/// A value for a person, or [`UNKNOWN`].
pub fn or_unknown<T>(value: Option<T>, format: impl Fn(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), format)
}

/// A magnitude with three significant digits; whole from 100 up.
fn significant(magnitude: f64) -> String {
    // The bounds are where rounding reaches the next power of ten.
    let decimals = if magnitude < 9.995 { 2 } else { usize::from(magnitude < 99.95) };
    format!("{magnitude:.decimals$}")
}

/// A duration given in milliseconds: `0.42 ms`, `20.4 ms`, `412 ms`, `2.14 s`, `1 m 12 s`, `2 h 5 m`. Negative ones count as 0.
pub fn format_ms(ms: f64) -> String {
    if !ms.is_finite() {
        return UNKNOWN.to_owned();
    }
    let ms = ms.max(0.0);
    let seconds = ms / 1e3;
    let (whole_s, whole_m) = (seconds.round() as u64, (seconds / 60.0).round() as u64);
    if ms < 999.5 {
        format!("{} ms", significant(ms))
    } else if seconds < 59.95 {
        format!("{} s", significant(seconds))
    } else if whole_s < 3_600 {
        format!("{} m {} s", whole_s / 60, whole_s % 60)
    } else {
        format!("{} h {} m", whole_m / 60, whole_m % 60)
    }
}

/// Milliseconds for a column whose head names them: `412`.
pub fn format_ms_bare(ms: f64) -> String {
    if ms.is_finite() { significant(ms.max(0.0)) } else { UNKNOWN.to_owned() }
}

/// Seconds, from milliseconds, for a column whose head names them: `2.14`, and `0.050` beside it, to the millisecond.
pub fn format_s_bare(ms: f64) -> String {
    if (0.0..999.5).contains(&ms) { format!("{:.3}", ms / 1e3) } else { format_ms_bare(ms / 1e3) }
}

/// Tokens: `812`, `25.4 k`, `1.02 M`.
pub fn format_tokens(tokens: u64) -> String {
    let tokens_f = tokens as f64;
    if tokens < 1_000 {
        tokens.to_string()
    } else if tokens_f < 999_500.0 {
        format!("{} k", significant(tokens_f / 1e3))
    } else {
        format!("{} M", significant(tokens_f / 1e6))
    }
}

/// Output speed: `61.0 tok/s`.
pub fn format_speed(tokens_per_s: f64) -> String {
    if tokens_per_s.is_finite() { format!("{} tok/s", significant(tokens_per_s.max(0.0))) } else { UNKNOWN.to_owned() }
}

/// A share of 1 in percent with one decimal: `0.0 %`, `1.5 %`, `100 %`. Never rounds something to nothing or to all: `<0.1 %`, `>99.9 %`.
pub fn format_percent(share: f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() {
        UNKNOWN.to_owned()
    } else if percent > 0.0 && percent < 0.05 {
        "<0.1 %".to_owned()
    } else if percent > 99.95 && percent < 100.0 {
        ">99.9 %".to_owned()
    } else if percent >= 100.0 {
        format!("{percent:.0} %")
    } else {
        format!("{:.1} %", percent.max(0.0))
    }
}

/// A count with its digits grouped by narrow spaces: `10 000`.
pub fn format_count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * GROUP.len_utf8());
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(GROUP);
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun: `1 case`, `2 cases`, `0 cases`.
pub fn format_counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", format_count(count), if count == 1 { one } else { many })
}

/// A score's mean: `4.25`.
pub fn format_score(score: f64) -> String {
    if score.is_finite() { significant(score.max(0.0)) } else { UNKNOWN.to_owned() }
}

/// Any number with its sign: `+43 ms`, `−43 ms`; without one when it shows as zero.
fn signed(value: f64, format: impl Fn(f64) -> String) -> String {
    let magnitude = format(value.abs());
    let shows_zero = !magnitude.contains(|c: char| ('1'..='9').contains(&c));
    match value {
        _ if shows_zero => magnitude,
        value if value < 0.0 => format!("−{magnitude}"),
        _ => format!("+{magnitude}"),
    }
}

/// A change in milliseconds, no finer than what it is a change of: `43 ms`, `4.2 ms`.
fn format_ms_change(magnitude_ms: f64) -> String {
    match magnitude_ms {
        ms if ms < 9.95 => format!("{ms:.1} ms"),
        ms if ms < 99.5 => format!("{ms:.0} ms"),
        ms => format_ms(ms),
    }
}

/// A change in percent: `−93 %`, `+1.5 %`.
fn format_change(percent: f64) -> String {
    signed(percent, |magnitude| if magnitude < 9.95 { format!("{magnitude:.1} %") } else { format!("{magnitude:.0} %") })
}

/// A difference from the baseline in the unit that tells most: `+1.5 pt` for shares, `+43 ms`, `−2.30 tok/s`, `−93 %` for money and tokens.
pub fn format_difference(figure: Figure, difference: &Difference) -> String {
    match difference {
        Difference::Money { percent: Some(percent), .. } => format_change(*percent),
        Difference::Money { absolute, percent: None } => {
            let sign = if absolute.amount.is_sign_negative() { "−" } else { "+" };
            let magnitude = Money { amount: absolute.amount.abs(), currency: absolute.currency.clone() };
            if absolute.amount.is_zero() { magnitude.to_string() } else { format!("{sign}{magnitude}") }
        }
        Difference::Number { absolute, percent } => match (figure.unit(), percent) {
            (Unit::Ratio, _) => signed(absolute * 100.0, |points| format!("{points:.1} pt")),
            (Unit::Milliseconds, _) => signed(*absolute, format_ms_change),
            (Unit::TokensPerSecond, _) => signed(*absolute, format_speed),
            (Unit::Tokens, Some(percent)) => format_change(*percent),
            (Unit::Tokens, None) => signed(*absolute, |tokens| format_tokens(tokens.round() as u64)),
            (Unit::Score | Unit::Money, _) => signed(*absolute, format_score),
        },
    }
}

/// `words` with the first letter made a capital: an error's fragment as a sentence.
pub fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Currency;

    #[test]
    fn durations_keep_three_digits() {
        let shown = |ms: f64| format_ms(ms);
        let expected = [
            (0.0, "0.00 ms"),
            (0.42, "0.42 ms"),
            (9.996, "10.0 ms"),
            (20.44, "20.4 ms"),
            (412.3, "412 ms"),
            (999.4, "999 ms"),
            (999.6, "1.00 s"),
            (2_140.0, "2.14 s"),
            (9_996.0, "10.0 s"),
            (59_940.0, "59.9 s"),
            (59_960.0, "1 m 0 s"),
            (72_000.0, "1 m 12 s"),
            (3_599_600.0, "1 h 0 m"),
            (7_500_000.0, "2 h 5 m"),
            (-5.0, "0.00 ms"),
            (f64::NAN, "—"),
        ];
        for (ms, text) in expected {
            assert_eq!(shown(ms), text, "{ms}");
        }
        assert_eq!(format_ms_bare(412.0), "412");
        assert_eq!([2_140.0, 50.4, 999.6, -5.0].map(format_s_bare), ["2.14", "0.050", "1.00", "0.00"]);
    }

    #[test]
    fn counts_shares_and_speeds() {
        assert_eq!(
            [0, 812, 1_000, 25_449, 999_499, 999_500, 1_020_000].map(format_tokens),
            ["0", "812", "1.00 k", "25.4 k", "999 k", "1.00 M", "1.02 M"]
        );
        assert_eq!([61.0, 5.234, 123.4, f64::INFINITY].map(format_speed), ["61.0 tok/s", "5.23 tok/s", "123 tok/s", "—"]);
        assert_eq!(
            [0.0, 0.000_1, 0.015, 0.5, 0.999_9, 1.0].map(format_percent),
            ["0.0 %", "<0.1 %", "1.5 %", "50.0 %", ">99.9 %", "100 %"]
        );
        assert_eq!([0, 999, 1_000, 1_234_567].map(format_count), ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        assert_eq!([0, 1, 2].map(|n| format_counted(n, "case", "cases")), ["0 cases", "1 case", "2 cases"]);
        assert_eq!((or_unknown(None, format_ms), or_unknown(Some(412.0), format_ms)), ("—".to_owned(), "412 ms".to_owned()));
    }

    #[test]
    fn differences_carry_their_sign() {
        let number = |figure, absolute, percent| format_difference(figure, &Difference::Number { absolute, percent });
        assert_eq!(number(Figure::ErrorRate, 0.015, None), "+1.5 pt");
        assert_eq!(number(Figure::ErrorRate, 0.0, None), "0.0 pt");
        assert_eq!(number(Figure::TtftP50, -43.0, Some(-10.0)), "−43 ms");
        assert_eq!(number(Figure::TotalP50, 1_170.0, None), "+1.17 s");
        assert_eq!(number(Figure::SpeedP50, -0.001, None), "0.00 tok/s");
        assert_eq!(number(Figure::OutputTokens, -3_500.0, Some(-13.7)), "−14 %");
        let money = |amount: &str, percent| {
            let absolute = Money { amount: amount.parse().unwrap(), currency: Currency::usd() };
            format_difference(Figure::CostPer1kRequests, &Difference::Money { absolute, percent })
        };
        assert_eq!(money("-0.75", Some(-92.6)), "−93 %");
        assert_eq!(money("0.75", None), "+$0.75");
        assert_eq!(money("0", None), "$0.00");
    }

    proptest! {
        #[test]
        fn grouping_only_adds_spaces(count in any::<u64>()) {
            prop_assert_eq!(format_count(count).replace(GROUP, ""), count.to_string());
        }

        #[test]
        fn durations_have_no_more_than_three_digits_in_a_row(ms in 0.0..3.5e6f64) {
            let digits = format_ms(ms).split(' ').next().unwrap().chars().filter(char::is_ascii_digit).count();
            prop_assert!((1..=3).contains(&digits));
        }
    }
}
