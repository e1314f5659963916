//! Finding out how much a connection takes: what that costs, how far it is, and what came out.

use crate::analysis::format_counted;
use crate::domain::{Failure, FoundBound, Money, Price, RampEnd, RampOutcome, RampRung};
use crate::runner::{ramp_requests, ramp_worst_cost};

/// Ceilings to choose from, requests at once.
pub const RAMP_CEILINGS: [u32; 5] = [8, 16, 32, 64, 128];
/// The one that is chosen at first.
pub const USUAL_RAMP_CEILING: u32 = 32;

/// What a ramp would send and cost at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampForecast {
    /// Requests, at most.
    pub requests: u32,
    /// Cost, at most; absent when the price is unknown.
    pub worst: Option<Money>,
}

impl RampForecast {
    /// Of a ramp to this ceiling, at this price.
    pub fn new(price: Option<&Price>, ceiling: u32) -> Self {
        let worst = price.and_then(|price| Some(Money { amount: ramp_worst_cost(price, ceiling)?, currency: price.currency.clone() }));
        Self { requests: ramp_requests(ceiling), worst }
    }

    /// `up to 158 tiny requests, at most $0.0031`.
    pub fn words(&self) -> String {
        let requests = format_counted(self.requests.into(), "tiny request", "tiny requests");
        match &self.worst {
            Some(worst) if worst.amount.is_zero() => format!("up to {requests}, no charge"),
            Some(worst) => format!("up to {requests}, at most {worst}"),
            None => format!("up to {requests}; what they cost is unknown, because the model has no price"),
        }
    }
}

/// A ramp as far as it is known.
#[derive(Clone, Debug)]
pub struct RampState {
    /// The model that is asked.
    pub model: String,
    /// It is to stop.
    pub stopping: bool,
    /// Rungs behind, in order.
    pub rungs: Vec<RampRung>,
    /// Absent while it runs.
    pub end: Option<RampEnd>,
}

/// What a ramp found, in words: `8 at once`.
pub fn bound_words(bound: FoundBound) -> String {
    match bound {
        FoundBound::AtOnce(most) => format!("takes {most} at once, and refuses some of {}", most.saturating_mul(2)),
        FoundBound::PerMinute(most) => format!("takes about {} a minute", format_counted(most.into(), "request", "requests")),
        FoundBound::NotBelow(most) => format!("takes {most} at once and more"),
    }
}

/// `8 at once: 16 answered in 1.2 s`.
pub fn rung_words(rung: &RampRung) -> String {
    let again = if rung.again { ", again" } else { "" };
    let refused = if rung.refused > 0 { format!(", {} refused", rung.refused) } else { String::new() };
    let took = crate::analysis::format_ms(rung.took_ms as f64);
    format!("{} at once{again}: {} answered{refused} in {took}", rung.at_once, rung.answered)
}

/// How a ramp ended, in a sentence.
pub fn outcome_words(outcome: &RampOutcome) -> String {
    match outcome {
        RampOutcome::Found(bound) => bound_words(*bound),
        RampOutcome::Failed(Failure { kind, message }) => format!("{}: {message}", kind.label()),
        RampOutcome::Stopped => "stopped before it was known".to_owned(),
    }
}
