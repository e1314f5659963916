//! From attempts to a trial: the one place that fills its row and body.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::time::Instant;

use crate::domain::{
    Amendment, Attempt, Failure, GapHistogram, Judgement, Message, Spelling, Trial, TrialBody, TrialId, TrialRow, TrialStatus, Unrated,
    first_line, output_hash, whole_us,
};
use crate::provider::AttemptReport;

use super::WorkItem;
use super::billing::Bill;
use super::limits::Ticket;
use super::text_merge::Live;

/// A trial that was begun and has not ended.
pub(super) struct OpenTrial {
    pub(super) item: WorkItem,
    /// The target in whose lane it was begun, and counts as open.
    pub(super) lane: usize,
    /// The target that it is sent to: its own, or that one's fallback.
    pub(super) sent_to: usize,
    /// Why its own target failed; present once it is sent to the fallback.
    pub(super) fallback: Option<Failure>,
    /// Attempts before it was sent to the fallback.
    pub(super) own_attempts: usize,
    /// When it first had a free slot: `waited` and `queue` count from here.
    pub(super) slot_at: Instant,
    /// Time in which a paused run kept it from its next attempt: no part of `waited` or `queue`.
    pub(super) paused: Duration,
    /// Time in which a further attempt waited for its reservation to be stored: no part of them either.
    pub(super) storing: Duration,
    pub(super) attempts: Vec<Attempt>,
    /// What was spelled otherwise after a refusal by the target that it is sent to; such an attempt counts as no retry.
    pub(super) amended: Vec<Amendment>,
    /// Of all attempts so far, then of the trial.
    pub(super) notes: Vec<String>,
}

/// An open trial and where it stands.
pub(super) struct Open {
    pub(super) trial: OpenTrial,
    pub(super) stage: Stage,
}

/// Where an open trial stands.
pub(super) enum Stage {
    /// An attempt is being made.
    InFlight(Box<InFlight>),
    /// The last attempt failed; another follows once its wait is over and it has a slot again.
    Backoff {
        report: Box<AttemptReport>,
        wait: Duration,
        /// The pause clock when the wait began.
        pause_mark: Duration,
    },
}

/// An attempt on its way.
pub(super) struct InFlight {
    pub(super) live: Arc<Live>,
    pub(super) messages: Arc<[Message]>,
    pub(super) started: Instant,
    pub(super) started_at: Timestamp,
    pub(super) backoff: Duration,
    pub(super) reserved: Decimal,
    pub(super) ticket: Ticket,
    pub(super) input_bound_tokens: u64,
    /// How its request is written.
    pub(super) spelling: Spelling,
}

/// How a trial ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Finished,
    Failed(Failure),
    Cancelled,
}

impl OpenTrial {
    /// Books an attempt that is over, whatever its result.
    pub(super) fn book(&mut self, report: &AttemptReport, bill: Bill, backoff: Duration) {
        self.attempts.push(Attempt {
            number: self.attempts.len() as u32 + 1,
            started_at: report.started_at,
            http_status: report.http_status,
            failure: report.result.as_ref().err().map(|error| error.to_failure()),
            timing: report.timing,
            usage: bill.usage,
            cost: bill.cost,
            stated_cost: report.stated_cost,
            request_id: report.request_id.clone(),
            backoff_us: whole_us(backoff),
            evidence: report.evidence.clone(),
            fallback: self.fallback.is_some(),
        });
        self.notes.extend(bill.note);
        for words in bill.unrated.into_iter().map(Unrated::words) {
            // Once, however many attempts there were.
            if !self.notes.iter().any(|note| note == words) {
                self.notes.push(words.to_owned());
            }
        }
    }

    /// Attempts at the target that it is sent to, without those that only spelled the request otherwise.
    pub(super) fn tries(&self) -> u32 {
        (self.attempts.len() - self.own_attempts - self.amended.len()) as u32
    }

    /// What its attempts so far cost, as far as that is known.
    pub(super) fn known_cost(&self) -> Decimal {
        self.attempts.iter().filter_map(|attempt| attempt.cost).fold(Decimal::ZERO, Decimal::saturating_add)
    }

    /// The trial as it is stored. `report` is of the last attempt, which has been booked; `ended` is when the caller was done.
    pub(super) fn conclude(self, report: AttemptReport, ending: Ending, ended: Instant) -> Trial {
        let (status, failure) = match ending {
            Ending::Finished => (TrialStatus::Finished, None),
            Ending::Failed(failure) => (TrialStatus::Failed, Some(failure)),
            Ending::Cancelled => (TrialStatus::Cancelled, None),
        };
        let since_slot =
            |until: Instant| whole_us(until.saturating_duration_since(self.slot_at).saturating_sub(self.paused + self.storing));
        let usage = self.attempts.last().and_then(|attempt| attempt.usage);
        let mut warnings = report.warnings;
        if status == TrialStatus::Finished && report.output.trim().is_empty() && warnings.is_empty() {
            warnings.push("the answer is empty".to_owned());
        }
        warnings.extend(self.notes);
        if !self.paused.is_zero() {
            warnings
                .push(format!("the run was paused for {} s before an attempt of this trial; not counted as waited", self.paused.as_secs()));
        }
        warnings.dedup();
        let row = TrialRow {
            id: TrialId::draw(),
            cell: self.item.cell,
            supersedes: self.item.supersedes,
            status,
            failure,
            fallback: self.fallback,
            attempts: self.attempts.len() as u32,
            fallback_attempts: self.attempts.iter().filter(|attempt| attempt.fallback).count() as u32,
            started_at: Some(report.started_at),
            timing: Some(report.timing),
            gaps: report.gaps,
            waited_us: Some(since_slot(ended)),
            queue_us: Some(since_slot(report.started)),
            output_tokens_per_s: usage.and_then(|usage| report.timing.output_tokens_per_s(&usage)),
            usage,
            cost: self.attempts.iter().try_fold(Decimal::ZERO, |sum, attempt| sum.checked_add(attempt.cost?)),
            stated_cost: self.attempts.iter().filter_map(|attempt| attempt.stated_cost).reduce(Decimal::saturating_add),
            response_model: report.response_model,
            finish_reason: report.finish_reason,
            first_line: first_line(&report.output),
            output_hash: output_hash(&report.output),
            warnings,
            judgement: Judgement::default(),
        };
        let body = TrialBody {
            output: report.output,
            reasoning: report.reasoning,
            request: report.request,
            error_body: report.error_body,
            citations: report.citations,
            attempts: self.attempts,
        };
        Trial { row, body }
    }
}

/// The trial of a cell that cannot be sent: no attempts, no figures. It cost nothing, which is only said where there is a price. `fallback`: why its own
/// target failed, where its fallback cannot be sent to either.
pub(super) fn never_sent(item: WorkItem, failure: Failure, fallback: Option<Failure>, priced: bool) -> Trial {
    let row = TrialRow {
        id: TrialId::draw(),
        cell: item.cell,
        supersedes: item.supersedes,
        status: TrialStatus::Failed,
        failure: Some(failure),
        fallback,
        attempts: 0,
        fallback_attempts: 0,
        started_at: None,
        timing: None,
        gaps: GapHistogram::default(),
        waited_us: None,
        queue_us: None,
        output_tokens_per_s: None,
        usage: None,
        cost: priced.then_some(Decimal::ZERO),
        stated_cost: None,
        response_model: None,
        finish_reason: None,
        first_line: String::new(),
        output_hash: output_hash(""),
        warnings: Vec::new(),
        judgement: Judgement::default(),
    };
    Trial { row, body: TrialBody::default() }
}

/// When the attempt of this report ended, by its own stamps.
pub(super) fn end_of(report: &AttemptReport) -> Instant {
    report.started.checked_add(Duration::from_micros(report.timing.end_us)).unwrap_or(report.started)
}
