//! A plan is stored, locked and sent. What is missing of a stored run is sent the same way.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};

use crate::analysis::SupersededCost;
use crate::domain::{
    Cell, LostReservations, PromptSetKind, RunEventKind, RunId, RunPlan, RunStatus, StopReason, TrialRow, TrialStatus, Usage,
};
use crate::platform::RunLock;
use crate::provider::Provider;
use crate::runner::{Conditions, RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};

use super::super::fact::Fact;
use super::super::open_run::status_after;
use super::super::prompts::PromptFact;
use super::super::runs::RunFact;
use super::archive_recorder::ArchiveRecorder;
use super::channel::Facts;
use super::providers::{NoWay, in_the_way, leave_out, providers_of, refuse};
use super::world::World;
use super::{connections, history, latency, unsaved};

/// Events of a run that may wait for the face.
const EVENTS_WAITING: usize = 512;

pub(super) async fn launch_failed(facts: &Facts, message: impl Into<String>) {
    facts.tell(Fact::Runs(RunFact::LaunchFailed { message: message.into() })).await;
}

/// Stores the plan, and for a file its cases (as a new version when the last one is frozen), in one transaction, then sends it. Any other set must hold the
/// cases of the plan already: what somebody edited meanwhile is neither sent nor overwritten.
pub(super) async fn launch(world: &Arc<World>, facts: &Facts, mut plan: RunPlan) {
    world.saves_ended().await;
    let providers = providers_of(world, facts, &plan).await;
    let work: Vec<WorkItem> = plan.cells().map(|cell| WorkItem { cell, supersedes: None }).collect();
    let unaskable = in_the_way(&plan, &providers, &BTreeSet::new(), &work, true);
    if !unaskable.is_empty() {
        return refuse(world, facts, &plan, None, unaskable).await;
    }
    if world.closing.load(Ordering::Relaxed) {
        return;
    }
    plan.id = RunId::draw();
    plan.created_at = Timestamp::now();
    plan.settings.seed = fastrand::u64(..);
    let lock = match RunLock::acquire(&world.places, plan.id) {
        Ok(lock) => lock,
        Err(error) => return launch_failed(facts, error.to_string()).await,
    };
    let stored = world
        .write(move |archive| {
            let newest = archive.prompt_set(plan.prompt_set, None)?.head;
            let head = if newest.kind == PromptSetKind::File { archive.replace_cases(newest.id, &plan.cases)? } else { newest };
            plan.prompt_set_version = head.version;
            archive.create_run(&plan)?;
            for target in &plan.targets {
                archive.set_last_model(target.connection.id, &target.model)?;
            }
            let frozen = archive.prompt_set(head.id, Some(head.version))?.head;
            Ok((plan, frozen))
        })
        .await;
    match stored {
        Ok((plan, head)) => {
            facts.tell(Fact::Prompts(PromptFact::Saved(head))).await;
            let plan = Arc::new(plan);
            begin(
                world,
                facts,
                Sending {
                    plan,
                    providers,
                    rows: Vec::new(),
                    superseded: Vec::new(),
                    work,
                    spent_before: Decimal::ZERO,
                    counted: Vec::new(),
                    lost: LostReservations::default(),
                    status: RunStatus::Unfinished,
                    is_new: true,
                    lock,
                },
            )
            .await;
        }
        Err(error) => launch_failed(facts, format!("The run was not started, nothing was sent: {error}")).await,
    }
}

/// A run that is about to be sent, or sent again.
pub(super) struct Sending {
    pub(super) plan: Arc<RunPlan>,
    /// By target index.
    pub(super) providers: Vec<Result<Arc<dyn Provider>, NoWay>>,
    pub(super) rows: Vec<TrialRow>,
    pub(super) superseded: Vec<SupersededCost>,
    pub(super) work: Vec<WorkItem>,
    pub(super) spent_before: Decimal,
    /// What was counted for earlier trials; empty without a cap.
    pub(super) counted: Vec<(Cell, Usage)>,
    /// What was in flight when the program ended, earlier.
    pub(super) lost: LostReservations,
    /// Where the run stands if these cells are sent and others are missing.
    pub(super) status: RunStatus,
    /// Of a new run all targets can be asked, or their fallbacks; cells of a stored one that cannot be sent are left as they are, for later.
    pub(super) is_new: bool,
    pub(super) lock: RunLock,
}

pub(super) async fn begin(world: &Arc<World>, facts: &Facts, sending: Sending) {
    let (control_in, control) = watch::channel(RunControl::Running);
    let run_id = sending.plan.id;
    world.live.lock().unwrap_or_else(PoisonError::into_inner).insert(run_id, control_in);
    if world.closing.load(Ordering::Relaxed) {
        // Whoever closed the world before this was entered could not stop it.
        self::control(world, run_id, RunControl::Cancelled);
    }
    let asked = sending.work.len() as u64;
    let launched = RunFact::Launched {
        plan: Arc::clone(&sending.plan),
        rows: sending.rows.clone(),
        superseded: sending.superseded.clone(),
        asked,
        status: sending.status,
    };
    facts.tell(Fact::Runs(launched)).await;
    facts.tell(Fact::Runs(RunFact::Lost { run_id, lost: sending.lost, settled: false })).await;
    let (world, facts) = (Arc::clone(world), facts.clone());
    let tracker = world.running.clone();
    tokio::spawn(tracker.track_future(async move {
        send(&world, &facts, sending, control).await;
    }));
}

async fn send(world: &Arc<World>, facts: &Facts, sending: Sending, control: watch::Receiver<RunControl>) {
    let Sending { plan, providers, rows, mut work, spent_before, counted, status: before, is_new, lock, .. } = sending;
    let run_id = plan.id;
    if !is_new {
        let can_be_asked: Vec<bool> = providers.iter().map(Result::is_ok).collect();
        let answered = rows.iter().filter(|row| row.status == TrialStatus::Finished).map(|row| row.cell).collect();
        let left_out = leave_out(&plan, &answered, &can_be_asked, &mut work);
        for (target_index, (target, provider)) in (0u32..).zip(plan.targets.iter().zip(&providers)) {
            if let Err(NoWay { failure, later }) = provider
                && left_out.contains(&target_index)
            {
                let not_sent = RunFact::NotSent { target: target.label.clone(), failure: failure.clone(), later: *later };
                facts.tell(Fact::Runs(not_sent)).await;
            }
        }
    }
    let providers = providers.into_iter().map(|provider| provider.map_err(|no_way| no_way.failure)).collect();
    let earlier = tokio::spawn(latency::tell_earlier(Arc::clone(world), facts.clone(), Arc::clone(&plan)));
    let (events, mut events_out) = mpsc::channel(EVENTS_WAITING);
    let deps = RunDeps {
        providers,
        recorder: Arc::new(ArchiveRecorder(world.store.clone())),
        counter: Arc::clone(&world.counter),
        cpu: world.engine_cpu.clone(),
        events,
        control,
        live_text: world.live_text,
        conditions: Conditions::of_this_computer(),
    };
    let engine = tokio::spawn(run(RunJob { plan: Arc::clone(&plan), work, spent_before, counted }, deps));
    let mut stopped = None;
    while let Some(event) = events_out.recv().await {
        match event.kind {
            // Told only after the archive knows how the run ended.
            RunEventKind::Stopped { .. } => stopped = Some(event),
            RunEventKind::Amended { target_index, amendment } => {
                if let Some(target) = plan.targets.get(target_index as usize) {
                    connections::learn(world, facts, &target.connection, &target.model, amendment).await;
                }
            }
            _ => facts.tell(Fact::Runs(RunFact::Event(event))).await,
        }
    }
    let RunEnd { reason, unsaved } =
        engine.await.unwrap_or_else(|_panicked| RunEnd { reason: StopReason::StorageFailed, unsaved: Vec::new() });
    // Closing the program is no wish to give the run up: the next start offers the rest.
    let closing = reason == StopReason::Cancelled && world.closing.load(Ordering::Relaxed);
    let status = world
        .write(move |archive| {
            if reason != StopReason::StorageFailed {
                archive.release_all(run_id)?;
            }
            let ended = archive.every_cell_ended(run_id)?;
            let status = if closing && !ended { RunStatus::Unfinished } else { status_after(reason, ended, before) };
            archive.set_run_status(run_id, status)?;
            Ok(status)
        })
        .await;
    if let Err(error) = status {
        tracing::error!("the end of a run was not stored: {error}");
    }
    // Nobody waits for it: until it is done, history works the figures out itself.
    world.store.write(
        move |archive| archive.keep_figures(run_id),
        |kept| kept.unwrap_or_else(|error| tracing::warn!("the figures of a run were not kept: {error}")),
    );
    // Before the lock is free: the next start of this run puts its own control there.
    world.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&run_id);
    if unsaved.is_empty() {
        drop(lock);
    } else {
        unsaved::keep(world, facts, run_id, lock, unsaved).await;
    }
    // Whoever follows the run stops listening with its end.
    earlier.await.ok();
    let event = stopped.unwrap_or(crate::domain::RunEvent { run_id, kind: RunEventKind::Stopped { reason } });
    facts.tell(Fact::Runs(RunFact::Event(event))).await;
    if let Ok(heads) = history::unfinished(world).await {
        facts.tell(Fact::Runs(RunFact::Unfinished(heads))).await;
    }
}

pub(super) fn control(world: &World, run_id: RunId, control: RunControl) {
    if let Some(sender) = world.live.lock().unwrap_or_else(PoisonError::into_inner).get(&run_id) {
        sender.send(control).ok();
    }
}
