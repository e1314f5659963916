//! How a command ended, as the shell hears it.

use std::process::ExitCode;

use crate::app::OpenRun;
use crate::domain::StopReason;

use super::error::CliError;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done; of a run: every trial finished.
    Done,
    /// A usage or input error, or a check that did not pass.
    Error,
    /// Some trials failed.
    SomeFailed,
    /// The cap on spending stopped the run.
    Capped,
    /// Ctrl-C.
    Cancelled,
}

impl Exit {
    /// The code of a run that has ended here for this reason: cancelled before capped before failed. How trials of an earlier start ended counts, but
    /// not why that stopped.
    pub(super) fn of_run(run: &OpenRun, reason: StopReason) -> Self {
        let (finished, failed, cancelled) = run.counts();
        match reason {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::StorageFailed if cancelled > 0 => Self::Cancelled,
            StopReason::Capped => Self::Capped,
            StopReason::StorageFailed => Self::Error,
            StopReason::Complete if finished + failed < run.plan.cell_count() => Self::Error,
            StopReason::Complete if failed > 0 => Self::SomeFailed,
            StopReason::Complete => Self::Done,
        }
    }
}

impl From<&CliError> for Exit {
    fn from(error: &CliError) -> Self {
        match error {
            CliError::Interrupted => Self::Cancelled,
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::SomeFailed => 2,
            Exit::Capped => 3,
            Exit::Cancelled => 130,
        })
    }
}
