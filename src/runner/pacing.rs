//! How the dispatcher heeds and tells what connections take: their pace, their breakers, and the money under a cap.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{BreakerTurn, Failure, FailureKind, RunEventKind, RunTarget};
use crate::provider::AttemptReport;

use super::breaker::{OPEN_FOR, Turn};
use super::dispatcher::Dispatcher;
use super::lanes::Heard;
use super::limits::{Pace, Ticket};
use super::outcome::{Open, Stage};

/// The money is told at most this often.
const MONEY_SPAN: Duration = Duration::from_millis(100);
/// Failure messages are at most this long.
const MESSAGE_CHARS: usize = 500;

impl Dispatcher {
    /// Learns from an attempt that is over and still has its slot.
    pub(super) fn hear(&mut self, target: usize, place: u32, ticket: Ticket, report: &AttemptReport) {
        let Heard { pace, used_up, turn } = self.lanes.hear(target, place, ticket, report, Instant::now());
        if let Some(Pace { at_once, most, held, cause }) = pace {
            let connection = self.plan.targets[target].connection.id;
            self.outbox.tell(RunEventKind::Paced { connection, at_once, most, held, cause });
        }
        if let Some(held) = used_up {
            let RunTarget { connection, model, .. } = &self.plan.targets[target];
            self.outbox.tell(RunEventKind::UsedUp { connection: connection.id, model: model.clone(), held });
        }
        match (turn, &report.result) {
            (Some(Turn::Opened(failures)), Err(error)) => {
                let failure = error.to_failure();
                self.tell_breaker(target, BreakerTurn::Opened { failures, next_try: OPEN_FOR, failure });
            }
            (Some(Turn::GaveUp), Err(error)) => {
                self.tell_breaker(target, BreakerTurn::GaveUp);
                self.give_up(target, &error.to_failure());
            }
            (Some(Turn::Closed), _) => self.tell_breaker(target, BreakerTurn::Closed),
            _ => {}
        }
    }

    pub(super) fn tell_breaker(&mut self, target: usize, turn: BreakerTurn) {
        let target = &self.plan.targets[target];
        let (connection, model) = (target.connection.id, target.model.clone());
        self.outbox.tell(RunEventKind::Breaker { connection, model, turn });
    }

    /// Nothing more is sent to a model that failed again after its pause. What waits for another attempt ends now; what was never sent ends as the archive
    /// takes it, like the trials of any target that cannot be sent to.
    fn give_up(&mut self, target: usize, last: &Failure) {
        let targets = self.lanes.broken_with(target);
        let of = &self.plan.targets[target];
        let name = format!("{} at {}", of.model, of.connection.name);
        let waited_s = OPEN_FOR.as_secs();
        for broken in &targets {
            self.lanes.drop_due(*broken);
            self.terms[*broken].refused.get_or_insert_with(|| {
                let why = format!("{name} failed again and again, and once more after a pause of {waited_s} s: not sent");
                failure(&format!("{why}. Check the connection, then send the failed trials again. The last failure: {}", last.message))
            });
        }
        let is_of_it = |open: &Open| targets.contains(&open.trial.sent_to);
        // Whoever has its slot already is sent as soon as its reservation is stored, and ends with what comes of that.
        let waits = |place: &u32, open: &Open| matches!(open.stage, Stage::Backoff { .. }) && !self.reserving.contains_key(place);
        let waiting: Vec<u32> =
            self.open.iter().filter(|(place, open)| is_of_it(open) && waits(place, open)).map(|(place, _)| *place).collect();
        for place in waiting {
            self.give_up_waiting(place, |last| {
                let why = format!("not tried again, because {name} failed again and again, and once more after a pause of {waited_s} s");
                failure(&format!("{why}. The last attempt of this trial: {}", last.message))
            });
        }
    }

    /// What is spent or set aside has changed.
    pub(super) fn money_changed(&mut self) {
        self.tell_money_at.get_or_insert_with(|| Instant::now() + MONEY_SPAN);
    }

    /// Tells what is spent and set aside; nothing without a cap.
    pub(super) fn tell_money(&mut self) {
        self.tell_money_at = None;
        if let Some(budget) = &self.budget {
            let (spent, reserved) = budget.spent_and_reserved();
            self.outbox.tell(RunEventKind::Money { spent, reserved });
        }
    }
}

fn failure(message: &str) -> Failure {
    Failure { kind: FailureKind::BreakerOpen, message: message.chars().take(MESSAGE_CHARS).collect() }
}
