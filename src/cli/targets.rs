//! `--target`: from what a person writes to a plan.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::{AppState, BenchTarget, PlanInputs, next_colour};
use crate::domain::{PromptSet, RunId, RunPlan, RunSettings, TargetSpec};

use super::connection::find;
use super::error::CliError;
use super::session::Session;

/// The targets that are meant, each with a colour of its own as on the bench.
pub(super) fn targets(session: &Session<'_>, specs: &[TargetSpec]) -> Result<Vec<BenchTarget>, CliError> {
    let mut targets: Vec<BenchTarget> = Vec::with_capacity(specs.len());
    for spec in specs {
        targets.push(BenchTarget {
            connection_id: find(session, &spec.connection)?.id,
            model: spec.model.clone(),
            params: spec.params.clone(),
            label: spec.label.clone(),
            colour: next_colour(&targets),
        });
    }
    Ok(targets)
}

/// The plan; the first target is the baseline. Its id, time and seed are drawn when it is launched.
pub(super) fn plan(state: &AppState, set: &PromptSet, targets: &[BenchTarget], settings: &RunSettings) -> Result<RunPlan, CliError> {
    let inputs = PlanInputs {
        set: &set.head,
        cases: &set.cases,
        targets,
        baseline: 0,
        settings,
        connections: &state.connections.list,
        own_prices: &state.connections.own_prices,
        catalog: &state.catalog,
    };
    Ok(inputs.plan(RunId(Uuid::nil()), Timestamp::now())?)
}
