//! What happens in a run, as the runner tells it: facts, in the past tense.

use std::time::Duration;

use super::{Amendment, Cell, Failure, RunId, Trial};

/// One fact about a run.
#[derive(Clone, Debug)]
pub struct RunEvent {
    /// The run.
    pub run_id: RunId,
    /// The fact.
    pub kind: RunEventKind,
}

/// The kinds of fact. A cell's trial goes `Started → (Text | RetryScheduled)* → Ended`, and `Ended` comes exactly once.
#[derive(Clone, Debug)]
pub enum RunEventKind {
    /// The trial has a slot; its attempt is being sent.
    Started {
        /// The cell.
        cell: Cell,
    },
    /// Text arrived since the last such event (merged for about 30 ms).
    Text {
        /// The cell.
        cell: Cell,
        /// Reasoning since then; may be empty.
        reasoning: String,
        /// Visible text since then; may be empty.
        content: String,
        /// TTFT in microseconds, once known.
        ttft_us: Option<u64>,
    },
    /// An attempt failed and another follows; text shown so far is void.
    RetryScheduled {
        /// The cell.
        cell: Cell,
        /// The failed attempt's number, from 1.
        attempt: u32,
        /// The wait.
        after: Duration,
        /// Why.
        failure: Failure,
    },
    /// A server showed that it wants requests to a target written otherwise; those that follow are.
    Amended {
        /// Index into the plan's targets.
        target_index: u32,
        /// How.
        amendment: Amendment,
    },
    /// The trial ended and is stored.
    Ended {
        /// The whole trial.
        trial: Box<Trial>,
    },
    /// The trial ended, but could not be stored; it is kept in memory and storing is tried again. Nothing further is sent meanwhile.
    NotSaved {
        /// The whole trial.
        trial: Box<Trial>,
        /// Why, for a person.
        reason: String,
    },
    /// What the next attempt may cost could not be stored; that is tried again. Nothing is sent meanwhile. Only under a cap.
    NothingSent {
        /// Why, for a person.
        reason: String,
    },
    /// No trial is in flight any more and none will be sent.
    Stopped {
        /// Why.
        reason: StopReason,
    },
}

/// Why a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// Every asked cell has its trial.
    Complete,
    /// The cap on spending left no room for a trial.
    Capped,
    /// The user asked for it.
    Cancelled,
    /// Trials could not be stored.
    StorageFailed,
}
