//! Runs: their plans and where they stand.

use std::sync::Arc;

use rusqlite::{OptionalExtension as _, params};
use rust_decimal::Decimal;

use super::columns::{At, Json, integer};
use super::{Archive, StoreError};
use crate::domain::{RunId, RunPlan, RunStatus, TargetKey};

impl Archive {
    /// Stores a plan as an unfinished run and freezes the version of the prompt set that it uses. Its cases must be that version's.
    pub fn create_run(&mut self, plan: &RunPlan) -> Result<(), StoreError> {
        let version = "SELECT v.seq FROM prompt_set_versions AS v JOIN prompt_sets AS s ON s.seq = v.prompt_set_seq \
                       WHERE s.id = ?1 AND v.version = ?2";
        let version_seq: i64 = self
            .db
            .query_row(version, params![plan.prompt_set, plan.prompt_set_version], |row| row.get(0))
            .optional()?
            .ok_or(StoreError::NotFound("version of the prompt set"))?;
        if self.cases(version_seq)? != *plan.cases {
            return Err(StoreError::CasesDiffer);
        }
        self.db.execute("UPDATE prompt_set_versions SET frozen = 1 WHERE seq = ?1", [version_seq])?;
        let without_cases = RunPlan { cases: Arc::from([]), ..plan.clone() };
        self.db.execute(
            "INSERT INTO runs (id, created_at_ns, status, version_seq, prompt_set_name, plan, vantage, cell_count, simulated, search_text) \
             VALUES (?1, ?2, 'unfinished', ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                plan.id,
                At(plan.created_at),
                version_seq,
                plan.prompt_set_name,
                Json(&without_cases),
                plan.settings.vantage,
                integer(plan.cell_count(), "the number of cells")?,
                plan.is_simulated(),
                search_text(plan),
            ],
        )?;
        let run_seq = self.db.last_insert_rowid();
        let mut insert = self.db.prepare_cached(
            "INSERT INTO run_targets (run_seq, target_index, label, colour, connection_id, connection_name, model, params, currency, simulated) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for (target_index, target) in (0u32..).zip(&plan.targets) {
            let key = TargetKey::of(plan, target_index).ok_or(StoreError::NotFound("target"))?;
            insert.execute(params![
                run_seq,
                target_index,
                target.label,
                target.colour,
                key.connection_id,
                target.connection.name,
                key.model,
                key.params,
                target.price.as_ref().map(|price| price.currency.code()),
                target.connection.is_simulated(),
            ])?;
        }
        Ok(())
    }

    /// The plan of a run, exactly as it was stored.
    pub fn run_plan(&self, id: RunId) -> Result<RunPlan, StoreError> {
        let (Json(mut plan), version_seq): (Json<RunPlan>, i64) = self
            .db
            .query_row("SELECT plan, version_seq FROM runs WHERE id = ?1", [id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or(StoreError::NotFound("run"))?;
        plan.cases = self.cases(version_seq)?.into();
        Ok(plan)
    }

    /// Raises the cap on the spending of a run that it stopped: a bound, no part of what is compared. One below it, and one for a run without a cap, is refused.
    pub fn raise_run_cap(&mut self, id: RunId, amount: Decimal) -> Result<(), StoreError> {
        let mut plan = self.run_plan(id)?;
        plan.raise_cap(amount).ok_or(StoreError::OutOfRange("a cap that is below the old one"))?;
        let without_cases = RunPlan { cases: Arc::from([]), ..plan };
        self.db.execute("UPDATE runs SET plan = ?2 WHERE id = ?1", params![id, Json(&without_cases)])?;
        Ok(())
    }

    /// Sets where a run stands. Its figures in history are worked out on the spot until [`Self::keep_figures`].
    pub fn set_run_status(&mut self, id: RunId, status: RunStatus) -> Result<(), StoreError> {
        if self.db.execute("UPDATE runs SET status = ?2 WHERE id = ?1", params![id, status.as_str()])? == 0 {
            return Err(StoreError::NotFound("run"));
        }
        Ok(())
    }

    /// Whether each cell has a finished or a failed trial.
    pub fn every_cell_ended(&self, id: RunId) -> Result<bool, StoreError> {
        let sql = "SELECT cell_count <= (SELECT count(*) FROM current_trials WHERE run_seq = r.seq AND status <> 'cancelled') \
                   FROM runs AS r WHERE id = ?1";
        self.db.query_row(sql, [id], |row| row.get(0)).optional()?.ok_or(StoreError::NotFound("run"))
    }

    /// Takes a run off the lists and out of history; nothing of it is lost.
    pub fn delete_run(&mut self, id: RunId) -> Result<(), StoreError> {
        let sql = "UPDATE runs SET deleted_at_ns = ?2 WHERE id = ?1 AND deleted_at_ns IS NULL";
        match self.db.execute(sql, params![id, Self::now()])? {
            0 => Err(StoreError::NotFound("run")),
            _ => Ok(()),
        }
    }

    /// Puts a deleted run back.
    pub fn undelete_run(&mut self, id: RunId) -> Result<(), StoreError> {
        match self.db.execute("UPDATE runs SET deleted_at_ns = NULL WHERE id = ?1", [id])? {
            0 => Err(StoreError::NotFound("run")),
            _ => Ok(()),
        }
    }

    /// The row number of a run.
    pub(super) fn run_seq(&self, id: RunId) -> Result<i64, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT seq FROM runs WHERE id = ?1")?;
        statement.query_row([id], |row| row.get(0)).optional()?.ok_or(StoreError::NotFound("run"))
    }
}

/// What the search over runs looks at, in lower case.
fn search_text(plan: &RunPlan) -> String {
    let targets = plan.targets.iter().flat_map(|target| [target.label.as_str(), &target.model, &target.connection.name]);
    let parts: Vec<&str> = [plan.prompt_set_name.as_str(), &plan.settings.vantage].into_iter().chain(targets).collect();
    parts.join("\n").to_lowercase()
}
