use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::domain::{ApiKey, ConnectionId, KeySource, KeyState};

use super::{Environment, Keychain, MemoryKeychain, NoKeychain, Safe, SecretError};

const CANARY: &str = "sk-CANARY-1234567890";

fn key(text: &str) -> ApiKey {
    ApiKey::from_pasted(text).unwrap().0
}

fn safe(keychain: impl Keychain + 'static) -> Safe {
    Safe::new(Box::new(keychain), Environment::fixed([("ASSAY_KEY", CANARY), ("ASSAY_BLANK", " "), ("ASSAY_BAD", "sk-é")]))
}

fn answer<T: Send + 'static>(ask: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
    let (tell, told) = sync_channel(1);
    ask(Box::new(move |answer| tell.send(answer).unwrap()));
    told.recv().unwrap()
}

/// The requests of a safe, waiting for their answers.
trait AskAndWait {
    fn fetch_now(&self, connection_id: ConnectionId, source: &KeySource) -> Result<Option<ApiKey>, SecretError>;
    fn keep_now(&self, connection_id: ConnectionId, source: &KeySource, key: ApiKey) -> Result<(), SecretError>;
    fn erase_now(&self, connection_id: ConnectionId, source: &KeySource) -> Result<(), SecretError>;
    fn state_of_now(&self, connection_id: ConnectionId, source: &KeySource) -> KeyState;
}

impl AskAndWait for Safe {
    fn fetch_now(&self, connection_id: ConnectionId, source: &KeySource) -> Result<Option<ApiKey>, SecretError> {
        answer(|reply| self.fetch(connection_id, source, reply))
    }

    fn keep_now(&self, connection_id: ConnectionId, source: &KeySource, key: ApiKey) -> Result<(), SecretError> {
        answer(|reply| self.keep(connection_id, source, key, reply))
    }

    fn erase_now(&self, connection_id: ConnectionId, source: &KeySource) -> Result<(), SecretError> {
        answer(|reply| self.erase(connection_id, source, reply))
    }

    fn state_of_now(&self, connection_id: ConnectionId, source: &KeySource) -> KeyState {
        answer(|reply| self.state_of(connection_id, source, reply))
    }
}

fn variable(name: &str) -> KeySource {
    KeySource::Environment(name.to_owned())
}

/// A keychain that says that it was called and answers each call only when it is told to.
struct Held {
    called: SyncSender<()>,
    release: Receiver<()>,
}

impl Held {
    fn new() -> (Self, Receiver<()>, SyncSender<()>) {
        let (called, on_call) = sync_channel(8);
        let (release_sender, release) = sync_channel(8);
        (Self { called, release }, on_call, release_sender)
    }

    fn hold(&self) -> SecretError {
        self.called.send(()).unwrap();
        self.release.recv().ok();
        SecretError::EntryNotFound
    }
}

impl Keychain for Held {
    fn get(&mut self, _account: &str) -> Result<Zeroizing<String>, SecretError> {
        Err(self.hold())
    }

    fn set(&mut self, _account: &str, _key: &ApiKey) -> Result<(), SecretError> {
        Err(self.hold())
    }

    fn delete(&mut self, _account: &str) -> Result<(), SecretError> {
        Err(self.hold())
    }
}

/// Panics at every other call.
struct Panicking {
    inner: MemoryKeychain,
    calls: u32,
}

impl Panicking {
    fn trip(&mut self) -> &mut MemoryKeychain {
        self.calls += 1;
        assert!(self.calls.is_multiple_of(2), "a keychain that crashes");
        &mut self.inner
    }
}

impl Keychain for Panicking {
    fn get(&mut self, account: &str) -> Result<Zeroizing<String>, SecretError> {
        self.trip().get(account)
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.trip().set(account, key)
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        self.trip().delete(account)
    }
}

/// Fails for the accounts that it is told to fail for.
struct FailingFor(BTreeMap<String, SecretError>, MemoryKeychain);

impl Keychain for FailingFor {
    fn get(&mut self, account: &str) -> Result<Zeroizing<String>, SecretError> {
        self.0.get(account).map_or_else(|| self.1.get(account), |error| Err(error.clone()))
    }

    fn set(&mut self, account: &str, key: &ApiKey) -> Result<(), SecretError> {
        self.0.get(account).map_or_else(|| self.1.set(account, key), |error| Err(error.clone()))
    }

    fn delete(&mut self, account: &str) -> Result<(), SecretError> {
        self.0.get(account).map_or_else(|| self.1.delete(account), |error| Err(error.clone()))
    }
}

#[test]
fn a_kept_key_is_found_after_a_restart_and_gone_after_erasing() {
    let (keychain, id) = (MemoryKeychain::default(), ConnectionId::draw());
    safe(keychain.clone()).keep_now(id, &KeySource::Keychain, key(CANARY)).unwrap();
    assert_eq!(keychain.accounts(), [id.to_string()]);

    let restarted = safe(keychain.clone());
    assert_eq!(restarted.fetch_now(id, &KeySource::Keychain).unwrap().unwrap().reveal(), CANARY);
    assert_eq!(restarted.state_of_now(id, &KeySource::Keychain), KeyState::InKeychain);
    restarted.erase_now(id, &KeySource::Keychain).unwrap();
    restarted.erase_now(id, &KeySource::Keychain).unwrap();
    assert_eq!(restarted.fetch_now(id, &KeySource::Keychain).unwrap_err(), SecretError::EntryNotFound);
    assert_eq!(restarted.state_of_now(id, &KeySource::Keychain), KeyState::Missing);
    assert!(keychain.accounts().is_empty());
}

#[test]
fn a_session_key_never_reaches_the_keychain() {
    let (keychain, id) = (MemoryKeychain::default(), ConnectionId::draw());
    let one = safe(keychain.clone());
    assert_eq!(one.state_of_now(id, &KeySource::Session), KeyState::Missing);
    one.keep_now(id, &KeySource::Session, key(CANARY)).unwrap();
    assert_eq!(one.clone().fetch_now(id, &KeySource::Session).unwrap().unwrap().reveal(), CANARY);
    assert_eq!(one.state_of_now(id, &KeySource::Session), KeyState::ThisSession);
    assert!(keychain.accounts().is_empty());
    one.erase_now(id, &KeySource::Session).unwrap();
    assert_eq!(one.fetch_now(id, &KeySource::Session).unwrap_err(), SecretError::SessionKeyGone);
}

#[test]
fn the_environment_is_read_and_never_written() {
    let (one, id) = (safe(NoKeychain("none".into())), ConnectionId::draw());
    assert_eq!(one.fetch_now(id, &variable("ASSAY_KEY")).unwrap().unwrap().reveal(), CANARY);
    let state = |name: &str, set| KeyState::Environment { name: name.to_owned(), set };
    assert_eq!(one.state_of_now(id, &variable("ASSAY_KEY")), state("ASSAY_KEY", true));
    assert_eq!(one.state_of_now(id, &variable("ASSAY_BLANK")), state("ASSAY_BLANK", false));
    assert_eq!(one.state_of_now(id, &variable("ASSAY_ABSENT")), state("ASSAY_ABSENT", false));
    assert!(matches!(one.state_of_now(id, &variable("ASSAY_BAD")), KeyState::CannotBeRead { .. }));
    let refused = one.keep_now(id, &variable("ASSAY_KEY"), key(CANARY)).unwrap_err();
    assert_eq!(refused, SecretError::VariableNotWritable("ASSAY_KEY".into()));
    one.erase_now(id, &variable("ASSAY_KEY")).unwrap();
    assert!(one.fetch_now(id, &KeySource::None).unwrap().is_none());
    assert_eq!(one.keep_now(id, &KeySource::None, key(CANARY)).unwrap_err(), SecretError::SourceTakesNoKey);
}

#[test]
fn without_a_keychain_nothing_is_kept_elsewhere_in_silence() {
    let (one, id) = (safe(NoKeychain("no D-Bus session".into())), ConnectionId::draw());
    let missing = SecretError::NoKeychain { reason: "no D-Bus session".into() };
    assert_eq!(one.keep_now(id, &KeySource::Keychain, key(CANARY)).unwrap_err(), missing);
    assert_eq!(one.fetch_now(id, &KeySource::Session).unwrap_err(), SecretError::SessionKeyGone);
    assert_eq!(one.state_of_now(id, &KeySource::Keychain), KeyState::CannotBeRead { reason: missing.to_string() });
}

#[test]
fn a_keychain_that_hangs_is_asked_once_and_the_others_are_told_at_once() {
    let (held, on_call, release) = Held::new();
    let bound = Duration::from_millis(50);
    let one = Safe::build(Box::new(held), Environment::fixed([("ASSAY_KEY", CANARY)]), bound, None);
    let id = ConnectionId::draw();
    let asked = Instant::now();
    let (tell, told) = sync_channel(8);
    for _request in 0..3 {
        let tell = tell.clone();
        one.fetch(id, &KeySource::Keychain, move |answer| tell.send(answer.unwrap_err()).unwrap());
    }
    assert!(asked.elapsed() < bound * 10, "asking waits for nothing");
    let answers: Vec<_> = told.iter().take(3).collect();
    assert_eq!(answers, [SecretError::TimedOut, SecretError::KeychainStuck, SecretError::KeychainStuck]);
    assert_eq!(one.keep_now(id, &KeySource::Keychain, key(CANARY)).unwrap_err(), SecretError::KeychainStuck);
    assert_eq!(on_call.try_iter().count(), 1, "one call in flight");
    one.keep_now(id, &KeySource::Session, key(CANARY)).unwrap();
    assert!(one.fetch_now(id, &variable("ASSAY_KEY")).is_ok(), "other sources go on");

    // Once the hanging call comes back, the keychain is asked again.
    release.send(()).unwrap();
    drop(release);
    let recovered = std::iter::repeat_with(|| one.fetch_now(id, &KeySource::Keychain).unwrap_err())
        .take_while(|_| asked.elapsed() < Duration::from_mins(1))
        .find(|error| *error == SecretError::EntryNotFound);
    assert!(recovered.is_some());
}

#[test]
fn dropping_a_safe_whose_keychain_hangs_does_not_wait() {
    let (held, on_call, _release) = Held::new();
    let one = safe(held);
    one.fetch(ConnectionId::draw(), &KeySource::Keychain, |_never| {});
    on_call.recv().unwrap();
    let dropped = Instant::now();
    drop(one);
    assert!(dropped.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_keychain_that_panics_fails_one_call_only() {
    let keychain = MemoryKeychain::default();
    let one = safe(Panicking { inner: keychain.clone(), calls: 0 });
    let id = ConnectionId::draw();
    for _round in 0..2 {
        assert!(matches!(one.keep_now(id, &KeySource::Keychain, key(CANARY)), Err(SecretError::KeychainFailed { .. })));
        one.keep_now(id, &KeySource::Keychain, key(CANARY)).unwrap();
    }
    assert_eq!(keychain.accounts().len(), 1);
}

#[test]
fn a_listener_that_panics_does_not_stop_the_safe() {
    let (one, id) = (safe(MemoryKeychain::default()), ConnectionId::draw());
    one.fetch(id, &KeySource::Keychain, |_answer| panic!("a listener that crashes"));
    assert_eq!(one.fetch_now(id, &KeySource::Keychain).unwrap_err(), SecretError::EntryNotFound);
}

#[test]
fn one_bad_entry_does_not_touch_the_others() {
    let memory = MemoryKeychain::default();
    let [good, twice, mangled] = std::array::from_fn(|_| ConnectionId::draw());
    memory.put(&good.to_string(), CANARY);
    memory.put(&mangled.to_string(), "two\nlines");
    let one = safe(FailingFor(BTreeMap::from([(twice.to_string(), SecretError::Ambiguous)]), memory));
    assert_eq!(one.fetch_now(twice, &KeySource::Keychain).unwrap_err(), SecretError::Ambiguous);
    assert_eq!(one.fetch_now(mangled, &KeySource::Keychain).unwrap_err(), SecretError::NotText);
    assert_eq!(one.fetch_now(good, &KeySource::Keychain).unwrap().unwrap().reveal(), CANARY);
}

#[test]
fn every_handled_key_is_known_once_and_heard_first() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    let environment = Environment::fixed([("ASSAY_KEY", "sk-environment-1")]);
    let one = Safe::with_listener(Box::new(NoKeychain("none".into())), environment, move |key| {
        hear.lock().unwrap().push(key.reveal().to_owned());
    });
    let id = ConnectionId::draw();
    assert!(one.keep_now(id, &KeySource::Keychain, key("sk-refused-12345")).is_err());
    one.keep_now(id, &KeySource::Session, key("sk-session-12345")).unwrap();
    for _time in 0..2 {
        one.fetch_now(id, &variable("ASSAY_KEY")).unwrap();
        one.fetch_now(id, &KeySource::Session).unwrap();
    }
    let expected = ["sk-refused-12345", "sk-session-12345", "sk-environment-1"];
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(one.known_keys_now().iter().map(ApiKey::reveal).collect::<Vec<_>>(), expected);
}

#[test]
fn stored_keys_are_gathered_before_a_scan() {
    let memory = MemoryKeychain::default();
    let [stored, twice, gone, keyless] = std::array::from_fn(|_| ConnectionId::draw());
    memory.put(&stored.to_string(), "sk-stored-123456");
    let one = safe(FailingFor(BTreeMap::from([(twice.to_string(), SecretError::Ambiguous)]), memory));
    let connections = vec![
        (stored, KeySource::Keychain),
        (twice, KeySource::Keychain),
        (gone, KeySource::Keychain),
        (gone, KeySource::Session),
        (stored, variable("ASSAY_KEY")),
        (gone, variable("ASSAY_ABSENT")),
        (keyless, KeySource::None),
    ];
    let gathered = answer(|reply| one.gather_keys(connections, reply));
    let mut keys: Vec<_> = gathered.keys.iter().map(ApiKey::reveal).collect();
    keys.sort_unstable();
    assert_eq!(keys, [CANARY, "sk-stored-123456"]);
    let unread = [
        (twice, SecretError::Ambiguous),
        (gone, SecretError::EntryNotFound),
        (gone, SecretError::SessionKeyGone),
        (gone, SecretError::VariableNotSet("ASSAY_ABSENT".to_owned())),
    ];
    assert!(gathered.unread.len() == unread.len() && unread.iter().all(|one| gathered.unread.contains(one)), "{:?}", gathered.unread);
    assert!(!format!("{gathered:?}").contains("CANARY"));
}
