//! Files out: prompt sets, comparisons and whole runs. Text that a spreadsheet could execute is guarded; a stored key stops the export.

mod chat_turn;
mod comparison_csv;
mod csv_writer;
mod error;
mod guard;
mod leak;
mod numbers;
mod prompts_csv;
mod prompts_jsonl;
mod run_json;
mod summary_csv;
mod trial_text;
mod wide_csv;

#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod sample;

pub use comparison_csv::{COMPARISON_COLUMNS, COMPARISON_END_COLUMNS, ComparisonCsv, write_comparison_csv};
pub use csv_writer::Written;
pub use error::ExportError;
pub use guard::{guarded, is_live, unguarded};
pub use leak::{KeyFound, LeakGuard};
pub use prompts_csv::write_prompts_csv;
pub use prompts_jsonl::write_prompts_jsonl;
pub use run_json::{RUN_FORMAT, RUN_FORMAT_VERSION, RunJson, write_run_json};
pub use summary_csv::{SUMMARY_COLUMNS, SummaryExportRow, write_summary_csv};
pub use wide_csv::{WideCsv, WideRepeats, write_wide_csv};
