//! `--prompts`: a file or a stored set.

use std::ffi::OsStr;
use std::path::Path;

use crate::app::{Command, Effect, Fact, PromptCommand, PromptFact};
use crate::domain::PromptSet;

use super::error::CliError;
use super::import::{created, problems, read};
use super::listing::names;
use super::session::Session;

/// The prompts that are meant: an existing path is a file, anything else the name of a set.
pub(super) fn prompts(session: &mut Session<'_>, meant: &OsStr) -> Result<PromptSet, CliError> {
    let path = Path::new(meant);
    if path.exists() { from_file(session, path) } else { from_set(session, &meant.to_string_lossy()) }
}

fn from_file(session: &mut Session<'_>, path: &Path) -> Result<PromptSet, CliError> {
    let preview = read(session, path.to_owned())?;
    let mut told = String::new();
    problems(&preview, &mut told);
    told.lines().for_each(|line| session.console.warn(line));
    if preview.cases.is_empty() {
        return Err(CliError::Input(format!("the file holds no prompt that could be taken: {}", path.display())));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    created(session, vec![Effect::KeepFileSet { name, cases: preview.cases.clone() }])
}

fn from_set(session: &mut Session<'_>, name: &str) -> Result<PromptSet, CliError> {
    let listed: Vec<_> = session.state.prompts.listed().collect();
    let found = listed.iter().find(|head| head.name == name).or_else(|| listed.iter().find(|head| head.name.eq_ignore_ascii_case(name)));
    let Some(head) = found else {
        let known = names(listed.iter().map(|head| head.name.as_str()));
        let sets = if known.is_empty() { "there are no stored sets".to_owned() } else { format!("the stored sets are {known}") };
        return Err(CliError::NotFound(format!("“{name}” is neither a file nor a prompt set; {sets}")));
    };
    let id = head.id;
    let effects = session.wish(Command::Prompts(PromptCommand::Open(id)));
    session.ask(effects, |fact| match fact {
        Fact::Prompts(PromptFact::Loaded(set)) if set.head.id == id => Some(Ok((**set).clone())),
        Fact::Prompts(PromptFact::Failed { message }) => Some(Err(CliError::Failed(message.clone()))),
        _ => None,
    })
}
