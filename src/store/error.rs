//! What can go wrong with the archive.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the archive could not do what was asked. Nothing of a failed request is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("the archive cannot be opened ({reason}); check that its folder exists and can be written: {}", path.display())]
    CannotOpen {
        /// What the system says.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("this file is not an Assay archive; move it away or choose another data folder: {}", .0.display())]
    NotAnArchive(PathBuf),
    /// The file is from a later version of the program; it was left untouched.
    #[error("the archive was written by a newer Assay (format {found}, this one knows up to {known}); update Assay. The file was not changed: {}", path.display())]
    NewerFormat {
        /// The file's format.
        found: u32,
        /// The newest that this program knows.
        known: u32,
        /// The file.
        path: PathBuf,
    },
    /// The SQLite library has a fault that can damage the file.
    #[error("the SQLite library is version {0}, but below 3.51.3 it can damage the archive; build Assay with its bundled SQLite")]
    OldSqlite(String),
    /// No room on the disk.
    #[error("the disk is full; free some space and try again")]
    DiskFull,
    /// The file or its folder is read-only.
    #[error("the archive cannot be written; check the permissions of the data folder")]
    ReadOnly,
    /// Another process holds the file for longer than 5 s.
    #[error("another program is writing to the archive; try again in a moment")]
    Busy,
    /// The disk reported an error.
    #[error("the disk reported an error ({0}); check it, then try again")]
    Io(String),
    /// The file is corrupt.
    #[error("the archive is damaged ({0}); close Assay and put a backup in its place")]
    Damaged(String),
    /// The name belongs to another one.
    #[error("the name “{0}” is taken; choose another")]
    NameTaken(String),
    /// A name without a visible character.
    #[error("a name cannot be empty")]
    NameEmpty,
    /// It is not in the archive.
    #[error("this {0} is not in the archive")]
    NotFound(&'static str),
    /// A number that the archive cannot hold.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
    /// Two cases of a set have the same id.
    #[error("two cases have the id “{0}”; give one of them another")]
    DuplicateCase(String),
    /// The run's cases are not those of the version that it names.
    #[error("the prompt set changed after the run was planned; plan it again")]
    CasesDiffer,
    /// A stored value makes no sense.
    #[error("the archive holds something unreadable: {0}")]
    Unreadable(String),
    /// The archive's thread has ended.
    #[error("the archive is closed")]
    Closed,
    /// Anything else that SQLite reports.
    #[error("the archive reported an error: {0}")]
    Database(String),
}

/// A value on its way into a column that cannot hold it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} is out of range")]
pub(super) struct DoesNotFit(pub(super) &'static str);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::ToSqlConversionFailure(cause) => match cause.downcast_ref::<DoesNotFit>() {
                Some(DoesNotFit(what)) => Self::OutOfRange(what),
                None => Self::Database(error.to_string()),
            },
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Unreadable(error.to_string()),
            _ => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Self::DiskFull,
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => Self::ReadOnly,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
                Some(ErrorCode::SystemIoFailure) => Self::Io(error.to_string()),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
                Some(ErrorCode::OperationInterrupted) => Self::Closed,
                _ => Self::Database(error.to_string()),
            },
        }
    }
}
