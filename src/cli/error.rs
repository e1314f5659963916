//! What can stop a command, each kind with the word that `--format json` writes.

use crate::app::PlanError;
use crate::app::backend::{OpenError, StartError};
use crate::bench::{BareLoopError, ServeError, TruthError};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system gave no thread.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A name that nothing has.
    #[error("{0}")]
    NotFound(String),
    /// A file that cannot be read, or holds nothing.
    #[error("{0}")]
    Input(String),
    /// What is asked cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A connection was not stored, or its key was not.
    #[error("{0}")]
    Connection(String),
    /// The provider did not answer as asked.
    #[error("{message}")]
    Provider {
        /// A word of the list of failure kinds.
        kind: &'static str,
        /// What happened.
        message: String,
    },
    /// A run did not begin, or its trials could not be stored.
    #[error("{0}")]
    Run(String),
    /// A file was not written.
    #[error("{0}")]
    Output(String),
    /// Something was not read from the archive or not written to it.
    #[error("{0}")]
    Failed(String),
    /// The truth server of a bench run could not be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The truth server of a bench run does not answer.
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// The bare loop of a bench run failed.
    #[error(transparent)]
    BareLoop(#[from] BareLoopError),
    /// Ctrl-C.
    #[error("cancelled")]
    Interrupted,
    /// The backend ended before it answered: a fault of this program.
    #[error("the program's engine stopped because of a fault; see the log in the data folder")]
    Ended,
}

impl CliError {
    /// The word in `{"error": {"kind": …}}`. Usage errors, which come before any command is run, have `usage`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Open(_) => "data_folder",
            Self::NotFound(_) => "not_found",
            Self::Input(_) => "input",
            Self::Plan(_) => "plan",
            Self::Connection(_) => "connection",
            Self::Provider { kind, .. } => kind,
            Self::Run(_) => "run",
            Self::Output(_) => "output",
            Self::Failed(_) => "failed",
            Self::Serve(_) | Self::Truth(_) | Self::BareLoop(_) => "bench",
            Self::Interrupted => "interrupted",
            Self::Start(_) | Self::Ended => "internal",
        }
    }
}
