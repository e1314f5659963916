//! `assay bench serve`: the truth server by itself, for whatever client one likes.

use std::io::{self, Write as _};

use serde_json::json;

use crate::bench::{INSTANT_MODEL, PACED_MODEL, TruthServer};

use super::super::console::Console;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::arguments::ServeOptions;

/// Serves until Ctrl-C. Its first line on stdout says where.
pub(in crate::cli) fn serve(console: &mut Console, options: &ServeOptions) -> Result<Exit, CliError> {
    let server = TruthServer::bind(options.port, options.pace.pace())?;
    let url = server.base_url()?;
    if !options.child {
        console
            .note(&format!("models {PACED_MODEL} and {INSTANT_MODEL}, no key; what really happened is at /truth; Ctrl-C ends the server"));
    }
    console.answer(|| json!({ "base_url": url }), || format!("{url}\n"));
    io::stdout().flush().ok();
    server.serve_until_told(options.child);
    Ok(Exit::Done)
}
