//! All that the window shows is read from here; only `update` and `apply` change it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Case, Catalog, Connection, Presets, RunSettings, RunTarget, find_price};

use super::bench::Bench;
use super::command::Screen;
use super::connections::Connections;
use super::doctor::Doctor;
use super::exchange::Exchange;
use super::history::History;
use super::notices::Notices;
use super::open_run::OpenRun;
use super::planning::{BenchTarget, PlanInputs};
use super::preferences::Preferences;
use super::prompts::Prompts;
use super::runs::Runs;

/// The whole state.
#[derive(Debug)]
pub struct AppState {
    /// The archive was read.
    pub ready: bool,
    /// The screen in view.
    pub screen: Screen,
    /// Connections.
    pub connections: Connections,
    /// Failures that were looked at.
    pub doctor: Doctor,
    /// Prompt sets.
    pub prompts: Prompts,
    /// The bench.
    pub bench: Bench,
    /// Runs.
    pub runs: Runs,
    /// History.
    pub history: History,
    /// Files in and out.
    pub exchange: Exchange,
    /// Preferences.
    pub preferences: Preferences,
    /// Notices.
    pub notices: Notices,
    /// What is known about models.
    pub catalog: Arc<Catalog>,
    /// Known providers.
    pub presets: Arc<Presets>,
    /// Text that the window shall put on the clipboard; it takes it away.
    pub clipboard: Option<String>,
    /// The demo was asked for and is being made ready.
    pub demo_starting: bool,
    /// Ctrl-C came: runs are cancelled, also one that only now begins.
    pub interrupted: bool,
    /// The time of the last tick: "now" for everything that is shown.
    pub now: Timestamp,
}

impl AppState {
    /// The state before anything was read.
    pub fn new(preferences: Preferences, catalog: Arc<Catalog>, presets: Arc<Presets>, now: Timestamp) -> Self {
        Self {
            ready: false,
            screen: Screen::Bench,
            connections: Connections::default(),
            doctor: Doctor::default(),
            prompts: Prompts::default(),
            bench: Bench::default(),
            runs: Runs::default(),
            history: History::default(),
            exchange: Exchange::default(),
            preferences,
            notices: Notices::default(),
            catalog,
            presets,
            clipboard: None,
            demo_starting: false,
            interrupted: false,
            now,
        }
    }

    /// The run in view on the bench.
    pub fn run_in_view(&self) -> Option<&OpenRun> {
        self.runs.open.get(&self.bench.run?)
    }

    /// The run in view is in flight.
    pub fn in_flight(&self) -> bool {
        self.run_in_view().is_some_and(|run| run.live.is_some())
    }

    /// The cases of the set on the bench; empty until they are loaded.
    pub fn bench_cases(&self) -> &[Case] {
        self.bench.set_id.and_then(|id| self.prompts.open.get(&id)).map_or(&[], |set| set.cases.as_slice())
    }

    /// The cases that the bench lists: those of the run in view, when that run is of another set or version than the one being edited,
    /// else those of the set.
    pub fn shown_cases(&self) -> &[Case] {
        match self.run_in_view() {
            Some(run) if self.is_foreign(run) => &run.plan.cases,
            _ => self.bench_cases(),
        }
    }

    /// The run shows cases that are not those being edited; they are read-only.
    pub fn is_foreign(&self, run: &OpenRun) -> bool {
        Some(run.plan.prompt_set) != self.bench.set_id || self.bench.as_sent
    }

    /// The run was sent to other targets than the next one will be.
    pub fn has_other_targets(&self, run: &OpenRun) -> bool {
        let same = |(sent, next): (&RunTarget, &BenchTarget)| {
            sent.connection.id == next.connection_id
                && sent.model == next.model.trim()
                && sent.params == next.params
                && sent.fallback == next.fallback.map(|index| index as u32)
                // A connection that was renamed since is the same one.
                && sent.label == next.spec(&sent.connection.name).display_label()
        };
        run.plan.targets.len() != self.bench.targets.len() || !run.plan.targets.iter().zip(&self.bench.targets).all(same)
    }

    /// The run was sent with other settings than the next one will be.
    pub fn has_other_settings(&self, run: &OpenRun) -> bool {
        // The order of sending is drawn anew for every run.
        let sent = RunSettings { seed: self.bench.settings.seed, ..run.plan.settings.clone() };
        sent != self.bench.settings
    }

    /// Index in the run's plan of the case that is selected on the bench; absent when that case was not part of the run.
    pub fn plan_case_index(&self, shown_index: usize) -> Option<usize> {
        let run = self.run_in_view()?;
        let case = self.shown_cases().get(shown_index)?;
        match run.plan.cases.get(shown_index) {
            Some(same) if same.id == case.id => Some(shown_index),
            _ => run.plan.cases.iter().position(|planned| planned.id == case.id),
        }
    }

    /// Index of the current column among the targets of the run in view; keys judge the answer in it.
    pub fn current_column(&self) -> Option<usize> {
        self.run_in_view().map(|run| self.bench.column.min(run.plan.targets.len().saturating_sub(1)))
    }

    /// The connection of a bench target.
    pub fn connection_of(&self, target: &BenchTarget) -> Option<&Connection> {
        self.connections.find(target.connection_id)
    }

    /// The label of a bench target.
    pub fn label_of(&self, target: &BenchTarget) -> String {
        let name = self.connection_of(target).map_or("removed connection", |connection| connection.name.as_str());
        target.spec(name).display_label()
    }

    /// The price of a model at a connection as of now.
    pub fn price_of(&self, connection: &Connection, model: &str) -> Option<crate::domain::Price> {
        find_price(connection, model, &self.connections.own_prices, &self.catalog)
    }

    /// What a plan is made from; absent until the set's cases are loaded.
    pub fn plan_inputs(&self) -> Option<PlanInputs<'_>> {
        let set = self.prompts.open.get(&self.bench.set_id?)?;
        Some(PlanInputs {
            set: &set.head,
            cases: &set.cases,
            targets: &self.bench.targets,
            baseline: self.bench.baseline,
            settings: &self.bench.settings,
            connections: &self.connections.list,
            own_prices: &self.connections.own_prices,
            catalog: &self.catalog,
        })
    }

    /// Context window of a run target, when the catalog knows it.
    pub fn context_window(&self, target: &RunTarget) -> Option<u64> {
        self.catalog.find(&target.connection.price_host(), &target.model).and_then(|entry| entry.context_window_tokens)
    }

    /// Nothing was ever done here: no connection but the simulated one, no run, nothing composed.
    pub fn is_first_run(&self) -> bool {
        self.ready
            && self.history.total == 0
            && self.runs.open.is_empty()
            && self.bench.targets.is_empty()
            && self.connections.list.iter().all(Connection::is_simulated)
            && self.prompts.listed().next().is_none()
            && self.bench_cases().iter().all(|case| case.render().is_err())
    }
}
