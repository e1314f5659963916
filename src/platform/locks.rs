//! Locks between processes. The operating system holds them, so they end with the process that took them and a file left behind locks nothing.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::RunId;

use super::places::private_options;
use super::{PathText, Places};

/// Whoever asks whether a lock is held holds it for an instant; taking it is tried this often, this far apart.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another window has this data folder.
    #[error("Assay is already open with this data folder; use that window or close it, or start with another --data-dir: {}", PathText(.0))]
    WindowOpen(PathBuf),
    /// Another process is at this run.
    #[error("run {0} is live in another Assay; wait for it to end, or stop it there")]
    RunLive(RunId),
    /// The system cannot lock here.
    #[error("cannot lock this file ({source}); a data folder on a local disk can be locked: {}", PathText(.path))]
    Failed {
        /// The system's reason.
        source: io::Error,
        /// Which.
        path: PathBuf,
    },
}

/// The right to be the one window on a data folder; ends when dropped, or with the process.
#[derive(Debug)]
pub struct WindowLock {
    /// The file stays when the lock ends: removing it could let two windows lock two files of the same name.
    _file: File,
}

impl WindowLock {
    /// Takes the lock; [`LockError::WindowOpen`] when another window has it.
    pub fn acquire(places: &Places) -> Result<Self, LockError> {
        let path = places.locks().join("window.lock");
        match take(&path) {
            Ok(Some(file)) => Ok(Self { _file: file }),
            Ok(None) => Err(LockError::WindowOpen(places.data_folder().to_owned())),
            Err(source) => Err(LockError::Failed { source, path }),
        }
    }
}

/// The right to send the trials of a run; ends when dropped, or with the process.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    _file: File,
}

impl RunLock {
    /// Takes the lock; [`LockError::RunLive`] when another process, or this one, has it.
    pub fn acquire(places: &Places, run_id: RunId) -> Result<Self, LockError> {
        let path = run_lock_path(places, run_id);
        match take(&path) {
            Ok(Some(file)) => Ok(Self { path, _file: file }),
            Ok(None) => Err(LockError::RunLive(run_id)),
            Err(source) => Err(LockError::Failed { source, path }),
        }
    }

    /// Some process is at this run now.
    pub fn is_held(places: &Places, run_id: RunId) -> Result<bool, LockError> {
        let path = run_lock_path(places, run_id);
        for _try in 0..TRIES {
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(source) => return Err(LockError::Failed { source, path }),
            };
            match file.try_lock_shared() {
                Ok(()) if is_still_at(&file, &path) => return Ok(false),
                // The file was removed and perhaps made anew since we opened it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(true),
                Err(TryLockError::Error(source)) => return Err(LockError::Failed { source, path }),
            }
        }
        Ok(true)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Safe while the lock is held, because whoever takes a lock looks afterwards whether its file is still the one in the folder.
        if cfg!(unix) {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn run_lock_path(places: &Places, run_id: RunId) -> PathBuf {
    places.locks().join(format!("run-{run_id}.lock"))
}

/// Takes an exclusive lock on the file at `path`; `None` when somebody has it.
fn take(path: &Path) -> io::Result<Option<File>> {
    for attempt in 1..=TRIES {
        let file = private_options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) if is_still_at(&file, path) => return Ok(Some(file)),
            // The one before removed the file between our opening and locking it.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if attempt == TRIES => return Ok(None),
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
#[path = "locks_tests.rs"]
mod tests;
