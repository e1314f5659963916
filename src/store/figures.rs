//! The figures of each target of each run, worked out in SQL. Runs that stopped keep them in `target_figures`; for a run that has got trials since
//! (`figures_stale`) they are worked out on the spot.

use rusqlite::{Row, params};

use super::columns::{Nano, count};
use super::{Archive, StoreError};
use crate::domain::{Currency, Money, RunId};

/// Common table expressions that make `live` from `stale(seq)`: percentiles over finished current trials in which the computer did not
/// sleep and that no fallback answered (which counts as a failure of the target), cost over all trials.
macro_rules! live_figures {
    () => {
        "answered AS (
            SELECT run_seq, target_index, iif(fell_back AND status = 'finished', 'failed', status) AS status,
                status = 'finished' AND fell_back AS fallback, iif(counts, ttft_us, NULL) AS ttft_us, iif(counts, end_us, NULL) AS end_us,
                iif(counts, output_tokens_per_s, NULL) AS output_tokens_per_s,
                own_attempts <= 0 OR (own_attempts = 1 AND NOT fell_back AND failure_kind IS 'internal' AND headers_us IS NULL) AS not_sent
            FROM (SELECT *, fallback_kind IS NOT NULL AS fell_back, status = 'finished' AND slept_us IS NULL AND fallback_kind IS NULL AS counts,
                    iif(fallback_kind IS NULL, attempts, attempts - (SELECT count(*) FROM attempts AS a WHERE a.trial_seq = t.seq AND a.fallback))
                        AS own_attempts
                FROM current_trials AS t WHERE run_seq IN (SELECT seq FROM stale))
        ),
        measures AS (
            SELECT run_seq, target_index, sum(status = 'finished') AS finished, sum(status = 'failed') AS failed,
                sum(status = 'cancelled') AS cancelled, percentile(ttft_us, 50) / 1000.0 AS ttft_p50_ms,
                percentile(ttft_us, 95) / 1000.0 AS ttft_p95_ms, percentile(end_us, 95) / 1000.0 AS total_p95_ms,
                percentile(output_tokens_per_s, 50) AS output_tokens_per_s_p50, sum(fallback) AS fallback,
                sum(status = 'failed' AND not_sent) AS not_sent
            FROM answered GROUP BY run_seq, target_index
        ),
        costs AS (
            SELECT run_seq, target_index, sum(cost_nano) AS cost_nano, sum(cost_nano IS NULL AND attempts > 0) AS unknown_costs
            FROM trials WHERE run_seq IN (SELECT seq FROM stale) GROUP BY run_seq, target_index
        ),
        live AS (
            SELECT run_seq, target_index, finished, failed, cancelled, ttft_p50_ms, ttft_p95_ms, total_p95_ms, output_tokens_per_s_p50,
                cost_nano, unknown_costs, fallback, not_sent
            FROM measures JOIN costs USING (run_seq, target_index)
        )"
    };
}

/// Common table expressions that make `figures` from `chosen(seq)`, kept ones and live ones.
macro_rules! figures {
    () => {
        concat!(
            "stale AS (SELECT seq FROM runs WHERE figures_stale = 1 AND seq IN (SELECT seq FROM chosen)), ",
            live_figures!(),
            ", figures AS (SELECT * FROM live UNION ALL SELECT * FROM target_figures \
             WHERE run_seq IN (SELECT seq FROM chosen) AND run_seq NOT IN (SELECT seq FROM stale))"
        )
    };
}
pub(super) use figures;
pub(super) use live_figures;

/// The columns that [`Figures::read`] reads.
macro_rules! figure_columns {
    () => {
        "coalesce(f.finished, 0), coalesce(f.failed, 0), coalesce(f.cancelled, 0), f.ttft_p50_ms, f.ttft_p95_ms, f.total_p95_ms, \
         f.output_tokens_per_s_p50, f.cost_nano, coalesce(f.unknown_costs, 0), t.currency, coalesce(f.fallback, 0), coalesce(f.not_sent, 0)"
    };
}
pub(super) use figure_columns;

/// One target in one run.
pub(super) struct Figures {
    pub(super) finished: u64,
    pub(super) failed: u64,
    pub(super) cancelled: u64,
    pub(super) ttft_p50_ms: Option<f64>,
    pub(super) ttft_p95_ms: Option<f64>,
    pub(super) total_p95_ms: Option<f64>,
    pub(super) output_tokens_per_s_p50: Option<f64>,
    /// Of all attempts with a known cost, superseded trials included.
    pub(super) cost: Option<Money>,
    pub(super) cost_incomplete: bool,
    /// Cells that a fallback answered; they are in `failed`.
    pub(super) fallback: u64,
    /// Cells that nothing was sent to the target for; they are in `failed`.
    pub(super) not_sent: u64,
}

impl Figures {
    /// Reads the [`figure_columns`] from the column `from` on.
    pub(super) fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let amount: Option<Nano> = row.get(from + 7)?;
        let currency: Option<String> = row.get(from + 9)?;
        let currency = currency.and_then(|code| Currency::new(&code).ok());
        Ok(Self {
            finished: count(row, from)?,
            failed: count(row, from + 1)?,
            cancelled: count(row, from + 2)?,
            ttft_p50_ms: row.get(from + 3)?,
            ttft_p95_ms: row.get(from + 4)?,
            total_p95_ms: row.get(from + 5)?,
            output_tokens_per_s_p50: row.get(from + 6)?,
            cost: amount.zip(currency).map(|(amount, currency)| Money { amount: amount.0, currency }),
            cost_incomplete: count(row, from + 8)? > 0,
            fallback: count(row, from + 10)?,
            not_sent: count(row, from + 11)?,
        })
    }
}

impl Archive {
    /// Works the figures of a run out and keeps them, so that history need not: for a run that has stopped. Takes a moment for a long one.
    pub fn keep_figures(&mut self, id: RunId) -> Result<(), StoreError> {
        let run_seq = self.run_seq(id)?;
        self.db.execute(
            concat!(
                "WITH stale(seq) AS (VALUES (?1)), ",
                live_figures!(),
                " INSERT OR REPLACE INTO target_figures (run_seq, target_index, finished, failed, cancelled, ttft_p50_ms, ttft_p95_ms, \
                 total_p95_ms, output_tokens_per_s_p50, cost_nano, unknown_costs, fallback, not_sent) SELECT * FROM live"
            ),
            params![run_seq],
        )?;
        self.db.execute("UPDATE runs SET figures_stale = 0 WHERE seq = ?1", params![run_seq])?;
        Ok(())
    }
}
