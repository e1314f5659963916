//! The check of a connection: step by step, with times, and for a failure what it left behind.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Amendment, ConnectionId, FailedExchange, Failure, ForeignKey};

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
    /// What the request that failed left behind; absent when every step passed or none was sent.
    #[serde(default)]
    pub exchange: Option<FailedExchange>,
    /// The key starts as another provider's do; absent when it does not, or has no telling start.
    #[serde(default)]
    pub foreign_key: Option<ForeignKey>,
    /// How the server wants requests to the model written, as a refusal and the answer after it showed; empty mostly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub learned: Vec<Amendment>,
}

impl CheckReport {
    /// No step failed, and the answer came.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| !matches!(step.outcome, CheckOutcome::Failed(_)))
            && self.steps.iter().any(|step| step.kind == CheckStepKind::Answer && step.outcome == CheckOutcome::Passed)
    }

    /// The first failure.
    pub fn failure(&self) -> Option<&Failure> {
        self.failures().next()
    }

    /// The failure that decides: the last one. What comes after a missing model list tells more than that.
    pub fn verdict(&self) -> Option<&Failure> {
        self.failures().last()
    }

    fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.steps.iter().filter_map(|step| match &step.outcome {
            CheckOutcome::Failed(failure) => Some(failure),
            CheckOutcome::Passed | CheckOutcome::Skipped(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FailureKind;

    /// Kept by the first versions, which also kept what they made of it.
    #[test]
    fn a_report_of_an_older_version_is_read() {
        let kept = r#"{"connection_id":"01a2205d-230e-754e-8f07-339d77c23a16","at":"2026-01-01T00:00:00Z","steps":[{"kind":"models","started_us":0,
            "took_us":9,"outcome":{"failed":{"kind":"unauthorized","message":"no"}}}],"model":null,"models":[],"cost":"0",
            "cause":"The server did not accept the key.","advice":"Enter it again.","remedies":["reenter_key",{"retry":7}]}"#;
        let report: CheckReport = serde_json::from_str(kept).unwrap();
        assert_eq!((report.verdict().unwrap().kind, report.exchange), (FailureKind::Unauthorized, None));
    }
}
