//! Opening the file: looked at before it is touched, backed up before it is changed.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::Progress;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::StoreError;
use super::migrate::{APPLICATION_ID, format, migrate};
use super::percentile::add_percentile;

/// How long a request waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Below it, two connections that write and checkpoint at the same instant can corrupt the file.
const OLDEST_SQLITE: i32 = 3_051_003;

/// The pause before an opening that found the file busy is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// Opens the file for the writer, making or migrating it as needed. The newest format is the number of `steps`.
pub(super) fn open_writer(path: &Path, steps: &[&str]) -> Result<Connection, StoreError> {
    check_sqlite()?;
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        match try_open_writer(path, steps) {
            // SQLite does not wait by itself for the switch to a write-ahead log, nor while the last other process removes one.
            Err(StoreError::Busy) if Instant::now() < give_up => pause(),
            opened => return opened,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process holds the file, and nothing tells when it lets go")]
fn pause() {
    thread::sleep(BUSY_PAUSE);
}

fn try_open_writer(path: &Path, steps: &[&str]) -> Result<Connection, StoreError> {
    create(path).map_err(|error| StoreError::CannotOpen { reason: error.to_string(), path: path.to_owned() })?;
    let newest = steps.len() as u32;
    let found = inspect(path, newest)?;
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    configure(&db)?;
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "this file system does not carry a write-ahead log; the archive works, but reads wait for writes");
    }
    // Asked again: another process may have migrated it since, and its backup is the good one.
    let found = format(&db)?.max(found);
    if found > 0 && found < newest {
        back_up(&db, path, found)?;
    }
    migrate(&db, steps)?;
    Ok(db)
}

/// Opens a second connection that cannot write.
pub(super) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    configure(&db)?;
    db.execute_batch("PRAGMA query_only = ON")?;
    Ok(db)
}

/// An archive that ends with its connection.
#[cfg(test)]
pub(super) fn open_in_memory(steps: &[&str]) -> Result<Connection, StoreError> {
    check_sqlite()?;
    let db = Connection::open_in_memory()?;
    configure(&db)?;
    migrate(&db, steps)?;
    Ok(db)
}

fn check_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreError::OldSqlite(rusqlite::version().to_owned()));
    }
    Ok(())
}

fn configure(db: &Connection) -> Result<(), StoreError> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(64);
    add_percentile(db)?;
    // On macOS a plain fsync does not reach the platter; elsewhere `fullfsync` changes nothing.
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON; \
         PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(())
}

/// Makes folder and file, readable by their owner only.
fn create(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    create_file(path)
}

fn create_file(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Reads the format without writing a byte to the file, except to take back what a killed process left half written; refuses what is not an archive or
/// is newer than `known`.
fn inspect(path: &Path, known: u32) -> Result<u32, StoreError> {
    let look = |access: OpenFlags| -> Result<(i64, i64, u32), StoreError> {
        let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| StoreError::CannotOpen { reason: error.to_string(), path: path.to_owned() })?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        let snapshot = db.unchecked_transaction()?;
        let tables: i64 = snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(|error| {
            match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => StoreError::NotAnArchive(path.to_owned()),
                _ => error.into(),
            }
        })?;
        let application: i64 = snapshot.pragma_query_value(None, "application_id", |row| row.get(0))?;
        Ok((tables, application, format(&snapshot)?))
    };
    let (tables, application, found) = match look(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        // A journal waits to be rolled back, which takes a writer; a file that cannot be written says the same again.
        Err(StoreError::ReadOnly) => look(OpenFlags::SQLITE_OPEN_READ_WRITE)?,
        looked => looked?,
    };
    if tables == 0 && found == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::NotAnArchive(path.to_owned()));
    }
    if found > known {
        return Err(StoreError::NewerFormat { found, known, path: path.to_owned() });
    }
    Ok(found)
}

/// Copies the file as it is to `NAME.format-N.bak` beside it.
fn back_up(db: &Connection, path: &Path, found: u32) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Io(format!("no backup could be made: {error}"));
    let unfinished = beside(path, &format!("format-{found}.bak.{}", std::process::id()));
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(failed)?;
    }
    create_file(&unfinished).map_err(failed)?;
    if let Err(error) = db.backup("main", &unfinished, None::<fn(Progress)>) {
        fs::remove_file(&unfinished).ok();
        return Err(error.into());
    }
    fs::rename(&unfinished, beside(path, &format!("format-{found}.bak"))).map_err(failed)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}
