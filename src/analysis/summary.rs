//! One row per target: how many, how fast, how dear, how good.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::{COST_SCALE, Currency, FailureKind, RunPlan, Thumb, TrialRow, TrialStatus, Usage, UsageSource};

use super::Quantiles;
use super::percentile::Values;

/// Token counts summed over the trials of a target whose usage is known, whatever their status; of the reported attempts.
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

/// One target of a run, summed up. Percentiles are over finished trials; failed ones are counted beside them.
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
    /// Trials with a whole answer.
    pub finished: u32,
    /// Trials without one.
    pub failed: u32,
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
    /// Tokens.
    pub tokens: TokenSums,
    /// Cost of all attempts in `currency`, failed, cancelled and superseded trials included; absent when the price is unknown or the
    /// cost of a finished trial (also of a superseded one) is. Costs of unfinished trials that nobody told are not in it.
    pub cost: Option<Decimal>,
    /// The part of the cost that is known.
    pub cost_known: Decimal,
    /// Finished trials whose cost is known, of `finished`.
    pub cost_known_of: u32,
    /// The price's currency; absent when the price is unknown.
    pub currency: Option<Currency>,
    /// `cost / finished × 1000`; absent without cost or finished trials.
    pub cost_per_1k_requests: Option<Decimal>,
    /// Thumbs up.
    pub thumbs_up: u32,
    /// Thumbs down.
    pub thumbs_down: u32,
    /// Trials with a score.
    pub score_n: u32,
    /// Mean score, 1–5; absent without scores.
    pub score_mean: Option<f64>,
}

/// What the trials of one target cost that others have superseded since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SupersededCost {
    /// Sum of the known costs in the target's currency.
    pub amount: Decimal,
    /// Finished trials among them whose cost is unknown.
    pub unknown: u32,
}

/// A sum that remembers whether anything was added to it.
#[derive(Clone, Copy, Debug, Default)]
struct ToldSum {
    told: u32,
    sum: u64,
}

impl ToldSum {
    fn apply(&mut self, value: Option<u64>, adding: bool) {
        let Some(value) = value else { return };
        step(&mut self.told, adding);
        self.sum = if adding { self.sum.saturating_add(value) } else { self.sum.saturating_sub(value) };
    }

    fn get(self) -> Option<u64> {
        (self.told > 0).then_some(self.sum)
    }
}

fn step(count: &mut u32, adding: bool) {
    *count = if adding { count.saturating_add(1) } else { count.saturating_sub(1) };
}

#[derive(Clone, Debug, Default)]
struct Tally {
    finished: u32,
    failed: u32,
    cancelled: u32,
    retried: u32,
    failures: BTreeMap<FailureKind, u32>,
    ttft_ms: Values,
    total_ms: Values,
    waited_ms: Values,
    output_tokens_per_s: Values,
    usage_n: u32,
    usage_estimated: u32,
    input: ToldSum,
    cached_input: ToldSum,
    output: ToldSum,
    reasoning: ToldSum,
    cost_known: Decimal,
    /// Trials of any status whose cost is known.
    cost_known_n: u32,
    /// Finished trials whose cost is known.
    cost_known_of: u32,
    superseded: SupersededCost,
    thumbs_up: u32,
    thumbs_down: u32,
    score: ToldSum,
}

impl Tally {
    fn apply(&mut self, row: &TrialRow, adding: bool) {
        match row.status {
            TrialStatus::Finished => {
                step(&mut self.finished, adding);
                self.apply_times(row, adding);
            }
            TrialStatus::Failed => {
                step(&mut self.failed, adding);
                if let Some(failure) = &row.failure {
                    step(self.failures.entry(failure.kind).or_default(), adding);
                }
            }
            TrialStatus::Cancelled => step(&mut self.cancelled, adding),
        }
        if row.attempts > 1 {
            step(&mut self.retried, adding);
        }
        if let Some(usage) = &row.usage {
            self.apply_usage(usage, adding);
        }
        if let Some(cost) = row.cost {
            let signed = if adding { cost } else { -cost };
            self.cost_known = self.cost_known.saturating_add(signed);
            step(&mut self.cost_known_n, adding);
            if row.status == TrialStatus::Finished {
                step(&mut self.cost_known_of, adding);
            }
        }
        match row.judgement.thumb {
            Some(Thumb::Up) => step(&mut self.thumbs_up, adding),
            Some(Thumb::Down) => step(&mut self.thumbs_down, adding),
            None => {}
        }
        self.score.apply(row.judgement.score.map(u64::from), adding);
    }

    fn apply_times(&mut self, row: &TrialRow, adding: bool) {
        let ms = |us: u64| us as f64 / 1e3;
        let figures = [
            (&mut self.ttft_ms, row.timing.and_then(|timing| timing.ttft_us()).map(ms)),
            (&mut self.total_ms, row.timing.map(|timing| ms(timing.total_us()))),
            (&mut self.waited_ms, row.waited_us.map(ms)),
            (&mut self.output_tokens_per_s, row.output_tokens_per_s),
        ];
        for (values, value) in figures {
            match value {
                Some(value) if adding => values.add(value),
                Some(value) => values.remove(value),
                None => {}
            }
        }
    }

    fn apply_usage(&mut self, usage: &Usage, adding: bool) {
        step(&mut self.usage_n, adding);
        if usage.source == UsageSource::Estimated {
            step(&mut self.usage_estimated, adding);
        }
        self.input.apply(Some(usage.input_tokens), adding);
        self.cached_input.apply(usage.cached_input_tokens, adding);
        self.output.apply(Some(usage.output_tokens), adding);
        self.reasoning.apply(usage.reasoning_tokens, adding);
    }

    fn cost(&self, price_known: bool) -> Option<Decimal> {
        let all_told = self.cost_known_of == self.finished && self.superseded.unknown == 0;
        (all_told && (price_known || self.cost_known_n > 0)).then(|| self.cost_known.saturating_add(self.superseded.amount).normalize())
    }
}

/// Sums up a run while its trials come in. Adding a trial is O(1), [`Self::summaries`] is linear in the trials added since at worst
/// (about a millisecond at 10,000 trials), so a live view asks once per batch of facts, not once per frame.
#[derive(Clone, Debug)]
pub struct SummaryBuilder {
    heads: Vec<TargetSummary>,
    tallies: Vec<Tally>,
}

impl SummaryBuilder {
    /// A summary without trials.
    pub fn new(plan: &RunPlan) -> Self {
        let baseline = plan.baseline_index();
        let heads = plan.targets.iter().enumerate().map(|(index, target)| TargetSummary {
            target_index: index as u32,
            label: target.label.clone(),
            connection: target.connection.name.clone(),
            model: target.model.clone(),
            baseline: index == baseline,
            currency: target.price.as_ref().map(|price| price.currency.clone()),
            ..TargetSummary::default()
        });
        Self { heads: heads.collect(), tallies: vec![Tally::default(); plan.targets.len()] }
    }

    /// Counts a trial in. Trials of targets that the plan does not have are passed over.
    pub fn add(&mut self, row: &TrialRow) {
        self.apply(row, true);
    }

    /// A trial changed in place: its judgement, say.
    pub fn replace(&mut self, old: &TrialRow, new: &TrialRow) {
        self.apply(old, false);
        self.apply(new, true);
    }

    /// `new` takes the place of `old`, whose cost goes on counting.
    pub fn supersede(&mut self, old: &TrialRow, new: &TrialRow) {
        let unknown = u32::from(old.cost.is_none() && old.status == TrialStatus::Finished);
        self.add_superseded(old.cell.target_index, SupersededCost { amount: old.cost.unwrap_or_default(), unknown });
        self.replace(old, new);
    }

    /// Counts in what superseded trials cost.
    pub fn add_superseded(&mut self, target_index: u32, cost: SupersededCost) {
        if let Some(tally) = self.tallies.get_mut(target_index as usize) {
            tally.superseded.amount = tally.superseded.amount.saturating_add(cost.amount);
            tally.superseded.unknown = tally.superseded.unknown.saturating_add(cost.unknown);
        }
    }

    fn apply(&mut self, row: &TrialRow, adding: bool) {
        if let Some(tally) = self.tallies.get_mut(row.cell.target_index as usize) {
            tally.apply(row, adding);
        }
    }

    /// One summary a target, in the order of the plan.
    pub fn summaries(&mut self) -> Vec<TargetSummary> {
        self.heads.iter().zip(&mut self.tallies).map(|(head, tally)| summary(head, tally)).collect()
    }
}

fn summary(head: &TargetSummary, tally: &mut Tally) -> TargetSummary {
    let decided = tally.finished + tally.failed;
    let cost = tally.cost(head.currency.is_some());
    let mut failures: Vec<(FailureKind, u32)> =
        tally.failures.iter().filter(|(_, count)| **count > 0).map(|(kind, count)| (*kind, *count)).collect();
    failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    TargetSummary {
        n: decided + tally.cancelled,
        finished: tally.finished,
        failed: tally.failed,
        cancelled: tally.cancelled,
        retried: tally.retried,
        failures,
        error_rate: (decided > 0).then(|| f64::from(tally.failed) / f64::from(decided)),
        ttft_ms: Quantiles::of_sorted(tally.ttft_ms.sorted()),
        total_ms: Quantiles::of_sorted(tally.total_ms.sorted()),
        waited_ms: Quantiles::of_sorted(tally.waited_ms.sorted()),
        output_tokens_per_s: Quantiles::of_sorted(tally.output_tokens_per_s.sorted()),
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
        cost_per_1k_requests: cost.and_then(|cost| per_1k(cost, tally.finished)),
        thumbs_up: tally.thumbs_up,
        thumbs_down: tally.thumbs_down,
        score_n: tally.score.told,
        score_mean: tally.score.get().map(|sum| sum as f64 / f64::from(tally.score.told)),
        ..head.clone()
    }
}

fn per_1k(cost: Decimal, finished: u32) -> Option<Decimal> {
    let exact = cost.checked_mul(Decimal::ONE_THOUSAND)?.checked_div(Decimal::from(finished))?;
    Some(exact.round_dp(COST_SCALE).normalize())
}

/// Sums up a run: `rows` are its current trials, `superseded` what earlier trials of the same cells cost, one entry a target (fewer or
/// none when there are none). One summary a target, in the order of the plan.
pub fn summarise(plan: &RunPlan, rows: &[TrialRow], superseded: &[SupersededCost]) -> Vec<TargetSummary> {
    let mut builder = SummaryBuilder::new(plan);
    for row in rows {
        builder.add(row);
    }
    for (target_index, cost) in superseded.iter().enumerate() {
        builder.add_superseded(target_index as u32, *cost);
    }
    builder.summaries()
}
