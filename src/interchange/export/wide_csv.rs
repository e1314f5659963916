//! Side by side: one row a case, the targets beside each other.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use crate::domain::{RunPlan, RunTarget, TrialRow};

use super::csv_writer::CsvWriter;
use super::numbers::ms;
use super::trial_text::{cell_of, fallback_label, sent_prompt};
use super::{ExportError, Written};

/// The columns of each target.
const PER_TARGET: [&str; 6] = ["output", "total_ms", "cost", "thumb", "score", "note"];
/// One more of a target that has a fallback: the label of that one, where it was asked.
const FALLBACK: &str = "fallback";

fn columns_of(target: &RunTarget) -> impl Iterator<Item = &'static str> {
    PER_TARGET.into_iter().chain(target.fallback.map(|_| FALLBACK))
}

/// Which repeats stand in the row of a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WideRepeats {
    /// The first only: `TARGET output`.
    #[default]
    First,
    /// All; from the second on as `TARGET #2 output`.
    All,
}

/// Writes case by case; holds the trials of one case at a time.
pub struct WideCsv<'p, W: Write> {
    csv: CsvWriter<W>,
    plan: &'p RunPlan,
    repeats: u32,
    /// The case whose trials are coming in.
    case_index: u32,
    trials: BTreeMap<(u32, u32), (TrialRow, String)>,
}

impl<'p, W: Write> WideCsv<'p, W> {
    /// Writes the header.
    pub fn begin(out: W, plan: &'p RunPlan, repeats: WideRepeats) -> Result<Self, ExportError> {
        let repeats = match repeats {
            WideRepeats::First => 1,
            WideRepeats::All => plan.settings.repeats.max(1),
        };
        let mut names = vec!["case_id".to_owned(), "prompt".to_owned()];
        for target in &plan.targets {
            let label = target.shown_label();
            for repeat in 1..=repeats {
                let number = if repeat == 1 { String::new() } else { format!(" #{repeat}") };
                names.extend(columns_of(target).map(|column| format!("{label}{number} {column}")));
            }
        }
        let mut csv = CsvWriter::new(out);
        csv.header(names)?;
        Ok(Self { csv, plan, repeats, case_index: 0, trials: BTreeMap::new() })
    }

    /// Takes one trial with its visible answer. Trials come case by case, as in [`RunPlan::cells`]; a later one of the same cell wins.
    pub fn push(&mut self, row: TrialRow, output: String) -> Result<(), ExportError> {
        cell_of(self.plan, &row)?;
        if row.cell.case_index < self.case_index {
            return Err(ExportError::OutOfOrder { case_index: row.cell.case_index });
        }
        while self.case_index < row.cell.case_index {
            self.end_case()?;
        }
        if row.cell.repeat < self.repeats {
            self.trials.insert((row.cell.target_index, row.cell.repeat), (row, output));
        }
        Ok(())
    }

    /// Writes the remaining cases, flushes and hands the writer back.
    pub fn finish(mut self) -> Result<(W, Written), ExportError> {
        while (self.case_index as usize) < self.plan.cases.len() {
            self.end_case()?;
        }
        Ok(self.csv.finish()?)
    }

    fn end_case(&mut self) -> Result<(), ExportError> {
        let case = &self.plan.cases[self.case_index as usize];
        let csv = &mut self.csv;
        csv.text(&case.id);
        csv.text_if_any(&sent_prompt(case).unwrap_or_default());
        for (target_index, target) in (0..).zip(&self.plan.targets) {
            for repeat in 0..self.repeats {
                let Some((row, output)) = self.trials.remove(&(target_index, repeat)) else {
                    for _ in columns_of(target) {
                        csv.unknown();
                    }
                    continue;
                };
                csv.text_if_any(&output);
                csv.bare_if_known(row.timing.map(|timing| ms(timing.total_us())));
                csv.bare_if_known(row.cost);
                csv.bare_if_known(row.judgement.thumb.map(|thumb| thumb.as_str()));
                csv.bare_if_known(row.judgement.score);
                csv.text_if_any(&row.judgement.note);
                if target.fallback.is_some() {
                    csv.text_if_any(&fallback_label(self.plan, &row));
                }
            }
        }
        csv.end_row()?;
        self.case_index += 1;
        Ok(())
    }
}

/// Writes a whole table from a stream of trials and their answers, case by case.
pub fn write_wide_csv<E: Error + Send + Sync + 'static>(
    out: &mut dyn Write,
    plan: &RunPlan,
    repeats: WideRepeats,
    trials: impl IntoIterator<Item = Result<(TrialRow, String), E>>,
) -> Result<Written, ExportError> {
    let mut csv = WideCsv::begin(out, plan, repeats)?;
    for trial in trials {
        let (row, output) = trial.map_err(|error| ExportError::Source(error.into()))?;
        csv.push(row, output)?;
    }
    Ok(csv.finish()?.1)
}
