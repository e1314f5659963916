//! How the dispatcher brings attempts and trials to their end, and tells what was stored.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::domain::{Failure, FailureKind, RoughCounter, RunEventKind, StopReason, TrialBody};
use crate::provider::{AttemptReport, CallError};

use super::RecordError;
use super::billing::{Basis, Bill, bill};
use super::dispatcher::Dispatcher;
use super::executor::Returned;
use super::lanes::Pick;
use super::outcome::{Ending, InFlight, Open, OpenTrial, Stage, end_of, never_sent};
use super::retry::{Next, after_failure};
use super::saver::{Saved, Unsaved};
use super::stated;

/// Longer texts are left in the archive, where whoever wants to see them finds them: a thousand of them under way would fill the memory.
const MOST_TOLD_BYTES: usize = 64 << 10;

/// Why a trial was not tried again.
const NO_RETRY_LEFT: &str =
    "not tried again: so many attempts at this host failed that retries were held at a fifth of the first attempts, but never under 10";

impl Dispatcher {
    /// An attempt is over: its trial ends, or waits for the next one.
    pub(super) fn attempt_over(&mut self, joined: Result<Returned, JoinError>) {
        // Attempts catch their own panics, and are aborted only all together, when nobody reads their results any more.
        let Ok(Returned { place, report, bill }) = joined else { return };
        let Some(Open { mut trial, stage: Stage::InFlight(in_flight) }) = self.open.remove(&place) else { return };
        in_flight.live.take_whole();
        let report = Arc::unwrap_or_clone(report);
        let target = trial.sent_to;
        self.hear(target, place, in_flight.ticket, &report);
        let bill = self.settle(&mut trial, &in_flight, bill, report.result.is_ok());
        trial.notes.extend(stated::note(self.plan.targets[target].price.as_ref(), bill.cost, report.stated_cost));
        trial.book(&report, bill, in_flight.backoff);
        match &report.result {
            Ok(()) => {
                for amendment in self.terms[target].taken(in_flight.spelling) {
                    self.outbox.tell(RunEventKind::Amended { target_index: target as u32, amendment });
                }
                let ended = end_of(&report);
                self.end(trial, report, Ending::Finished, ended);
            }
            Err(error) => {
                let error = error.clone();
                self.attempt_failed(place, trial, report, &error);
                if !in_flight.reserved.is_zero() {
                    self.keep_only_costs(place);
                }
            }
        }
    }

    /// The trial of a failed attempt waits for another one, goes to the fallback, or ends.
    fn attempt_failed(&mut self, place: u32, mut trial: OpenTrial, report: AttemptReport, error: &CallError) {
        let (target, ended) = (trial.sent_to, end_of(&report));
        // A model that was given up meanwhile is not asked again.
        let next = if self.stopped.is_some() || self.terms[target].refused.is_some() {
            Next::GiveUp(error.to_failure())
        } else if self.amend(&mut trial, &report) {
            // No retry: it is the same attempt, in other words.
            return self.back_off(place, trial, report, error, Duration::ZERO);
        } else {
            after_failure(error, report.retry_after, trial.tries(), trial.item.cell, &self.plan.settings)
        };
        match next {
            Next::GiveUp(failure) => self.fail(place, trial, report, failure, ended),
            // What broke because this computer slept is no storm at the host.
            Next::Retry(wait) if report.timing.slept() || self.retry_budget.take(target, error.kind) => {
                self.back_off(place, trial, report, error, wait);
            }
            Next::Retry(_) => {
                trial.notes.push(NO_RETRY_LEFT.to_owned());
                self.fail(place, trial, report, error.to_failure(), ended);
            }
        }
    }

    /// The target that a trial was sent to has failed for good: its fallback is asked, or the trial ends.
    fn fail(&mut self, place: u32, trial: OpenTrial, report: AttemptReport, failure: Failure, ended: Instant) {
        match self.fallback_for(&trial, failure.kind) {
            Some(fallback) => {
                let pause_mark = self.pause.reading(Instant::now());
                self.fall_back(place, fallback, trial, Box::new(report), failure, pause_mark);
            }
            None => self.end(trial, report, Ending::Failed(failure), ended),
        }
    }

    /// A server that wants the request written otherwise gets it so at once, in an attempt of its own that counts as no retry. All later requests to the
    /// target are written so from the start; later runs' too, once a whole answer has shown that it is taken. True when it shall be sent again.
    fn amend(&mut self, trial: &mut OpenTrial, report: &AttemptReport) -> bool {
        let Some(amendment) = report.amendment else { return false };
        let target = trial.sent_to;
        if trial.amended.iter().any(|tried| tried.is_about_the_same(amendment)) {
            return false;
        }
        trial.amended.push(amendment);
        trial.notes.push(amendment.words().to_owned());
        self.terms[target].amend(amendment);
        true
    }

    /// Frees the slot of an attempt and books its bill against the reservation. Under a cap the returned bill says what was booked, so that the stored
    /// costs, from which a resume counts what was spent, are what this run counted.
    fn settle(&mut self, trial: &mut OpenTrial, in_flight: &InFlight, bill: Bill, is_whole: bool) -> Bill {
        let target = trial.sent_to;
        self.lanes.finish(target);
        let counted = bill.usage.map_or(0, |usage| usage.input_tokens + usage.output_tokens);
        self.lanes.count_tokens(target, in_flight.ticket, counted);
        if let Some(usage) = bill.usage.filter(|_| is_whole) {
            self.terms[target].answer_had(usage.output_tokens);
        }
        let Some(budget) = &mut self.budget else { return bill };
        let bill = bill.under_cap(in_flight.reserved);
        let cost = bill.cost.unwrap_or(in_flight.reserved);
        budget.settle(in_flight.reserved, cost);
        if cost > in_flight.reserved {
            trial
                .notes
                .push("the provider counted more tokens than the request can have, so more was spent than had been reserved".to_owned());
        }
        if let Some(usage) = &bill.usage {
            self.terms[target].learn(in_flight.input_bound_tokens, usage);
        }
        if is_whole {
            self.terms[target].nothing_counted();
        }
        self.money_changed();
        bill
    }

    fn back_off(&mut self, place: u32, trial: OpenTrial, report: AttemptReport, error: &CallError, wait: Duration) {
        let (cell, attempt) = (trial.item.cell, trial.attempts.len() as u32);
        let now = Instant::now();
        self.heed_sleep(now);
        let at = self.stagger.turn(now + wait, now);
        let wait = at.saturating_duration_since(now);
        self.outbox.tell(RunEventKind::RetryScheduled { cell, attempt, after: wait, failure: error.to_failure() });
        self.backoffs.push(Reverse((at, place)));
        let stage = Stage::Backoff { report: Box::new(report), wait, pause_mark: self.pause.reading(now) };
        self.open.insert(place, Open { trial, stage });
    }

    /// Waits that ended while the computer slept would end all at once: each gets a turn instead.
    pub(super) fn heed_sleep(&mut self, now: Instant) {
        if !self.stagger.woke_up(now) {
            return;
        }
        let mut due = Vec::new();
        while self.backoffs.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            due.extend(self.backoffs.pop());
        }
        for Reverse((at, place)) in due {
            let turn = self.stagger.turn(at.max(now), now);
            self.backoffs.push(Reverse((turn, place)));
        }
    }

    fn end(&mut self, trial: OpenTrial, report: AttemptReport, ending: Ending, ended: Instant) {
        self.lanes.close(trial.lane);
        self.prompts.release(trial.item.cell.case_index);
        let own_price_known = self.plan.targets[trial.item.cell.target_index as usize].price.is_some();
        let mut trial = trial.conclude(report, ending, ended);
        if !own_price_known {
            // What a fallback cost is not all that the trial cost.
            trial.row.cost = None;
        }
        self.saver.store(trial);
    }

    /// Ends a trial between two attempts; `ending` is told what the last one said.
    pub(super) fn end_waiting(&mut self, open: Open, ending: impl FnOnce(Failure) -> Ending) {
        let Open { trial, stage: Stage::Backoff { report, pause_mark, .. } } = open else { return };
        let now = Instant::now();
        let ended = now.checked_sub(self.pause.reading(now).saturating_sub(pause_mark)).unwrap_or(now);
        let last = why_waiting(&report);
        self.end(trial, *report, ending(last), ended);
    }

    /// Ends a cell that cannot be sent to the target in whose lane it waited.
    pub(super) fn end_unsent(&mut self, lane: usize, place: u32, failure: Failure) {
        let item = self.work[place as usize];
        self.prompts.release(item.cell.case_index);
        let own = item.cell.target_index as usize;
        let priced = self.plan.targets[own].price.is_some();
        let fallback = (lane != own).then(|| self.why_refused(own));
        self.saver.store(never_sent(item, failure, fallback, priced));
    }

    /// The cap has no room for this attempt and never will: a cell that was not sent stays without a trial.
    pub(super) fn leave_out(&mut self, pick: Pick) {
        self.capped = true;
        self.lanes.drop_head(pick);
        if let Some(open) = self.open.remove(&pick.place) {
            self.end_waiting(open, |last| {
                let message = format!("the cap on spending leaves no room for another attempt. The last one: {}", last.message);
                Ending::Failed(Failure { kind: FailureKind::OverBudget, message: message.chars().take(500).collect() })
            });
        } else {
            self.prompts.release(self.work[pick.place as usize].cell.case_index);
        }
    }

    /// Stops at once. Answers that are whole by now count; other attempts are dropped, without waiting for them to notice.
    pub(super) fn cancel(&mut self) {
        self.saver.hurry();
        while let Some(joined) = self.attempts.try_join_next() {
            self.attempt_over(joined);
        }
        self.bill_whole_answers();
        self.give_all_back();
        let unsent = self.lanes.clear();
        self.backoffs.clear();
        self.attempts.abort_all();
        self.attempts = JoinSet::new();
        let open = std::mem::take(&mut self.open);
        if self.stopped.is_none() && (unsent || !open.is_empty()) {
            self.stopped = Some(StopReason::Cancelled);
        }
        for open in open.into_values() {
            match open {
                Open { trial, stage: Stage::InFlight(in_flight) } => self.cancel_in_flight(trial, &in_flight),
                waiting => self.end_waiting(waiting, |_last| Ending::Cancelled),
            }
        }
    }

    /// Answers that are whole and only wait for a count of their tokens: they are counted roughly.
    fn bill_whole_answers(&mut self) {
        let whole: Vec<Returned> = self
            .open
            .iter()
            .filter_map(|(place, open)| {
                let Stage::InFlight(in_flight) = &open.stage else { return None };
                let report = in_flight.live.take_whole()?;
                let price = self.plan.targets[open.trial.sent_to].price.as_ref();
                let bill = bill(Basis::Estimate, &report, price, &in_flight.messages, &RoughCounter);
                Some(Returned { place: *place, report, bill })
            })
            .collect();
        for returned in whole {
            self.attempt_over(Ok(returned));
        }
    }

    fn cancel_in_flight(&mut self, mut trial: OpenTrial, in_flight: &InFlight) {
        // It did not fail, and a report needs some result; the ending says what it was.
        let report = in_flight.live.report(in_flight.started, in_flight.started_at, Ok(()));
        let price = self.plan.targets[trial.sent_to].price.as_ref();
        // Counted roughly: many answers at once must not make a cancel slow.
        let mut bill = bill(Basis::Estimate, &report, price, &in_flight.messages, &RoughCounter);
        bill.note = Some("cancelled before the provider gave token counts: tokens and cost are estimates".to_owned());
        bill.open = true;
        let bill = self.settle(&mut trial, in_flight, bill, false);
        trial.book(&report, bill, in_flight.backoff);
        let ended = end_of(&report);
        self.end(trial, report, Ending::Cancelled, ended);
    }

    /// The archive took what it was given, or did not.
    pub(super) fn archive_answered(&mut self, answer: (Unsaved, Result<(), RecordError>)) {
        let saved = self.saver.sort(answer);
        self.hold();
        match saved {
            Saved::Stored(trial) => {
                let mut trial = Box::new(Arc::unwrap_or_clone(trial));
                if trial.body.text_bytes() > MOST_TOLD_BYTES {
                    trial.body = TrialBody::default();
                }
                self.outbox.tell(RunEventKind::Ended { trial });
            }
            Saved::Reserved(place) => self.reserved(place),
            Saved::Refused { first: Some((trial, reason)) } => {
                self.outbox.tell(RunEventKind::NotSaved { trial: Box::new(Arc::unwrap_or_clone(trial)), reason });
            }
            Saved::NotReserved { first: Some(reason) } => self.outbox.tell(RunEventKind::NothingSent { reason }),
            Saved::Released | Saved::Refused { first: None } | Saved::NotReserved { first: None } => {}
        }
    }

    /// Tells the text that arrived; what the listener has no room for stays for the next time.
    pub(super) fn tell_text(&mut self) {
        self.tell_text_at = None;
        let Some(merge) = &self.merge else { return };
        for place in merge.take() {
            let Some(Open { trial, stage: Stage::InFlight(in_flight) }) = self.open.get(&place) else { continue };
            let cell = trial.item.cell;
            let told = self.outbox.tell_if_room(|| {
                let fresh = in_flight.live.take_fresh();
                let empty = fresh.content.is_empty() && fresh.reasoning.is_empty();
                (!empty).then_some(RunEventKind::Text { cell, reasoning: fresh.reasoning, content: fresh.content, ttft_us: fresh.ttft_us })
            });
            if !told {
                merge.list(place);
            }
        }
    }
}

/// Why a trial waits for another attempt; `report` is of the last one.
pub(super) fn why_waiting(report: &AttemptReport) -> Failure {
    match &report.result {
        Err(error) => error.to_failure(),
        Ok(()) => internal("a whole answer was to be retried".to_owned()),
    }
}

/// A fault of this program.
pub(super) fn internal(message: String) -> Failure {
    Failure { kind: FailureKind::Internal, message }
}
