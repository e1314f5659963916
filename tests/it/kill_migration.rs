//! kill -9 while an old archive is backed up and brought to today's format: it is the old one or the new one, whole, and opens again.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use crate::chaos::{GOOD_END, stream, text_event};
use crate::chaos_thread::Chaos;
use crate::kill_loop::{Copy, kills};
use crate::program::{Program, prompts_csv};

const FIRST_FORMAT: &str = include_str!("../../src/store/migrations/0001_archive.sql");
const CASES: usize = 60;
/// Large answers, so that the backup takes a while.
const ANSWER_BYTES: usize = 200_000;

#[test]
fn an_archive_survives_every_kill_while_it_is_migrated() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let program = Program::new();
    let old = program.path("old.db");
    old_archive(&program, &old);

    let begun = Instant::now();
    migrate(&program, &old);
    let whole = begun.elapsed();
    let mut backups = 0;
    for kill in 0..kills(50) {
        let place = format!("seed {seed}, kill {kill}");
        put(&program, &old);
        let mut child = program.command(&["runs"]).spawn().unwrap();
        wait(whole.mul_f64(random.f64() * 1.1));
        child.kill().ok();
        child.wait().unwrap();

        let left = Copy::of(&program.data_folder()).unwrap();
        left.assert_sound(&place);
        assert_eq!(trials(&left), CASES, "{place}");
        let backup = program.data_folder().join("assay.db.format-1.bak");
        if let Some(backup) = Copy::of_file(&backup) {
            backup.assert_sound(&place);
            assert_eq!((format(&backup), trials(&backup)), (1, CASES), "{place}: a backup is whole or not there");
            backups += 1;
        }
        assert!(format(&left) == 1 || backup.exists(), "{place}: migrated without a backup");
        let runs = program.run_json(&["runs"]);
        assert_eq!((runs.code, &runs.json()[0]["counts"]["finished"]), (0, &CASES.into()), "{place}: {}", runs.stderr);
    }
    assert!(backups > 0 || kills(50) < 20, "every kill came before the backup");
}

/// An archive of the first format with one run in it.
fn old_archive(program: &Program, old: &Path) {
    let chaos = Chaos::start(vec![stream(&[&text_event(&"x".repeat(ANSWER_BYTES)), GOOD_END])]);
    program.connect_to("S", &chaos.url(), None);
    let prompts = program.write("p.csv", prompts_csv(CASES));
    let run = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let db = rusqlite::Connection::open(old).unwrap();
    db.execute_batch(FIRST_FORMAT).unwrap();
    db.execute("ATTACH ?1 AS today", [program.data_folder().join("assay.db").to_str().unwrap()]).unwrap();
    let names =
        |sql: &str| -> Vec<String> { db.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect() };
    // Triggers keep frozen versions as they are, so versions come last.
    let mut tables = names("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name = 'prompt_set_versions'");
    tables.retain(|table| !table.starts_with("sqlite_"));
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for table in tables {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        db.execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")).unwrap();
    }
    db.execute_batch("DETACH today; PRAGMA user_version = 1").unwrap();
}

/// Puts the old archive in the place of the one that is there.
fn put(program: &Program, old: &Path) {
    let folder = program.data_folder();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("assay.db") {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::copy(old, folder.join("assay.db")).unwrap();
}

fn migrate(program: &Program, old: &Path) {
    put(program, old);
    assert_eq!(program.run(&["runs"]).code, 0);
    let migrated = Copy::of(&program.data_folder()).unwrap();
    assert!(format(&migrated) > 1 && trials(&migrated) == CASES);
}

fn format(archive: &Copy) -> i64 {
    archive.db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

fn trials(archive: &Copy) -> usize {
    let count: u32 = archive.db.query_row("SELECT count(*) FROM trials", [], |row| row.get(0)).unwrap();
    count as usize
}

/// A moment that nothing tells.
fn wait(longest: Duration) {
    let (_sender, never) = sync_channel::<()>(0);
    never.recv_timeout(longest).unwrap_err();
}
