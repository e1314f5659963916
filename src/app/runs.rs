//! The runs slice: which runs are open, which is in flight, and what is wished of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::analysis::{DiffPiece, SupersededCost, format_count, format_counted};
use crate::domain::{
    Cell, EarlierLatency, Failure, LostReservations, RunEvent, RunHead, RunId, RunPlan, RunStatus, TrialBody, TrialId, TrialRow,
};

use super::bench::Asked;
use super::effect::Again;
use super::hindrance::Unaskable;
use super::open_run::OpenRun;

/// What a person wants of a run.
#[derive(Clone, Debug)]
pub enum RunCommand {
    /// Show it on the bench.
    Open(RunId),
    /// Hold it.
    Pause(RunId),
    /// Go on.
    Resume(RunId),
    /// Stop it; what is in flight is stored as cancelled.
    Cancel(RunId),
    /// Send what is missing of a run, and what was cancelled.
    SendMissing(RunId),
    /// Send the failed and cancelled cells again.
    RetryFailed(RunId),
    /// Send one cell again; the new trial takes the place of the old.
    Again {
        /// The run.
        run_id: RunId,
        /// The cell.
        cell: Cell,
    },
    /// Raise the cap that stopped a run, and send what is missing of it.
    RaiseCap {
        /// The run.
        run_id: RunId,
        /// The new cap, in the currency of the old one; above it.
        amount: Decimal,
    },
    /// Do not offer an unfinished run again: it counts as cancelled.
    LeaveUnfinished(RunId),
    /// Say what the requests that were in flight when the program ended cost in all, in the cap's currency; absent: nobody knows after all, and their
    /// worst case counts.
    SettleLost {
        /// The run.
        run_id: RunId,
        /// What the provider billed.
        billed: Option<Decimal>,
    },
    /// These texts come into view.
    WantBodies {
        /// The run.
        run_id: RunId,
        /// Trials.
        trials: Vec<TrialId>,
    },
    /// This difference comes into view.
    WantDiff {
        /// The run.
        run_id: RunId,
        /// The baseline's trial.
        baseline: TrialId,
        /// The other.
        other: TrialId,
    },
    /// The cURL command of a trial, for the clipboard.
    CopyCurl {
        /// The run.
        run_id: RunId,
        /// The trial.
        trial_id: TrialId,
    },
}

/// What happened to runs.
#[derive(Debug)]
pub enum RunFact {
    /// A run is planned, stored and about to send.
    Launched {
        /// The plan.
        plan: Arc<RunPlan>,
        /// Current trials that are there already (of an earlier start).
        rows: Vec<TrialRow>,
        /// Cost of superseded trials by target index.
        superseded: Vec<SupersededCost>,
        /// Cells that it will send.
        asked: u64,
        /// Where the run stands when it is through with these and others are still missing.
        status: RunStatus,
    },
    /// A run could not begin.
    LaunchFailed {
        /// Why, and what to do.
        message: String,
    },
    /// Nothing was sent and nothing stored, because some or all targets cannot be asked.
    CannotAsk {
        /// The stored run that was to be sent; absent: a new one, which there is not now.
        run_id: Option<RunId>,
        /// Those targets.
        targets: Vec<Unaskable>,
        /// Other targets could be asked.
        others: bool,
    },
    /// Nothing is sent yet: it costs so much that a person is asked first.
    AskFirst(Box<Asked>),
    /// Some of what was asked for is not sent, because its target cannot be asked.
    NotSent {
        /// The target's label.
        target: String,
        /// Why, and what to do.
        failure: Failure,
        /// Once that is done the run can be resumed.
        later: bool,
    },
    /// The engine tells.
    Event(RunEvent),
    /// How long earlier answers of its targets took is known.
    EarlierLatency {
        /// The run.
        run_id: RunId,
        /// By target index; absent where there are no such answers.
        earlier: Vec<Option<EarlierLatency>>,
    },
    /// A stored run is here.
    Opened {
        /// The plan.
        plan: Arc<RunPlan>,
        /// Where it stands.
        status: RunStatus,
        /// Current trials.
        rows: Vec<TrialRow>,
        /// Cost of superseded trials by target index.
        superseded: Vec<SupersededCost>,
        /// Target from which differences are shown; absent: the plan's baseline.
        baseline: Option<u32>,
        /// Another process is sending it.
        sent_elsewhere: bool,
    },
    /// The target of a run from which differences were shown last.
    Baseline {
        /// The run.
        run_id: RunId,
        /// The target.
        target_index: u32,
    },
    /// A stored run could not be read.
    OpenFailed {
        /// Why.
        message: String,
    },
    /// Long texts are here.
    Bodies {
        /// The run.
        run_id: RunId,
        /// Texts by trial.
        bodies: Vec<(TrialId, TrialBody)>,
    },
    /// Long texts could not be read.
    BodiesUnread {
        /// The run.
        run_id: RunId,
        /// Of these trials.
        trials: Vec<TrialId>,
        /// Why.
        message: Arc<str>,
    },
    /// A difference is here.
    Diff {
        /// The run.
        run_id: RunId,
        /// The baseline's trial.
        baseline: TrialId,
        /// The other.
        other: TrialId,
        /// The pieces.
        pieces: Vec<DiffPiece>,
    },
    /// The answers of a difference could not be read.
    DiffUnread {
        /// The run.
        run_id: RunId,
        /// The baseline's trial.
        baseline: TrialId,
        /// The other.
        other: TrialId,
        /// Why.
        message: Arc<str>,
    },
    /// Trials whose answers hold the search text.
    SearchHits {
        /// The run.
        run_id: RunId,
        /// The text that was searched.
        text: String,
        /// Trials.
        trials: Vec<TrialId>,
    },
    /// What of a run was in flight when the program ended.
    Lost {
        /// The run.
        run_id: RunId,
        /// What it may have cost, and what counts.
        lost: LostReservations,
        /// Somebody has just said what it cost.
        settled: bool,
    },
    /// Unfinished runs that no process is sending.
    Unfinished(Vec<RunHead>),
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Runs {
    /// Runs in memory.
    pub open: BTreeMap<RunId, OpenRun>,
    /// The run in flight.
    pub live: Option<RunId>,
    /// Unfinished runs to offer.
    pub unfinished: Vec<RunHead>,
    /// Which cells of a stored run were asked for and are not being sent yet; absent: a new run, or what is missing.
    pub(super) again: Option<Again>,
    /// A run is being read.
    pub opening: Option<RunId>,
}

/// Runs kept in memory besides the one in flight and the one in view.
const MOST_OPEN: usize = 4;

impl Runs {
    /// The run in flight.
    pub fn live_run(&self) -> Option<&OpenRun> {
        self.open.get(&self.live?)
    }

    pub(super) fn forget_old(&mut self, in_view: Option<RunId>) {
        while self.open.len() > MOST_OPEN {
            let oldest = self.open.keys().copied().find(|id| Some(*id) != self.live && Some(*id) != in_view);
            match oldest {
                Some(id) => self.open.remove(&id),
                None => break,
            };
        }
    }
}

/// Failed, never sent and cancelled trials of a run, in words; empty when there are none.
pub fn failed_words(run: &OpenRun) -> String {
    let (_, failed, cancelled) = run.counts();
    let not_sent = run.not_sent();
    match (failed.saturating_sub(not_sent), not_sent, cancelled) {
        (failed, 0, 0) if failed > 0 => format_counted(failed, "failed trial", "failed trials"),
        (0, 0, cancelled) if cancelled > 0 => format_counted(cancelled, "cancelled trial", "cancelled trials"),
        (failed, not_sent, cancelled) => {
            let counts = [(failed, "failed"), (not_sent, "not sent"), (cancelled, "cancelled")];
            let words = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", format_count(count)));
            words.collect::<Vec<_>>().join(", ")
        }
    }
}
