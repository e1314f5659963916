//! One row per target: how many, how fast, how dear, how good.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::domain::{
    CostCertainty, Currency, FailureKind, RunPlan, Thumb, TrialRow, TrialStatus, Unrated, Usage, UsageSource, cost_per_1k,
};

use super::Quantiles;
use super::common::{Basis, Cases, CellSet, CommonCases, CommonCells, Sample, Samples, Standing};
use super::measuring::{GapFigures, Measuring, MeasuringTally};
use super::stated::StatedCosts;

/// Token counts summed over the trials of a target whose usage is known, whatever their status, or over those of the cases in common; of the reported
/// attempts, without those at its fallback.
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

/// One target of a run, summed up. Counts, error rate and cost are over all of its trials. Times, speed, tokens, cost per 1,000 and judgements are over its
/// answers, or over those to the cases in common (see [`Basis`]); those whose times do not count are counted beside them.
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
    /// Whether it is compared with the others.
    pub standing: Standing,
    /// Which answers its figures are made of.
    pub cases: Cases,
    /// Its cells: cases × repeats.
    pub cells: u32,
    /// Its run is in flight: what has no trial yet is still to be sent.
    pub in_flight: bool,
    /// All trials: finished, failed, cancelled and not sent.
    pub n: u32,
    /// Trials with a whole answer of the target itself.
    pub finished: u32,
    /// Of those, answers without visible text or call; where reasoning came, only that.
    pub empty: u32,
    /// Of the trials that were sent to it, those in which it failed, those included that its fallback answered.
    pub failed: u32,
    /// Trials that its fallback answered; they are in `failed` or `not_sent`.
    pub by_fallback: u32,
    /// Trials stopped by the user after they were sent.
    pub cancelled: u32,
    /// Trials that ended before anything was sent to it: without a key, without room under the cap, its model given up. They are in no rate.
    pub not_sent: u32,
    /// The reasons for those, the most frequent first.
    pub not_sent_why: Vec<(FailureKind, u32)>,
    /// Trials that took more than one attempt.
    pub retried: u32,
    /// Failed trials by kind, the most frequent first.
    pub failures: Vec<(FailureKind, u32)>,
    /// `failed / (finished + failed)`, 0–1: of those that were sent. Absent when there are none of either.
    pub error_rate: Option<f64>,
    /// Its answers that the figures below are made of: all of its own, or those to the cases in common.
    pub answers: u32,
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
    /// What the provider itself says that the current trials cost; no part of the cost.
    pub stated: StatedCosts,
    /// `cost / answered × 1000`: what a caller pays who falls back; over the cases in common, what their answers cost, superseded trials included, over their
    /// number. Absent without cost or answers.
    pub cost_per_1k_requests: Option<Decimal>,
    /// The answers that this is over.
    pub cost_per_1k_of: u32,
    /// Thumbs up; this and the next ones without answers of its fallback.
    pub thumbs_up: u32,
    /// Thumbs down.
    pub thumbs_down: u32,
    /// Trials with a score.
    pub score_n: u32,
    /// Mean score, 1–5; absent without scores.
    pub score_mean: Option<f64>,
    /// The cells that each figure rests on.
    pub samples: Samples,
}

impl TargetSummary {
    /// Its figures are over the cases in common.
    pub fn is_in_common(&self) -> bool {
        self.cases == Cases::InCommon && self.standing == Standing::Compared
    }

    /// Cells that nothing was sent to it for: trials that ended before, and cells without a trial.
    pub fn unsent(&self) -> u32 {
        let without_trial = if self.in_flight { 0 } else { self.cells.saturating_sub(self.n) };
        self.not_sent + without_trial
    }

    /// Trials that got a whole answer, its own or its fallback's: what a caller pays for.
    pub fn answered(&self) -> u32 {
        self.finished + self.by_fallback
    }
}

/// What the trials of one target cost that others have superseded since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupersededCost {
    /// Sum of the known costs in the target's currency.
    pub amount: Decimal,
    /// Trials among them that were sent and whose cost is unknown.
    pub unknown: u32,
    /// Of those, the answered ones.
    pub unknown_answered: u32,
    /// The same of each case and repeat: the known costs, and whether the cost of an answered trial is unknown.
    pub cells: BTreeMap<(u32, u32), (Decimal, bool)>,
}

impl SupersededCost {
    /// Another trial takes the place of this one.
    pub fn add(&mut self, row: &TrialRow) {
        let cell = self.cells.entry((row.cell.case_index, row.cell.repeat)).or_default();
        if let Some(cost) = row.cost {
            self.amount = self.amount.saturating_add(cost);
            cell.0 = cell.0.saturating_add(cost);
        } else {
            self.unknown += u32::from(row.attempts > 0);
            self.unknown_answered += u32::from(row.status == TrialStatus::Finished);
            cell.1 |= row.status == TrialStatus::Finished;
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
    empty: u32,
    not_sent: u32,
    not_sent_why: BTreeMap<FailureKind, u32>,
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
    stated: StatedCosts,
    superseded: SupersededCost,
    /// What the answers to the cases in common cost; absent once the cost of one is unknown.
    common_cost: Option<Decimal>,
    /// Judgements of what is no answer do not count: the figures are over the cases in common.
    only_answers: bool,
    unrated: BTreeMap<Unrated, u32>,
    thumbs_up: u32,
    thumbs_down: u32,
    score: ToldSum,
}

impl Tally {
    /// `cost`: absent where only a bound of it is known.
    fn add(&mut self, row: &TrialRow, cost: Option<Decimal>, place: usize, basis: Basis, samples: &Samples) {
        let is_in = |sample: Sample| samples.of(sample).contains(place);
        self.count(row);
        if is_in(Sample::Answered) {
            let times_count = basis.times_of.includes(row);
            self.measuring.add(row, basis.times_of, is_in(Sample::Gaps));
            if times_count {
                self.add_times(row, is_in);
            }
        }
        if let Some(usage) = row.usage.as_ref().filter(|_| is_in(Sample::Usage)) {
            self.add_usage(usage);
        }
        if is_in(Sample::Paid) {
            let (before, unknown) = self.superseded.cells.get(&(row.cell.case_index, row.cell.repeat)).copied().unwrap_or_default();
            let cost = cost.filter(|_| !unknown).map(|cost| cost.saturating_add(before));
            self.common_cost = self.common_cost.zip(cost).map(|(sum, cost)| sum.saturating_add(cost));
        }
        if let Some(cost) = cost {
            self.cost_known = self.cost_known.saturating_add(cost);
            self.cost_known_n += 1;
            self.cost_known_of += u32::from(row.status == TrialStatus::Finished);
        }
        self.stated.add(row, row.status == TrialStatus::Finished);
        // Who judged the answer of a fallback judged another target.
        if is_in(Sample::Score) {
            self.score.add(row.judgement.score.map(u64::from));
        }
        if row.fallback.is_some() || (self.only_answers && !is_in(Sample::Answered)) {
            return;
        }
        match row.judgement.thumb {
            Some(Thumb::Up) => self.thumbs_up += 1,
            Some(Thumb::Down) => self.thumbs_down += 1,
            None => {}
        }
    }

    fn count(&mut self, row: &TrialRow) {
        let own = row.own_status();
        self.retried += u32::from(row.attempts > 1);
        self.by_fallback += u32::from(own == TrialStatus::Failed && row.status == TrialStatus::Finished);
        let kinds = match own {
            TrialStatus::Finished => {
                self.finished += 1;
                self.empty += u32::from(row.first_line.is_empty());
                return;
            }
            _ if !row.was_sent() => {
                self.not_sent += 1;
                &mut self.not_sent_why
            }
            TrialStatus::Failed => {
                self.failed += 1;
                &mut self.failures
            }
            TrialStatus::Cancelled => return self.cancelled += 1,
        };
        if let Some(failure) = row.own_failure() {
            *kinds.entry(failure.kind).or_default() += 1;
        }
    }

    fn add_times(&mut self, row: &TrialRow, is_in: impl Fn(Sample) -> bool) {
        let ms = |us: u64| us as f64 / 1e3;
        let values = [
            (Sample::Ttft, &mut self.ttft_ms, row.timing.and_then(|timing| timing.ttft_us()).map(ms)),
            (Sample::Total, &mut self.total_ms, row.timing.map(|timing| ms(timing.total_us()))),
            (Sample::Waited, &mut self.waited_ms, row.waited_us.map(ms)),
            (Sample::Speed, &mut self.output_tokens_per_s, row.output_tokens_per_s),
        ];
        for (sample, into, value) in values {
            into.extend(value.filter(|_| is_in(sample)));
        }
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

fn most_frequent_first(kinds: BTreeMap<FailureKind, u32>) -> Vec<(FailureKind, u32)> {
    let mut kinds: Vec<(FailureKind, u32)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kinds
}

fn summary(head: TargetSummary, tally: Tally) -> TargetSummary {
    let decided = tally.finished + tally.failed;
    let price_known = head.currency.is_some();
    let cost = tally.cost(price_known);
    let answers = head.samples.of(Sample::Answered).len();
    let (paid, paid_answers) = if head.is_in_common() {
        (tally.common_cost.filter(|_| price_known || tally.cost_known_n > 0), answers)
    } else {
        (cost, tally.answered())
    };
    let (measuring, gaps) = tally.measuring.end();
    TargetSummary {
        n: decided + tally.cancelled + tally.not_sent,
        finished: tally.finished,
        failed: tally.failed,
        by_fallback: tally.by_fallback,
        cancelled: tally.cancelled,
        empty: tally.empty,
        not_sent: tally.not_sent,
        not_sent_why: most_frequent_first(tally.not_sent_why),
        retried: tally.retried,
        failures: most_frequent_first(tally.failures),
        answers,
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
        stated: tally.stated,
        unrated: tally.unrated.into_iter().collect(),
        cost_per_1k_requests: paid.and_then(|cost| cost_per_1k(cost, paid_answers.into())),
        cost_per_1k_of: paid_answers,
        thumbs_up: tally.thumbs_up,
        thumbs_down: tally.thumbs_down,
        score_n: tally.score.told,
        score_mean: tally.score.get().map(|sum| sum as f64 / f64::from(tally.score.told)),
        ..head
    }
}

/// Sums up a run: `rows` are its current trials, `superseded` what earlier trials of the same cells cost, one entry a target (fewer or
/// none when there are none). `basis` says which of them the figures are made of. One summary a target, in the order of the plan. Trials of targets that the
/// plan does not have are passed over. Beside them: what the targets have in common.
pub fn summarise(plan: &RunPlan, rows: &[TrialRow], superseded: &[SupersededCost], basis: Basis) -> (Vec<TargetSummary>, CommonCases) {
    let baseline = plan.baseline_index();
    let common = CommonCells::of(plan, rows, basis);
    let samples = common.samples();
    let mut tallies: Vec<Tally> = Vec::new();
    tallies.resize_with(plan.targets.len(), Tally::default);
    for (index, tally) in tallies.iter_mut().enumerate() {
        tally.common_cost = Some(Decimal::ZERO);
        tally.only_answers = common.is_in_common(index);
        tally.superseded = superseded.get(index).cloned().unwrap_or_default();
    }
    for row in rows {
        let target = row.cell.target_index as usize;
        if let (Some(tally), Some(samples)) = (tallies.get_mut(target), samples.get(target)) {
            let price = plan.answered_by(row).and_then(|target| target.price.as_ref());
            // What was set aside for an answer that nobody counted is spent under the cap, and says nothing of what the target costs.
            let is_bound = plan.cost_certainty(row) == CostCertainty::Bound;
            tally.add(row, row.cost.filter(|_| !is_bound), CellSet::place(plan, row.cell), basis, samples);
            for what in price.zip(row.usage).map(|(price, usage)| price.unrated(&usage)).unwrap_or_default() {
                *tally.unrated.entry(what).or_default() += 1;
            }
        }
    }
    let cells = u32::try_from(plan.cases.len() as u64 * u64::from(plan.settings.repeats)).unwrap_or(u32::MAX);
    let targets = plan.targets.iter().zip(samples).zip(tallies).enumerate();
    let summaries = targets.map(|(index, ((target, samples), tally))| {
        let head = TargetSummary {
            target_index: index as u32,
            label: target.label.clone(),
            connection: target.connection.name.clone(),
            model: target.model.clone(),
            baseline: index == baseline,
            standing: common.standing(index),
            cases: basis.cases,
            cells,
            currency: target.price.as_ref().map(|price| price.currency.clone()),
            samples,
            ..TargetSummary::default()
        };
        summary(head, tally)
    });
    (summaries.collect(), common.told(plan))
}
