//! Money set aside for what is in flight under a cap, so that the end of the program does not make it forgotten.

use rusqlite::params;
use rust_decimal::Decimal;

use super::columns::{Nano, count};
use super::{Archive, StoreError};
use crate::domain::{Cell, LostReservations, RunId};

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

    /// An attempt of this cell was not sent after all: only `keep`, what earlier attempts of its trial cost, stays set aside. Nothing is set aside anew:
    /// where the trial was stored meanwhile, its cost is there.
    pub fn release(&mut self, run_id: RunId, cell: Cell, keep: Decimal) -> Result<(), StoreError> {
        let run_seq = self.run_seq(run_id)?;
        if keep.is_zero() {
            return self.take_away(run_seq, cell);
        }
        self.db
            .prepare_cached(
                "UPDATE reservations SET amount_nano = ?5 \
                 WHERE run_seq = ?1 AND case_index = ?2 AND repeat = ?3 AND target_index = ?4 AND NOT lost",
            )?
            .execute(params![run_seq, cell.case_index, cell.repeat, cell.target_index, Nano(keep)])?;
        Ok(())
    }

    pub(super) fn take_away(&self, run_seq: i64, cell: Cell) -> Result<(), StoreError> {
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
        self.lost_reservations(run_id, false)
    }

    /// What was lost of a run. `all`: nothing of it is in flight, so what is set aside is lost too.
    pub fn lost_reservations(&self, run_id: RunId, all: bool) -> Result<LostReservations, StoreError> {
        let run_seq = self.run_seq(run_id)?;
        let sql = "SELECT count(*), count(*) - count(settled_nano), coalesce(sum(amount_nano) FILTER (WHERE settled_nano IS NULL), 0), \
                   coalesce(sum(coalesce(settled_nano, amount_nano)), 0) FROM reservations WHERE run_seq = ?1 AND (lost OR ?2)";
        Ok(self.db.query_row(sql, params![run_seq, all], |row| {
            Ok(LostReservations {
                count: count(row, 0)?,
                open: count(row, 1)?,
                open_worst: row.get::<_, Nano>(2)?.0,
                counted: row.get::<_, Nano>(3)?.0,
            })
        })?)
    }

    /// Says what the lost requests of a run that nobody has said the cost of cost in all; absent: of none of them anything is known after all.
    pub fn settle_lost(&mut self, run_id: RunId, billed: Option<Decimal>) -> Result<(), StoreError> {
        let run_seq = self.run_seq(run_id)?;
        let Some(billed) = billed else {
            self.db.execute("UPDATE reservations SET settled_nano = NULL WHERE run_seq = ?1", [run_seq])?;
            return Ok(());
        };
        let open = "run_seq = ?1 AND lost AND settled_nano IS NULL";
        let first = format!("UPDATE reservations SET settled_nano = ?2 WHERE seq = (SELECT min(seq) FROM reservations WHERE {open})");
        if self.db.execute(&first, params![run_seq, Nano(billed)])? == 1 {
            self.db.execute(&format!("UPDATE reservations SET settled_nano = 0 WHERE {open}"), [run_seq])?;
        }
        Ok(())
    }
}
