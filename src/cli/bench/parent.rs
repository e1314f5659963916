//! `assay bench`: starts the truth server and, for each number of requests at once, a process that measures.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use serde_json::Value;

use crate::bench::{BenchReport, LevelReport, Pace};

use super::super::console::Console;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::arguments::BenchOptions;
use super::oha::oha;
use super::report_text::report_text;

/// Measures and prints.
pub(in crate::cli) fn bench(console: &mut Console, options: &BenchOptions) -> Result<Exit, CliError> {
    let pace = options.pace.pace();
    let server = ServerProcess::start(pace)?;
    let mut report = BenchReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cores: available_parallelism().map_or(1, usize::from),
        pace,
        levels: Vec::new(),
        others: Vec::new(),
    };
    for parallel in &options.parallel {
        let requests = requests_for(*parallel, options.rounds);
        console.note(&format!("{parallel} at once: {requests} requests by Assay, then by a bare loop"));
        report.levels.push(level(&server.base_url, *parallel, requests, options)?);
    }
    if let Some(parallel) = options.parallel.iter().copied().max_by_key(|parallel| u32::MAX - parallel.abs_diff(64)) {
        report.others.extend(oha(console, &server.base_url, parallel, requests_for(parallel, options.rounds))?);
    }
    drop(server);
    console.answer(|| serde_json::to_value(&report).unwrap_or(Value::Null), || report_text(&report));
    Ok(Exit::Done)
}

/// Percentiles need a number of values even one at a time.
fn requests_for(parallel: u32, rounds: u32) -> u32 {
    const FEWEST: u32 = 40;
    parallel.saturating_mul(rounds).max(FEWEST)
}

fn level(server: &str, parallel: u32, requests: u32, options: &BenchOptions) -> Result<LevelReport, CliError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("assay-bench-");
    let folder = match &options.folder {
        Some(folder) => builder.tempdir_in(folder),
        None => builder.tempdir(),
    };
    let folder = folder.map_err(|error| CliError::Failed(format!("there is no room for the bench's archive: {error}")))?;
    let mut command = this_program()?;
    command.args(["bench", "level", "--format", "json", "--quiet", "--server", server]);
    command.args(["--parallel", &parallel.to_string(), "--requests", &requests.to_string()]);
    command.arg("--data-dir").arg(folder.path()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| no_process(&error))?;
    if !output.status.success() {
        return Err(CliError::Failed(format!("the measuring process for {parallel} requests at once failed ({})", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| CliError::Failed(format!("the measuring process said nothing usable: {error}")))
}

fn this_program() -> Result<Command, CliError> {
    std::env::current_exe().map(Command::new).map_err(|error| no_process(&error))
}

fn no_process(error: &std::io::Error) -> CliError {
    CliError::Failed(format!("the program could not be started a second time: {error}"))
}

/// The truth server in its process; ends with this value.
struct ServerProcess {
    child: Child,
    base_url: String,
}

impl ServerProcess {
    fn start(pace: Pace) -> Result<Self, CliError> {
        let mut command = this_program()?;
        command.args(["bench", "serve", "--child", "--first-ms", &pace.first_ms.to_string()]);
        command.args(["--gap-ms", &pace.gap_ms.to_string(), "--chunks", &pace.chunks.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(|error| no_process(&error))?;
        let mut line = String::new();
        let read = child.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        let server = Self { child, base_url: line.trim().to_owned() };
        match read {
            Some(Ok(1..)) => Ok(server),
            _ => Err(CliError::Failed("the truth server did not start".to_owned())),
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It ends by itself once its standard input does; a kill makes sure of it, and there is nothing it could lose.
        drop(self.child.stdin.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::requests_for;

    #[test]
    fn few_at_once_still_make_percentiles() {
        assert_eq!((requests_for(1, 20), requests_for(64, 20), requests_for(u32::MAX, 2)), (40, 1_280, u32::MAX));
    }
}
