//! Where the runner puts what must not be lost; `app::backend` binds it to the archive.

use crate::domain::{RunId, Trial};
use crate::provider::BoxFuture;

/// A trial could not be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RecordError(pub String);

/// Durable storage, as the runner sees it.
pub trait Recorder: Send + Sync {
    /// Stores an ended trial. Resolves only when it would survive the death of the process.
    fn record(&self, run_id: RunId, trial: &Trial) -> BoxFuture<'static, Result<(), RecordError>>;
}
