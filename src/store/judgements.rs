//! Judgements: append-only, the last one of a trial holds.

use std::collections::HashMap;

use rusqlite::{OptionalExtension as _, params};

use super::columns::word_if_any;
use super::{Archive, StoreError};
use crate::domain::{Judgement, Thumb, TrialId};

impl Archive {
    /// Sets the judgement of a trial's answer; an empty one takes it back.
    pub fn judge(&mut self, id: TrialId, judgement: &Judgement) -> Result<(), StoreError> {
        if judgement.score.is_some_and(|score| !(1..=5).contains(&score)) {
            return Err(StoreError::OutOfRange("a score (1 to 5)"));
        }
        let trial_seq: i64 = self
            .db
            .query_row("SELECT seq FROM trials WHERE id = ?1", [id], |row| row.get(0))
            .optional()?
            .ok_or(StoreError::NotFound("trial"))?;
        self.db.execute(
            "INSERT INTO judgements (trial_seq, at_ns, thumb, score, note) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![trial_seq, Self::now(), judgement.thumb.map(Thumb::as_str), judgement.score, judgement.note],
        )?;
        Ok(())
    }

    /// The judgements that hold in a run, by row number of the trial.
    pub(super) fn judgements(&self, run_seq: i64) -> Result<HashMap<i64, Judgement>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT j.trial_seq, j.thumb, j.score, j.note FROM trials AS t JOIN judgements AS j ON j.trial_seq = t.seq WHERE t.run_seq = ?1 \
             ORDER BY j.seq",
        )?;
        let thumb = |text: &str| [Thumb::Up, Thumb::Down].into_iter().find(|thumb| thumb.as_str() == text);
        let judgements = statement
            .query_map([run_seq], |row| {
                Ok((row.get(0)?, Judgement { thumb: word_if_any(row, 1, thumb)?, score: row.get(2)?, note: row.get(3)? }))
            })?
            .collect::<Result<_, _>>()?;
        Ok(judgements)
    }
}
