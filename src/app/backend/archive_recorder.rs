//! What the runner stores, stored in the archive.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::{Cell, RunId, Trial};
use crate::provider::BoxFuture;
use crate::runner::{RecordError, Recorder};
use crate::store::{Store, StoreError};

use super::channel::reply;

/// Binds the runner's recorder to the archive.
pub(super) struct ArchiveRecorder(pub(super) Store);

impl Recorder for ArchiveRecorder {
    fn reserve(&self, run_id: RunId, cell: Cell, amount: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.reserve(run_id, cell, amount, done)).await) })
    }

    fn release(&self, run_id: RunId, cell: Cell, keep: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.release(run_id, cell, keep, done)).await) })
    }

    fn record(&self, run_id: RunId, trial: Arc<Trial>) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.record_trial(run_id, trial, done)).await) })
    }
}

fn recorded(answer: Option<Result<(), StoreError>>) -> Result<(), RecordError> {
    answer.unwrap_or(Err(StoreError::Closed)).map_err(|error| RecordError(error.to_string()))
}
