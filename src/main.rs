//! Starts Assay: the window, or a command.

use std::process::ExitCode;

use assay::cli::{Invocation, parse_arguments, run_command};
use assay::platform::has_display;
use assay::ui::open_window;

fn main() -> ExitCode {
    match parse_arguments() {
        Invocation::Answered(code) => code,
        Invocation::Command(command) => run_command(*command),
        Invocation::Window { data_dir } => match window(data_dir) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!("{error:#}");
                assay::cli::complain(&format!("{error:#}"));
                ExitCode::FAILURE
            }
        },
    }
}

fn window(data_dir: Option<std::path::PathBuf>) -> anyhow::Result<()> {
    anyhow::ensure!(has_display(), "there is no display to open a window on; try `assay demo`, or `assay --help` for the commands");
    Ok(open_window(data_dir)?)
}
