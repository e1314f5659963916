//! The comparison: one row a trial.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;

use crate::domain::{Citations, RunPlan, TrialRow};

use super::csv_writer::CsvWriter;
use super::numbers::{decimals_3, instant, ms};
use super::trial_text::{cell_of, fallback_label, sent_prompt};
use super::{ExportError, Written};

/// The fixed columns, in order; one `var.NAME` a variable follows, in the order of their names, and [`COMPARISON_END_COLUMNS`].
pub const COMPARISON_COLUMNS: [&str; 43] = [
    "run_id",
    "case_id",
    "case_index",
    "repeat",
    "target",
    "connection",
    "model",
    "response_model",
    "status",
    "error_kind",
    "error",
    "attempts",
    "fallback",
    "fallback_error_kind",
    "ttft_ms",
    "total_ms",
    "waited_ms",
    "queue_ms",
    "output_tokens_per_s",
    "gap_p50_ms",
    "gap_p95_ms",
    "longest_gap_ms",
    "connection_use",
    "dns_ms",
    "connect_ms",
    "slept_ms",
    "load_delay_ms",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "usage_source",
    "cost",
    "currency",
    "price_source",
    "finish_reason",
    "started_at",
    "vantage",
    "thumb",
    "score",
    "note",
    "prompt",
    "output",
];

/// The columns after those of the variables: what providers say besides their answers. Sources are their addresses, one a line.
pub const COMPARISON_END_COLUMNS: [&str; 2] = ["stated_cost_usd", "citations"];

/// Writes a comparison trial by trial, in the order in which they are pushed; holds one row at a time.
pub struct ComparisonCsv<'p, W: Write> {
    csv: CsvWriter<W>,
    plan: &'p RunPlan,
    variables: Vec<&'p str>,
}

impl<'p, W: Write> ComparisonCsv<'p, W> {
    /// Writes the header.
    pub fn begin(out: W, plan: &'p RunPlan) -> Result<Self, ExportError> {
        let variables: BTreeSet<&str> = plan.cases.iter().flat_map(|case| case.vars.keys().map(String::as_str)).collect();
        let variables: Vec<&str> = variables.into_iter().collect();
        let mut csv = CsvWriter::new(out);
        let fixed = COMPARISON_COLUMNS.iter().map(|name| (*name).to_owned());
        let end = COMPARISON_END_COLUMNS.iter().map(|name| (*name).to_owned());
        csv.header(fixed.chain(variables.iter().map(|name| format!("var.{name}"))).chain(end))?;
        Ok(Self { csv, plan, variables })
    }

    /// Writes one trial with its visible answer and the sources that this names.
    pub fn push(&mut self, row: &TrialRow, output: &str, citations: &Citations) -> Result<(), ExportError> {
        let (case, target) = cell_of(self.plan, row)?;
        let csv = &mut self.csv;
        csv.bare(self.plan.id);
        csv.text(&case.id);
        csv.bare(u64::from(row.cell.case_index) + 1);
        csv.bare(u64::from(row.cell.repeat) + 1);
        csv.text(&target.shown_label());
        csv.text(&target.connection.marked(&target.connection.name));
        csv.text(&target.model);
        csv.text_if_any(row.response_model.as_deref().unwrap_or_default());
        csv.bare(row.status.as_str());
        csv.bare_if_known(row.failure.as_ref().map(|failure| failure.kind.as_str()));
        csv.text_if_any(row.failure.as_ref().map_or("", |failure| &failure.message));
        csv.bare(row.attempts);
        csv.text_if_any(&fallback_label(self.plan, row));
        csv.bare_if_known(row.fallback.as_ref().map(|failure| failure.kind.as_str()));
        csv.bare_if_known(row.timing.and_then(|timing| timing.ttft_us()).map(ms));
        csv.bare_if_known(row.timing.map(|timing| ms(timing.total_us())));
        csv.bare_if_known(row.waited_us.map(ms));
        csv.bare_if_known(row.queue_us.map(ms));
        csv.bare_if_known(row.output_tokens_per_s.and_then(decimals_3));
        self.measuring(row);
        let csv = &mut self.csv;
        csv.bare_if_known(row.usage.map(|usage| usage.input_tokens));
        csv.bare_if_known(row.usage.and_then(|usage| usage.cached_input_tokens));
        csv.bare_if_known(row.usage.map(|usage| usage.output_tokens));
        csv.bare_if_known(row.usage.and_then(|usage| usage.reasoning_tokens));
        csv.bare_if_known(row.usage.map(|usage| usage.source.as_str()));
        csv.bare_if_known(row.cost);
        csv.bare_if_known(target.price.as_ref().map(|price| &price.currency));
        csv.bare_if_known(target.price.as_ref().map(|price| price.standing.as_str()));
        csv.text_if_any(row.finish_reason.as_deref().unwrap_or_default());
        csv.bare_if_known(row.started_at.map(instant));
        csv.text_if_any(&self.plan.settings.vantage);
        csv.bare_if_known(row.judgement.thumb.map(|thumb| thumb.as_str()));
        csv.bare_if_known(row.judgement.score);
        csv.text_if_any(&row.judgement.note);
        csv.text_if_any(&sent_prompt(case).unwrap_or_default());
        csv.text_if_any(output);
        for name in &self.variables {
            match case.vars.get(*name) {
                Some(value) => csv.text(value),
                None => csv.unknown(),
            }
        }
        csv.bare_if_known(row.stated_cost);
        csv.text_if_any(&citations.addresses());
        Ok(csv.end_row()?)
    }

    /// Gaps, and what the trial was measured under.
    fn measuring(&mut self, row: &TrialRow) {
        let csv = &mut self.csv;
        for p in [50.0, 95.0] {
            csv.bare_if_known(row.gaps.percentile_us(p).and_then(|us| decimals_3(us / 1e3)));
        }
        let set_up = row.timing.and_then(|timing| timing.set_up);
        csv.bare_if_known(row.timing.and_then(|timing| timing.longest_gap_us).map(ms));
        csv.bare_if_known(set_up.map(|set_up| set_up.connection.as_str()));
        csv.bare_if_known(set_up.and_then(|set_up| set_up.dns_us).map(ms));
        csv.bare_if_known(set_up.and_then(|set_up| set_up.connect_us).map(ms));
        csv.bare_if_known(row.timing.map(|timing| ms(timing.slept_us)));
        csv.bare_if_known(row.timing.and_then(|timing| timing.load_delay_us).map(ms));
    }

    /// Flushes and hands the writer back.
    pub fn finish(self) -> Result<(W, Written), ExportError> {
        Ok(self.csv.finish()?)
    }
}

/// Writes a whole comparison from a stream of trials and their answers.
pub fn write_comparison_csv<E: Error + Send + Sync + 'static>(
    out: &mut dyn Write,
    plan: &RunPlan,
    trials: impl IntoIterator<Item = Result<(TrialRow, (String, Citations)), E>>,
) -> Result<Written, ExportError> {
    let mut csv = ComparisonCsv::begin(out, plan)?;
    for trial in trials {
        let (row, (output, citations)) = trial.map_err(|error| ExportError::Source(error.into()))?;
        csv.push(&row, &output, &citations)?;
    }
    Ok(csv.finish()?.1)
}
