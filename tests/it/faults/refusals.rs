//! Servers that refuse: for a while, for good, in a language of their own.

use std::time::Duration;

use assay::domain::FailureKind;

use super::rig::{Rig, ask, good, kind, send};
use crate::chaos::{json, response};
use crate::chaos_thread::Chaos;

fn limited(headers: &str) -> Vec<u8> {
    response("429 Too Many Requests", headers, "slow down")
}

#[test]
fn a_server_that_says_how_long_to_wait_is_believed_if_it_can_be() {
    let own_clock = "date: Thu, 01 Jan 2026 00:00:20 GMT\r\nretry-after: Thu, 01 Jan 2026 00:01:00 GMT\r\n";
    for (headers, wait) in [
        ("retry-after: 2\r\n", Duration::from_secs(2)),
        ("retry-after-ms: 1500\r\nretry-after: 9\r\n", Duration::from_millis(1500)),
        // A wrong clock on either side does not matter.
        (own_clock, Duration::from_secs(40)),
        ("retry-after: 3600\r\n", Duration::from_hours(1)),
    ] {
        let mut run = Rig::at(&Chaos::start(vec![vec![send(limited(headers))]])).retries(3).launch();
        assert_eq!(run.first_wait(), wait, "{headers}");
        run.cancel();
    }
    for headers in [
        "",
        "retry-after: -5\r\n",
        "retry-after: 0\r\n",
        "retry-after: soon\r\n",
        "retry-after: 1e300\r\n",
        "retry-after: NaN\r\n",
        "retry-after: 99999999999999999999\r\n",
        "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
    ] {
        let mut run = Rig::at(&Chaos::start(vec![vec![send(limited(headers))]])).retries(3).launch();
        assert!(run.first_wait() <= Duration::from_secs(1), "{headers}: the ordinary wait");
        run.cancel();
    }
    let run = Rig::at(&Chaos::start(vec![vec![send(limited("retry-after: 7200\r\n"))]])).retries(3).run();
    assert_eq!((kind(run.only()), run.only().row.attempts), (Some(FailureKind::RateLimited), 1));
    assert!(run.only().row.failure.as_ref().unwrap().message.contains("asks to wait 7200 s"));
}

#[test]
fn what_was_retried_is_recorded_apart_from_the_good_attempt() {
    let run = Rig::at(&Chaos::start(vec![vec![send(limited("retry-after-ms: 30\r\n"))], good()])).retries(1).run();
    let trial = run.only();
    assert_eq!((kind(trial), trial.row.attempts, trial.body.attempts.len()), (None, 2, 2));
    assert_eq!(trial.body.attempts[1].backoff_us, 30_000);
    assert!(trial.row.waited_us.unwrap() >= 30_000 && trial.row.timing.unwrap().end_us < trial.row.waited_us.unwrap());
}

#[test]
fn a_spent_quota_is_final() {
    for body in [
        r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        r#"{"error":{"type":"billing_error","message":"Your credit balance is too low"}}"#,
    ] {
        let chaos = Chaos::start(vec![vec![send(json("429 Too Many Requests", body))]]);
        let run = Rig::at(&chaos).retries(5).cases(3).run();
        assert!(run.trials.iter().all(|trial| kind(trial) == Some(FailureKind::QuotaSpent) && trial.row.attempts == 1));
        assert_eq!(chaos.requests().len(), 3);
    }
}

#[test]
fn a_failing_server_is_tried_again_and_its_page_is_kept_as_text() {
    let page = "<html><script>alert(1)</script>".to_owned() + &"x".repeat(100_000);
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "529 Overloaded"] {
        let chaos = Chaos::start(vec![vec![send(response(status, "content-type: text/html\r\nretry-after-ms: 5\r\n", &page))]]);
        let run = Rig::at(&chaos).retries(2).run();
        let trial = run.only();
        assert_eq!((kind(trial), trial.row.attempts, chaos.requests().len()), (Some(FailureKind::ServerError), 3, 3), "{status}");
        assert!(trial.body.error_body.starts_with("<html><script>") && trial.body.error_body.len() <= 4096);
        let message = &trial.row.failure.as_ref().unwrap().message;
        assert!(message.contains("web page") && message.chars().count() <= 500, "{message}");
        assert_eq!(trial.row.cost, None);
    }
}

#[test]
fn waits_without_a_wish_of_the_server_are_spread() {
    let chaos = Chaos::start(vec![vec![send(response("503 Service Unavailable", "", ""))]]);
    let mut rig = Rig::at(&chaos).retries(1).cases(16);
    rig.settings.concurrency = 16;
    let run = rig.run();
    let mut waits: Vec<u128> = run.waits.iter().map(|(wait, _)| wait.as_millis()).collect();
    waits.sort_unstable();
    // A host that fails gets 10 retries beyond a fifth of the first tries.
    assert!(waits.len() == 10 && *waits.last().unwrap() <= 1_000, "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 7 && waits.last().unwrap() - waits[0] > 300, "in lock-step: {waits:?}");
}

#[test]
fn a_model_that_is_not_there_is_final_and_names_itself() {
    let body = r#"{"error":{"message":"The model `m` does not exist","code":"model_not_found"}}"#;
    let trial = ask(vec![send(json("404 Not Found", body))]);
    assert_eq!((kind(&trial), trial.row.attempts), (Some(FailureKind::ModelNotFound), 1));
    assert!(trial.row.failure.unwrap().message.contains("“m”"));
}
