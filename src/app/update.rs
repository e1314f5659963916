//! Wishes become changes of the state and effects. No input or output, no clock, no ids.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Cell, RunId, RunStatus, TrialStatus};
use crate::runner::RunControl;

use super::bench::{Answer, FORECAST_AFTER_MS};
use super::command::{Command, Screen};
use super::connection_messages::ConnectionCommand;
use super::effect::{Again, Effect, Start};
use super::exchange::ExchangeCommand;
use super::forecasting::ForecastQuestion;
use super::history::HistoryCommand;
use super::live_run::LivePhase;
use super::notices::{NoticeCommand, NoticeLevel};
use super::open_run::DiffState;
use super::prompts::PromptCommand;
use super::runs::RunCommand;
use super::state::AppState;

/// A ramp would spoil a run's times, and be spoilt by it.
const RAMP_IN_FLIGHT: &str = "A connection's limit is being looked for; stop that or let it end first";
/// The question would be lost, or its answer would start what was not asked about.
const QUESTION_OPEN: &str = "A run waits for your word on the bench; answer that first";
/// Two runs at once would spoil each other's times.
pub(super) const RUN_IN_FLIGHT: &str = "A run is in flight; cancel it or let it end first";

impl AppState {
    /// Does what is wished.
    pub fn update(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match command {
            Command::Go(screen) => self.go(screen, now),
            Command::Connections(command) => {
                self.bench.stale(now);
                if let ConnectionCommand::EnterKey(id) = command {
                    return self.edit(id, None);
                }
                if let ConnectionCommand::Ramp { id, .. } = &command
                    && let Some(hindrance) = self.hindrance_of(*id)
                {
                    self.notices.tell(NoticeLevel::Warning, hindrance.words(), now);
                    return Vec::new();
                }
                if matches!(command, ConnectionCommand::Ramp { .. }) && (self.runs.live.is_some() || self.bench.starting) {
                    self.notices.tell(NoticeLevel::Warning, RUN_IN_FLIGHT, now);
                    return Vec::new();
                }
                self.update_connections(command)
            }
            Command::Doctor(command) => self.update_doctor(command, now),
            Command::Prompts(command) => {
                self.bench.stale(now);
                self.prompts.update(command, now, &mut self.notices)
            }
            Command::Bench(command) => self.update_bench(command, now),
            Command::Runs(command) => self.update_runs(command, now),
            Command::History(command) => {
                if let HistoryCommand::Delete(id) = &command {
                    self.runs.unfinished.retain(|head| head.id != *id);
                }
                self.history.update(command, now, &mut self.notices)
            }
            Command::Exchange(command) => self.update_exchange(command),
            Command::Preferences(command) => {
                self.preferences.update(command, now);
                let settings = &self.preferences.settings;
                self.bench.settings.concurrency = settings.concurrency;
                self.bench.settings.retries = settings.retries;
                self.bench.settings.vantage.clone_from(&settings.vantage);
                Vec::new()
            }
            Command::Notices(NoticeCommand::Dismiss(id)) => {
                self.notices.take(id);
                Vec::new()
            }
            Command::Notices(NoticeCommand::Undo(id)) => match self.notices.take(id).and_then(|notice| notice.undo) {
                Some(undo) => self.update(*undo, now),
                None => Vec::new(),
            },
        }
    }

    /// Lets time pass: keeps edits and settings, asks for forecasts, makes figures anew.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        self.notices.expire(now);
        // Edits made since are kept after the start: it sends what the archive has, and that is what was planned.
        let starts = self.bench.starting || self.bench.asked.is_some();
        let mut effects = if starts { Vec::new() } else { self.prompts.tick(now) };
        effects.extend(self.preferences.tick(now));
        effects.extend(self.tick_forecast(now));
        effects.extend(self.try_what_is_due(now));
        if let Some(run) = self.bench.run.and_then(|id| self.runs.open.get_mut(&id)) {
            run.refresh_figures(self.bench.basis(), now);
        }
        effects
    }

    /// Keeps everything that is not kept yet; before the program ends.
    pub fn flush(&mut self) -> Vec<Effect> {
        let mut effects = self.prompts.flush();
        effects.extend(self.preferences.flush());
        effects
    }

    /// Something waits for time to pass.
    pub fn is_waiting(&self) -> bool {
        self.prompts.unsaved()
            || self.bench.forecast.stale_since.is_some()
            || !self.notices.shown.is_empty()
            || self.runs.live.is_some()
            || !self.doctor.waiting.is_empty()
    }

    pub(super) fn update_connections(&mut self, command: ConnectionCommand) -> Vec<Effect> {
        self.connections.update(command, &self.presets, self.now, &mut self.notices)
    }

    fn go(&mut self, screen: Screen, now: Timestamp) -> Vec<Effect> {
        self.screen = screen;
        match screen {
            Screen::History => self.history.refresh(now),
            Screen::Sets => {
                // The list says when each set was last run.
                let mut effects = if self.history.loaded { Vec::new() } else { self.history.refresh(now) };
                if let Some(id) = self.prompts.selected.or_else(|| self.prompts.listed().next().map(|head| head.id)) {
                    effects.extend(self.prompts.update(PromptCommand::Select(id), now, &mut self.notices));
                }
                effects
            }
            Screen::Bench | Screen::Connections | Screen::Settings => Vec::new(),
        }
    }

    fn tick_forecast(&mut self, now: Timestamp) -> Vec<Effect> {
        let due = self.bench.forecast.stale_since.is_some_and(|at| now.as_millisecond() - at.as_millisecond() >= FORECAST_AFTER_MS);
        if !due || !self.ready {
            return Vec::new();
        }
        self.bench.forecast.stale_since = None;
        let planned = self.plan_inputs().map(|inputs| inputs.plan(RunId(uuid::Uuid::nil()), now));
        let plan = match planned {
            None => return Vec::new(),
            Some(Err(problem)) => {
                self.bench.forecast.problem = Some(problem.to_string());
                self.bench.forecast.value = None;
                return Vec::new();
            }
            Some(Ok(plan)) => plan,
        };
        let forecast = &mut self.bench.forecast;
        forecast.problem = None;
        forecast.generation += 1;
        let generation = forecast.generation;
        let context_windows = plan.targets.iter().map(|target| self.context_window(target)).collect();
        vec![Effect::Forecast(Box::new(ForecastQuestion::new(generation, &plan, context_windows)))]
    }

    /// What is under way, in words, that no trial may be sent beside; absent when nothing is.
    pub(super) fn in_the_way(&self) -> Option<&'static str> {
        if self.runs.live.is_some() || self.bench.starting {
            Some(RUN_IN_FLIGHT)
        } else if self.connections.ramps() {
            Some(RAMP_IN_FLIGHT)
        } else if self.bench.asked.is_some() {
            Some(QUESTION_OPEN)
        } else {
            None
        }
    }

    pub(super) fn launch(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.bench.starting {
            return Vec::new();
        }
        if let Some(words) = self.in_the_way() {
            self.notices.tell(NoticeLevel::Warning, words, now);
            return Vec::new();
        }
        if self.run_in_view().is_some_and(|run| self.is_foreign(run)) {
            return Vec::new();
        }
        if let Some(hindrance) = self.hindrances().first() {
            let words = hindrance.words();
            self.notices.tell(NoticeLevel::Warning, words, now);
            return Vec::new();
        }
        let Some(inputs) = self.plan_inputs() else { return Vec::new() };
        // The backend draws the id and the time, and gives the version that the cases are stored as.
        match inputs.plan(RunId(uuid::Uuid::nil()), now) {
            Ok(plan) => {
                self.bench.starting = true;
                self.bench.forecast.problem = None;
                let mut effects = self.prompts.flush();
                effects.push(self.weigh(Start::New(Box::new(plan))));
                effects
            }
            Err(problem) => {
                self.bench.forecast.problem = Some(problem.to_string());
                self.notices.tell(NoticeLevel::Warning, crate::analysis::capitalised(&problem.to_string()), now);
                Vec::new()
            }
        }
    }

    fn weigh(&self, start: Start) -> Effect {
        Effect::Weigh { start, ask_over: self.preferences.settings.ask_over }
    }

    /// Sends what a person was asked about, or leaves it.
    pub(super) fn answer_asked(&mut self, answer: Answer, now: Timestamp) -> Vec<Effect> {
        let Some(asked) = self.bench.asked.take() else { return Vec::new() };
        if let Some(words) = self.in_the_way().filter(|_| answer != Answer::Cancel) {
            self.notices.tell(NoticeLevel::Warning, words, now);
            return Vec::new();
        }
        let start = match answer {
            Answer::Cancel => return Vec::new(),
            Answer::Run => asked.start,
            Answer::RunUnder(cap) => {
                let Start::New(mut plan) = asked.start else { return Vec::new() };
                let before = self.bench.settings.cap.replace(cap.clone());
                if let Some(Err(problem)) = self.plan_inputs().map(|inputs| inputs.plan(plan.id, now)) {
                    self.bench.settings.cap = before;
                    self.notices.tell(NoticeLevel::Warning, crate::analysis::capitalised(&problem.to_string()), now);
                    return Vec::new();
                }
                self.remember_bench(now);
                plan.settings.cap = Some(cap);
                Start::New(plan)
            }
        };
        self.bench.starting = true;
        vec![match start {
            Start::New(plan) => Effect::Launch(plan),
            Start::Again { run_id, which } => {
                self.runs.again = Some(which.clone());
                Effect::SendAgain { run_id, which }
            }
        }]
    }

    fn update_runs(&mut self, command: RunCommand, now: Timestamp) -> Vec<Effect> {
        match command {
            RunCommand::Open(id) => {
                self.screen = Screen::Bench;
                if self.bench.run != Some(id) {
                    self.bench.unaskable.clear();
                }
                self.bench.case_index = 0;
                self.bench.repeat = 0;
                if let Some(run) = self.runs.open.get_mut(&id) {
                    // They may be those of another text.
                    run.search_hits = None;
                    let sent = Arc::clone(&run.plan);
                    let live = run.live.is_some();
                    self.bench.opened = !live;
                    self.bench.as_sent = !live && self.bench_cases() != &*sent.cases;
                    self.bench.show_run(id);
                    // Another process may have sent trials since it was read.
                    return if live { self.search_in_view() } else { vec![Effect::OpenRun(id)] };
                }
                self.runs.opening = Some(id);
                vec![Effect::OpenRun(id)]
            }
            RunCommand::Pause(id) => self.control(id, RunControl::Paused, LivePhase::Paused, now),
            RunCommand::Resume(id) => self.control(id, RunControl::Running, LivePhase::Running, now),
            RunCommand::Cancel(id) => self.control(id, RunControl::Cancelled, LivePhase::Stopping, now),
            RunCommand::SendMissing(id) => self.send_again(id, Again::Missing, now),
            RunCommand::RetryFailed(id) => self.send_again(id, Again::Failed, now),
            RunCommand::Again { run_id, cell } => self.send_again(run_id, Again::These(vec![cell]), now),
            RunCommand::RaiseCap { run_id, amount } => self.send_again(run_id, Again::UnderCap(amount), now),
            RunCommand::LeaveUnfinished(id) => {
                self.runs.unfinished.retain(|head| head.id != id);
                if let Some(run) = self.runs.open.get_mut(&id) {
                    run.status = RunStatus::Cancelled;
                }
                vec![Effect::LeaveUnfinished(id)]
            }
            RunCommand::SettleLost { run_id, billed } => {
                if billed.is_some() {
                    // Undone, nothing of what was lost counts as said: that would take an earlier word back as well.
                    let is_first = self.runs.open.get(&run_id).is_none_or(|run| run.lost.open == run.lost.count);
                    let said = "The lost requests count as what you said";
                    if is_first {
                        let undo = Command::Runs(RunCommand::SettleLost { run_id, billed: None });
                        self.notices.tell_undoable(said, undo, now);
                    } else {
                        self.notices.tell(NoticeLevel::Info, said, now);
                    }
                }
                vec![Effect::SettleLost { run_id, billed }]
            }
            RunCommand::WantBodies { run_id, trials } => {
                let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
                let missing: Vec<_> =
                    trials.into_iter().filter(|id| !run.bodies.contains_key(id) && run.asked_bodies.insert(*id)).collect();
                for id in &missing {
                    run.unread_bodies.remove(id);
                }
                if missing.is_empty() { Vec::new() } else { vec![Effect::LoadBodies { run_id, trials: missing }] }
            }
            RunCommand::WantDiff { run_id, baseline, other } => {
                let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
                if matches!(run.diffs.get(&(baseline, other)), Some(DiffState::Pending | DiffState::Ready(_))) {
                    return Vec::new();
                }
                run.diffs.insert((baseline, other), DiffState::Pending);
                vec![Effect::Diff { run_id, baseline, other }]
            }
            RunCommand::CopyCurl { run_id, trial_id } => {
                self.clipboard = self.runs.open.get(&run_id).and_then(|run| {
                    let row = run.row_by_id(trial_id)?;
                    let body = run.bodies.get(&trial_id)?;
                    let target = run.plan.answered_by(row)?;
                    Some(crate::provider::as_curl(&target.connection, &target.model, run.plan.settings.stream, &body.request))
                });
                if self.clipboard.is_some() {
                    self.notices.tell(NoticeLevel::Good, "cURL command copied; it reads the key from a variable", now);
                }
                Vec::new()
            }
        }
    }

    fn control(&mut self, run_id: RunId, control: RunControl, phase: LivePhase, now: Timestamp) -> Vec<Effect> {
        let Some(live) = self.runs.open.get_mut(&run_id).and_then(|run| run.live.as_mut()) else { return Vec::new() };
        if live.phase == LivePhase::Stopping {
            return Vec::new();
        }
        live.turn(phase, now);
        vec![Effect::Control { run_id, control }]
    }

    fn send_again(&mut self, run_id: RunId, which: Again, now: Timestamp) -> Vec<Effect> {
        if let Some(words) = self.in_the_way() {
            self.notices.tell(NoticeLevel::Warning, words, now);
            return Vec::new();
        }
        if which == Again::Failed
            && let Some(run) = self.runs.open.get(&run_id)
            && run.rows.iter().all(|row| row.own_status() == TrialStatus::Finished)
        {
            self.notices.tell(NoticeLevel::Info, "Nothing has failed", now);
            return Vec::new();
        }
        self.bench.starting = true;
        self.runs.again = Some(which.clone());
        self.screen = Screen::Bench;
        vec![self.weigh(Start::Again { run_id, which })]
    }

    fn update_exchange(&mut self, command: ExchangeCommand) -> Vec<Effect> {
        // A set is written as the archive has it: the last edits go there first.
        let kept = if matches!(command, ExchangeCommand::ExportSet { .. }) { self.prompts.flush() } else { Vec::new() };
        let heads = &self.history.heads;
        let open = &self.runs.open;
        let effects = self.exchange.update(command, |id| {
            let (name, at) = match (open.get(&id), heads.iter().find(|head| head.id == id)) {
                (Some(run), _) => (run.plan.prompt_set_name.as_str(), Some(run.plan.created_at)),
                (None, Some(head)) => (head.prompt_set_name.as_str(), Some(head.created_at)),
                (None, None) => ("run", None),
            };
            let day = at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime("-%Y-%m-%d").to_string()).unwrap_or_default();
            let stem: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(40).collect();
            format!("assay-{}{day}", stem.trim_matches('-'))
        });
        kept.into_iter().chain(effects).collect()
    }

    /// The cell of the selected case at a target of the run in view.
    pub fn cell_in_view(&self, target_index: usize) -> Option<Cell> {
        let case_index = self.plan_case_index(self.bench.case_index)?;
        Some(Cell { case_index: case_index as u32, target_index: target_index as u32, repeat: self.bench.repeat })
    }
}
