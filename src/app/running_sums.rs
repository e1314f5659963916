//! Sums over a run's current trials, kept while they change: views read them in every frame.

use rust_decimal::Decimal;

use crate::domain::{TrialRow, TrialStatus};

/// Over all targets.
#[derive(Debug)]
pub(super) struct RunningSums {
    pub(super) finished: u64,
    /// With those that a fallback answered.
    pub(super) failed: u64,
    pub(super) cancelled: u64,
    /// Of the failed, those that nothing was sent to the target for.
    pub(super) not_sent: u64,
    /// By target index.
    pub(super) targets: Vec<TargetSums>,
}

/// Over the trials of one target.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetSums {
    /// Trials that have ended.
    pub(super) ended: u64,
    /// In the target's currency.
    pub(super) known_cost: Decimal,
    /// Trials that were sent and whose cost is not known.
    pub(super) unknown_costs: u64,
}

impl RunningSums {
    /// Over no trial.
    pub(super) fn new(targets: usize) -> Self {
        Self { finished: 0, failed: 0, cancelled: 0, not_sent: 0, targets: vec![TargetSums::default(); targets] }
    }

    /// Counts a trial in, or out again.
    pub(super) fn count(&mut self, row: &TrialRow, adding: bool) {
        let step = |sum: &mut u64| *sum = if adding { *sum + 1 } else { sum.saturating_sub(1) };
        step(match row.own_status() {
            TrialStatus::Finished => &mut self.finished,
            TrialStatus::Failed => &mut self.failed,
            TrialStatus::Cancelled => &mut self.cancelled,
        });
        if row.own_status() == TrialStatus::Failed && !row.was_sent() {
            step(&mut self.not_sent);
        }
        let Some(target) = self.targets.get_mut(row.cell.target_index as usize) else { return };
        step(&mut target.ended);
        match row.cost {
            Some(cost) if adding => target.known_cost += cost,
            Some(cost) => target.known_cost -= cost,
            None if row.attempts > 0 => step(&mut target.unknown_costs),
            None => {}
        }
    }
}
