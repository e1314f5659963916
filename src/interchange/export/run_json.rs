//! A run as one lossless JSON value: plan, summary, every trial with its texts and attempts.

use std::error::Error;
use std::io::Write;

use serde::Serialize;

use crate::domain::{RunPlan, RunStatus, Trial};

use super::{ExportError, SummaryExportRow, Written};

/// The value of `format`.
pub const RUN_FORMAT: &str = "assay run";
/// The value of `version`; it rises when a reader of the version before could misread the file.
pub const RUN_FORMAT_VERSION: u32 = 1;

/// Writes trial by trial; holds one at a time.
pub struct RunJson<W: Write> {
    out: W,
    rows: u64,
}

#[derive(Serialize)]
struct Head<'a> {
    format: &'static str,
    version: u32,
    simulated: bool,
    status: RunStatus,
    plan: &'a RunPlan,
    summary: &'a [SummaryExportRow],
}

impl<W: Write> RunJson<W> {
    /// Writes everything above the trials.
    pub fn begin(mut out: W, plan: &RunPlan, status: RunStatus, summary: &[SummaryExportRow]) -> Result<Self, ExportError> {
        let head = Head { format: RUN_FORMAT, version: RUN_FORMAT_VERSION, simulated: plan.is_simulated(), status, plan, summary };
        let mut text = serde_json::to_string(&head)?;
        // The list of trials goes into the same object.
        text.truncate(text.len() - 1);
        write!(out, "{text},\"trials\":[")?;
        Ok(Self { out, rows: 0 })
    }

    /// Writes one trial; superseded ones belong here too.
    pub fn push(&mut self, trial: &Trial) -> Result<(), ExportError> {
        self.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, trial)?;
        self.rows += 1;
        Ok(())
    }

    /// Closes the value, flushes and hands the writer back.
    pub fn finish(mut self) -> Result<(W, Written), ExportError> {
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok((self.out, Written { rows: self.rows, nul_replaced: 0 }))
    }
}

/// Writes a whole run from a stream of trials.
pub fn write_run_json<E: Error + Send + Sync + 'static>(
    out: &mut dyn Write,
    plan: &RunPlan,
    status: RunStatus,
    summary: &[SummaryExportRow],
    trials: impl IntoIterator<Item = Result<Trial, E>>,
) -> Result<Written, ExportError> {
    let mut json = RunJson::begin(out, plan, status, summary)?;
    for trial in trials {
        json.push(&trial.map_err(|error| ExportError::Source(error.into()))?)?;
    }
    Ok(json.finish()?.1)
}
