//! The bench slice: which set goes to which targets with which settings, and what is looked at.

use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::{Basis, Cases, Expense, Filter, Forecast, SortColumn, TableQuery, TimesOf};
use crate::domain::{ConnectionId, Judgement, Money, PromptSetId, RunId, RunSettings, TrialId};

use super::effect::Start;
use super::planning::BenchTarget;

/// The three ways to look at a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BenchView {
    /// Side by side, one case at a time.
    #[default]
    Answers,
    /// The grid, cases × targets.
    Table,
    /// Figures and charts per target.
    Summary,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextMode {
    /// Markdown drawn.
    #[default]
    Markdown,
    /// As it came, invisible characters made visible.
    Raw,
}

/// What a person wants of the bench.
#[derive(Clone, Debug)]
pub enum BenchCommand {
    /// Work on this set.
    ChooseSet(PromptSetId),
    /// A target more.
    AddTarget(Box<BenchTarget>),
    /// A target less.
    RemoveTarget(usize),
    /// Another model, label or parameters for a target.
    ChangeTarget {
        /// Which.
        index: usize,
        /// As it shall be.
        target: Box<BenchTarget>,
    },
    /// Ask another target of the bench where this one fails, or nobody.
    SetFallback {
        /// The one that may fail.
        index: usize,
        /// The one to ask then.
        fallback: Option<usize>,
    },
    /// Differences are shown from this target of the bench: in the next run, and at once in the run in view when it has the target.
    SetBaseline(usize),
    /// Differences are shown from this target of the run in view, and of the next run when it has the target.
    SetRunBaseline(usize),
    /// Other settings for the next run.
    SetSettings(Box<RunSettings>),
    /// Send.
    Run,
    /// Take the targets of this connection off the bench.
    LeaveOut(ConnectionId),
    /// Say whether what costs much shall be sent.
    AnswerAsked(Answer),
    /// Fill the bench with the simulated provider and the sample set, and send.
    RunDemo,
    /// Undo what the demo put on the bench.
    PutBack {
        /// The set before.
        set_id: Option<PromptSetId>,
        /// The targets before.
        targets: Vec<BenchTarget>,
        /// The baseline before.
        baseline: usize,
    },
    /// Look at another view.
    SetView(BenchView),
    /// Look at this case (index into the cases shown).
    SelectCase(usize),
    /// Look at the next case in sight.
    NextCase,
    /// Look at the case in sight before.
    PreviousCase,
    /// Look at this repeat, from 0.
    SelectRepeat(u32),
    /// Make this column of the answers the current one, by the index of its target: keys judge it.
    SelectColumn(usize),
    /// Write a note on the answer of this trial.
    OpenNote(TrialId),
    /// Leave the note on the answer of this trial.
    CloseNote(TrialId),
    /// Markdown or raw.
    SetTextMode(TextMode),
    /// Word differences from the baseline, or not.
    SetDiff(bool),
    /// Take the times of the summary from all trials, or from those on kept connections only.
    SetTimesOf(TimesOf),
    /// Make the figures of the summary of the cases in common, or of all answers.
    SetCases(Cases),
    /// Compare a target of the run in view with the others, or leave it out.
    Compare {
        /// Its index.
        target_index: u32,
        /// It takes part.
        compared: bool,
    },
    /// Sort the table.
    SetSort {
        /// By what.
        column: SortColumn,
        /// From high to low.
        descending: bool,
    },
    /// Filter the table.
    SetFilter(Filter),
    /// Search cases and answers.
    SetSearch(String),
    /// Say what one makes of an answer.
    Judge {
        /// The trial.
        trial_id: TrialId,
        /// The judgement, whole.
        judgement: Judgement,
    },
    /// Put the set of the run in view back on the bench, with its targets, for editing.
    EditRun(RunId),
    /// Leave the run in view; the bench shows the set alone.
    CloseRun,
    /// Put a set with this name and these prompts on the bench, once it is stored.
    ShowCreated(PromptSetId),
}

/// What a person says when asked about a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Send it.
    Run,
    /// Send it, and never spend more than this; for a new run only.
    RunUnder(Money),
    /// Send nothing.
    Cancel,
}

/// A start that costs much and waits for a person's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is to be sent.
    pub start: Start,
    /// What that would cost.
    pub expense: Expense,
}

/// A forecast as far as it is known.
#[derive(Debug, Default)]
pub struct ForecastState {
    /// Something that it depends on changed at this time and it was not asked for since.
    pub stale_since: Option<Timestamp>,
    /// Counts the questions; answers to older ones are dropped.
    pub generation: u64,
    /// The last answer.
    pub value: Option<Arc<Forecast>>,
    /// What stands in the way of a run; absent when nothing does.
    pub problem: Option<String>,
}

/// Quiet time before a forecast is asked for, milliseconds.
pub(super) const FORECAST_AFTER_MS: i64 = 250;

/// The slice's state.
#[derive(Debug, Default)]
pub struct Bench {
    /// The set being worked on; absent only before the archive was read.
    pub set_id: Option<PromptSetId>,
    /// Targets of the next run.
    pub targets: Vec<BenchTarget>,
    /// Index of the baseline of the next run.
    pub baseline: usize,
    /// Settings of the next run.
    pub settings: RunSettings,
    /// What the next run will cost.
    pub forecast: ForecastState,
    /// The run in view.
    pub run: Option<RunId>,
    /// The run in view was sent with other prompts than the set has now; they are shown, read-only.
    pub as_sent: bool,
    /// The run in view was found in the history; absent that, it was sent from the bench.
    pub opened: bool,
    /// How it is looked at.
    pub view: BenchView,
    /// Index of the case in view.
    pub case_index: usize,
    /// The repeat in view, from 0.
    pub repeat: u32,
    /// Index of the target whose answers the keys judge; may be beyond the targets of the run in view.
    pub column: usize,
    /// The trial whose note is being written.
    pub noting: Option<TrialId>,
    /// Word differences from the baseline are shown.
    pub diff: bool,
    /// Markdown or raw.
    pub text_mode: TextMode,
    /// Whose times the summary and its charts are made of.
    pub times_of: TimesOf,
    /// Which answers they are made of.
    pub cases: Cases,
    /// Sort, filter and search of the table; filter and search also narrow the case list.
    pub query: TableQuery,
    /// A run was asked for and waits for its set to be kept.
    pub starting: bool,
    /// What waits for a person's word.
    pub asked: Option<Box<Asked>>,
    /// Connections that what was last to be sent needs, and that could not be asked; none once another run is in view.
    pub unaskable: Vec<ConnectionId>,
}

impl Bench {
    /// What the summary is made of; the targets that are left out are known to the run.
    pub fn basis(&self) -> Basis {
        Basis { times_of: self.times_of, cases: self.cases, ..Basis::default() }
    }

    /// Brings a run into view; another one than before is judged from its first column on.
    pub(super) fn show_run(&mut self, id: RunId) {
        if self.run.replace(id) != Some(id) {
            self.column = 0;
        }
    }

    /// What the forecast depends on has changed.
    pub(super) fn stale(&mut self, now: Timestamp) {
        self.forecast.stale_since = Some(now);
    }
}
