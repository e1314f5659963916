//! What a forecast is asked with: copies, because it is worked out off the window's thread (it loads a tokenizer).

use std::sync::Arc;

use crate::domain::{Case, Params, RunTarget};

/// One question.
#[derive(Clone, Debug)]
pub struct ForecastQuestion {
    /// Answers carry it back; older ones are dropped.
    pub generation: u64,
    /// Cases that would be sent.
    pub cases: Arc<Vec<Case>>,
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
}
