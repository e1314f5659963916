//! How runs are looked at: kept beside them, because a run itself does not change.

use rusqlite::{OptionalExtension as _, params};

use super::{Archive, StoreError};
use crate::domain::RunId;

impl Archive {
    /// Keeps from which target of a run differences are shown.
    pub fn set_run_baseline(&mut self, id: RunId, target_index: u32) -> Result<(), StoreError> {
        let run_seq = self.run_seq(id)?;
        self.db.execute(
            "INSERT INTO run_views (run_seq, baseline_index) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET baseline_index = ?2",
            params![run_seq, target_index],
        )?;
        Ok(())
    }

    /// The target from which differences are shown; absent when the run's own baseline was never changed.
    pub fn run_baseline(&self, id: RunId) -> Result<Option<u32>, StoreError> {
        let run_seq = self.run_seq(id)?;
        let found = self.db.query_row("SELECT baseline_index FROM run_views WHERE run_seq = ?1", [run_seq], |row| row.get(0));
        Ok(found.optional()?)
    }
}
