//! Why an export was not written.

use std::io;

use super::leak::KeyFound;

/// The file is then incomplete and to be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A stored key is in it.
    #[error(transparent)]
    KeyFound(#[from] KeyFound),
    /// It could not be written: disk full, no permission.
    #[error("the export could not be written: {0}")]
    Write(io::Error),
    /// The trials could not be read from where they are stored.
    #[error("the trials could not be read: {0}")]
    Source(Box<dyn std::error::Error + Send + Sync>),
    /// A trial belongs to no cell of the plan.
    #[error("a trial belongs to another run (case {case_index}, target {target_index})")]
    UnknownCell {
        /// From 0.
        case_index: u32,
        /// From 0.
        target_index: u32,
    },
    /// The side by side export needs the trials case by case.
    #[error("the trials of case {case_index} did not come together")]
    OutOfOrder {
        /// From 0.
        case_index: u32,
    },
}

impl From<io::Error> for ExportError {
    /// A [`KeyFound`] that travelled through [`io::Write`] comes out as itself.
    fn from(error: io::Error) -> Self {
        match error.downcast::<KeyFound>() {
            Ok(found) => Self::KeyFound(found),
            Err(error) => Self::Write(error),
        }
    }
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}
