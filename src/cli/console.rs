//! The terminal: results to stdout, everything else to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use indicatif::ProgressBar;
use serde_json::{Value, json};

use crate::analysis::DriftReference;
use crate::app::{NoticeLevel, TargetDrift, target_drift_words};
use crate::domain::{RunPlan, TrialRow};

use super::arguments::{Format, Globals};
use super::error::CliError;
use super::terminal_text::{one_line, visible, visible_json};

/// Writes what a command has to say. Everything written is safe for a terminal.
pub(super) struct Console {
    format: Format,
    quiet: bool,
    follow: bool,
    bar: Option<ProgressBar>,
    stdout_failed: Option<io::Error>,
}

impl Console {
    pub(super) fn new(globals: &Globals) -> Self {
        Self { format: globals.format, quiet: globals.quiet, follow: false, bar: None, stdout_failed: None }
    }

    /// Results are JSON.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Nothing in passing is wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The whole result: the JSON value, or the text. Only the one that is wanted is made.
    pub(super) fn answer(&mut self, json: impl FnOnce() -> Value, text: impl FnOnce() -> String) {
        if self.is_json() {
            let value = json();
            // A value cannot fail to be written as text.
            let text = serde_json::to_string_pretty(&value).unwrap_or_default();
            self.write(&(visible_json(&text) + "\n"));
        } else {
            self.write(&visible(&text()));
        }
    }

    /// Nobody reads any more when a pipe is closed, and that is no fault; anything else is remembered.
    fn write(&mut self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.stdout_failed = Some(error),
            Ok(()) | Err(_) => {}
        }
    }

    /// Why a result did not get out, if it did not.
    pub(super) fn output_error(&mut self) -> Option<CliError> {
        self.stdout_failed.take().map(|error| CliError::Output(format!("the result could not be written to standard output: {error}")))
    }

    /// Something to know in passing.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.to_stderr(&one_line(text));
        }
    }

    /// Something to look at; also when quiet.
    pub(super) fn warn(&self, text: &str) {
        self.to_stderr(&format!("warning: {}", one_line(text)));
    }

    /// A notice of the program.
    pub(super) fn notice(&self, level: NoticeLevel, text: &str) {
        match level {
            NoticeLevel::Info | NoticeLevel::Good => self.note(text),
            NoticeLevel::Warning | NoticeLevel::Error => self.warn(text),
        }
    }

    /// Why the command failed.
    pub(super) fn complain(&self, error: &CliError) {
        self.to_stderr(&error_text(self.format, error.kind(), &error.to_string()));
    }

    /// From now on each stored trial is told, or none.
    pub(super) fn follow(&mut self, follow: bool) {
        self.follow = follow;
    }

    /// A trial is stored: whoever reads this line can count on it.
    pub(super) fn stored(&self, plan: &RunPlan, row: &TrialRow) {
        if !self.follow {
            return;
        }
        let case_id = plan.cases.get(row.cell.case_index as usize).map(|case| case.id.as_str());
        let target = plan.targets.get(row.cell.target_index as usize).map(|target| target.label.as_str());
        let kind = row.failure.as_ref().map(|failure| failure.kind.as_str());
        let mut stored = json!({ "trial": row.id.to_string(), "case_id": case_id, "target": target, "repeat": row.cell.repeat,
            "status": row.status.as_str(), "error_kind": kind });
        if let Some(failure) = &row.fallback {
            stored["fallback"] = json!(plan.fallback_of(row.cell.target_index).map(|target| target.label.as_str()));
            stored["fallback_error_kind"] = json!(failure.kind.as_str());
        }
        self.to_stderr(&visible_json(&json!({ "stored": stored }).to_string()));
    }

    /// Targets have become slow, or no longer are.
    pub(super) fn drifted(&self, plan: &RunPlan, drifts: &[TargetDrift]) {
        for one in drifts {
            if self.follow {
                self.to_stderr(&visible_json(&drift_json(plan, one).to_string()));
            } else {
                self.note(&target_drift_words(plan, one));
            }
        }
    }

    /// A bar can be drawn.
    pub(super) fn has_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Shows a bar until [`Self::end_bar`]; what is told meanwhile stands above it.
    pub(super) fn show_bar(&mut self, bar: ProgressBar) {
        self.bar = Some(bar);
    }

    /// Takes the bar away.
    pub(super) fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn to_stderr(&self, line: &str) {
        let write = || {
            writeln!(io::stderr().lock(), "{line}").ok();
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

/// `{"drift": {"target", "slower_than": "history" | "limit", "flagged", "latency": "ttft" | "total", "p95_ms", "n", "slower", "timed_out", "reference_p95_ms",
/// "reference_n"}}`; `p95_ms` is `null` among timeouts, `reference_n` for a limit.
fn drift_json(plan: &RunPlan, one: &TargetDrift) -> Value {
    let drift = &one.turn.drift;
    let (slower_than, reference_n) = match drift.reference {
        DriftReference::History(earlier) => ("history", Some(earlier.n)),
        DriftReference::Limit(_) => ("limit", None),
    };
    json!({ "drift": {
        "target": plan.targets.get(one.target_index as usize).map(|target| target.label.as_str()),
        "slower_than": slower_than,
        "flagged": one.turn.raised,
        "latency": if drift.streamed { "ttft" } else { "total" },
        "p95_ms": drift.p95_ms,
        "n": drift.n,
        "slower": drift.slower,
        "timed_out": drift.timed_out,
        "reference_p95_ms": drift.reference.p95_ms(),
        "reference_n": reference_n,
    } })
}

/// An error as it is written to stderr, without line end.
pub(super) fn error_text(format: Format, kind: &str, message: &str) -> String {
    match format {
        Format::Text => format!("error: {}", one_line(message)),
        Format::Json => visible_json(&json!({ "error": { "kind": kind, "message": message } }).to_string()),
    }
}
