//! A double of the archive: what is recorded is kept in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rust_decimal::Decimal;

use super::{RecordError, Recorder};
use crate::domain::{Cell, RunId, Trial};
use crate::provider::BoxFuture;

/// Keeps trials in memory.
#[derive(Default)]
pub(super) struct MemoryRecorder {
    pub(super) stored: Arc<Mutex<Vec<Trial>>>,
    /// What is set aside for cells without a trial.
    pub(super) reserved: Arc<Mutex<BTreeMap<Cell, Decimal>>>,
    pub(super) delay: Duration,
    /// So many tries are refused before the first is taken.
    pub(super) refusals: Arc<AtomicUsize>,
}

impl MemoryRecorder {
    fn store(&self, write: impl FnOnce() + Send + 'static) -> BoxFuture<'static, Result<(), RecordError>> {
        let delay = self.delay;
        let refused = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        Box::pin(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if refused {
                return Err(RecordError("the disk is full".to_owned()));
            }
            write();
            Ok(())
        })
    }
}

impl Recorder for MemoryRecorder {
    fn reserve(&self, _run_id: RunId, cell: Cell, amount: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let reserved = Arc::clone(&self.reserved);
        self.store(move || {
            reserved.lock().unwrap().insert(cell, amount);
        })
    }

    fn release(&self, _run_id: RunId, cell: Cell, keep: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let reserved = Arc::clone(&self.reserved);
        self.store(move || {
            let mut reserved = reserved.lock().unwrap();
            if keep.is_zero() {
                reserved.remove(&cell);
            } else if let Some(amount) = reserved.get_mut(&cell) {
                *amount = keep;
            }
        })
    }

    fn record(&self, _run_id: RunId, trial: Arc<Trial>) -> BoxFuture<'static, Result<(), RecordError>> {
        let (stored, reserved) = (Arc::clone(&self.stored), Arc::clone(&self.reserved));
        self.store(move || {
            reserved.lock().unwrap().remove(&trial.row.cell);
            stored.lock().unwrap().push(Arc::unwrap_or_clone(trial));
        })
    }
}
