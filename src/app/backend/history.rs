//! Stored runs and what is made of them.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use crate::analysis::{Forecast, ForecastTarget, PromptLengths, diff_words, forecast};
use rust_decimal::Decimal;

use crate::domain::{Judgement, LostReservations, Observed, RunHead, RunId, RunStatus, TrendFilter, TrialId};
use crate::platform::RunLock;
use crate::store::{RunQuery, StoreError};

use super::super::fact::Fact;
use super::super::forecasting::ForecastQuestion;
use super::super::history::{HISTORY_PAGE, HistoryFact};
use super::super::notices::NoticeLevel;
use super::super::open_run::CurrentTrials;
use super::super::runs::RunFact;
use super::channel::Facts;
use super::world::World;

pub(super) async fn forecast_run(world: &Arc<World>, facts: &Facts, question: ForecastQuestion) {
    let generation = question.generation;
    match made_forecast(world, question).await {
        Some(forecast) => facts.tell(Fact::Forecast { generation, forecast: Arc::new(forecast) }).await,
        None => facts.notice(NoticeLevel::Error, "The forecast could not be made because of a fault in this program").await,
    }
}

/// The answer to the question; absent after a fault in this program.
pub(super) async fn made_forecast(world: &Arc<World>, question: ForecastQuestion) -> Option<Forecast> {
    let counter = Arc::clone(&world.counter);
    let observed = earlier_answers(world, &question).await;
    let work = move || {
        let targets: Vec<_> = question
            .targets
            .iter()
            .zip(&question.context_windows)
            .zip(observed)
            .map(|((target, window), observed)| ForecastTarget::new(target, &question.params, *window, observed))
            .collect();
        let lengths = PromptLengths::count(&question.cases, counter.as_ref());
        forecast(&lengths, &targets, question.repeats, question.concurrency).under_cap(question.cap.as_ref())
    };
    world.cpu.run(work).await.ok()
}

/// What is known of earlier answers, by target.
async fn earlier_answers(world: &World, question: &ForecastQuestion) -> Vec<Option<Observed>> {
    let prompt_set = question.prompt_set;
    let asked: Vec<_> = question
        .targets
        .iter()
        .map(|target| (target.connection.id, target.model.clone(), question.params.overridden_by(&target.params).max_tokens))
        .collect();
    let targets = asked.len();
    let read = world
        .read(move |archive| {
            asked.iter().map(|(connection, model, most)| archive.observed(*connection, model, *most, prompt_set)).collect()
        })
        .await;
    read.unwrap_or_else(|error| {
        tracing::warn!("a forecast goes without earlier answers: {error}");
        vec![None; targets]
    })
}

pub(super) async fn open_run(world: &World, facts: &Facts, id: RunId) {
    // Before its rows: once the other process is done, none is missing.
    let sent_elsewhere = !sent_elsewhere(world, [id]).await.is_empty();
    let read = world
        .read(move |archive| {
            let plan = archive.run_plan(id)?;
            let status = archive.run_head(id)?.status;
            let every = archive.every_trial_row(id)?;
            Ok((plan, status, every, archive.run_baseline(id)?))
        })
        .await;
    let mut lost = LostReservations::default();
    let fact = match read {
        Ok((plan, status, every, baseline)) => {
            if plan.settings.cap.is_some() {
                lost = lost_of(world, id).await;
            }
            let CurrentTrials { rows, superseded } = CurrentTrials::of(&plan, every);
            RunFact::Opened { plan: Arc::new(plan), status, rows, superseded, baseline, sent_elsewhere }
        }
        Err(error) => RunFact::OpenFailed { message: format!("The run could not be opened: {error}") },
    };
    facts.tell(Fact::Runs(fact)).await;
    if lost.count > 0 {
        facts.tell(Fact::Runs(RunFact::Lost { run_id: id, lost, settled: false })).await;
    }
}

/// What was lost of a run under a cap; what is set aside is lost too unless somebody sends the run.
async fn lost_of(world: &World, id: RunId) -> LostReservations {
    let is_live = RunLock::is_held(&world.places, id).unwrap_or(true);
    world.read(move |archive| archive.lost_reservations(id, !is_live)).await.unwrap_or_default()
}

/// Keeps what somebody says of the requests that were lost; not while the run is being sent, which reckons with what was known at its start.
pub(super) async fn settle_lost(world: &World, facts: &Facts, run_id: RunId, billed: Option<Decimal>) {
    let lock = match RunLock::acquire(&world.places, run_id) {
        Ok(lock) => lock,
        Err(error) => return facts.notice(NoticeLevel::Error, error.to_string()).await,
    };
    let settled = world
        .write(move |archive| {
            archive.lose_reservations(run_id)?;
            archive.settle_lost(run_id, billed)?;
            archive.lost_reservations(run_id, false)
        })
        .await;
    drop(lock);
    match settled {
        Ok(lost) => facts.tell(Fact::Runs(RunFact::Lost { run_id, lost, settled: true })).await,
        Err(error) => facts.notice(NoticeLevel::Error, format!("The amount was not kept: {error}")).await,
    }
}

pub(super) async fn keep_baseline(world: &World, facts: &Facts, run_id: RunId, target_index: u32) {
    if let Err(error) = world.write(move |archive| archive.set_run_baseline(run_id, target_index)).await {
        facts
            .notice(NoticeLevel::Error, format!("The baseline will be another one after a restart, because it is not saved: {error}"))
            .await;
    }
}

pub(super) async fn load_baseline(world: &World, facts: &Facts, run_id: RunId) {
    if let Ok(Some(target_index)) = world.read(move |archive| archive.run_baseline(run_id)).await {
        facts.tell(Fact::Runs(RunFact::Baseline { run_id, target_index })).await;
    }
}

/// Unfinished runs that no process is sending.
pub(super) async fn unfinished(world: &World) -> Result<Vec<RunHead>, StoreError> {
    let heads = world.read(|archive| archive.unfinished_runs()).await?;
    Ok(heads.into_iter().filter(|head| !RunLock::is_held(&world.places, head.id).unwrap_or(false)).collect())
}

pub(super) async fn leave_unfinished(world: &World, facts: &Facts, id: RunId) {
    if let Err(error) = world
        .write(move |archive| {
            archive.set_run_status(id, RunStatus::Cancelled)?;
            archive.keep_figures(id)
        })
        .await
    {
        facts.notice(NoticeLevel::Error, error.to_string()).await;
    }
}

pub(super) async fn load_bodies(world: &World, facts: &Facts, run_id: RunId, trials: Vec<TrialId>) {
    let wanted = trials.clone();
    let read = world
        .read(move |archive| {
            let bodies = archive.bodies(&trials)?;
            Ok(trials.into_iter().zip(bodies).collect())
        })
        .await;
    match read {
        Ok(bodies) => facts.tell(Fact::Runs(RunFact::Bodies { run_id, bodies })).await,
        Err(error) => facts.tell(Fact::Runs(RunFact::BodiesUnread { run_id, trials: wanted, message: error.to_string().into() })).await,
    }
}

pub(super) async fn diff(world: &World, facts: &Facts, run_id: RunId, baseline: TrialId, other: TrialId) {
    let read = world.read(move |archive| archive.outputs(&[baseline, other])).await;
    let compared = match read.as_deref() {
        Ok([from, to]) => {
            let (from, to) = (from.clone(), to.clone());
            world.cpu.run(move || diff_words(&from, &to)).await.map_err(|_panicked| "a fault in this program".to_owned())
        }
        Ok(_) => Err("an answer is missing".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let fact = match compared {
        Ok(pieces) => RunFact::Diff { run_id, baseline, other, pieces },
        Err(message) => RunFact::DiffUnread { run_id, baseline, other, message: message.into() },
    };
    facts.tell(Fact::Runs(fact)).await;
}

pub(super) async fn search_answers(world: &World, facts: &Facts, run_id: RunId, text: String) {
    let wanted = text.clone();
    match world.read(move |archive| archive.search_outputs(run_id, &wanted)).await {
        Ok(trials) => facts.tell(Fact::Runs(RunFact::SearchHits { run_id, text, trials })).await,
        Err(error) => facts.notice(NoticeLevel::Error, format!("The search failed: {error}")).await,
    }
}

pub(super) async fn judge(world: &World, facts: &Facts, trial_id: TrialId, judgement: Judgement) {
    if let Err(error) = world.write(move |archive| archive.judge(trial_id, &judgement)).await {
        facts.notice(NoticeLevel::Error, format!("Your judgement is not saved: {error}")).await;
    }
}

/// Those of the runs that another process is sending.
async fn sent_elsewhere(world: &World, ids: impl IntoIterator<Item = RunId>) -> BTreeSet<RunId> {
    let waiting: BTreeSet<RunId> = world.unsaved.lock().await.keys().copied().collect();
    let live = world.live.lock().unwrap_or_else(PoisonError::into_inner);
    let others = ids.into_iter().filter(|id| !live.contains_key(id) && !waiting.contains(id));
    others.filter(|id| RunLock::is_held(&world.places, *id).unwrap_or(false)).collect()
}

pub(super) async fn load_runs(world: &World, facts: &Facts, search: String, offset: u32) {
    let query = RunQuery { text: search.clone(), offset, limit: HISTORY_PAGE };
    let read = world
        .read(move |archive| {
            let page = archive.runs(&query)?;
            Ok((page, archive.counts()?))
        })
        .await;
    match read {
        Ok((page, counts)) => {
            let elsewhere = sent_elsewhere(world, page.heads.iter().map(|head| head.id)).await;
            let fact = HistoryFact::Runs { search, offset, heads: page.heads, total: page.total, trials: counts.trials, elsewhere };
            facts.tell(Fact::History(fact)).await;
        }
        Err(error) => facts.tell(Fact::History(HistoryFact::Failed { message: error.to_string() })).await,
    }
}

pub(super) async fn load_trend(world: &World, facts: &Facts, filter: TrendFilter) {
    let read = world.read(move |archive| Ok((archive.trend(&filter)?, archive.history_targets()?, archive.history_prompt_sets()?))).await;
    match read {
        Ok((points, targets, sets)) => facts.tell(Fact::History(HistoryFact::Trend { points, targets, sets })).await,
        Err(error) => facts.tell(Fact::History(HistoryFact::Failed { message: error.to_string() })).await,
    }
}

pub(super) async fn delete_run(world: &World, facts: &Facts, id: RunId, gone: bool) {
    let done = world.write(move |archive| if gone { archive.delete_run(id) } else { archive.undelete_run(id) }).await;
    if let Err(error) = done {
        facts.notice(NoticeLevel::Error, error.to_string()).await;
    }
}
