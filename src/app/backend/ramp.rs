//! Finding out how much a connection takes.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};

use crate::domain::{Connection, ConnectionId, Failure, FailureKind, FoundLimit, Price, RampEnd, RampOutcome, find_price};
use crate::provider::{HttpProvider, Provider};
use crate::runner::{Ramp, ramp};

use super::super::connection_messages::ConnectionFact;
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::channel::Facts;
use super::connections::{key_of, learn};
use super::world::World;

/// Rungs that may wait for the face.
const RUNGS_WAITING: usize = 32;

/// Climbs, tells each rung, and keeps what was found and learnt. The end of the program stops it and waits for it.
pub(super) async fn climb(world: &Arc<World>, facts: &Facts, id: ConnectionId, model: String, ceiling: u32) {
    let (stop_in, mut stop) = watch::channel(false);
    world.ramps.lock().unwrap_or_else(PoisonError::into_inner).insert(id, stop_in);
    // Whoever closed the world before this was entered could not stop it.
    if world.closing.load(Ordering::Relaxed) {
        self::stop(world, id);
    }
    let unsent = |outcome| RampEnd { outcome, requests: 0, cost: Some(Decimal::ZERO), learnt: Vec::new() };
    let found_way = tokio::select! {
        biased;
        Ok(_) = stop.wait_for(|stop| *stop) => None,
        way = way(world, id, &model) => Some(way),
    };
    let (end, asked) = match found_way {
        Some(Ok(Way { provider, price, connection })) => {
            let (rungs_in, mut rungs) = mpsc::channel(RUNGS_WAITING);
            let spelling = connection.spelling_of(&model);
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
            (tokio::join!(climbing, telling).0, Some(connection))
        }
        Some(Err(failure)) => (unsent(RampOutcome::Failed(failure)), None),
        None => (unsent(RampOutcome::Stopped), None),
    };
    world.ramps.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    if world.closing.load(Ordering::Relaxed) && end.requests > 0 {
        // Nobody hears of it any more.
        let cost = end.cost.map_or_else(|| "an unknown amount".to_owned(), |cost| cost.to_string());
        tracing::info!("the end of the program stopped a ramp after {} requests, which cost {cost} at most", end.requests);
    }
    if let Some(asked) = &asked {
        for amendment in &end.learnt {
            learn(world, facts, asked, &model, *amendment).await;
        }
    }
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

/// The way to send.
struct Way {
    provider: Arc<dyn Provider>,
    /// Of the model; absent: unknown.
    price: Option<Price>,
    /// As it is asked.
    connection: Connection,
}

async fn way(world: &Arc<World>, id: ConnectionId, model: &str) -> Result<Way, Failure> {
    let internal = |message: String| Failure { kind: FailureKind::Internal, message };
    world.saves_ended().await;
    let connection = match world.connection(id).await {
        Ok(Some(connection)) => world.with_live_url(connection).await,
        Ok(None) => return Err(internal("the connection was removed".to_owned())),
        Err(error) => return Err(internal(format!("the connection could not be read: {error}"))),
    };
    let own = world.read(|archive| archive.own_prices()).await.unwrap_or_default();
    let price = find_price(&connection, model, &own, &world.catalog);
    let key = key_of(world, &connection).await?;
    let asked = connection.clone();
    match world.engine_cpu.run(move || HttpProvider::new(&connection, key)).await {
        Ok(Ok(provider)) => Ok(Way { provider: Arc::new(provider), price, connection: asked }),
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
