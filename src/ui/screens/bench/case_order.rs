//! Which cases the list shows under the filter and the search: worked out when something changes, not in every frame.

use std::collections::HashMap;

use crate::analysis::{Filter, SortColumn, TableQuery};
use crate::app::{AppState, OpenRun};
use crate::domain::{Case, Cell, PromptSetId, RunId, TrialStatus};
use crate::ui::widgets::Mark;

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CaseRow {
    /// Index into the cases shown.
    pub(super) shown: u32,
    /// Index into the plan of the run in view; absent when the case was not part of it.
    pub(super) planned: Option<u32>,
}

/// What the rows depend on.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    set: Option<(PromptSetId, u64, usize)>,
    run: Option<(RunId, u64)>,
    figures: Option<u64>,
    filter: Filter,
    search: String,
}

/// The rows, with what they were made from.
#[derive(Default)]
pub(super) struct CaseOrder {
    key: Option<Key>,
    rows: Vec<CaseRow>,
}

impl CaseOrder {
    /// The rows of now.
    pub(super) fn rows(&mut self, state: &AppState) -> &[CaseRow] {
        let key = key(state);
        if self.key.as_ref() != Some(&key) {
            self.rows = rows(state);
            self.key = Some(key);
        }
        &self.rows
    }
}

fn key(state: &AppState) -> Key {
    let query = &state.bench.query;
    let run = state.run_in_view();
    let narrowed = query.filter != Filter::All || !query.search.trim().is_empty();
    Key {
        set: state.bench.set_id.and_then(|id| state.prompts.open.get(&id).map(|set| (id, set.revision, set.cases.len()))),
        run: run.zip(state.bench.run).map(|(run, id)| (id, if narrowed { run.revision } else { 0 })),
        figures: run.filter(|_| narrowed).and_then(|run| run.figures()).map(|figures| figures.revision),
        filter: query.filter,
        search: query.search.clone(),
    }
}

fn rows(state: &AppState) -> Vec<CaseRow> {
    let cases = state.shown_cases();
    let search = state.bench.query.search.trim().to_lowercase();
    let Some(run) = state.run_in_view() else {
        let holds =
            |case: &Case| search.is_empty() || case.id.to_lowercase().contains(&search) || case.title().to_lowercase().contains(&search);
        return cases
            .iter()
            .enumerate()
            .filter(|(_, case)| holds(case))
            .map(|(shown, _)| CaseRow { shown: shown as u32, planned: None })
            .collect();
    };
    let mut kept = vec![true; run.plan.cases.len()];
    let filtered = state.bench.query.filter != Filter::All;
    if filtered || !search.is_empty() {
        kept = kept_cases(run, &state.bench.query);
    }
    let by_id: HashMap<&str, u32> = run.plan.cases.iter().enumerate().map(|(index, case)| (case.id.as_str(), index as u32)).collect();
    let row = |(shown, case): (usize, &Case)| {
        let planned = match run.plan.cases.get(shown) {
            Some(same) if same.id == case.id => Some(shown as u32),
            _ => by_id.get(case.id.as_str()).copied(),
        };
        let in_search = search.is_empty() || case.id.to_lowercase().contains(&search) || case.title().to_lowercase().contains(&search);
        let stays = planned.map_or(!filtered && in_search, |planned| kept[planned as usize]);
        stays.then_some(CaseRow { shown: shown as u32, planned })
    };
    cases.iter().enumerate().filter_map(row).collect()
}

/// By planned case: the filter and the search keep it.
fn kept_cases(run: &OpenRun, query: &TableQuery) -> Vec<bool> {
    let mut kept = vec![false; run.plan.cases.len()];
    let Some(figures) = run.figures() else { return vec![true; run.plan.cases.len()] };
    let in_set_order = TableQuery { sort: SortColumn::Case, descending: false, ..query.clone() };
    for case in figures.table.order(&run.plan, &run.rows, &in_set_order) {
        kept[case as usize] = true;
    }
    if let Some(hits) = &run.search_hits {
        // Answers are searched in the archive; the filter still holds for what is found there.
        let filtered = figures.table.order(&run.plan, &run.rows, &TableQuery { search: String::new(), ..in_set_order });
        let passes: std::collections::BTreeSet<u32> = filtered.into_iter().collect();
        for row in run.rows.iter().filter(|row| hits.contains(&row.id) && passes.contains(&row.cell.case_index)) {
            kept[row.cell.case_index as usize] = true;
        }
    }
    kept
}

/// How a planned case stands at a target: the worst over its repeats.
pub(super) fn case_mark(run: &OpenRun, case_index: u32, target_index: u32) -> Mark {
    let mut worst = Mark::Finished;
    for repeat in 0..run.plan.settings.repeats {
        let cell = Cell { case_index, target_index, repeat };
        let mark = if run.live_cell(cell).is_some() {
            Mark::Running
        } else {
            match run.row(cell).map(|row| row.status) {
                None => Mark::Waiting,
                Some(TrialStatus::Finished) => Mark::Finished,
                Some(TrialStatus::Failed) => Mark::Failed,
                Some(TrialStatus::Cancelled) => Mark::Cancelled,
            }
        };
        if gravity(mark) > gravity(worst) {
            worst = mark;
        }
        if worst == Mark::Failed {
            break;
        }
    }
    worst
}

fn gravity(mark: Mark) -> u8 {
    match mark {
        Mark::Finished => 0,
        Mark::Waiting => 1,
        Mark::Running => 2,
        Mark::Cancelled => 3,
        Mark::Failed => 4,
    }
}
