//! The way in: a job, what it needs, and how it is steered.

use std::sync::Arc;

use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};

use crate::domain::{Cell, Failure, RunEvent, RunEventKind, RunPlan, StopReason, TokenCounter, Trial, TrialId, Usage};
use crate::provider::Provider;

use super::dispatcher::Dispatcher;
use super::warm_up::warm_up;
use super::{Conditions, CpuRoom, Recorder};

/// One cell to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// The cell.
    pub cell: Cell,
    /// The trial that the new one takes the place of, when a cell is sent again.
    pub supersedes: Option<TrialId>,
}

/// What to do.
#[derive(Clone, Debug)]
pub struct RunJob {
    /// The run.
    pub plan: Arc<RunPlan>,
    /// The cells to send, each at most once, in any order: all of a new run, the missing ones of a resumed one, or those sent again.
    pub work: Vec<WorkItem>,
    /// What the run's earlier attempts cost, in the cap's currency; 0 without a cap.
    pub spent_before: Decimal,
    /// What was counted for the run's earlier trials, so that reservations need not learn it anew; empty without a cap.
    pub counted: Vec<(Cell, Usage)>,
}

/// What a run needs from outside.
pub struct RunDeps {
    /// By target index: the way to send, or why there is none (its trials then fail unsent).
    pub providers: Vec<Result<Arc<dyn Provider>, Failure>>,
    /// Where trials are stored.
    pub recorder: Arc<dyn Recorder>,
    /// Counts tokens where a provider gives no usage; not called otherwise, so it may load its vocabulary on first use.
    pub counter: Arc<dyn TokenCounter>,
    /// Where tokens are counted.
    pub cpu: CpuRoom,
    /// Hears what happens. A slow or absent listener holds up no request.
    pub events: mpsc::Sender<RunEvent>,
    /// Steers the run.
    pub control: watch::Receiver<RunControl>,
    /// Tell text as it arrives.
    pub live_text: bool,
    /// What attempts are measured under.
    pub conditions: Conditions,
}

/// What the user wants of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunControl {
    /// Send.
    #[default]
    Running,
    /// Start no attempt; those in flight finish, and a wait that ends meanwhile holds until the run goes on.
    Paused,
    /// Stop at once: attempts in flight are dropped and stored as cancelled with their partial text. Final.
    Cancelled,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunEnd {
    /// Why it stopped.
    pub reason: StopReason,
    /// Trials that could not be stored by the end of a cancelled run; whoever gets them must keep them, for they are paid for. Empty otherwise.
    pub unsaved: Vec<Trial>,
}

/// Sends the work and stores each trial. Every cell that was begun, or cannot be sent at all, gets exactly one trial; a cell that was
/// still queued at a cancel, or for which the cap has no room, gets none. The last event is `Stopped` with the returned reason. Where the settings ask for
/// a warm-up, it is over before the first trial begins, and counts in nothing.
///
/// While trials cannot be stored nothing is sent, and storing is tried again until it works or the run is cancelled.
///
/// Dropping the future drops the requests in flight; trials not stored by then are lost, so cancel instead.
pub async fn run(job: RunJob, deps: RunDeps) -> RunEnd {
    let warmed_up = if job.plan.settings.warm_up && !job.work.is_empty() {
        warm_up(&job.plan, &job.work, &deps.providers, deps.control.clone()).await
    } else {
        None
    };
    let mut dispatcher = Dispatcher::new(job, deps);
    if let Some(warmed_up) = warmed_up {
        dispatcher.outbox.tell(RunEventKind::WarmedUp(warmed_up));
    }
    dispatcher.run().await
}
