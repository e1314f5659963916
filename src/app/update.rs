//! Wishes become changes of the state and effects. No input or output, no clock, no ids.

use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::domain::{Cell, RunId, RunStatus, TrialStatus};
use crate::runner::{RunControl, WorkItem};

use super::bench::{BenchCommand, BenchView, FORECAST_AFTER_MS};
use super::command::{Command, Screen};
use super::effect::{Again, Effect};
use super::exchange::ExchangeCommand;
use super::forecasting::ForecastQuestion;
use super::history::HistoryCommand;
use super::notices::{NoticeCommand, NoticeLevel};
use super::open_run::{DiffState, LivePhase};
use super::planning::{BenchTarget, next_colour};
use super::prompts::PromptCommand;
use super::runs::RunCommand;
use super::state::AppState;

impl AppState {
    /// Does what is wished.
    pub fn update(&mut self, command: Command, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match command {
            Command::Go(screen) => self.go(screen, now),
            Command::Connections(command) => {
                self.bench.stale(now);
                self.connections.update(command, &self.presets, now, &mut self.notices)
            }
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
        let mut effects = self.prompts.tick(now);
        effects.extend(self.preferences.tick(now));
        effects.extend(self.tick_forecast(now));
        if let Some(run) = self.bench.run.and_then(|id| self.runs.open.get_mut(&id)) {
            run.refresh_figures(now);
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
        self.prompts.unsaved() || self.bench.forecast.stale_since.is_some() || !self.notices.shown.is_empty() || self.runs.live.is_some()
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

    fn update_bench(&mut self, command: BenchCommand, now: Timestamp) -> Vec<Effect> {
        match command {
            BenchCommand::ChooseSet(id) | BenchCommand::ShowCreated(id) => {
                self.screen = Screen::Bench;
                self.bench.as_sent = false;
                if self.bench.set_id != Some(id) {
                    self.bench.run = None;
                    self.bench.case_index = 0;
                }
                self.bench.set_id = Some(id);
                self.remember_bench(now);
                self.prompts.update(PromptCommand::Open(id), now, &mut self.notices)
            }
            BenchCommand::AddTarget(mut target) => {
                target.colour = next_colour(&self.bench.targets);
                self.bench.targets.push(*target);
                self.remember_bench(now);
                Vec::new()
            }
            BenchCommand::RemoveTarget(index) => {
                if index < self.bench.targets.len() {
                    self.bench.targets.remove(index);
                    if self.bench.baseline >= index && self.bench.baseline > 0 {
                        self.bench.baseline -= 1;
                    }
                    self.remember_bench(now);
                }
                Vec::new()
            }
            BenchCommand::ChangeTarget { index, target } => {
                if let Some(known) = self.bench.targets.get_mut(index) {
                    *known = BenchTarget { colour: known.colour, ..*target };
                    self.remember_bench(now);
                }
                Vec::new()
            }
            BenchCommand::SetBaseline(index) => {
                self.bench.baseline = index.min(self.bench.targets.len().saturating_sub(1));
                self.remember_bench(now);
                Vec::new()
            }
            BenchCommand::SetSettings(settings) => {
                self.bench.settings = *settings;
                self.remember_bench(now);
                Vec::new()
            }
            BenchCommand::Run => self.launch(now),
            BenchCommand::RunDemo => {
                if self.demo_starting {
                    return Vec::new();
                }
                self.demo_starting = true;
                self.screen = Screen::Bench;
                vec![Effect::StartDemo]
            }
            BenchCommand::SetView(view) => {
                self.bench.view = view;
                Vec::new()
            }
            BenchCommand::SelectCase(index) => {
                self.bench.case_index = index.min(self.shown_cases().len().saturating_sub(1));
                Vec::new()
            }
            BenchCommand::NextCase => self.update_bench(BenchCommand::SelectCase(self.neighbour_case(true)), now),
            BenchCommand::PreviousCase => self.update_bench(BenchCommand::SelectCase(self.neighbour_case(false)), now),
            BenchCommand::SelectRepeat(repeat) => {
                let repeats = self.run_in_view().map_or(1, |run| run.plan.settings.repeats);
                self.bench.repeat = repeat.min(repeats.saturating_sub(1));
                Vec::new()
            }
            BenchCommand::SetTextMode(mode) => {
                self.bench.text_mode = mode;
                Vec::new()
            }
            BenchCommand::SetDiff(diff) => {
                self.bench.diff = diff;
                Vec::new()
            }
            BenchCommand::SetSort { column, descending } => {
                self.bench.query.sort = column;
                self.bench.query.descending = descending;
                Vec::new()
            }
            BenchCommand::SetFilter(filter) => {
                self.bench.query.filter = filter;
                Vec::new()
            }
            BenchCommand::SetSearch(text) => self.search(text),
            BenchCommand::Judge { trial_id, judgement } => {
                let Some(row) = self.bench.run.and_then(|id| self.runs.open.get_mut(&id)).and_then(|run| run.row_by_id_mut(trial_id))
                else {
                    return Vec::new();
                };
                row.judgement = judgement.clone();
                vec![Effect::Judge { trial_id, judgement }]
            }
            BenchCommand::EditRun(id) => self.edit_run(id, now),
            BenchCommand::CloseRun => {
                self.bench.as_sent = false;
                self.bench.run = None;
                self.bench.view = BenchView::Answers;
                self.bench.case_index = self.bench.case_index.min(self.bench_cases().len().saturating_sub(1));
                Vec::new()
            }
        }
    }

    fn search(&mut self, text: String) -> Vec<Effect> {
        self.bench.query.search.clone_from(&text);
        let Some(run_id) = self.bench.run else { return Vec::new() };
        let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
        if text.trim().is_empty() {
            run.search_hits = None;
            return Vec::new();
        }
        vec![Effect::SearchAnswers { run_id, text }]
    }

    pub(super) fn launch(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.runs.live.is_some() {
            self.notices.tell(NoticeLevel::Warning, "A run is in flight; cancel it or let it end first", now);
            return Vec::new();
        }
        if self.bench.starting || self.run_in_view().is_some_and(|run| self.is_foreign(run)) {
            return Vec::new();
        }
        let Some(inputs) = self.plan_inputs() else { return Vec::new() };
        // The backend draws the id and the time, and gives the version that the cases are stored as.
        match inputs.plan(RunId(uuid::Uuid::nil()), now) {
            Ok(plan) => {
                self.bench.starting = true;
                self.bench.forecast.problem = None;
                let mut effects = self.prompts.flush();
                effects.push(Effect::Launch(Box::new(plan)));
                effects
            }
            Err(problem) => {
                self.bench.forecast.problem = Some(problem.to_string());
                self.notices.tell(NoticeLevel::Warning, crate::analysis::capitalised(&problem.to_string()), now);
                Vec::new()
            }
        }
    }

    fn edit_run(&mut self, id: RunId, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.open.get(&id) else { return Vec::new() };
        let plan = std::sync::Arc::clone(&run.plan);
        let (known, gone): (Vec<_>, Vec<_>) = plan.targets.iter().partition(|target| self.connections.find(target.connection.id).is_some());
        if !gone.is_empty() {
            let names: Vec<&str> = gone.iter().map(|target| target.label.as_str()).collect();
            self.notices.tell(NoticeLevel::Warning, format!("Left out, because the connection was removed: {}", names.join(", ")), now);
        }
        self.bench.targets = known
            .iter()
            .map(|target| BenchTarget {
                connection_id: target.connection.id,
                model: target.model.clone(),
                params: target.params.clone(),
                label: Some(target.label.clone()),
                colour: target.colour,
            })
            .collect();
        self.bench.baseline = known.iter().position(|target| target.baseline).unwrap_or(0);
        self.bench.settings = crate::domain::RunSettings { vantage: self.preferences.settings.vantage.clone(), ..plan.settings.clone() };
        self.bench.set_id = Some(plan.prompt_set);
        self.bench.as_sent = false;
        self.prompts.restore_cases(plan.prompt_set, &plan.cases, now);
        self.remember_bench(now);
        self.prompts.update(PromptCommand::Open(plan.prompt_set), now, &mut self.notices)
    }

    /// Something that the next run depends on changed.
    pub(super) fn remember_bench(&mut self, now: Timestamp) {
        self.bench.stale(now);
        let targets = self.bench.targets.iter().filter_map(|target| Some(target.spec(&self.connection_of(target)?.name))).collect();
        let set_id = self.bench.set_id;
        let draft = &mut self.preferences.settings.bench;
        draft.targets = targets;
        draft.prompt_set = self.prompts.listed().find(|head| Some(head.id) == set_id).map(|head| head.name.clone()).unwrap_or_default();
        draft.baseline = self.bench.baseline;
        draft.repeats = self.bench.settings.repeats;
        draft.params = self.bench.settings.params.clone();
        draft.cap.clone_from(&self.bench.settings.cap);
        self.preferences.touch(now);
    }

    fn update_runs(&mut self, command: RunCommand, now: Timestamp) -> Vec<Effect> {
        match command {
            RunCommand::Open(id) => {
                self.screen = Screen::Bench;
                self.bench.case_index = 0;
                self.bench.repeat = 0;
                if let Some(run) = self.runs.open.get(&id) {
                    self.bench.as_sent = run.live.is_none() && self.bench_cases() != &*run.plan.cases;
                    self.bench.run = Some(id);
                    return Vec::new();
                }
                self.runs.opening = Some(id);
                vec![Effect::OpenRun(id)]
            }
            RunCommand::Pause(id) => self.control(id, RunControl::Paused, LivePhase::Paused),
            RunCommand::Resume(id) => self.control(id, RunControl::Running, LivePhase::Running),
            RunCommand::Cancel(id) => self.control(id, RunControl::Cancelled, LivePhase::Stopping),
            RunCommand::SendMissing(id) => self.send_again(id, Again::Missing, now),
            RunCommand::RetryFailed(id) => self.send_again(id, Again::Failed, now),
            RunCommand::Again { run_id, cell } => {
                let supersedes = self.runs.open.get(&run_id).and_then(|run| run.row(cell)).map(|row| row.id);
                self.send_again(run_id, Again::These(vec![WorkItem { cell, supersedes }]), now)
            }
            RunCommand::LeaveUnfinished(id) => {
                self.runs.unfinished.retain(|head| head.id != id);
                if let Some(run) = self.runs.open.get_mut(&id) {
                    run.status = RunStatus::Cancelled;
                }
                vec![Effect::LeaveUnfinished(id)]
            }
            RunCommand::WantBodies { run_id, trials } => {
                let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
                let missing: Vec<_> =
                    trials.into_iter().filter(|id| !run.bodies.contains_key(id) && run.asked_bodies.insert(*id)).collect();
                if missing.is_empty() { Vec::new() } else { vec![Effect::LoadBodies { run_id, trials: missing }] }
            }
            RunCommand::WantDiff { run_id, baseline, other } => {
                let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
                if run.diffs.contains_key(&(baseline, other)) {
                    return Vec::new();
                }
                run.diffs.insert((baseline, other), DiffState::Pending);
                vec![Effect::Diff { run_id, baseline, other }]
            }
            RunCommand::CopyCurl { run_id, trial_id } => {
                self.clipboard = self.runs.open.get(&run_id).and_then(|run| {
                    let row = run.row_by_id(trial_id)?;
                    let body = run.bodies.get(&trial_id)?;
                    let target = run.plan.targets.get(row.cell.target_index as usize)?;
                    Some(crate::provider::as_curl(&target.connection, &body.request))
                });
                if self.clipboard.is_some() {
                    self.notices.tell(NoticeLevel::Good, "cURL command copied; it reads the key from a variable", now);
                }
                Vec::new()
            }
        }
    }

    fn control(&mut self, run_id: RunId, control: RunControl, phase: LivePhase) -> Vec<Effect> {
        let Some(live) = self.runs.open.get_mut(&run_id).and_then(|run| run.live.as_mut()) else { return Vec::new() };
        if live.phase == LivePhase::Stopping {
            return Vec::new();
        }
        live.phase = phase;
        vec![Effect::Control { run_id, control }]
    }

    fn send_again(&mut self, run_id: RunId, which: Again, now: Timestamp) -> Vec<Effect> {
        if self.runs.live.is_some() || self.bench.starting {
            self.notices.tell(NoticeLevel::Warning, "A run is in flight; cancel it or let it end first", now);
            return Vec::new();
        }
        if which == Again::Failed
            && let Some(run) = self.runs.open.get(&run_id)
            && run.rows.iter().all(|row| row.status == TrialStatus::Finished)
        {
            self.notices.tell(NoticeLevel::Info, "Nothing has failed", now);
            return Vec::new();
        }
        self.bench.starting = true;
        self.screen = Screen::Bench;
        vec![Effect::SendAgain { run_id, which }]
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

    /// Failed and cancelled cells of a run, in words; empty when there are none.
    pub fn failed_words(&self) -> String {
        let Some(run) = self.run_in_view() else { return String::new() };
        let (_, failed, cancelled) = run.counts();
        match (failed, cancelled) {
            (0, 0) => String::new(),
            (failed, 0) => format_counted(failed, "failed trial", "failed trials"),
            (0, cancelled) => format_counted(cancelled, "cancelled trial", "cancelled trials"),
            (failed, cancelled) => format!("{failed} failed, {cancelled} cancelled"),
        }
    }

    /// The cell of the selected case at a target of the run in view.
    pub fn cell_in_view(&self, target_index: usize) -> Option<Cell> {
        let case_index = self.plan_case_index(self.bench.case_index)?;
        Some(Cell { case_index: case_index as u32, target_index: target_index as u32, repeat: self.bench.repeat })
    }
}
