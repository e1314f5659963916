//! Why a call failed, in full: matched by the runner, worded for people, never parsed.

use crate::domain::{Failure, FailureKind};

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What happened, for a person: at most 500 characters; the provider's words are quoted; never a key, a URL with a query, or a prompt.
    pub message: String,
    /// The runner may try again: connect errors, 408, 409, 429 (not for a spent quota), 5xx, all before the first byte of an answer.
    pub retryable: bool,
}

impl CallError {
    /// As it is stored.
    pub fn to_failure(&self) -> Failure {
        Failure { kind: self.kind, message: self.message.clone() }
    }
}
