//! Connections that refuse or break: pace, pauses, retries under a storm, tokens a minute.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::Instant;

use super::super::testing::{Bench, Call, Ran, Reply, ms, one_a_token};
use crate::domain::{BreakerTurn, FailureKind, PaceCause, RunEventKind, StopReason, TrialStatus};
use crate::provider::{LimitsTold, Quota};

fn turns(ran: &Ran) -> Vec<&'static str> {
    let word = |turn: &BreakerTurn| match turn {
        BreakerTurn::Opened { .. } => "opened",
        BreakerTurn::Probing => "probing",
        BreakerTurn::Closed => "closed",
        BreakerTurn::GaveUp => "gave up",
        BreakerTurn::RefusedTooOften { .. } => "refused too often",
    };
    ran.events.iter().filter_map(|(_, kind)| if let RunEventKind::Breaker { turn, .. } = kind { Some(word(turn)) } else { None }).collect()
}

fn refusals(ran: &Ran) -> usize {
    ran.trials.iter().flat_map(|trial| &trial.body.attempts).filter(|attempt| attempt.http_status == Some(429)).count()
}

#[tokio::test(start_paused = true)]
async fn a_dead_model_is_left_alone_tried_once_and_given_up() {
    let script = |call: &Call<'_>| if call.target == 0 { Reply::server_error(1) } else { Reply::answer(100) };
    let mut bench = Bench::new(2_000, 2).script(script).settings(|settings| settings.concurrency = 4);
    bench.plan.targets[0].price = Some(one_a_token());
    let ran = bench.run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (StopReason::Complete, 2_000, 2_000));
    assert_eq!(turns(&ran), ["opened", "probing", "gave up"]);
    let calls = ran.calls_of(0);
    assert!(calls.len() <= 5 + 3 + 1, "{calls:?}");
    let (before, after): (Vec<Duration>, Vec<Duration>) = calls.iter().partition(|at| **at < Duration::from_secs(10));
    assert_eq!(after.len(), 1);
    assert!(after[0] >= *before.last().unwrap() + Duration::from_secs(30), "{calls:?}");
    let mut kinds: BTreeMap<FailureKind, usize> = BTreeMap::new();
    for trial in ran.trials.iter().filter(|trial| trial.row.cell.target_index == 0) {
        let failure = trial.row.failure.as_ref().unwrap();
        *kinds.entry(failure.kind).or_default() += 1;
        assert!(failure.message.contains("scripted server_error"), "{}", failure.message);
        if trial.row.attempts == 0 {
            assert_eq!((failure.kind, trial.row.cost), (FailureKind::BreakerOpen, Some(Decimal::ZERO)));
        }
    }
    // The one that was tried tells what it was told itself.
    assert_eq!(kinds[&FailureKind::ServerError], 1);
    assert_eq!(kinds[&FailureKind::BreakerOpen], 1_999);
    assert_eq!(ran.trials.iter().filter(|trial| trial.row.attempts == 0).count(), 2_000 - 4);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_comes_back_is_sent_all_that_waited() {
    let begin = Instant::now();
    let script = move |_: &Call<'_>| if begin.elapsed() < Duration::from_secs(20) { Reply::server_error(1) } else { Reply::answer(100) };
    let ran = Bench::new(40, 1).script(script).settings(|settings| settings.concurrency = 4).run().await;
    assert_eq!(turns(&ran), ["opened", "probing", "closed"]);
    assert_eq!(ran.count(TrialStatus::Finished), 40);
    let quiet = ran.calls.iter().filter(|(_, at)| (Duration::from_secs(5)..Duration::from_secs(30)).contains(at)).count();
    assert_eq!(quiet, 0);
}

#[tokio::test(start_paused = true)]
async fn models_of_one_connection_break_apart_and_targets_of_one_model_together() {
    let script = |call: &Call<'_>| if call.target == 2 { Reply::answer(10) } else { Reply::server_error(1) };
    let mut bench = Bench::new(20, 3).script(script).settings(|settings| (settings.concurrency, settings.retries) = (6, 0));
    for target in 1..3 {
        bench.plan.targets[target].connection = bench.plan.targets[0].connection.clone();
    }
    bench.plan.targets[1].model = bench.plan.targets[0].model.clone();
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (20, 40));
    assert_eq!(turns(&ran), ["opened", "probing", "gave up"]);
    assert!(ran.calls_of(0).len() + ran.calls_of(1).len() <= 5 + 5 + 1);
}

#[tokio::test(start_paused = true)]
async fn refused_keys_break_nothing() {
    let ran = Bench::new(20, 1).script(|_| Reply::fail(1, FailureKind::Unauthorized, Some(401))).run().await;
    assert_eq!((ran.calls.len(), turns(&ran).len()), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn under_a_storm_retries_are_a_fifth_and_not_in_step() {
    let retries: Arc<Mutex<BTreeMap<Instant, usize>>> = Arc::default();
    let script = {
        let (retries, calls) = (Arc::clone(&retries), AtomicUsize::new(0));
        move |call: &Call<'_>| {
            if call.number > 1 {
                *retries.lock().unwrap().entry(Instant::now()).or_default() += 1;
            }
            // One in eight is answered, so the connection is not given up.
            if calls.fetch_add(1, Ordering::Relaxed) % 8 == 7 {
                Reply::answer(10)
            } else {
                Reply::fail(10, FailureKind::RateLimited, Some(429))
            }
        }
    };
    let ran = Bench::new(200, 1).script(script).settings(|settings| settings.concurrency = 16).run().await;
    assert!(ran.count(TrialStatus::Failed) >= 165, "{} failed", ran.count(TrialStatus::Failed));
    assert!(ran.calls.len() <= 240, "{} calls", ran.calls.len());
    let noted =
        ran.trials.iter().filter(|trial| trial.row.warnings.iter().any(|warning| warning.contains("a fifth of the first attempts")));
    assert!(noted.count() >= 130);
    assert!(ran.trials.iter().filter_map(|trial| trial.row.failure.as_ref()).all(|failure| failure.kind == FailureKind::RateLimited));
    let retries = retries.lock().unwrap();
    assert!(
        retries.values().sum::<usize>() >= 30 && retries.values().all(|together| *together <= 2),
        "two at once after an answer: {retries:?}"
    );
    let least =
        ran.events.iter().filter_map(|(_, kind)| if let RunEventKind::Paced { at_once, .. } = kind { Some(*at_once) } else { None }).min();
    assert_eq!(least, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_refuses_everything_is_given_up() {
    // Nothing, less than the own pauses, a minute, the longest that is waited for, and longer than that.
    for (asked_s, longest_s, most_calls) in
        [(None, 140, 40), (Some(1), 140, 150), (Some(60), 600, 25), (Some(3_600), 3_700, 20), (Some(72_000), 140, 40)]
    {
        let refuse =
            move || Reply { retry_after: asked_s.map(Duration::from_secs), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) };
        let script = move |call: &Call<'_>| if call.target == 2 { Reply::answer(100) } else { refuse() };
        let mut bench = Bench::new(1_000, 3).script(script).settings(|settings| settings.concurrency = 8);
        bench.plan.targets[1].connection = bench.plan.targets[0].connection.clone();
        bench.plan.targets[0].price = Some(one_a_token());
        let ran = bench.run().await;
        assert_eq!((ran.reason, ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (StopReason::Complete, 1_000, 2_000));
        assert_eq!(turns(&ran), ["refused too often"; 2], "one for each model, {asked_s:?}");
        let end = ran.last_end_of(0).max(ran.last_end_of(1));
        assert!(end <= Duration::from_secs(longest_s), "{asked_s:?}: {end:?}");
        assert!(
            ran.calls_of(0).len() + ran.calls_of(1).len() <= most_calls,
            "{asked_s:?}: {} calls",
            ran.calls_of(0).len() + ran.calls_of(1).len()
        );
        let refused = ran.trials.iter().filter(|trial| trial.row.cell.target_index < 2);
        for (attempts, failure) in refused.clone().map(|trial| (trial.row.attempts, trial.row.failure.as_ref().unwrap())) {
            assert_eq!(failure.kind, FailureKind::RateLimited);
            assert!(failure.message.contains("scripted rate_limited"), "{}", failure.message);
            assert!(attempts > 0 || failure.message.contains("cost nothing") && failure.message.contains("send the failed trials again"));
        }
        let unsent = refused.clone().filter(|trial| trial.row.attempts == 0);
        assert!(
            unsent.clone().count() > 1_800
                && unsent.filter(|trial| trial.row.cell.target_index == 0).all(|trial| trial.row.cost == Some(Decimal::ZERO))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_everything_is_given_up_and_its_connection_is_not() {
    let script = |call: &Call<'_>| match call.target {
        0 => Reply { retry_after: Some(Duration::from_mins(1)), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) },
        _ => Reply::answer(100),
    };
    let mut bench = Bench::new(1_000, 2).script(script).settings(|settings| settings.concurrency = 8);
    bench.plan.targets[1].connection = bench.plan.targets[0].connection.clone();
    let ran = bench.run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (1_000, 1_000));
    assert_eq!(turns(&ran), ["refused too often"]);
    assert!(ran.took <= Duration::from_mins(15), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_host_always_gets_ten_retries() {
    // Two connections, so that neither refuses so often that it is given up.
    let ran = Bench::new(2, 2).script(|_| Reply::fail(10, FailureKind::RateLimited, Some(429))).run().await;
    assert_eq!((ran.calls.len(), turns(&ran).len()), (4 + 10, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_a_minute_that_nobody_told_of_costs_no_trial() {
    let taken: Mutex<Vec<Instant>> = Mutex::default();
    let script = move |_: &Call<'_>| {
        let mut taken = taken.lock().unwrap();
        taken.retain(|at| at.elapsed() < Duration::from_mins(1));
        if taken.len() >= 100 {
            return Reply::fail(10, FailureKind::RateLimited, Some(429));
        }
        taken.push(Instant::now());
        Reply::answer(100)
    };
    let ran = Bench::new(350, 1).script(script).settings(|settings| settings.concurrency = 8).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 350, "{} refusals", refusals(&ran));
    assert!(ran.took < Duration::from_mins(5), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_one_is_asked_for_holds_the_connection_and_no_other() {
    let script = |call: &Call<'_>| match (call.target, call.request.messages[0].content.as_str(), call.number) {
        (0, "prompt 00003", 1) => Reply { retry_after: Some(ms(5_000)), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) },
        _ => Reply::answer(100),
    };
    let ran = Bench::new(30, 2).script(script).settings(|settings| settings.concurrency = 4).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 60);
    let refused_at = ran
        .events
        .iter()
        .find_map(|(at, kind)| matches!(kind, RunEventKind::Paced { cause: PaceCause::Refused, held: Some(_), .. }).then_some(*at))
        .unwrap();
    let held = ran.calls_of(0).iter().filter(|at| **at > refused_at && **at < refused_at + ms(5_000)).count();
    assert_eq!(held, 0);
    assert!(ran.last_end_of(1) < refused_at + ms(2_000));
}

/// A call in flight.
struct Leaves(Arc<AtomicUsize>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_settles_at_what_its_server_takes() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let script = move |_: &Call<'_>| {
        let open = in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        let keeps = Some(Arc::new(Leaves(Arc::clone(&in_flight))) as Arc<dyn std::any::Any + Send + Sync>);
        if open > 4 {
            Reply { keeps, ..Reply::fail(1, FailureKind::RateLimited, Some(429)) }
        } else {
            Reply { keeps, ..Reply::answer(100) }
        }
    };
    let ran = Bench::new(300, 1).script(script).settings(|settings| settings.concurrency = 12).run().await;
    assert_eq!((ran.peak, ran.count(TrialStatus::Finished)), (12, 300));
    assert!(refusals(&ran) < 60, "{} refusals", refusals(&ran));
    // Four at a time take 7.5 s.
    assert!(ran.took < ms(15_000), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn what_the_headers_say_is_used_up_is_waited_for() {
    let script = |call: &Call<'_>| {
        let remaining = Some(if call.request.messages[0].content == "prompt 00000" { 0 } else { 50 });
        let requests = Quota { limit: Some(100), remaining, reset: Some(ms(5_000)) };
        Reply { limits: LimitsTold { requests, tokens: Quota::default() }, ..Reply::answer(10) }
    };
    let ran = Bench::new(10, 1).script(script).settings(|settings| settings.concurrency = 1).run().await;
    let gaps: Vec<Duration> = ran.calls.windows(2).map(|pair| pair[1].1.saturating_sub(pair[0].1)).collect();
    let waits = gaps.iter().filter(|gap| **gap == ms(5_010)).count();
    assert!(gaps.iter().all(|gap| *gap == ms(10) || *gap == ms(5_010)), "{gaps:?}");
    assert!(waits == 1 || ran.calls.len() == 10 && ran.took < ms(200), "{gaps:?}");
    assert_eq!(refusals(&ran), 0);
}

#[tokio::test(start_paused = true)]
async fn what_one_model_has_used_up_holds_no_other_model_of_its_connection() {
    let script = |call: &Call<'_>| {
        let remaining = Some(if call.target == 1 { 50 } else { 0 });
        let requests = Quota { limit: Some(100), remaining, reset: Some(ms(5_000)) };
        Reply { limits: LimitsTold { requests, tokens: Quota::default() }, ..Reply::answer(10) }
    };
    let mut bench = Bench::new(5, 3).script(script).settings(|settings| settings.concurrency = 2);
    for target in 1..3 {
        bench.plan.targets[target].connection = bench.plan.targets[0].connection.clone();
    }
    bench.plan.targets[2].model = bench.plan.targets[0].model.clone();
    let (connection, model) = (bench.plan.targets[0].connection.id, bench.plan.targets[0].model.clone());
    let ran = bench.run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 15);
    assert!(ran.last_end_of(1) < ms(200), "{:?}", ran.last_end_of(1));
    // Ten requests to the other model, two at a time at most.
    assert!(ran.took >= Duration::from_secs(20), "{:?}", ran.took);
    let told: Vec<_> = ran
        .events
        .iter()
        .filter_map(
            |(_, kind)| if let RunEventKind::UsedUp { connection, model, held } = kind { Some((*connection, model, *held)) } else { None },
        )
        .collect();
    assert!(told.len() >= 4 && told.iter().all(|told| *told == (connection, &model, ms(5_000))), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_so_many_tokens_a_minute() {
    let mut bench = Bench::new(6, 2).settings(|settings| settings.params.max_tokens = Some(44));
    bench.plan.targets[0].connection.limits.max_tokens_per_minute = Some(100);
    let ran = bench.run().await;
    // 7 + 44 are expected and 15 counted: a fifth would be the 60 + 51st.
    assert_eq!(ran.calls_of(0), [ms(0), ms(10), ms(20), ms(30), ms(60_000), ms(60_010)]);
    assert!(ran.last_end_of(1) < ms(100));
    let mut alone = Bench::new(2, 1);
    alone.plan.targets[0].connection.limits.max_tokens_per_minute = Some(10);
    let ran = alone.run().await;
    assert_eq!(ran.calls_of(0), [ms(0), ms(60_000)], "what is larger than the limit goes alone");
}
