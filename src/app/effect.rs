//! The only way out of the mind: what the backend is asked to do. Each is answered by a [`Fact`](super::Fact).

use std::path::PathBuf;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::{
    ApiKey, Case, Cell, Connection, ConnectionId, FailureKind, Judgement, OwnPrice, Probe, PromptSetId, PromptSetKind, RunId, RunPlan,
    Settings, TrendFilter, TrialId, TrialRow, TrialStatus,
};
use crate::interchange::import::ColumnMapping;
use crate::runner::RunControl;

use super::doctor::Patient;
use super::exchange::{ExportKind, PromptFileKind};
use super::forecasting::ForecastQuestion;

/// Which cells of a stored run are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// Those without a trial, and those whose current trial was cancelled.
    Missing,
    /// Those whose current trial failed or was cancelled.
    Failed,
    /// What is missing and what the cap gave up, after the cap was raised to this amount, in its own currency.
    UnderCap(Decimal),
    /// These.
    These(Vec<Cell>),
}

impl Again {
    /// The cells that it names in a run with these current trials.
    pub(super) fn cells<'a>(&self, plan: &RunPlan, current: impl Fn(Cell) -> Option<&'a TrialRow>) -> Vec<Cell> {
        let is_missing = |cell: &Cell| current(*cell).is_none_or(|row| row.status == TrialStatus::Cancelled);
        let has_failed = |cell: &Cell| current(*cell).is_some_and(|row| row.own_status() != TrialStatus::Finished);
        let gave_up = |cell: &Cell| {
            // It may have given up the target, or the fallback that was asked in its place.
            let failed = current(*cell).filter(|row| row.own_status() == TrialStatus::Failed);
            let failures = failed.into_iter().flat_map(|row| row.own_failure().into_iter().chain(&row.failure));
            failures.into_iter().any(|failure| failure.kind == FailureKind::OverBudget)
        };
        match self {
            Self::Missing => plan.cells().filter(is_missing).collect(),
            Self::Failed => plan.cells().filter(has_failed).collect(),
            Self::UnderCap(_) => plan.cells().filter(|cell| is_missing(cell) || gave_up(cell)).collect(),
            Self::These(cells) => cells.clone(),
        }
    }
}

/// What a person wants to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// A new run by this plan.
    New(Box<RunPlan>),
    /// Cells of a stored run.
    Again {
        /// The run.
        run_id: RunId,
        /// Which cells.
        which: Again,
    },
}

/// A thing to do outside.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Read what the first screen needs.
    Start,
    /// Store a connection and put its key where it says.
    SaveConnection {
        /// The connection.
        connection: Box<Connection>,
        /// Its key, when it changes.
        key: Option<ApiKey>,
        /// Draw an id for it.
        is_new: bool,
    },
    /// Erase its key, take it out of the list.
    RemoveConnection(ConnectionId),
    /// See where its key is.
    LookUpKey(ConnectionId),
    /// Check it.
    Check {
        /// The connection.
        id: ConnectionId,
        /// The model to ask.
        model: Option<String>,
    },
    /// Ask for its models.
    LoadModels(ConnectionId),
    /// Find out how much it takes.
    Ramp {
        /// The connection.
        id: ConnectionId,
        /// The model to ask.
        model: String,
        /// Requests at once, at most.
        ceiling: u32,
    },
    /// Stop doing that.
    StopRamp(ConnectionId),
    /// Ask addresses for their model lists: one `GET` each.
    Probe {
        /// Whose failure.
        patient: Patient,
        /// The connection that failed.
        connection: ConnectionId,
        /// The addresses.
        probes: Vec<Probe>,
        /// Send the key also to other origins than its own.
        key_elsewhere: bool,
    },
    /// Keep a price.
    SetPrice(Box<OwnPrice>),
    /// Forget a price.
    RemovePrice {
        /// Host.
        host: String,
        /// Model.
        model: String,
    },
    /// Read a set's latest version.
    LoadSet(PromptSetId),
    /// Keep a set's cases.
    SaveCases {
        /// The set.
        id: PromptSetId,
        /// All of them.
        cases: Arc<Vec<Case>>,
    },
    /// Make a set.
    CreateSet {
        /// Its name; made unique.
        name: String,
        /// Its kind.
        kind: PromptSetKind,
        /// Its cases.
        cases: Vec<Case>,
    },
    /// Make these the cases of the unlisted set of a file named on the command line; a run keeps the version that it used.
    KeepFileSet {
        /// The file's name.
        name: String,
        /// Its cases.
        cases: Vec<Case>,
    },
    /// Rename a set.
    RenameSet {
        /// The set.
        id: PromptSetId,
        /// The name.
        name: String,
    },
    /// Copy a set.
    DuplicateSet(PromptSetId),
    /// Delete a set.
    DeleteSet(PromptSetId),
    /// Bring a set back.
    UndeleteSet(PromptSetId),
    /// Read a picture for a case.
    ReadImage {
        /// The set.
        id: PromptSetId,
        /// The case.
        case_id: String,
        /// The file; absent: ask.
        path: Option<PathBuf>,
    },
    /// Work out what a run would cost.
    Forecast(Box<ForecastQuestion>),
    /// Send it, unless it may cost more than `ask_over` or is a great many requests: then a person is asked first.
    Weigh {
        /// What.
        start: Start,
        /// From which amount on.
        ask_over: Decimal,
    },
    /// Store a plan (its id and time are drawn anew) and send it.
    Launch(Box<RunPlan>),
    /// Send cells of a stored run.
    SendAgain {
        /// The run.
        run_id: RunId,
        /// Which cells.
        which: Again,
    },
    /// Hold, go on, or stop a run in flight.
    Control {
        /// The run.
        run_id: RunId,
        /// What.
        control: RunControl,
    },
    /// Read a stored run.
    OpenRun(RunId),
    /// Keep from which target of a run differences are shown.
    KeepBaseline {
        /// The run.
        run_id: RunId,
        /// The target.
        target_index: u32,
    },
    /// Read it back.
    LoadBaseline(RunId),
    /// Give up an unfinished run.
    LeaveUnfinished(RunId),
    /// Keep what the requests of a run that a crash lost cost; absent: nobody knows.
    SettleLost {
        /// The run.
        run_id: RunId,
        /// In all, in the cap's currency.
        billed: Option<Decimal>,
    },
    /// Read long texts.
    LoadBodies {
        /// The run.
        run_id: RunId,
        /// Trials.
        trials: Vec<TrialId>,
    },
    /// Compare two answers word by word.
    Diff {
        /// The run.
        run_id: RunId,
        /// The baseline's trial.
        baseline: TrialId,
        /// The other.
        other: TrialId,
    },
    /// Find answers that hold a text.
    SearchAnswers {
        /// The run.
        run_id: RunId,
        /// The text.
        text: String,
    },
    /// Keep a judgement.
    Judge {
        /// The trial.
        trial_id: TrialId,
        /// The judgement.
        judgement: Judgement,
    },
    /// Read a page of runs.
    LoadRuns {
        /// Search text.
        search: String,
        /// Runs to skip.
        offset: u32,
    },
    /// Read the charts' points.
    LoadTrend(Box<TrendFilter>),
    /// Delete a run.
    DeleteRun(RunId),
    /// Bring a run back.
    UndeleteRun(RunId),
    /// Ask for a file to import.
    PickImport,
    /// Read a file and show what is in it.
    ReadImport {
        /// The file.
        path: PathBuf,
        /// Columns; absent: as found.
        mapping: Option<ColumnMapping>,
    },
    /// Ask where to write.
    PickExport {
        /// Suggested path.
        suggested: PathBuf,
    },
    /// Write a run.
    ExportRun {
        /// The run.
        run_id: RunId,
        /// What.
        kind: ExportKind,
        /// Where to.
        path: PathBuf,
    },
    /// Write a prompt set.
    ExportSet {
        /// The set.
        id: PromptSetId,
        /// The format.
        kind: PromptFileKind,
        /// Where to; absent: ask.
        path: Option<PathBuf>,
    },
    /// Write a picture under a name that is free.
    SavePicture {
        /// Where to.
        folder: PathBuf,
        /// Its name without an ending.
        stem: String,
        /// Its contents.
        png: Arc<[u8]>,
    },
    /// Keep the settings.
    SaveSettings(Box<Settings>),
    /// Start the simulated provider, if it does not run, and have its connection and sample set stored.
    StartDemo,
    /// From now on Ctrl-C is told as [`Fact::Interrupted`](super::Fact::Interrupted) instead of ending the process; a second one ends it at once, with
    /// code 130. For the command line.
    HeedInterrupts,
}
