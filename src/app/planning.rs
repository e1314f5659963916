//! From what is on the bench to a plan: the one place that decides labels, colours, prices and what stands in the way of a run.

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::format_counted;
use crate::domain::{
    Case, Catalog, Connection, ConnectionId, OwnPrice, P95_LIMITS_MS, Params, PromptSetHead, RenderError, RunId, RunPlan, RunSettings,
    RunTarget, TargetSpec, find_price,
};

/// A target on the bench.
#[derive(Clone, Debug, PartialEq)]
pub struct BenchTarget {
    /// Its connection.
    pub connection_id: ConnectionId,
    /// Model id as the provider spells it.
    pub model: String,
    /// Overrides of the run's parameters.
    pub params: Params,
    /// The user's own label; absent: made from model and connection.
    pub label: Option<String>,
    /// Index of its series colour, 0–7.
    pub colour: u8,
    /// Index of another target of the bench that is asked where this one fails; absent: nobody is.
    pub fallback: Option<usize>,
}

impl BenchTarget {
    /// As a person writes it, for keeping and for the command line.
    pub fn spec(&self, connection_name: &str) -> TargetSpec {
        TargetSpec {
            connection: connection_name.to_owned(),
            model: self.model.clone(),
            params: self.params.clone(),
            label: self.label.clone(),
        }
    }
}

/// What stands in the way of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No target.
    #[error("no target is chosen; add a model at one of your connections")]
    NoTarget,
    /// No case, or only empty ones.
    #[error("there is no prompt to send")]
    NoCase,
    /// A case cannot be rendered.
    #[error("{first}{}", more_cases(*.more))]
    Prompt {
        /// The first error.
        first: RenderError,
        /// How many further cases have one.
        more: usize,
    },
    /// The connection of a target is not there any more.
    #[error("the connection of target {number}, {model}, was removed; choose another one for it")]
    RemovedConnection {
        /// Which target, from 1.
        number: usize,
        /// Its model.
        model: String,
    },
    /// A target has no model.
    #[error("target {0} has no model")]
    NoModel(usize),
    /// A setting is out of its range.
    #[error("{0}")]
    Setting(String),
    /// Two targets would be the same thing under the same name.
    #[error("the target “{0}” is there twice; give one another label or other parameters")]
    DuplicateTarget(String),
    /// The cost of a trial would be in two currencies.
    #[error(
        "{label} costs in {currency} and its fallback {fallback} in {other}; one trial cannot cost in both. Choose another fallback, or set a price"
    )]
    FallbackCurrency {
        /// The target.
        label: String,
        /// Its currency.
        currency: String,
        /// Its fallback.
        fallback: String,
        /// That one's currency.
        other: String,
    },
    /// A cap is set, and nothing could be sent under it.
    #[error("the cap needs prices in {currency}, and no target has one; set a price or remove the cap")]
    CapWithoutPrice {
        /// The cap's currency.
        currency: String,
    },
}

fn more_cases(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!("; {} cannot be sent either", format_counted(more as u64, "more case", "more cases")),
    }
}

/// What a plan is made from.
pub struct PlanInputs<'a> {
    /// The set.
    pub set: &'a PromptSetHead,
    /// Its cases.
    pub cases: &'a [Case],
    /// Targets in order.
    pub targets: &'a [BenchTarget],
    /// Index of the baseline.
    pub baseline: usize,
    /// Settings.
    pub settings: &'a RunSettings,
    /// Stored connections.
    pub connections: &'a [Connection],
    /// The user's own prices.
    pub own_prices: &'a [OwnPrice],
    /// Bundled facts.
    pub catalog: &'a Catalog,
}

impl PlanInputs<'_> {
    /// The run's targets, with unique labels and the prices of today.
    pub fn run_targets(&self) -> Result<Vec<RunTarget>, PlanError> {
        let mut targets: Vec<RunTarget> = Vec::with_capacity(self.targets.len());
        for (index, target) in self.targets.iter().enumerate() {
            let connection = self
                .connections
                .iter()
                .find(|connection| connection.id == target.connection_id)
                .ok_or_else(|| PlanError::RemovedConnection { number: index + 1, model: target.model.clone() })?;
            if target.model.trim().is_empty() {
                return Err(PlanError::NoModel(index + 1));
            }
            let label = connection.marked(&target.spec(&connection.name).display_label()).into_owned();
            if targets.iter().any(|known| known.label == label) {
                return Err(PlanError::DuplicateTarget(label));
            }
            targets.push(RunTarget {
                label,
                colour: target.colour % 8,
                connection: connection.clone(),
                model: target.model.trim().to_owned(),
                params: target.params.clone(),
                price: find_price(connection, target.model.trim(), self.own_prices, self.catalog),
                baseline: index == self.baseline.min(self.targets.len().saturating_sub(1)),
                fallback: target.fallback.filter(|fallback| *fallback != index && *fallback < self.targets.len()).map(|index| index as u32),
            });
        }
        one_currency_a_trial(&targets)?;
        Ok(targets)
    }

    /// The cases that will be sent: those of a scratch set that are empty are left out.
    fn sendable_cases(&self) -> Result<Vec<Case>, PlanError> {
        let mut errors = Vec::new();
        let mut cases = Vec::with_capacity(self.cases.len());
        for case in self.cases {
            match case.render() {
                Ok(_) => cases.push(case.clone()),
                Err(RenderError::Empty { .. }) if self.cases.len() == 1 => return Err(PlanError::NoCase),
                Err(error) => errors.push(error),
            }
        }
        let mut errors = errors.into_iter();
        if let Some(first) = errors.next() {
            return Err(PlanError::Prompt { first, more: errors.count() });
        }
        if cases.is_empty() { Err(PlanError::NoCase) } else { Ok(cases) }
    }

    /// The plan, or the first thing that stands in its way.
    pub fn plan(&self, id: RunId, created_at: Timestamp) -> Result<RunPlan, PlanError> {
        if self.targets.is_empty() {
            return Err(PlanError::NoTarget);
        }
        let settings = self.settings.clone();
        must_be_within("repeats", settings.repeats, &RunSettings::REPEATS)?;
        must_be_within("requests in flight", settings.concurrency, &RunSettings::CONCURRENCY)?;
        must_be_within("retries", settings.retries, &RunSettings::RETRIES)?;
        if settings.p95_limit_ms.is_some_and(|limit_ms| !P95_LIMITS_MS.contains(&limit_ms)) {
            return Err(PlanError::Setting("a limit on p95 goes from 1 ms to 1 h".to_owned()));
        }
        let targets = self.run_targets()?;
        if let Some(cap) = &settings.cap {
            if cap.amount.is_sign_negative() || cap.amount.is_zero() {
                return Err(PlanError::Setting("a cap must be above 0".to_owned()));
            }
            if !targets.iter().any(|target| target.price.as_ref().is_some_and(|price| price.currency == cap.currency)) {
                return Err(PlanError::CapWithoutPrice { currency: cap.currency.code().to_owned() });
            }
        }
        Ok(RunPlan {
            id,
            created_at,
            prompt_set: self.set.id,
            prompt_set_name: self.set.name.clone(),
            prompt_set_version: self.set.version,
            cases: Arc::from(self.sendable_cases()?),
            targets,
            settings,
        })
    }
}

fn must_be_within(name: &str, value: u32, range: &RangeInclusive<u32>) -> Result<(), PlanError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(PlanError::Setting(format!("{name} go from {} to {}, not {value}", range.start(), range.end())))
}

/// No target costs in another currency than its fallback, as far as their prices are known.
fn one_currency_a_trial(targets: &[RunTarget]) -> Result<(), PlanError> {
    for target in targets {
        if let Some(fallback) = target.fallback.and_then(|index| targets.get(index as usize))
            && let (Some(price), Some(other)) = (&target.price, &fallback.price)
            && price.currency != other.currency
        {
            return Err(PlanError::FallbackCurrency {
                label: target.label.clone(),
                currency: price.currency.code().to_owned(),
                fallback: fallback.label.clone(),
                other: other.currency.code().to_owned(),
            });
        }
    }
    Ok(())
}

/// The colour that the fewest of these targets have; the lowest of them.
pub fn next_colour(targets: &[BenchTarget]) -> u8 {
    (0..8u8).min_by_key(|colour| targets.iter().filter(|target| target.colour == *colour).count()).unwrap_or(0)
}
