//! Reading a file that the user named, dropped or chose: only ordinary ones, and only so much.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::PathText;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum InputFileError {
    /// Nothing there.
    #[error("there is no such file: {}", PathText(.0))]
    NotFound(PathBuf),
    /// A folder.
    #[error("this is a folder; choose a file in it: {}", PathText(.0))]
    IsFolder(PathBuf),
    /// A pipe, a socket or a device: it may never end.
    #[error("this is not an ordinary file but a device or a pipe; save its contents to a file first: {}", PathText(.0))]
    NotAFile(PathBuf),
    /// More than was allowed.
    #[error("this file is too large, more than {}; split it and take the parts: {}", size_text(*.max_bytes), PathText(.path))]
    TooLarge {
        /// The limit, bytes.
        max_bytes: u64,
        /// Which.
        path: PathBuf,
    },
    /// Not allowed to read it.
    #[error("you are not allowed to read this file; change its permissions or copy it: {}", PathText(.0))]
    NotAllowed(PathBuf),
    /// Any other failure of the system.
    #[error("this file cannot be read ({source}): {}", PathText(.path))]
    Unreadable {
        /// The system's reason.
        source: io::Error,
        /// Which.
        path: PathBuf,
    },
}

fn size_text(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// Reads a whole file of at most `max_bytes`. Symbolic links are followed; nothing but an ordinary file is opened.
pub fn read_input(path: &Path, max_bytes: u64) -> Result<Vec<u8>, InputFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => InputFileError::NotFound(path.to_owned()),
        io::ErrorKind::PermissionDenied => InputFileError::NotAllowed(path.to_owned()),
        io::ErrorKind::IsADirectory => InputFileError::IsFolder(path.to_owned()),
        _ => InputFileError::Unreadable { source, path: path.to_owned() },
    };
    let too_large = || InputFileError::TooLarge { max_bytes, path: path.to_owned() };
    // Before opening: opening a pipe waits for its other end.
    let found = fs::metadata(path).map_err(failed)?;
    if found.is_dir() {
        return Err(InputFileError::IsFolder(path.to_owned()));
    }
    if !found.is_file() {
        return Err(InputFileError::NotAFile(path.to_owned()));
    }
    if found.len() > max_bytes {
        return Err(too_large());
    }
    // It may grow while it is read, and the files of /proc say that they are empty.
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    File::open(path).map_err(failed)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes { Err(too_large()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("提示 🙂\n.csv");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_input(&path, 5).unwrap(), b"12345");
        let error = read_input(&path, 4).unwrap_err();
        assert!(matches!(error, InputFileError::TooLarge { max_bytes: 4, .. }));
        assert!(error.to_string().contains("more than 4 bytes") && error.to_string().ends_with("提示 🙂\\n.csv"), "{error}");
        fs::write(&path, "").unwrap();
        assert_eq!(read_input(&path, 4).unwrap(), b"");
    }

    #[test]
    fn missing_files_and_folders_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_input(folder.path(), 9), Err(InputFileError::IsFolder(_))));
        assert!(matches!(read_input(&folder.path().join("none"), 9), Err(InputFileError::NotFound(_))));
        let long = folder.path().join("x".repeat(300));
        assert!(matches!(read_input(&long, 9), Err(InputFileError::Unreadable { .. })));
    }

    #[test]
    #[cfg(unix)]
    fn what_never_ends_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [Path::new("/dev/zero"), &socket, &link, &pipe] {
            assert!(matches!(read_input(path, 9), Err(InputFileError::NotAFile(_))), "{path:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_hides_its_size_meets_the_limit_too() {
        assert!(matches!(read_input(Path::new("/proc/self/status"), 8), Err(InputFileError::TooLarge { .. })));
    }
}
