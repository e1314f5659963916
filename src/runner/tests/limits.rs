//! Who is sent when: slots, connections, slow and broken targets, pace.

use std::time::{Duration, Instant};

use super::super::testing::{Bench, Call, Reply, ms};
use crate::domain::{StopReason, TrialStatus};

#[tokio::test(start_paused = true)]
async fn the_slots_of_the_run_are_a_bound_and_are_used() {
    let ran = Bench::new(20, 3).settings(|settings| settings.concurrency = 7).run().await;
    assert_eq!((ran.peak, ran.count(TrialStatus::Finished)), (7, 60));
    assert_eq!(ran.took, ms(90));
    let one = Bench::new(4, 3).settings(|settings| settings.concurrency = 1).run().await;
    assert_eq!((one.peak, one.took), (1, ms(120)));
}

#[tokio::test(start_paused = true)]
async fn all_targets_are_in_flight_together() {
    let ran = Bench::new(10, 5).settings(|settings| settings.concurrency = 5).run().await;
    let mut first: Vec<usize> = ran.calls.iter().filter(|(_, at)| at.is_zero()).map(|(target, _)| *target).collect();
    first.sort_unstable();
    assert_eq!(first, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn the_sending_order_holds_while_targets_are_equally_fast() {
    let bench = Bench::new(8, 3).settings(|settings| (settings.concurrency, settings.seed) = (1, 9));
    let expected: Vec<usize> = super::super::sending_order(&bench.plan, super::super::testing::work_of(&bench.plan))
        .iter()
        .map(|item| item.cell.target_index as usize)
        .collect();
    let ran = bench.run().await;
    assert_eq!(ran.calls.iter().map(|(target, _)| *target).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_slow_target_holds_up_no_other() {
    let script = |call: &Call<'_>| Reply::answer(if call.target == 0 { 60_000 } else { 100 });
    let ran = Bench::new(40, 3).script(script).settings(|settings| settings.concurrency = 6).run().await;
    // Two slots each: 40 trials of 100 ms, two at a time.
    assert!(ran.last_end_of(1) <= ms(2_000) && ran.last_end_of(2) <= ms(2_000), "{:?} {:?}", ran.last_end_of(1), ran.last_end_of(2));
    assert_eq!(ran.count(TrialStatus::Finished), 120);
    // Once the others are done, the slow one has all slots.
    assert!(ran.last_end_of(0) <= ms(8 * 60_000), "{:?}", ran.last_end_of(0));
}

#[tokio::test(start_paused = true)]
async fn a_broken_target_holds_up_no_other_and_piles_up_no_trials() {
    let script = |call: &Call<'_>| if call.target == 0 { Reply::server_error(1) } else { Reply::answer(100) };
    let ran = Bench::new(50, 2).script(script).settings(|settings| settings.concurrency = 4).run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (50, 50));
    assert!(ran.last_end_of(1) <= ms(50 * 100 / 3 + 200), "{:?}", ran.last_end_of(1));
    // At most four of its trials are open at a time, so its first five calls cannot all be first attempts.
    let begun = |until: Duration| ran.calls_of(0).iter().filter(|at| **at <= until).count();
    assert_eq!(begun(ms(3)), 4);
}

#[tokio::test(start_paused = true)]
async fn a_backoff_holds_no_slot() {
    let script = |call: &Call<'_>| match (call.target, call.number) {
        (0, 1) => Reply { retry_after: Some(ms(5_000)), ..Reply::server_error(10) },
        _ => Reply::answer(100),
    };
    let ran = Bench::new(10, 2).script(script).settings(|settings| settings.concurrency = 1).run().await;
    assert!(ran.last_end_of(1) < ms(1_500), "{:?}", ran.last_end_of(1));
    assert_eq!(ran.peak, 1);
    let slot_to_end = ran.trials.iter().filter(|trial| trial.row.cell.target_index == 0).map(|trial| trial.row.waited_us.unwrap());
    assert!(slot_to_end.into_iter().all(|waited| waited >= 5_110_000));
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_so_many_at_once() {
    let mut bench = Bench::new(12, 3).settings(|settings| settings.concurrency = 12);
    bench.plan.targets[0].connection.limits.max_in_flight = Some(1);
    // Two targets on one connection share its room.
    bench.plan.targets[1].connection = bench.plan.targets[0].connection.clone();
    let ran = bench.run().await;
    assert_eq!(ran.took, ms(240));
    assert!(ran.last_end_of(2) <= ms(20), "{:?}", ran.last_end_of(2));
    let mut shared: Vec<Duration> = ran.calls.iter().filter(|(target, _)| *target < 2).map(|(_, at)| *at).collect();
    shared.sort_unstable();
    assert_eq!(shared, (0..24).map(|n| ms(10 * n)).collect::<Vec<_>>());
    assert!(ran.trials.iter().all(|trial| trial.row.queue_us == Some(0) && trial.row.waited_us == Some(10_000)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_so_many_a_minute_retries_included() {
    let script = |call: &Call<'_>| match (call.target, call.number) {
        (0, 1) => Reply { retry_after: Some(ms(1_000)), ..Reply::server_error(0) },
        _ => Reply::answer(10),
    };
    let mut bench = Bench::new(5, 2).script(script);
    bench.plan.targets[0].connection.limits.max_per_minute = Some(4);
    let ran = bench.run().await;
    let calls = ran.calls_of(0);
    assert_eq!(calls.len(), 10);
    for window in calls.windows(5) {
        assert!(window[4] >= window[0] + Duration::from_mins(1), "{window:?}");
    }
    assert!(calls[9] < Duration::from_secs(122), "{calls:?}");
    assert!(ran.last_end_of(1) < ms(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instant_answers_are_not_held_up() {
    let script = |_: &Call<'_>| Reply::answer(0);
    let begun = Instant::now();
    let ran = Bench { live_text: false, ..Bench::new(1_000, 1) }.script(script).settings(|settings| settings.concurrency = 64).run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished)), (StopReason::Complete, 1_000));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_grows_with_the_number_of_trials_only() {
    let script = |_: &Call<'_>| Reply::answer(0);
    let run = async |cases: usize| {
        let begun = Instant::now();
        let bench = Bench { live_text: false, ..Bench::new(cases, 4) }.script(script);
        let ran = bench.settings(|settings| settings.concurrency = 64).run().await;
        assert_eq!(ran.count(TrialStatus::Finished), cases * 4);
        begun.elapsed()
    };
    let (small, large) = (run(500).await, run(5_000).await);
    assert!(large < small * 30 + Duration::from_secs(2), "2,000 trials {small:?}, 20,000 trials {large:?}");
}
