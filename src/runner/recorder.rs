//! Where the runner puts what must not be lost; `app::backend` binds it to the archive.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::domain::{Cell, RunId, Trial};
use crate::provider::BoxFuture;

/// Something could not be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

/// Durable storage, as the runner sees it.
pub trait Recorder: Send + Sync {
    /// Sets aside, before an attempt is sent under a cap, what the trial of this cell may cost in all; storing the trial takes it away. Resolves only when
    /// it would survive the death of the process.
    fn reserve(&self, run_id: RunId, cell: Cell, amount: Decimal) -> BoxFuture<'static, Result<(), RecordError>>;

    /// An attempt that was reserved for is certainly not sent: leaves only `keep` of what is set aside for its cell, which earlier attempts of its trial cost,
    /// and nothing where that is 0. Where nothing is set aside any more, because the trial was stored meanwhile, nothing is. An error leaves it set aside.
    fn release(&self, run_id: RunId, cell: Cell, keep: Decimal) -> BoxFuture<'static, Result<(), RecordError>>;

    /// Stores an ended trial. Resolves only when it would survive the death of the process.
    fn record(&self, run_id: RunId, trial: Arc<Trial>) -> BoxFuture<'static, Result<(), RecordError>>;
}
