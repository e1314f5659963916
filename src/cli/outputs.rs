//! The files that a run is written to.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

use crate::analysis::{Basis, TimesOf};
use crate::app::backend::OutputPlaces;
use crate::app::{Effect, ExchangeFact, ExportKind, Fact};
use crate::domain::RunId;

use super::arguments::OutputOptions;
use super::error::CliError;
use super::session::Session;
use super::terminal_text::one_line;

/// What goes where.
#[derive(Debug)]
pub(super) struct Outputs {
    files: Vec<Output>,
    /// What the summary is made of, in its file and on screen.
    basis: Basis,
}

#[derive(Debug)]
struct Output {
    option: &'static str,
    kind: ExportKind,
    path: PathBuf,
    /// Where links lead; two outputs with the same are one file.
    place: PathBuf,
}

impl Outputs {
    /// Looks before anything is sent whether the files can be where they are wanted. None takes the place of another, of the program's own files,
    /// or of `prompts`, the file that the prompts come from.
    pub(super) fn new(places: &OutputPlaces, options: &OutputOptions, prompts: Option<&Path>) -> Result<Self, CliError> {
        let times_of = if options.without_new_connections { TimesOf::KeptConnections } else { TimesOf::AllTrials };
        let basis = if options.all_answered { Basis::all_answered(times_of) } else { Basis::in_common(times_of) };
        let asked = [
            ("csv", ExportKind::Comparison, &options.csv),
            ("summary-csv", ExportKind::Summary { basis }, &options.summary_csv),
            ("wide-csv", ExportKind::SideBySide { all_repeats: false }, &options.wide_csv),
            ("json", ExportKind::Json, &options.json),
        ];
        let source = prompts.and_then(|path| path.canonicalize().ok());
        let mut outputs: Vec<Output> = Vec::new();
        for (option, kind, path) in asked {
            let Some(path) = path else { continue };
            let refused = |reason: String| CliError::Output(format!("--{option}: {reason}"));
            let path = std::path::absolute(path).map_err(|error| refused(format!("no path ({error})")))?;
            let place = places.find(&path).map_err(refused)?;
            if source.as_ref() == Some(&place) {
                return Err(refused(format!("this is the file of the prompts, which would be lost; choose another: {}", path.display())));
            }
            if let Some(other) = outputs.iter().find(|other| other.place == place) {
                return Err(CliError::Output(format!("--{} and --{option} name the same file: {}", other.option, path.display())));
            }
            outputs.push(Output { option, kind, path, place });
        }
        Ok(Self { files: outputs, basis })
    }

    /// What the summary is made of.
    pub(super) fn basis(&self) -> Basis {
        self.basis
    }

    /// Writes every file, also when another one fails; the first failure is the error.
    pub(super) fn write(&self, session: &mut Session<'_>, run_id: RunId) -> Result<(), CliError> {
        let mut failure = None;
        for output in &self.files {
            let effect = Effect::ExportRun { run_id, kind: output.kind, path: output.path.clone() };
            let written = session.ask(vec![effect], |fact| match fact {
                Fact::Exchange(ExchangeFact::Exported { .. }) => Some(Ok(())),
                Fact::Exchange(ExchangeFact::ExportFailed { message }) => Some(Err(CliError::Output(message.clone()))),
                _ => None,
            });
            match written {
                Ok(()) => session.console.note(&format!("written: {}", output.path.display())),
                Err(CliError::Interrupted) => return Err(CliError::Interrupted),
                Err(error) if failure.is_none() => failure = Some(error),
                Err(error) => session.console.complain(&error),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// `[{"kind": "csv", "path": …}]`.
    pub(super) fn as_json(&self) -> Value {
        self.files.iter().map(|output| json!({ "kind": output.option, "path": output.path.to_string_lossy() })).collect()
    }

    /// A line for each file.
    pub(super) fn as_text(&self) -> String {
        let lines: Vec<String> = self.files.iter().map(|output| one_line(&output.path.to_string_lossy())).collect();
        lines.join("\n") + "\n"
    }
}

/// An amount as a JSON number, as in the summary.
pub(super) fn number(amount: Decimal) -> Option<Number> {
    amount.to_string().parse::<f64>().ok().and_then(Number::from_f64)
}
