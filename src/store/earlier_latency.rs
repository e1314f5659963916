//! How long earlier answers took: what the latency of a run in flight is held against.

use rusqlite::params;

use super::columns::{count, integer};
use super::{Archive, StoreError};
use crate::domain::{EarlierLatency, RunId, TargetKey, UNDER_LOAD_US};

/// The newest runs that are looked at.
const MOST_RUNS: u32 = 20;
/// The answers that count, newest run first.
const MOST_ANSWERS: u32 = 1_000;
/// The trials that are looked through for them.
const MOST_TRIALS: u32 = 20_000;

impl Archive {
    /// The 95th percentile of what the newest finished answers of a target took, TTFT where they were streamed, else total, without the set-up of new
    /// connections; absent when there are none. Targets with other parameters count as the same one while they think as much. Answers of run `except`,
    /// those in which the computer slept, those that waited for another request's connection, and those whose stamps may be late by more than a tenth
    /// do not count.
    pub fn earlier_latency(&self, target: &TargetKey, streamed: bool, except: RunId) -> Result<Option<EarlierLatency>, StoreError> {
        // The cross join keeps the newest runs in the outer loop, so that the limits end the reading and not only the result.
        let mut statement = self.db.prepare_cached(
            "WITH chosen AS MATERIALIZED (
                SELECT t.run_seq, t.target_index FROM run_targets AS t JOIN runs AS r ON r.seq = t.run_seq
                WHERE t.connection_id = ?1 AND t.model = ?2 AND r.deleted_at_ns IS NULL AND r.id <> ?3
                    AND (t.params ->> '$.effort') IS (?4 ->> '$.effort') AND (t.params ->> '$.thinking') IS (?4 ->> '$.thinking')
                ORDER BY t.run_seq DESC LIMIT ?6
            ), looked_at AS (
                SELECT a.* FROM chosen AS c CROSS JOIN trials AS a ON a.run_seq = c.run_seq AND a.target_index = c.target_index LIMIT ?7
            ), answers AS (
                SELECT CASE WHEN ?5 THEN ttft_us ELSE end_us END AS whole_us, coalesce(dns_us, 0) + coalesce(connect_us, 0) AS set_up_us,
                    CASE WHEN load_delay_us > ?9 THEN load_delay_us ELSE 0 END AS late_us
                FROM looked_at WHERE status = 'finished' AND fallback_kind IS NULL AND streamed = ?5 AND slept_us IS NULL AND connection_use IS NOT 'awaited'
            ), counted AS (
                SELECT max(whole_us - set_up_us, 0) / 1000.0 AS ms FROM answers WHERE whole_us IS NOT NULL AND late_us * 10 <= whole_us LIMIT ?8
            )
            SELECT count(*), percentile(ms, 95) FROM counted",
        )?;
        let bounds = (MOST_RUNS, MOST_TRIALS, MOST_ANSWERS, integer(UNDER_LOAD_US, "a bound")?);
        let found = statement.query_row(
            params![target.connection_id, target.model, except, target.params, streamed, bounds.0, bounds.1, bounds.2, bounds.3],
            |row| Ok((count(row, 0)?, row.get::<_, Option<f64>>(1)?)),
        )?;
        Ok(found.1.map(|p95_ms| EarlierLatency { n: found.0, p95_ms }))
    }
}
