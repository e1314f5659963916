//! The check of a connection: step by step, with times, and for a failure the cause and the remedy.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{ConnectionId, Failure};

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStepKind {
    /// Host name to address.
    Resolve,
    /// TCP.
    Connect,
    /// TLS; left out for `http://`.
    Tls,
    /// The list of models, which needs the key at most providers.
    Models,
    /// One tiny answer.
    Answer,
}

impl CheckStepKind {
    /// The words on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Resolve => "Resolve",
            Self::Connect => "Connect",
            Self::Tls => "TLS",
            Self::Models => "Models",
            Self::Answer => "Answer",
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// It worked.
    Passed,
    /// It did not; the check ends here unless a later step can still tell something.
    Failed(Failure),
    /// It could not be judged and does not count: a server without a model list, say.
    Skipped(String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// Which.
    pub kind: CheckStepKind,
    /// From the start of the check, microseconds.
    pub started_us: u64,
    /// How long it took, microseconds.
    pub took_us: u64,
    /// How it ended.
    pub outcome: CheckOutcome,
}

/// What a person can do about a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Take this model name instead.
    UseModel(String),
    /// Take this base URL instead (with or without `/v1`).
    UseBaseUrl(String),
    /// Give the key again.
    ReenterKey,
    /// Try again, after this many seconds when known.
    Retry(Option<u64>),
    /// Start the local server.
    StartServer,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The connection.
    pub connection_id: ConnectionId,
    /// When it was made.
    pub at: Timestamp,
    /// The steps that were tried, in order.
    pub steps: Vec<CheckStep>,
    /// The model asked for an answer; absent when none was known.
    pub model: Option<String>,
    /// The provider's model ids; empty when it gave no list.
    pub models: Vec<String>,
    /// What the answer cost: absent when unknown; zero when nothing was charged.
    pub cost: Option<Decimal>,
    /// One sentence naming the cause; absent when every step passed.
    pub cause: Option<String>,
    /// One or two sentences: what to do.
    pub advice: Option<String>,
    /// The remedies that a button can do.
    pub remedies: Vec<Remedy>,
}

impl CheckReport {
    /// No step failed, and the answer came.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| !matches!(step.outcome, CheckOutcome::Failed(_)))
            && self.steps.iter().any(|step| step.kind == CheckStepKind::Answer && step.outcome == CheckOutcome::Passed)
    }

    /// The first failure.
    pub fn failure(&self) -> Option<&Failure> {
        self.steps.iter().find_map(|step| match &step.outcome {
            CheckOutcome::Failed(failure) => Some(failure),
            CheckOutcome::Passed | CheckOutcome::Skipped(_) => None,
        })
    }
}
