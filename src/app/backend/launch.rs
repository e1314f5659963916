//! A plan is stored, locked and sent; what is missing of a stored run is sent the same way.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};

use crate::analysis::{SupersededCost, format_count};
use crate::domain::{
    Cell, Currency, Failure, FailureKind, LostReservations, Money, Origin, PromptSetKind, RunEventKind, RunId, RunPlan, RunStatus,
    RunTarget, StopReason, Trial, TrialStatus, Usage,
};
use crate::platform::RunLock;
use crate::provider::{BoxFuture, HttpProvider, Provider};
use crate::runner::{Conditions, RecordError, Recorder, RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};
use crate::store::{Store, StoreError};

use super::super::connection_messages::ConnectionFact;
use super::super::effect::Again;
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::super::open_run::{CurrentTrials, status_after};
use super::super::prompts::PromptFact;
use super::super::runs::RunFact;
use super::channel::{Facts, reply};
use super::connections::{self, key_of, removed_words};
use super::world::World;
use super::{demo, history, latency, unsaved};

/// Events of a run that may wait for the face.
const EVENTS_WAITING: usize = 512;

/// Binds the runner's recorder to the archive.
pub(super) struct ArchiveRecorder(pub(super) Store);

impl Recorder for ArchiveRecorder {
    fn reserve(&self, run_id: RunId, cell: Cell, amount: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.reserve(run_id, cell, amount, done)).await) })
    }

    fn release(&self, run_id: RunId, cell: Cell, keep: Decimal) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.release(run_id, cell, keep, done)).await) })
    }

    fn record(&self, run_id: RunId, trial: Arc<Trial>) -> BoxFuture<'static, Result<(), RecordError>> {
        let store = self.0.clone();
        Box::pin(async move { recorded(reply(|done| store.record_trial(run_id, trial, done)).await) })
    }
}

fn recorded(answer: Option<Result<(), StoreError>>) -> Result<(), RecordError> {
    answer.unwrap_or(Err(StoreError::Closed)).map_err(|error| RecordError(error.to_string()))
}

async fn launch_failed(facts: &Facts, message: impl Into<String>) {
    facts.tell(Fact::Runs(RunFact::LaunchFailed { message: message.into() })).await;
}

/// Stores the plan, and for a file its cases (as a new version when the last one is frozen), in one transaction, then sends it. Any other set must hold the
/// cases of the plan already: what somebody edited meanwhile is neither sent nor overwritten.
pub(super) async fn launch(world: &Arc<World>, facts: &Facts, mut plan: RunPlan) {
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
            let work = plan.cells().map(|cell| WorkItem { cell, supersedes: None }).collect();
            begin(
                world,
                facts,
                Sending {
                    plan,
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
    let all = which == Again::Missing;
    world.saves_ended().await;
    let read = world
        .write(move |archive| {
            let mut plan = archive.run_plan(run_id)?;
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
            // A run of which some cells are sent again misses no more than before.
            let status = if all { RunStatus::Unfinished } else { archive.run_head(run_id)?.status };
            archive.set_run_status(run_id, status)?;
            Ok((plan, every, lost, status))
        })
        .await;
    let (plan, every, lost, status) = match read {
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
    let work: Vec<WorkItem> = match which {
        Again::Missing => {
            plan.cells().filter(|cell| current(*cell).is_none_or(|row| row.status == TrialStatus::Cancelled)).map(again).collect()
        }
        Again::Failed => rows.iter().filter(|row| row.own_status() != TrialStatus::Finished).map(|row| again(row.cell)).collect(),
        // Whoever asked may not have seen the last trial of the cell.
        Again::These(items) => items.into_iter().map(|item| again(item.cell)).collect(),
    };
    let spent_before = plan.settings.cap.as_ref().map_or(Decimal::ZERO, |cap| {
        let in_cap = |index: u32| {
            plan.targets.get(index as usize).and_then(|target| target.price.as_ref()).is_some_and(|price| price.currency == cap.currency)
        };
        let current: Decimal = rows.iter().filter(|row| in_cap(row.cell.target_index)).filter_map(|row| row.cost).sum();
        let old: Decimal = superseded.iter().enumerate().filter(|(index, _)| in_cap(*index as u32)).map(|(_, cost)| cost.amount).sum();
        current + old + lost.counted
    });
    if let Some(cap) = plan.settings.cap.as_ref().filter(|_| lost.open > 0) {
        facts.notice(NoticeLevel::Warning, lost_words(&lost, &cap.currency)).await;
    }
    begin(world, facts, Sending { plan: Arc::new(plan), rows, superseded, work, spent_before, counted, lost, status, is_new: false, lock })
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

struct Sending {
    plan: Arc<RunPlan>,
    rows: Vec<crate::domain::TrialRow>,
    superseded: Vec<SupersededCost>,
    work: Vec<WorkItem>,
    spent_before: Decimal,
    /// What was counted for earlier trials; empty without a cap.
    counted: Vec<(Cell, Usage)>,
    /// What was in flight when the program ended, earlier.
    lost: LostReservations,
    /// Where the run stands if these cells are sent and others are missing.
    status: RunStatus,
    /// A new run stores that a target cannot be asked; cells of a stored one are left as they are, so that they can be sent later.
    is_new: bool,
    lock: RunLock,
}

async fn begin(world: &Arc<World>, facts: &Facts, sending: Sending) {
    let (control_in, control) = watch::channel(RunControl::Running);
    let run_id = sending.plan.id;
    world.live.lock().unwrap_or_else(PoisonError::into_inner).insert(run_id, control_in);
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
    let Sending { plan, mut work, spent_before, counted, status: before, is_new, lock, .. } = sending;
    let run_id = plan.id;
    world.saves_ended().await;
    let providers = providers_of(world, facts, &plan).await;
    if !is_new {
        work.retain(|item| providers.get(item.cell.target_index as usize).is_some_and(Result::is_ok));
        for (target, provider) in plan.targets.iter().zip(&providers) {
            if let Err(NoWay { failure, later }) = provider {
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
            let status = if closing { RunStatus::Unfinished } else { status_after(reason, ended, before) };
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

/// Why a target cannot be asked.
#[derive(Clone)]
struct NoWay {
    failure: Failure,
    /// It can be once that is mended.
    later: bool,
}

impl From<Failure> for NoWay {
    fn from(failure: Failure) -> Self {
        Self { failure, later: true }
    }
}

/// One provider per target; targets of one connection share its client and so its connections.
async fn providers_of(world: &Arc<World>, facts: &Facts, plan: &RunPlan) -> Vec<Result<Arc<dyn Provider>, NoWay>> {
    let mut clients: BTreeMap<crate::domain::ConnectionId, Result<Arc<dyn Provider>, NoWay>> = BTreeMap::new();
    let mut providers = Vec::with_capacity(plan.targets.len());
    for target in &plan.targets {
        let id = target.connection.id;
        let client = match clients.get(&id) {
            Some(client) => client.clone(),
            None => provider_of(world, facts, target).await,
        };
        clients.entry(id).or_insert_with(|| client.clone());
        providers.push(client);
    }
    providers
}

async fn provider_of(world: &Arc<World>, facts: &Facts, target: &RunTarget) -> Result<Arc<dyn Provider>, NoWay> {
    let mut connection = target.connection.clone();
    let internal = |message: String| Failure { kind: FailureKind::Internal, message };
    if connection.is_simulated() {
        let running = demo::ensure_running(world).await;
        connection = running.map_err(|error| internal(format!("the simulated provider could not start on this computer: {error}")))?;
    } else {
        let current = world.connection(connection.id).await;
        let current = current.map_err(|error| internal(format!("the connection could not be read: {error}")))?;
        let for_good = |message: String| NoWay { failure: Failure { kind: FailureKind::NoKey, message }, later: false };
        let current = current.ok_or_else(|| for_good(removed_words(&connection.name)))?;
        // A key goes only to the origin that it was saved for, even when the run was planned for another one.
        if Origin::of(&current.base_url) != Origin::of(&connection.base_url) {
            return Err(for_good(format!(
                "“{}” points to another address now, and its key is not sent to the old one; start a new run",
                current.name
            )));
        }
        connection.key_source = current.key_source;
    }
    let key = key_of(world, &connection).await?;
    if let Some(foreign) = key.as_ref().and_then(|key| world.presets.foreign_key(key, &connection)) {
        connections::tell(facts, ConnectionFact::KeyStart { id: connection.id, foreign }).await;
    }
    // Loading the certificate roots takes a tenth of a second; no worker that reads a socket may wait for it.
    match world.engine_cpu.run(move || HttpProvider::new(&connection, key)).await {
        Ok(Ok(provider)) => Ok(Arc::new(provider)),
        Ok(Err(error)) => Err(error.to_failure().into()),
        Err(_panicked) => Err(internal("the HTTP client could not be made".to_owned()).into()),
    }
}

pub(super) fn control(world: &World, run_id: RunId, control: RunControl) {
    if let Some(sender) = world.live.lock().unwrap_or_else(PoisonError::into_inner).get(&run_id) {
        sender.send(control).ok();
    }
}
