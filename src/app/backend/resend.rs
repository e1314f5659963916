//! What is missing of a stored run, or has failed in it, is sent again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::analysis::format_count;
use crate::domain::{Cell, Currency, LostReservations, Money, RunId, RunStatus, TrialStatus};
use crate::platform::RunLock;
use crate::runner::WorkItem;
use crate::store::StoreError;

use super::super::effect::Again;
use super::super::notices::NoticeLevel;
use super::super::open_run::CurrentTrials;
use super::channel::Facts;
use super::launch::{Sending, begin, launch_failed};
use super::providers::{in_the_way, providers_of, refuse};
use super::world::World;
use super::{room, unsaved};

pub(super) async fn send_again(world: &Arc<World>, facts: &Facts, run_id: RunId, which: Again) {
    let mut stored_late = false;
    let lock = match unsaved::store(world, run_id).await {
        Ok(Some(lock)) => {
            stored_late = true;
            Ok(lock)
        }
        Ok(None) => RunLock::acquire(&world.places, run_id).map_err(|error| error.to_string()),
        Err(waiting) => Err(format!("Nothing was sent: {waiting}")),
    };
    let lock = match lock {
        Ok(lock) => lock,
        Err(message) => return launch_failed(facts, message).await,
    };
    let all = matches!(which, Again::Missing | Again::UnderCap(_));
    let raised = if let Again::UnderCap(amount) = which { Some(amount) } else { None };
    world.saves_ended().await;
    let read = world
        .write(move |archive| {
            let mut plan = archive.run_plan(run_id)?;
            if let Some(amount) = raised {
                // Stored only when it begins.
                plan.raise_cap(amount).ok_or(StoreError::OutOfRange("a cap that is below the old one"))?;
            }
            // Bounds are no part of what is compared: those that were changed since, because of what failed, hold.
            for target in &mut plan.targets {
                if let Some(current) = archive.connection(target.connection.id)? {
                    target.connection.limits = current.limits;
                    // So does what its server has shown since, while it is the same one.
                    if (&current.base_url, current.wire) == (&target.connection.base_url, target.connection.wire) {
                        target.connection.dialect = current.dialect;
                        target.connection.found_limit = current.found_limit;
                    }
                }
            }
            let every = archive.every_trial_row(run_id)?;
            if stored_late {
                // What was reserved is in the costs of the trials by now.
                archive.release_all(run_id)?;
            }
            let lost = archive.lose_reservations(run_id)?;
            Ok((plan, every, lost))
        })
        .await;
    let (plan, every, lost) = match read {
        Ok(read) => read,
        Err(error) => return launch_failed(facts, format!("The run could not be read, nothing was sent: {error}")).await,
    };
    let counted = match &plan.settings.cap {
        Some(_) => every.iter().filter(|row| row.fallback.is_none()).filter_map(|row| Some((row.cell, row.usage?))).collect(),
        None => Vec::new(),
    };
    let CurrentTrials { rows, superseded } = CurrentTrials::of(&plan, every);
    let stored: BTreeMap<_, _> = rows.iter().map(|row| (row.cell, row)).collect();
    let current = |cell: Cell| stored.get(&cell).copied();
    let again = |cell: Cell| WorkItem { cell, supersedes: current(cell).map(|row| row.id) };
    let work: Vec<WorkItem> = which.cells(&plan, current).into_iter().map(again).collect();
    let providers = providers_of(world, facts, &plan).await;
    let answered = rows.iter().filter(|row| row.status == TrialStatus::Finished).map(|row| row.cell).collect();
    let unaskable = in_the_way(&plan, &providers, &answered, &work, false);
    if !unaskable.is_empty() {
        drop(lock);
        return refuse(world, facts, &plan, Some(run_id), unaskable).await;
    }
    if world.closing.load(Ordering::Relaxed) {
        return;
    }
    let spent_before = room::spent(&plan, &rows, &superseded, lost.counted);
    if let Some(words) = room::no_room(&plan, work.iter().map(|item| item.cell), spent_before) {
        // It ends as stopped by its cap again, as scripts expect of it.
        facts.notice(NoticeLevel::Warning, words).await;
    }
    let begun = world
        .write(move |archive| {
            // A run of which some cells are sent again misses no more than before.
            let status = if all { RunStatus::Unfinished } else { archive.run_head(run_id)?.status };
            if let Some(amount) = raised {
                archive.raise_run_cap(run_id, amount)?;
            }
            archive.set_run_status(run_id, status)?;
            Ok(status)
        })
        .await;
    let status = match begun {
        Ok(status) => status,
        Err(error) => return launch_failed(facts, format!("The run could not be read, nothing was sent: {error}")).await,
    };
    if let Some(cap) = plan.settings.cap.as_ref().filter(|_| lost.open > 0) {
        facts.notice(NoticeLevel::Warning, lost_words(&lost, &cap.currency)).await;
    }
    begin(
        world,
        facts,
        Sending { plan: Arc::new(plan), providers, rows, superseded, work, spent_before, counted, lost, status, is_new: false, lock },
    )
    .await;
}

fn lost_words(lost: &LostReservations, currency: &Currency) -> String {
    let worst = Money { amount: lost.open_worst, currency: currency.clone() };
    let requests = match lost.open {
        1 => "1 request was in flight when the program ended; its".to_owned(),
        count => format!("{} requests were in flight when the program ended; their", format_count(count)),
    };
    format!("{requests} worst case, {worst}, counts as spent")
}
