//! History: the same target over many runs, one point a run.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConnectionId, Money, Params, PromptSetId, RunId, RunPlan};

/// What makes a target the same one in two runs: connection, model and the parameters as sent. Its label may differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetKey {
    /// The connection, also when it was removed since.
    pub connection_id: ConnectionId,
    /// The model id as sent.
    pub model: String,
    /// The [`Params`] as sent, overrides included, as compact JSON; `{}` when none was sent.
    pub params: String,
}

impl TargetKey {
    /// The key of one target of a plan; absent when there is no such target.
    pub fn of(plan: &RunPlan, target_index: u32) -> Option<Self> {
        let target = plan.targets.get(target_index as usize)?;
        let params = serde_json::to_string(&plan.params_of(target_index)).unwrap_or_default();
        Some(Self { connection_id: target.connection.id, model: target.model.clone(), params })
    }

    /// The parameters; the default ones when they cannot be read.
    pub fn parsed_params(&self) -> Params {
        serde_json::from_str(&self.params).unwrap_or_default()
    }
}

/// A target that history knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryTarget {
    /// What makes it the same over runs.
    pub key: TargetKey,
    /// Its label in its newest run.
    pub label: String,
    /// Its series colour in its newest run, 0–7.
    pub colour: u8,
    /// The connection's name in its newest run.
    pub connection_name: String,
    /// Runs that it was part of, at least 1.
    pub runs: u32,
    /// When its newest run was planned.
    pub last_run_at: Timestamp,
    /// Its answers are made up.
    pub simulated: bool,
}

/// A prompt set that history knows, also when it was deleted since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPromptSet {
    /// Its id.
    pub id: PromptSetId,
    /// Its name in its newest run.
    pub name: String,
    /// Runs that used any version of it, at least 1.
    pub runs: u32,
}

/// What earlier answers of a model at a connection were like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// The answers that this rests on, at least 1.
    pub n: u64,
    /// Mean answer tokens.
    pub output_tokens_mean: f64,
    /// Mean total time, milliseconds.
    pub total_mean_ms: f64,
    /// They are answers to the prompt set that was asked for; else to others.
    pub same_prompt_set: bool,
}

/// How long earlier answers of a model at a connection took: TTFT for those that were streamed, else total, without the set-up of new connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlierLatency {
    /// The answers that this rests on, at least 1.
    pub n: u64,
    /// 95th percentile, milliseconds.
    pub p95_ms: f64,
}

/// Which points of history are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendFilter {
    /// Only these targets; empty: all.
    pub targets: Vec<TargetKey>,
    /// Only runs of these prompt sets, any version; empty: all.
    pub prompt_sets: Vec<PromptSetId>,
    /// Runs planned at or after this moment; absent: from the first.
    pub from: Option<Timestamp>,
    /// Also targets whose answers are made up.
    pub include_simulated: bool,
    /// A target with more runs than this is thinned out evenly; first and last run stay. At least 2.
    pub max_points_per_target: u32,
}

impl Default for TrendFilter {
    fn default() -> Self {
        Self { targets: Vec::new(), prompt_sets: Vec::new(), from: None, include_simulated: false, max_points_per_target: 500 }
    }
}

/// One target in one run. Percentiles are over finished trials, by linear interpolation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrendPoint {
    /// The run.
    pub run_id: RunId,
    /// When it was planned.
    pub created_at: Timestamp,
    /// The prompt set.
    pub prompt_set: PromptSetId,
    /// Its name at that time.
    pub prompt_set_name: String,
    /// The target.
    pub target: TargetKey,
    /// Its label in this run.
    pub label: String,
    /// The connection's name in this run.
    pub connection_name: String,
    /// Finished and failed trials of those that were sent; at least 1.
    pub n: u64,
    /// Those that finished.
    pub finished: u64,
    /// Those that failed, those included that its fallback answered.
    pub failed: u64,
    /// Trials that nothing was sent to it for; they are in no other count.
    pub not_sent: u64,
    /// Trials that its fallback answered; they are in `failed` or `not_sent`.
    pub by_fallback: u64,
    /// Median TTFT, milliseconds; absent when nothing was streamed.
    pub ttft_p50_ms: Option<f64>,
    /// 95th percentile of TTFT, milliseconds.
    pub ttft_p95_ms: Option<f64>,
    /// 95th percentile of the total time, milliseconds; absent when nothing finished.
    pub total_p95_ms: Option<f64>,
    /// Median output speed, tokens per second; absent when no trial has a speed.
    pub output_tokens_per_s_p50: Option<f64>,
    /// Cost of all attempts, superseded trials included / answered × 1000; absent when nothing was answered or no cost is known.
    pub cost_per_1k_requests: Option<Money>,
    /// Some trial has an unknown cost, so the true cost is higher.
    pub cost_incomplete: bool,
    /// Failed / (finished + failed), 0–1.
    pub error_rate: f64,
    /// Its answers are made up.
    pub simulated: bool,
    /// Runs of this target that the filter lets through; more than its points when it was thinned out.
    pub runs_of_target: u32,
}

impl TrendPoint {
    /// Trials that got a whole answer, its own or its fallback's: what a caller pays for.
    pub fn answered(&self) -> u64 {
        self.finished + self.by_fallback
    }
}
