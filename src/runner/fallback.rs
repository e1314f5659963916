//! Where a target fails for good, its fallback is asked: once, never a fallback's own fallback.

use std::time::Duration;

use crate::domain::{Failure, FailureKind, RunEventKind};
use crate::provider::AttemptReport;

use super::dispatcher::Dispatcher;
use super::endings::{internal, why_waiting};
use super::outcome::{Ending, Open, OpenTrial, Stage};

/// Another target would not help: nothing may be sent, or this program is at fault.
fn is_no_failure_of_a_target(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::OverBudget | FailureKind::PriceUnknown | FailureKind::Internal)
}

impl Dispatcher {
    /// The target to ask where the one that this trial was sent to has failed; absent when the user chose none, when it cannot be sent to, and when it was the
    /// fallback itself that failed.
    pub(super) fn fallback_for(&self, trial: &OpenTrial, kind: FailureKind) -> Option<usize> {
        let own = trial.item.cell.target_index as usize;
        if trial.sent_to == own { self.usable_fallback(own, kind) } else { None }
    }

    fn usable_fallback(&self, target: usize, kind: FailureKind) -> Option<usize> {
        let fallback = self.plan.targets[target].fallback? as usize;
        let usable = fallback != target && self.terms.get(fallback).is_some_and(|terms| terms.refused.is_none());
        (usable && self.stopped.is_none() && !is_no_failure_of_a_target(kind)).then_some(fallback)
    }

    /// Sends an open trial to the fallback next. `pause_mark`: the pause clock when its last attempt ended.
    pub(super) fn fall_back(
        &mut self,
        place: u32,
        fallback: usize,
        mut trial: OpenTrial,
        report: Box<AttemptReport>,
        failure: Failure,
        pause_mark: Duration,
    ) {
        self.outbox.tell(RunEventKind::FellBack { cell: trial.item.cell, failure: failure.clone() });
        trial.fallback = Some(failure);
        trial.sent_to = fallback;
        trial.own_attempts = trial.attempts.len();
        trial.amended.clear();
        trial.notes.extend(self.terms[fallback].notes.iter().cloned());
        self.retry_budget.plan(fallback);
        self.lanes.push_due(fallback, place);
        self.open.insert(place, Open { trial, stage: Stage::Backoff { report, wait: Duration::ZERO, pause_mark } });
    }

    /// A trial that waited for another attempt at a target that is given up goes to the fallback, or ends. `failure` is made of what the last attempt said.
    pub(super) fn give_up_waiting(&mut self, place: u32, failure: impl FnOnce(Failure) -> Failure) {
        let Some(Open { trial, stage }) = self.open.remove(&place) else { return };
        let Stage::Backoff { report, wait, pause_mark } = stage else { return };
        let failure = failure(why_waiting(&report));
        match self.fallback_for(&trial, failure.kind) {
            Some(fallback) => self.fall_back(place, fallback, trial, report, failure, pause_mark),
            None => self.end_waiting(Open { trial, stage: Stage::Backoff { report, wait, pause_mark } }, |_last| Ending::Failed(failure)),
        }
    }

    /// A cell waits in the lane of a target that cannot be sent to: it goes to the fallback's lane, or ends.
    pub(super) fn refuse(&mut self, target: usize, place: u32) {
        let failure = self.why_refused(target);
        let is_own = self.work[place as usize].cell.target_index as usize == target;
        match self.usable_fallback(target, failure.kind).filter(|_| is_own) {
            Some(fallback) => {
                self.retry_budget.plan(fallback);
                self.lanes.push_fresh(fallback, place);
            }
            None => self.end_unsent(target, place, failure),
        }
    }

    /// Why nothing is sent to a target.
    pub(super) fn why_refused(&self, target: usize) -> Failure {
        self.terms[target].refused.clone().unwrap_or_else(|| internal("the target was refused".to_owned()))
    }
}
