//! Where refusals begin.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rust_decimal::Decimal;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::super::testing::{blank_report, ms, one_a_token, usage};
use super::super::{Ramp, ramp, ramp_requests, ramp_worst_cost};
use crate::domain::{Amendment, FailureKind, FoundBound, RampEnd, RampOutcome, RampRung, Spelling};
use crate::provider::{AttemptReport, BoxFuture, CallError, ChatRequest, Delta, Provider};

/// A server with limits. Each answer takes 100 ms.
#[derive(Default)]
struct Limited {
    at_once: Option<u32>,
    /// A bucket that fills within a minute.
    per_minute: Option<u32>,
    breaks_at: Option<u32>,
    /// What it asks for with a refusal.
    retry_after: Option<Duration>,
    /// It wants `max_completion_tokens`.
    newer: bool,
    in_flight: AtomicU32,
    calls: AtomicU32,
    taken: Mutex<Vec<Instant>>,
}

impl Provider for Limited {
    fn attempt<'a>(&'a self, request: &'a ChatRequest, _: &'a mut (dyn FnMut(Delta<'_>) + Send)) -> BoxFuture<'a, AttemptReport> {
        Box::pin(async move {
            assert!(request.params.max_tokens.is_some_and(|most| most <= 16) && !request.stream);
            let started = Instant::now();
            let fails = |kind, status| {
                let error = CallError { kind, message: "scripted".to_owned(), retryable: true };
                AttemptReport { started, result: Err(error), http_status: Some(status), ..blank_report() }
            };
            let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            if self.breaks_at.is_some_and(|at| call >= at) {
                return fails(FailureKind::QuotaSpent, 429);
            }
            if self.newer && !request.spelling.max_completion_tokens {
                let amendment = Some(Amendment::MaxCompletionTokens);
                return AttemptReport { amendment, ..fails(FailureKind::BadRequest, 400) };
            }
            let recent = self.taken.lock().unwrap().iter().filter(|at| at.elapsed() < Duration::from_mins(1)).count() as u32;
            let open = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            let refused = self.at_once.is_some_and(|most| open > most) || self.per_minute.is_some_and(|most| recent >= most);
            if !refused {
                self.taken.lock().unwrap().push(started);
            }
            sleep(ms(if refused { 1 } else { 100 })).await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            if refused {
                AttemptReport { retry_after: self.retry_after, ..fails(FailureKind::RateLimited, 429) }
            } else {
                AttemptReport { started, usage: Some(usage(10, 5)), ..blank_report() }
            }
        })
    }
}

fn asked(provider: Arc<Limited>, ceiling: u32, stop: watch::Receiver<bool>) -> Ramp {
    Ramp { provider, model: "m".to_owned(), spelling: Spelling::default(), ceiling, price: Some(one_a_token()), stop }
}

async fn climb(server: Limited, ceiling: u32) -> (RampEnd, Vec<RampRung>, u32) {
    let server = Arc::new(server);
    let (_stop, stop) = watch::channel(false);
    let mut rungs = Vec::new();
    let end = ramp(asked(Arc::clone(&server), ceiling, stop), |rung| rungs.push(rung)).await;
    let calls = server.calls.load(Ordering::SeqCst);
    assert_eq!(end.requests, calls);
    assert!(calls <= ramp_requests(ceiling) && end.cost.unwrap() <= ramp_worst_cost(&one_a_token(), ceiling).unwrap());
    (end, rungs, calls)
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_requests_at_once_is_found() {
    let (end, rungs, _) = climb(Limited { at_once: Some(10), ..Limited::default() }, 64).await;
    assert_eq!(end.outcome, RampOutcome::Found(FoundBound::AtOnce(8)));
    assert_eq!(rungs.iter().map(|rung| rung.at_once).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 8]);
    assert_eq!((rungs[4].refused, rungs[5].again, rungs[5].answered), (6, true, 16));
    assert_eq!(end.cost, Some(Decimal::from(15 * (30 + 10 + 16))));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_requests_a_minute_is_found() {
    let (end, _, _) = climb(Limited { per_minute: Some(50), ..Limited::default() }, 64).await;
    assert_eq!(end.outcome, RampOutcome::Found(FoundBound::PerMinute(50)));
}

#[tokio::test(start_paused = true)]
async fn without_a_refusal_the_ceiling_is_all_that_is_known() {
    let (end, _, calls) = climb(Limited::default(), 16).await;
    assert_eq!((end.outcome, calls), (RampOutcome::Found(FoundBound::NotBelow(16)), 62));
}

#[tokio::test(start_paused = true)]
async fn another_failure_ends_it() {
    let (end, rungs, calls) = climb(Limited { breaks_at: Some(4), ..Limited::default() }, 16).await;
    assert!(matches!(&end.outcome, RampOutcome::Failed(failure) if failure.kind == FailureKind::QuotaSpent), "{end:?}");
    assert_eq!(rungs.len(), 1);
    assert!(calls <= 4);
    let (end, _, _) = climb(Limited { per_minute: Some(0), ..Limited::default() }, 16).await;
    assert!(matches!(end.outcome, RampOutcome::Failed(failure) if failure.kind == FailureKind::RateLimited));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_other_words_is_asked_in_them() {
    let (end, rungs, calls) = climb(Limited { newer: true, ..Limited::default() }, 16).await;
    assert_eq!((end.outcome, rungs.len(), calls), (RampOutcome::Found(FoundBound::NotBelow(16)), 5, 63));
    assert_eq!(end.learnt, [Amendment::MaxCompletionTokens]);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_stopped() {
    let (stop_in, stop) = watch::channel(false);
    let climbing = tokio::spawn(ramp(asked(Arc::new(Limited::default()), 64, stop), |_rung| {}));
    sleep(ms(650)).await;
    stop_in.send(true).unwrap();
    let end = climbing.await.unwrap();
    assert_eq!((end.outcome, end.requests), (RampOutcome::Stopped, 22));
    // 14 answers, and eight that may cost what they can.
    assert_eq!(end.cost, Some(Decimal::from(14 * 15 + 8 * (150 + 16))));
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_it_begins_sends_nothing_and_one_in_a_wait_ends_it() {
    for (stop_at_ms, sent) in [(0, 0), (500, 2 + 4)] {
        let (stop_in, stop) = watch::channel(stop_at_ms == 0);
        let provider = Arc::new(Limited { at_once: Some(1), retry_after: Some(ms(4_000)), ..Limited::default() });
        let begun = Instant::now();
        let climbing = tokio::spawn(ramp(asked(provider, 64, stop), |_rung| {}));
        sleep(ms(stop_at_ms)).await;
        stop_in.send(true).unwrap();
        let end = climbing.await.unwrap();
        assert_eq!(end.outcome, RampOutcome::Stopped);
        assert!(end.requests <= sent && begun.elapsed() <= ms(stop_at_ms + 10), "{end:?} after {:?}", begun.elapsed());
    }
}
