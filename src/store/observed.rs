//! What earlier answers were like: what a forecast rests on.

use rusqlite::params;

use super::columns::count;
use super::{Archive, StoreError};
use crate::domain::{ConnectionId, Observed, PromptSetId};

/// The newest runs that are looked at.
const MOST_RUNS: u32 = 20;
/// The answers that are looked at, newest run first.
const MOST_ANSWERS: u32 = 1_000;

impl Archive {
    /// Length and time of the newest finished answers of a model at a connection; absent when there are none. Those to this prompt set, any version,
    /// count alone when there are any. Answers that were cut by a lower maximum than `max_tokens` say nothing and are left out; longer ones
    /// count as long as the maximum. Times of answers in which the computer slept do not count.
    pub fn observed(
        &self,
        connection_id: ConnectionId,
        model: &str,
        max_tokens: Option<u32>,
        prompt_set: PromptSetId,
    ) -> Result<Option<Observed>, StoreError> {
        // The cross join keeps the newest runs in the outer loop, so that the limit ends the reading and not only the result.
        let mut statement = self.db.prepare_cached(
            "WITH chosen AS MATERIALIZED (
                SELECT t.run_seq, t.target_index FROM run_targets AS t JOIN runs AS r ON r.seq = t.run_seq
                JOIN prompt_set_versions AS v ON v.seq = r.version_seq JOIN prompt_sets AS s ON s.seq = v.prompt_set_seq
                WHERE t.connection_id = ?1 AND t.model = ?2 AND r.deleted_at_ns IS NULL
                    AND (t.params ->> '$.max_tokens' IS NULL OR t.params ->> '$.max_tokens' >= ?3) AND (s.id = ?4) = ?5
                ORDER BY t.run_seq DESC LIMIT ?6
            ), answers AS (
                SELECT a.output_tokens, CASE WHEN a.slept_us IS NULL THEN a.end_us END AS end_us FROM chosen AS c
                CROSS JOIN trials AS a ON a.run_seq = c.run_seq AND a.target_index = c.target_index
                WHERE a.status = 'finished' AND a.fallback_kind IS NULL AND a.output_tokens IS NOT NULL AND a.end_us IS NOT NULL LIMIT ?7
            )
            SELECT count(*), avg(min(output_tokens, coalesce(?3, output_tokens))), avg(end_us) / 1000.0 FROM answers",
        )?;
        for same_prompt_set in [true, false] {
            let found = statement.query_row(
                params![connection_id, model, max_tokens, prompt_set, same_prompt_set, MOST_RUNS, MOST_ANSWERS],
                |row| {
                    let means: (Option<f64>, Option<f64>) = (row.get(1)?, row.get(2)?);
                    Ok((count(row, 0)?, means.0.zip(means.1)))
                },
            )?;
            if let (n, Some((output_tokens_mean, total_mean_ms))) = found {
                return Ok(Some(Observed { n, output_tokens_mean, total_mean_ms, same_prompt_set }));
            }
        }
        Ok(None)
    }
}
