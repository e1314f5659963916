//! The figures of a summary: what each is called, what it means, which way is better, and how targets differ in it.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::Money;

use super::TargetSummary;
use super::common::{Cases, CellSet, Sample, Standing};

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
    ($($(#[$doc:meta])* $variant:ident = $label:literal, $unit:expr, $better:expr, $sample:ident, $needs:literal, $definition:literal;)*) => {
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

            /// What it needs of a trial.
            fn sample(self) -> Sample {
                match self { $(Self::$variant => Sample::$sample,)* }
            }

            /// Trials that each target needs before the figure is taken at its word, besides [cases](Self::needs_cases): with fewer it is pale, none is the
            /// best in it, and no difference is told. A median, a mean or a rate needs 10; the interval around a p95 is too narrow below 50, around a p99
            /// below 200.
            pub fn needs(self) -> u32 {
                match self { $(Self::$variant => $needs,)* }
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
    ErrorRate = "Error rate", Unit::Ratio, Some(Better::Lower), Sent, 10,
        "Failed trials over finished and failed ones, of those that were sent. Trials that were cancelled, or never sent, do not count.";
    /// Median TTFT.
    TtftP50 = "TTFT p50", Unit::Milliseconds, Some(Better::Lower), Ttft, 10,
        "Median time from sending the request to the first visible text, new connections included. Finished, streamed trials only; failed ones are counted beside.";
    /// TTFT, tail.
    TtftP95 = "TTFT p95", Unit::Milliseconds, Some(Better::Lower), Ttft, 50,
        "95 % of the finished, streamed trials showed their first visible text within this time.";
    /// TTFT, far tail.
    TtftP99 = "TTFT p99", Unit::Milliseconds, Some(Better::Lower), Ttft, 200,
        "99 % of the finished, streamed trials showed their first visible text within this time.";
    /// Median total time.
    TotalP50 = "Total p50", Unit::Milliseconds, Some(Better::Lower), Total, 10,
        "Median time from sending the request to the end of the answer, of the successful attempt. Finished trials only.";
    /// Total time, tail.
    TotalP95 = "Total p95", Unit::Milliseconds, Some(Better::Lower), Total, 50,
        "95 % of the finished trials had their whole answer within this time, counted from the successful attempt's start.";
    /// Total time, far tail.
    TotalP99 = "Total p99", Unit::Milliseconds, Some(Better::Lower), Total, 200,
        "99 % of the finished trials had their whole answer within this time, counted from the successful attempt's start.";
    /// What the caller waited, tail.
    WaitedP95 = "Waited p95", Unit::Milliseconds, Some(Better::Lower), Waited, 50,
        "95 % of the finished trials ended within this time of having a free slot, retries and waits between them included: what a caller feels.";
    /// Median output speed.
    SpeedP50 = "Speed p50", Unit::TokensPerSecond, Some(Better::Higher), Speed, 10,
        "Median output speed: (tokens − 1) / (last − first arrival of text). Streamed, finished trials whose text did not come in one burst.";
    /// Gaps between arrivals of text, tail.
    GapP95 = "Gap p95", Unit::Milliseconds, Some(Better::Lower), Gaps, 50,
        "95 % of the gaps between two arrivals of text in one answer were at most this long, over all gaps of the finished, streamed trials; off by at most 3 %. Between chunks, not tokens: what comes in one piece has a gap of 0.";
    /// Input tokens.
    InputTokens = "Tokens in", Unit::Tokens, None, Usage, 10,
        "Sum of prompt tokens, cached ones included, over the trials whose usage is known.";
    /// Output tokens.
    OutputTokens = "Tokens out", Unit::Tokens, None, Usage, 10,
        "Sum of answer tokens, reasoning included, over the trials whose usage is known.";
    /// Money spent.
    Cost = "Cost", Unit::Money, None, Sent, 10,
        "Cost of all attempts, also of failed trials and of those that were run again, whatever the other figures are over. Unknown when the cost of an answered trial is unknown.";
    /// Money per thousand answers.
    CostPer1kRequests = "Per 1,000 requests", Unit::Money, Some(Better::Lower), Paid, 10,
        "Cost of all attempts over answered trials, those of a fallback included, times 1,000. Over the cases in common: what those answers cost, over their number.";
    /// Mean score.
    ScoreMean = "Score", Unit::Score, Some(Better::Higher), Score, 10,
        "Mean of the scores from 1 to 5 that people gave.";
}

impl Figure {
    /// Different cases that these trials are of, at least: repeats of a few cases tell little of others, and of a tail even less.
    pub fn needs_cases(self) -> u32 {
        if self.needs() > 10 { 20 } else { 10 }
    }

    /// It is a sum, exact however little it is of.
    pub fn is_sum(self) -> bool {
        matches!(self, Self::InputTokens | Self::OutputTokens | Self::Cost)
    }

    /// How many of the trials that it needs a target has: of answers, not of the gaps in them.
    fn trials(self, summary: &TargetSummary) -> u32 {
        if self == Self::GapP95 { self.cells(summary).len() } else { self.n(summary) }
    }

    /// What a target's figure lacks to be taken at its word.
    pub fn lacks(self, summary: &TargetSummary) -> Option<Hindrance> {
        let (n, needs) = (self.trials(summary), self.needs());
        if n < needs {
            return Some(Hindrance::TooFew { needs, target_index: summary.target_index, n });
        }
        let (cases, needs) = (summary.samples.cases(self.cells(summary)), self.needs_cases());
        (cases < needs).then_some(Hindrance::TooFewCases { needs, target_index: summary.target_index, cases })
    }

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
            Self::CostPer1kRequests => summary.cost_per_1k_of,
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

/// Why a figure of a target is not set against another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// One of them has no value.
    NoValue,
    /// The user left one of them out.
    LeftOut,
    /// One of them has no answer of its own.
    NoAnswers,
    /// One of them rests on too few values.
    TooFew {
        /// How many each needs.
        needs: u32,
        /// The one with the fewest, by index in the plan.
        target_index: u32,
        /// How many it has.
        n: u32,
    },
    /// One of them rests on too few different cases.
    TooFewCases {
        /// How many each needs.
        needs: u32,
        /// The one with the fewest, by index in the plan.
        target_index: u32,
        /// How many it has.
        cases: u32,
    },
    /// They are of different cases.
    OtherCases,
    /// They are amounts in different currencies.
    OtherCurrency,
}

impl Figure {
    /// The cells that it rests on.
    fn cells(self, summary: &TargetSummary) -> &CellSet {
        // What was spent is over all trials, so it is the same work only where the same was answered.
        if self == Self::Cost { summary.samples.billed() } else { summary.samples.of(self.sample()) }
    }

    /// It is of all that was sent, failures too, so that a target without answers has its part in it.
    fn is_of_all_sent(self) -> bool {
        matches!(self, Self::ErrorRate | Self::Cost)
    }

    fn is_known(self, summary: &TargetSummary) -> bool {
        if self.unit() == Unit::Money { self.amount(summary).is_some() } else { self.value(summary).is_some() }
    }
}

/// What is in the way of setting the figure of these targets against each other; nothing when it is fair.
pub fn hindrance(figure: Figure, compared: &[&TargetSummary]) -> Option<Hindrance> {
    if compared.iter().any(|summary| summary.standing == Standing::LeftOut) {
        return Some(Hindrance::LeftOut);
    }
    if !figure.is_of_all_sent() && compared.iter().any(|summary| summary.standing == Standing::NoAnswers) {
        return Some(Hindrance::NoAnswers);
    }
    let first = compared.first().filter(|_| compared.iter().all(|summary| figure.is_known(summary) && !figure.cells(summary).is_empty()));
    let Some(first) = first else { return Some(Hindrance::NoValue) };
    let differ = |cells: fn(&TargetSummary) -> &CellSet| compared.iter().any(|summary| cells(summary) != cells(first));
    // Where all answers are looked at as they are, nothing is compared over different ones, not even a rate over the same requests.
    let other_answers = first.cases == Cases::AllAnswered && differ(|summary| summary.samples.of(Sample::Answered));
    if other_answers || compared.iter().any(|summary| figure.cells(summary) != figure.cells(first)) {
        return Some(Hindrance::OtherCases);
    }
    let currency = |summary: &TargetSummary| figure.amount(summary).map(|amount| amount.currency);
    if compared.iter().any(|summary| currency(summary) != currency(first)) {
        return Some(Hindrance::OtherCurrency);
    }
    compared.iter().min_by_key(|summary| figure.trials(summary)).and_then(|fewest| figure.lacks(fewest))
}

/// How far `target` is from `baseline`. Absent for the baseline itself, and where something is in the way (see [`hindrance`]).
pub fn difference_from_baseline(figure: Figure, target: &TargetSummary, baseline: &TargetSummary) -> Option<Difference> {
    if target.target_index == baseline.target_index || hindrance(figure, &[target, baseline]).is_some() {
        return None;
    }
    if figure.unit() == Unit::Money {
        let (own, base) = (figure.amount(target)?, figure.amount(baseline)?);
        let absolute = own.amount.checked_sub(base.amount)?;
        let percent = absolute.checked_div(base.amount).and_then(|share| share.to_f64()).map(|share| share * 100.0);
        return Some(Difference::Money { absolute: Money { amount: absolute, currency: own.currency }, percent });
    }
    let (own, base) = (figure.value(target)?, figure.value(baseline)?);
    let percent = (own - base) / base.abs() * 100.0;
    Some(Difference::Number { absolute: own - base, percent: percent.is_finite().then_some(percent) })
}

/// A target takes part in a figure: it is compared, and has it.
fn takes_part(figure: Figure, summary: &TargetSummary) -> bool {
    let is_compared = match summary.standing {
        Standing::Compared => true,
        Standing::NoAnswers => figure.is_of_all_sent(),
        Standing::LeftOut => false,
    };
    is_compared && figure.is_known(summary)
}

fn taking_part(figure: Figure, summaries: &[TargetSummary]) -> Vec<&TargetSummary> {
    summaries.iter().filter(|summary| takes_part(figure, summary)).collect()
}

/// Why no target is the best in a figure, although several have it; absent where one is, where neither way is better, and where the best are alike.
pub fn no_best(figure: Figure, summaries: &[TargetSummary]) -> Option<Hindrance> {
    let taking_part = taking_part(figure, summaries);
    figure.better().filter(|_| taking_part.len() > 1).and_then(|_| hindrance(figure, &taking_part))
}

/// Which target has the best value in a figure, in the order of `summaries`. None where neither way is better, where fewer than two
/// targets have a value, where two share the best one, and where something is in the way of setting them against each other (see [`hindrance`]).
pub fn best(figure: Figure, summaries: &[TargetSummary]) -> Vec<bool> {
    let none = vec![false; summaries.len()];
    let Some(better) = figure.better() else { return none };
    let taking_part = taking_part(figure, summaries);
    if taking_part.len() < 2 || hindrance(figure, &taking_part).is_some() {
        return none;
    }
    let is_in = |summary: &&TargetSummary| takes_part(figure, summary);
    if figure.unit() == Unit::Money {
        let amounts: Vec<Option<Decimal>> =
            summaries.iter().map(|summary| figure.amount(Some(summary).filter(is_in)?).map(|amount| amount.amount)).collect();
        best_of(&amounts, better, |a, b| a.cmp(b))
    } else {
        let values: Vec<Option<f64>> = summaries.iter().map(|summary| figure.value(Some(summary).filter(is_in)?)).collect();
        best_of(&values, better, |a, b| a.total_cmp(b))
    }
}

fn best_of<T>(values: &[Option<T>], better: Better, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Vec<bool> {
    let known = values.iter().flatten();
    let best = match better {
        Better::Lower => known.min_by(|a, b| order(a, b)),
        Better::Higher => known.max_by(|a, b| order(a, b)),
    };
    let is_best = |value: &Option<T>| value.as_ref().zip(best).is_some_and(|(value, best)| order(value, best).is_eq());
    let marked: Vec<bool> = values.iter().map(is_best).collect();
    // Of two that are alike none is better.
    if marked.iter().filter(|best| **best).count() == 1 { marked } else { vec![false; values.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::common::Samples;
    use crate::analysis::{GapFigures, Quantiles};
    use crate::domain::Currency;

    fn target(target_index: u32, ttft: Option<f64>, cost_per_1k: Option<&str>, currency: &str) -> TargetSummary {
        TargetSummary {
            target_index,
            ttft_ms: Quantiles { n: 10, p50: ttft, p95: ttft, p99: ttft },
            finished: 10,
            cost_per_1k_requests: cost_per_1k.map(|text| text.parse().unwrap()),
            cost_per_1k_of: 10,
            currency: Some(Currency::new(currency).unwrap()),
            error_rate: Some(0.0),
            samples: Samples::of_cases(10),
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
        let yuan = [fast.clone(), target(1, None, Some("0.06"), "CNY")];
        assert_eq!(best(Figure::CostPer1kRequests, &yuan), [false; 2], "currencies do not compare");
        assert_eq!(no_best(Figure::CostPer1kRequests, &yuan), Some(Hindrance::OtherCurrency));
        let shared = [fast.clone(), target(1, Some(390.0), None, "USD"), target(2, Some(455.0), None, "USD")];
        assert_eq!(best(Figure::TtftP50, &shared), [false; 3], "of two that are alike none is better");
        assert_eq!(no_best(Figure::TtftP50, &shared), None);
        assert_eq!(best(Figure::TtftP50, &[]), Vec::<bool>::new());
    }

    #[test]
    fn what_a_caller_pays_rests_on_the_answers_of_a_fallback_too() {
        let summary = TargetSummary { n: 20, cost_per_1k_of: 11, ..TargetSummary::default() };
        assert_eq!((Figure::CostPer1kRequests.n(&summary), Figure::Cost.n(&summary)), (11, 20));
        assert!(Figure::CostPer1kRequests.definition().contains("fallback"));
    }

    #[test]
    fn too_few_values_have_no_best_and_no_difference() {
        let (fast, slow) = (target(0, Some(390.0), None, "USD"), target(1, Some(455.0), None, "USD"));
        let few = TargetSummary { ttft_ms: Quantiles { n: 5, ..slow.ttft_ms }, ..slow.clone() };
        assert_eq!(best(Figure::TtftP50, &[fast.clone(), few.clone()]), [false; 2]);
        let too_few = Some(Hindrance::TooFew { needs: 10, target_index: 1, n: 5 });
        assert_eq!(no_best(Figure::TtftP50, &[fast.clone(), few.clone()]), too_few);
        assert_eq!(difference_from_baseline(Figure::TtftP50, &few, &fast), None);
        assert!(difference_from_baseline(Figure::TtftP50, &slow, &fast).is_some());
        let scored = |index, score_n, mean| TargetSummary { score_n, score_mean: Some(mean), ..target(index, None, None, "USD") };
        assert_eq!(best(Figure::ScoreMean, &[scored(0, 5, 4.6), scored(1, 5, 2.0)]), [false; 2], "5 scores beside 57 answers");
        assert_eq!(best(Figure::ScoreMean, &[scored(0, 10, 4.6), scored(1, 10, 2.0)]), [true, false]);
        let left_out = TargetSummary { standing: Standing::LeftOut, ..fast.clone() };
        assert_eq!(best(Figure::TtftP50, &[left_out.clone(), slow.clone(), target(2, Some(500.0), None, "USD")]), [false, true, false]);
        assert_eq!(difference_from_baseline(Figure::TtftP50, &slow, &left_out), None);
        assert!(Figure::ALL.iter().all(|figure| figure.better().is_none() || figure.needs() >= 10));
    }

    #[test]
    fn a_tail_needs_more_trials_and_more_cases_and_repeats_help_neither() {
        let slow = |index, cases: u32| {
            let samples = Samples::of_cases(cases);
            TargetSummary {
                ttft_ms: Quantiles { n: cases, p50: Some(1.0), p95: Some(f64::from(index)), p99: Some(2.0) },
                samples,
                ..target(index, None, None, "USD")
            }
        };
        assert_eq!(Figure::TtftP95.lacks(&slow(1, 49)), Some(Hindrance::TooFew { needs: 50, target_index: 1, n: 49 }));
        assert_eq!(best(Figure::TtftP95, &[slow(0, 50), slow(1, 50)]), [true, false]);
        assert!(Figure::TtftP99.lacks(&slow(0, 199)).is_some() && Figure::TtftP99.lacks(&slow(0, 200)).is_none());
        // One answer with many gaps is one answer.
        let gaps =
            |index, n| TargetSummary { gaps: GapFigures { n, p95_ms: Some(f64::from(index)), ..GapFigures::default() }, ..slow(index, 1) };
        assert_eq!(best(Figure::GapP95, &[gaps(0, 600), gaps(1, 600)]), [false; 2]);
        assert_eq!(Figure::GapP95.lacks(&gaps(0, 600)), Some(Hindrance::TooFew { needs: 50, target_index: 0, n: 1 }));
        assert!(Figure::ALL.iter().all(|figure| figure.needs() >= 10), "no difference of a sum over one answer either");
    }

    #[test]
    fn a_cost_of_no_answer_has_no_difference() {
        let nothing =
            |index| TargetSummary { n: 20, cost: Some(Decimal::ZERO), samples: Samples::default(), ..target(index, None, None, "USD") };
        assert_eq!(hindrance(Figure::Cost, &[&nothing(0), &nothing(1)]), Some(Hindrance::NoValue));
        assert_eq!(difference_from_baseline(Figure::Cost, &nothing(1), &nothing(0)), None);
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
