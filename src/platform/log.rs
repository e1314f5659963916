//! The log: a few files of bounded size, without keys, that never stop the program.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::places::private_options;
use super::{PathText, Places, Redactor};

/// The log starts a new file at this size.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Older files that are kept: `assay.log.1` and `assay.log.2`.
const KEPT_FILES: u32 = 2;

/// A longer event is cut.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// Why there is no log. The program goes on without.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("the log cannot be written ({source}); going on without one: {}", PathText(.path))]
    Open {
        /// The system's reason.
        source: io::Error,
        /// Which.
        path: PathBuf,
    },
    /// The process has a log already.
    #[error("the log was started twice")]
    AlreadyStarted,
}

/// Sends the events of this process to `logs/assay.log`: from `info` for our own, from `warn` for those of libraries.
pub fn start_log(places: &Places, redactor: Redactor) -> Result<(), LogError> {
    let path = places.logs().join("assay.log");
    let log = LogFile::open(&path, MAX_FILE_BYTES, redactor).map_err(|source| LogError::Open { source, path })?;
    tracing::subscriber::set_global_default(subscriber(log)).map_err(|_second| LogError::AlreadyStarted)
}

fn subscriber(log: LogFile) -> impl Subscriber + Send + Sync {
    let levels = Targets::new().with_default(LevelFilter::WARN).with_target("assay", LevelFilter::INFO);
    tracing_subscriber::registry().with(levels).with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log))
}

/// The file behind the log; clones share it.
#[derive(Clone)]
struct LogFile {
    redactor: Redactor,
    rotating: Arc<Mutex<RotatingFile>>,
}

impl LogFile {
    fn open(path: &Path, max_bytes: u64, redactor: Redactor) -> io::Result<Self> {
        let mut rotating = RotatingFile { path: path.to_owned(), max_bytes, file: None };
        rotating.reopen()?;
        Ok(Self { redactor, rotating: Arc::new(Mutex::new(rotating)) })
    }

    fn write(&self, event: &[u8]) {
        let mut text = self.redactor.redact(&String::from_utf8_lossy(event));
        if text.len() > MAX_EVENT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_EVENT_BYTES));
            text.push_str("…\n");
        }
        // A full disk or a folder that went away costs log lines, nothing else.
        self.rotating.lock().unwrap_or_else(PoisonError::into_inner).append(text.as_bytes()).ok();
    }
}

struct RotatingFile {
    path: PathBuf,
    max_bytes: u64,
    file: Option<File>,
}

impl RotatingFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() || !self.has_room(bytes)? {
            self.reopen()?;
            // Another process of ours may have started the new file.
            if !self.has_room(bytes)? {
                self.rotate()?;
            }
        }
        self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn has_room(&self, bytes: &[u8]) -> io::Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        let len = file.metadata()?.len();
        Ok(len == 0 || len + bytes.len() as u64 <= self.max_bytes)
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.file = None;
        self.file = Some(private_options().append(true).create(true).open(&self.path)?);
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file = None;
        for number in (1..KEPT_FILES).rev() {
            match fs::rename(self.older(number), self.older(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        fs::rename(&self.path, self.older(1))?;
        self.reopen()
    }

    fn older(&self, number: u32) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl<'a> MakeWriter<'a> for LogFile {
    type Writer = EventWriter<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        EventWriter { log: self, event: Vec::new() }
    }
}

/// Collects one event, so that no key slips through in two pieces.
struct EventWriter<'a> {
    log: &'a LogFile,
    event: Vec<u8>,
}

impl Write for EventWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.event.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for EventWriter<'_> {
    fn drop(&mut self) {
        if !self.event.is_empty() {
            self.log.write(&self.event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ApiKey;

    const CANARY: &str = "CANARY-key-0123456789";

    fn log_in(folder: &Path, max_bytes: u64) -> LogFile {
        let redactor = Redactor::default();
        redactor.register(&ApiKey::from_pasted(CANARY).unwrap().0);
        LogFile::open(&folder.join("assay.log"), max_bytes, redactor).unwrap()
    }

    #[test]
    fn events_are_written_without_keys() {
        let folder = tempfile::tempdir().unwrap();
        let log = log_in(folder.path(), MAX_FILE_BYTES);
        tracing::subscriber::with_default(subscriber(log), || {
            tracing::info!(target: "assay::provider", header = ?format!("x {CANARY}"), "sent with {CANARY} and Bearer abcdefghijkl");
            tracing::debug!(target: "assay::provider", "not shown");
            tracing::info!(target: "zbus", "not shown");
            tracing::warn!(target: "zbus", "a library's warning");
        });
        let text = fs::read_to_string(folder.path().join("assay.log")).unwrap();
        assert!(text.contains("sent with [key] and Bearer [key]") && text.contains("a library's warning"), "{text}");
        assert!(!text.contains("CANARY") && !text.contains("not shown"), "{text}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_key_in_two_writes_is_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let log = log_in(folder.path(), MAX_FILE_BYTES);
        let mut event = log.make_writer();
        event.write_all(&CANARY.as_bytes()[..9]).unwrap();
        event.write_all(&CANARY.as_bytes()[9..]).unwrap();
        drop(event);
        assert_eq!(fs::read_to_string(folder.path().join("assay.log")).unwrap(), "[key]");
    }

    #[test]
    fn the_files_stay_few_and_small() {
        let folder = tempfile::tempdir().unwrap();
        // Two handles, as a window and a command line beside it have.
        let logs = [log_in(folder.path(), 1_000), log_in(folder.path(), 1_000)];
        for number in 0..200 {
            logs[number % 2].write(format!("event {number:04} {}\n", "x".repeat(80)).as_bytes());
        }
        logs[0].write("ö".repeat(MAX_EVENT_BYTES).as_bytes());
        logs[0].write(b"the last\n");
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["assay.log", "assay.log.1", "assay.log.2"]);
        assert_eq!(fs::read_to_string(folder.path().join("assay.log")).unwrap(), "the last\n");
        let older = fs::read_to_string(folder.path().join("assay.log.2")).unwrap();
        assert!(older.contains("event 0199") && older.len() <= 1_000, "{older}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join("assay.log")).unwrap();
        let log = log_in(folder.path(), 1_000);
        for _event in 0..100 {
            log.write(&[b'x'; 100]);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_went_away_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let log = log_in(folder.path(), 100);
        drop(folder);
        log.write(&[b'x'; 200]);
        log.write(&[b'x'; 200]);
    }

    #[test]
    #[cfg(unix)]
    fn the_log_is_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        log_in(folder.path(), 1_000).write(b"x");
        assert_eq!(fs::metadata(folder.path().join("assay.log")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
