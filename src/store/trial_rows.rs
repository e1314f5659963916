//! Reading trials: rows of numbers for tables and charts, long texts only when asked for.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::columns::{At, Json, Nano, count, count_if_any, failure, gaps, timing, timing_columns, usage, usage_columns, word};
use super::trials::attempt_columns;
use super::{Archive, StoreError};
use crate::domain::{Attempt, Cell, Citations, Evidence, Judgement, RunId, TrialBody, TrialId, TrialRow, TrialStatus, output_hash};

/// Longer patterns are too long for `LIKE`.
const LONGEST_PATTERN_BYTES: usize = 10_000;

impl Archive {
    /// The current trials of a run with their judgements: case by case, repeat by repeat, target by target.
    pub fn trial_rows(&self, run_id: RunId) -> Result<Vec<TrialRow>, StoreError> {
        let mut rows = self.every_trial_row(run_id)?;
        // The last of a cell is the current one.
        rows.reverse();
        rows.dedup_by_key(|row| row.cell);
        rows.reverse();
        Ok(rows)
    }

    /// As [`Self::trial_rows`], with the superseded trials of each cell before the current one.
    pub fn every_trial_row(&self, run_id: RunId) -> Result<Vec<TrialRow>, StoreError> {
        let run_seq = self.run_seq(run_id)?;
        let mut judgements = self.judgements(run_seq)?;
        let mut statement = self.db.prepare_cached(concat!(
            "SELECT seq, id, case_index, target_index, repeat, supersedes, status, failure_kind, failure_message, attempts, started_at_ns, \
             waited_us, queue_us, output_tokens_per_s, cost_nano, response_model, finish_reason, first_line, warnings, output_hash, \
             CASE WHEN output_hash IS NULL THEN (SELECT output FROM trial_bodies WHERE trial_seq = seq) END, gaps, ",
            timing_columns!(),
            ", ",
            usage_columns!(),
            ", fallback_kind, fallback_message, stated_cost_nano, CASE WHEN fallback_kind IS NULL THEN 0 ELSE \
             (SELECT count(*) FROM attempts WHERE trial_seq = seq AND fallback) END FROM trials WHERE run_seq = ?1 ORDER BY case_index, repeat, target_index, seq"
        ))?;
        let rows = statement.query_map([run_seq], |row| trial_row(row, &mut judgements))?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The long texts and attempts of a trial, also a superseded one.
    pub fn body(&self, id: TrialId) -> Result<TrialBody, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT t.seq, b.output, b.reasoning, b.request, b.error_body, b.citations FROM trials AS t JOIN trial_bodies AS b ON b.trial_seq = t.seq \
             WHERE t.id = ?1",
        )?;
        let found = statement
            .query_row([id], |row| {
                let body = TrialBody {
                    output: row.get(1)?,
                    reasoning: row.get(2)?,
                    request: row.get(3)?,
                    error_body: row.get(4)?,
                    citations: citations(row, 5)?,
                    attempts: Vec::new(),
                };
                Ok((row.get(0)?, body))
            })
            .optional()?;
        let (trial_seq, mut body): (i64, TrialBody) = found.ok_or(StoreError::NotFound("trial"))?;
        let mut statement =
            self.db.prepare_cached(concat!("SELECT ", attempt_columns!(), " FROM attempts WHERE trial_seq = ?1 ORDER BY position"))?;
        body.attempts = statement.query_map([trial_seq], attempt)?.collect::<Result<_, _>>()?;
        Ok(body)
    }

    /// The bodies of these trials, in this order: for exports, some hundred at a time.
    pub fn bodies(&self, ids: &[TrialId]) -> Result<Vec<TrialBody>, StoreError> {
        ids.iter().map(|id| self.body(*id)).collect()
    }

    /// The visible answers of these trials, in this order.
    pub fn outputs(&self, ids: &[TrialId]) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT b.output FROM trials AS t JOIN trial_bodies AS b ON b.trial_seq = t.seq WHERE t.id = ?1")?;
        let mut outputs = Vec::with_capacity(ids.len());
        for id in ids {
            outputs.push(statement.query_row([id], |row| row.get(0)).optional()?.ok_or(StoreError::NotFound("trial"))?);
        }
        Ok(outputs)
    }

    /// The visible answer of a trial, and the sources that it names.
    pub fn answer(&self, id: TrialId) -> Result<(String, Citations), StoreError> {
        let sql = "SELECT b.output, b.citations FROM trials AS t JOIN trial_bodies AS b ON b.trial_seq = t.seq WHERE t.id = ?1";
        let found = self.db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, citations(row, 1)?))).optional()?;
        found.ok_or(StoreError::NotFound("trial"))
    }

    /// The current trials whose visible answer holds `text`, in any case, in the order of [`Self::trial_rows`].
    pub fn search_outputs(&self, run_id: RunId, text: &str) -> Result<Vec<TrialId>, StoreError> {
        let run_seq = self.run_seq(run_id)?;
        let from = "SELECT t.id, b.output FROM current_trials AS t JOIN trial_bodies AS b ON b.trial_seq = t.seq WHERE t.run_seq = ?1";
        let order = "ORDER BY t.case_index, t.repeat, t.target_index";
        // LIKE folds the case of ASCII letters only.
        let has_other_letters = text.chars().any(|c| !c.is_ascii() && !c.to_lowercase().eq(c.to_uppercase()));
        if !has_other_letters && text.len() <= LONGEST_PATTERN_BYTES {
            let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let mut statement = self.db.prepare_cached(&format!("{from} AND b.output LIKE ?2 ESCAPE '\\' {order}"))?;
            let ids = statement.query_map(params![run_seq, format!("%{escaped}%")], |row| row.get(0))?.collect::<Result<_, _>>()?;
            return Ok(ids);
        }
        let wanted = text.to_lowercase();
        let mut statement = self.db.prepare_cached(&format!("{from} {order}"))?;
        let mut rows = statement.query([run_seq])?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            let output: String = row.get(1)?;
            if output.to_lowercase().contains(&wanted) {
                ids.push(row.get(0)?);
            }
        }
        Ok(ids)
    }
}

fn citations(row: &Row<'_>, column: usize) -> rusqlite::Result<Citations> {
    Ok(row.get::<_, Option<Json<Citations>>>(column)?.map(|citations| citations.0).unwrap_or_default())
}

fn cell(row: &Row<'_>, from: usize) -> rusqlite::Result<Cell> {
    Ok(Cell { case_index: row.get(from)?, target_index: row.get(from + 1)?, repeat: row.get(from + 2)? })
}

fn trial_row(row: &Row<'_>, judgements: &mut HashMap<i64, Judgement>) -> rusqlite::Result<TrialRow> {
    Ok(TrialRow {
        id: row.get(1)?,
        cell: cell(row, 2)?,
        supersedes: row.get(5)?,
        status: word(row, 6, TrialStatus::from_word)?,
        failure: failure(row, 7)?,
        attempts: row.get(9)?,
        fallback_attempts: row.get(48)?,
        started_at: row.get::<_, Option<At>>(10)?.map(|at| at.0),
        waited_us: count_if_any(row, 11)?,
        queue_us: count_if_any(row, 12)?,
        output_tokens_per_s: row.get(13)?,
        cost: row.get::<_, Option<Nano>>(14)?.map(|cost| cost.0),
        response_model: row.get(15)?,
        finish_reason: row.get(16)?,
        first_line: row.get(17)?,
        output_hash: stored_hash(row, 19)?,
        warnings: row.get::<_, Option<Json<Vec<String>>>>(18)?.map(|warnings| warnings.0).unwrap_or_default(),
        gaps: gaps(row, 21)?,
        timing: timing(row, 22)?,
        usage: usage(row, 39)?,
        fallback: failure(row, 45)?,
        stated_cost: row.get::<_, Option<Nano>>(47)?.map(|cost| cost.0),
        judgement: judgements.remove(&row.get(0)?).unwrap_or_default(),
    })
}

/// The fingerprint at `from`, else that of the answer beside it: trials of the first format have none.
fn stored_hash(row: &Row<'_>, from: usize) -> rusqlite::Result<u64> {
    match row.get::<_, Option<i64>>(from)? {
        Some(hash) => Ok(hash.cast_unsigned()),
        None => Ok(output_hash(&row.get::<_, Option<String>>(from + 1)?.unwrap_or_default())),
    }
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    Ok(Attempt {
        number: row.get(0)?,
        started_at: row.get::<_, At>(1)?.0,
        http_status: row.get(2)?,
        failure: failure(row, 3)?,
        cost: row.get::<_, Option<Nano>>(5)?.map(|cost| cost.0),
        request_id: row.get(6)?,
        backoff_us: count(row, 7)?,
        evidence: row.get::<_, Option<Json<Evidence>>>(8)?.map(|evidence| evidence.0).unwrap_or_default(),
        timing: timing(row, 9)?.unwrap_or_default(),
        usage: usage(row, 26)?,
        fallback: row.get::<_, Option<bool>>(32)?.unwrap_or(false),
        stated_cost: row.get::<_, Option<Nano>>(33)?.map(|cost| cost.0),
    })
}
