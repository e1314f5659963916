//! Storing: before telling, again after a refusal, and the end when it stays refused.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::time::sleep;

use super::super::RunControl;
use super::super::testing::{Bench, Call, Reply, ms};
use crate::domain::{RunEventKind, StopReason, TrialStatus};

fn refusing(bench: Bench, refusals: usize) -> Bench {
    let mut bench = bench;
    bench.recorder.refusals = Arc::new(AtomicUsize::new(refusals));
    bench
}

fn not_saved(ran: &super::super::testing::Ran) -> usize {
    ran.events.iter().filter(|(_, kind)| matches!(kind, RunEventKind::NotSaved { .. })).count()
}

#[tokio::test(start_paused = true)]
async fn a_trial_is_told_when_it_is_stored() {
    let mut bench = Bench::new(1, 1);
    bench.recorder.delay = ms(300);
    let ran = bench.run().await;
    assert_eq!(ran.last_end_of(0), ms(310));
    assert_eq!(ran.single().row.waited_us, Some(10_000));
}

#[tokio::test(start_paused = true)]
async fn storing_does_not_hold_a_slot() {
    let mut bench = Bench::new(10, 1).settings(|settings| settings.concurrency = 1);
    bench.recorder.delay = ms(1_000);
    assert_eq!(bench.run().await.took, ms(10 * 10 + 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_refused_trial_is_stored_later_and_nothing_is_sent_meanwhile() {
    let ran = refusing(Bench::new(4, 1).settings(|settings| settings.concurrency = 1), 3).run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished), not_saved(&ran)), (StopReason::Complete, 4, 2));
    let calls = ran.calls_of(0);
    // The first is refused at 10, 510 and taken at 1,510 ms; the second was in flight by then, and is refused once.
    assert!(calls.iter().all(|at| *at <= ms(10) || *at >= ms(1_510)), "{calls:?}");
    let told = |trial: &crate::domain::Trial| {
        let at = |wanted: bool| {
            ran.events.iter().position(|(_, kind)| match kind {
                RunEventKind::NotSaved { trial: told, .. } => wanted && told.row.id == trial.row.id,
                RunEventKind::Ended { trial: told } => !wanted && told.row.id == trial.row.id,
                _ => false,
            })
        };
        (at(true), at(false))
    };
    assert!(ran.trials.iter().any(|trial| matches!(told(trial), (Some(refused), Some(ended)) if refused < ended)));
}

#[tokio::test(start_paused = true)]
async fn answers_wait_for_as_long_as_the_disk_is_full_and_none_is_lost_or_sent_twice() {
    let script = |call: &Call<'_>| match (call.request.messages[0].content.as_str(), call.number) {
        ("prompt 00000", 1) => Reply { retry_after: Some(ms(50)), ..Reply::server_error(5) },
        _ => Reply::answer(10),
    };
    let bench = Bench::new(50, 1).script(script).settings(|settings| settings.concurrency = 10);
    // All that were in flight, each refused for minutes on end.
    let ran = refusing(bench, 400).run().await;
    assert_eq!((ran.reason, ran.trials.len(), ran.count(TrialStatus::Finished)), (StopReason::Complete, 50, 50));
    assert!(ran.took > ms(180_000) && not_saved(&ran) >= 10, "{:?}, {}", ran.took, not_saved(&ran));
    assert_eq!(ran.calls.len(), 51);
    assert!(ran.calls_of(0).iter().all(|at| *at < ms(30) || *at > ms(180_000)), "sent although nothing could be stored");
    assert!(ran.trials.iter().all(|trial| trial.row.waited_us.unwrap() < 100_000), "a full disk is no wait of a provider");
}

#[tokio::test(start_paused = true)]
async fn what_a_cancelled_run_could_not_store_is_handed_back() {
    let running = refusing(Bench::new(20, 1).settings(|settings| settings.concurrency = 2), usize::MAX).start();
    sleep(ms(700)).await;
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.trials.len(), ran.calls.len(), not_saved(&ran)), (StopReason::StorageFailed, 0, 4, 4));
    assert!(ran.unsaved.len() == 4 && ran.unsaved.iter().all(|trial| trial.body.output == "answer"));
    assert!(ran.took < ms(1_700), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_has_room_again_at_the_cancel_leaves_nothing_behind() {
    let running = refusing(Bench::new(20, 1).settings(|settings| settings.concurrency = 2), 7).start();
    sleep(ms(700)).await;
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished)), (StopReason::Cancelled, 4));
}
