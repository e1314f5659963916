//! When the program fails in itself: a redacted report on this computer, offered at the next start. Nothing is sent.

use std::backtrace::Backtrace;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use super::places::private_options;
use super::{PathText, Places, Redactor};

/// Reports of one process; a fault that repeats fills no disk.
const MAX_REPORTS_OF_A_PROCESS: u32 = 5;

/// Reports that are kept over restarts.
const KEPT_REPORTS: usize = 10;

/// A message may quote a whole answer.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// A report that nobody has seen yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicReport {
    /// Where it is.
    pub path: PathBuf,
    /// What it says: version, system, message, backtrace; without keys.
    pub text: String,
}

impl PanicReport {
    /// It was written by this process, not left by an earlier one.
    pub fn is_of_this_process(&self) -> bool {
        self.path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with(&format!("-{}", std::process::id())))
    }

    /// Keeps the report but does not offer it again.
    pub fn mark_seen(&self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension("seen"))
    }
}

/// From now on a panic on any thread writes a report to the crash folder, and one line to stderr in place of Rust's own, which could hold a key.
/// Reports beyond the newest ten are removed.
pub fn install_panic_report(places: &Places, redactor: Redactor) {
    let folder = places.crashes();
    let mut reports = reports_in(&folder, |_any| true);
    reports.truncate(reports.len().saturating_sub(KEPT_REPORTS));
    for old in reports {
        fs::remove_file(old).ok();
    }
    let written = AtomicU32::new(0);
    std::panic::set_hook(Box::new(move |panic| {
        let message = redactor.redact(panic.payload_as_str().unwrap_or("(no message)"));
        let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let mut kept = String::new();
        if written.fetch_add(1, Ordering::Relaxed) < MAX_REPORTS_OF_A_PROCESS {
            let thread = std::thread::current();
            let text = report_text(thread.name().unwrap_or("(unnamed)"), &message, &place, &Backtrace::force_capture().to_string());
            kept = match write_report(&folder, &redactor.redact(&text)) {
                Ok(path) => format!("; the report is at {}", PathText(&path)),
                Err(error) => format!("; no report could be written ({error})"),
            };
        }
        // Nothing may fail here: a panic inside the hook ends the process without a word.
        writeln!(io::stderr(), "assay met a fault in itself at {place}: {message}{kept}").ok();
    }));
}

/// The newest report that was not marked as seen.
pub fn latest_report(places: &Places) -> Option<PanicReport> {
    let path = reports_in(&places.crashes(), |extension| extension == "txt").pop()?;
    let text = fs::read_to_string(&path).ok()?;
    Some(PanicReport { path, text })
}

fn report_text(thread: &str, message: &str, place: &str, backtrace: &str) -> String {
    format!(
        "Assay {} met a fault in itself. This report stays on this computer unless you send it.\n\ntime: {}\nsystem: {} {}\nthread: {thread}\nplace: {place}\n\n{message}\n\n{backtrace}",
        env!("CARGO_PKG_VERSION"),
        Timestamp::now(),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

fn write_report(folder: &Path, text: &str) -> io::Result<PathBuf> {
    // The name sorts by time; the process id keeps two processes apart.
    let name = format!("crash-{}-{}.txt", Timestamp::now().strftime("%Y%m%dT%H%M%S%.6fZ"), std::process::id());
    let path = folder.join(name);
    private_options().write(true).create_new(true).open(&path)?.write_all(text.as_bytes())?;
    Ok(path)
}

/// The reports whose extension (`txt` unseen, `seen`) is wanted, oldest first.
fn reports_in(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let is_ours = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("crash-") && name.rsplit_once('.').is_some_and(|(_name, extension)| wanted(extension))
    };
    let mut reports: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_ours(path)).collect();
    reports.sort();
    reports
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::domain::ApiKey;

    const CANARY: &str = "CANARY-key-0123456789";
    const FOLDER_VARIABLE: &str = "ASSAY_TEST_PANIC_FOLDER";

    /// The panic hook belongs to the process, so it is tried in one of its own.
    #[test]
    fn a_panic_leaves_a_report_without_keys() {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "platform::panic_report::tests::panic_in_a_process_of_its_own"])
            .env(FOLDER_VARIABLE, folder.path())
            .output()
            .unwrap();
        assert!(!child.status.success());

        let places = Places::locate(Some(folder.path())).unwrap();
        let report = latest_report(&places).unwrap();
        for part in ["the key [key] went astray", "panic_report.rs:", env!("CARGO_PKG_VERSION"), "thread: in trouble"] {
            assert!(report.text.contains(part), "{part}: {}", report.text);
        }
        let stderr = String::from_utf8(child.stderr).unwrap();
        assert!(stderr.contains("the report is at"), "{stderr}");
        assert!(!stderr.contains("CANARY") && !report.text.contains("CANARY"), "{stderr}");
        let reports = reports_in(&places.crashes(), |_any| true).len();
        assert_eq!(reports, MAX_REPORTS_OF_A_PROCESS as usize);

        for _report in 0..reports {
            latest_report(&places).unwrap().mark_seen().unwrap();
        }
        assert_eq!(latest_report(&places), None);
    }

    #[test]
    #[ignore = "panics; run by a_panic_leaves_a_report_without_keys"]
    fn panic_in_a_process_of_its_own() {
        let folder = std::env::var_os(FOLDER_VARIABLE).unwrap();
        let redactor = Redactor::default();
        install_panic_report(&Places::locate(Some(Path::new(&folder))).unwrap(), redactor.clone());
        redactor.register(&ApiKey::from_pasted(CANARY).unwrap().0);
        for _thread in 0..8 {
            let thread = std::thread::Builder::new().name("in trouble".into());
            thread.spawn(|| panic!("the key {CANARY} went astray")).unwrap().join().unwrap_err();
        }
        panic!("the end");
    }

    #[test]
    fn the_newest_report_is_offered_and_none_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(folder.path())).unwrap();
        assert_eq!(latest_report(&places), None);
        let older = write_report(&places.crashes(), "older").unwrap();
        let newer = places.crashes().join("crash-99991231T235959.000000Z-1.txt");
        fs::write(&newer, "newer").unwrap();
        fs::write(places.crashes().join("notes.txt"), "not ours").unwrap();
        let report = latest_report(&places).unwrap();
        assert_eq!((report.path.as_path(), report.text.as_str()), (newer.as_path(), "newer"));
        assert!(!report.is_of_this_process());
        report.mark_seen().unwrap();
        let report = latest_report(&places).unwrap();
        assert_eq!(report.path, older);
        assert!(report.is_of_this_process());
    }
}
