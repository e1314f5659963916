//! Wishes of the bench become changes of the state and effects.

use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::domain::RunId;

use super::bench::{Bench, BenchCommand, BenchView};
use super::command::{Command, Screen};
use super::effect::Effect;
use super::notices::NoticeLevel;
use super::planning::{BenchTarget, next_colour};
use super::prompts::PromptCommand;
use super::state::AppState;
use super::update::RUN_IN_FLIGHT;

impl AppState {
    pub(super) fn update_bench(&mut self, command: BenchCommand, now: Timestamp) -> Vec<Effect> {
        match command {
            BenchCommand::ChooseSet(id) | BenchCommand::ShowCreated(id) => {
                self.screen = Screen::Bench;
                self.bench.as_sent = false;
                if self.bench.set_id != Some(id) {
                    self.bench.run = None;
                    self.bench.case_index = 0;
                    self.prompts.forget_restore();
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
                    for target in &mut self.bench.targets {
                        target.fallback = target.fallback.filter(|fallback| *fallback != index);
                        target.fallback = target.fallback.map(|fallback| fallback - usize::from(fallback > index));
                    }
                    self.remember_bench(now);
                }
                Vec::new()
            }
            BenchCommand::ChangeTarget { index, target } => {
                if let Some(known) = self.bench.targets.get_mut(index) {
                    *known = BenchTarget { colour: known.colour, fallback: known.fallback, ..*target };
                    self.remember_bench(now);
                }
                Vec::new()
            }
            BenchCommand::SetFallback { index, fallback } => {
                if let Some(target) = self.bench.targets.get_mut(index) {
                    target.fallback = fallback.filter(|fallback| *fallback != index);
                    self.remember_bench(now);
                }
                Vec::new()
            }
            BenchCommand::SetBaseline(index) => {
                self.bench.baseline = index.min(self.bench.targets.len().saturating_sub(1));
                self.remember_bench(now);
                let label = self.bench.targets.get(self.bench.baseline).map(|target| self.label_of(target));
                let same =
                    self.run_in_view().and_then(|run| run.plan.targets.iter().position(|target| Some(&target.label) == label.as_ref()));
                same.map_or_else(Vec::new, |index| self.show_from(index))
            }
            BenchCommand::SetRunBaseline(index) => {
                let target = self.run_in_view().and_then(|run| run.plan.targets.get(index));
                let same = target.and_then(|target| self.bench.targets.iter().position(|known| self.label_of(known) == target.label));
                if let Some(same) = same {
                    self.bench.baseline = same;
                    self.remember_bench(now);
                }
                self.show_from(index)
            }
            BenchCommand::SetSettings(settings) => {
                self.bench.settings = *settings;
                self.remember_bench(now);
                Vec::new()
            }
            BenchCommand::Run => self.launch(now),
            BenchCommand::AnswerAsked(answer) => self.answer_asked(answer, now),
            BenchCommand::LeaveOut(id) => {
                let Bench { set_id, targets, baseline, .. } = &self.bench;
                let undo = BenchCommand::PutBack { set_id: *set_id, targets: targets.clone(), baseline: *baseline };
                // Those that have a fallback that can be asked are in nobody's way.
                let gone = self.hindrances().into_iter().find(|known| known.connection == id).map_or_else(Vec::new, |known| known.targets);
                for index in gone.iter().rev() {
                    self.update_bench(BenchCommand::RemoveTarget(*index), now);
                }
                if !gone.is_empty() {
                    let targets = format_counted(gone.len() as u64, "target is", "targets are");
                    self.notices.tell_undoable(format!("{targets} off the bench"), Command::Bench(undo), now);
                }
                Vec::new()
            }
            BenchCommand::RunDemo => {
                if self.demo_starting {
                    return Vec::new();
                }
                if self.runs.live.is_some() {
                    self.notices.tell(NoticeLevel::Warning, RUN_IN_FLIGHT, now);
                    return Vec::new();
                }
                self.demo_starting = true;
                self.screen = Screen::Bench;
                vec![Effect::StartDemo]
            }
            BenchCommand::PutBack { set_id, targets, baseline } => {
                self.bench.targets = targets;
                self.bench.baseline = baseline;
                match set_id {
                    Some(id) => self.update_bench(BenchCommand::ChooseSet(id), now),
                    None => Vec::new(),
                }
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
            BenchCommand::SetTimesOf(times_of) => {
                self.bench.times_of = times_of;
                Vec::new()
            }
            BenchCommand::SetCases(cases) => {
                self.bench.cases = cases;
                Vec::new()
            }
            BenchCommand::Compare { target_index, compared } => {
                if let Some(run) = self.bench.run.and_then(|id| self.runs.open.get_mut(&id)) {
                    run.leave_out(target_index, !compared);
                }
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
            BenchCommand::SetSearch(text) => {
                self.bench.query.search = text;
                self.search_in_view()
            }
            BenchCommand::SelectColumn(index) => {
                let targets = self.run_in_view().map_or(1, |run| run.plan.targets.len());
                self.bench.column = index.min(targets.saturating_sub(1));
                Vec::new()
            }
            BenchCommand::OpenNote(trial_id) => {
                self.bench.noting = Some(trial_id);
                Vec::new()
            }
            BenchCommand::CloseNote(trial_id) => {
                self.bench.noting.take_if(|open| *open == trial_id);
                Vec::new()
            }
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
                self.bench.unaskable.clear();
                self.bench.view = BenchView::Answers;
                self.bench.case_index = self.bench.case_index.min(self.bench_cases().len().saturating_sub(1));
                Vec::new()
            }
        }
    }

    /// Shows the differences of the run in view from this target.
    fn show_from(&mut self, target_index: usize) -> Vec<Effect> {
        let Some(run_id) = self.bench.run else { return Vec::new() };
        let changes = self.runs.open.get_mut(&run_id).is_some_and(|run| run.set_baseline(target_index));
        if changes { vec![Effect::KeepBaseline { run_id, target_index: target_index as u32 }] } else { Vec::new() }
    }

    /// Searches the whole answers of the run in view for the text that is searched.
    pub(super) fn search_in_view(&mut self) -> Vec<Effect> {
        let text = self.bench.query.search.clone();
        let Some(run_id) = self.bench.run else { return Vec::new() };
        let Some(run) = self.runs.open.get_mut(&run_id) else { return Vec::new() };
        if text.trim().is_empty() {
            run.search_hits = None;
            return Vec::new();
        }
        vec![Effect::SearchAnswers { run_id, text }]
    }

    fn edit_run(&mut self, id: RunId, now: Timestamp) -> Vec<Effect> {
        let Some(run) = self.runs.open.get(&id) else { return Vec::new() };
        let plan = std::sync::Arc::clone(&run.plan);
        let baseline = plan.targets.get(run.baseline_index()).map(|target| target.label.clone());
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
                fallback: (target.fallback)
                    .and_then(|index| plan.targets.get(index as usize))
                    .and_then(|fallback| known.iter().position(|known| known.label == fallback.label)),
            })
            .collect();
        self.bench.baseline = known.iter().position(|target| Some(&target.label) == baseline.as_ref()).unwrap_or(0);
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
        draft.fallbacks = self.bench.targets.iter().enumerate().filter_map(|(index, target)| Some((index, target.fallback?))).collect();
        draft.repeats = self.bench.settings.repeats;
        draft.params = self.bench.settings.params.clone();
        draft.cap.clone_from(&self.bench.settings.cap);
        draft.warm_up = self.bench.settings.warm_up;
        draft.p95_limit_ms = self.bench.settings.p95_limit_ms;
        self.preferences.touch(now);
    }
}
