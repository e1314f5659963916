//! What happens in a run, as the runner tells it: facts, in the past tense.

use std::time::Duration;

use super::{Amendment, Cell, ConnectionId, Failure, RunId, Trial};
use rust_decimal::Decimal;

/// One fact about a run.
#[derive(Clone, Debug)]
pub struct RunEvent {
    /// The run.
    pub run_id: RunId,
    /// The fact.
    pub kind: RunEventKind,
}

/// What came of the warm-up before a run's first trial: connections opened ahead by requests that cost nothing and are counted nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarmUp {
    /// Connections that stay open.
    pub connections: u32,
    /// Those that could not be opened, or that the server closed again.
    pub failed: u32,
    /// How long it took.
    pub took: Duration,
}

/// The kinds of fact. A cell's trial goes `Started → (Text | RetryScheduled | FellBack)* → Ended`, and `Ended` comes exactly once.
#[derive(Clone, Debug)]
pub enum RunEventKind {
    /// Connections were opened ahead; before the first trial, and only where the run's settings say so.
    WarmedUp(WarmUp),
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
    /// The target failed, and the trial is sent to its fallback; text shown so far is void.
    FellBack {
        /// The cell.
        cell: Cell,
        /// Why the target failed.
        failure: Failure,
    },
    /// A server wants requests to a target written otherwise, and has answered one that was: to be remembered for later runs.
    Amended {
        /// Index into the plan's targets.
        target_index: u32,
        /// How.
        amendment: Amendment,
    },
    /// The trial ended and is stored.
    Ended {
        /// The trial; without its texts and attempts when they are long: they are in the archive.
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
    /// How much a connection is sent at once has changed, or it is held back.
    Paced {
        /// The connection.
        connection: ConnectionId,
        /// Requests at once from now on, at least 1.
        at_once: u32,
        /// The most that its limits and the run's slots allow.
        most: u32,
        /// Nothing is sent over it for so long; absent when it is not held back.
        held: Option<Duration>,
        /// Why.
        cause: PaceCause,
    },
    /// The headers of a model at a connection say that nothing is left of its requests or tokens: nothing is sent to it until they are reset.
    UsedUp {
        /// The connection.
        connection: ConnectionId,
        /// The model id.
        model: String,
        /// Until then.
        held: Duration,
    },
    /// A model at a connection failed so often in a row that nothing is sent to it, or it answers again.
    Breaker {
        /// The connection.
        connection: ConnectionId,
        /// The model id.
        model: String,
        /// What happened.
        turn: BreakerTurn,
    },
    /// The money of a run under a cap, in the cap's currency. Told a few times a second at most.
    Money {
        /// Settled, by this start and all before.
        spent: Decimal,
        /// Set aside for what is in flight.
        reserved: Decimal,
    },
    /// No trial is in flight any more and none will be sent.
    Stopped {
        /// Why.
        reason: StopReason,
    },
}

/// Why the pace of a connection has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceCause {
    /// It refused a request as one too many (429).
    Refused,
    /// Its answers came without refusals.
    Answered,
}

/// What happened to the breaker of a model at a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakerTurn {
    /// So many failed in a row; after the wait one trial is tried.
    Opened {
        /// Failures in a row.
        failures: u32,
        /// Wait before the next try.
        next_try: Duration,
        /// The last failure.
        failure: Failure,
    },
    /// The one trial is on its way.
    Probing,
    /// It answers again.
    Closed,
    /// The one trial failed too: what waits ends as failed.
    GaveUp,
    /// It, or its whole connection, refused so many requests in a row as too many (429) that nothing more is sent: what waits ends as failed.
    RefusedTooOften {
        /// Refusals in a row; those of one burst count once.
        refusals: u32,
        /// From the first to the last.
        over: Duration,
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
