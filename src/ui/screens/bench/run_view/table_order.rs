//! Which cases the table shows, in which order; worked out once per change of figures, query and search hits.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::analysis::{TableModel, TableQuery};
use crate::app::{OpenRun, RunFigures};
use crate::domain::{RunId, TrialId};

/// The order as it was worked out last.
#[derive(Default)]
pub(super) struct TableOrder {
    key: Option<Key>,
    order: Vec<u32>,
}

#[derive(PartialEq)]
struct Key {
    run_id: RunId,
    revision: u64,
    query: TableQuery,
    hits: Option<Arc<BTreeSet<TrialId>>>,
}

impl Key {
    fn holds(&self, run: &OpenRun, figures: &RunFigures, query: &TableQuery) -> bool {
        let same_hits = match (&self.hits, &run.search_hits) {
            (Some(known), Some(now)) => Arc::ptr_eq(known, now),
            (known, now) => known.is_none() && now.is_none(),
        };
        same_hits && self.run_id == run.plan.id && self.revision == figures.revision && self.query == *query
    }
}

impl TableOrder {
    /// The cases to show, as indices into the plan's cases.
    pub(super) fn of(&mut self, run: &OpenRun, figures: &RunFigures, query: &TableQuery) -> &[u32] {
        if !self.key.as_ref().is_some_and(|key| key.holds(run, figures, query)) {
            self.order = order(run, &figures.table, query);
            self.key = Some(Key { run_id: run.plan.id, revision: figures.revision, query: query.clone(), hits: run.search_hits.clone() });
        }
        &self.order
    }
}

/// The search finds what is at hand (ids, titles, first lines); `search_hits` adds what was found in whole answers.
fn order(run: &OpenRun, table: &TableModel, query: &TableQuery) -> Vec<u32> {
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
