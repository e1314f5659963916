//! What a start would cost is worked out before anything is sent; a person is asked about what costs much.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::analysis::{Expense, TargetForecast};
use crate::domain::{Cell, Money, RunId, RunPlan, RunTarget, TrialRow};

use super::super::bench::Asked;
use super::super::effect::{Again, Start};
use super::super::fact::Fact;
use super::super::forecasting::ForecastQuestion;
use super::super::open_run::CurrentTrials;
use super::super::runs::RunFact;
use super::channel::Facts;
use super::history::made_forecast;
use super::launch::{launch, launch_failed};
use super::resend::send_again;
use super::room::{no_room, spent};
use super::world::World;

pub(super) async fn weigh(world: &Arc<World>, facts: &Facts, start: Start, ask_over: Decimal) {
    let expense = match &start {
        Start::New(plan) => Ok(Some(of_plan(world, plan).await)),
        Start::Again { run_id, which } => of_cells(world, *run_id, which).await,
    };
    let expense = match expense {
        Ok(expense) => expense,
        Err(no_room) => return launch_failed(facts, no_room).await,
    };
    match (start, expense) {
        (start, Some(expense)) if expense.asked_about(ask_over).is_some() => {
            facts.tell(Fact::Runs(RunFact::AskFirst(Box::new(Asked { start, expense })))).await;
        }
        (Start::New(plan), _) => launch(world, facts, *plan).await,
        (Start::Again { run_id, which }, _) => send_again(world, facts, run_id, which).await,
    }
}

async fn of_plan(world: &Arc<World>, plan: &RunPlan) -> Expense {
    let no_windows = vec![None; plan.targets.len()];
    let cap = plan.settings.cap.clone();
    let Some(forecast) = made_forecast(world, ForecastQuestion::new(0, plan, no_windows)).await else {
        return Expense::not_worked_out(plan.cell_count(), cap);
    };
    Expense { totals: forecast.totals, price_unknown: forecast.price_unknown, ..Expense::new(forecast.targets, cap) }
}

/// Absent when the run cannot be read, or its cap not be raised to that: whoever sends it says so. The error says why nothing of it would be sent.
async fn of_cells(world: &Arc<World>, run_id: RunId, which: &Again) -> Result<Option<Expense>, String> {
    let no_unsaved = !world.unsaved.lock().await.contains_key(&run_id);
    let read = world
        .read(move |archive| {
            // What is set aside for answers that wait to be saved is not lost.
            let lost = archive.lost_reservations(run_id, no_unsaved)?;
            Ok((archive.run_plan(run_id)?, archive.every_trial_row(run_id)?, lost))
        })
        .await;
    let Ok((mut plan, every, lost)) = read else { return Ok(None) };
    if let Again::UnderCap(amount) = which
        && plan.raise_cap(*amount).is_none()
    {
        return Ok(None);
    }
    let CurrentTrials { rows, superseded } = CurrentTrials::of(&plan, every);
    let spent = spent(&plan, &rows, &superseded, lost.counted);
    let left = plan.settings.cap.clone().map(|cap| Money { amount: (cap.amount - spent).max(Decimal::ZERO), ..cap });
    let current: BTreeMap<Cell, &TrialRow> = rows.iter().map(|row| (row.cell, row)).collect();
    let cells = which.cells(&plan, |cell| current.get(&cell).copied());
    if let Some(words) = no_room(&plan, cells.iter().copied(), spent) {
        return Err(words);
    }
    let (mut targets, mut fallbacks) = (Vec::with_capacity(plan.targets.len()), Vec::new());
    for index in 0..plan.targets.len() {
        let own: Vec<Cell> = cells.iter().filter(|cell| cell.target_index as usize == index).copied().collect();
        if own.is_empty() {
            continue;
        }
        let Some((target, fallback)) = of_target(world, &plan, index, &own).await else {
            return Ok(Some(Expense::not_worked_out(cells.len() as u64, left)));
        };
        fallbacks.extend(fallback.map(|fallback| (target.clone(), fallback)));
        targets.push(target);
    }
    Ok(Some(Expense::new(targets, left).with_fallbacks(&fallbacks)))
}

/// What sending these cells of one target costs, with its fallback after it, and that one's own figures. Absent after a fault in this program, which the log
/// tells of.
async fn of_target(world: &Arc<World>, plan: &RunPlan, index: usize, cells: &[Cell]) -> Option<(TargetForecast, Option<TargetForecast>)> {
    let mut target = plan.targets.get(index)?.clone();
    let fallback = target.fallback.and_then(|fallback| plan.targets.get(fallback as usize)).cloned();
    target.fallback = fallback.is_some().then_some(1);
    let targets: Vec<_> = std::iter::once(target).chain(fallback.map(|fallback| RunTarget { fallback: None, ..fallback })).collect();
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
    let mut targets = made_forecast(world, question).await?.targets.into_iter();
    Some((targets.next()?, targets.next()))
}
