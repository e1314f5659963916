//! A thread with an open archive, and the requests that it serves in order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::InterruptHandle;
use rust_decimal::Decimal;

use super::{Archive, StoreError};
use crate::domain::{Cell, RunId, Trial};

/// Requests that wait at most; a sender beyond them waits.
const QUEUE: usize = 4_096;

/// Entries that one transaction stores at most.
const GROUP: usize = 512;

/// How long the first trial of a group waits for others.
const GATHERING: Duration = Duration::from_millis(3);

pub(super) type Work = Box<dyn FnOnce(Result<&mut Archive, StoreError>) + Send>;

pub(super) enum Request {
    Work(Work),
    Record(Box<Record>),
}

/// A line of a run's books on its way to the disk.
pub(super) struct Record {
    pub(super) run_id: RunId,
    pub(super) entry: Entry,
    pub(super) reply: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

pub(super) enum Entry {
    /// An ended trial.
    Trial(Arc<Trial>),
    /// What a trial may cost, before it is sent.
    Reservation { cell: Cell, amount: Decimal },
    /// It was not sent after all; what earlier attempts cost stays set aside.
    Release { cell: Cell, keep: Decimal },
}

impl Record {
    fn write(&self, archive: &mut Archive) -> Result<(), StoreError> {
        match &self.entry {
            Entry::Trial(trial) => archive.record(self.run_id, trial),
            Entry::Reservation { cell, amount } => archive.reserve(self.run_id, *cell, *amount),
            Entry::Release { cell, keep } => archive.release(self.run_id, *cell, *keep),
        }
    }
}

/// The thread's handle; dropping it ends the thread.
pub(super) struct Worker {
    requests: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
    /// Present for a thread whose waiting work may be dropped at the end.
    hurry: Option<(Arc<AtomicBool>, InterruptHandle)>,
}

impl Worker {
    /// Starts a thread that finishes all its work before it ends.
    pub(super) fn writer(archive: Archive) -> std::io::Result<Self> {
        Self::start("archive-writer", archive, None)
    }

    /// Starts a thread that drops its work when it is to end.
    pub(super) fn reader(archive: Archive) -> std::io::Result<Self> {
        let hurry = (Arc::new(AtomicBool::new(false)), archive.db.get_interrupt_handle());
        Self::start("archive-reader", archive, Some(hurry))
    }

    fn start(name: &str, mut archive: Archive, hurry: Option<(Arc<AtomicBool>, InterruptHandle)>) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let ending = hurry.as_ref().map(|(ending, _)| Arc::clone(ending)).unwrap_or_default();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || serve(&mut archive, &receiver, &ending))?;
        Ok(Self { requests: Some(sender), thread: Some(thread), hurry })
    }

    /// Hands a request to the thread; waits while its queue is full.
    pub(super) fn send(&self, request: Request) {
        let is_trial = matches!(&request, Request::Record(record) if matches!(record.entry, Entry::Trial(_)));
        let unsent = match &self.requests {
            Some(requests) => requests.send(request).err().map(|error| error.0),
            None => Some(request),
        };
        match unsent {
            Some(Request::Work(work)) => work(Err(StoreError::Closed)),
            Some(Request::Record(record)) => (record.reply)(Err(StoreError::Closed)),
            None if is_trial => {}
            None => self.end_gathering(),
        }
    }

    fn end_gathering(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.requests = None;
        self.end_gathering();
        if let Some((ending, interrupt)) = &self.hurry {
            ending.store(true, Ordering::Relaxed);
            interrupt.interrupt();
        }
        // A reply may hold the last handle: then this runs on the thread itself, which ends on its own.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id()) {
            thread.join().ok();
        }
    }
}

fn serve(archive: &mut Archive, requests: &Receiver<Request>, ending: &AtomicBool) {
    let mut next = None;
    while let Some(request) = next.take().or_else(|| requests.recv().ok()) {
        if ending.load(Ordering::Relaxed) {
            return;
        }
        // A fault in one piece of work must not end the archive for the others.
        let served = catch_unwind(AssertUnwindSafe(|| match request {
            Request::Work(work) => work(Ok(archive)),
            Request::Record(record) => {
                if matches!(record.entry, Entry::Trial(_)) {
                    gather();
                }
                let mut group = vec![*record];
                while group.len() < GROUP && next.is_none() {
                    match requests.try_recv() {
                        Ok(Request::Record(record)) => group.push(*record),
                        Ok(other) => next = Some(other),
                        Err(_) => break,
                    }
                }
                record_group(archive, group);
            }
        }));
        if served.is_err() {
            tracing::error!("work on the archive panicked; what it wrote was undone");
            archive.roll_back();
        }
    }
}

/// Lets more trials come before they are committed together: a commit costs the disk and a core as much as many trials do. Nothing waits for a trial
/// to be stored but its mark; whatever else is asked of the thread ends the gathering.
fn gather() {
    thread::park_timeout(GATHERING);
}

/// Stores the entries in one transaction and answers each only after it is on the disk.
fn record_group(archive: &mut Archive, group: Vec<Record>) {
    let stored = archive.in_transaction(|archive| group.iter().try_for_each(|record| record.write(archive)));
    match stored {
        // One that cannot be stored must not take the others down with it.
        Err(error) if group.len() > 1 && error != StoreError::Busy => {
            for record in group {
                record_group(archive, vec![record]);
            }
        }
        stored => {
            for Record { entry, reply, .. } in group {
                // Whoever asked may want the trial back, whole and without a copy.
                drop(entry);
                reply(stored.clone());
            }
        }
    }
}
