//! One row per target: how many, how fast, how dear, how good.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::{Currency, FailureKind, RunPlan, Thumb, TrialRow, TrialStatus, Unrated, Usage, UsageSource, cost_per_1k};

use super::Quantiles;
use super::measuring::{GapFigures, Measuring, MeasuringTally, TimesOf};

/// Token counts summed over the trials of a target whose usage is known, whatever their status; of the reported attempts, without those at its fallback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TokenSums {
    /// Trials with known usage.
    pub n: u32,
    /// Those whose usage is our own estimate, because the provider gave none.
    pub estimated: u32,
    /// Prompt tokens, cached ones included; absent when `n` is 0.
    pub input: Option<u64>,
    /// Prompt tokens from the provider's cache; absent when no trial told.
    pub cached_input: Option<u64>,
    /// Answer tokens, reasoning included; absent when `n` is 0.
    pub output: Option<u64>,
    /// Reasoning tokens; absent when no trial told.
    pub reasoning: Option<u64>,
}

/// One target of a run, summed up. Percentiles are over finished trials whose times count (see [`TimesOf`]); failed ones and those that do not count are
/// counted beside them.
///
/// A field added here is also a column to consider in the summary CSV.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetSummary {
    /// Index into the plan's targets.
    pub target_index: u32,
    /// Its label.
    pub label: String,
    /// Its connection's name at the time of the run.
    pub connection: String,
    /// Its model id.
    pub model: String,
    /// Differences are shown from this one.
    pub baseline: bool,
    /// All trials: finished, failed and cancelled.
    pub n: u32,
    /// Trials with a whole answer of the target itself.
    pub finished: u32,
    /// Trials in which the target failed, those included that its fallback answered.
    pub failed: u32,
    /// Trials that its fallback answered; they are in `failed`.
    pub by_fallback: u32,
    /// Trials stopped by the user.
    pub cancelled: u32,
    /// Trials that took more than one attempt.
    pub retried: u32,
    /// Failed trials by kind, the most frequent first.
    pub failures: Vec<(FailureKind, u32)>,
    /// `failed / (finished + failed)`, 0–1; absent when there are none of either.
    pub error_rate: Option<f64>,
    /// TTFT, milliseconds; finished, streamed trials.
    pub ttft_ms: Quantiles,
    /// Total time of the successful attempt, milliseconds; finished trials.
    pub total_ms: Quantiles,
    /// From a free slot to the end, retries and backoff included, milliseconds; finished trials.
    pub waited_ms: Quantiles,
    /// Output speed, tokens per second; finished trials that have one.
    pub output_tokens_per_s: Quantiles,
    /// Gaps between arrivals of text; finished, streamed trials.
    pub gaps: GapFigures,
    /// What the finished trials were measured under.
    pub measuring: Measuring,
    /// Tokens.
    pub tokens: TokenSums,
    /// Cost of all attempts in `currency`, failed, cancelled and superseded trials included; absent when the price is unknown or the
    /// cost of an answered trial (also of a superseded one) is. Costs of unfinished trials that nobody told are not in it.
    pub cost: Option<Decimal>,
    /// The part of the cost that is known.
    pub cost_known: Decimal,
    /// Answered trials whose cost is known, of [`answered`](Self::answered).
    pub cost_known_of: u32,
    /// Trials whose cost rests on another amount of the price, because it has none of their own; by what the reported attempts used.
    pub unrated: Vec<(Unrated, u32)>,
    /// The price's currency; absent when the price is unknown.
    pub currency: Option<Currency>,
    /// `cost / answered × 1000`: what a caller pays who falls back; absent without cost or answers.
    pub cost_per_1k_requests: Option<Decimal>,
    /// Thumbs up; this and the next ones without answers of its fallback.
    pub thumbs_up: u32,
    /// Thumbs down.
    pub thumbs_down: u32,
    /// Trials with a score.
    pub score_n: u32,
    /// Mean score, 1–5; absent without scores.
    pub score_mean: Option<f64>,
}

impl TargetSummary {
    /// Trials that got a whole answer, its own or its fallback's: what a caller pays for.
    pub fn answered(&self) -> u32 {
        self.finished + self.by_fallback
    }
}

/// What the trials of one target cost that others have superseded since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SupersededCost {
    /// Sum of the known costs in the target's currency.
    pub amount: Decimal,
    /// Trials among them that were sent and whose cost is unknown.
    pub unknown: u32,
    /// Of those, the answered ones.
    pub unknown_answered: u32,
}

impl SupersededCost {
    /// Another trial takes the place of this one.
    pub fn add(&mut self, row: &TrialRow) {
        if let Some(cost) = row.cost {
            self.amount = self.amount.saturating_add(cost);
        } else {
            self.unknown += u32::from(row.attempts > 0);
            self.unknown_answered += u32::from(row.status == TrialStatus::Finished);
        }
    }
}

/// A sum that remembers whether anything was added to it.
#[derive(Clone, Copy, Debug, Default)]
struct ToldSum {
    told: u32,
    sum: u64,
}

impl ToldSum {
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.told += 1;
            self.sum = self.sum.saturating_add(value);
        }
    }

    fn get(self) -> Option<u64> {
        (self.told > 0).then_some(self.sum)
    }
}

#[derive(Debug, Default)]
struct Tally {
    finished: u32,
    failed: u32,
    by_fallback: u32,
    cancelled: u32,
    retried: u32,
    failures: BTreeMap<FailureKind, u32>,
    ttft_ms: Vec<f64>,
    total_ms: Vec<f64>,
    waited_ms: Vec<f64>,
    output_tokens_per_s: Vec<f64>,
    measuring: MeasuringTally,
    usage_n: u32,
    usage_estimated: u32,
    input: ToldSum,
    cached_input: ToldSum,
    output: ToldSum,
    reasoning: ToldSum,
    cost_known: Decimal,
    /// Trials of any status whose cost is known.
    cost_known_n: u32,
    /// Answered trials whose cost is known.
    cost_known_of: u32,
    superseded: SupersededCost,
    unrated: BTreeMap<Unrated, u32>,
    thumbs_up: u32,
    thumbs_down: u32,
    score: ToldSum,
}

impl Tally {
    fn add(&mut self, row: &TrialRow, times_of: TimesOf) {
        match row.own_status() {
            TrialStatus::Finished => {
                self.finished += 1;
                if self.measuring.add(row, times_of) {
                    self.add_times(row);
                }
            }
            TrialStatus::Failed => {
                self.failed += 1;
                self.by_fallback += u32::from(row.status == TrialStatus::Finished);
                if let Some(failure) = row.own_failure() {
                    *self.failures.entry(failure.kind).or_default() += 1;
                }
            }
            TrialStatus::Cancelled => self.cancelled += 1,
        }
        self.retried += u32::from(row.attempts > 1);
        if let Some(usage) = row.usage.as_ref().filter(|_| row.fallback.is_none()) {
            self.add_usage(usage);
        }
        if let Some(cost) = row.cost {
            self.cost_known = self.cost_known.saturating_add(cost);
            self.cost_known_n += 1;
            self.cost_known_of += u32::from(row.status == TrialStatus::Finished);
        }
        if row.fallback.is_some() {
            // Who judged the answer judged another target.
            return;
        }
        match row.judgement.thumb {
            Some(Thumb::Up) => self.thumbs_up += 1,
            Some(Thumb::Down) => self.thumbs_down += 1,
            None => {}
        }
        self.score.add(row.judgement.score.map(u64::from));
    }

    fn add_times(&mut self, row: &TrialRow) {
        let ms = |us: u64| us as f64 / 1e3;
        self.ttft_ms.extend(row.timing.and_then(|timing| timing.ttft_us()).map(ms));
        self.total_ms.extend(row.timing.map(|timing| ms(timing.total_us())));
        self.waited_ms.extend(row.waited_us.map(ms));
        self.output_tokens_per_s.extend(row.output_tokens_per_s);
    }

    fn add_usage(&mut self, usage: &Usage) {
        self.usage_n += 1;
        self.usage_estimated += u32::from(usage.source == UsageSource::Estimated);
        self.input.add(Some(usage.input_tokens));
        self.cached_input.add(usage.cached_input_tokens);
        self.output.add(Some(usage.output_tokens));
        self.reasoning.add(usage.reasoning_tokens);
    }

    /// See [`TargetSummary::answered`].
    fn answered(&self) -> u32 {
        self.finished + self.by_fallback
    }

    fn cost(&self, price_known: bool) -> Option<Decimal> {
        let all_told = self.cost_known_of == self.answered() && self.superseded.unknown_answered == 0;
        (all_told && (price_known || self.cost_known_n > 0)).then(|| self.cost_known.saturating_add(self.superseded.amount).normalize())
    }
}

fn summary(head: TargetSummary, tally: Tally) -> TargetSummary {
    let decided = tally.finished + tally.failed;
    let cost = tally.cost(head.currency.is_some());
    let answered = tally.answered();
    let (measuring, gaps) = tally.measuring.end();
    let mut failures: Vec<(FailureKind, u32)> = tally.failures.into_iter().collect();
    failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    TargetSummary {
        n: decided + tally.cancelled,
        finished: tally.finished,
        failed: tally.failed,
        by_fallback: tally.by_fallback,
        cancelled: tally.cancelled,
        retried: tally.retried,
        failures,
        error_rate: (decided > 0).then(|| f64::from(tally.failed) / f64::from(decided)),
        ttft_ms: Quantiles::of(tally.ttft_ms),
        total_ms: Quantiles::of(tally.total_ms),
        waited_ms: Quantiles::of(tally.waited_ms),
        output_tokens_per_s: Quantiles::of(tally.output_tokens_per_s),
        gaps,
        measuring,
        tokens: TokenSums {
            n: tally.usage_n,
            estimated: tally.usage_estimated,
            input: tally.input.get(),
            cached_input: tally.cached_input.get(),
            output: tally.output.get(),
            reasoning: tally.reasoning.get(),
        },
        cost,
        cost_known: tally.cost_known.saturating_add(tally.superseded.amount).normalize(),
        cost_known_of: tally.cost_known_of,
        unrated: tally.unrated.into_iter().collect(),
        cost_per_1k_requests: cost.and_then(|cost| cost_per_1k(cost, answered.into())),
        thumbs_up: tally.thumbs_up,
        thumbs_down: tally.thumbs_down,
        score_n: tally.score.told,
        score_mean: tally.score.get().map(|sum| sum as f64 / f64::from(tally.score.told)),
        ..head
    }
}

/// Sums up a run: `rows` are its current trials, `superseded` what earlier trials of the same cells cost, one entry a target (fewer or
/// none when there are none). `times_of` says whose times count. One summary a target, in the order of the plan. Trials of targets that the plan does not have are passed over.
pub fn summarise(plan: &RunPlan, rows: &[TrialRow], superseded: &[SupersededCost], times_of: TimesOf) -> Vec<TargetSummary> {
    let baseline = plan.baseline_index();
    let mut tallies: Vec<Tally> = Vec::new();
    tallies.resize_with(plan.targets.len(), Tally::default);
    for row in rows {
        if let Some(tally) = tallies.get_mut(row.cell.target_index as usize) {
            tally.add(row, times_of);
            let price = plan.answered_by(row).and_then(|target| target.price.as_ref());
            for what in price.zip(row.usage).map(|(price, usage)| price.unrated(&usage)).unwrap_or_default() {
                *tally.unrated.entry(what).or_default() += 1;
            }
        }
    }
    for (tally, cost) in tallies.iter_mut().zip(superseded) {
        tally.superseded = *cost;
    }
    let summaries = plan.targets.iter().zip(tallies).enumerate().map(|(index, (target, tally))| {
        let head = TargetSummary {
            target_index: index as u32,
            label: target.label.clone(),
            connection: target.connection.name.clone(),
            model: target.model.clone(),
            baseline: index == baseline,
            currency: target.price.as_ref().map(|price| price.currency.clone()),
            ..TargetSummary::default()
        };
        summary(head, tally)
    });
    summaries.collect()
}
