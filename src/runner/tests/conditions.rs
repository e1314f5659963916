//! What trials are measured under: a computer that sleeps, and connections that are opened ahead.

use std::time::Duration;

use super::super::RunControl;
use super::super::sleep_clock::Slept;
use super::super::testing::{Bench, Call, Reply, Running, ms};
use crate::domain::{RunEventKind, StopReason, TrialStatus, WarmUp};

/// Lets the computer sleep for an hour in which the clock of waits runs on, as some systems do.
async fn sleep_an_hour(running: &Running, slept: &Slept, at: Duration) {
    tokio::time::sleep_until(running.started + at).await;
    slept.more(Duration::from_hours(1));
    tokio::time::advance(Duration::from_hours(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_computer_slept_in_is_marked() {
    let slept = Slept::default();
    let answers = |call: &Call<'_>| Reply::answer(if call.request.messages[0].content.ends_with('0') { 1_000 } else { 10 });
    let running = Bench { slept: slept.clone(), ..Bench::new(2, 1) }.script(answers).start();
    tokio::time::sleep_until(running.started + ms(500)).await;
    slept.more(Duration::from_secs(90));
    let ran = running.finish().await;
    let slept_us = |case: u32| ran.trials.iter().find(|trial| trial.row.cell.case_index == case).unwrap().row.timing.unwrap().slept_us;
    assert_eq!((slept_us(0), slept_us(1)), (90_000_000, 0));
    assert_eq!(ran.trials[1].body.attempts[0].timing.slept_us, 90_000_000);
}

#[tokio::test(start_paused = true)]
async fn waits_that_ended_in_a_sleep_do_not_end_at_once() {
    let slept = Slept::default();
    let fails_first = |call: &Call<'_>| match call.number {
        1 => Reply { retry_after: Some(Duration::from_mins(1)), ..Reply::server_error(10) },
        _ => Reply::answer(10),
    };
    let running = Bench { slept: slept.clone(), ..Bench::new(8, 1) }.script(fails_first).start();
    sleep_an_hour(&running, &slept, ms(1_000)).await;
    let ran = running.finish().await;
    assert_eq!(ran.count(TrialStatus::Finished), 8);
    let mut again: Vec<Duration> = ran.calls_of(0).into_iter().skip(8).collect();
    again.sort_unstable();
    assert!(again[0] >= Duration::from_hours(1), "{again:?}");
    assert!(again.windows(2).all(|two| two[1] >= two[0] + ms(250)), "{again:?}");
    assert!(again[7] < again[0] + Duration::from_secs(3), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn what_fails_after_a_sleep_is_sent_again_one_by_one() {
    let slept = Slept::default();
    let breaks_first = |call: &Call<'_>| if call.number == 1 { Reply::server_error(2_000) } else { Reply::answer(10) };
    let running = Bench { slept: slept.clone(), ..Bench::new(16, 1) }.script(breaks_first).start();
    tokio::time::sleep_until(running.started + ms(1_000)).await;
    slept.more(Duration::from_hours(1));
    let ran = running.finish().await;
    let mut again: Vec<Duration> = ran.calls_of(0).into_iter().skip(16).collect();
    again.sort_unstable();
    assert!(again.windows(2).all(|two| two[1] >= two[0] + ms(250)), "{again:?}");
    assert!(ran.trials.iter().all(|trial| !trial.row.timing.unwrap().slept()), "the attempts that answered did not sleep");
    assert!(ran.trials.iter().all(|trial| trial.body.attempts[0].timing.slept()));
}

#[tokio::test(start_paused = true)]
async fn connections_are_opened_before_the_first_trial_and_count_nowhere() {
    let mut bench = Bench::new(10, 3).settings(|settings| (settings.warm_up, settings.concurrency) = (true, 16));
    bench.plan.targets[2].connection = bench.plan.targets[0].connection.clone();
    bench.plan.targets[1].connection.limits.max_in_flight = Some(4);
    let running = bench.start();
    let seen = std::sync::Arc::clone(&running.seen);
    let ran = running.finish().await;
    let mut warmed = seen.warmed.lock().unwrap().clone();
    warmed.sort_unstable_by_key(|(_, connections)| *connections);
    assert_eq!(warmed.iter().map(|(_, connections)| *connections).collect::<Vec<_>>(), [4, 16], "once a connection, within its limits");
    assert!(matches!(ran.events[0].1, RunEventKind::WarmedUp(WarmUp { connections: 20, failed: 0, .. })));
    assert_eq!(ran.calls.iter().map(|(_, at)| *at).min(), Some(ms(85)));
    assert_eq!(ran.trials.len(), 30);
    assert!(ran.trials.iter().all(|trial| trial.row.attempts == 1 && trial.row.waited_us == Some(10_000)));
    assert!(Bench::new(1, 1).run().await.events.iter().all(|(_, kind)| !matches!(kind, RunEventKind::WarmedUp(_))));
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_ends_with_its_run() {
    let running = Bench::new(2, 1).settings(|settings| settings.warm_up = true).start();
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.calls.len(), ran.trials.len(), ran.took), (StopReason::Cancelled, 0, 0, ms(0)));
}
