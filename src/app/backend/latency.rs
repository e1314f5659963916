//! How long earlier answers of a run's targets took: read while the run is already being sent.

use std::sync::Arc;

use crate::domain::{RunPlan, TargetKey};

use super::super::fact::Fact;
use super::super::runs::RunFact;
use super::channel::Facts;
use super::world::World;

/// Reads it target by target, so that no other reading waits for all of them, and tells it when there is any.
pub(super) async fn tell_earlier(world: Arc<World>, facts: Facts, plan: Arc<RunPlan>) {
    let (run_id, streamed) = (plan.id, plan.settings.stream);
    let mut earlier = Vec::with_capacity(plan.targets.len());
    for target_index in 0..plan.targets.len() as u32 {
        let key = TargetKey::of(&plan, target_index);
        let read = world.read(move |archive| key.map_or(Ok(None), |key| archive.earlier_latency(&key, streamed, run_id))).await;
        earlier.push(read.unwrap_or_else(|error| {
            tracing::warn!("a target is not held against its history: {error}");
            None
        }));
    }
    if earlier.iter().any(Option::is_some) {
        facts.tell(Fact::Runs(RunFact::EarlierLatency { run_id, earlier })).await;
    }
}
