use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const FOLDER_VARIABLE: &str = "ASSAY_TEST_LOCK_FOLDER";

fn places(folder: &tempfile::TempDir) -> Places {
    Places::locate(Some(folder.path())).unwrap()
}

#[test]
fn a_second_window_on_the_same_folder_is_refused() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = WindowLock::acquire(&places(&folder)).unwrap();
    let refused = WindowLock::acquire(&places(&folder)).unwrap_err();
    assert!(matches!(&refused, LockError::WindowOpen(_)));
    assert!(refused.to_string().ends_with(&PathText(folder.path()).to_string()), "{refused}");
    WindowLock::acquire(&places(&other)).unwrap();
    drop(first);
    WindowLock::acquire(&places(&folder)).unwrap();
}

#[test]
fn a_file_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (places, run_id) = (places(&folder), RunId::draw());
    fs::write(places.locks().join("window.lock"), "left behind").unwrap();
    fs::write(run_lock_path(&places, run_id), "left behind").unwrap();
    assert!(!RunLock::is_held(&places, run_id).unwrap());
    WindowLock::acquire(&places).unwrap();
    RunLock::acquire(&places, run_id).unwrap();
}

#[test]
fn a_live_run_is_refused_to_others_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (places, run_id) = (places(&folder), RunId::draw());
    assert!(!RunLock::is_held(&places, run_id).unwrap());
    let lock = RunLock::acquire(&places, run_id).unwrap();
    assert!(RunLock::is_held(&places, run_id).unwrap());
    assert!(matches!(RunLock::acquire(&places, run_id), Err(LockError::RunLive(id)) if id == run_id));
    RunLock::acquire(&places, RunId::draw()).unwrap();
    drop(lock);
    assert!(!RunLock::is_held(&places, run_id).unwrap());
    assert_eq!(fs::read_dir(places.locks()).unwrap().count(), usize::from(!cfg!(unix)) * 2);
}

#[test]
fn many_takers_never_hold_it_together() {
    let folder = tempfile::tempdir().unwrap();
    let (places, run_id, holders, taken) = (places(&folder), RunId::draw(), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _taker in 0..4 {
            scope.spawn(|| {
                for _round in 0..200 {
                    if let Ok(lock) = RunLock::acquire(&places, run_id) {
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                }
            });
        }
    });
    assert!(taken.load(Ordering::SeqCst) >= 200);
}

#[test]
fn asking_does_not_get_in_the_way_of_taking() {
    let folder = tempfile::tempdir().unwrap();
    let (places, run_id, done) = (places(&folder), RunId::draw(), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while done.load(Ordering::SeqCst) == 0 {
                RunLock::is_held(&places, run_id).unwrap();
            }
        });
        let refused = (0..200).filter(|_| RunLock::acquire(&places, run_id).is_err()).count();
        done.store(1, Ordering::SeqCst);
        assert_eq!(refused, 0);
    });
}

/// The promise is between processes: another one holds the lock, and killing it frees the lock.
#[test]
fn a_killed_process_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let places = places(&folder);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "platform::locks::tests::hold_the_locks_in_a_process_of_its_own"])
        .env(FOLDER_VARIABLE, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let held = lines.map_while(Result::ok).find_map(|line| line.split("holding ").nth(1).map(str::to_owned));
    let run_id: RunId = held.unwrap().trim().parse().unwrap();
    assert!(RunLock::is_held(&places, run_id).unwrap());
    assert!(WindowLock::acquire(&places).is_err());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!RunLock::is_held(&places, run_id).unwrap());
    RunLock::acquire(&places, run_id).unwrap();
    WindowLock::acquire(&places).unwrap();
}

#[test]
#[ignore = "waits to be killed; run by a_killed_process_holds_nothing"]
fn hold_the_locks_in_a_process_of_its_own() {
    let folder = std::env::var_os(FOLDER_VARIABLE).unwrap();
    let (places, run_id) = (Places::locate(Some(Path::new(&folder))).unwrap(), RunId::draw());
    let _window = WindowLock::acquire(&places).unwrap();
    let _run = RunLock::acquire(&places, run_id).unwrap();
    writeln!(io::stdout(), "holding {run_id}").unwrap();
    io::stdin().read_line(&mut String::new()).unwrap();
}
