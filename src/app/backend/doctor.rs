//! Probes that somebody asked for.

use std::sync::Arc;

use crate::domain::{ConnectionId, Origin, Probe};
use crate::provider::probe;

use super::super::doctor::{DoctorFact, Patient};
use super::super::fact::Fact;
use super::channel::Facts;
use super::connections::key_of;
use super::world::World;

/// Makes the probes, one after another. The key goes to the origin that it was saved for, and to another one only with `key_elsewhere`.
pub(super) async fn make_probes(
    world: &Arc<World>,
    facts: &Facts,
    patient: Patient,
    id: ConnectionId,
    probes: Vec<Probe>,
    key_elsewhere: bool,
) {
    world.saves_ended().await;
    if let Ok(Some(connection)) = world.connection(id).await {
        let connection = world.with_live_url(connection).await;
        let own = Origin::of(&connection.base_url);
        for asked in probes {
            let may_have_key = key_elsewhere || Origin::of(&asked.base_url) == own;
            // Read for each: it is in memory no longer than it is needed.
            let key = if may_have_key { key_of(world, &connection).await.ok().flatten() } else { None };
            let result = probe(&connection, &asked, key).await;
            facts.tell(Fact::Doctor(DoctorFact::Probed { patient, result })).await;
        }
    }
    facts.tell(Fact::Doctor(DoctorFact::ProbesEnded(patient))).await;
}
