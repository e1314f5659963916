//! The single writer of a run: everything that happens passes through its one loop, in one order.
//!
//! Requests run on tasks of their own and never wait for this loop. This loop never waits for a listener or the archive either: it
//! only starts nothing new while they lag behind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::domain::{BreakerTurn, Cell, RunEventKind, RunPlan, StopReason, TokenCounter, Usage};
use crate::provider::{ChatRequest, Provider};

use super::billing::likely_input_tokens;
use super::budget::{Budget, Fit, input_bound_tokens};
use super::endings::internal;
use super::executor::{Errand, Returned, carry_out};
use super::lanes::{Lanes, Pick, Started};
use super::order::sending_order;
use super::outbox::Outbox;
use super::outcome::{InFlight, Open, OpenTrial, Stage, never_sent};
use super::pause::PauseClock;
use super::prompts::{Prompt, Prompts};
use super::reserving::Reserving;
use super::retry_budget::RetryBudget;
use super::run::{RunControl, RunDeps, RunEnd, RunJob, WorkItem};
use super::saver::{Saver, Unsaved};
use super::stagger::Stagger;
use super::terms::Terms;
use super::text_merge::{Live, MERGE_SPAN, TextMerge};
use super::{Conditions, CpuRoom, RecordError};

/// No trial starts while this many facts wait for the listener.
const MOST_UNTOLD: usize = 1_024;

/// A run in progress.
pub(super) struct Dispatcher {
    pub(super) plan: Arc<RunPlan>,
    /// In sending order; a trial goes by its place in it.
    pub(super) work: Vec<WorkItem>,
    pub(super) terms: Vec<Terms>,
    pub(super) providers: Vec<Option<Arc<dyn Provider>>>,
    pub(super) counter: Arc<dyn TokenCounter>,
    pub(super) cpu: CpuRoom,
    pub(super) prompts: Prompts,
    pub(super) lanes: Lanes,
    /// Present under a cap.
    pub(super) budget: Option<Budget>,
    /// When what it holds is told next; absent while that is known.
    pub(super) tell_money_at: Option<Instant>,
    pub(super) retry_budget: RetryBudget,
    pub(super) open: BTreeMap<u32, Open>,
    /// Attempts that wait for their reservation to be stored.
    pub(super) reserving: BTreeMap<u32, Reserving>,
    pub(super) attempts: JoinSet<Returned>,
    pub(super) backoffs: BinaryHeap<Reverse<(Instant, u32)>>,
    pub(super) saver: Saver,
    pub(super) outbox: Outbox,
    /// Present when text is told as it arrives.
    pub(super) merge: Option<Arc<TextMerge>>,
    pub(super) tell_text_at: Option<Instant>,
    pub(super) control: watch::Receiver<RunControl>,
    pub(super) steered: bool,
    pub(super) pause: PauseClock,
    pub(super) conditions: Conditions,
    pub(super) stagger: Stagger,
    /// The cap left a cell unsent.
    pub(super) capped: bool,
    pub(super) stopped: Option<StopReason>,
}

/// What the loop wakes up for.
enum Wake {
    Control(bool),
    Attempt(Result<Returned, JoinError>),
    Archive((Unsaved, Result<(), RecordError>)),
    Told,
    Text,
    Time,
    /// Nothing can happen any more.
    Never,
}

impl Dispatcher {
    pub(super) fn new(job: RunJob, deps: RunDeps) -> Self {
        let RunJob { plan, work, spent_before, counted } = job;
        let RunDeps { providers, recorder, counter, cpu, events, control, live_text, conditions } = deps;
        let mut given = providers.into_iter();
        let (mut providers, mut terms) = (Vec::new(), Vec::new());
        for target in 0..plan.targets.len() {
            let missing = || Err(internal("the target has no way to send".to_owned()));
            let (provider, refused) = match given.next().unwrap_or_else(missing) {
                Ok(provider) => (Some(provider), None),
                Err(failure) => (None, Some(failure)),
            };
            providers.push(provider);
            terms.push(Terms::of(&plan, target, refused));
        }
        learn_again(&plan, &counted, &mut terms);
        let mut dispatcher = Self {
            work: sending_order(&plan, work),
            terms,
            providers,
            counter,
            cpu,
            prompts: Prompts::new(&plan),
            lanes: Lanes::new(&plan.targets, plan.settings.concurrency),
            budget: plan.settings.cap.as_ref().map(|cap| Budget::new(cap.amount, spent_before)),
            tell_money_at: None,
            retry_budget: RetryBudget::new(&plan.targets),
            open: BTreeMap::new(),
            reserving: BTreeMap::new(),
            attempts: JoinSet::new(),
            backoffs: BinaryHeap::new(),
            saver: Saver::new(recorder, plan.id),
            outbox: Outbox::new(plan.id, events),
            merge: live_text.then(Arc::default),
            tell_text_at: None,
            control,
            steered: true,
            pause: PauseClock::default(),
            stagger: Stagger::new(conditions.clock()),
            conditions,
            capped: false,
            stopped: None,
            plan,
        };
        dispatcher.queue_work();
        dispatcher
    }

    fn queue_work(&mut self) {
        for (place, item) in self.work.iter().enumerate() {
            let target = item.cell.target_index as usize;
            if target < self.terms.len() {
                self.lanes.push_fresh(target, place as u32);
                self.retry_budget.plan(target);
                self.prompts.expect(item.cell.case_index);
            } else {
                self.saver.store(never_sent(*item, internal("the target is not part of this run".to_owned()), None, false));
            }
        }
    }

    pub(super) async fn run(mut self) -> RunEnd {
        self.tell_money();
        self.obey();
        loop {
            // Asked before anything is looked at: what opens meanwhile is then due, and not forgotten.
            let looked_at = Instant::now();
            self.send_what_can_be_sent();
            if self.lanes.is_empty() && self.open.is_empty() && self.saver.len() == 0 {
                break;
            }
            match self.wake(looked_at).await {
                Wake::Control(steered) => {
                    self.steered = steered;
                    self.obey();
                }
                Wake::Attempt(joined) => {
                    self.attempt_over(joined);
                    while let Some(joined) = self.attempts.try_join_next() {
                        self.attempt_over(joined);
                    }
                }
                Wake::Archive(result) => self.archive_answered(result),
                Wake::Told => {}
                Wake::Text => self.tell_text_at = Some(Instant::now() + MERGE_SPAN),
                Wake::Time => self.time_passed(),
                // Not reached while the rules above hold; an end that says so is better than a run that hangs.
                Wake::Never => self.cancel(),
            }
        }
        let unsaved = self.saver.take_left();
        let reason = match self.stopped {
            _ if !unsaved.is_empty() => StopReason::StorageFailed,
            Some(reason) => reason,
            None if self.capped => StopReason::Capped,
            None => StopReason::Complete,
        };
        self.tell_money();
        self.outbox.tell(RunEventKind::Stopped { reason });
        while self.outbox.len() > 0 {
            self.outbox.tell_next().await;
        }
        RunEnd { reason, unsaved }
    }

    /// `now`: before it was looked at what can be sent.
    async fn wake(&mut self, now: Instant) -> Wake {
        let backoff_over_at = self.backoffs.peek().map(|Reverse((at, _))| *at);
        let deadlines = [backoff_over_at, self.lanes.opens_at(now), self.tell_text_at, self.tell_money_at, self.saver.next_try_at()];
        let deadline = deadlines.into_iter().flatten().min();
        let text_unheeded = self.tell_text_at.is_none();
        tokio::select! {
            changed = self.control.changed(), if self.steered => Wake::Control(changed.is_ok()),
            Some(joined) = self.attempts.join_next(), if !self.attempts.is_empty() => Wake::Attempt(joined),
            Some(result) = self.saver.next(), if self.saver.is_storing() => Wake::Archive(result),
            () = self.outbox.tell_next(), if self.outbox.len() > 0 => Wake::Told,
            () = heard_text(self.merge.as_deref()), if text_unheeded && !self.attempts.is_empty() => Wake::Text,
            () = tokio::time::sleep_until(deadline.unwrap_or(now)), if deadline.is_some() => Wake::Time,
            else => Wake::Never,
        }
    }

    /// Does what the user wants by now. A paused run whose owner is gone can never go on, so it is cancelled.
    fn obey(&mut self) {
        let wish = *self.control.borrow_and_update();
        let orphaned = !self.steered && wish == RunControl::Paused;
        self.hold();
        if wish == RunControl::Cancelled || orphaned {
            self.cancel();
        }
    }

    /// Stops and starts the pause clock: a run that its user holds, or that cannot be stored, sends nothing, and its trials do not wait for a provider.
    pub(super) fn hold(&mut self) {
        let held = *self.control.borrow() == RunControl::Paused || !self.saver.is_well();
        self.pause.set(held, Instant::now());
    }

    fn time_passed(&mut self) {
        let now = Instant::now();
        self.heed_sleep(now);
        while self.backoffs.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            // A trial may have ended meanwhile, because its model was given up.
            if let Some(Reverse((_, place))) = self.backoffs.pop()
                && let Some(open) = self.open.get(&place)
            {
                self.lanes.push_due(open.trial.sent_to, place);
            }
        }
        self.saver.try_again(now);
        if self.tell_money_at.is_some_and(|at| at <= now) {
            self.tell_money();
        }
        if self.tell_text_at.is_some_and(|at| at <= now) {
            self.tell_text();
        }
    }

    // Sending

    fn may_start(&self) -> bool {
        self.stopped.is_none() && !self.pause.is_paused() && self.saver.has_room() && self.outbox.len() < MOST_UNTOLD
    }

    fn send_what_can_be_sent(&mut self) {
        let mut held_back = vec![false; self.terms.len()];
        for (target, held_back) in held_back.iter_mut().enumerate() {
            let refused = self.terms[target].refused.is_some();
            *held_back = refused || self.must_wait(target);
            while refused && self.may_start() {
                let Some(place) = self.lanes.pop_fresh(target) else { break };
                self.refuse(target, place);
            }
            // One whose reservation was still being stored when the target was given up, and that was given back then.
            while refused && let Some(place) = self.lanes.pop_due(target) {
                self.give_up_given_back(target, place);
            }
        }
        while self.may_start() {
            let Some(pick) = self.lanes.pick(Instant::now(), &held_back) else { return };
            let prompt = match self.prompts.get(self.work[pick.place as usize].cell.case_index) {
                Ok(prompt) => prompt,
                Err(message) => {
                    self.lanes.drop_head(pick);
                    self.end_unsent(pick.target, pick.place, internal(message));
                    continue;
                }
            };
            let tokens = self.likely_tokens(pick.target, &prompt);
            if !self.lanes.has_tokens(pick.target, Instant::now(), tokens) {
                held_back[pick.target] = true;
                continue;
            }
            let worst = self.terms[pick.target].worst_cost(prompt.input_bound_tokens);
            match self.budget.as_mut().map_or(Fit::Now, |budget| budget.reserve(worst)) {
                Fit::Now => {
                    if worst.is_zero() {
                        let started = self.lanes.start(pick, Instant::now(), tokens);
                        self.send(pick, prompt, worst, started);
                    } else {
                        self.reserve(pick, prompt, worst, tokens);
                    }
                    held_back[pick.target] = self.must_wait(pick.target);
                }
                Fit::Later => held_back[pick.target] = true,
                Fit::Never => self.leave_out(pick),
            }
        }
    }

    /// About the tokens of an attempt; 0 where no limit counts them.
    fn likely_tokens(&self, target: usize, prompt: &Prompt) -> u64 {
        if !self.lanes.counts_tokens(target) {
            return 0;
        }
        self.terms[target].likely_tokens(likely_input_tokens(&prompt.messages))
    }

    /// The one attempt that shows how the provider counts is on its way.
    fn must_wait(&self, target: usize) -> bool {
        self.terms[target].is_unproven() && self.lanes.in_flight_of(target) > 0
    }

    /// Sends a picked trial that has its slot.
    pub(super) fn send(&mut self, pick: Pick, prompt: Prompt, reserved: Decimal, started: Started) {
        let Some(provider) = self.providers[pick.target].clone() else { return };
        let now = Instant::now();
        let item = self.work[pick.place as usize];
        if started.probes {
            self.tell_breaker(pick.target, BreakerTurn::Probing);
        }
        let waiting = self.open.remove(&pick.place);
        let (trial, backoff) = if let Some(Open { mut trial, stage: Stage::Backoff { wait, pause_mark, .. } }) = waiting {
            trial.paused += self.pause.reading(now).saturating_sub(pause_mark);
            if trial.fallback.is_some() && trial.attempts.len() == trial.own_attempts {
                self.retry_budget.first_try(pick.target);
            }
            (trial, wait)
        } else {
            self.retry_budget.first_try(pick.target);
            self.outbox.tell(RunEventKind::Started { cell: item.cell });
            let notes = self.terms[pick.target].notes.clone();
            let own = item.cell.target_index as usize;
            (
                OpenTrial {
                    item,
                    lane: pick.target,
                    sent_to: pick.target,
                    fallback: (pick.target != own).then(|| self.why_refused(own)),
                    own_attempts: 0,
                    slot_at: now,
                    paused: Duration::ZERO,
                    storing: Duration::ZERO,
                    attempts: Vec::new(),
                    amended: Vec::new(),
                    notes,
                },
                Duration::ZERO,
            )
        };
        let live = Arc::new(Live::new(pick.place, self.merge.clone(), self.plan.settings.stream));
        let in_flight = InFlight {
            live: Arc::clone(&live),
            messages: Arc::clone(&prompt.messages),
            started: now,
            started_at: Timestamp::now(),
            backoff,
            reserved,
            ticket: started.ticket,
            input_bound_tokens: prompt.input_bound_tokens,
            spelling: self.terms[pick.target].spelling,
        };
        self.open.insert(pick.place, Open { trial, stage: Stage::InFlight(Box::new(in_flight)) });
        let request = ChatRequest {
            model: self.plan.targets[pick.target].model.clone(),
            messages: prompt.messages,
            params: self.terms[pick.target].params.clone(),
            stream: self.plan.settings.stream,
            spelling: self.terms[pick.target].spelling,
        };
        let (plan, counter, cpu) = (Arc::clone(&self.plan), Arc::clone(&self.counter), self.cpu.clone());
        let (place, target, conditions) = (pick.place, pick.target, self.conditions.clone());
        self.attempts.spawn(carry_out(Errand { place, plan, target, provider, request, counter, cpu, live, conditions }));
    }
}

/// Tells the terms what was counted for earlier trials of the run.
fn learn_again(plan: &RunPlan, counted: &[(Cell, Usage)], terms: &mut [Terms]) {
    let mut bounds: BTreeMap<u32, Option<u64>> = BTreeMap::new();
    for (cell, usage) in counted {
        let render = || Some(input_bound_tokens(&plan.cases.get(cell.case_index as usize)?.render().ok()?));
        let bound = *bounds.entry(cell.case_index).or_insert_with(render);
        if let (Some(bound), Some(terms)) = (bound, terms.get_mut(cell.target_index as usize)) {
            terms.learn(bound, usage);
        }
    }
}

/// Resolves when there is text to tell; never where none is told.
async fn heard_text(merge: Option<&TextMerge>) {
    match merge {
        Some(merge) => merge.listed_first.notified().await,
        None => std::future::pending().await,
    }
}
