//! Doubles for the tests of this room: a scripted provider, and a bench that runs what it answers.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::memory_recorder::MemoryRecorder;
use super::sleep_clock::Slept;
use super::{Conditions, CpuRoom, RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};
use crate::domain::{
    Amendment, Case, Cell, Connection, ConnectionId, Currency, Failure, FailureKind, GapHistogram, KeySource, Params, Price, PriceStanding,
    PromptSetId, Role, RoughCounter, RunEvent, RunEventKind, RunId, RunPlan, RunSettings, RunTarget, StopReason, Timing, TokenCounter,
    Trial, TrialId, TrialStatus, Usage, UsageSource, WarmUp,
};
use crate::provider::{AttemptReport, BoxFuture, CallError, ChatRequest, Delta, LimitsTold, Provider};

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(super) fn work_of(plan: &RunPlan) -> Vec<WorkItem> {
    plan.cells().map(|cell| WorkItem { cell, supersedes: None }).collect()
}

pub(super) fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    let source = UsageSource::Provider;
    Usage { input_tokens, cached_input_tokens: None, cache_write_tokens: None, output_tokens, reasoning_tokens: None, source }
}

/// A price of one unit of currency a token, either way.
pub(super) fn one_a_token() -> Price {
    Price::flat(Decimal::from(1_000_000), Decimal::from(1_000_000), Currency::usd(), PriceStanding::List, "test")
}

pub(super) fn blank_report() -> AttemptReport {
    AttemptReport {
        started_at: Timestamp::UNIX_EPOCH,
        started: Instant::now(),
        result: Ok(()),
        http_status: Some(200),
        timing: Timing::default(),
        gaps: GapHistogram::default(),
        output: String::new(),
        reasoning: String::new(),
        usage: None,
        stated_cost: None,
        citations: crate::domain::Citations::default(),
        response_model: None,
        finish_reason: None,
        request_id: None,
        retry_after: None,
        limits: LimitsTold::default(),
        amendment: None,
        warnings: Vec::new(),
        request: "{}".to_owned(),
        error_body: String::new(),
        evidence: crate::domain::Evidence::default(),
    }
}

/// What the scripted provider does with one call.
#[derive(Clone)]
pub(super) struct Reply {
    /// Silence, then text; empty text is only silence.
    pub(super) steps: Vec<(Duration, &'static str)>,
    pub(super) failure: Option<CallError>,
    pub(super) http_status: Option<u16>,
    pub(super) usage: Option<Usage>,
    pub(super) stated_cost: Option<Decimal>,
    pub(super) retry_after: Option<Duration>,
    pub(super) limits: LimitsTold,
    pub(super) amendment: Option<Amendment>,
    pub(super) hangs: bool,
    pub(super) panics: bool,
    /// Dropped when the attempt is over, however it ends.
    pub(super) keeps: Option<Arc<dyn Any + Send + Sync>>,
}

impl Reply {
    /// An answer after this time.
    pub(super) fn answer(after_ms: u64) -> Self {
        let steps = vec![(ms(after_ms), "answer")];
        Self {
            steps,
            failure: None,
            http_status: Some(200),
            usage: Some(usage(10, 5)),
            stated_cost: None,
            retry_after: None,
            limits: LimitsTold::default(),
            amendment: None,
            hangs: false,
            panics: false,
            keeps: None,
        }
    }

    /// A failure after this time.
    pub(super) fn fail(after_ms: u64, kind: FailureKind, http_status: Option<u16>) -> Self {
        let retryable = matches!(kind, FailureKind::Refused | FailureKind::RateLimited | FailureKind::ServerError);
        let failure = Some(CallError { kind, message: format!("scripted {}", kind.as_str()), retryable });
        Self { steps: vec![(ms(after_ms), "")], failure, http_status, usage: None, ..Self::answer(0) }
    }

    /// A refusal of how the request is written.
    pub(super) fn amend(amendment: Amendment) -> Self {
        Self { amendment: Some(amendment), ..Self::fail(1, FailureKind::BadRequest, Some(400)) }
    }

    pub(super) fn server_error(after_ms: u64) -> Self {
        Self::fail(after_ms, FailureKind::ServerError, Some(503))
    }

    /// Says something, then nothing for ever.
    pub(super) fn hang(after_ms: u64, text: &'static str) -> Self {
        Self { steps: vec![(ms(after_ms), text)], hangs: true, ..Self::answer(0) }
    }
}

/// One call as the provider saw it.
pub(super) struct Call<'a> {
    pub(super) target: usize,
    /// From 1, of this target and prompt.
    pub(super) number: usize,
    pub(super) request: &'a ChatRequest,
}

type Script = Arc<dyn Fn(&Call<'_>) -> Reply + Send + Sync>;

/// What the provider saw, over all targets.
#[derive(Default)]
pub(super) struct Seen {
    /// Target and instant of each call.
    pub(super) calls: Mutex<Vec<(usize, Instant)>>,
    counts: Mutex<BTreeMap<(usize, String), usize>>,
    in_flight: AtomicUsize,
    pub(super) peak: AtomicUsize,
    /// Target and connections of each warm-up.
    pub(super) warmed: Mutex<Vec<(usize, u32)>>,
}

struct Scripted {
    target: usize,
    script: Script,
    seen: Arc<Seen>,
}

struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Provider for Scripted {
    fn attempt<'a>(&'a self, request: &'a ChatRequest, on_delta: &'a mut (dyn FnMut(Delta<'_>) + Send)) -> BoxFuture<'a, AttemptReport> {
        Box::pin(async move {
            let started = Instant::now();
            let now_us = || started.elapsed().as_micros() as u64;
            let number = {
                let mut counts = self.seen.counts.lock().unwrap();
                let count = counts.entry((self.target, request.messages[0].content.clone())).or_default();
                *count += 1;
                *count
            };
            self.seen.calls.lock().unwrap().push((self.target, started));
            let open = self.seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            let _leaves = InFlight(&self.seen.in_flight);
            self.seen.peak.fetch_max(open, Ordering::SeqCst);
            let reply = (self.script)(&Call { target: self.target, number, request });
            assert!(!reply.panics, "scripted panic");
            let mut report = AttemptReport { started, started_at: Timestamp::now(), ..blank_report() };
            report.timing.streamed = request.stream;
            for (silence, text) in reply.steps {
                if !silence.is_zero() {
                    tokio::time::sleep(silence).await;
                }
                if !text.is_empty() {
                    let at_us = now_us();
                    report.output.push_str(text);
                    report.timing.first_content_us.get_or_insert(at_us);
                    report.timing.last_output_us = Some(at_us);
                    report.timing.last_content_us = Some(at_us);
                    report.timing.output_arrivals += 1;
                    report.timing.content_arrivals += 1;
                    on_delta(Delta::Content { text, at_us });
                }
            }
            if reply.hangs {
                std::future::pending::<()>().await;
            }
            report.timing.end_us = now_us();
            report.result = reply.failure.map_or(Ok(()), Err);
            report.http_status = reply.http_status;
            report.usage = reply.usage;
            report.stated_cost = reply.stated_cost;
            report.retry_after = reply.retry_after;
            report.limits = reply.limits;
            report.timing.headers_us = report.http_status.map(|_| report.timing.end_us);
            report.amendment = reply.amendment;
            drop(reply.keeps);
            report
        })
    }

    fn warm_up(&self, connections: u32) -> BoxFuture<'_, WarmUp> {
        self.seen.warmed.lock().unwrap().push((self.target, connections));
        Box::pin(async move {
            tokio::time::sleep(ms(85)).await;
            WarmUp { connections, failed: 0, took: ms(85) }
        })
    }
}

/// A run to be set up and started.
pub(super) struct Bench {
    pub(super) plan: RunPlan,
    pub(super) work: Option<Vec<WorkItem>>,
    pub(super) spent_before: Decimal,
    pub(super) counted: Vec<(Cell, Usage)>,
    pub(super) script: Script,
    pub(super) refused: BTreeMap<usize, Failure>,
    pub(super) recorder: MemoryRecorder,
    pub(super) counter: Arc<dyn TokenCounter>,
    pub(super) event_room: usize,
    pub(super) live_text: bool,
    /// The listener takes one event in this time.
    pub(super) listener_pace: Duration,
    /// What the sleep clock says.
    pub(super) slept: Slept,
}

impl Bench {
    /// Each target has a connection of its own and no price; every call is answered after 10 ms.
    pub(super) fn new(cases: usize, targets: usize) -> Self {
        let target = |at: usize| RunTarget {
            label: format!("T{at}"),
            colour: (at % 8) as u8,
            connection: Connection::new(ConnectionId::draw(), &format!("C{at}"), Role::Local, "http://127.0.0.1:1/v1", KeySource::None),
            model: format!("model-{at}"),
            params: Params::default(),
            price: None,
            baseline: at == 0,
            fallback: None,
        };
        let plan = RunPlan {
            id: RunId::draw(),
            created_at: Timestamp::UNIX_EPOCH,
            prompt_set: PromptSetId::draw(),
            prompt_set_name: "test".to_owned(),
            prompt_set_version: 1,
            cases: (0..cases).map(|at| Case::single(&format!("c{at}"), "", &format!("prompt {at:05}"))).collect(),
            targets: (0..targets).map(target).collect(),
            settings: RunSettings::default(),
        };
        Self {
            plan,
            work: None,
            spent_before: Decimal::ZERO,
            counted: Vec::new(),
            script: Arc::new(|_| Reply::answer(10)),
            refused: BTreeMap::new(),
            recorder: MemoryRecorder::default(),
            counter: Arc::new(RoughCounter),
            event_room: 64,
            live_text: true,
            listener_pace: Duration::ZERO,
            slept: Slept::default(),
        }
    }

    pub(super) fn script(mut self, script: impl Fn(&Call<'_>) -> Reply + Send + Sync + 'static) -> Self {
        self.script = Arc::new(script);
        self
    }

    pub(super) fn settings(mut self, change: impl FnOnce(&mut RunSettings)) -> Self {
        change(&mut self.plan.settings);
        self
    }

    pub(super) fn start(self) -> Running {
        let plan = Arc::new(self.plan);
        let seen = Arc::new(Seen::default());
        let provider = |target: usize| {
            let (script, seen) = (Arc::clone(&self.script), Arc::clone(&seen));
            let scripted = Arc::new(Scripted { target, script, seen }) as Arc<dyn Provider>;
            self.refused.get(&target).map_or(Ok(scripted), |failure| Err(failure.clone()))
        };
        let (events, listener) = mpsc::channel(self.event_room);
        let (control, steering) = watch::channel(RunControl::Running);
        let stored = Arc::clone(&self.recorder.stored);
        let deps = RunDeps {
            providers: (0..plan.targets.len()).map(provider).collect(),
            recorder: Arc::new(self.recorder),
            counter: self.counter,
            cpu: CpuRoom::default(),
            events,
            control: steering,
            live_text: self.live_text,
            conditions: Conditions::told_by(self.slept),
        };
        let (spent_before, counted) = (self.spent_before, self.counted);
        let job = RunJob { plan: Arc::clone(&plan), work: self.work.unwrap_or_else(|| work_of(&plan)), spent_before, counted };
        let started = Instant::now();
        let listening = tokio::spawn(listen(listener, Arc::clone(&stored), self.listener_pace, started));
        Running { plan, control, run: tokio::spawn(run(job, deps)), listening, stored, seen, started }
    }

    pub(super) async fn run(self) -> Ran {
        self.start().finish().await
    }
}

/// Facts with the time since the start at which they were heard.
type Heard = Vec<(Duration, RunEventKind)>;

async fn listen(mut events: mpsc::Receiver<RunEvent>, stored: Arc<Mutex<Vec<Trial>>>, pace: Duration, started: Instant) -> Heard {
    let mut heard = Vec::new();
    while let Some(event) = events.recv().await {
        if let RunEventKind::Ended { trial } = &event.kind {
            assert!(stored.lock().unwrap().iter().rev().any(|stored| stored.row.id == trial.row.id), "told before it was stored");
        }
        heard.push((started.elapsed(), event.kind));
        if !pace.is_zero() {
            tokio::time::sleep(pace).await;
        }
    }
    heard
}

/// A run under way.
pub(super) struct Running {
    pub(super) plan: Arc<RunPlan>,
    pub(super) control: watch::Sender<RunControl>,
    run: JoinHandle<RunEnd>,
    listening: JoinHandle<Heard>,
    pub(super) stored: Arc<Mutex<Vec<Trial>>>,
    pub(super) seen: Arc<Seen>,
    pub(super) started: Instant,
}

impl Running {
    /// Takes the control away, so that it can be dropped.
    pub(super) fn without_owner(self) -> (watch::Sender<RunControl>, Self) {
        let (nobody, _) = watch::channel(RunControl::Running);
        let Self { plan, control, run, listening, stored, seen, started } = self;
        (control, Self { plan, control: nobody, run, listening, stored, seen, started })
    }

    /// The program dies at this moment; gives what it had stored.
    pub(super) async fn kill(self) -> Vec<Trial> {
        self.run.abort();
        self.run.await.ok();
        self.listening.await.unwrap();
        self.stored.lock().unwrap().clone()
    }

    /// Waits for the end and checks what holds for every run.
    pub(super) async fn finish(self) -> Ran {
        let RunEnd { reason, unsaved } = self.run.await.unwrap();
        let took = self.started.elapsed();
        let events = self.listening.await.unwrap();
        let trials = self.stored.lock().unwrap().clone();
        let calls = self.seen.calls.lock().unwrap().iter().map(|(target, at)| (*target, *at - self.started)).collect();
        let ran = Ran { plan: self.plan, reason, unsaved, took, events, trials, calls, peak: self.seen.peak.load(Ordering::SeqCst) };
        ran.check_protocol();
        ran
    }
}

/// A run that is over.
pub(super) struct Ran {
    pub(super) plan: Arc<RunPlan>,
    pub(super) reason: StopReason,
    pub(super) unsaved: Vec<Trial>,
    pub(super) took: Duration,
    pub(super) events: Heard,
    pub(super) trials: Vec<Trial>,
    /// Target and time of each call.
    pub(super) calls: Vec<(usize, Duration)>,
    pub(super) peak: usize,
}

impl Ran {
    fn check_protocol(&self) {
        let mut begun: BTreeMap<Cell, bool> = BTreeMap::new();
        let stored: BTreeMap<TrialId, &Trial> = self.trials.iter().map(|trial| (trial.row.id, trial)).collect();
        for (at, (_, kind)) in self.events.iter().enumerate() {
            match kind {
                RunEventKind::Started { cell } => assert_eq!(begun.insert(*cell, false), None, "started twice"),
                RunEventKind::Text { cell, .. } | RunEventKind::RetryScheduled { cell, .. } | RunEventKind::FellBack { cell, .. } => {
                    assert_eq!(begun.get(cell), Some(&false), "not open");
                }
                RunEventKind::Ended { trial } => {
                    assert_ne!(begun.insert(trial.row.cell, true), Some(true), "ended twice");
                    assert_eq!(stored.get(&trial.row.id).copied(), Some(&**trial), "told as it was stored");
                    assert_eq!(trial.row.failure.is_some(), trial.row.status == TrialStatus::Failed);
                    assert_eq!(trial.row.attempts as usize, trial.body.attempts.len());
                }
                RunEventKind::Money { spent, reserved } => {
                    let cap = self.plan.settings.cap.as_ref().expect("money is told under a cap").amount;
                    assert!(reserved.is_zero() || spent + reserved <= cap, "{spent} + {reserved} of {cap}");
                }
                RunEventKind::Paced { at_once, most, .. } => {
                    assert!((1..=*most).contains(at_once) && *most <= self.plan.settings.concurrency);
                }
                RunEventKind::NotSaved { .. }
                | RunEventKind::NothingSent { .. }
                | RunEventKind::UsedUp { .. }
                | RunEventKind::Breaker { .. }
                | RunEventKind::Amended { .. } => {}
                RunEventKind::WarmedUp(_) => assert_eq!(at, 0, "before the first trial"),
                RunEventKind::Stopped { reason } => {
                    assert_eq!((*reason, at + 1), (self.reason, self.events.len()), "stopped comes last");
                }
            }
        }
        assert!(matches!(self.events.last(), Some((_, RunEventKind::Stopped { .. }))));
        let mut cells: Vec<Cell> = self.trials.iter().map(|trial| trial.row.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), self.trials.len(), "a cell has two trials");
        assert_eq!(self.unsaved.is_empty(), self.reason != StopReason::StorageFailed);
        if self.unsaved.is_empty() {
            let open = begun.values().filter(|ended| !**ended).count();
            assert_eq!((open, begun.len()), (0, self.trials.len()), "every trial that began or was stored ended once");
        }
    }

    pub(super) fn count(&self, status: TrialStatus) -> usize {
        self.trials.iter().filter(|trial| trial.row.status == status).count()
    }

    /// The only trial.
    pub(super) fn single(&self) -> &Trial {
        assert_eq!(self.trials.len(), 1);
        &self.trials[0]
    }

    /// When the calls of one target were made.
    pub(super) fn calls_of(&self, target: usize) -> Vec<Duration> {
        self.calls.iter().filter(|(called, _)| *called == target).map(|(_, at)| *at).collect()
    }

    /// When the last trial of a target was told.
    pub(super) fn last_end_of(&self, target: u32) -> Duration {
        let ends =
            self.events.iter().filter(|(_, kind)| matches!(kind, RunEventKind::Ended { trial } if trial.row.cell.target_index == target));
        ends.map(|(at, _)| *at).max().unwrap()
    }
}
