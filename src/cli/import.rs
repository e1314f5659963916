//! `assay import`: what was taken and what was not.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::analysis::format_counted;
use crate::app::{Command, ExchangeCommand, ExchangeFact, Fact, PromptFact};
use crate::domain::PromptSet;
use crate::interchange::import::ImportPreview;

use super::arguments::ImportOptions;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;

/// Problems shown as text; all of them are in the JSON.
const MOST_PROBLEMS: usize = 50;

/// Reads a file as the import sheet does; nothing is kept yet.
pub(super) fn read(session: &mut Session<'_>, path: PathBuf) -> Result<Arc<ImportPreview>, CliError> {
    let shown = path.display().to_string();
    let effects = session.wish(Command::Exchange(ExchangeCommand::ReadImport(path)));
    session.ask(effects, |fact| match fact {
        Fact::Exchange(ExchangeFact::Previewed { result: Ok(preview), .. }) => Some(Ok(Arc::clone(preview))),
        Fact::Exchange(ExchangeFact::Previewed { result: Err(refusal), .. }) => {
            let message = &refusal.message;
            // Messages about the file itself name it already.
            Some(Err(CliError::Input(if message.contains(&shown) { message.clone() } else { format!("{message}: {shown}") })))
        }
        _ => None,
    })
}

/// Waits for the set that effects have made.
pub(super) fn created(session: &mut Session<'_>, effects: Vec<crate::app::Effect>) -> Result<PromptSet, CliError> {
    session.ask(effects, |fact| match fact {
        Fact::Prompts(PromptFact::Created(set)) => Some(Ok((**set).clone())),
        Fact::Prompts(PromptFact::Failed { message }) => Some(Err(CliError::Failed(message.clone()))),
        _ => None,
    })
}

/// Stores the prompts of a file as a set.
pub(super) fn import(session: &mut Session<'_>, options: ImportOptions) -> Result<Exit, CliError> {
    let preview = read(session, options.file)?;
    let set = if preview.cases.is_empty() {
        None
    } else {
        if let Some(name) = options.name {
            session.wish(Command::Exchange(ExchangeCommand::NameImport(name)));
        }
        let effects = session.wish(Command::Exchange(ExchangeCommand::CommitImport));
        Some(created(session, effects)?.head)
    };
    let json = || {
        json!({
            "imported": preview.cases.len(),
            "skipped": preview.skipped,
            "warnings": preview.warnings,
            "set": set.as_ref().map(|head| &head.name),
            "format": preview.format,
            "encoding": preview.encoding,
        })
    };
    session.console.answer(json, || text(&preview, set.as_ref().map(|head| head.name.as_str())));
    Ok(if set.is_some() { Exit::Done } else { Exit::Error })
}

fn text(preview: &ImportPreview, set: Option<&str>) -> String {
    let taken = format_counted(preview.cases.len() as u64, "case", "cases");
    let mut text = match set {
        Some(name) => {
            format!("Imported {taken} as “{}” ({}, {})\n", super::terminal_text::one_line(name), preview.format.label(), preview.encoding)
        }
        None => format!("Nothing was imported ({}, {})\n", preview.format.label(), preview.encoding),
    };
    problems(preview, &mut text);
    text
}

/// What was not taken, and what to know, line by line.
pub(super) fn problems(preview: &ImportPreview, text: &mut String) {
    let skipped = preview.skipped.iter().map(|problem| format!("row {} was not taken: {}", problem.row, problem.reason));
    let warnings = preview.warnings.iter().map(|warning| match warning.row {
        Some(row) => format!("row {row}: {}", warning.message),
        None => warning.message.clone(),
    });
    let count = preview.skipped.len() + preview.warnings.len();
    for line in skipped.chain(warnings).take(MOST_PROBLEMS) {
        writeln!(text, "{}", super::terminal_text::one_line(&line)).ok();
    }
    if count > MOST_PROBLEMS {
        writeln!(text, "and {} more", count - MOST_PROBLEMS).ok();
    }
}
