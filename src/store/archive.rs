//! The archive as the work sent to its threads sees it.

use jiff::Timestamp;
use rusqlite::Connection;

use super::StoreError;
use super::columns::{At, count};

/// The open file. Methods are grouped in files by subject; those that only read take `&self`.
///
/// **Invariant:** every request runs in one transaction: what a failed request wrote is undone.
#[derive(Debug)]
pub struct Archive {
    pub(super) db: Connection,
}

/// How much the archive holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs that are not deleted.
    pub runs: u64,
    /// Their trials, superseded ones included.
    pub trials: u64,
}

impl Archive {
    /// Runs `work` in a write transaction; commits when it succeeds, else undoes all of it.
    pub(super) fn in_transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        let result = work(self).and_then(|value| {
            self.db.execute_batch("COMMIT")?;
            Ok(value)
        });
        if result.is_err() {
            self.roll_back();
        }
        result
    }

    /// Runs `work` on one snapshot of the file.
    pub(super) fn in_snapshot<T>(&self, work: impl FnOnce(&Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.db.execute_batch("BEGIN")?;
        let result = work(self);
        self.roll_back();
        result
    }

    /// Ends an open transaction. SQLite ends it by itself after some errors, a full disk among them.
    pub(super) fn roll_back(&self) {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK").ok();
        }
    }

    /// How many runs and trials there are.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let sql = "SELECT count(DISTINCT r.seq), count(t.seq) FROM runs AS r LEFT JOIN trials AS t ON t.run_seq = r.seq \
                   WHERE r.deleted_at_ns IS NULL";
        Ok(self.db.query_row(sql, [], |row| Ok(Counts { runs: count(row, 0)?, trials: count(row, 1)? }))?)
    }

    /// Looks for damage; empty when there is none.
    pub fn integrity_check(&self) -> Result<Vec<String>, StoreError> {
        let mut found = self.db.prepare("PRAGMA integrity_check")?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        found.retain(|line| line != "ok");
        let mut orphans = self.db.prepare("PRAGMA foreign_key_check")?;
        let orphans = orphans.query_map([], |row| Ok(format!("a row of {} lost what it belongs to", row.get::<_, String>(0)?)))?;
        for orphan in orphans {
            found.push(orphan?);
        }
        Ok(found)
    }

    /// The wall clock, as a label on a row.
    pub(super) fn now() -> At {
        At(Timestamp::now())
    }
}
