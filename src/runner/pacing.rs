//! How the dispatcher heeds and tells what connections take: their pace, their breakers, and the money under a cap.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{BreakerTurn, Failure, FailureKind, RunEventKind, RunTarget};
use crate::provider::AttemptReport;

use super::breaker::{OPEN_FOR, Turn};
use super::dispatcher::Dispatcher;
use super::lanes::{Heard, Refused};
use super::limits::{Pace, Ticket};
use super::outcome::{Open, Stage};
use super::refusals::TooManyRefused;

/// The money is told at most this often.
const MONEY_SPAN: Duration = Duration::from_millis(100);
/// Failure messages are at most this long.
const MESSAGE_CHARS: usize = 500;

impl Dispatcher {
    /// Learns from an attempt that is over and still has its slot.
    pub(super) fn hear(&mut self, target: usize, place: u32, ticket: Ticket, report: &AttemptReport) {
        let Heard { pace, used_up, turn, refused } = self.lanes.hear(target, place, ticket, report, Instant::now());
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
                let name = self.name_of(target);
                let why = format!("{name} failed again and again, and once more after a pause of {} s", OPEN_FOR.as_secs());
                let given_up = GivenUp {
                    kind: FailureKind::BreakerOpen,
                    unsent: format!("{why}: not sent. Check the connection, then send the failed trials again. The last failure"),
                    waiting: format!("not tried again, because {why}. The last attempt of this trial"),
                };
                self.give_up(&self.lanes.broken_with(target), &given_up, &error.to_failure());
            }
            (Some(Turn::Closed), _) => self.tell_breaker(target, BreakerTurn::Closed),
            _ => {}
        }
        if let (Some(refused), Err(error)) = (refused, &report.result) {
            self.give_up_refusing(target, &refused, &error.to_failure());
        }
    }

    /// Nothing more is sent to a model, or to any of its connection, that refuses everything as too many (429).
    fn give_up_refusing(&mut self, target: usize, refused: &Refused, last: &Failure) {
        let TooManyRefused { count, over } = refused.too_many;
        let (name, mut targets) = if refused.whole_connection {
            (self.plan.targets[target].connection.name.clone(), self.lanes.connected_with(target))
        } else {
            (self.name_of(target), self.lanes.broken_with(target))
        };
        // What is given up already stays so for its first reason.
        targets.retain(|target| self.terms[*target].refused.is_none());
        let mut models: Vec<(&str, usize)> = targets.iter().map(|target| (self.plan.targets[*target].model.as_str(), *target)).collect();
        models.sort_unstable();
        models.dedup_by_key(|(model, _)| *model);
        for target in models.into_iter().map(|(_, target)| target).collect::<Vec<_>>() {
            self.tell_breaker(target, BreakerTurn::RefusedTooOften { refusals: count, over });
        }
        let why = format!("{name} refused {count} requests in a row as too many, over {} s, and answered none", over.as_secs());
        let to_do = "Wait until its limit has room again, then send the failed trials again";
        let given_up = GivenUp {
            kind: FailureKind::RateLimited,
            unsent: format!("{why}: not sent, so it cost nothing. {to_do}. The last refusal"),
            waiting: format!("not tried again, because {why}; refusals are not charged. {to_do}. The last attempt of this trial"),
        };
        self.give_up(&targets, &given_up, last);
    }

    fn name_of(&self, target: usize) -> String {
        let of = &self.plan.targets[target];
        format!("{} at {}", of.model, of.connection.name)
    }

    pub(super) fn tell_breaker(&mut self, target: usize, turn: BreakerTurn) {
        let target = &self.plan.targets[target];
        let (connection, model) = (target.connection.id, target.model.clone());
        self.outbox.tell(RunEventKind::Breaker { connection, model, turn });
    }

    /// Nothing more is sent to these targets. What waits for another attempt ends now; what was never sent ends as the archive takes it, like the trials of
    /// any target that cannot be sent to.
    fn give_up(&mut self, targets: &[usize], given_up: &GivenUp, last: &Failure) {
        for target in targets {
            self.lanes.drop_due(*target);
            self.terms[*target].refused.get_or_insert_with(|| given_up.failure(&given_up.unsent, last));
        }
        let is_of_it = |open: &Open| targets.contains(&open.trial.sent_to);
        // Whoever has its slot already is sent as soon as its reservation is stored, and ends with what comes of that.
        let waits = |place: &u32, open: &Open| matches!(open.stage, Stage::Backoff { .. }) && !self.reserving.contains_key(place);
        let waiting: BTreeSet<u32> =
            self.open.iter().filter(|(place, open)| is_of_it(open) && waits(place, open)).map(|(place, _)| *place).collect();
        self.backoffs.retain(|Reverse((_, place))| !waiting.contains(place));
        for place in waiting {
            self.give_up_waiting(place, |last| given_up.failure(&given_up.waiting, &last));
        }
    }

    /// A trial is back in the queue of a target that was given up meanwhile.
    pub(super) fn give_up_given_back(&mut self, target: usize, place: u32) {
        let kind = self.why_refused(target).kind;
        let words = format!("not tried again, because nothing more is sent to {}. The last attempt of this trial", self.name_of(target));
        self.give_up_waiting(place, |last| given_up_for(kind, &words, &last));
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

/// Why targets are given up.
struct GivenUp {
    kind: FailureKind,
    /// For cells that were never sent; before what the last failure said.
    unsent: String,
    /// For trials that wait for another attempt; before what their own last one said.
    waiting: String,
}

impl GivenUp {
    fn failure(&self, words: &str, last: &Failure) -> Failure {
        given_up_for(self.kind, words, last)
    }
}

/// `words` come before what the last failure said.
fn given_up_for(kind: FailureKind, words: &str, last: &Failure) -> Failure {
    let message = format!("{words}: {}", last.message);
    Failure { kind, message: message.chars().take(MESSAGE_CHARS).collect() }
}
