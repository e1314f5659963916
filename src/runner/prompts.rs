//! The messages of each case: rendered when first needed, shared by its trials, dropped after the last.

use std::sync::Arc;

use crate::domain::{Message, RunPlan};

use super::budget::input_bound_tokens;

/// A rendered case.
#[derive(Clone)]
pub(super) struct Prompt {
    pub(super) messages: Arc<[Message]>,
    pub(super) input_bound_tokens: u64,
}

/// The rendered cases that still have trials to come.
pub(super) struct Prompts {
    plan: Arc<RunPlan>,
    kept: Vec<Kept>,
}

#[derive(Clone, Default)]
struct Kept {
    cells_to_come: u32,
    prompt: Option<Prompt>,
}

impl Prompts {
    pub(super) fn new(plan: &Arc<RunPlan>) -> Self {
        Self { plan: Arc::clone(plan), kept: vec![Kept::default(); plan.cases.len()] }
    }

    /// Announces a cell of this case.
    pub(super) fn expect(&mut self, case_index: u32) {
        if let Some(kept) = self.kept.get_mut(case_index as usize) {
            kept.cells_to_come += 1;
        }
    }

    /// The messages, or in words why there are none.
    pub(super) fn get(&mut self, case_index: u32) -> Result<Prompt, String> {
        let at = case_index as usize;
        let (Some(case), Some(kept)) = (self.plan.cases.get(at), self.kept.get_mut(at)) else {
            return Err("the case is not part of this run".to_owned());
        };
        if kept.prompt.is_none() {
            let messages: Arc<[Message]> = case.render().map_err(|error| error.to_string())?.into();
            kept.prompt = Some(Prompt { input_bound_tokens: input_bound_tokens(&messages), messages });
        }
        kept.prompt.clone().ok_or_else(|| "the case has no prompt".to_owned())
    }

    /// A cell of this case is over.
    pub(super) fn release(&mut self, case_index: u32) {
        if let Some(kept) = self.kept.get_mut(case_index as usize) {
            kept.cells_to_come = kept.cells_to_come.saturating_sub(1);
            if kept.cells_to_come == 0 {
                kept.prompt = None;
            }
        }
    }
}
