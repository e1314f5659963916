//! A ramp: tiny requests, more and more at once, until a provider refuses one as too many.

use rust_decimal::Decimal;

use super::{Amendment, Failure, FoundBound};

/// One rung of a ramp that was climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RampRung {
    /// Requests at once.
    pub at_once: u32,
    /// Answers that came.
    pub answered: u32,
    /// Requests that were refused as too many (429).
    pub refused: u32,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// It was climbed again after a refusal on the next one, to see what the refusal depends on.
    pub again: bool,
}

/// How a ramp ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RampOutcome {
    /// It was climbed as far as it goes, or to the first refusal.
    Found(FoundBound),
    /// Something else than a refusal came in between.
    Failed(Failure),
    /// Somebody stopped it.
    Stopped,
}

/// A ramp that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampEnd {
    /// How it ended.
    pub outcome: RampOutcome,
    /// Requests that were sent.
    pub requests: u32,
    /// What they cost at most; absent when the price is unknown.
    pub cost: Option<Decimal>,
    /// How the server showed that it wants its requests written, in the order of showing; mostly empty.
    pub learnt: Vec<Amendment>,
}
