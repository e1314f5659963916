//! Runs as lists show them.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::columns::{At, Json, count, word};
use super::figures::{Figures, figure_columns, figures, live_figures};
use super::{Archive, StoreError};
use crate::domain::{Money, RunHead, RunId, RunStatus};

/// Which runs a list asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunQuery {
    /// Words that must all occur in set name, target label, model, connection name or vantage, in any case; empty: every run.
    pub text: String,
    /// Runs left out at the start.
    pub offset: u32,
    /// Runs at most.
    pub limit: u32,
}

impl Default for RunQuery {
    fn default() -> Self {
        Self { text: String::new(), offset: 0, limit: 100 }
    }
}

/// A page of runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunPage {
    /// Newest first.
    pub heads: Vec<RunHead>,
    /// How many runs there are on all pages.
    pub total: u64,
}

const COLUMNS: &str =
    "seq, id, created_at_ns, status, prompt_set_name, json_extract(plan, '$.prompt_set_version'), vantage, cell_count, simulated";
const FOUND: &str = "deleted_at_ns IS NULL AND NOT EXISTS (SELECT 1 FROM json_each(?1) WHERE instr(search_text, value) = 0)";

impl Archive {
    /// A page of the runs that are not deleted.
    pub fn runs(&self, query: &RunQuery) -> Result<RunPage, StoreError> {
        let text = query.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let total =
            self.db.prepare_cached(&format!("SELECT count(*) FROM runs WHERE {FOUND}"))?.query_row([Json(&words)], |row| count(row, 0))?;
        let mut page = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE {FOUND} ORDER BY seq DESC LIMIT ?2 OFFSET ?3"))?;
        let heads = page.query_map(params![Json(&words), query.limit, query.offset], head)?.collect::<Result<Vec<_>, _>>()?;
        Ok(RunPage { heads: self.with_figures(heads)?, total })
    }

    /// One run, also a deleted one.
    pub fn run_head(&self, id: RunId) -> Result<RunHead, StoreError> {
        let mut statement = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))?;
        let found = statement.query_row([id], head).optional()?;
        self.with_figures(found.into_iter().collect())?.pop().ok_or(StoreError::NotFound("run"))
    }

    /// The runs with missing trials, newest first: they run now, or were interrupted.
    pub fn unfinished_runs(&self) -> Result<Vec<RunHead>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE status = 'unfinished' AND deleted_at_ns IS NULL ORDER BY seq DESC");
        let heads = self.db.prepare_cached(&sql)?.query_map([], head)?.collect::<Result<Vec<_>, _>>()?;
        self.with_figures(heads)
    }

    /// Adds what the targets of the runs tell.
    fn with_figures(&self, heads: Vec<(i64, RunHead)>) -> Result<Vec<RunHead>, StoreError> {
        let seqs: Vec<i64> = heads.iter().map(|(seq, _)| *seq).collect();
        let mut heads: Vec<RunHead> = heads.into_iter().map(|(_, head)| head).collect();
        let places: HashMap<i64, usize> = (0..).zip(&seqs).map(|(place, seq)| (*seq, place)).collect();
        let mut statement = self.db.prepare_cached(concat!(
            "WITH chosen AS (SELECT value AS seq FROM json_each(?1)), ",
            figures!(),
            " SELECT t.run_seq, t.label, ",
            figure_columns!(),
            " FROM run_targets AS t LEFT JOIN figures AS f USING (run_seq, target_index) \
             WHERE t.run_seq IN (SELECT seq FROM chosen) ORDER BY t.run_seq, t.target_index"
        ))?;
        let mut rows = statement.query([Json(&seqs)])?;
        while let Some(row) = rows.next()? {
            let Some(head) = places.get(&row.get(0)?).and_then(|place| heads.get_mut(*place)) else { continue };
            head.target_labels.push(row.get(1)?);
            let figures = Figures::read(row, 2)?;
            head.finished += figures.finished;
            head.failed += figures.failed;
            head.not_sent += figures.not_sent;
            head.cancelled += figures.cancelled;
            head.ttft_p50_ms.push(figures.ttft_p50_ms);
            head.cost_incomplete |= figures.cost_incomplete;
            if let Some(cost) = figures.cost {
                add(&mut head.costs, cost)?;
            }
        }
        Ok(heads)
    }
}

/// Adds an amount to the one of its currency.
fn add(costs: &mut Vec<Money>, cost: Money) -> Result<(), StoreError> {
    match costs.iter_mut().find(|known| known.currency == cost.currency) {
        Some(known) => known.amount = known.amount.checked_add(cost.amount).ok_or(StoreError::OutOfRange("a cost"))?,
        None => costs.push(cost),
    }
    Ok(())
}

fn head(row: &Row<'_>) -> rusqlite::Result<(i64, RunHead)> {
    let statuses = [RunStatus::Unfinished, RunStatus::Finished, RunStatus::Cancelled, RunStatus::Capped];
    let head = RunHead {
        id: row.get(1)?,
        created_at: row.get::<_, At>(2)?.0,
        status: word(row, 3, |text| statuses.into_iter().find(|status| status.as_str() == text))?,
        prompt_set_name: row.get(4)?,
        prompt_set_version: row.get(5)?,
        target_labels: Vec::new(),
        vantage: row.get(6)?,
        cell_count: count(row, 7)?,
        finished: 0,
        failed: 0,
        not_sent: 0,
        cancelled: 0,
        ttft_p50_ms: Vec::new(),
        costs: Vec::new(),
        cost_incomplete: false,
        simulated: row.get(8)?,
    };
    Ok((row.get(0)?, head))
}
