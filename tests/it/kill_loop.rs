//! kill -9 at any moment of a run: every trial that was acknowledged is there, the archive is sound, and nothing that is stored is sent again.
//!
//! 20 kills in an ordinary test; `ASSAY_KILL_ROUNDS=200` for the whole loop.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::chaos::{Act, GOOD_END, stream, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, prompts_csv};

const CASES: usize = 500;
/// Kills of one run; the rest of it is then sent in peace.
const KILLS_A_RUN: usize = 10;

/// How many kills a test of the loop does, of `share` in 200.
pub(crate) fn kills(share: usize) -> usize {
    let rounds = std::env::var("ASSAY_KILL_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    (rounds * share).div_ceil(200)
}

#[test]
fn a_run_survives_every_kill() {
    kill_often(kills(100), None);
}

#[test]
fn a_run_under_a_cap_survives_every_kill() {
    kill_often(kills(100), Some("1000"));
}

fn kill_often(mut kills: usize, cap: Option<&'static str>) {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut acknowledged = 0;
    while kills > 0 {
        let mut life = Life::new(cap);
        let here = kills.min(KILLS_A_RUN);
        for kill in 0..here {
            if !life.kill(&mut random) {
                break;
            }
            kills -= 1;
            life.check(&format!("seed {seed}, kill {kill}"));
        }
        life.finish();
        acknowledged += life.acknowledged.len();
    }
    assert!(acknowledged > 0, "no kill came late enough to prove anything");
}

/// One run with its server, from its start over all its kills to its end.
struct Life {
    program: Program,
    chaos: Chaos,
    cap: Option<&'static str>,
    /// Trials that the program said were stored.
    acknowledged: BTreeSet<Uuid>,
    /// How often a prompt had been sent when its trial was found in the archive.
    stored: BTreeMap<String, usize>,
}

impl Life {
    fn new(cap: Option<&'static str>) -> Self {
        let program = Program::new();
        let chaos = Chaos::route(|_request, number| {
            let mut acts = stream(&[&text_event("one "), &text_event("two "), &text_event("three"), GOOD_END]);
            acts.insert(2, Act::Wait(Duration::from_millis(number as u64 % 4)));
            acts
        });
        program.connect_to("S", &chaos.url(), None);
        assert_eq!(program.run(&["price", "set", "S/m", "--input", "1000", "--output", "1000"]).code, 0);
        program.write("p.csv", prompts_csv(CASES));
        Self { program, chaos, cap, acknowledged: BTreeSet::new(), stored: BTreeMap::new() }
    }

    /// The run's id, once there is one.
    fn run_id(&self) -> Option<String> {
        let archive = Copy::of(&self.program.data_folder())?;
        let mut query = archive.db.prepare("SELECT id FROM runs").unwrap();
        let ids: Vec<Uuid> =
            query.query_map([], |row| row.get::<_, [u8; 16]>(0)).unwrap().map(|id| Uuid::from_bytes(id.unwrap())).collect();
        assert!(ids.len() <= 1, "a run was begun twice");
        ids.first().map(Uuid::to_string)
    }

    fn start(&self) -> Child {
        let prompts = self.program.path("p.csv");
        let (id, prompts) = (self.run_id(), prompts.to_str().unwrap());
        let mut arguments = match &id {
            Some(id) => vec!["resume", id],
            None => vec!["run", "--prompts", prompts, "--target", "S/m", "--max-tokens", "5", "--retries", "0"],
        };
        if let (None, Some(cap)) = (&id, self.cap) {
            arguments.extend(["--cap", cap]);
        }
        arguments.extend(["--follow", "--format", "json"]);
        self.program.command(&arguments).stdout(Stdio::null()).spawn().unwrap()
    }

    /// Starts or resumes the run and kills it, in its start, after some requests, or after some acknowledged trials. False when it was through
    /// before the kill came.
    fn kill(&mut self, random: &mut fastrand::Rng) -> bool {
        let asked = self.chaos.requests().len();
        let mut child = self.start();
        let told = listen(&mut child);
        let mut heard = Vec::new();
        let moment = Duration::from_micros(random.u64(0..4_000));
        match random.u8(0..3) {
            0 => wait(&told, &mut heard, usize::MAX, Duration::from_millis(random.u64(0..300))),
            1 => wait(&told, &mut heard, random.usize(1..=24), Duration::from_mins(1)),
            _ => {
                // A run that needs fewer ends by itself.
                let wanted = asked + random.usize(1..=40);
                while self.chaos.requests().len() < wanted && child.try_wait().unwrap().is_none() {
                    wait(&told, &mut heard, usize::MAX, Duration::from_millis(1));
                }
            }
        }
        wait(&told, &mut heard, usize::MAX, moment);
        child.kill().unwrap();
        let killed = !child.wait().unwrap().success();
        // What it still said before it died counts too.
        heard.extend(told);
        self.acknowledged.extend(heard);
        killed
    }

    /// Looks into the archive as the kill left it.
    fn check(&mut self, place: &str) {
        let Some(archive) = Copy::of(&self.program.data_folder()) else {
            assert!(self.acknowledged.is_empty(), "{place}: the archive is gone");
            return;
        };
        archive.assert_sound(place);
        let times = self.chaos.times_asked();
        let mut query = archive.db.prepare("SELECT id, case_index, status FROM trials").unwrap();
        let trials: Vec<(Uuid, u32, String)> =
            query.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
        let ids: BTreeSet<Uuid> = trials.iter().map(|trial| trial.0).collect();
        let lost: Vec<&Uuid> = self.acknowledged.difference(&ids).collect();
        assert!(lost.is_empty(), "{place}: {} of {} acknowledged trials are lost", lost.len(), self.acknowledged.len());
        let cases: BTreeSet<u32> = trials.iter().map(|trial| trial.1).collect();
        assert_eq!(cases.len(), trials.len(), "{place}: a cell was stored twice");
        for (_, case_index, status) in trials {
            assert_eq!(status, "finished", "{place}");
            let prompt = format!("Prompt {}", case_index + 1);
            let sent = times.get(&prompt).copied().unwrap_or(0);
            let before = *self.stored.entry(prompt).or_insert(sent);
            assert_eq!(sent, before, "{place}: a stored trial was sent again");
        }
    }

    /// Sends the rest.
    fn finish(&mut self) {
        let child = self.start();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.check("at the end");
        assert_eq!(self.stored.len(), CASES);
        let archive = Copy::of(&self.program.data_folder()).unwrap();
        let waiting: i64 = archive.db.query_row("SELECT count(*) FROM reservations WHERE NOT lost", [], |row| row.get(0)).unwrap();
        assert_eq!(waiting, 0, "nothing is set aside for a run that is through");
    }
}

/// The ids of stored trials as the program tells them.
fn listen(child: &mut Child) -> Receiver<Uuid> {
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let (sender, told) = sync_channel(CASES);
    let read = move || {
        let mut line = Vec::new();
        // Half a line acknowledges nothing.
        while stderr.read_until(b'\n', &mut line).is_ok() && line.ends_with(b"\n") {
            let said: Value = serde_json::from_slice(&line).unwrap_or_default();
            if let Some(id) = said["stored"]["trial"].as_str() {
                sender.send(id.parse().unwrap()).unwrap();
            }
            line.clear();
        }
    };
    std::thread::Builder::new().spawn(read).unwrap();
    told
}

/// Waits until so many trials were told, or so long.
fn wait(told: &Receiver<Uuid>, heard: &mut Vec<Uuid>, count: usize, longest: Duration) {
    let until = Instant::now() + longest;
    for _ in 0..count {
        match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(id) => heard.push(id),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// A copy of an archive as it stands, so that looking at it mends nothing.
pub(crate) struct Copy {
    pub(crate) db: rusqlite::Connection,
    _folder: TempDir,
}

impl Copy {
    /// Absent while there is no archive, or one without tables.
    pub(crate) fn of(data_folder: &Path) -> Option<Self> {
        Self::of_file(&data_folder.join("assay.db"))
    }

    pub(crate) fn of_file(file: &Path) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");
        let beside = |path: &Path, ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
        for ending in ["", "-wal"] {
            if beside(file, ending).exists() {
                std::fs::copy(beside(file, ending), beside(&copy, ending)).unwrap();
            }
        }
        if !copy.exists() {
            return None;
        }
        let db = rusqlite::Connection::open(copy).unwrap();
        let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        (tables > 0).then_some(Self { db, _folder: folder })
    }

    pub(crate) fn assert_sound(&self, place: &str) {
        let mut query = self.db.prepare("PRAGMA integrity_check").unwrap();
        let found: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, ["ok"], "{place}");
        let mut query = self.db.prepare("PRAGMA foreign_key_check").unwrap();
        assert!(!query.exists([]).unwrap(), "{place}: a foreign key leads nowhere");
    }
}
