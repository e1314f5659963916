//! The file: opening, formats, two users of it, a full disk.

use std::sync::mpsc::sync_channel;
use std::thread;

use rusqlite::Connection;
use tempfile::TempDir;

use super::samples::{cell, connection, place, target, trial};
use crate::domain::{GapHistogram, Role, TrialRow};
use crate::store::migrate::STEPS;
use crate::store::{Store, StoreError};

#[test]
fn the_bundled_sqlite_has_no_wal_reset_fault() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

#[test]
fn a_new_archive_is_whole_and_private() {
    let place = place();
    assert_eq!(place.read(|archive| archive.integrity_check()), Vec::<String>::new());
    let pragma = |name: &'static str| {
        place.write(move |archive| Ok(archive.db.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))?))
    };
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("synchronous"), 2.into());
    assert_eq!(pragma("foreign_keys"), 1.into());
    assert_eq!(pragma("trusted_schema"), 0.into());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place.file), 0o600);
        assert_eq!(mode(place.file.parent().unwrap()), 0o700);
        for ending in ["-wal", "-shm"] {
            let mut beside = place.file.clone().into_os_string();
            beside.push(ending);
            assert_eq!(mode(beside.as_ref()), 0o600, "{ending}");
        }
    }
}

#[test]
fn the_reader_cannot_write() {
    let place = place();
    let refused = place.store.read_now(|archive| Ok(archive.db.execute("DELETE FROM own_prices", [])?));
    assert_eq!(refused, Err(StoreError::ReadOnly));
}

#[test]
fn the_last_handle_leaves_one_file_behind() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let (sender, receiver) = sync_channel(1);
    place.store.clone().record_trial(plan.id, trial(cell(0, 0, 0)), move |result| sender.send(result).unwrap());
    let (folder, file) = (place.file.parent().unwrap().to_owned(), place.file.clone());
    drop(place.store);
    assert_eq!(receiver.recv().unwrap(), Ok(()));
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["assay.db"]);
    assert_eq!(Store::open(&file).unwrap().read_now(|archive| archive.counts()).unwrap().trials, 1);
}

#[test]
fn the_last_handle_may_be_dropped_in_a_reply() {
    let store = Store::in_memory().unwrap();
    let (sender, receiver) = sync_channel(1);
    let last = store.clone();
    store.write(
        |archive| archive.counts(),
        move |_| {
            drop(last);
            sender.send(()).unwrap();
        },
    );
    drop(store);
    receiver.recv().unwrap();
}

#[test]
fn work_that_panics_ends_nothing_but_itself() {
    let place = place();
    let before = place.read(|archive| archive.own_prices());
    let closed = place.store.write_now::<()>(|archive| {
        archive.db.execute("INSERT INTO own_prices VALUES ('h', 'm', '{}')", [])?;
        panic!("a fault in a test");
    });
    assert_eq!(closed, Err(StoreError::Closed));
    assert_eq!(place.write(|archive| archive.own_prices()), before);
}

#[test]
fn an_error_undoes_the_whole_request() {
    let place = place();
    let failed = place.store.write_now(|archive| {
        archive.save_connection(&connection("A", Role::Official))?;
        archive.save_connection(&connection("a", Role::Official))
    });
    assert_eq!(failed, Err(StoreError::NameTaken("a".to_owned())));
    assert!(place.read(|archive| archive.connections()).is_empty());
}

const NEXT: &str = "CREATE TABLE later (text TEXT) STRICT; INSERT INTO later SELECT name FROM connections;";

/// The formats of today and one after them.
fn with_next(step: &'static str) -> Vec<&'static str> {
    STEPS.iter().copied().chain([step]).collect()
}

#[test]
fn trials_of_the_first_format_get_the_fingerprint_of_their_answer() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let one = trial(cell(0, 0, 0));
    place.record(plan.id, &one);
    let file = place.file.clone();
    drop(place.store);
    let db = Connection::open(&file).unwrap();
    for (table, column) in TIMING_COLUMNS {
        db.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")).unwrap();
    }
    db.execute_batch(FORMAT_1_AGAIN).unwrap();
    drop(db);
    let store = Store::open(&file).unwrap();
    // What was not stored then stays unknown.
    let unmeasured = TrialRow { gaps: GapHistogram::default(), ..one.row };
    assert_eq!(store.read_now(move |archive| archive.trial_rows(plan.id)).unwrap(), [unmeasured]);
    assert_eq!(store.read_now(move |archive| archive.body(one.row.id)).unwrap(), one.body);
    assert_eq!(store.read_now(|archive| archive.integrity_check()).unwrap(), Vec::<String>::new());
}

/// What format 5 added.
const TIMING_COLUMNS: [(&str, &str); 15] = [
    ("trials", "gaps"),
    ("trials", "longest_gap_us"),
    ("trials", "connection_use"),
    ("trials", "dns_us"),
    ("trials", "connect_us"),
    ("trials", "proxied"),
    ("trials", "slept_us"),
    ("trials", "load_delay_us"),
    ("attempts", "longest_gap_us"),
    ("attempts", "connection_use"),
    ("attempts", "dns_us"),
    ("attempts", "connect_us"),
    ("attempts", "proxied"),
    ("attempts", "slept_us"),
    ("attempts", "load_delay_us"),
];

/// Takes back what later formats added.
const FORMAT_1_AGAIN: &str = "ALTER TABLE trials DROP COLUMN output_hash; DROP TABLE run_views; DROP TABLE reservations; \
     ALTER TABLE attempts DROP COLUMN evidence; ALTER TABLE connections DROP COLUMN found_limit; \
     ALTER TABLE trials DROP COLUMN fallback_kind; ALTER TABLE trials DROP COLUMN fallback_message; ALTER TABLE attempts DROP COLUMN fallback; \
     ALTER TABLE target_figures DROP COLUMN fallback; ALTER TABLE target_figures DROP COLUMN not_sent; ALTER TABLE trial_bodies DROP COLUMN citations; \
     ALTER TABLE trials DROP COLUMN stated_cost_nano; ALTER TABLE attempts DROP COLUMN stated_cost_nano; PRAGMA user_version = 1;";

#[test]
fn an_older_archive_is_backed_up_and_migrated() {
    let place = place();
    place.write(|archive| archive.save_connection(&connection("Kept", Role::Official)));
    let file = place.file.clone();
    drop(place.store);
    let store = Store::open_with(&file, &with_next(NEXT)).unwrap();
    let later = store.read_now(|archive| Ok(archive.db.query_row("SELECT text FROM later", [], |row| row.get::<_, String>(0))?));
    assert_eq!(later.unwrap(), "Kept");
    let backup = Store::open(&file.with_file_name(format!("assay.db.format-{}.bak", STEPS.len()))).unwrap();
    assert_eq!(backup.read_now(|archive| archive.connections()).unwrap()[0].name, "Kept");
}

#[test]
fn a_step_that_fails_leaves_the_old_format() {
    let place = place();
    place.write(|archive| archive.save_connection(&connection("Kept", Role::Official)));
    let file = place.file.clone();
    drop(place.store);
    let broken = with_next("CREATE TABLE half (text TEXT); CREATE TABLE half (text TEXT);");
    assert!(matches!(Store::open_with(&file, &broken), Err(StoreError::Database(_))));
    let store = Store::open(&file).unwrap();
    assert_eq!(store.read_now(|archive| archive.connections()).unwrap().len(), 1);
    let half = store.read_now(|archive| Ok(archive.db.table_exists(None, "half")?)).unwrap();
    assert!(!half);
}

/// As left by a kill while it is switched to a write-ahead log, or of any write where the file system carries none.
#[test]
fn an_archive_with_a_journal_to_roll_back_is_opened() {
    let place = place();
    place.write(|archive| archive.save_connection(&connection("Kept", Role::Official)));
    let file = place.file.clone();
    drop(place.store);
    let db = Connection::open(&file).unwrap();
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    db.execute_batch(
        "PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM connections; CREATE TABLE half (text TEXT);
         INSERT INTO half WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 500) SELECT hex(randomblob(1000)) FROM n;",
    )
    .unwrap();
    let folder = TempDir::new().unwrap();
    let left = folder.path().join("assay.db");
    std::fs::copy(&file, &left).unwrap();
    std::fs::copy(file.with_file_name("assay.db-journal"), left.with_file_name("assay.db-journal")).unwrap();
    let store = Store::open(&left).unwrap();
    assert_eq!(store.read_now(|archive| archive.connections()).unwrap()[0].name, "Kept");
    assert_eq!(store.read_now(|archive| archive.integrity_check()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_newer_archive_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("assay.db");
    drop(Store::open_with(&file, &with_next(NEXT)).unwrap());
    let before = std::fs::read(&file).unwrap();
    let known = STEPS.len() as u32;
    assert_eq!(Store::open(&file).unwrap_err(), StoreError::NewerFormat { found: known + 1, known, path: file.clone() });
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn another_kind_of_file_is_refused_untouched() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("notes.db");
    std::fs::write(&text, "this is no database, however long it may be ".repeat(100)).unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    for file in [text, foreign] {
        let before = std::fs::read(&file).unwrap();
        assert_eq!(Store::open(&file).unwrap_err(), StoreError::NotAnArchive(file.clone()));
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
    let missing = folder.path().join("notes.db").join("assay.db");
    assert!(matches!(Store::open(&missing), Err(StoreError::CannotOpen { .. })));
}

#[test]
fn many_may_open_a_new_archive_at_once() {
    for _round in 0..5 {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("assay.db");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| Store::open(&file).unwrap().read_now(|archive| archive.counts()).unwrap());
            }
        });
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().contains(".bak")), "none of them took it for an older one");
    }
}

#[test]
fn two_stores_on_one_file_lose_nothing() {
    const EACH: u32 = 500;
    let place = place();
    let plan = place.run(2 * EACH, vec![target(&connection("A", Role::Official), "m")]);
    let other = Store::open(&place.file).unwrap();
    let (sender, receiver) = sync_channel(2 * EACH as usize);
    thread::scope(|scope| {
        for (store, from) in [(&place.store, 0), (&other, EACH)] {
            let (sender, run_id) = (sender.clone(), plan.id);
            scope.spawn(move || {
                for case_index in from..from + EACH {
                    let sender = sender.clone();
                    store.record_trial(run_id, trial(cell(case_index, 0, 0)), move |result| sender.send(result).unwrap());
                }
            });
        }
    });
    drop(sender);
    assert_eq!(receiver.iter().filter(|result| *result == Ok(())).count(), 2 * EACH as usize);
    assert_eq!(place.read(move |archive| archive.trial_rows(plan.id)).len(), 2 * EACH as usize);
    assert_eq!(place.read(|archive| archive.integrity_check()), Vec::<String>::new());
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let place = place();
    let plan = place.run(3, vec![target(&connection("A", Role::Official), "m")]);
    let pages: i64 = place.write(|archive| Ok(archive.db.pragma_query_value(None, "page_count", |row| row.get(0))?));
    let limit = move |pages: i64| place_limit(pages);
    place.write(limit(pages + 4));
    let record = |case_index: u32, bytes: usize| {
        let mut big = trial(cell(case_index, 0, 0));
        big.body.output = "x".repeat(bytes);
        let (sender, receiver) = sync_channel(1);
        place.store.record_trial(plan.id, big.clone(), move |result| sender.send(result).unwrap());
        (big, receiver.recv().unwrap())
    };
    let (lost, result) = record(0, 1_000_000);
    assert_eq!(result, Err(StoreError::DiskFull));
    assert_eq!(record(1, 10).1, Ok(()), "a small one still finds room");
    let rows = place.read(move |archive| archive.trial_rows(plan.id));
    assert_eq!(rows.len(), 1);
    let id = lost.row.id;
    assert_eq!(place.store.read_now(move |archive| archive.body(id)), Err(StoreError::NotFound("trial")));
    assert_eq!(place.read(|archive| archive.integrity_check()), Vec::<String>::new());
    place.write(limit(1_000_000));
    place.record(plan.id, &lost);
    assert_eq!(place.read(move |archive| archive.body(id)), lost.body);
}

fn place_limit(pages: i64) -> impl FnOnce(&mut crate::store::Archive) -> Result<(), StoreError> + Send {
    move |archive| Ok(archive.db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?)
}

#[test]
fn one_bad_trial_takes_no_other_down() {
    let place = place();
    let plan = place.run(8, vec![target(&connection("A", Role::Official), "m")]);
    // The writer is held back so that all wait together and make one group.
    let (hold, held) = sync_channel::<()>(1);
    place.store.write(move |_| Ok(held.recv().is_ok()), |_| ());
    let (sender, receiver) = sync_channel(8);
    for case_index in 0..8 {
        let mut one = trial(cell(case_index, 0, 0));
        if case_index == 3 {
            one.row.cost = Some("12345678901".parse().unwrap());
        }
        let sender = sender.clone();
        place.store.record_trial(plan.id, one, move |result| sender.send((case_index, result)).unwrap());
    }
    hold.send(()).unwrap();
    drop(sender);
    for (case_index, result) in receiver {
        assert_eq!(result, if case_index == 3 { Err(StoreError::OutOfRange("a cost")) } else { Ok(()) }, "{case_index}");
    }
    assert_eq!(place.read(move |archive| archive.trial_rows(plan.id)).len(), 7);
}
