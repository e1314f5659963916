//! Storing ended trials: append-only, texts apart from figures.

use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{ToSql, params, params_from_iter};

use super::columns::{
    At, Json, Nano, failure_values, gaps_value, integer, integer_if_any, timing_columns, timing_values, usage_columns, usage_values,
};
use super::{Archive, StoreError};
use crate::domain::{Attempt, RunId, Trial};

macro_rules! trial_columns {
    () => {
        concat!(
            "id, run_seq, case_index, repeat, target_index, supersedes, status, failure_kind, failure_message, attempts, started_at_ns, \
             waited_us, queue_us, ttft_us, output_tokens_per_s, cost_nano, response_model, finish_reason, first_line, warnings, output_hash, gaps, ",
            timing_columns!(),
            ", ",
            usage_columns!(),
            ", fallback_kind, fallback_message, stated_cost_nano"
        )
    };
}

macro_rules! attempt_columns {
    () => {
        concat!(
            "number, started_at_ns, http_status, failure_kind, failure_message, cost_nano, request_id, backoff_us, evidence, ",
            timing_columns!(),
            ", ",
            usage_columns!(),
            ", fallback, stated_cost_nano"
        )
    };
}
pub(super) use attempt_columns;

static INSERT_TRIAL: LazyLock<String> = LazyLock::new(|| {
    format!("INSERT INTO trials ({}) VALUES ({}) ON CONFLICT (id) DO NOTHING", trial_columns!(), places(trial_columns!()))
});

static INSERT_ATTEMPT: LazyLock<String> = LazyLock::new(|| {
    let columns = concat!("trial_seq, position, ", attempt_columns!());
    format!("INSERT INTO attempts ({columns}) VALUES ({})", places(columns))
});

/// One `?` a column.
fn places(columns: &str) -> String {
    vec!["?"; columns.split(',').count()].join(", ")
}

impl Archive {
    /// Stores an ended trial. The last one stored of a cell is the current one; those before it stay and their cost counts. A trial that is already
    /// there is left as it is. What was set aside for the cell is taken away.
    pub fn record(&mut self, run_id: RunId, trial: &Trial) -> Result<(), StoreError> {
        let run_seq = self.run_seq(run_id)?;
        let row = &trial.row;
        self.take_away(run_seq, row.cell)?;
        let mut values = vec![
            column(&row.id)?,
            run_seq.into(),
            row.cell.case_index.into(),
            row.cell.repeat.into(),
            row.cell.target_index.into(),
            column(&row.supersedes)?,
            row.status.as_str().to_owned().into(),
        ];
        values.extend(failure_values(row.failure.as_ref()));
        values.extend([
            row.attempts.into(),
            column(&row.started_at.map(At))?,
            integer_if_any(row.waited_us, "a time")?,
            integer_if_any(row.queue_us, "a time")?,
            integer_if_any(row.timing.as_ref().and_then(|timing| timing.ttft_us()), "a time stamp")?,
            row.output_tokens_per_s.into(),
            column(&row.cost.map(Nano))?,
            row.response_model.clone().into(),
            row.finish_reason.clone().into(),
            row.first_line.clone().into(),
            if row.warnings.is_empty() { Value::Null } else { column(&Json(&row.warnings))? },
            row.output_hash.cast_signed().into(),
            gaps_value(&row.gaps),
        ]);
        values.extend(timing_values(row.timing.as_ref())?);
        values.extend(usage_values(row.usage.as_ref())?);
        values.extend(failure_values(row.fallback.as_ref()));
        values.push(column(&row.stated_cost.map(Nano))?);
        if self.db.prepare_cached(&INSERT_TRIAL)?.execute(params_from_iter(values))? == 0 {
            return Ok(());
        }
        let trial_seq = self.db.last_insert_rowid();
        let body = &trial.body;
        let citations = (!body.citations.is_empty()).then_some(Json(&body.citations));
        self.db
            .prepare_cached(
                "INSERT INTO trial_bodies (trial_seq, output, reasoning, request, error_body, citations) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![trial_seq, body.output, body.reasoning, body.request, body.error_body, citations])?;
        for (position, attempt) in (0i64..).zip(&body.attempts) {
            self.insert_attempt(trial_seq, position, attempt)?;
        }
        self.db.prepare_cached("UPDATE runs SET figures_stale = 1 WHERE seq = ?1 AND figures_stale = 0")?.execute([run_seq])?;
        Ok(())
    }

    fn insert_attempt(&self, trial_seq: i64, position: i64, attempt: &Attempt) -> Result<(), StoreError> {
        let mut values: Vec<Value> =
            vec![trial_seq.into(), position.into(), attempt.number.into(), column(&At(attempt.started_at))?, attempt.http_status.into()];
        values.extend(failure_values(attempt.failure.as_ref()));
        values.extend([column(&attempt.cost.map(Nano))?, attempt.request_id.clone().into(), integer(attempt.backoff_us, "a time")?.into()]);
        values.push(if attempt.evidence.is_empty() { Value::Null } else { column(&Json(&attempt.evidence))? });
        values.extend(timing_values(Some(&attempt.timing))?);
        values.extend(usage_values(attempt.usage.as_ref())?);
        values.push(attempt.fallback.then_some(true).into());
        values.push(column(&attempt.stated_cost.map(Nano))?);
        self.db.prepare_cached(&INSERT_ATTEMPT)?.execute(params_from_iter(values))?;
        Ok(())
    }
}

/// A value as its column holds it.
fn column(value: &impl ToSql) -> rusqlite::Result<Value> {
    Ok(match value.to_sql()? {
        rusqlite::types::ToSqlOutput::Borrowed(value) => {
            value.try_into().map_err(|error: rusqlite::types::FromSqlError| rusqlite::Error::ToSqlConversionFailure(error.into()))?
        }
        rusqlite::types::ToSqlOutput::Owned(value) => value,
        _ => return Err(rusqlite::Error::InvalidQuery),
    })
}
