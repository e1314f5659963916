//! Starts Assay: the window, or a command.

use std::process::ExitCode;

use assay::cli::{Invocation, parse_arguments, run_command};
use assay::platform::has_display;
use assay::ui::{Message, WindowError, open_window, show_message};

fn main() -> ExitCode {
    match parse_arguments() {
        Invocation::Answered(code) => code,
        Invocation::Command(command) => run_command(*command),
        Invocation::Window { data_dir } => match window(data_dir.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!("{error:#}");
                assay::cli::complain(&format!("{error:#}"));
                // Whoever clicked on an icon sees no terminal.
                if let Some(message) = error.downcast_ref::<WindowError>().and_then(Message::of) {
                    show_message(message);
                }
                ExitCode::FAILURE
            }
        },
    }
}

fn window(data_dir: Option<&std::path::Path>) -> anyhow::Result<()> {
    anyhow::ensure!(has_display(), "there is no display to open a window on; try `assay demo`, or `assay --help` for the commands");
    Ok(open_window(data_dir)?)
}
