//! Targets that fail and the targets that are asked in their place.

use std::time::Duration;

use rust_decimal::Decimal;

use super::super::RunControl;
use super::super::testing::{Bench, Call, Ran, Reply, ms, one_a_token};
use super::money::usd;
use crate::domain::{Amendment, Failure, FailureKind, RunEventKind, StopReason, Trial, TrialStatus};

/// Target 0 falls back to target 1.
fn falling_back(cases: usize, script: impl Fn(&Call<'_>) -> Reply + Send + Sync + 'static) -> Bench {
    let mut bench = Bench::new(cases, 2).script(script);
    bench.plan.targets[0].fallback = Some(1);
    bench
}

fn trials_of(ran: &Ran, target: u32) -> Vec<&Trial> {
    ran.trials.iter().filter(|trial| trial.row.cell.target_index == target).collect()
}

fn own_kind(trial: &Trial) -> Option<FailureKind> {
    trial.row.fallback.as_ref().map(|failure| failure.kind)
}

fn fell_back(ran: &Ran) -> usize {
    ran.events.iter().filter(|(_, kind)| matches!(kind, RunEventKind::FellBack { .. })).count()
}

#[tokio::test(start_paused = true)]
async fn what_a_target_fails_at_is_sent_to_its_fallback_and_marked() {
    let script = |call: &Call<'_>| match (call.target, call.request.messages[0].content.as_str()) {
        (0, "prompt 00001") => Reply::fail(5, FailureKind::FirstByteTimeout, None),
        (0, "prompt 00002") => Reply::fail(5, FailureKind::Unauthorized, Some(401)),
        _ => Reply::answer(10),
    };
    let ran = falling_back(4, script).run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.calls_of(0).len(), ran.calls_of(1).len(), fell_back(&ran)), (8, 4, 6, 2));
    for trial in trials_of(&ran, 0) {
        let expected = match trial.row.cell.case_index {
            1 => Some(FailureKind::FirstByteTimeout),
            2 => Some(FailureKind::Unauthorized),
            _ => None,
        };
        assert_eq!(own_kind(trial), expected);
        let marks: Vec<bool> = trial.body.attempts.iter().map(|attempt| attempt.fallback).collect();
        assert_eq!(marks, if expected.is_some() { vec![false, true] } else { vec![false] });
        assert_eq!(trial.body.output, "answer");
        assert_eq!(trial.row.own_status(), if expected.is_some() { TrialStatus::Failed } else { TrialStatus::Finished });
    }
    assert!(trials_of(&ran, 1).into_iter().all(|trial| own_kind(trial).is_none()));
}

#[tokio::test(start_paused = true)]
async fn each_target_has_all_its_retries_and_nobody_falls_back_twice() {
    let mut bench = falling_back(1, |_| Reply::server_error(1)).settings(|settings| settings.retries = 2);
    bench.plan.targets[1].fallback = Some(0);
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Failed), fell_back(&ran)), (2, 2));
    for trial in &ran.trials {
        let marks: Vec<bool> = trial.body.attempts.iter().map(|attempt| attempt.fallback).collect();
        // The breakers of both may end the second half sooner.
        assert!(marks.starts_with(&[false]) && marks.len() <= 6 && marks.is_sorted(), "{marks:?}");
        assert_eq!(own_kind(trial), Some(FailureKind::ServerError));
        assert!(trial.row.failure.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn the_trials_of_a_model_that_is_given_up_go_to_the_fallback_sent_or_not() {
    let script = |call: &Call<'_>| if call.target == 0 { Reply::server_error(1) } else { Reply::answer(20) };
    let ran = falling_back(500, script).settings(|settings| settings.concurrency = 8).run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished)), (StopReason::Complete, 1_000));
    assert!(ran.calls_of(0).len() <= 8 + 5 + 1, "{:?}", ran.calls_of(0));
    assert_eq!(ran.calls_of(1).len(), 1_000);
    let own = trials_of(&ran, 0);
    assert!(own.iter().all(|trial| matches!(own_kind(trial), Some(FailureKind::BreakerOpen | FailureKind::ServerError))));
    assert!(own.iter().any(|trial| trial.row.attempts > 1) && own.iter().filter(|trial| trial.row.attempts == 1).count() > 400);
    assert!(ran.peak <= 8);
}

#[tokio::test(start_paused = true)]
async fn without_a_way_to_the_target_all_goes_to_the_fallback_and_without_either_nothing_is_sent() {
    let no_key = Failure { kind: FailureKind::NoKey, message: "no key".to_owned() };
    let mut bench = falling_back(30, |_| Reply::answer(10));
    bench.refused.insert(0, no_key.clone());
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.calls_of(0).len(), ran.calls_of(1).len()), (60, 0, 60));
    assert!(trials_of(&ran, 0).iter().all(|trial| trial.row.fallback.as_ref() == Some(&no_key) && trial.body.attempts[0].fallback));
    let mut bench = falling_back(30, |_| Reply::answer(10));
    bench.refused.insert(0, no_key.clone());
    bench.refused.insert(1, Failure { kind: FailureKind::NoKey, message: "nor here".to_owned() });
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Failed), ran.calls.len()), (60, 0));
    assert!(trials_of(&ran, 0).iter().all(|trial| trial.row.fallback.is_none() && trial.row.failure.as_ref() == Some(&no_key)));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_is_given_up_ends_what_waits_for_it() {
    let no_key = Failure { kind: FailureKind::NoKey, message: "no key".to_owned() };
    let mut bench = falling_back(100, |_| Reply::server_error(1)).settings(|settings| settings.concurrency = 4);
    bench.refused.insert(0, no_key);
    let ran = bench.run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Failed)), (StopReason::Complete, 200));
    assert!(ran.calls.len() <= 4 + 5 + 1);
    assert!(trials_of(&ran, 0).iter().all(|trial| own_kind(trial) == Some(FailureKind::NoKey) && trial.row.failure.is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_this_program_or_a_cap_sends_nothing_elsewhere() {
    let script = |call: &Call<'_>| if call.target == 0 { Reply { panics: true, ..Reply::answer(1) } } else { Reply::answer(1) };
    let ran = falling_back(2, script).run().await;
    assert_eq!((ran.count(TrialStatus::Failed), ran.calls_of(1).len(), fell_back(&ran)), (2, 2, 0));
    let mut bench = falling_back(2, |_| Reply::answer(1));
    bench.plan.settings.cap = Some(usd(10_000));
    bench.plan.settings.params.max_tokens = Some(44);
    bench.plan.targets[1].price = Some(one_a_token());
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Failed), ran.calls.len()), (2, 2), "without a price nothing is sent under a cap, elsewhere neither");
}

#[tokio::test(start_paused = true)]
async fn under_a_cap_both_are_reserved_for_and_both_count() {
    let script = |call: &Call<'_>| {
        // It may have been charged, so all that was reserved for it counts.
        if call.target == 0 { Reply { usage: None, ..Reply::fail(10, FailureKind::IdleTimeout, None) } } else { Reply::answer(10) }
    };
    for cap in [10_000, 1_000] {
        let mut bench = falling_back(10, script);
        bench.plan.settings.cap = Some(usd(cap));
        bench.plan.settings.params.max_tokens = Some(44);
        bench.plan.targets.iter_mut().for_each(|target| target.price = Some(one_a_token()));
        let ran = bench.run().await;
        let spent: Decimal = ran.trials.iter().map(|trial| trial.row.cost.unwrap()).sum();
        assert!(spent <= cap.into(), "{spent} of {cap}");
        for trial in trials_of(&ran, 0).iter().filter(|trial| trial.row.status == TrialStatus::Finished) {
            // After five in a row nothing more is sent to the target itself.
            let own: u32 = if trial.row.attempts == 2 { 200 } else { 0 };
            assert_eq!(trial.row.cost, Some(Decimal::from(own + 15)), "of both");
        }
        assert_eq!(ran.reason, if cap == 10_000 { StopReason::Complete } else { StopReason::Capped });
    }
}

#[tokio::test(start_paused = true)]
async fn a_cost_of_which_a_part_is_unknown_is_unknown() {
    let no_key = Failure { kind: FailureKind::NoKey, message: "no key".to_owned() };
    let mut bench = falling_back(1, |_| Reply::answer(1));
    bench.refused.insert(0, no_key);
    bench.plan.targets[1].price = Some(one_a_token());
    let ran = bench.run().await;
    let cost_of = |target| trials_of(&ran, target)[0].row.cost;
    assert_eq!((cost_of(0), cost_of(1)), (None, Some(15.into())));
}

#[tokio::test(start_paused = true)]
async fn under_a_cap_nothing_is_sent_for_a_target_without_a_price_though_it_could_not_be_asked_anyway() {
    let mut bench = falling_back(3, |_| Reply::answer(1));
    bench.refused.insert(0, Failure { kind: FailureKind::NoKey, message: "no key".to_owned() });
    bench.plan.settings.cap = Some(usd(10_000));
    bench.plan.targets[1].price = Some(one_a_token());
    let ran = bench.run().await;
    // A resume counts what was spent from the costs of the trials, and that of such a trial is not known.
    assert_eq!((ran.calls.len(), trials_of(&ran, 1).len()), (3, 3));
    for trial in trials_of(&ran, 0) {
        assert_eq!((trial.row.failure.as_ref().unwrap().kind, own_kind(trial)), (FailureKind::PriceUnknown, None));
    }
}

#[tokio::test(start_paused = true)]
async fn how_the_fallback_wants_its_requests_is_learnt_for_the_fallback() {
    let script = |call: &Call<'_>| match (call.target, call.request.spelling.no_stream_options) {
        (0, _) => Reply::fail(1, FailureKind::Unauthorized, Some(401)),
        (_, false) => Reply::amend(Amendment::NoStreamOptions),
        (_, true) => Reply::answer(1),
    };
    let ran = falling_back(1, script).settings(|settings| settings.concurrency = 1).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 2);
    let learnt: Vec<u32> = ran
        .events
        .iter()
        .filter_map(|(_, kind)| if let RunEventKind::Amended { target_index, .. } = kind { Some(*target_index) } else { None })
        .collect();
    assert_eq!(learnt, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_what_is_at_the_fallback_and_a_pause_holds_it() {
    let script =
        |call: &Call<'_>| if call.target == 0 { Reply::fail(1, FailureKind::Unauthorized, Some(401)) } else { Reply::hang(1, "half") };
    let running = falling_back(3, script).start();
    tokio::time::sleep(ms(50)).await;
    running.control.send(RunControl::Cancelled).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Cancelled)), (StopReason::Cancelled, 6));
    assert!(trials_of(&ran, 0).iter().all(|trial| trial.row.fallback.is_some() && trial.body.output == "half"));

    let script = |call: &Call<'_>| if call.target == 0 { Reply::fail(100, FailureKind::Unauthorized, Some(401)) } else { Reply::answer(1) };
    let running = falling_back(1, script).start();
    tokio::time::sleep(ms(50)).await;
    running.control.send(RunControl::Paused).unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    let own = trials_of(&ran, 0)[0];
    assert_eq!((own.row.status, own.row.attempts), (TrialStatus::Finished, 2));
    assert!(own.row.waited_us.unwrap() < 5_000_000, "the pause is no part of what a caller waits: {:?}", own.row.waited_us);
}
