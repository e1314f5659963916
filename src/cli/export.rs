//! `assay export`.

use serde_json::json;

use super::arguments::ExportOptions;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Outputs;
use super::session::Session;

/// Writes a stored run to files.
pub(super) fn export(session: &mut Session<'_>, options: &ExportOptions) -> Result<Exit, CliError> {
    let outputs = Outputs::new(&session.places, &options.outputs, None)?;
    outputs.write(session, options.run)?;
    session.console.answer(|| json!({ "id": options.run.to_string(), "written": outputs.as_json() }), || outputs.as_text());
    Ok(Exit::Done)
}
