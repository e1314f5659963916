//! The ways to the targets of a run, with their keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{Cell, ConnectionId, Failure, FailureKind, Origin, RunId, RunPlan, RunTarget};
use crate::provider::{HttpProvider, Provider};
use crate::runner::WorkItem;

use super::super::connection_messages::ConnectionFact;
use super::super::fact::Fact;
use super::super::hindrance::Unaskable;
use super::super::runs::RunFact;
use super::channel::Facts;
use super::connections::{self, key_of, removed_words};
use super::demo;
use super::world::World;

/// Why a target cannot be asked.
#[derive(Clone)]
pub(super) struct NoWay {
    pub(super) failure: Failure,
    /// It can be once that is mended.
    pub(super) later: bool,
}

impl From<Failure> for NoWay {
    fn from(failure: Failure) -> Self {
        Self { failure, later: true }
    }
}

/// One provider per target; targets of one connection share its client and so its connections.
pub(super) async fn providers_of(world: &Arc<World>, facts: &Facts, plan: &RunPlan) -> Vec<Result<Arc<dyn Provider>, NoWay>> {
    let mut clients: BTreeMap<ConnectionId, Result<Arc<dyn Provider>, NoWay>> = BTreeMap::new();
    let mut providers = Vec::with_capacity(plan.targets.len());
    for target in &plan.targets {
        let id = target.connection.id;
        let client = match clients.get(&id) {
            Some(client) => client.clone(),
            None => provider_of(world, facts, target).await,
        };
        clients.entry(id).or_insert_with(|| client.clone());
        providers.push(client);
    }
    providers
}

async fn provider_of(world: &Arc<World>, facts: &Facts, target: &RunTarget) -> Result<Arc<dyn Provider>, NoWay> {
    let mut connection = target.connection.clone();
    let internal = |message: String| Failure { kind: FailureKind::Internal, message };
    if connection.is_simulated() {
        let running = demo::ensure_running(world).await;
        connection = running.map_err(|error| internal(format!("the simulated provider could not start on this computer: {error}")))?;
    } else {
        let current = world.connection(connection.id).await;
        let current = current.map_err(|error| internal(format!("the connection could not be read: {error}")))?;
        let for_good = |message: String| NoWay { failure: Failure { kind: FailureKind::NoKey, message }, later: false };
        let current = current.ok_or_else(|| for_good(removed_words(&connection.name)))?;
        // A key goes only to the origin that it was saved for, even when the run was planned for another one.
        if Origin::of(&current.base_url) != Origin::of(&connection.base_url) {
            return Err(for_good(format!(
                "“{}” points to another address now, and its key is not sent to the old one; start a new run",
                current.name
            )));
        }
        connection.key_source = current.key_source;
    }
    let key = key_of(world, &connection).await?;
    if let Some(foreign) = key.as_ref().and_then(|key| world.presets.foreign_key(key, &connection)) {
        connections::tell(facts, ConnectionFact::KeyStart { id: connection.id, foreign }).await;
    }
    // Loading the certificate roots takes a tenth of a second; no worker that reads a socket may wait for it.
    match world.engine_cpu.run(move || HttpProvider::new(&connection, key)).await {
        Ok(Ok(provider)) => Ok(Arc::new(provider)),
        Ok(Err(error)) => Err(error.to_failure().into()),
        Err(_panicked) => Err(internal("the HTTP client could not be made".to_owned()).into()),
    }
}

/// The targets that keep a start from being sent. A new run is sent to all its targets (or to the fallbacks of some) or not at all; of a stored one the cells
/// that can be sent are, and what is not stays for later.
pub(super) fn in_the_way(
    plan: &RunPlan,
    ways: &[Result<Arc<dyn Provider>, NoWay>],
    answered: &BTreeSet<Cell>,
    work: &[WorkItem],
    is_new: bool,
) -> Vec<Unaskable> {
    let can_be_asked: Vec<bool> = ways.iter().map(Result::is_ok).collect();
    let mut left = work.to_vec();
    let short = leave_out(plan, answered, &can_be_asked, &mut left);
    if !is_new && (work.is_empty() || !left.is_empty()) {
        return Vec::new();
    }
    let told = |(index, (target, way)): (u32, (&RunTarget, &Result<_, NoWay>))| {
        let no_way = way.as_ref().err().filter(|_| short.contains(&index))?;
        let NoWay { failure, later } = no_way.clone();
        Some(Unaskable { connection: target.connection.id, target: target.label.clone(), failure, later })
    };
    (0..).zip(plan.targets.iter().zip(ways)).filter_map(told).collect()
}

/// Tells why nothing is sent, and where the keys are that were looked for.
pub(super) async fn refuse(world: &World, facts: &Facts, plan: &RunPlan, run_id: Option<RunId>, targets: Vec<Unaskable>) {
    let looked_for: BTreeSet<ConnectionId> = targets.iter().map(|target| target.connection).collect();
    for id in looked_for {
        connections::look_up_key(world, facts, id).await;
    }
    let others = targets.len() < plan.targets.len();
    facts.tell(Fact::Runs(RunFact::CannotAsk { run_id, targets, others })).await;
}

/// Takes out of the work the cells for which nobody can be asked, and gives the targets that cannot have all they were to have. A cell goes to the fallback of
/// a target that cannot be asked, as in a new run, unless it has an answer: that would be bought twice. `can_be_asked`: by target index.
pub(super) fn leave_out(plan: &RunPlan, answered: &BTreeSet<Cell>, can_be_asked: &[bool], work: &mut Vec<WorkItem>) -> BTreeSet<u32> {
    let can_be_asked = |target: u32| can_be_asked.get(target as usize).copied().unwrap_or(false);
    let has_fallback = |target: u32| plan.targets.get(target as usize).and_then(|target| target.fallback).is_some_and(can_be_asked);
    // Without any work it is told of too: nobody shall think that it was asked.
    let targets = 0..u32::try_from(plan.targets.len()).unwrap_or(u32::MAX);
    let mut short: BTreeSet<u32> = targets.filter(|target| !can_be_asked(*target) && !has_fallback(*target)).collect();
    work.retain(|item| {
        let target = item.cell.target_index;
        let is_kept = can_be_asked(target) || (has_fallback(target) && !answered.contains(&item.cell));
        if !is_kept {
            short.insert(target);
        }
        is_kept
    });
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{plan, target};

    /// Each target with its fallback.
    fn plan_with(fallbacks: &[Option<u32>]) -> RunPlan {
        plan(0, fallbacks.iter().map(|fallback| RunTarget { fallback: *fallback, ..target("A", None) }).collect(), 1)
    }

    fn cell(case_index: u32, target_index: u32) -> Cell {
        Cell { case_index, target_index, repeat: 0 }
    }

    #[test]
    fn a_cell_goes_to_the_fallback_of_a_target_that_cannot_be_asked_unless_it_has_an_answer() {
        let plan = plan_with(&[Some(1), None, Some(0), None]);
        let cells = [cell(0, 0), cell(1, 0), cell(0, 1), cell(0, 2), cell(0, 3)];
        let left = |can_be_asked: &[bool], answered: &[Cell]| {
            let mut work: Vec<WorkItem> = cells.iter().map(|cell| WorkItem { cell: *cell, supersedes: None }).collect();
            let short = leave_out(&plan, &answered.iter().copied().collect(), can_be_asked, &mut work);
            (work.into_iter().map(|item| item.cell).collect::<Vec<_>>(), short.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(left(&[true; 4], &[cell(0, 0)]), (cells.to_vec(), vec![]));
        assert_eq!(left(&[false, true, true, true], &[]), (cells.to_vec(), vec![]));
        assert_eq!(left(&[false, true, true, true], &[cell(0, 0)]), (cells[1..].to_vec(), vec![0]));
        assert_eq!(left(&[false, true, false, false], &[]), (cells[..3].to_vec(), vec![2, 3]), "nobody falls back twice");
    }

    #[test]
    fn a_target_that_cannot_be_asked_is_told_of_without_any_work() {
        let mut work = Vec::new();
        let short = leave_out(&plan_with(&[None, Some(0)]), &BTreeSet::new(), &[false, false], &mut work);
        assert_eq!(short, BTreeSet::from([0, 1]));
    }
}
