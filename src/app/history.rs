//! The history slice: the runs that were, and how targets did over time.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::{HistoryPromptSet, HistoryTarget, PromptSetId, RunHead, RunId, TargetKey, TrendFilter, TrendPoint};

use super::Command;
use super::effect::Effect;
use super::notices::Notices;

/// How far back the charts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryRange {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    #[default]
    Month,
    /// Everything.
    All,
}

impl HistoryRange {
    /// The earliest time inside; absent for everything.
    pub fn since(self, now: Timestamp) -> Option<Timestamp> {
        let hours = match self {
            Self::Day => 24,
            Self::Week => 24 * 7,
            Self::Month => 24 * 30,
            Self::All => return None,
        };
        now.checked_sub(jiff::SignedDuration::from_hours(hours)).ok()
    }
}

/// What a person wants of the history.
#[derive(Clone, Debug)]
pub enum HistoryCommand {
    /// Read it anew.
    Refresh,
    /// Search runs.
    Search(String),
    /// The next page of runs.
    More,
    /// Show a target in the charts, or not.
    ToggleTarget(TargetKey),
    /// Show a prompt set's runs in the charts, or not.
    ToggleSet(PromptSetId),
    /// Show the runs of all prompt sets.
    AllSets,
    /// How far back.
    SetRange(HistoryRange),
    /// Show simulated targets too.
    ShowSimulated(bool),
    /// Away with a run; can be undone.
    Delete(RunId),
    /// Bring it back.
    Undelete(RunId),
}

/// What happened.
#[derive(Debug)]
pub enum HistoryFact {
    /// A page of runs for a search text.
    Runs {
        /// The search text.
        search: String,
        /// Number of runs before the first of the page.
        offset: u32,
        /// Newest first.
        heads: Vec<RunHead>,
        /// Runs that match, in all.
        total: u64,
        /// Trials stored in all runs.
        trials: u64,
        /// Of these runs, those that another process is sending.
        elsewhere: BTreeSet<RunId>,
    },
    /// The charts' points and the targets to choose from.
    Trend {
        /// Points, oldest first.
        points: Vec<TrendPoint>,
        /// Targets with stored runs.
        targets: Vec<HistoryTarget>,
        /// Prompt sets with stored runs.
        sets: Vec<HistoryPromptSet>,
    },
    /// Runs or points could not be read.
    Failed {
        /// Why.
        message: String,
    },
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct History {
    /// Runs so far loaded, newest first.
    pub heads: Vec<RunHead>,
    /// Of them, those that another process was sending when they were loaded.
    pub elsewhere: BTreeSet<RunId>,
    /// Runs that match the search, in all.
    pub total: u64,
    /// Trials stored in all.
    pub trials: u64,
    /// Search text.
    pub search: String,
    /// A page is being read.
    pub loading: bool,
    /// Read at least once.
    pub loaded: bool,
    /// Why the last reading failed; absent when it did not.
    pub problem: Option<String>,
    /// Targets to choose from.
    pub targets: Vec<HistoryTarget>,
    /// Keys of those in the charts; empty: all, real ones only unless there are none.
    pub chosen: BTreeSet<TargetKey>,
    /// Prompt sets to choose from.
    pub sets: Vec<HistoryPromptSet>,
    /// Those in the charts; empty: all.
    pub chosen_sets: BTreeSet<PromptSetId>,
    /// How far back.
    pub range: HistoryRange,
    /// Simulated targets are in the charts too.
    pub show_simulated: bool,
    /// The user hid simulated targets, though there are no others.
    pub hid_simulated: bool,
    /// Points of the charts.
    pub points: Vec<TrendPoint>,
    /// Grows with each new set of points.
    pub revision: u64,
}

/// Runs on a page.
pub const HISTORY_PAGE: u32 = 100;

impl History {
    fn trend(&self, now: Timestamp) -> Effect {
        Effect::LoadTrend(Box::new(TrendFilter {
            targets: self.chosen.iter().cloned().collect(),
            prompt_sets: self.chosen_sets.iter().copied().collect(),
            from: self.range.since(now),
            include_simulated: self.show_simulated,
            ..TrendFilter::default()
        }))
    }

    pub(super) fn refresh(&mut self, now: Timestamp) -> Vec<Effect> {
        self.loading = true;
        self.problem = None;
        vec![Effect::LoadRuns { search: self.search.clone(), offset: 0 }, self.trend(now)]
    }

    pub(super) fn update(&mut self, command: HistoryCommand, now: Timestamp, notices: &mut Notices) -> Vec<Effect> {
        match command {
            HistoryCommand::Refresh => self.refresh(now),
            HistoryCommand::Search(text) => {
                if text == self.search {
                    return Vec::new();
                }
                self.search = text;
                self.loading = true;
                vec![Effect::LoadRuns { search: self.search.clone(), offset: 0 }]
            }
            HistoryCommand::More => {
                if self.loading || self.problem.is_some() || self.heads.len() as u64 >= self.total {
                    return Vec::new();
                }
                self.loading = true;
                vec![Effect::LoadRuns { search: self.search.clone(), offset: self.heads.len() as u32 }]
            }
            HistoryCommand::ToggleTarget(key) => {
                if !self.chosen.remove(&key) {
                    self.chosen.insert(key);
                }
                vec![self.trend(now)]
            }
            HistoryCommand::ToggleSet(id) => {
                if !self.chosen_sets.remove(&id) {
                    self.chosen_sets.insert(id);
                }
                vec![self.trend(now)]
            }
            HistoryCommand::AllSets => {
                self.chosen_sets.clear();
                vec![self.trend(now)]
            }
            HistoryCommand::SetRange(range) => {
                self.range = range;
                vec![self.trend(now)]
            }
            HistoryCommand::ShowSimulated(show) => {
                self.show_simulated = show;
                self.hid_simulated = !show;
                vec![self.trend(now)]
            }
            HistoryCommand::Delete(id) => {
                self.heads.retain(|head| head.id != id);
                self.total = self.total.saturating_sub(1);
                notices.tell_undoable("The run is deleted", Command::History(HistoryCommand::Undelete(id)), now);
                vec![Effect::DeleteRun(id), self.trend(now)]
            }
            HistoryCommand::Undelete(id) => {
                let mut effects = vec![Effect::UndeleteRun(id)];
                effects.extend(self.refresh(now));
                effects
            }
        }
    }

    pub(super) fn apply(&mut self, fact: HistoryFact, now: Timestamp) -> Vec<Effect> {
        match fact {
            HistoryFact::Runs { search, offset, heads, total, trials, elsewhere } => {
                if search != self.search {
                    return Vec::new();
                }
                self.heads.truncate(offset as usize);
                for head in &heads {
                    self.elsewhere.remove(&head.id);
                }
                self.elsewhere.extend(elsewhere);
                self.heads.extend(heads);
                self.total = total;
                self.trials = trials;
                self.loading = false;
                self.loaded = true;
            }
            HistoryFact::Trend { points, targets, sets } => {
                self.sets = sets;
                self.points = points;
                self.targets = targets;
                self.revision += 1;
                // With nothing else to show, simulated targets are better than an empty page; they say what they are.
                let only_simulated = !self.targets.is_empty() && self.targets.iter().all(|target| target.simulated);
                if only_simulated && !self.show_simulated && !self.hid_simulated {
                    self.show_simulated = true;
                    return vec![self.trend(now)];
                }
            }
            HistoryFact::Failed { message } => {
                self.loading = false;
                self.problem = Some(message);
            }
        }
        Vec::new()
    }
}
