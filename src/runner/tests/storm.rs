//! Everything fails at once: retries are rationed, a breaker opens, one probe asks again after 30 s, and who waited for it ends.

use super::super::testing::{Bench, Reply, ms};
use crate::domain::TrialStatus;

#[tokio::test(start_paused = true)]
async fn a_storm_opens_the_breaker_and_costs_few_requests() {
    let bench = Bench::new(100, 1).script(|_| Reply::server_error(20));
    let ran = bench.settings(|settings| (settings.concurrency, settings.retries) = (16, 5)).run().await;
    assert_eq!(ran.count(TrialStatus::Failed), 100);
    // In flight when the fifth failure in a row came: 16 at most.
    let before: Vec<_> = ran.calls.iter().filter(|(_, at)| *at < ms(30_000)).collect();
    assert!(before.len() <= 16, "{} requests before the probe", before.len());
    let first_tries = ran.trials.iter().filter(|trial| trial.row.attempts > 0).count();
    assert!(ran.calls.len() <= first_tries + (first_tries / 5).max(10), "{} requests for {first_tries} first tries", ran.calls.len());
    let probes: Vec<_> = ran.calls.iter().filter(|(_, at)| (ms(30_000)..ms(31_000)).contains(at)).collect();
    assert_eq!(probes.len(), 1, "one probe after 30 s");
    let open = |trial: &&crate::domain::Trial| trial.row.failure.as_ref().is_some_and(|failure| failure.kind.as_str() == "breaker_open");
    assert!(ran.trials.iter().filter(open).count() >= 100 - 16 - 1, "who waited for the probe ends with its failure");
}

#[tokio::test(start_paused = true)]
async fn retries_of_a_storm_that_no_breaker_ends_are_a_fifth() {
    // Every fourth answer is good, so there are never five failures in a row.
    let script = |call: &super::super::testing::Call<'_>| {
        let number: usize = call.request.messages[0].content.trim_start_matches("prompt ").parse().unwrap();
        if number.is_multiple_of(4) { Reply::answer(20) } else { Reply::server_error(20) }
    };
    let ran = Bench::new(400, 1).script(script).settings(|settings| (settings.concurrency, settings.retries) = (1, 5)).run().await;
    assert!(ran.calls.len() <= 400 + 400 / 5, "{} requests", ran.calls.len());
}

#[tokio::test(start_paused = true)]
async fn ten_retries_are_always_allowed() {
    let script = |call: &super::super::testing::Call<'_>| if call.number == 1 { Reply::server_error(20) } else { Reply::answer(20) };
    let ran = Bench::new(4, 1).script(script).settings(|settings| settings.retries = 5).run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.calls.len()), (4, 8));
}
