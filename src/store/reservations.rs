//! Money set aside for what is in flight under a cap, so that the end of the program does not make it forgotten.

use rusqlite::params;
use rust_decimal::Decimal;

use super::columns::{Nano, count};
use super::{Archive, StoreError};
use crate::domain::{Cell, RunId};

/// What was in flight when the program ended, over all its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostReservations {
    /// Cells, one for each time that they were lost.
    pub count: u64,
    /// The most that they can have cost, in the cap's currency.
    pub amount: Decimal,
}

impl Archive {
    /// Sets aside what the trial of this cell may cost in all, in the place of what was set aside for it before. Storing the trial takes it away.
    pub fn reserve(&mut self, run_id: RunId, cell: Cell, amount: Decimal) -> Result<(), StoreError> {
        let run_seq = self.run_seq(run_id)?;
        self.db
            .prepare_cached(
                "INSERT INTO reservations (run_seq, case_index, repeat, target_index, amount_nano) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (run_seq, case_index, repeat, target_index) WHERE NOT lost DO UPDATE SET amount_nano = excluded.amount_nano",
            )?
            .execute(params![run_seq, cell.case_index, cell.repeat, cell.target_index, Nano(amount)])?;
        Ok(())
    }

    pub(super) fn release(&self, run_seq: i64, cell: Cell) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "DELETE FROM reservations WHERE run_seq = ?1 AND case_index = ?2 AND repeat = ?3 AND target_index = ?4 AND NOT lost",
            )?
            .execute(params![run_seq, cell.case_index, cell.repeat, cell.target_index])?;
        Ok(())
    }

    /// Takes away what is set aside for cells that were not sent after all: for the end of a run of which every trial is stored.
    pub fn release_all(&mut self, run_id: RunId) -> Result<(), StoreError> {
        let run_seq = self.run_seq(run_id)?;
        self.db.execute("DELETE FROM reservations WHERE run_seq = ?1 AND NOT lost", [run_seq])?;
        Ok(())
    }

    /// What is still set aside was lost with the program that sent it; gives that and what was lost before. For whoever holds the run's lock.
    pub fn lose_reservations(&mut self, run_id: RunId) -> Result<LostReservations, StoreError> {
        let run_seq = self.run_seq(run_id)?;
        self.db.execute("UPDATE reservations SET lost = 1 WHERE run_seq = ?1", [run_seq])?;
        let sql = "SELECT count(*), coalesce(sum(amount_nano), 0) FROM reservations WHERE run_seq = ?1";
        Ok(self.db.query_row(sql, [run_seq], |row| Ok(LostReservations { count: count(row, 0)?, amount: row.get::<_, Nano>(1)?.0 }))?)
    }
}
