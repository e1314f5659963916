//! The keychain's two threads: one makes the calls and may hang for as long as the keychain does; the desk in front of it answers in time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::ApiKey;

use super::{Keychain, SecretError};

/// Requests that may wait at the desk; more are refused as stuck.
const WAITING_REQUESTS: usize = 256;

/// What a call on the keychain gives: a key for reading, nothing for the others.
pub(super) type Answer = Result<Option<ApiKey>, SecretError>;
type Call = Box<dyn FnOnce(&mut dyn Keychain) -> Answer + Send>;
type Reply = Box<dyn FnOnce(Answer) + Send>;

/// Passes requests to the keychain, one at a time. Its threads start with the first request, end when the desk is dropped, and are never joined:
/// a keychain that hangs does not hold up the end of the program.
pub(super) struct Desk {
    keychain: Arc<Mutex<Box<dyn Keychain>>>,
    inbox: Mutex<Option<SyncSender<Note>>>,
    bound: Duration,
}

enum Note {
    Ask(Request),
    Answered(Answer),
}

struct Request {
    call: Call,
    reply: Reply,
    /// Where the answer goes; carried here so that the desk itself holds no sender and ends with the last handle.
    inbox: SyncSender<Note>,
}

struct Job {
    call: Call,
    inbox: SyncSender<Note>,
}

enum Flight {
    Idle,
    Waiting { reply: Reply, deadline: Instant },
    Stuck,
}

impl Desk {
    /// A desk that waits at most `bound` for each call, and asks nothing more of a keychain that is still at an earlier one.
    pub(super) fn new(keychain: Box<dyn Keychain>, bound: Duration) -> Self {
        Self { keychain: Arc::new(Mutex::new(keychain)), inbox: Mutex::new(None), bound }
    }

    /// Makes a call. Returns at once; `reply` hears the answer on the desk's thread, or here when the desk cannot take the request.
    pub(super) fn ask(&self, call: impl FnOnce(&mut dyn Keychain) -> Answer + Send + 'static, reply: impl FnOnce(Answer) + Send + 'static) {
        let reply: Reply = Box::new(reply);
        let inbox = match self.open() {
            Ok(inbox) => inbox,
            Err(error) => return reply(Err(SecretError::KeychainFailed { reason: format!("no thread for it: {error}") })),
        };
        let request = Request { call: Box::new(call), reply, inbox: inbox.clone() };
        let sent = inbox.try_send(Note::Ask(request));
        if let Err(TrySendError::Full(Note::Ask(request)) | TrySendError::Disconnected(Note::Ask(request))) = sent {
            (request.reply)(Err(SecretError::KeychainStuck));
        }
    }

    fn open(&self) -> std::io::Result<SyncSender<Note>> {
        let mut door = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(inbox) = &*door {
            return Ok(inbox.clone());
        }
        let (job_sender, jobs) = sync_channel(1);
        let (inbox, notes) = sync_channel(WAITING_REQUESTS);
        let keychain = Arc::clone(&self.keychain);
        thread::Builder::new().name("keychain".to_owned()).spawn(move || work(&keychain, &jobs))?;
        let bound = self.bound;
        thread::Builder::new().name("keychain-desk".to_owned()).spawn(move || answer(&notes, &job_sender, bound))?;
        *door = Some(inbox.clone());
        Ok(inbox)
    }
}

fn work(keychain: &Mutex<Box<dyn Keychain>>, jobs: &Receiver<Job>) {
    let mut keychain = keychain.lock().unwrap_or_else(PoisonError::into_inner);
    for Job { call, inbox } in jobs {
        let answer = catch_unwind(AssertUnwindSafe(|| call(&mut **keychain)))
            .unwrap_or_else(|_panic| Err(SecretError::KeychainFailed { reason: "it crashed".to_owned() }));
        inbox.send(Note::Answered(answer)).ok();
    }
}

fn answer(notes: &Receiver<Note>, jobs: &SyncSender<Job>, bound: Duration) {
    let mut waiting = VecDeque::<Request>::new();
    let mut flight = Flight::Idle;
    loop {
        let note = match &flight {
            Flight::Waiting { deadline, .. } => notes.recv_timeout(deadline.saturating_duration_since(Instant::now())),
            Flight::Idle | Flight::Stuck => notes.recv().map_err(|_disconnected| RecvTimeoutError::Disconnected),
        };
        match note {
            Ok(Note::Ask(request)) if matches!(flight, Flight::Stuck) => tell(request.reply, Err(SecretError::KeychainStuck)),
            Ok(Note::Ask(request)) => waiting.push_back(request),
            Ok(Note::Answered(answer)) => match std::mem::replace(&mut flight, Flight::Idle) {
                Flight::Waiting { reply, .. } => tell(reply, answer),
                Flight::Stuck => tracing::info!("the keychain answers again"),
                Flight::Idle => {}
            },
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("the keychain did not answer in time");
                if let Flight::Waiting { reply, .. } = std::mem::replace(&mut flight, Flight::Stuck) {
                    tell(reply, Err(SecretError::TimedOut));
                }
                for request in waiting.drain(..) {
                    tell(request.reply, Err(SecretError::KeychainStuck));
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while matches!(flight, Flight::Idle)
            && let Some(Request { call, reply, inbox }) = waiting.pop_front()
        {
            if jobs.send(Job { call, inbox }).is_ok() {
                flight = Flight::Waiting { reply, deadline: Instant::now() + bound };
            } else {
                tell(reply, Err(SecretError::KeychainFailed { reason: "its thread ended".to_owned() }));
            }
        }
    }
}

/// A reply that panics must not take the desk with it.
fn tell(reply: Reply, answer: Answer) {
    if catch_unwind(AssertUnwindSafe(|| reply(answer))).is_err() {
        tracing::error!("a listener to the keychain crashed");
    }
}
