//! Which cases are in sight, and in which order: what the case list and the table show, and what the keys walk along.

use std::collections::HashMap;

use crate::analysis::{Filter, SortColumn, TableModel, TableQuery};
use crate::domain::Case;

use super::bench::BenchView;
use super::open_run::OpenRun;
use super::state::AppState;

/// A row of the case list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Index into the cases shown.
    pub shown: u32,
    /// Index into the plan of the run in view; absent when the case was not part of it.
    pub planned: Option<u32>,
}

/// The cases of the table, as indices into the plan's cases. The search finds what is at hand (ids, titles, first lines); the run's
/// search hits add what was found in whole answers, as far as the filter lets it through.
pub fn table_order(run: &OpenRun, table: &TableModel, query: &TableQuery) -> Vec<u32> {
    let found = table.order(&run.plan, &run.rows, query);
    let Some(hits) = run.search_hits.as_ref().filter(|hits| !hits.is_empty() && !query.search.trim().is_empty()) else { return found };
    let mut shown = vec![false; table.case_count()];
    for case in &found {
        shown[*case as usize] = true;
    }
    for row in run.rows.iter().filter(|row| hits.contains(&row.id)) {
        if let Some(shown) = shown.get_mut(row.cell.case_index as usize) {
            *shown = true;
        }
    }
    let mut order = table.order(&run.plan, &run.rows, &TableQuery { search: String::new(), ..query.clone() });
    order.retain(|case| shown[*case as usize]);
    order
}

impl AppState {
    /// The rows of the case list: what filter and search let through, in the order of the set. Linear in the cases; views keep it.
    pub fn listed_cases(&self) -> Vec<CaseRow> {
        let cases = self.shown_cases();
        let query = &self.bench.query;
        let search = query.search.trim().to_lowercase();
        let holds =
            |case: &Case| search.is_empty() || case.id.to_lowercase().contains(&search) || case.title().to_lowercase().contains(&search);
        let Some(run) = self.run_in_view() else {
            let rows = cases.iter().enumerate().filter(|(_, case)| holds(case));
            return rows.map(|(shown, _)| CaseRow { shown: shown as u32, planned: None }).collect();
        };
        let filtered = query.filter != Filter::All;
        let kept = if filtered || !search.is_empty() { kept_cases(run, query) } else { vec![true; run.plan.cases.len()] };
        let by_id: HashMap<&str, u32> = run.plan.cases.iter().enumerate().map(|(index, case)| (case.id.as_str(), index as u32)).collect();
        let row = |(shown, case): (usize, &Case)| {
            let planned = match run.plan.cases.get(shown) {
                Some(same) if same.id == case.id => Some(shown as u32),
                _ => by_id.get(case.id.as_str()).copied(),
            };
            let stays = planned.map_or_else(|| !filtered && holds(case), |planned| kept[planned as usize]);
            stays.then_some(CaseRow { shown: shown as u32, planned })
        };
        cases.iter().enumerate().filter_map(row).collect()
    }

    /// The cases in sight as indices into the cases shown: the rows of the table as they are sorted, else those of the case list.
    pub fn visible_cases(&self) -> Vec<u32> {
        let table = self.run_in_view().filter(|_| self.bench.view == BenchView::Table).and_then(|run| Some((run, run.figures()?)));
        let Some((run, figures)) = table else { return self.listed_cases().into_iter().map(|row| row.shown).collect() };
        let shown: HashMap<&str, u32> =
            self.shown_cases().iter().enumerate().map(|(index, case)| (case.id.as_str(), index as u32)).collect();
        let order = table_order(run, &figures.table, &self.bench.query);
        order.into_iter().filter_map(|case| shown.get(run.plan.cases.get(case as usize)?.id.as_str()).copied()).collect()
    }

    /// The case in sight after the selected one, or before it; at the end the selected one. From a case out of sight it is the nearest in the set's
    /// order.
    pub(super) fn neighbour_case(&self, forward: bool) -> usize {
        let selected = self.bench.case_index as u32;
        let order = self.visible_cases();
        let found = match order.iter().position(|case| *case == selected) {
            Some(at) if forward => order.get(at + 1),
            Some(at) => at.checked_sub(1).and_then(|before| order.get(before)),
            None if forward => order.iter().filter(|case| **case > selected).min(),
            None => order.iter().filter(|case| **case < selected).max(),
        };
        found.map_or(self.bench.case_index, |case| *case as usize)
    }
}

/// By planned case: the filter and the search keep it.
fn kept_cases(run: &OpenRun, query: &TableQuery) -> Vec<bool> {
    let Some(figures) = run.figures() else { return vec![true; run.plan.cases.len()] };
    let mut kept = vec![false; run.plan.cases.len()];
    for case in table_order(run, &figures.table, &TableQuery { sort: SortColumn::Case, descending: false, ..query.clone() }) {
        kept[case as usize] = true;
    }
    kept
}
