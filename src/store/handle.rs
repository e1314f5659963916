//! The handle that the rest of the program holds.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use rust_decimal::Decimal;

use super::migrate::STEPS;
#[cfg(test)]
use super::open::open_in_memory;
use super::open::{open_reader, open_writer};
use super::worker::{Entry, Record, Request, Worker};
use super::{Archive, StoreError};
use crate::domain::{Cell, RunId, Trial};

/// The archive: cheap to clone. Work runs on its two threads, one that writes and one that reads, so that a long read never delays saving.
/// Replies run on those threads too: they pass the result on and must not wait for anything. When the last handle is dropped, waiting writes
/// are finished, waiting reads are dropped and the threads end.
#[derive(Clone)]
pub struct Store {
    threads: Arc<Threads>,
}

struct Threads {
    // The reader ends first, so that the writer's connection is the last one and tidies the write-ahead log away.
    // Absent where tests have an archive in memory.
    reader: Option<Worker>,
    writer: Worker,
}

impl Store {
    /// Opens the archive at `path`; makes it, readable by its owner only, when it is not there; brings an older one to this format, with a
    /// backup beside it (`NAME.format-N.bak`). Reads and writes the disk: not for the window's thread.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, STEPS)
    }

    pub(super) fn open_with(path: &Path, steps: &[&str]) -> Result<Self, StoreError> {
        let writer = open_writer(path, steps)?;
        let reader = open_reader(path)?;
        let cannot = |error: std::io::Error| StoreError::CannotOpen { reason: error.to_string(), path: path.to_owned() };
        let writer = Worker::writer(Archive { db: writer }).map_err(cannot)?;
        let reader = Worker::reader(Archive { db: reader }).map_err(cannot)?;
        Ok(Self { threads: Arc::new(Threads { reader: Some(reader), writer }) })
    }

    /// An archive that ends with its handle and has one thread.
    #[cfg(test)]
    pub(super) fn in_memory() -> Result<Self, StoreError> {
        let db = open_in_memory(STEPS)?;
        let writer = Worker::writer(Archive { db })
            .map_err(|error| StoreError::CannotOpen { reason: error.to_string(), path: ":memory:".into() })?;
        Ok(Self { threads: Arc::new(Threads { reader: None, writer }) })
    }

    /// Runs `work` on one snapshot of the archive and hands its result to `reply`. `work` sees what was committed before it began.
    pub fn read<T: 'static>(
        &self,
        work: impl FnOnce(&Archive) -> Result<T, StoreError> + Send + 'static,
        reply: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        let reader = self.threads.reader.as_ref().unwrap_or(&self.threads.writer);
        reader.send(Request::Work(Box::new(move |archive| reply(archive.and_then(|archive| archive.in_snapshot(work))))));
    }

    /// Runs `work` in one transaction and hands its result to `reply` after the commit; an error undoes all of it.
    pub fn write<T: 'static>(
        &self,
        work: impl FnOnce(&mut Archive) -> Result<T, StoreError> + Send + 'static,
        reply: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        self.threads.writer.send(Request::Work(Box::new(move |archive| reply(archive.and_then(|archive| archive.in_transaction(work))))));
    }

    /// Stores an ended trial; `reply` hears of it after it is on the disk. Trials that wait together are committed together. Storing the same
    /// trial again changes nothing.
    pub fn record_trial(&self, run_id: RunId, trial: impl Into<Arc<Trial>>, reply: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.keep(run_id, Entry::Trial(trial.into()), reply);
    }

    /// Sets aside what the trial of a cell may cost in all, in the cap's currency; `reply` hears of it after it is on the disk. Grouped with what waits.
    pub fn reserve(&self, run_id: RunId, cell: Cell, amount: Decimal, reply: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.keep(run_id, Entry::Reservation { cell, amount }, reply);
    }

    /// Takes away what was set aside for an attempt that is not sent after all, down to `keep`, in the cap's currency, which earlier attempts of its trial cost;
    /// `reply` hears of it after it is on the disk. Grouped with what waits.
    pub fn release(&self, run_id: RunId, cell: Cell, keep: Decimal, reply: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.keep(run_id, Entry::Release { cell, keep }, reply);
    }

    fn keep(&self, run_id: RunId, entry: Entry, reply: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.threads.writer.send(Request::Record(Box::new(Record { run_id, entry, reply: Box::new(reply) })));
    }

    /// As [`Self::read`], waiting for the result: never on the window's thread.
    pub fn read_now<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Archive) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = sync_channel(1);
        self.read(work, move |result| drop(sender.send(result)));
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// As [`Self::write`], waiting for the result.
    #[cfg(test)]
    pub(super) fn write_now<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Archive) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = sync_channel(1);
        self.write(work, move |result| drop(sender.send(result)));
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}
