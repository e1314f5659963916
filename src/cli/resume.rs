//! `assay resume`.

use crate::app::{Again, Effect};

use super::arguments::ResumeOptions;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Outputs;
use super::sending::run_to_end;
use super::session::Session;

/// Sends the cells of a run that have no trial yet, under a higher cap where one is given. A run that another process is sending is refused.
pub(super) fn resume(session: &mut Session<'_>, options: &ResumeOptions) -> Result<Exit, CliError> {
    let outputs = Outputs::new(&session.places, &options.outputs, None)?;
    session.console.follow(options.follow);
    run_to_end(
        session,
        Effect::SendAgain { run_id: options.run, which: options.cap.map_or(Again::Missing, Again::UnderCap) },
        &outputs,
        |_| String::new(),
    )
}
