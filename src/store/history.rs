//! History: targets over many runs, worked out in SQL, one point a run.

use rusqlite::{Row, params};

use super::columns::{At, Json};
use super::figures::{Figures, figure_columns, figures, live_figures};
use super::{Archive, StoreError};
use crate::domain::{HistoryPromptSet, HistoryTarget, Money, TargetKey, TrendFilter, TrendPoint, cost_per_1k};

impl Archive {
    /// The points that the filter asks for, target by target, each from its oldest run to its newest. Runs in which nothing that was
    /// sent to a target finished or failed give no point.
    pub fn trend(&self, filter: &TrendFilter) -> Result<Vec<TrendPoint>, StoreError> {
        let targets: Vec<[String; 3]> =
            filter.targets.iter().map(|key| [hex(key.connection_id.0), key.model.clone(), key.params.clone()]).collect();
        let prompt_sets: Vec<String> = filter.prompt_sets.iter().map(|id| hex(id.0)).collect();
        let mut statement = self.db.prepare_cached(concat!(
            "WITH chosen AS (
                SELECT r.seq FROM runs AS r JOIN prompt_set_versions AS v ON v.seq = r.version_seq
                JOIN prompt_sets AS s ON s.seq = v.prompt_set_seq
                WHERE r.deleted_at_ns IS NULL AND (?3 IS NULL OR r.created_at_ns >= ?3)
                    AND (?2 = '[]' OR hex(s.id) IN (SELECT value FROM json_each(?2)))
            ), ",
            figures!(),
            ", points AS (
                SELECT t.*, row_number() OVER by_time - 1 AS rank, count(*) OVER (PARTITION BY t.connection_id, t.model, t.params) AS runs
                FROM figures AS f JOIN run_targets AS t USING (run_seq, target_index) JOIN runs AS r ON r.seq = t.run_seq
                WHERE f.finished + f.failed > f.not_sent AND (?4 OR NOT t.simulated) AND (?1 = '[]' OR (hex(t.connection_id), t.model, t.params) IN
                    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)))
                WINDOW by_time AS (PARTITION BY t.connection_id, t.model, t.params ORDER BY r.created_at_ns, r.seq, t.target_index)
            )
            SELECT r.id, r.created_at_ns, s.id, r.prompt_set_name, t.connection_id, t.model, t.params, t.label, t.connection_name, t.simulated,
                t.runs, ",
            figure_columns!(),
            " FROM points AS t JOIN figures AS f USING (run_seq, target_index) JOIN runs AS r ON r.seq = t.run_seq
            JOIN prompt_set_versions AS v ON v.seq = r.version_seq JOIN prompt_sets AS s ON s.seq = v.prompt_set_seq
            WHERE t.runs <= ?5 OR t.rank = 0 OR t.rank * (?5 - 1) / (t.runs - 1) <> (t.rank - 1) * (?5 - 1) / (t.runs - 1)
            ORDER BY t.connection_id, t.model, t.params, t.rank"
        ))?;
        let points = statement
            .query_map(
                params![
                    Json(&targets),
                    Json(&prompt_sets),
                    filter.from.map(At),
                    filter.include_simulated,
                    filter.max_points_per_target.max(2)
                ],
                point,
            )?
            .collect::<Result<_, _>>()?;
        Ok(points)
    }

    /// The targets that history knows, the one used last first.
    pub fn history_targets(&self) -> Result<Vec<HistoryTarget>, StoreError> {
        // With max(), SQLite takes the other columns from the row that has it: the newest run.
        let mut statement = self.db.prepare_cached(
            "SELECT t.connection_id, t.model, t.params, t.label, t.colour, t.connection_name, count(DISTINCT r.seq), r.created_at_ns, t.simulated, \
             max(r.seq) AS newest FROM run_targets AS t JOIN runs AS r ON r.seq = t.run_seq WHERE r.deleted_at_ns IS NULL \
             GROUP BY t.connection_id, t.model, t.params ORDER BY newest DESC, t.target_index",
        )?;
        let targets = statement
            .query_map([], |row| {
                Ok(HistoryTarget {
                    key: key(row, 0)?,
                    label: row.get(3)?,
                    colour: row.get(4)?,
                    connection_name: row.get(5)?,
                    runs: row.get(6)?,
                    last_run_at: row.get::<_, At>(7)?.0,
                    simulated: row.get(8)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(targets)
    }

    /// The prompt sets that history knows, the one used last first.
    pub fn history_prompt_sets(&self) -> Result<Vec<HistoryPromptSet>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT s.id, r.prompt_set_name, count(*), max(r.seq) AS newest FROM runs AS r \
             JOIN prompt_set_versions AS v ON v.seq = r.version_seq JOIN prompt_sets AS s ON s.seq = v.prompt_set_seq \
             WHERE r.deleted_at_ns IS NULL GROUP BY s.seq ORDER BY newest DESC",
        )?;
        let sets = statement
            .query_map([], |row| Ok(HistoryPromptSet { id: row.get(0)?, name: row.get(1)?, runs: row.get(2)? }))?
            .collect::<Result<_, _>>()?;
        Ok(sets)
    }
}

fn hex(id: uuid::Uuid) -> String {
    format!("{:X}", id.simple())
}

fn key(row: &Row<'_>, from: usize) -> rusqlite::Result<TargetKey> {
    Ok(TargetKey { connection_id: row.get(from)?, model: row.get(from + 1)?, params: row.get(from + 2)? })
}

fn point(row: &Row<'_>) -> rusqlite::Result<TrendPoint> {
    let figures = Figures::read(row, 11)?;
    let failed = figures.failed.saturating_sub(figures.not_sent);
    let n = figures.finished + failed;
    let answered = figures.finished + figures.fallback;
    let per_1k = |cost: Money| Some(Money { amount: cost_per_1k(cost.amount, answered)?, currency: cost.currency });
    Ok(TrendPoint {
        run_id: row.get(0)?,
        created_at: row.get::<_, At>(1)?.0,
        prompt_set: row.get(2)?,
        prompt_set_name: row.get(3)?,
        target: key(row, 4)?,
        label: row.get(7)?,
        connection_name: row.get(8)?,
        n,
        finished: figures.finished,
        failed,
        not_sent: figures.not_sent,
        by_fallback: figures.fallback,
        ttft_p50_ms: figures.ttft_p50_ms,
        ttft_p95_ms: figures.ttft_p95_ms,
        total_p95_ms: figures.total_p95_ms,
        output_tokens_per_s_p50: figures.output_tokens_per_s_p50,
        cost_per_1k_requests: figures.cost.and_then(per_1k),
        cost_incomplete: figures.cost_incomplete,
        error_rate: failed as f64 / n as f64,
        simulated: row.get(9)?,
        runs_of_target: row.get(10)?,
    })
}
