//! What a start would cost is worked out before anything is sent; a person is asked about what costs much.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::analysis::{Expense, TargetForecast};
use crate::domain::{Cell, RunId, RunPlan, TrialRow};

use super::super::bench::Asked;
use super::super::effect::{Again, Start};
use super::super::fact::Fact;
use super::super::forecasting::ForecastQuestion;
use super::super::open_run::CurrentTrials;
use super::super::runs::RunFact;
use super::channel::Facts;
use super::history::made_forecast;
use super::launch::launch;
use super::resend::send_again;
use super::world::World;

pub(super) async fn weigh(world: &Arc<World>, facts: &Facts, start: Start, ask_over: Decimal) {
    let expense = match &start {
        Start::New(plan) => of_plan(world, plan).await,
        Start::Again { run_id, which } => of_cells(world, *run_id, which).await,
    };
    match (start, expense) {
        (start, Some(expense)) if expense.asked_about(ask_over).is_some() => {
            facts.tell(Fact::Runs(RunFact::AskFirst(Box::new(Asked { start, expense })))).await;
        }
        (Start::New(plan), _) => launch(world, facts, *plan).await,
        (Start::Again { run_id, which }, _) => send_again(world, facts, run_id, which).await,
    }
}

/// Absent after a fault in this program, which the log tells of.
async fn of_plan(world: &Arc<World>, plan: &RunPlan) -> Option<Expense> {
    let no_windows = vec![None; plan.targets.len()];
    let forecast = made_forecast(world, ForecastQuestion::new(0, plan, no_windows)).await?;
    Some(Expense::new(forecast.targets, plan.settings.cap.clone()))
}

/// Absent when the run cannot be read: whoever sends it says so.
async fn of_cells(world: &Arc<World>, run_id: RunId, which: &Again) -> Option<Expense> {
    let (plan, every) = world.read(move |archive| Ok((archive.run_plan(run_id)?, archive.every_trial_row(run_id)?))).await.ok()?;
    let rows = CurrentTrials::of(&plan, every).rows;
    let current: BTreeMap<Cell, &TrialRow> = rows.iter().map(|row| (row.cell, row)).collect();
    let cells = which.cells(&plan, |cell| current.get(&cell).copied());
    let mut targets = Vec::with_capacity(plan.targets.len());
    for index in 0..plan.targets.len() {
        let cells: Vec<Cell> = cells.iter().filter(|cell| cell.target_index as usize == index).copied().collect();
        if !cells.is_empty() {
            targets.push(of_target(world, &plan, index, &cells).await?);
        }
    }
    Some(Expense::new(targets, plan.settings.cap.clone()))
}

/// What sending these cells of one target costs, and its fallback after it.
async fn of_target(world: &Arc<World>, plan: &RunPlan, index: usize, cells: &[Cell]) -> Option<TargetForecast> {
    let mut target = plan.targets.get(index)?.clone();
    let fallback = target.fallback.and_then(|fallback| plan.targets.get(fallback as usize)).cloned();
    target.fallback = fallback.is_some().then_some(1);
    let targets: Vec<_> =
        std::iter::once(target).chain(fallback.map(|fallback| crate::domain::RunTarget { fallback: None, ..fallback })).collect();
    let cases = cells.iter().filter_map(|cell| plan.cases.get(cell.case_index as usize)).cloned().collect();
    let question = ForecastQuestion {
        generation: 0,
        cases: Arc::new(cases),
        prompt_set: plan.prompt_set,
        params: plan.settings.params.clone(),
        context_windows: vec![None; targets.len()],
        targets,
        repeats: 1,
        concurrency: plan.settings.concurrency,
        // The cap is weighed over all targets.
        cap: None,
    };
    made_forecast(world, question).await?.targets.into_iter().next()
}
