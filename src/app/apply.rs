//! Facts become changes of the state, and now and then further effects.

use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::domain::{BreakerTurn, ConnectionId, RunEventKind, RunPlan, RunSettings, RunStatus, StopReason, TargetSpec};

use super::bench::{Bench, BenchCommand, BenchView};
use super::command::{Command, Screen};
use super::connection_messages::ConnectionFact;
use super::drifting::{Drifting, TargetDrift, target_drift_words};
use super::effect::Effect;
use super::fact::{Fact, Started};
use super::hindrance::unaskable_words;
use super::live_limits::breaker_words;
use super::live_run::{LiveRun, asked_by_target, warm_up_words};
use super::notices::{NoticeLevel, Notices};
use super::open_run::{DiffState, OpenRun};
use super::planning::{BenchTarget, next_colour};
use super::prompts::{PromptCommand, PromptFact};
use super::runs::{RunCommand, RunFact, failed_words};
use super::state::AppState;

impl AppState {
    /// Takes in one fact.
    pub fn apply(&mut self, fact: Fact, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match fact {
            Fact::Started(started) => self.started(*started, now),
            Fact::Connections(fact) => {
                self.bench.stale(now);
                let renamed = matches!(fact, ConnectionFact::Saved { .. });
                let bears_on_diagnoses = !matches!(fact, ConnectionFact::CheckStepped { .. } | ConnectionFact::Key { .. });
                let effects = self.connections.apply(fact, now, &mut self.notices);
                if bears_on_diagnoses {
                    self.doctor.diagnoses.clear();
                    self.diagnose_checks();
                }
                if renamed {
                    self.remember_bench(now);
                }
                effects
            }
            Fact::Doctor(fact) => {
                self.doctor.apply(fact);
                Vec::new()
            }
            Fact::Prompts(fact) => self.apply_prompts(fact, now),
            Fact::Runs(fact) => self.apply_runs(fact, now),
            Fact::History(fact) => self.history.apply(fact, now),
            Fact::Exchange(fact) => self.exchange.apply(fact, now, &mut self.notices),
            Fact::Forecast { generation, forecast } => {
                if generation == self.bench.forecast.generation {
                    self.bench.forecast.value = Some(forecast);
                }
                Vec::new()
            }
            Fact::DemoReady { connection, targets, sample } => {
                // The command line only has it made ready, and plans its own run.
                let run_asked = std::mem::take(&mut self.demo_starting);
                self.tell_what_the_demo_replaces(connection.id, now);
                if self.connections.find(connection.id).is_none() {
                    self.connections.list.push((*connection).clone());
                } else if let Some(known) = self.connections.list.iter_mut().find(|known| known.id == connection.id) {
                    *known = (*connection).clone();
                }
                self.connections.key_states.insert(connection.id, crate::domain::KeyState::NoKey);
                let set_id = sample.head.id;
                self.prompts.forget_restore();
                self.prompts.apply(PromptFact::Created(sample), now, &mut self.notices);
                self.bench.targets = Vec::new();
                self.put_targets(&targets);
                self.bench.baseline = 0;
                self.bench.set_id = Some(set_id);
                self.bench.case_index = 0;
                // A run of other prompts in view would hold the demo's up.
                self.bench.run = None;
                self.bench.as_sent = false;
                self.remember_bench(now);
                if run_asked { self.launch(now) } else { Vec::new() }
            }
            Fact::Interrupted => {
                self.interrupted = true;
                self.cancel_if_interrupted(now)
            }
            Fact::Notice { level, text } => {
                self.demo_starting &= level != NoticeLevel::Error;
                self.notices.tell(level, text, now);
                Vec::new()
            }
        }
    }

    fn cancel_if_interrupted(&mut self, now: Timestamp) -> Vec<Effect> {
        match self.runs.live {
            Some(id) if self.interrupted => self.update(Command::Runs(RunCommand::Cancel(id)), now),
            _ => Vec::new(),
        }
    }

    /// Targets that somebody chose are not lost to the demo.
    fn tell_what_the_demo_replaces(&mut self, demo: ConnectionId, now: Timestamp) {
        let Bench { set_id, targets, baseline, .. } = &self.bench;
        if targets.iter().all(|target| target.connection_id == demo) {
            return;
        }
        let undo = BenchCommand::PutBack { set_id: *set_id, targets: targets.clone(), baseline: *baseline };
        self.notices.tell_undoable("The demo took the place of your targets on the bench", Command::Bench(undo), now);
    }

    fn put_targets(&mut self, specs: &[TargetSpec]) {
        for spec in specs {
            let Some(connection) = self.connections.find_by_name(&spec.connection) else { continue };
            let target = BenchTarget {
                connection_id: connection.id,
                model: spec.model.clone(),
                params: spec.params.clone(),
                label: spec.label.clone(),
                colour: next_colour(&self.bench.targets),
                fallback: None,
            };
            self.bench.targets.push(target);
        }
    }

    fn started(&mut self, started: Started, now: Timestamp) -> Vec<Effect> {
        self.ready = true;
        for (level, text) in started.notices {
            self.notices.tell(level, text, now);
        }
        self.connections.in_environment = started.in_environment;
        self.connections.own_prices = started.own_prices;
        self.runs.unfinished = started.unfinished;
        self.history.total = started.run_count;
        self.history.trials = started.trial_count;
        self.exchange.documents = started.documents;
        self.prompts.heads = started.sets;
        let scratch_id = started.scratch.head.id;
        let mut effects = self.prompts.apply(PromptFact::Loaded(Box::new(started.scratch)), now, &mut self.notices);
        effects.extend(self.connections.apply(ConnectionFact::Listed(started.connections), now, &mut self.notices));
        for report in started.checks {
            effects.extend(self.connections.apply(ConnectionFact::Checked(Box::new(report)), now, &mut self.notices));
        }
        self.diagnose_checks();
        let draft = self.preferences.settings.bench.clone();
        let settings = &self.preferences.settings;
        self.bench.settings = RunSettings {
            repeats: draft.repeats,
            concurrency: settings.concurrency,
            retries: settings.retries,
            cap: draft.cap.clone(),
            vantage: settings.vantage.clone(),
            params: draft.params.clone(),
            warm_up: draft.warm_up,
            p95_limit_ms: draft.p95_limit_ms,
            ..RunSettings::default()
        };
        self.put_targets(&draft.targets);
        self.bench.baseline = draft.baseline.min(self.bench.targets.len().saturating_sub(1));
        // Indices mean nothing once a target is missing.
        if self.bench.targets.len() == draft.targets.len() {
            for (index, fallback) in &draft.fallbacks {
                if let Some(target) = self.bench.targets.get_mut(*index) {
                    target.fallback = Some(*fallback).filter(|fallback| fallback != index && *fallback < draft.targets.len());
                }
            }
        }
        let set_id = self.prompts.listed().find(|head| head.name == draft.prompt_set).map_or(scratch_id, |head| head.id);
        self.bench.set_id = Some(set_id);
        effects.extend(self.prompts.update(PromptCommand::Open(set_id), now, &mut self.notices));
        self.bench.stale(now);
        effects
    }

    fn apply_prompts(&mut self, fact: PromptFact, now: Timestamp) -> Vec<Effect> {
        self.bench.stale(now);
        let created = match &fact {
            PromptFact::Created(set) => Some((set.head.id, set.head.name.clone(), set.head.case_count)),
            _ => None,
        };
        let deleted = match &fact {
            PromptFact::Deleted(id) => Some(*id),
            _ => None,
        };
        let mut effects = self.prompts.apply(fact, now, &mut self.notices);
        match (created, self.screen) {
            (Some((id, _, _)), Screen::Bench) => effects.extend(self.update(Command::Bench(BenchCommand::ShowCreated(id)), now)),
            (Some((_, name, cases)), Screen::History | Screen::Connections | Screen::Settings) => {
                let cases = format_counted(u64::from(cases), "case", "cases");
                self.notices.tell(NoticeLevel::Good, format!("“{name}” with {cases} is on the Sets screen"), now);
            }
            (_, Screen::Sets | Screen::Bench | Screen::History | Screen::Connections | Screen::Settings) => {}
        }
        if deleted.is_some() && self.bench.set_id == deleted {
            self.bench.set_id = self.prompts.scratch().map(|head| head.id);
            self.bench.run = None;
        }
        effects
    }

    fn apply_runs(&mut self, fact: RunFact, now: Timestamp) -> Vec<Effect> {
        match fact {
            RunFact::Launched { plan, rows, superseded, asked, status } => {
                let id = plan.id;
                self.bench.starting = false;
                self.bench.unaskable.clear();
                let known = self.runs.open.remove(&id);
                let is_new = known.is_none() && rows.is_empty();
                // The archive knows best: another process may have sent trials since the run was opened here.
                let mut run = OpenRun::new(Arc::clone(&plan), status, rows, superseded);
                let ask_baseline = known.is_none() && !is_new;
                if let Some(known) = known {
                    run.take_over(known);
                }
                let by_target = asked_by_target(&run, self.runs.again.take().as_ref());
                run.sent_elsewhere = false;
                run.live = Some(LiveRun::new(asked, by_target, now));
                run.drifting = Drifting::new(&plan);
                self.runs.open.insert(id, run);
                self.runs.live = Some(id);
                if self.bench.run != Some(id) {
                    self.bench.opened = !is_new;
                }
                self.bench.show_run(id);
                self.bench.as_sent = false;
                self.bench.repeat = 0;
                self.history.total += u64::from(is_new);
                self.runs.unfinished.retain(|head| head.id != id);
                self.runs.forget_old(Some(id));
                let mut effects = self.cancel_if_interrupted(now);
                effects.extend(ask_baseline.then_some(Effect::LoadBaseline(id)));
                effects.extend(self.search_in_view());
                effects
            }
            RunFact::LaunchFailed { message } => {
                self.runs.again = None;
                self.bench.starting = false;
                self.notices.tell(NoticeLevel::Error, message, now);
                Vec::new()
            }
            RunFact::CannotAsk { targets, .. } => {
                self.runs.again = None;
                self.bench.starting = false;
                self.bench.unaskable = targets.iter().map(|target| target.connection).collect();
                // What can be mended stays in view on the bench.
                let level = if self.all_hindrances().is_empty() { NoticeLevel::Error } else { NoticeLevel::Warning };
                self.notices.tell(level, format!("Nothing was sent: {}", unaskable_words(&targets)), now);
                Vec::new()
            }
            RunFact::AskFirst(asked) => {
                self.runs.again = None;
                self.bench.starting = false;
                self.bench.asked = Some(asked);
                // The question is asked there.
                self.screen = Screen::Bench;
                Vec::new()
            }
            RunFact::NotSent { target, failure, .. } => {
                self.notices.tell(NoticeLevel::Error, format!("Not sent to {target}: {}", failure.message), now);
                Vec::new()
            }
            RunFact::Event(event) => self.apply_event(event, now),
            RunFact::EarlierLatency { run_id, earlier } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    tell_drifts(&mut self.notices, &run.plan, run.drifting.know_history(&earlier), now);
                }
                Vec::new()
            }
            RunFact::Opened { plan, status, rows, superseded, baseline, sent_elsewhere } => {
                let id = plan.id;
                let comes_into_view = self.runs.opening == Some(id);
                if comes_into_view {
                    self.runs.opening = None;
                    self.bench.as_sent = self.bench_cases() != &*plan.cases;
                    self.bench.opened = true;
                    self.bench.show_run(id);
                    self.bench.view = BenchView::Answers;
                    self.bench.diff = false;
                }
                if self.runs.live != Some(id) {
                    let known = self.runs.open.remove(&id);
                    let mut run = OpenRun::new(plan, status, rows, superseded);
                    run.sent_elsewhere = sent_elsewhere;
                    if let Some(known) = known {
                        run.take_over(known);
                    }
                    self.runs.open.insert(id, run);
                }
                if let (Some(run), Some(target_index)) = (self.runs.open.get_mut(&id), baseline) {
                    run.set_baseline(target_index as usize);
                }
                self.runs.forget_old(Some(id));
                if self.bench.run == Some(id) { self.search_in_view() } else { Vec::new() }
            }
            RunFact::Baseline { run_id, target_index } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.set_baseline(target_index as usize);
                }
                Vec::new()
            }
            RunFact::OpenFailed { message } => {
                self.runs.opening = None;
                self.notices.tell(NoticeLevel::Error, message, now);
                Vec::new()
            }
            RunFact::Bodies { run_id, bodies } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.bodies_came(bodies);
                }
                Vec::new()
            }
            RunFact::BodiesUnread { run_id, trials, message } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.bodies_unread(trials, &message);
                }
                Vec::new()
            }
            RunFact::Diff { run_id, baseline, other, pieces } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.diffs.insert((baseline, other), DiffState::Ready(Arc::new(pieces)));
                }
                Vec::new()
            }
            RunFact::DiffUnread { run_id, baseline, other, message } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.diffs.insert((baseline, other), DiffState::Unread(message));
                }
                Vec::new()
            }
            RunFact::SearchHits { run_id, text, trials } => {
                if text == self.bench.query.search
                    && let Some(run) = self.runs.open.get_mut(&run_id)
                {
                    run.search_hits = Some(Arc::new(trials.into_iter().collect()));
                    run.revision += 1;
                }
                Vec::new()
            }
            RunFact::Lost { run_id, lost, .. } => {
                if let Some(run) = self.runs.open.get_mut(&run_id) {
                    run.lost = lost;
                }
                Vec::new()
            }
            RunFact::Unfinished(heads) => {
                self.runs.unfinished = heads;
                Vec::new()
            }
        }
    }

    fn apply_event(&mut self, event: crate::domain::RunEvent, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.open.get_mut(&event.run_id) else { return Vec::new() };
        if let RunEventKind::NotSaved { reason, .. } = &event.kind {
            self.notices.tell(
                NoticeLevel::Error,
                format!("Cannot save: answers wait in memory, and nothing more is sent until they are stored; {reason}"),
                now,
            );
        }
        if let RunEventKind::WarmedUp(warm_up) = &event.kind {
            let level = if warm_up.failed == 0 { NoticeLevel::Info } else { NoticeLevel::Warning };
            self.notices.tell(level, warm_up_words(warm_up), now);
        }
        if let RunEventKind::NothingSent { reason } = &event.kind {
            self.notices.tell(NoticeLevel::Error, format!("Nothing more is sent until the archive can be written: {reason}"), now);
        }
        if let RunEventKind::Breaker { connection, model, turn } = &event.kind
            && let Some(words) = breaker_words(&run.plan, *connection, model, turn)
        {
            let level = match turn {
                BreakerTurn::Opened { .. } => NoticeLevel::Warning,
                BreakerTurn::GaveUp | BreakerTurn::RefusedTooOften { .. } => NoticeLevel::Error,
                BreakerTurn::Probing | BreakerTurn::Closed => NoticeLevel::Info,
            };
            self.notices.tell(level, words, now);
        }
        if let RunEventKind::Ended { trial } = &event.kind {
            tell_drifts(&mut self.notices, &run.plan, run.drifting.ended(&trial.row), now);
        }
        let stopped = match &event.kind {
            RunEventKind::Stopped { reason } => Some(*reason),
            _ => None,
        };
        run.apply(event.kind, now);
        let Some(reason) = stopped else { return Vec::new() };
        // Its answers tell how long the next ones will be.
        self.bench.stale(now);
        run.refresh_figures(self.bench.basis(), now);
        let status = run.status;
        let words = failed_words(run);
        if self.runs.live == Some(event.run_id) {
            self.runs.live = None;
        }
        let tail = if words.is_empty() { String::new() } else { format!(" · {words}") };
        match reason {
            StopReason::Complete if status == RunStatus::Unfinished => {
                self.notices.tell(NoticeLevel::Warning, format!("Some trials were not sent; they can be sent later{tail}"), now);
            }
            StopReason::Complete if status != RunStatus::Finished => {
                self.notices.tell(NoticeLevel::Info, format!("What was asked for has been sent; the run has more that was not{tail}"), now);
            }
            StopReason::Complete if words.is_empty() => self.notices.tell(NoticeLevel::Good, "The run is finished", now),
            StopReason::Complete => self.notices.tell(NoticeLevel::Warning, format!("The run has ended{tail}"), now),
            StopReason::Capped => {
                self.notices.tell(NoticeLevel::Warning, format!("Stopped by the cap: nothing more fits under it{tail}"), now);
            }
            StopReason::Cancelled => self.notices.tell(NoticeLevel::Info, "The run is cancelled; what had come is kept", now),
            StopReason::StorageFailed => {
                self.notices.tell(
                    NoticeLevel::Error,
                    "The run is stopped, but some answers could not be saved and wait in memory. Free some disk space: they are stored as soon as there is room",
                    now,
                );
            }
        }
        let mut effects = if self.history.loaded { self.history.refresh(now) } else { Vec::new() };
        if self.bench.run == Some(event.run_id) {
            // Some answers came after the text was searched.
            effects.extend(self.search_in_view());
        }
        effects
    }
}

/// A target that becomes slow is told of once; after that its mark says it.
fn tell_drifts(notices: &mut Notices, plan: &RunPlan, drifts: &[TargetDrift], now: Timestamp) {
    for drift in drifts.iter().filter(|drift| drift.first) {
        notices.tell(NoticeLevel::Warning, target_drift_words(plan, drift), now);
    }
}
