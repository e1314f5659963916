//! The archive's formats: `PRAGMA user_version` counts the steps that a file has been through.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// Frozen: step n brings a file from format n − 1 to n.
pub(super) const STEPS: &[&str] = &[
    include_str!("migrations/0001_archive.sql"),
    include_str!("migrations/0002_output_hash.sql"),
    include_str!("migrations/0003_run_views.sql"),
    include_str!("migrations/0004_reservations.sql"),
    include_str!("migrations/0005_timing.sql"),
    include_str!("migrations/0006_attempt_evidence.sql"),
    include_str!("migrations/0007_limits_and_lost_money.sql"),
    include_str!("migrations/0008_fallback.sql"),
    include_str!("migrations/0009_beside_the_text.sql"),
    include_str!("migrations/0010_not_sent.sql"),
];

/// Marks the file as an archive; set by the first step.
pub(super) const APPLICATION_ID: i64 = 0x4153_4159;

/// The file's format; 0 for a new one.
pub(super) fn format(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get::<_, i32>(0))?.cast_unsigned())
}

/// Brings the file to the newest format, all steps in one transaction: nobody ever sees a format between, and none is left behind.
pub(super) fn migrate(db: &Connection, steps: &[&str]) -> Result<(), StoreError> {
    let newest = steps.len() as u32;
    if format(db)? >= newest {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    // Asked in the transaction: another process may have taken the steps while this one waited for the lock.
    let found = format(&transaction)?;
    for step in steps.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", newest.max(found))?;
    transaction.commit()?;
    Ok(())
}
