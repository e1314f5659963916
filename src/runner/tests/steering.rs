//! Cancel in every state, pause and resume.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::super::memory_recorder::MemoryRecorder;
use super::super::testing::{Bench, Call, Ran, Reply, ms, one_a_token};
use super::super::{Conditions, CpuRoom, RunControl, RunDeps, RunJob, run};
use crate::domain::{FailureKind, RoughCounter, RunEventKind, StopReason, TokenCounter, TrialStatus, UsageSource};
use crate::provider::{AttemptReport, BoxFuture, ChatRequest, Delta, Provider};

/// Runs for a while, cancels, and says how long the end took.
async fn cancelled_after(bench: Bench, after: Duration) -> (Ran, Duration) {
    let running = bench.start();
    sleep(after).await;
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    let took = ran.took.saturating_sub(after);
    (ran, took)
}

#[tokio::test(start_paused = true)]
async fn what_was_queued_gets_no_trial() {
    let bench = Bench::new(10, 1).script(|_| Reply::hang(0, "")).settings(|settings| settings.concurrency = 3);
    let (ran, took) = cancelled_after(bench, ms(50)).await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Cancelled), ran.trials.len()), (StopReason::Cancelled, 3, 3));
    assert!(took < ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_still_connects_is_cancelled() {
    let (ran, took) = cancelled_after(Bench::new(1, 1).script(|_| Reply::hang(0, "")), ms(200)).await;
    let row = &ran.single().row;
    assert_eq!((row.status, row.attempts, row.failure.clone()), (TrialStatus::Cancelled, 1, None));
    assert_eq!((row.waited_us, row.queue_us, row.timing.and_then(|timing| timing.ttft_us())), (Some(200_000), Some(0), None));
    assert!(took < ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_answer_keeps_its_partial_text_and_an_estimated_cost() {
    let mut bench = Bench::new(1, 1).script(|_| Reply::hang(30, "half an answer"));
    bench.plan.targets[0].price = Some(one_a_token());
    let (ran, _) = cancelled_after(bench, ms(200)).await;
    let trial = ran.single();
    assert_eq!((trial.row.status, trial.body.output.as_str()), (TrialStatus::Cancelled, "half an answer"));
    assert_eq!(trial.row.timing.and_then(|timing| timing.ttft_us()), Some(30_000));
    assert_eq!(trial.row.usage.map(|usage| (usage.output_tokens, usage.source)), Some((4, UsageSource::Estimated)));
    assert!(trial.row.cost.unwrap() > 4.into());
}

/// Tells that it was asked, and counts only when it is let go.
struct SlowCounter {
    asked: tokio::sync::mpsc::Sender<()>,
    let_go: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl TokenCounter for SlowCounter {
    fn count_tokens(&self, text: &str) -> u64 {
        self.asked.try_send(()).ok();
        self.let_go.lock().unwrap().recv().ok();
        RoughCounter.count_tokens(text)
    }
}

#[tokio::test]
async fn an_answer_that_is_whole_and_waits_for_its_count_survives_a_cancel() {
    let (asked_in, mut asked) = tokio::sync::mpsc::channel(1);
    let (release, let_go) = std::sync::mpsc::sync_channel(0);
    let mut bench = Bench::new(1, 1).script(|_| Reply { usage: None, ..Reply::answer(0) });
    bench.plan.targets[0].price = Some(one_a_token());
    bench.counter = Arc::new(SlowCounter { asked: asked_in, let_go: std::sync::Mutex::new(let_go) });
    let running = bench.start();
    asked.recv().await.unwrap();
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    drop(release);
    let trial = ran.single();
    assert_eq!((trial.row.status, trial.body.output.as_str()), (TrialStatus::Finished, "answer"));
    assert_eq!(trial.row.usage.map(|usage| usage.source), Some(UsageSource::Estimated));
}

#[tokio::test(start_paused = true)]
async fn a_backoff_is_cancelled() {
    let script = |_: &Call<'_>| Reply { retry_after: Some(ms(30_000)), ..Reply::server_error(10) };
    let (ran, took) = cancelled_after(Bench::new(1, 1).script(script), ms(5_000)).await;
    let trial = ran.single();
    assert_eq!((ran.reason, trial.row.status, trial.row.attempts), (StopReason::Cancelled, TrialStatus::Cancelled, 1));
    assert_eq!((trial.row.waited_us, ran.calls.len()), (Some(5_000_000), 1));
    assert!(took < ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_an_hour_that_the_server_asked_for_is_told_kept_and_can_be_cancelled() {
    let hour = Duration::from_hours(1);
    let script = move |call: &Call<'_>| match call.number {
        1 => Reply { retry_after: Some(hour), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) },
        _ => Reply::answer(10),
    };
    let ran = Bench::new(1, 1).script(script).run().await;
    assert_eq!((ran.calls_of(0), ran.count(TrialStatus::Finished)), (vec![ms(0), hour + ms(10)], 1));
    assert!(ran.events.iter().any(|(_, kind)| matches!(kind, RunEventKind::RetryScheduled { after, .. } if *after == hour)));
    let (ran, took) = cancelled_after(Bench::new(1, 1).script(script), ms(1_800_000)).await;
    assert_eq!((ran.reason, ran.single().row.attempts, ran.calls.len()), (StopReason::Cancelled, 1, 1));
    assert!(took < ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_being_stored_stays_finished() {
    let mut bench = Bench::new(2, 1).settings(|settings| settings.concurrency = 1);
    bench.recorder.delay = ms(400);
    // Cancelled while the first is being stored and the second is in flight.
    let (ran, took) = cancelled_after(bench, ms(15)).await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.count(TrialStatus::Cancelled)), (1, 1));
    assert_eq!(ran.reason, StopReason::Cancelled);
    assert!(took < ms(1_000));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_comes_too_late_cancels_nothing() {
    let mut bench = Bench::new(1, 1);
    bench.recorder.delay = ms(400);
    let (ran, _) = cancelled_after(bench, ms(100)).await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished)), (StopReason::Complete, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_before_the_start_sends_nothing() {
    let running = Bench::new(5, 2).start();
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.calls.len(), ran.trials.len()), (StopReason::Cancelled, 0, 0));
}

/// Does not notice that it was dropped: after a first word it blocks its thread until it is let go.
#[derive(Default)]
struct Deaf {
    may_stop_hearing: tokio::sync::Notify,
    hears_nothing: tokio::sync::Notify,
    let_go: AtomicBool,
}

impl Provider for Deaf {
    fn attempt<'a>(&'a self, _request: &'a ChatRequest, on_delta: &'a mut (dyn FnMut(Delta<'_>) + Send)) -> BoxFuture<'a, AttemptReport> {
        Box::pin(async move {
            on_delta(Delta::Content { text: "deaf", at_us: 1 });
            self.may_stop_hearing.notified().await;
            self.hears_nothing.notify_one();
            let begun = std::time::Instant::now();
            while !self.let_go.load(Ordering::SeqCst) && begun.elapsed() < Duration::from_secs(20) {
                std::thread::yield_now();
            }
            super::super::testing::blank_report()
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_provider_that_ignores_the_drop_delays_no_cancel() {
    let deaf = Arc::new(Deaf::default());
    let bench = Bench::new(1, 1);
    let recorder = Arc::new(MemoryRecorder::default());
    let (events, mut heard) = tokio::sync::mpsc::channel(64);
    let (control, steering) = tokio::sync::watch::channel(RunControl::Running);
    let deps = RunDeps {
        providers: vec![Ok(Arc::clone(&deaf) as _)],
        recorder: Arc::clone(&recorder) as _,
        counter: Arc::new(RoughCounter),
        cpu: CpuRoom::default(),
        events,
        control: steering,
        live_text: true,
        conditions: Conditions::of_this_computer(),
    };
    let job = RunJob {
        work: super::super::testing::work_of(&bench.plan),
        plan: Arc::new(bench.plan),
        spent_before: 0.into(),
        counted: Vec::new(),
    };
    let running = tokio::spawn(run(job, deps));
    while let Some(event) = heard.recv().await {
        if matches!(event.kind, RunEventKind::Text { .. }) {
            break;
        }
    }
    deaf.may_stop_hearing.notify_one();
    deaf.hears_nothing.notified().await;
    let begun = Instant::now();
    control.send(RunControl::Cancelled).unwrap();
    let reason = tokio::time::timeout(Duration::from_secs(10), running).await;
    let took = begun.elapsed();
    deaf.let_go.store(true, Ordering::SeqCst);
    assert_eq!(reason.unwrap().unwrap().reason, StopReason::Cancelled);
    assert!(took < Duration::from_secs(1), "{took:?}");
    let stored = recorder.stored.lock().unwrap();
    assert_eq!((stored.len(), stored[0].row.status, stored[0].body.output.as_str()), (1, TrialStatus::Cancelled, "deaf"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_lets_what_is_in_flight_finish_and_starts_nothing() {
    let running = Bench::new(20, 1).script(|_| Reply::answer(100)).settings(|settings| settings.concurrency = 2).start();
    sleep(ms(250)).await;
    running.control.send(RunControl::Paused).unwrap();
    sleep(ms(60_000)).await;
    assert_eq!(running.stored.lock().unwrap().len(), 6);
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished)), (StopReason::Complete, 20));
    assert!(ran.calls.iter().all(|(_, at)| *at <= ms(250) || *at >= ms(60_250)));
    assert!(ran.trials.iter().all(|trial| trial.row.waited_us == Some(100_000)));
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_a_backoff_and_counts_in_no_wait() {
    let script = |call: &Call<'_>| match call.number {
        1 => Reply { retry_after: Some(ms(2_000)), ..Reply::server_error(100) },
        _ => Reply::answer(100),
    };
    let running = Bench::new(1, 1).script(script).start();
    sleep(ms(1_100)).await;
    running.control.send(RunControl::Paused).unwrap();
    sleep(ms(600_000)).await;
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    assert_eq!(ran.calls_of(0), [ms(0), ms(601_100)]);
    let row = &ran.single().row;
    // 100 ms of attempt, 1 s of backoff before the pause, 100 ms of attempt.
    assert_eq!((row.queue_us, row.waited_us), (Some(1_100_000), Some(1_200_000)));
    assert!(row.warnings.iter().any(|warning| warning.contains("paused")));
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_can_be_cancelled_and_is_when_its_owner_goes() {
    for owner_goes in [false, true] {
        let running = Bench::new(5, 1).script(|_| Reply::answer(100)).settings(|settings| settings.concurrency = 1).start();
        running.control.send(RunControl::Paused).unwrap();
        sleep(ms(500)).await;
        let (control, finishing) = running.without_owner();
        if owner_goes {
            drop(control);
        } else {
            control.send(RunControl::Cancelled).unwrap();
        }
        assert_eq!(finishing.finish().await.reason, StopReason::Cancelled);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever providers do and whenever it is cancelled or paused: one end per trial (checked by `finish`), and no cell is lost.
    #[test]
    fn every_trial_ends_once(seed in any::<u64>(), cancel_ms in 0u64..4_000, pause_ms in 0u64..2_000, concurrency in 1u32..9) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = move |call: &Call<'_>| {
                let text = call.request.messages[0].content.bytes().fold(0u64, |sum, byte| sum * 31 + u64::from(byte));
                let draw = super::super::order::draw(seed, &[text, call.target as u64, call.number as u64]);
                match draw % 6 {
                    0 => Reply::server_error(draw % 97),
                    1 => Reply::fail(draw % 89, FailureKind::Unauthorized, Some(401)),
                    2 => Reply::hang(draw % 83, "hanging"),
                    3 => Reply { panics: draw.is_multiple_of(5), ..Reply::answer(draw % 79) },
                    _ => Reply::answer(draw % 301),
                }
            };
            let mut bench = Bench::new(8, 3).script(script).settings(|settings| settings.concurrency = concurrency);
            bench.recorder.delay = ms(seed % 20);
            let running = bench.start();
            sleep(ms(pause_ms)).await;
            // It may be over by now.
            running.control.send(RunControl::Paused).ok();
            sleep(ms(100)).await;
            running.control.send(RunControl::Running).ok();
            sleep(ms(cancel_ms)).await;
            let asked = running.started.elapsed();
            running.control.send(RunControl::Cancelled).ok();
            let ran = running.finish().await;
            assert!(ran.took.saturating_sub(asked) < ms(1_000));
            let mut by_status: BTreeMap<TrialStatus, usize> = BTreeMap::new();
            for trial in &ran.trials {
                *by_status.entry(trial.row.status).or_default() += 1;
                assert!(trial.row.attempts > 0 && trial.row.waited_us >= trial.row.queue_us);
            }
            if ran.reason == StopReason::Complete {
                assert_eq!((ran.trials.len(), by_status.get(&TrialStatus::Cancelled)), (24, None));
            }
        });
    }
}
