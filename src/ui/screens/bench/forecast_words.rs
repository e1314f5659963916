//! The forecast in one line, as long as there is room for it.

use crate::analysis::{AtMost, Forecast, format_count, format_counted, format_tokens, sum_words};
use crate::domain::Money;

/// A duration in the unit that a person would say: `12 s`, `3 min`, `1.5 h`.
pub(super) fn duration_words(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "time unknown".to_owned(),
        s if s < 1.0 => "under 1 s".to_owned(),
        s if s < 60.0 => format!("{} s", s.ceil()),
        s if s < 5_400.0 => format!("{} min", (s / 60.0).round().max(1.0)),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// That, as far as it is a guess: `about 12 s`, `under 1 s`.
pub(super) fn about_words(seconds: f64) -> String {
    let words = duration_words(seconds);
    if seconds >= 1.0 && seconds.is_finite() { format!("about {words}") } else { words }
}

/// The most that all targets cost together: what is told however little room there is.
fn at_most(forecast: &Forecast, cap: Option<&Money>) -> AtMost {
    AtMost::new(&forecast.totals, !forecast.price_unknown.is_empty(), cap)
}

/// What all targets with a known price cost together, and the most that it can be.
pub(super) fn cost_words(forecast: &Forecast, cap: Option<&Money>) -> String {
    let most = at_most(forecast, cap);
    // Past the cap the likely cost is none that will be paid.
    let past = |likely: &Money| matches!(&most, AtMost::Cap(cap) if likely.currency == cap.currency && likely.amount >= cap.amount);
    let mut likely = forecast.totals.iter().map(|total| &total.likely);
    if most == AtMost::Nothing || likely.clone().all(|likely| likely.amount.is_zero()) || likely.any(past) {
        return most.words();
    }
    format!("about {}, {}", sum_words(forecast.totals.iter().map(|total| &total.likely)), most.words())
}

/// That, and for whom, prices are unknown; absent when all are known.
fn unknown_words(forecast: &Forecast, short: bool) -> Option<String> {
    match forecast.price_unknown.as_slice() {
        [] => None,
        _ if short || forecast.price_unknown.len() == forecast.targets.len() => Some("price unknown".to_owned()),
        [label] => Some(format!("price unknown for {label}")),
        labels => Some(format!("price unknown for {} targets", labels.len())),
    }
}

fn fit_words(forecast: &Forecast) -> Option<String> {
    let prompts = forecast.length_warnings.len() as u64;
    (prompts > 0).then(|| format!("{} may not fit", format_counted(prompts, "prompt", "prompts")))
}

/// That the cap ends the run early, target by target; absent when all fits.
pub(super) fn cap_words(forecast: &Forecast, cap: Option<&Money>) -> Option<String> {
    let words: Vec<String> = forecast.targets.iter().filter_map(|target| target.cap_words(cap)).collect();
    (!words.is_empty()).then(|| crate::analysis::capitalised(&words.join("; ")))
}

/// The forecast in words, the longest first. Every form says the most that it can cost, or that nobody knows.
pub(super) fn forms(forecast: &Forecast, cap: Option<&Money>) -> [String; 5] {
    let requests = Some(format_counted(forecast.requests, "request", "requests"));
    let duration = Some(duration_words(forecast.likely_duration_s));
    let nothing_fits = forecast.targets.iter().all(|target| target.cap_allows == Some(0));
    let short_of_cap = || {
        let words = if nothing_fits { "nothing fits under the cap" } else { "the cap ends it early" };
        cap_words(forecast, cap).map(|_| words.to_owned())
    };
    let cost = || Some(cost_words(forecast, cap));
    let join = |parts: [Option<String>; 5]| parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    [
        join([
            requests.clone(),
            cost(),
            unknown_words(forecast, false),
            duration.clone(),
            fit_words(forecast).into_iter().chain(cap_words(forecast, cap)).reduce(|a, b| format!("{a} · {b}")),
        ]),
        join([requests.clone(), cost(), unknown_words(forecast, true), None, short_of_cap()]),
        join([requests, cost(), None, None, short_of_cap()]),
        join([cost(), None, None, None, short_of_cap()]),
        at_most(forecast, cap).words(),
    ]
}

/// Tokens in and out of one target: `620 in, about 6.00 k out, at most 10.0 k`.
pub(super) fn token_words(input: u64, likely: u64, worst: u64) -> String {
    let likely_out = format!("{} in, about {} out", format_tokens(input), format_tokens(likely));
    if worst > likely { format!("{likely_out}, at most {}", format_tokens(worst)) } else { likely_out }
}

/// Where a live run stands: `21 of 60`, and what is left.
pub(super) fn progress_words(ended: u64, asked: u64, seconds_left: Option<f64>) -> String {
    let counts = format!("{} of {}", format_count(ended), format_count(asked));
    match seconds_left {
        Some(seconds) if seconds.is_finite() => format!("{counts} · {} left", about_words(seconds)),
        Some(_) | None => counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::TargetForecast;
    use crate::analysis::{CurrencyTotal, LikelyBasis};
    use crate::domain::Currency;

    fn money(amount: &str, code: &str) -> Money {
        Money { amount: amount.parse().unwrap(), currency: Currency::new(code).unwrap() }
    }

    fn target(label: &str) -> TargetForecast {
        TargetForecast {
            label: label.to_owned(),
            requests: 20,
            input_tokens: 620,
            likely_output_tokens: 6_000,
            worst_output_tokens: 10_000,
            likely_cost: None,
            worst_cost: None,
            standing: None,
            basis: LikelyBasis::Guess,
            set_aside: None,
            cap_allows: None,
        }
    }

    fn forecast(totals: &[(&str, &str, &str)], unknown: &[&str]) -> Forecast {
        Forecast {
            requests: 60,
            input_tokens: 1_860,
            likely_output_tokens: 18_000,
            case_tokens: Vec::new(),
            targets: vec![target("A"), target("B"), target("C")],
            totals: totals
                .iter()
                .map(|(likely, worst, code)| CurrencyTotal { likely: money(likely, code), worst: money(worst, code) })
                .collect(),
            price_unknown: unknown.iter().map(|label| (*label).to_owned()).collect(),
            likely_duration_s: 62.0,
            length_warnings: Vec::new(),
        }
    }

    #[test]
    fn the_longest_form_tells_requests_cost_and_time() {
        let [full, .., short] = forms(&forecast(&[("0.31", "0.62", "USD")], &[]), None);
        assert_eq!(full, "60 requests · about $0.31, at most $0.62 · 1 min");
        assert_eq!(short, "at most $0.62");
    }

    #[test]
    fn currencies_are_told_apart_and_no_charge_is_said() {
        let [full, ..] = forms(&forecast(&[("2", "4", "CNY"), ("0.31", "0.62", "USD")], &[]), None);
        assert_eq!(full, "60 requests · about CN¥2.00 + $0.31, at most CN¥4.00 + $0.62 · 1 min");
        let [full, ..] = forms(&forecast(&[("0", "0", "USD")], &[]), None);
        assert_eq!(full, "60 requests · no charge · 1 min");
    }

    #[test]
    fn no_form_hides_an_unknown_price() {
        for unpriced in [forecast(&[("0.31", "0.62", "USD")], &["B"]), forecast(&[], &["A", "B", "C"])] {
            for form in forms(&unpriced, None) {
                assert!(form.contains("at most unknown"), "{form}");
            }
        }
        let [full, ..] = forms(&forecast(&[], &["A", "B", "C"]), None);
        assert_eq!(full, "60 requests · at most unknown · price unknown · 1 min");
        let [full, ..] = forms(&forecast(&[("0.31", "0.62", "USD")], &["B"]), None);
        assert_eq!(full, "60 requests · about $0.31, at most unknown · price unknown for B · 1 min");
    }

    #[test]
    fn no_form_hides_the_most_that_it_can_cost() {
        let priced = forecast(&[("0.31", "0.62", "USD")], &[]);
        assert_eq!(forms(&priced, Some(&money("0.20", "USD")))[3], "at most $0.20");
        for (cap, most) in
            [(None, "at most $0.62"), (Some(money("0.40", "USD")), "at most $0.40"), (Some(money("2", "USD")), "at most $0.62")]
        {
            for form in forms(&priced, cap.as_ref()) {
                assert!(form.contains(most), "{form}");
            }
        }
        assert!(
            forms(&forecast(&[("0.31", "0.62", "USD")], &["B"]), Some(&money("0.40", "USD")))
                .iter()
                .all(|form| form.contains("at most $0.40"))
        );
    }

    #[test]
    fn durations_are_said_as_people_do() {
        assert_eq!([0.2, 11.2, f64::INFINITY].map(about_words), ["under 1 s", "about 12 s", "time unknown"]);
        let said = [0.2, 11.2, 62.0, 3_600.0, 7_200.0, f64::INFINITY].map(duration_words);
        assert_eq!(said, ["under 1 s", "12 s", "1 min", "60 min", "2.0 h", "time unknown"]);
        assert_eq!(progress_words(21, 60, Some(40.0)), "21 of 60 · about 40 s left");
    }
}
