//! What the first screen needs, read in one go.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{CheckReport, KeySource, PromptSetKind};
use crate::platform::{PathText, latest_report};

use super::super::connections::EnvironmentKey;
use super::super::fact::{Fact, Started};
use super::super::notices::NoticeLevel;
use super::channel::Facts;
use super::world::World;
use super::{demo, history};

pub(super) async fn start(world: &Arc<World>, facts: &Facts) {
    let read = world
        .write(|archive| {
            let scratch = archive.scratch()?;
            Ok((archive.connections()?, archive.own_prices()?, archive.prompt_sets()?, scratch, archive.counts()?))
        })
        .await;
    let (mut connections, own_prices, sets, scratch, counts) = match read {
        Ok(read) => read,
        Err(error) => return facts.notice(NoticeLevel::Error, format!("The archive could not be read: {error}")).await,
    };
    // The simulated provider has another address at each start; a demo that was tried before works at once.
    for connection in connections.iter_mut().filter(|connection| connection.is_simulated()) {
        if let Ok(running) = demo::ensure_running(world).await {
            *connection = running;
        }
    }
    let mut notices = Vec::new();
    notices.extend(world.settings_notice.clone().map(|text| (NoticeLevel::Warning, text)));
    if let Some(report) = latest_report(&world.places) {
        notices.push((NoticeLevel::Warning, format!("The program ended badly the last time; a report is at {}", PathText(&report.path))));
        report.mark_seen().ok();
    }
    let unfinished = history::unfinished(world).await.unwrap_or_default();
    let in_environment = found_keys(world, &connections);
    let sets = sets.into_iter().filter(|head| head.kind != PromptSetKind::File).collect();
    let started = Started {
        connections,
        own_prices,
        sets,
        scratch,
        unfinished,
        run_count: counts.runs,
        trial_count: counts.trials,
        in_environment,
        documents: documents(),
        notices,
        checks: last_checks(world).await,
    };
    facts.tell(Fact::Started(Box::new(started))).await;
}

/// What the last checks said, so that the list of connections tells it before any new check.
async fn last_checks(world: &World) -> Vec<CheckReport> {
    let read = world
        .read(|archive| {
            let connections = archive.connections()?;
            connections.into_iter().map(|connection| archive.last_check(connection.id)).collect::<Result<Vec<_>, _>>()
        })
        .await;
    read.unwrap_or_default().into_iter().flatten().collect()
}

/// Keys in the environment under the names that presets know, and that no connection uses.
fn found_keys(world: &World, connections: &[crate::domain::Connection]) -> Vec<EnvironmentKey> {
    let mut found: Vec<EnvironmentKey> = Vec::new();
    for preset in &world.presets.presets {
        for variable in &preset.key_variables {
            let used = connections.iter().any(|connection| connection.key_source == KeySource::Environment(variable.clone()));
            if used || found.iter().any(|key| key.variable == *variable) {
                continue;
            }
            if let Ok(key) = world.environment.key(variable) {
                found.push(EnvironmentKey { preset_id: preset.id.clone(), variable: variable.clone(), masked: key.masked() });
            }
        }
    }
    found
}

/// Where exports begin: the documents folder, else home, else here.
fn documents() -> PathBuf {
    let from_system =
        directories::UserDirs::new().map(|dirs| dirs.document_dir().map_or_else(|| dirs.home_dir().to_owned(), PathBuf::from));
    from_system.filter(|path| path.is_dir()).unwrap_or_else(|| PathBuf::from("."))
}
