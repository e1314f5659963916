//! How a command ended, as the shell hears it.

use std::process::ExitCode;

use crate::app::OpenRun;
use crate::domain::RunStatus;

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
    /// The code of a run that has ended: cancelled before capped before failed. Trials of an earlier start count like those of this one.
    pub(super) fn of_run(run: &OpenRun) -> Self {
        let (finished, failed, cancelled) = run.counts();
        if run.status == RunStatus::Cancelled || cancelled > 0 {
            Self::Cancelled
        } else if run.status == RunStatus::Capped {
            Self::Capped
        } else if run.status == RunStatus::Unfinished {
            Self::Error
        } else if failed > 0 {
            Self::SomeFailed
        } else if finished < run.plan.cell_count() {
            Self::Error
        } else {
            Self::Done
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
