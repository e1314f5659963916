//! One target's column among the answers.

use crate::analysis::stated_cost_words;
use crate::app::OpenRun;
use crate::domain::{Cell, CostCertainty, Money, RunTarget, TrialRow};

use super::cell_state::CellState;

/// The target is simulated, and its label does not say so itself.
pub(super) fn needs_simulated_word(target: &RunTarget) -> bool {
    target.connection.is_simulated() && !target.label.ends_with("(simulated)")
}

/// One target's column among the answers.
pub(super) struct Column<'a> {
    pub(super) run: &'a OpenRun,
    pub(super) target: &'a RunTarget,
    pub(super) cell: Cell,
    pub(super) state: CellState<'a>,
    /// The baseline's answer to the same case and repeat, once it is whole; absent in the baseline's own column.
    pub(super) baseline: Option<&'a TrialRow>,
}

impl<'a> Column<'a> {
    /// The columns of one case and repeat, in the order of the targets.
    pub(super) fn all(run: &'a OpenRun, case_index: u32, repeat: u32) -> Vec<Self> {
        let at = |target_index: usize| Cell { case_index, target_index: target_index as u32, repeat };
        let baseline_index = run.baseline_index();
        let baseline = CellState::of(run, at(baseline_index)).finished();
        let column = |(index, target)| Self {
            run,
            target,
            cell: at(index),
            state: CellState::of(run, at(index)),
            baseline: baseline.filter(|_| index != baseline_index),
        };
        run.plan.targets.iter().enumerate().map(column).collect()
    }

    /// It is the one that the others are compared with.
    pub(super) fn is_baseline(&self) -> bool {
        self.cell.target_index as usize == self.run.baseline_index()
    }

    /// A cost of this target in words, and how sure it is; unknown is not 0.
    pub(super) fn cost_words(&self, row: &TrialRow) -> Option<(CostCertainty, String)> {
        let currency = self.target.price.as_ref()?.currency.clone();
        Some((self.run.plan.cost_certainty(row), Money { amount: row.cost?, currency }.to_string()))
    }

    /// What the provider itself says that an answer cost, beside ours; absent when it says nothing.
    pub(super) fn stated_words(&self, row: &TrialRow) -> Option<String> {
        let ours = self.target.price.as_ref().zip(row.cost).map(|(price, amount)| Money { amount, currency: price.currency.clone() });
        Some(stated_cost_words(row.stated_cost?, ours.as_ref()))
    }
}
