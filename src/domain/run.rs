//! A run: what will be sent, to whom, how often, within which bounds. Immutable once planned.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Case, Connection, CostCertainty, Money, Params, Price, PromptSetId, RunId, TrialRow};

/// A target as the run keeps it: a copy of everything that its trials depend on, without the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunTarget {
    /// Unique in the run; on screen and in exports.
    pub label: String,
    /// Index into the eight series colours, 0–7.
    pub colour: u8,
    /// The connection as it was.
    pub connection: Connection,
    /// The model id as sent.
    pub model: String,
    /// This target's overrides of the run's parameters.
    pub params: Params,
    /// The price at the time of planning; absent: unknown, never 0.
    pub price: Option<Price>,
    /// Differences are shown from this one; exactly one target of a run is the baseline.
    pub baseline: bool,
    /// Index of another target of the run that is asked where this one fails; absent: nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<u32>,
}

impl RunTarget {
    /// The label as it is shown: that of a simulated target says so.
    pub fn shown_label(&self) -> Cow<'_, str> {
        self.connection.marked(&self.label)
    }
}

/// The settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSettings {
    /// How often each case is sent to each target; within [`Self::REPEATS`].
    pub repeats: u32,
    /// Requests in flight in the whole run; within [`Self::CONCURRENCY`].
    pub concurrency: u32,
    /// Further attempts after a failed one; within [`Self::RETRIES`].
    pub retries: u32,
    /// Spending never goes above it; absent: no cap.
    pub cap: Option<Money>,
    /// Where the run was measured from, free text; may be empty.
    pub vantage: String,
    /// Answers are asked for as streams.
    pub stream: bool,
    /// Connections are opened before the first trial, by requests that cost nothing and are counted nowhere.
    #[serde(default)]
    pub warm_up: bool,
    /// A target whose 95th percentile of latency (TTFT, without streams total) rises above this is flagged while the run goes on, milliseconds; absent:
    /// only what its history says counts.
    #[serde(default)]
    pub p95_limit_ms: Option<u64>,
    /// Seed of the sending order.
    pub seed: u64,
    /// Parameters of every target, under its own overrides.
    pub params: Params,
}

impl RunSettings {
    /// What [`repeats`](Self::repeats) may be.
    pub const REPEATS: RangeInclusive<u32> = 1..=100;
    /// What [`concurrency`](Self::concurrency) may be.
    pub const CONCURRENCY: RangeInclusive<u32> = 1..=1024;
    /// What [`retries`](Self::retries) may be.
    pub const RETRIES: RangeInclusive<u32> = 0..=10;
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            repeats: 1,
            concurrency: 16,
            retries: 5,
            cap: None,
            vantage: String::new(),
            stream: true,
            warm_up: false,
            p95_limit_ms: None,
            seed: 0,
            params: Params::default(),
        }
    }
}

/// Everything that a run is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Its id.
    pub id: RunId,
    /// When it was planned.
    pub created_at: Timestamp,
    /// The prompt set that the cases came from.
    pub prompt_set: PromptSetId,
    /// Its name at that time.
    pub prompt_set_name: String,
    /// Its version, frozen by this run.
    pub prompt_set_version: u32,
    /// The cases, in order.
    pub cases: Arc<[Case]>,
    /// At least one.
    pub targets: Vec<RunTarget>,
    /// Settings.
    pub settings: RunSettings,
}

/// The cell of a trial. All indices from 0; exports count `case_index` and `repeat` from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Index into the plan's cases.
    pub case_index: u32,
    /// Index into the plan's targets.
    pub target_index: u32,
    /// 0 to `repeats − 1`.
    pub repeat: u32,
}

impl RunPlan {
    /// Number of cells.
    pub fn cell_count(&self) -> u64 {
        self.cases.len() as u64 * self.targets.len() as u64 * u64::from(self.settings.repeats)
    }

    /// Every cell once: case by case, repeat by repeat, target by target.
    pub fn cells(&self) -> impl Iterator<Item = Cell> + '_ {
        let (targets, repeats) = (self.targets.len() as u32, self.settings.repeats);
        (0..self.cases.len() as u32).flat_map(move |case_index| {
            (0..repeats).flat_map(move |repeat| (0..targets).map(move |target_index| Cell { case_index, target_index, repeat }))
        })
    }

    /// Raises the cap on spending; absent, and nothing changes, without a cap and where the amount is below it.
    pub fn raise_cap(&mut self, amount: Decimal) -> Option<()> {
        self.settings.cap.as_mut().filter(|cap| amount >= cap.amount)?.amount = amount;
        Some(())
    }

    /// The parameters sent to one target.
    pub fn params_of(&self, target_index: u32) -> Params {
        self.targets
            .get(target_index as usize)
            .map_or_else(|| self.settings.params.clone(), |target| self.settings.params.overridden_by(&target.params))
    }

    /// The target that is asked where this one fails; absent when there is none.
    pub fn fallback_of(&self, target_index: u32) -> Option<&RunTarget> {
        let fallback = self.targets.get(target_index as usize)?.fallback?;
        self.targets.get(fallback as usize).filter(|_| fallback != target_index)
    }

    /// The target that the reported attempt of a trial went to: its own, or its fallback. Absent when the plan does not have it.
    pub fn answered_by(&self, row: &TrialRow) -> Option<&RunTarget> {
        let target = || self.targets.get(row.cell.target_index as usize);
        if row.fallback.is_some() { self.fallback_of(row.cell.target_index).or_else(target) } else { target() }
    }

    /// How sure the cost of this trial is.
    pub fn cost_certainty(&self, row: &TrialRow) -> CostCertainty {
        let price = self.answered_by(row).and_then(|target| target.price.as_ref());
        row.cost_certainty(price, self.settings.cap.is_some())
    }

    /// Index of the baseline; the first target when none is marked.
    pub fn baseline_index(&self) -> usize {
        self.targets.iter().position(|target| target.baseline).unwrap_or(0)
    }

    /// Some target is the simulated provider's: the run as a whole is marked.
    pub fn is_simulated(&self) -> bool {
        self.targets.iter().any(|target| target.connection.is_simulated())
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Trials are missing: it runs now, or it was interrupted.
    Unfinished,
    /// Every cell has a finished or a failed trial.
    Finished,
    /// The user stopped it; some cells may have no finished trial.
    Cancelled,
    /// The cap on spending stopped it.
    Capped,
}

impl RunStatus {
    /// The word in exports and on screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Capped => "capped",
        }
    }
}

/// A run as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHead {
    /// Its id.
    pub id: RunId,
    /// When it was planned.
    pub created_at: Timestamp,
    /// Where it stands.
    pub status: RunStatus,
    /// The prompt set's name at that time.
    pub prompt_set_name: String,
    /// Its version.
    pub prompt_set_version: u32,
    /// Labels of its targets, in order.
    pub target_labels: Vec<String>,
    /// Where it was measured from.
    pub vantage: String,
    /// Number of cells.
    pub cell_count: u64,
    /// Cells whose current trial finished, without those that a fallback answered.
    pub finished: u64,
    /// Cells whose current trial failed, and those that a fallback answered.
    pub failed: u64,
    /// Of the failed, those that nothing was sent to the target for: they say nothing about it.
    pub not_sent: u64,
    /// Cells whose current trial was cancelled.
    pub cancelled: u64,
    /// Median TTFT per target in milliseconds, in the order of the targets; absent where there is none.
    pub ttft_p50_ms: Vec<Option<f64>>,
    /// Cost of all attempts, superseded trials included, one amount a currency; empty when nothing had a known cost.
    pub costs: Vec<Money>,
    /// Some trial has an unknown cost.
    pub cost_incomplete: bool,
    /// Something in it is simulated.
    pub simulated: bool,
}
