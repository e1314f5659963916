//! Which cases the table shows, in which order; worked out once per change of figures, query and search hits.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::analysis::TableQuery;
use crate::app::{OpenRun, RunFigures, table_order};
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
            self.order = table_order(run, &figures.table, query);
            self.key = Some(Key { run_id: run.plan.id, revision: figures.revision, query: query.clone(), hits: run.search_hits.clone() });
        }
        &self.order
    }
}
