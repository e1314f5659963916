//! The simulated provider: started when it is first asked for, stored as a connection like any other, marked as simulated.

use std::sync::Arc;

use crate::demo::{DEMO_SEED, DemoServer, SAMPLE_SET_NAME, demo_connection, demo_targets, sample_cases};
use crate::domain::{Connection, PromptSet, PromptSetKind};
use crate::store::StoreError;

use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::channel::Facts;
use super::world::World;

/// Starts the server if it does not run. The connection has the address that it has now.
pub(super) async fn ensure_running(world: &World) -> Result<Connection, std::io::Error> {
    let mut server = world.demo.lock().await;
    let url = match &*server {
        Some(server) => server.base_url().to_owned(),
        None => server.insert(DemoServer::start(DEMO_SEED, world.demo_pace).await?).base_url().to_owned(),
    };
    Ok(demo_connection(&url))
}

/// Stores the connection and the sample set, once each.
pub(super) async fn store_demo(world: &World, connection: &Connection) -> Result<PromptSet, StoreError> {
    let connection = connection.clone();
    world
        .write(move |archive| {
            archive.save_connection(&connection)?;
            let known = archive.prompt_sets()?.into_iter().find(|head| head.kind == PromptSetKind::Sample);
            let id = match known {
                Some(head) => head.id,
                None => archive.create_prompt_set(SAMPLE_SET_NAME, PromptSetKind::Sample, &sample_cases())?.id,
            };
            archive.prompt_set(id, None)
        })
        .await
}

pub(super) async fn start(world: &Arc<World>, facts: &Facts) {
    let connection = match ensure_running(world).await {
        Ok(connection) => connection,
        Err(error) => {
            return facts.notice(NoticeLevel::Error, format!("The simulated provider could not start on this computer: {error}")).await;
        }
    };
    match store_demo(world, &connection).await {
        Ok(sample) => {
            let targets = demo_targets().into_iter().map(|(spec, _)| spec).collect();
            facts.tell(Fact::DemoReady { connection: Box::new(connection), targets, sample: Box::new(sample) }).await;
        }
        Err(error) => facts.notice(NoticeLevel::Error, format!("The sample could not be stored: {error}")).await,
    }
}
