//! The warm-up before the first trial: connections opened ahead, as many as the run will use at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::domain::{ConnectionId, Failure, RunPlan, WarmUp};
use crate::provider::Provider;

use super::WorkItem;
use super::run::RunControl;

/// Opens the connections of a run; absent when it is cancelled meanwhile. Each provider opens as many as can be in flight over it: no more than the run
/// sends at once, than the connection allows, and than there are cells to send over it.
pub(super) async fn warm_up(
    plan: &RunPlan,
    work: &[WorkItem],
    providers: &[Result<Arc<dyn Provider>, Failure>],
    mut control: watch::Receiver<RunControl>,
) -> Option<WarmUp> {
    // Targets of one connection share its provider.
    let mut wanted: BTreeMap<ConnectionId, (&Arc<dyn Provider>, u32, u32)> = BTreeMap::new();
    for item in work {
        let target = item.cell.target_index as usize;
        if let (Some(target), Some(Ok(provider))) = (plan.targets.get(target), providers.get(target)) {
            let connection = &target.connection;
            let bounds = [
                connection.limits.max_in_flight,
                connection.limits.max_per_minute,
                connection.found_limit.as_ref().and_then(|found| found.at_once()),
            ];
            let most = bounds.into_iter().flatten().fold(plan.settings.concurrency, u32::min);
            wanted.entry(target.connection.id).or_insert((provider, most, 0)).2 += 1;
        }
    }
    let opening = join_all(wanted.into_values().map(|(provider, most, cells)| provider.warm_up(most.min(cells).max(1))));
    let cancelled = async {
        if control.wait_for(|wish| *wish == RunControl::Cancelled).await.is_err() {
            // Nobody steers the run any more: it goes on.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = cancelled => None,
        opened = opening => Some(opened.into_iter().fold(WarmUp::default(), |sum, one| WarmUp {
            connections: sum.connections + one.connections,
            failed: sum.failed + one.failed,
            took: sum.took.max(one.took),
        })),
    }
}
