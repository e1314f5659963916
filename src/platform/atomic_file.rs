//! Replacing a file as a whole: readers and crashes see the old contents or the new, never a part.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::PathText;

/// Links that are followed before a path counts as a circle.
const LONGEST_LINK_CHAIN: usize = 32;

/// Why a file was not replaced. The old file, if there was one, is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The path is a folder.
    #[error("this is a folder; give a file name in it: {}", PathText(.0))]
    IsFolder(PathBuf),
    /// The path is a device, a pipe or a socket.
    #[error("this is not an ordinary file and cannot be replaced; choose another name: {}", PathText(.0))]
    NotAFile(PathBuf),
    /// The folder of the path is not there.
    #[error("the folder of this file does not exist; make it first or choose another: {}", PathText(.0))]
    NoFolder(PathBuf),
    /// The path leads into the folder of the program's own files.
    #[error("Assay keeps its own files in this folder, and this one could overwrite them; choose another folder: {}", PathText(.0))]
    OwnFolder(PathBuf),
    /// No room.
    #[error("the disk is full, nothing was written; make room or choose another disk: {}", PathText(.0))]
    DiskFull(PathBuf),
    /// The system, or the writer of the contents, failed.
    #[error("cannot write this file, nothing was changed ({source}): {}", PathText(.path))]
    Write {
        /// The reason.
        source: io::Error,
        /// Which.
        path: PathBuf,
    },
}

/// Who may read a new file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// The user alone, 0600.
    Private,
    /// As the user's umask has it; a file that is replaced keeps its mode.
    Ordinary,
}

/// Replaces or makes the file at `path` with what `write` writes, for files that the user asked for. Through a symbolic link the file behind it
/// is replaced. When this returns, the new contents would survive a loss of power.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReplaceError> {
    replace_as(path, Access::Ordinary, write)
}

/// [`replace`] for the program's own files, which only the user may read.
pub fn replace_private(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReplaceError> {
    replace_as(path, Access::Private, write)
}

/// Where [`replace`] would put its file: links followed, from the root on. Its folder is tried with an empty file, which is removed at once.
pub(super) fn output_place(path: &Path) -> Result<PathBuf, ReplaceError> {
    let spot = Spot::find(path)?;
    spot.draft(Access::Ordinary).map_err(|source| failed(path, source))?;
    let whole = match &spot.existing {
        Some(_) => fs::canonicalize(&spot.target),
        None => fs::canonicalize(&spot.folder).map(|folder| folder.join(spot.target.file_name().unwrap_or_default())),
    };
    whole.map_err(|source| failed(path, source))
}

/// The file that a path stands for, looked at but not touched.
struct Spot {
    target: PathBuf,
    folder: PathBuf,
    /// Of the file that is there; absent when it has yet to be made.
    existing: Option<fs::Permissions>,
}

impl Spot {
    fn find(path: &Path) -> Result<Self, ReplaceError> {
        // Not what the links spell: behind `/dev/stdout` they spell no path.
        let existing = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(ReplaceError::IsFolder(path.to_owned())),
            Ok(found) if !found.is_file() => return Err(ReplaceError::NotAFile(path.to_owned())),
            Ok(found) => Some(found.permissions()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(ReplaceError::NoFolder(path.to_owned())),
            Err(source) => return Err(failed(path, source)),
        };
        let target = follow_links(path).map_err(|source| failed(path, source))?;
        if target.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Err(ReplaceError::IsFolder(path.to_owned()));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if folder.is_dir() { Ok(Self { target, folder, existing }) } else { Err(ReplaceError::NoFolder(path.to_owned())) }
    }

    /// A new file beside the target, which vanishes unless it takes its place.
    fn draft(&self, access: Access) -> io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".assay-").suffix(".tmp");
        #[cfg(unix)]
        {
            let mode = if access == Access::Private { 0o600 } else { 0o666 };
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        }
        builder.tempfile_in(&self.folder)
    }
}

fn failed(path: &Path, source: io::Error) -> ReplaceError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ReplaceError::DiskFull(path.to_owned()),
        _ => ReplaceError::Write { source, path: path.to_owned() },
    }
}

fn replace_as(path: &Path, access: Access, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReplaceError> {
    let failed = |source| failed(path, source);
    let spot = Spot::find(path)?;
    let mut draft = spot.draft(access).map_err(failed)?;
    let mut buffered = BufWriter::with_capacity(64 * 1024, draft.as_file_mut());
    write(&mut buffered).and_then(|()| buffered.flush()).map_err(failed)?;
    drop(buffered);
    if let Some(permissions) = spot.existing.filter(|_| access == Access::Ordinary) {
        draft.as_file().set_permissions(permissions).map_err(failed)?;
    }
    draft.as_file().sync_all().map_err(failed)?;
    draft.persist(&spot.target).map_err(|error| failed(error.error))?;
    // The new contents are in place; a file system that cannot sync folders is no reason to call that a failure.
    sync_folder(&spot.folder).ok();
    Ok(())
}

/// The file that `path` stands for, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _link in 0..LONGEST_LINK_CHAIN {
        match fs::symlink_metadata(&target) {
            Ok(found) if found.is_symlink() => {
                let next = fs::read_link(&target)?;
                target = target.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
            }
            _ => return Ok(target),
        }
    }
    Err(io::Error::other("symbolic links that lead in a circle"))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[path = "atomic_file_tests.rs"]
mod tests;
