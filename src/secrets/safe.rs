//! The handle that the rest of the program holds: fetch, keep and erase the key of a connection, wherever it lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::{ApiKey, ConnectionId, KeySource, KeyState};

use super::desk::{Answer, Desk};
use super::{Environment, Keychain, SecretError};

/// The longest wait for one answer of the keychain.
const ANSWER_BOUND: Duration = Duration::from_secs(5);

type Listener = Box<dyn Fn(&ApiKey) + Send + Sync>;

/// The safe. Cheap to clone; all clones share one keychain, one session memory and one list of known keys.
///
/// Requests return at once. Their replies are heard exactly once: for the session, the environment and [`KeySource::None`] before the request
/// returns, for the keychain on a thread of the safe; a reply must not block. There is no silent fallback: each source answers for itself.
#[derive(Clone)]
pub struct Safe(Arc<Inner>);

struct Inner {
    desk: Desk,
    environment: Environment,
    session: Mutex<HashMap<ConnectionId, ApiKey>>,
    known: Mutex<Vec<ApiKey>>,
    listener: Option<Listener>,
}

/// All keys that could be read, and which could not.
#[derive(Debug)]
pub struct GatheredKeys {
    /// Every key that this process has handled so far, those just read included.
    pub keys: Vec<ApiKey>,
    /// The connections that use a key, and whose key is not here now: what they were used with may stand in stored answers, and was not searched for.
    pub unread: Vec<(ConnectionId, SecretError)>,
}

impl Safe {
    /// A safe over `keychain` and `environment`. Neither is touched before the first request.
    pub fn new(keychain: Box<dyn Keychain>, environment: Environment) -> Self {
        Self::build(keychain, environment, ANSWER_BOUND, None)
    }

    /// Like [`Self::new`]; `listener` hears every key once, before anything else is done with it: the log's redaction hangs there.
    pub fn with_listener(
        keychain: Box<dyn Keychain>,
        environment: Environment,
        listener: impl Fn(&ApiKey) + Send + Sync + 'static,
    ) -> Self {
        Self::build(keychain, environment, ANSWER_BOUND, Some(Box::new(listener)))
    }

    pub(super) fn build(keychain: Box<dyn Keychain>, environment: Environment, bound: Duration, listener: Option<Listener>) -> Self {
        let desk = Desk::new(keychain, bound);
        Self(Arc::new(Inner { desk, environment, session: Mutex::default(), known: Mutex::default(), listener }))
    }

    /// Reads the key of a connection; `None` exactly for [`KeySource::None`].
    pub fn fetch(
        &self,
        connection_id: ConnectionId,
        source: &KeySource,
        reply: impl FnOnce(Result<Option<ApiKey>, SecretError>) + Send + 'static,
    ) {
        match source {
            KeySource::None => reply(Ok(None)),
            KeySource::Session => reply(self.session_key(connection_id).map(Some)),
            KeySource::Environment(name) => reply(self.0.environment.key(name).map(|key| Some(self.noted(key)))),
            KeySource::Keychain => {
                let account = connection_id.to_string();
                let safe = self.clone();
                let read = move |keychain: &mut dyn Keychain| {
                    let text = keychain.get(&account)?;
                    let (key, _trimmed) = ApiKey::from_pasted(&text).map_err(|_not_a_key| SecretError::NotText)?;
                    Ok(Some(key))
                };
                self.0.desk.ask(read, move |answer: Answer| reply(answer.map(|key| key.map(|key| safe.noted(key)))));
            }
        }
    }

    /// Keeps a key where `source` says, in the place of an earlier one. An environment variable cannot be written.
    pub fn keep(
        &self,
        connection_id: ConnectionId,
        source: &KeySource,
        key: ApiKey,
        reply: impl FnOnce(Result<(), SecretError>) + Send + 'static,
    ) {
        let key = self.noted(key);
        match source {
            KeySource::None => reply(Err(SecretError::SourceTakesNoKey)),
            KeySource::Environment(name) => reply(Err(SecretError::VariableNotWritable(name.clone()))),
            KeySource::Session => {
                self.session().insert(connection_id, key);
                reply(Ok(()));
            }
            KeySource::Keychain => {
                let account = connection_id.to_string();
                let write = move |keychain: &mut dyn Keychain| keychain.set(&account, &key).map(|()| None);
                self.0.desk.ask(write, move |answer| reply(answer.map(drop)));
            }
        }
    }

    /// Removes the key of a connection from the place that `source` names. A key that is not there is no error; an environment variable stays.
    pub fn erase(&self, connection_id: ConnectionId, source: &KeySource, reply: impl FnOnce(Result<(), SecretError>) + Send + 'static) {
        match source {
            KeySource::None | KeySource::Environment(_) => reply(Ok(())),
            KeySource::Session => {
                self.session().remove(&connection_id);
                reply(Ok(()));
            }
            KeySource::Keychain => {
                let account = connection_id.to_string();
                let remove = move |keychain: &mut dyn Keychain| match keychain.delete(&account) {
                    Ok(()) | Err(SecretError::EntryNotFound) => Ok(None),
                    Err(error) => Err(error),
                };
                self.0.desk.ask(remove, move |answer| reply(answer.map(drop)));
            }
        }
    }

    /// Looks where the key of a connection is. For the keychain this reads the entry.
    pub fn state_of(&self, connection_id: ConnectionId, source: &KeySource, reply: impl FnOnce(KeyState) + Send + 'static) {
        let asked = source.clone();
        self.fetch(connection_id, source, move |answer| reply(key_state(asked, answer)));
    }

    /// Every key that this process has fetched or been given to keep, without waiting: what no log, error or export may contain.
    pub fn known_keys_now(&self) -> Vec<ApiKey> {
        self.known().clone()
    }

    /// Reads the keys of `connections` first, so that a scan knows stored keys that this process has not used yet.
    pub fn gather_keys(&self, connections: Vec<(ConnectionId, KeySource)>, reply: impl FnOnce(GatheredKeys) + Send + 'static) {
        self.clone().gather(connections, Vec::new(), Box::new(reply));
    }

    fn gather(
        self,
        mut to_read: Vec<(ConnectionId, KeySource)>,
        mut unread: Vec<(ConnectionId, SecretError)>,
        reply: Box<dyn FnOnce(GatheredKeys) + Send>,
    ) {
        let Some((connection_id, source)) = to_read.pop() else {
            return reply(GatheredKeys { keys: self.known_keys_now(), unread });
        };
        let safe = self.clone();
        self.fetch(connection_id, &source, move |answer| {
            unread.extend(answer.err().map(|error| (connection_id, error)));
            safe.gather(to_read, unread, reply);
        });
    }

    fn session_key(&self, connection_id: ConnectionId) -> Result<ApiKey, SecretError> {
        self.session().get(&connection_id).cloned().ok_or(SecretError::SessionKeyGone)
    }

    /// Puts a key on the list of known ones and passes it on.
    fn noted(&self, key: ApiKey) -> ApiKey {
        let mut known = self.known();
        if !known.iter().any(|other| other.reveal() == key.reveal()) {
            if let Some(listener) = &self.0.listener {
                listener(&key);
            }
            known.push(key.clone());
        }
        key
    }

    fn session(&self) -> MutexGuard<'_, HashMap<ConnectionId, ApiKey>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Vec<ApiKey>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_state(source: KeySource, answer: Result<Option<ApiKey>, SecretError>) -> KeyState {
    match (source, answer) {
        (KeySource::None, _) => KeyState::NoKey,
        (KeySource::Environment(name), Ok(_)) => KeyState::Environment { name, set: true },
        (KeySource::Environment(name), Err(SecretError::VariableNotSet(_) | SecretError::VariableEmpty(_))) => {
            KeyState::Environment { name, set: false }
        }
        (KeySource::Keychain, Ok(_)) => KeyState::InKeychain,
        (KeySource::Session, Ok(_)) => KeyState::ThisSession,
        (_, Err(error)) if error.is_missing() => KeyState::Missing,
        (_, Err(error)) => KeyState::CannotBeRead { reason: error.to_string() },
    }
}
