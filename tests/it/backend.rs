//! The backend without a face: what is lost by nobody when disks are full, windows close and connections change.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use assay::app::{Again, ConnectionFact, Effect, ExportKind, Fact, HistoryFact, NoticeLevel, PromptFact, RunFact};
use assay::domain::{
    ApiKey, Case, Cell, Connection, ConnectionId, KeySource, Role, RunEventKind, RunId, RunStatus, StopReason, TrialId, TrialStatus,
};
use assay::runner::RunControl;
use assay::secrets::{Keychain, MemoryKeychain, SecretError};

use crate::office::{Office, is_event, keyless, launched, plan, stop_of};
use crate::server::Server;

#[test]
fn a_text_that_cannot_be_read_is_answered_too() {
    let mut office = Office::new();
    let [baseline, other] = [TrialId::draw(), TrialId::draw()];
    let run_id = RunId::draw();
    office.backend.perform(Effect::LoadBodies { run_id, trials: vec![other] });
    let unread = office
        .wait(|fact| if let Fact::Runs(RunFact::BodiesUnread { trials, message, .. }) = fact { Some((trials, message)) } else { None });
    assert!(unread.0 == [other] && !unread.1.is_empty(), "{unread:?}");
    office.backend.perform(Effect::Diff { run_id, baseline, other });
    let unread = office.wait(|fact| match fact {
        Fact::Runs(RunFact::DiffUnread { baseline, other, message, .. }) => Some((baseline, other, message)),
        _ => None,
    });
    assert!((unread.0, unread.1) == (baseline, other) && !unread.2.is_empty(), "{unread:?}");
}

#[test]
fn closing_leaves_a_live_run_unfinished_and_the_next_start_offers_it() {
    let mut office = Office::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = office.connection(keyless(&format!("http://{}/v1", silent.local_addr().unwrap())), None);
    let set = office.set(3);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    office.wait(|fact| is_event(&fact, |kind| matches!(kind, RunEventKind::Started { .. })).then_some(()));

    let mut office = office.reopened();
    let offered = office.started().unfinished;
    assert_eq!(offered.iter().map(|head| (head.id, head.status)).collect::<Vec<_>>(), [(run_id, RunStatus::Unfinished)]);
    assert_eq!(office.stored(run_id).1, [TrialStatus::Cancelled], "what was in flight is stored, what was queued can still be sent");
}

/// Makes the archive refuse every trial until it is dropped.
struct FullDisk(rusqlite::Connection);

impl FullDisk {
    fn on(office: &Office) -> Self {
        let archive = office.archive();
        archive.execute_batch("CREATE TRIGGER full BEFORE INSERT ON trials BEGIN SELECT RAISE(FAIL, 'no room'); END").unwrap();
        Self(archive)
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        self.0.execute_batch("DROP TRIGGER full").unwrap();
    }
}

/// A run of three cases, one after the other, that was stopped with trials that could not be saved; gives how many there are.
fn stopped_on_a_full_disk(office: &mut Office, server: &Server) -> (RunId, usize) {
    let connection = office.connection(keyless(&server.url()), None);
    server.hold_after(1);
    let set = office.set(3);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    let is_refusal = |fact: &Fact| is_event(fact, |kind| matches!(kind, RunEventKind::NotSaved { .. }));
    office.wait(|fact| is_refusal(&fact).then_some(()));
    office.backend.perform(Effect::Control { run_id, control: RunControl::Cancelled });
    let mut waiting = 1;
    let reason = office.wait(|fact| {
        waiting += usize::from(is_refusal(&fact));
        stop_of(&fact)
    });
    assert_eq!(reason, StopReason::StorageFailed);
    (run_id, waiting)
}

#[test]
fn answers_that_could_not_be_saved_are_kept_and_stored_before_the_run_goes_on() {
    let server = Server::start(None);
    let mut office = Office::new();
    let full = FullDisk::on(&office);
    let (run_id, waiting) = stopped_on_a_full_disk(&mut office, &server);
    assert_eq!(office.stored(run_id), (RunStatus::Unfinished, vec![]));
    assert!(waiting < 3 && server.requests() < 3, "nothing more is sent while answers wait");

    let resume = || Effect::SendAgain { run_id, which: Again::Missing };
    office.backend.perform(resume());
    let refused = office.wait(|fact| if let Fact::Runs(RunFact::LaunchFailed { message }) = fact { Some(message) } else { None });
    assert!(refused.contains("in memory") && refused.contains("no room"), "{refused}");

    drop(full);
    server.release();
    office.backend.perform(resume());
    assert_eq!(office.stopped(), StopReason::Complete);
    let (status, trials) = office.stored(run_id);
    assert_eq!((status, trials), (RunStatus::Finished, vec![TrialStatus::Finished; 3]));
    // The one that was answered is not paid twice; those that the stop cut off were stored as cancelled, and a resume sends them again.
    let times = server.times_asked();
    assert!(times.values().filter(|times| **times == 2).count() < waiting && times.values().all(|times| *times <= 2), "{times:?}");
}

#[test]
fn answers_that_could_not_be_saved_are_stored_when_the_program_ends() {
    let server = Server::start(None);
    let mut office = Office::new();
    let full = FullDisk::on(&office);
    let (run_id, waiting) = stopped_on_a_full_disk(&mut office, &server);
    drop(full);
    let mut office = office.reopened();
    assert_eq!(office.stored(run_id).1.len(), waiting);
    assert_eq!(office.started().unfinished.len(), 1);
}

#[test]
fn what_was_asked_for_just_before_closing_is_written() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(2);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    assert_eq!(office.stopped(), StopReason::Complete);

    let exports = tempfile::tempdir().unwrap();
    let csv = exports.path().join("last.csv");
    let keyed = Connection::new(ConnectionId::draw(), "Keyed", Role::Relay, &server.url(), KeySource::Keychain);
    let key = Some(ApiKey::from_pasted("sk-1234567890").unwrap().0);
    office.backend.perform(Effect::SaveConnection { connection: Box::new(keyed), key, is_new: true });
    office.backend.perform(Effect::ExportRun { run_id, kind: ExportKind::Comparison, path: csv.clone() });
    let mut office = office.reopened();
    assert!(csv.exists());
    assert_eq!(office.keychain.accounts().len(), 1);
    assert!(office.started().connections.iter().any(|connection| connection.name == "Keyed"));
}

/// A keychain whose owner has to say yes before anything is erased.
struct Asking {
    entries: MemoryKeychain,
    yes: Arc<Mutex<Receiver<()>>>,
}

impl Keychain for Asking {
    fn get(&mut self, account: &str) -> Result<zeroize::Zeroizing<String>, SecretError> {
        self.entries.get(account)
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.entries.set(account, key)
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        self.yes.lock().unwrap().recv().ok();
        self.entries.delete(account)
    }
}

#[test]
fn a_check_uses_the_connection_as_it_was_saved_before() {
    let (old, new) = (Server::start(Some("sk-old-1234567")), Server::start(Some("sk-new-1234567")));
    let (yes, asked) = sync_channel(1);
    let entries = MemoryKeychain::default();
    let mut office = Office::with(entries.clone(), Box::new(Asking { entries, yes: Arc::new(Mutex::new(asked)) }));
    let at = |url: &str| Connection::new(ConnectionId::draw(), "Moving", Role::Relay, url, KeySource::Keychain);
    let mut connection = office.connection(at(&old.url()), Some("sk-old-1234567"));
    connection.base_url = new.url();
    let id = connection.id;
    let key = Some(ApiKey::from_pasted("sk-new-1234567").unwrap().0);
    office.backend.perform(Effect::SaveConnection { connection: Box::new(connection), key, is_new: false });
    office.backend.perform(Effect::Check { id, model: Some("good".to_owned()) });
    // Something else that was asked for later is done meanwhile.
    office.backend.perform(Effect::LoadRuns { search: String::new(), offset: 0 });
    office.wait(|fact| matches!(fact, Fact::History(HistoryFact::Runs { .. })).then_some(()));
    yes.send(()).unwrap();
    let mut saved = false;
    let report = office.wait(|fact| match fact {
        Fact::Connections(ConnectionFact::Saved { .. }) => {
            saved = true;
            None
        }
        Fact::Connections(ConnectionFact::Checked(report)) => Some(report),
        _ => None,
    });
    assert!(saved && report.passed(), "{:?}", report.exchange);
    assert_eq!((old.requests(), new.requests()), (0, 1));
}

#[test]
fn nothing_is_sent_to_a_connection_that_was_removed() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(2);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    assert_eq!((office.stopped(), server.requests()), (StopReason::Complete, 2));
    office.archive().execute_batch("UPDATE runs SET status = 'unfinished'").unwrap();
    office.backend.perform(Effect::RemoveConnection(connection.id));
    office.wait(|fact| matches!(fact, Fact::Connections(ConnectionFact::Removed { .. })).then_some(()));

    let cell = Cell { case_index: 0, target_index: 0, repeat: 0 };
    for which in [Again::Missing, Again::Failed, Again::These(vec![cell])] {
        office.backend.perform(Effect::SendAgain { run_id, which });
        let (message, later, began) = office.wait(|fact| match fact {
            Fact::Runs(RunFact::NotSent { failure, later, .. }) => Some((failure.message, later, true)),
            Fact::Runs(RunFact::CannotAsk { targets, .. }) => Some((targets[0].failure.message.clone(), targets[0].later, false)),
            _ => None,
        });
        assert!(message.contains("“Here” was removed; add it again and start a new run") && !later, "{message}");
        if began {
            assert_eq!(office.stopped(), StopReason::Complete);
        }
        assert_eq!(server.requests(), 2);
        assert_eq!(office.stored(run_id).1, [TrialStatus::Finished; 2], "what was paid for stands");
    }
}

#[test]
fn a_check_and_a_list_of_models_end_also_when_the_connection_cannot_be_read() {
    let mut office = Office::new();
    let id = office.connection(keyless("http://127.0.0.1:1/v1"), None).id;
    let archive = office.archive();
    archive.execute_batch("UPDATE connections SET definition = 'spoilt'").unwrap();
    office.backend.perform(Effect::Check { id, model: None });
    let report = office.wait(|fact| if let Fact::Connections(ConnectionFact::Checked(report)) = fact { Some(report) } else { None });
    assert_eq!(report.connection_id, id);
    let failure = report.verdict().unwrap();
    assert!(failure.message.starts_with("the connection could not be read: "), "{}", failure.message);
    let models = |fact| if let Fact::Connections(ConnectionFact::Models { id, result }) = fact { Some((id, result)) } else { None };
    office.backend.perform(Effect::LoadModels(id));
    let (of, result) = office.wait(models);
    assert_eq!((of, result.unwrap_err().message), (id, failure.message.clone()));

    archive.execute_batch("UPDATE connections SET removed_at_ns = 1").unwrap();
    for effect in [Effect::Check { id, model: None }, Effect::LoadModels(id), Effect::RemoveConnection(id)] {
        office.backend.perform(effect);
        let gone = office.wait(|fact| if let Fact::Connections(ConnectionFact::Gone(id)) = fact { Some(id) } else { None });
        assert_eq!(gone, id);
    }
}

/// A keychain that lets nobody erase while it is locked.
struct Locked {
    entries: MemoryKeychain,
    is_locked: Arc<AtomicBool>,
}

impl Keychain for Locked {
    fn get(&mut self, account: &str) -> Result<zeroize::Zeroizing<String>, SecretError> {
        self.entries.get(account)
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.entries.set(account, key)
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        if self.is_locked.load(Ordering::SeqCst) {
            return Err(SecretError::Locked { reason: "locked".to_owned() });
        }
        self.entries.delete(account)
    }
}

#[test]
fn a_connection_stays_while_its_key_cannot_be_erased() {
    let (entries, is_locked) = (MemoryKeychain::default(), Arc::new(AtomicBool::new(true)));
    let locked = Locked { entries: entries.clone(), is_locked: Arc::clone(&is_locked) };
    let mut office = Office::with(entries.clone(), Box::new(locked));
    let keyed = Connection::new(ConnectionId::draw(), "Keyed", Role::Relay, "https://api.example.com/v1", KeySource::Keychain);
    let id = office.connection(keyed, Some("sk-1234567890")).id;
    office.backend.perform(Effect::RemoveConnection(id));
    let (level, text) = office.wait(|fact| if let Fact::Notice { level, text } = fact { Some((level, text)) } else { None });
    assert!(level == NoticeLevel::Error && text.contains("not removed") && text.contains("remove it again"), "{text}");
    assert_eq!((office.started().connections.len(), entries.accounts().len()), (1, 1));

    is_locked.store(false, Ordering::SeqCst);
    office.backend.perform(Effect::RemoveConnection(id));
    office.wait(|fact| matches!(fact, Fact::Connections(ConnectionFact::Removed { .. })).then_some(()));
    assert_eq!((office.started().connections.len(), entries.accounts().len()), (0, 0));
}

#[test]
fn sending_one_cell_again_leaves_a_run_that_misses_others_where_it_stood() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(4);
    let planned = plan(&connection, &set);
    server.hold_after(2);
    office.backend.perform(Effect::Launch(Box::new(planned)));
    let run_id = office.wait(launched);
    server.wait_for_requests(3);
    office.backend.perform(Effect::Control { run_id, control: RunControl::Cancelled });
    assert_eq!((office.stopped(), office.stored(run_id).0), (StopReason::Cancelled, RunStatus::Cancelled));
    server.release();
    let asked = server.times_asked();
    let is_asked = |case: &u32| asked.contains_key(&format!("Prompt {}", case + 1));
    let cell = |case_index| Cell { case_index, target_index: 0, repeat: 0 };
    let first = cell((0..4).find(is_asked).unwrap());
    let unsent: Vec<Cell> = (0..4).filter(|case| !is_asked(case)).map(cell).collect();
    assert_eq!(unsent.len(), 1);

    let these = |cells: &[Cell]| Again::These(cells.to_vec());
    for (word, status) in [("cancelled", RunStatus::Cancelled), ("capped", RunStatus::Capped)] {
        office.archive().execute("UPDATE runs SET status = ?1", [word]).unwrap();
        office.backend.perform(Effect::SendAgain { run_id, which: these(&[first]) });
        assert_eq!((office.stopped(), office.stored(run_id).0), (StopReason::Complete, status));
        office.backend.perform(Effect::SendAgain { run_id, which: Again::Failed });
        assert_eq!((office.stopped(), office.stored(run_id).0), (StopReason::Complete, status));
        assert_eq!(office.stored(run_id).1, [TrialStatus::Finished; 3]);
    }
    // All that was missing was asked for.
    office.backend.perform(Effect::SendAgain { run_id, which: these(&unsent) });
    assert_eq!((office.stopped(), office.stored(run_id).0), (StopReason::Complete, RunStatus::Finished));
}

#[test]
fn a_run_that_another_process_sends_is_told_as_such() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(1);
    office.backend.perform(Effect::Launch(Box::new(plan(&connection, &set))));
    let run_id = office.wait(launched);
    office.stopped();
    let elsewhere = |office: &mut Office| {
        office.backend.perform(Effect::LoadRuns { search: String::new(), offset: 0 });
        office.wait(|fact| match fact {
            Fact::History(HistoryFact::Runs { elsewhere, .. }) => Some(elsewhere.into_iter().collect::<Vec<_>>()),
            _ => None,
        })
    };
    assert_eq!(elsewhere(&mut office), []);
    let file = office.folder.path().join("locks").join(format!("run-{run_id}.lock"));
    let theirs = std::fs::File::create(file).unwrap();
    theirs.lock().unwrap();
    assert_eq!(elsewhere(&mut office), [run_id]);
}

#[test]
fn a_run_neither_sends_nor_overwrites_what_another_edited_meanwhile() {
    let server = Server::start(None);
    let mut office = Office::new();
    let connection = office.connection(keyless(&server.url()), None);
    let set = office.set(2);
    let planned = plan(&connection, &set);
    let edited = vec![Case::single("c1", "", "Edited")];
    office.backend.perform(Effect::SaveCases { id: set.head.id, cases: Arc::new(edited.clone()) });
    office.backend.perform(Effect::Launch(Box::new(planned)));
    let message = office.wait(|fact| if let Fact::Runs(RunFact::LaunchFailed { message }) = fact { Some(message) } else { None });
    assert!(message.contains("changed"), "{message}");
    office.backend.perform(Effect::LoadSet(set.head.id));
    let kept = office.wait(|fact| if let Fact::Prompts(PromptFact::Loaded(set)) = fact { Some(set.cases) } else { None });
    assert_eq!((kept, server.requests()), (edited, 0));
}
