//! Answers of stopped runs that the archive would not take: kept in memory until it does, because they are paid for.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::format_counted;
use crate::domain::{RunId, RunStatus, Trial};
use crate::platform::RunLock;
use crate::runner::Recorder as _;

use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::super::runs::RunFact;
use super::archive_recorder::ArchiveRecorder;
use super::channel::Facts;
use super::history;
use super::world::World;

/// Wait between tries to store what is kept.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// What is kept of one run.
pub(super) struct Unsaved {
    /// No other process may send the same cells meanwhile.
    lock: RunLock,
    trials: Vec<Arc<Trial>>,
}

/// Keeps answers, and goes on trying to store them.
pub(super) async fn keep(world: &Arc<World>, facts: &Facts, run_id: RunId, lock: RunLock, trials: Vec<Trial>) {
    let trials = trials.into_iter().map(Arc::new).collect();
    world.unsaved.lock().await.insert(run_id, Unsaved { lock, trials });
    let (world, facts) = (Arc::clone(world), facts.clone());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TRY_AGAIN_AFTER).await;
            match store(&world, run_id).await {
                Ok(Some(lock)) => return stored(&world, &facts, run_id, lock).await,
                // The run was resumed, which stored them first.
                Ok(None) => return,
                Err(_still_refused) => {}
            }
        }
    });
}

/// Stores what is kept of a run and gives its lock back; absent when nothing is kept. The error says what waits, and why.
pub(super) async fn store(world: &World, run_id: RunId) -> Result<Option<RunLock>, String> {
    let mut kept = world.unsaved.lock().await;
    let Some(unsaved) = kept.get_mut(&run_id) else { return Ok(None) };
    let recorder = ArchiveRecorder(world.store.clone());
    while let Some(trial) = unsaved.trials.last() {
        if let Err(error) = recorder.record(run_id, Arc::clone(trial)).await {
            let answers = format_counted(unsaved.trials.len() as u64, "answer of this run waits", "answers of this run wait");
            return Err(format!("{answers} in memory and cannot be saved yet: {error}"));
        }
        unsaved.trials.pop();
    }
    Ok(kept.remove(&run_id).map(|unsaved| unsaved.lock))
}

/// The last try, when the program ends.
pub(super) async fn store_all(world: &World) {
    let runs: Vec<RunId> = world.unsaved.lock().await.keys().copied().collect();
    for run_id in runs {
        if let Err(error) = store(world, run_id).await {
            tracing::error!("the program ends, and paid answers are lost: {error}");
        }
    }
}

async fn stored(world: &World, facts: &Facts, run_id: RunId, lock: RunLock) {
    let closed = world
        .write(move |archive| {
            // What was reserved is in the costs of the trials by now.
            archive.release_all(run_id)?;
            if archive.every_cell_ended(run_id)? {
                archive.set_run_status(run_id, RunStatus::Finished)?;
                archive.keep_figures(run_id)?;
            }
            Ok(())
        })
        .await;
    if let Err(error) = closed {
        tracing::error!("the end of a run was not stored: {error}");
    }
    drop(lock);
    facts.notice(NoticeLevel::Good, "The answers that waited in memory are saved now").await;
    if let Ok(heads) = history::unfinished(world).await {
        facts.tell(Fact::Runs(RunFact::Unfinished(heads))).await;
    }
}
