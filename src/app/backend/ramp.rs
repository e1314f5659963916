//! Finding out how much a connection takes.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::domain::{ConnectionId, Failure, FailureKind, FoundLimit, Price, RampEnd, RampOutcome, Spelling, find_price};
use crate::provider::{HttpProvider, Provider};
use crate::runner::{Ramp, ramp};

use super::super::connection_messages::ConnectionFact;
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::channel::Facts;
use super::connections::key_of;
use super::world::World;

/// Rungs that may wait for the face.
const RUNGS_WAITING: usize = 32;

/// Climbs, tells each rung, and keeps what was found.
pub(super) async fn climb(world: &Arc<World>, facts: &Facts, id: ConnectionId, model: String, ceiling: u32) {
    let (stop_in, stop) = watch::channel(false);
    world.ramps.lock().unwrap_or_else(PoisonError::into_inner).insert(id, stop_in);
    let end = match way(world, id, &model).await {
        Ok((provider, price, spelling)) => {
            let (rungs_in, mut rungs) = mpsc::channel(RUNGS_WAITING);
            let asked = Ramp { provider, model: model.clone(), spelling, ceiling, price, stop };
            let climbing = async move {
                ramp(asked, |rung| {
                    rungs_in.try_send(rung).ok();
                })
                .await
            };
            let telling = async {
                while let Some(rung) = rungs.recv().await {
                    facts.tell(Fact::Connections(ConnectionFact::RampClimbed { id, rung })).await;
                }
            };
            tokio::join!(climbing, telling).0
        }
        Err(failure) => RampEnd { outcome: RampOutcome::Failed(failure), requests: 0, cost: Some(rust_decimal::Decimal::ZERO) },
    };
    world.ramps.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let found = match end.outcome {
        RampOutcome::Found(bound) => Some(FoundLimit { at: Timestamp::now(), model, requests: end.requests, bound }),
        RampOutcome::Failed(_) | RampOutcome::Stopped => None,
    };
    if let Some(found) = found.clone()
        && let Err(error) = world.write(move |archive| archive.set_found_limit(id, Some(&found))).await
    {
        facts.notice(NoticeLevel::Error, format!("What was found out is not saved: {error}")).await;
    }
    facts.tell(Fact::Connections(ConnectionFact::Ramped { id, end, found })).await;
}

/// The way to send, and the model's price.
async fn way(world: &Arc<World>, id: ConnectionId, model: &str) -> Result<(Arc<dyn Provider>, Option<Price>, Spelling), Failure> {
    let internal = |message: String| Failure { kind: FailureKind::Internal, message };
    world.saves_ended().await;
    let connection = match world.connection(id).await {
        Ok(Some(connection)) => world.with_live_url(connection).await,
        Ok(None) => return Err(internal("the connection was removed".to_owned())),
        Err(error) => return Err(internal(format!("the connection could not be read: {error}"))),
    };
    let own = world.read(|archive| archive.own_prices()).await.unwrap_or_default();
    let price = find_price(&connection, model, &own, &world.catalog);
    let spelling = connection.dialect.spelling_of(model);
    let key = key_of(world, &connection).await?;
    match world.engine_cpu.run(move || HttpProvider::new(&connection, key)).await {
        Ok(Ok(provider)) => Ok((Arc::new(provider), price, spelling)),
        Ok(Err(error)) => Err(error.to_failure()),
        Err(_panicked) => Err(internal("the HTTP client could not be made".to_owned())),
    }
}

/// Stops it.
pub(super) fn stop(world: &World, id: ConnectionId) {
    if let Some(stop) = world.ramps.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
        stop.send(true).ok();
    }
}
