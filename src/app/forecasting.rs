//! What a forecast is asked with: copies, because it is worked out off the window's thread (it loads a tokenizer).

use std::sync::Arc;

use crate::domain::{Case, Money, Params, PromptSetId, RunPlan, RunTarget};

/// One question.
#[derive(Clone, Debug)]
pub struct ForecastQuestion {
    /// Answers carry it back; older ones are dropped.
    pub generation: u64,
    /// Cases that would be sent.
    pub cases: Arc<Vec<Case>>,
    /// The prompt set that they are of.
    pub prompt_set: PromptSetId,
    /// Targets with their prices.
    pub targets: Vec<RunTarget>,
    /// Parameters of every target, under its own overrides.
    pub params: Params,
    /// Context window by target, tokens; absent when not known.
    pub context_windows: Vec<Option<u64>>,
    /// Repeats.
    pub repeats: u32,
    /// Requests in flight.
    pub concurrency: u32,
    /// What may be spent; absent: anything.
    pub cap: Option<Money>,
}

impl ForecastQuestion {
    /// What `plan` would send and cost; `context_windows` are its targets', in order.
    pub fn new(generation: u64, plan: &RunPlan, context_windows: Vec<Option<u64>>) -> Self {
        Self {
            generation,
            cases: Arc::new(plan.cases.to_vec()),
            prompt_set: plan.prompt_set,
            targets: plan.targets.clone(),
            params: plan.settings.params.clone(),
            context_windows,
            repeats: plan.settings.repeats,
            concurrency: plan.settings.concurrency,
            cap: plan.settings.cap.clone(),
        }
    }
}
