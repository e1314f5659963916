//! The figures of a summary: what each is called, what it means, which way is better, and how targets differ in it.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::{Currency, Money};

use super::TargetSummary;

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share of 1.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// Tokens per second.
    TokensPerSecond,
    /// Tokens.
    Tokens,
    /// The target's currency.
    Money,
    /// Points from 1 to 5.
    Score,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Smaller.
    Lower,
    /// Larger.
    Higher,
}

macro_rules! figures {
    ($($(#[$doc:meta])* $variant:ident = $label:literal, $unit:expr, $better:expr, $definition:literal;)*) => {
        /// A figure that targets are compared in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Figure { $($(#[$doc])* $variant,)* }

        impl Figure {
            /// Every figure, in the order of the columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The head of its column.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// What it is counted in.
            pub fn unit(self) -> Unit {
                match self { $(Self::$variant => $unit,)* }
            }

            /// Which way is better; absent where neither is.
            pub fn better(self) -> Option<Better> {
                match self { $(Self::$variant => $better,)* }
            }

            /// What it means, for the hover text.
            pub fn definition(self) -> &'static str {
                match self { $(Self::$variant => $definition,)* }
            }
        }
    };
}

figures! {
    /// Failed share.
    ErrorRate = "Error rate", Unit::Ratio, Some(Better::Lower),
        "Failed trials over finished and failed ones. Cancelled trials do not count.";
    /// Median TTFT.
    TtftP50 = "TTFT p50", Unit::Milliseconds, Some(Better::Lower),
        "Median time from sending the request to the first visible text, new connections included. Finished, streamed trials only; failed ones are counted beside.";
    /// TTFT, tail.
    TtftP95 = "TTFT p95", Unit::Milliseconds, Some(Better::Lower),
        "95 % of the finished, streamed trials showed their first visible text within this time.";
    /// TTFT, far tail.
    TtftP99 = "TTFT p99", Unit::Milliseconds, Some(Better::Lower),
        "99 % of the finished, streamed trials showed their first visible text within this time.";
    /// Median total time.
    TotalP50 = "Total p50", Unit::Milliseconds, Some(Better::Lower),
        "Median time from sending the request to the end of the answer, of the successful attempt. Finished trials only.";
    /// Total time, tail.
    TotalP95 = "Total p95", Unit::Milliseconds, Some(Better::Lower),
        "95 % of the finished trials had their whole answer within this time, counted from the successful attempt's start.";
    /// Total time, far tail.
    TotalP99 = "Total p99", Unit::Milliseconds, Some(Better::Lower),
        "99 % of the finished trials had their whole answer within this time, counted from the successful attempt's start.";
    /// What the caller waited, tail.
    WaitedP95 = "Waited p95", Unit::Milliseconds, Some(Better::Lower),
        "95 % of the finished trials ended within this time of having a free slot, retries and waits between them included: what a caller feels.";
    /// Median output speed.
    SpeedP50 = "Speed p50", Unit::TokensPerSecond, Some(Better::Higher),
        "Median output speed: (tokens − 1) / (last − first arrival of text). Streamed, finished trials whose text did not come in one burst.";
    /// Gaps between arrivals of text, tail.
    GapP95 = "Gap p95", Unit::Milliseconds, Some(Better::Lower),
        "95 % of the gaps between two arrivals of text in one answer were at most this long, over all gaps of the finished, streamed trials; off by at most 3 %. Between chunks, not tokens: what comes in one piece has a gap of 0.";
    /// Input tokens.
    InputTokens = "Tokens in", Unit::Tokens, None,
        "Sum of prompt tokens, cached ones included, over all trials whose usage is known.";
    /// Output tokens.
    OutputTokens = "Tokens out", Unit::Tokens, None,
        "Sum of answer tokens, reasoning included, over all trials whose usage is known.";
    /// Money spent.
    Cost = "Cost", Unit::Money, None,
        "Cost of all attempts, also of failed trials and of those that were run again. Unknown when the cost of an answered trial is unknown.";
    /// Money per thousand answers.
    CostPer1kRequests = "Per 1,000 requests", Unit::Money, Some(Better::Lower),
        "Cost of all attempts over answered trials, those of a fallback included, times 1,000.";
    /// Mean score.
    ScoreMean = "Score", Unit::Score, Some(Better::Higher),
        "Mean of the scores from 1 to 5 that people gave.";
}

impl Figure {
    /// How many values it rests on.
    pub fn n(self, summary: &TargetSummary) -> u32 {
        match self {
            Self::ErrorRate => summary.finished + summary.failed,
            Self::TtftP50 | Self::TtftP95 | Self::TtftP99 => summary.ttft_ms.n,
            Self::TotalP50 | Self::TotalP95 | Self::TotalP99 => summary.total_ms.n,
            Self::WaitedP95 => summary.waited_ms.n,
            Self::SpeedP50 => summary.output_tokens_per_s.n,
            Self::GapP95 => u32::try_from(summary.gaps.n).unwrap_or(u32::MAX),
            Self::InputTokens | Self::OutputTokens => summary.tokens.n,
            Self::Cost => summary.n,
            Self::CostPer1kRequests => summary.answered(),
            Self::ScoreMean => summary.score_n,
        }
    }

    /// The figure as a number to draw; absent when unknown, and for money, which is [`Self::amount`].
    pub fn value(self, summary: &TargetSummary) -> Option<f64> {
        match self {
            Self::ErrorRate => summary.error_rate,
            Self::TtftP50 => summary.ttft_ms.p50,
            Self::TtftP95 => summary.ttft_ms.p95,
            Self::TtftP99 => summary.ttft_ms.p99,
            Self::TotalP50 => summary.total_ms.p50,
            Self::TotalP95 => summary.total_ms.p95,
            Self::TotalP99 => summary.total_ms.p99,
            Self::WaitedP95 => summary.waited_ms.p95,
            Self::SpeedP50 => summary.output_tokens_per_s.p50,
            Self::GapP95 => summary.gaps.p95_ms,
            Self::InputTokens => summary.tokens.input.map(|tokens| tokens as f64),
            Self::OutputTokens => summary.tokens.output.map(|tokens| tokens as f64),
            Self::ScoreMean => summary.score_mean,
            Self::Cost | Self::CostPer1kRequests => None,
        }
    }

    /// The figure as money; absent when unknown, and for what is not money.
    pub fn amount(self, summary: &TargetSummary) -> Option<Money> {
        let amount = match self {
            Self::Cost => summary.cost,
            Self::CostPer1kRequests => summary.cost_per_1k_requests,
            _ => None,
        }?;
        Some(Money { amount, currency: summary.currency.clone()? })
    }
}

/// How far a target is from the baseline in one figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Of a figure that is a number.
    Number {
        /// Target − baseline, in the figure's unit.
        absolute: f64,
        /// In percent of the baseline; absent when the baseline is 0.
        percent: Option<f64>,
    },
    /// Of a figure that is money.
    Money {
        /// Target − baseline.
        absolute: Money,
        /// In percent of the baseline; absent when the baseline is 0.
        percent: Option<f64>,
    },
}

/// How far `target` is from `baseline`. Absent when either has no value, for amounts in different currencies, and for the baseline itself.
pub fn difference_from_baseline(figure: Figure, target: &TargetSummary, baseline: &TargetSummary) -> Option<Difference> {
    if target.target_index == baseline.target_index {
        return None;
    }
    if figure.unit() == Unit::Money {
        let (own, base) = (figure.amount(target)?, figure.amount(baseline)?);
        if own.currency != base.currency {
            return None;
        }
        let absolute = own.amount.checked_sub(base.amount)?;
        let percent = absolute.checked_div(base.amount).and_then(|share| share.to_f64()).map(|share| share * 100.0);
        return Some(Difference::Money { absolute: Money { amount: absolute, currency: own.currency }, percent });
    }
    let (own, base) = (figure.value(target)?, figure.value(baseline)?);
    let percent = (own - base) / base.abs() * 100.0;
    Some(Difference::Number { absolute: own - base, percent: percent.is_finite().then_some(percent) })
}

/// Which targets have the best value in a figure, in the order of `summaries`. None where neither way is better, where fewer than two
/// targets have a value, where all values are equal, and over amounts in different currencies.
pub fn best(figure: Figure, summaries: &[TargetSummary]) -> Vec<bool> {
    let none = vec![false; summaries.len()];
    let Some(better) = figure.better() else { return none };
    if figure.unit() == Unit::Money {
        let amounts: Vec<Option<Money>> = summaries.iter().map(|summary| figure.amount(summary)).collect();
        let mut currencies = amounts.iter().flatten().map(|amount| &amount.currency);
        let first: Option<&Currency> = currencies.next();
        if currencies.any(|currency| Some(currency) != first) {
            return none;
        }
        let amounts: Vec<Option<Decimal>> = amounts.into_iter().map(|amount| amount.map(|amount| amount.amount)).collect();
        best_of(&amounts, better, |a, b| a.cmp(b))
    } else {
        let values: Vec<Option<f64>> = summaries.iter().map(|summary| figure.value(summary)).collect();
        best_of(&values, better, |a, b| a.total_cmp(b))
    }
}

fn best_of<T>(values: &[Option<T>], better: Better, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<bool> {
    let smallest = values.iter().flatten().min_by(|a, b| order(a, b));
    let largest = values.iter().flatten().max_by(|a, b| order(a, b));
    let (Some(smallest), Some(largest)) = (smallest, largest) else { return vec![false; values.len()] };
    // Also the case of a single value.
    if order(smallest, largest).is_eq() {
        return vec![false; values.len()];
    }
    let best = match better {
        Better::Lower => smallest,
        Better::Higher => largest,
    };
    values.iter().map(|value| value.as_ref().is_some_and(|value| order(value, best).is_eq())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Quantiles;

    fn target(target_index: u32, ttft: Option<f64>, cost_per_1k: Option<&str>, currency: &str) -> TargetSummary {
        TargetSummary {
            target_index,
            ttft_ms: Quantiles { n: 10, p50: ttft, p95: ttft, p99: ttft },
            cost_per_1k_requests: cost_per_1k.map(|text| text.parse().unwrap()),
            currency: Some(Currency::new(currency).unwrap()),
            error_rate: Some(0.0),
            ..TargetSummary::default()
        }
    }

    #[test]
    fn the_best_is_marked_only_among_several() {
        let fast = target(0, Some(390.0), Some("0.94"), "USD");
        let slow = target(1, Some(455.0), Some("0.06"), "USD");
        let none = target(2, None, None, "USD");
        let all = [fast.clone(), slow.clone(), none.clone()];
        assert_eq!(best(Figure::TtftP50, &all), [true, false, false]);
        assert_eq!(best(Figure::CostPer1kRequests, &all), [false, true, false]);
        assert_eq!(best(Figure::TtftP50, &[fast.clone(), none]), [false, false]);
        assert_eq!(best(Figure::ErrorRate, &all), [false; 3], "all are equal");
        assert_eq!(best(Figure::OutputTokens, &all), [false; 3], "neither way is better");
        assert_eq!(best(Figure::CostPer1kRequests, &[fast, target(1, None, Some("0.06"), "CNY")]), [false; 2], "currencies do not compare");
        assert_eq!(best(Figure::TtftP50, &[]), Vec::<bool>::new());
    }

    #[test]
    fn what_a_caller_pays_rests_on_the_answers_of_a_fallback_too() {
        let summary = TargetSummary { n: 20, finished: 7, failed: 12, by_fallback: 4, cancelled: 1, ..TargetSummary::default() };
        assert_eq!((Figure::CostPer1kRequests.n(&summary), Figure::Cost.n(&summary)), (11, 20));
        assert!(Figure::CostPer1kRequests.definition().contains("fallback"));
    }

    #[test]
    fn differences_are_absolute_and_in_percent() {
        let baseline = target(0, Some(400.0), Some("0.80"), "USD");
        let other = target(1, Some(440.0), Some("0.06"), "USD");
        let Some(Difference::Number { absolute, percent }) = difference_from_baseline(Figure::TtftP50, &other, &baseline) else { panic!() };
        assert!((absolute - 40.0).abs() < 1e-9 && (percent.unwrap() - 10.0).abs() < 1e-9);
        let Some(Difference::Money { absolute, percent }) = difference_from_baseline(Figure::CostPer1kRequests, &other, &baseline) else {
            panic!()
        };
        assert_eq!(absolute.amount.to_string(), "-0.74");
        assert!((percent.unwrap() + 92.5).abs() < 1e-9);
        assert_eq!(difference_from_baseline(Figure::TtftP50, &baseline, &baseline), None);
        assert_eq!(difference_from_baseline(Figure::CostPer1kRequests, &target(1, None, Some("1"), "CNY"), &baseline), None);
        let from_zero = difference_from_baseline(Figure::ErrorRate, &TargetSummary { error_rate: Some(0.015), ..other }, &baseline);
        assert_eq!(from_zero, Some(Difference::Number { absolute: 0.015, percent: None }));
    }
}
