//! `assay bench compare`: a stored run, also one of the window, against the truth server that answered it.

use serde_json::Value;

use crate::app::{Effect, Fact, RunFact};
use crate::bench::{Measured, errors, fetch_truth};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::session::Session;
use super::arguments::CompareOptions;
use super::level::measured_of;
use super::report_text::errors_table;

/// Prints how far the stored figures of a run are from the truth.
pub(in crate::cli) fn compare(session: &mut Session<'_>, options: &CompareOptions) -> Result<Exit, CliError> {
    let truths = fetch_truth(&options.server)?;
    let run_id = options.run;
    let measured: Vec<Measured> = session.ask(vec![Effect::OpenRun(run_id)], |fact| match fact {
        Fact::Runs(RunFact::Opened { plan, rows, .. }) if plan.id == run_id => Some(Ok(rows.iter().filter_map(measured_of).collect())),
        Fact::Runs(RunFact::OpenFailed { message }) => Some(Err(CliError::Failed(message.clone()))),
        _ => None,
    })?;
    let found = errors(&measured, &truths);
    if found.warm.n + found.cold.n == 0 {
        return Err(CliError::Input("no answer of this run is known to that truth server; it forgets them when it ends".to_owned()));
    }
    session.console.answer(|| serde_json::to_value(found).unwrap_or(Value::Null), || errors_table([("this run", &found)]));
    Ok(Exit::Done)
}
