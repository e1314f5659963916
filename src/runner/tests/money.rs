//! The cap on spending, seen from the provider's side and from the bill.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tokio::time::sleep;

use super::super::budget::input_bound_tokens;
use super::super::order::draw;
use super::super::testing::{Bench, Call, Ran, Reply, ms, one_a_token, usage};
use super::super::{ASSUMED_MAX_OUTPUT_TOKENS, RunControl, WorkItem};
use crate::domain::{Currency, FailureKind, Money, Price, PriceStanding, RunEventKind, StopReason, TokenCounter, TrialStatus, UsageSource};

pub(super) fn usd(amount: u32) -> Money {
    Money { amount: amount.into(), currency: Currency::usd() }
}

/// One unit a token; prompts of 12 bytes, so 156 tokens of input at most, and 44 of output: 200 are reserved.
fn capped(cases: usize, cap: u32) -> Bench {
    let mut bench = Bench::new(cases, 1);
    bench.plan.targets[0].price = Some(one_a_token());
    bench.plan.settings.params.max_tokens = Some(44);
    bench.plan.settings.cap = Some(usd(cap));
    bench
}

fn spent(ran: &Ran) -> Decimal {
    ran.trials.iter().map(|trial| trial.row.cost.unwrap()).sum()
}

#[tokio::test(start_paused = true)]
async fn room_for_three_admits_three_and_what_comes_back_is_used() {
    // Each costs 15 of the 200 reserved, and the first goes alone.
    let ran = capped(16, 615).run().await;
    assert_eq!((ran.peak, ran.reason, ran.count(TrialStatus::Finished)), (3, StopReason::Complete, 16));
    assert_eq!(spent(&ran), Decimal::from(16 * 15));
}

#[tokio::test(start_paused = true)]
async fn a_run_stops_when_no_trial_fits_any_more_and_leaves_the_rest_unsent() {
    let ran = capped(100, 600).run().await;
    // 400 can be spent before a reservation of 200 no longer fits: the 27th starts at 390, the 28th would at 405.
    assert_eq!((ran.reason, ran.trials.len(), spent(&ran)), (StopReason::Capped, 27, Decimal::from(405)));
    let resumed = Bench { spent_before: Decimal::from(405), ..capped(73, 600) }.run().await;
    assert_eq!((resumed.reason, resumed.calls.len()), (StopReason::Capped, 0));
}

#[tokio::test(start_paused = true)]
async fn a_target_without_a_price_in_the_currency_is_not_sent_under_a_cap() {
    let mut bench = Bench::new(2, 3);
    bench.plan.settings.cap = Some(usd(1_000_000));
    bench.plan.targets[1].price = Some(Price::flat(1.into(), 1.into(), Currency::new("CNY").unwrap(), PriceStanding::List, "test"));
    bench.plan.targets[2].price = Some(Price::local());
    let ran = bench.run().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Failed), ran.calls_of(2).len(), ran.calls.len()), (StopReason::Complete, 4, 2, 2));
    for trial in ran.trials.iter().filter(|trial| trial.row.cell.target_index < 2) {
        assert_eq!((trial.row.failure.as_ref().unwrap().kind, trial.row.attempts), (FailureKind::PriceUnknown, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_does_not_fit_leaves_the_others_running() {
    let mut bench = capped(10, 199);
    let mut free = bench.plan.targets[0].clone();
    free.price = Some(Price::local());
    bench.plan.targets.push(free);
    let ran = bench.run().await;
    assert_eq!((ran.reason, ran.calls_of(0).len(), ran.calls_of(1).len(), ran.trials.len()), (StopReason::Capped, 0, 10, 10));
}

#[tokio::test(start_paused = true)]
async fn without_max_tokens_a_bound_is_sent_and_said() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let script = {
        let sent = Arc::clone(&sent);
        move |call: &Call<'_>| {
            sent.lock().unwrap().push(call.request.params.max_tokens);
            Reply::answer(1)
        }
    };
    let mut bench = capped(1, 1_000_000).script(script);
    bench.plan.settings.params.max_tokens = None;
    let ran = bench.run().await;
    assert_eq!(*sent.lock().unwrap(), [Some(ASSUMED_MAX_OUTPUT_TOKENS)]);
    assert!(ran.single().row.warnings[0].contains("8192"), "{:?}", ran.single().row.warnings);
}

#[tokio::test(start_paused = true)]
async fn failures_before_an_answer_cost_nothing_and_attempts_add_up() {
    let script = |call: &Call<'_>| match call.number {
        1 => Reply::fail(1, FailureKind::RateLimited, Some(429)),
        2 => Reply { usage: Some(usage(20, 0)), ..Reply::server_error(1) },
        _ => Reply::answer(1),
    };
    let ran = capped(1, 1_000).script(script).run().await;
    let costs: Vec<_> = ran.single().body.attempts.iter().map(|attempt| attempt.cost.unwrap()).collect();
    assert_eq!((costs[0], costs[2], spent(&ran)), (0.into(), 15.into(), costs.iter().sum()));
    assert!(costs[1] >= 20.into());
}

#[tokio::test(start_paused = true)]
async fn under_a_cap_what_broke_off_or_was_stopped_costs_all_that_was_reserved_for_it() {
    let cut = |_: &Call<'_>| Reply { usage: None, ..Reply::fail(10, FailureKind::IdleTimeout, None) };
    let ran = capped(1, 300).script(cut).run().await;
    assert_eq!((spent(&ran), ran.single().row.status), (200.into(), TrialStatus::Failed));
    assert!(ran.single().row.warnings.iter().any(|warning| warning.contains("under the cap")), "{:?}", ran.single().row.warnings);
    let running = capped(1, 300).script(|_| Reply::hang(10, "half")).start();
    sleep(ms(50)).await;
    running.control.send(RunControl::Cancelled).unwrap();
    assert_eq!(spent(&running.finish().await), Decimal::from(200));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_no_longer_fits_ends_its_trial() {
    let script = |call: &Call<'_>| match (call.request.messages[0].content.as_str(), call.number) {
        ("prompt 00000", 1) => Reply { retry_after: Some(ms(5_000)), ..Reply::server_error(1) },
        _ => Reply { usage: Some(usage(100, 44)), ..Reply::answer(10) },
    };
    let ran = capped(4, 600).script(script).run().await;
    assert_eq!(ran.reason, StopReason::Capped);
    let failed: Vec<_> = ran.trials.iter().filter_map(|trial| trial.row.failure.as_ref()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].kind, failed[0].message.contains("scripted server_error")), (FailureKind::OverBudget, true));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_counts_more_than_it_can_is_reserved_for_from_then_on() {
    let ran = capped(10, 2_000).script(with_a_hidden_prompt).settings(|settings| settings.concurrency = 1).run().await;
    assert_eq!((ran.reason, ran.trials.len(), spent(&ran)), (StopReason::Capped, 1, Decimal::from(1_059)));
    assert!(ran.single().row.warnings.iter().any(|warning| warning.contains("reserved")));
}

/// It adds 1,000 tokens to each prompt: 1,059 instead of the 200 that are reserved before that is known.
fn with_a_hidden_prompt(_: &Call<'_>) -> Reply {
    Reply { usage: Some(usage(1_054, 5)), ..Reply::answer(10) }
}

#[tokio::test(start_paused = true)]
async fn one_request_shows_what_a_provider_counts_before_many_are_sent() {
    let ran = capped(40, 8_000).script(with_a_hidden_prompt).settings(|settings| settings.concurrency = 16).run().await;
    // 1,098 are reserved from the second on: the seventh starts at 6,354, the eighth would at 7,413.
    assert_eq!((ran.reason, ran.trials.len(), spent(&ran)), (StopReason::Capped, 7, Decimal::from(7 * 1_059)));
    assert_eq!(ran.calls.iter().filter(|(_, at)| *at < ms(10)).count(), 1);
    assert!(ran.peak > 1, "once it is known, many are sent");
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_knows_what_its_providers_counted_before() {
    let first = capped(40, 2_000).script(with_a_hidden_prompt).run().await;
    assert_eq!(spent(&first), Decimal::from(1_059));
    let counted = first.trials.iter().map(|trial| (trial.row.cell, trial.row.usage.unwrap())).collect();
    let work = first.plan.cells().filter(|cell| *cell != first.single().row.cell).map(|cell| WorkItem { cell, supersedes: None });
    let resumed =
        Bench { work: Some(work.collect()), counted, spent_before: 1_059.into(), ..capped(40, 2_000).script(with_a_hidden_prompt) };
    let resumed = resumed.run().await;
    assert_eq!((resumed.reason, resumed.calls.len()), (StopReason::Capped, 0));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_counts_nothing_is_not_asked_one_by_one_for_ever() {
    let ran = capped(10, 10_000).script(|_| Reply { usage: None, ..Reply::answer(10) }).run().await;
    assert_eq!((ran.reason, ran.peak), (StopReason::Complete, 9));
    // Nobody knows what they cost, so each costs all that was reserved for it.
    assert_eq!(spent(&ran), Decimal::from(10 * 200));
    for trial in &ran.trials {
        assert_eq!(trial.row.usage.unwrap().source, UsageSource::Estimated);
        assert!(trial.row.warnings.iter().any(|warning| warning.contains("under the cap")), "{:?}", trial.row.warnings);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reservation_is_stored_before_the_stopwatch_starts() {
    let script = |call: &Call<'_>| if call.number == 1 { Reply::server_error(5) } else { Reply::answer(10) };
    let mut bench = capped(1, 1_000).script(script);
    bench.recorder.delay = ms(700);
    let reserved = Arc::clone(&bench.recorder.reserved);
    let ran = bench.run().await;
    let row = &ran.single().row;
    let backoff_us = ran.single().body.attempts[1].backoff_us;
    assert_eq!((row.status, row.queue_us, row.waited_us), (TrialStatus::Finished, Some(5_000 + backoff_us), Some(15_000 + backoff_us)));
    assert_eq!(ran.calls_of(0)[0], ms(700));
    assert!(reserved.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_spent_and_set_aside_is_told() {
    let mut bench = capped(16, 615);
    bench.recorder.delay = ms(30);
    let ran = bench.run().await;
    let told: Vec<(Decimal, Decimal)> = ran
        .events
        .iter()
        .filter_map(|(_, kind)| if let RunEventKind::Money { spent, reserved } = kind { Some((*spent, *reserved)) } else { None })
        .collect();
    assert_eq!((told.first(), told.last()), (Some(&(0.into(), 0.into())), Some(&(Decimal::from(16 * 15), 0.into()))));
    assert!(told.iter().any(|(_, reserved)| *reserved >= Decimal::from(200)), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_cap_nothing_waits_for_a_reservation() {
    let mut bench = Bench::new(1, 1);
    bench.recorder.delay = ms(700);
    assert_eq!(bench.run().await.calls_of(0), [ms(0)]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_reserved_is_not_sent_until_it_can() {
    let mut bench = capped(3, 1_000);
    bench.recorder.refusals = Arc::new(AtomicUsize::new(4));
    let ran = bench.run().await;
    // Refused at 0, 0.5, 1.5 and 3.5 s.
    assert_eq!((ran.reason, ran.trials.len(), ran.calls_of(0)[0]), (StopReason::Complete, 3, ms(7_500)));
    let told = ran.events.iter().filter(|(_, kind)| matches!(kind, RunEventKind::NothingSent { .. })).count();
    assert_eq!(told, 1);
    assert!(ran.trials.iter().all(|trial| trial.row.waited_us == Some(10_000)));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_waits_for_no_reservation() {
    for delay in [ms(0), ms(300)] {
        let mut bench = capped(3, 1_000);
        bench.recorder.delay = delay;
        bench.recorder.refusals = Arc::new(AtomicUsize::new(usize::MAX));
        let running = bench.start();
        sleep(ms(1_200)).await;
        running.control.send(RunControl::Cancelled).unwrap();
        let ran = running.finish().await;
        assert_eq!((ran.reason, ran.trials.len(), ran.calls.len()), (StopReason::Cancelled, 0, 0));
        assert!(ran.took < ms(2_000), "{:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_what_waits_for_its_reservation() {
    let mut bench = capped(2, 1_000);
    bench.recorder.delay = ms(100);
    let running = bench.start();
    sleep(ms(50)).await;
    running.control.send(RunControl::Paused).unwrap();
    sleep(ms(5_000)).await;
    assert_eq!(running.seen.calls.lock().unwrap().len(), 0);
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished), spent(&ran)), (StopReason::Complete, 2, Decimal::from(30)));
}

#[tokio::test(start_paused = true)]
async fn what_a_pause_or_a_cancel_gives_back_is_set_aside_no_more() {
    // The reservation is being stored, or just was not, when the wish comes.
    for wish in [RunControl::Paused, RunControl::Cancelled] {
        let mut bench = capped(2, 1_000);
        bench.recorder.delay = ms(100);
        let reserved = Arc::clone(&bench.recorder.reserved);
        let running = bench.start();
        sleep(ms(50)).await;
        running.control.send(wish).unwrap();
        sleep(ms(149)).await;
        assert_eq!(reserved.lock().unwrap().len(), 1, "stored at 100 ms, and not yet taken away");
        sleep(ms(2)).await;
        assert!(reserved.lock().unwrap().is_empty(), "killed now, nothing would count as lost");
        running.control.send(RunControl::Running).ok();
        let ran = running.finish().await;
        let sent = if wish == RunControl::Paused { 2 } else { 0 };
        assert_eq!((ran.calls.len(), ran.trials.len()), (sent, sent));
        assert!(reserved.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_earlier_attempts_cost_stays_set_aside() {
    let script = |call: &Call<'_>| match call.number {
        1 => Reply { usage: Some(usage(20, 0)), retry_after: Some(ms(1_000)), ..Reply::server_error(10) },
        _ => Reply::answer(10),
    };
    let mut bench = capped(1, 1_000).script(script);
    bench.recorder.delay = ms(100);
    let reserved = Arc::clone(&bench.recorder.reserved);
    let running = bench.start();
    // Reserved by 100 ms, failed at 110, reserved for again from 1,110 on.
    sleep(ms(1_150)).await;
    running.control.send(RunControl::Paused).unwrap();
    sleep(ms(200)).await;
    let kept: Vec<Decimal> = reserved.lock().unwrap().values().copied().collect();
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    let costs: Vec<Decimal> = ran.single().body.attempts.iter().map(|attempt| attempt.cost.unwrap()).collect();
    assert!(costs.len() == 2 && costs[0] > Decimal::ZERO);
    assert_eq!((kept, reserved.lock().unwrap().len()), (vec![costs[0]], 0));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_another_attempt_keeps_only_its_costs_aside() {
    // Where something was counted, nobody knows what it cost, and all of it counts.
    for (counted, cost) in [(None, 0), (Some(usage(20, 0)), 200)] {
        let script = move |call: &Call<'_>| match call.number {
            1 => Reply { usage: counted, retry_after: Some(ms(60_000)), ..Reply::server_error(10) },
            _ => Reply::answer(10),
        };
        let bench = capped(1, 1_000).script(script);
        let reserved = Arc::clone(&bench.recorder.reserved);
        let running = bench.start();
        sleep(ms(5)).await;
        let in_flight: Decimal = reserved.lock().unwrap().values().sum();
        sleep(ms(1_000)).await;
        let waiting: Decimal = reserved.lock().unwrap().values().sum();
        assert_eq!((in_flight, waiting), (Decimal::from(200), Decimal::from(cost)), "killed now, nothing was in flight");
        let ran = running.finish().await;
        assert_eq!((spent(&ran), reserved.lock().unwrap().len()), (Decimal::from(cost + 15), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_that_cannot_be_stored_sets_too_much_aside_and_never_too_little() {
    let mut bench = capped(2, 1_000);
    bench.recorder.delay = ms(100);
    let (reserved, refusals) = (Arc::clone(&bench.recorder.reserved), Arc::clone(&bench.recorder.refusals));
    let running = bench.start();
    sleep(ms(50)).await;
    running.control.send(RunControl::Paused).unwrap();
    refusals.store(1, Ordering::SeqCst);
    sleep(ms(300)).await;
    assert_eq!(reserved.lock().unwrap().len(), 1);
    running.control.send(RunControl::Running).unwrap();
    let ran = running.finish().await;
    assert_eq!((ran.reason, ran.count(TrialStatus::Finished), reserved.lock().unwrap().len()), (StopReason::Complete, 2, 0));
    assert!(!ran.events.iter().any(|(_, kind)| matches!(kind, RunEventKind::NothingSent { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_given_back_after_its_connection_was_given_up_ends() {
    let mut bench = capped(3, 10_000);
    let refusals = Arc::clone(&bench.recorder.refusals);
    bench.recorder.delay = ms(100);
    let running = bench
        .script(move |call| match (call.request.messages[0].content.as_str(), call.number) {
            ("prompt 00001", 1) => {
                Reply { retry_after: Some(Duration::from_secs(601)), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) }
            }
            ("prompt 00001", _) => {
                // The archive takes nothing for half a minute.
                refusals.store(8, Ordering::SeqCst);
                Reply::fail(20_000, FailureKind::RateLimited, Some(429))
            }
            ("prompt 00002", 1) => Reply { retry_after: Some(Duration::from_secs(606)), ..Reply::server_error(5) },
            _ => Reply::answer(10),
        })
        .start();
    // The second refusal, after so long a wait, gives the connection up while the third case waits for its reservation.
    sleep(Duration::from_secs(625)).await;
    assert_eq!(running.seen.calls.lock().unwrap().len(), 4);
    running.control.send(RunControl::Paused).unwrap();
    sleep(Duration::from_secs(100)).await;
    running.control.send(RunControl::Running).ok();
    let ran = tokio::time::timeout(Duration::from_hours(1), running.finish()).await.expect("the run ends");
    assert_eq!((ran.calls.len(), ran.count(TrialStatus::Failed), ran.count(TrialStatus::Finished)), (4, 2, 1));
    let last = ran.trials.iter().find(|trial| trial.row.cell.case_index == 2).unwrap();
    assert_eq!(last.row.failure.as_ref().unwrap().kind, FailureKind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn the_tokenizer_is_not_loaded_without_need() {
    struct Untouched;
    impl TokenCounter for Untouched {
        fn count_tokens(&self, _text: &str) -> u64 {
            panic!("the tokenizer was loaded")
        }
    }
    let script = |call: &Call<'_>| if call.number == 1 { Reply::fail(1, FailureKind::RateLimited, Some(429)) } else { Reply::answer(1) };
    for bench in [Bench::new(5, 2), capped(5, 10_000)] {
        let ran = Bench { counter: Arc::new(Untouched), ..bench.script(script) }.run().await;
        assert!(ran.trials.iter().all(|trial| trial.row.status == TrialStatus::Finished && trial.row.warnings.is_empty()));
    }
}

/// Adds up, at the provider, what every call has cost, or may still cost while it is in flight.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) committed: Decimal,
    pub(super) highest: Decimal,
}

/// A call in flight; when it is over, what it may cost becomes what it did cost.
pub(super) struct Entry {
    ledger: Arc<Mutex<Ledger>>,
    worst: Decimal,
    actual: Decimal,
}

impl Entry {
    pub(super) fn open(ledger: &Arc<Mutex<Ledger>>, worst: Decimal, actual: Decimal) -> Arc<Self> {
        assert!(actual <= worst);
        let mut book = ledger.lock().unwrap();
        book.committed += worst;
        book.highest = book.highest.max(book.committed);
        Arc::new(Self { ledger: Arc::clone(ledger), worst, actual })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ledger.lock().unwrap().committed += self.actual - self.worst;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Random prices, costs, failures, pauses and cancels: whenever a call starts, all that has been spent and all that the calls in flight
    /// may cost is within the cap; the bill is; nothing was left out that would have fitted; and nothing stays set aside.
    #[test]
    fn the_cap_holds_at_every_instant(
        seed in any::<u64>(),
        cap in 100u32..6_000,
        spent_before in 0u32..200,
        concurrency in 1u32..12,
        cancel_ms in proptest::option::of(0u64..400),
        store_ms in 0u64..20,
        pauses_ms in proptest::collection::vec((0u64..60, 0u64..60), 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut bench = Bench::new(12, 3).settings(|settings| (settings.concurrency, settings.seed) = (concurrency, seed));
            bench.plan.settings.cap = Some(usd(cap));
            bench.plan.settings.params.max_tokens = Some(50);
            for (at, target) in bench.plan.targets.iter_mut().enumerate() {
                let per_token = Decimal::from(1_000_000 * (draw(seed, &[at as u64]) % 4));
                target.price = Some(Price::flat(per_token, per_token * Decimal::from(3), Currency::usd(), PriceStanding::List, "test"));
            }
            let prices: Vec<Price> = bench.plan.targets.iter().map(|target| target.price.clone().unwrap()).collect();
            let ledger = Arc::new(Mutex::new(Ledger { committed: spent_before.into(), ..Ledger::default() }));
            let script = {
                let (ledger, prices) = (Arc::clone(&ledger), prices.clone());
                let (stored, reserved) = (Arc::clone(&bench.recorder.stored), Arc::clone(&bench.recorder.reserved));
                move |call: &Call<'_>| {
                    let text = call.request.messages[0].content.bytes().fold(0u64, |sum, byte| sum * 31 + u64::from(byte));
                    let draw = draw(seed, &[text, call.target as u64, call.number as u64]);
                    // What is never told is up to chance as well.
                    let used = usage(draw % 157, draw % 51);
                    let price = &prices[call.target];
                    let keeps: Option<Arc<dyn std::any::Any + Send + Sync>> =
                        Some(Entry::open(&ledger, price.worst_cost(156, 50).unwrap(), price.cost(&used).unwrap()));
                    // Killed now, the program finds at least what the provider may charge.
                    let booked: Decimal = stored.lock().unwrap().iter().map(|trial| trial.row.cost.unwrap()).sum();
                    let kept = Decimal::from(spent_before) + booked + reserved.lock().unwrap().values().sum::<Decimal>();
                    assert!(ledger.lock().unwrap().committed <= kept, "{kept} kept of {}", ledger.lock().unwrap().committed);
                    match draw % 6 {
                        0 => Reply { usage: Some(used), keeps, ..Reply::server_error(draw % 40) },
                        1 => Reply { usage: None, keeps, steps: vec![(ms(draw % 40), "cut")], ..Reply::fail(0, FailureKind::Truncated, Some(200)) },
                        2 => Reply { usage: None, keeps, ..Reply::answer(draw % 60) },
                        3 => Reply { usage: None, keeps, ..Reply::fail(draw % 40, FailureKind::FirstByteTimeout, None) },
                        _ => Reply { usage: Some(used), keeps, ..Reply::answer(draw % 60) },
                    }
                }
            };
            bench.recorder.delay = ms(store_ms);
            let reserved = Arc::clone(&bench.recorder.reserved);
            let running = Bench { spent_before: spent_before.into(), ..bench.script(script) }.start();
            for (until_ms, for_ms) in pauses_ms {
                sleep(ms(until_ms)).await;
                running.control.send(RunControl::Paused).ok();
                sleep(ms(for_ms)).await;
                running.control.send(RunControl::Running).ok();
            }
            if let Some(cancel_ms) = cancel_ms {
                sleep(ms(cancel_ms)).await;
                running.control.send(RunControl::Cancelled).ok();
            }
            let ran = running.finish().await;
            assert!(reserved.lock().unwrap().is_empty(), "{reserved:?}");
            let cap = Decimal::from(cap);
            let before = Decimal::from(spent_before);
            if before <= cap {
                assert!(ledger.lock().unwrap().highest <= cap);
                assert!(ran.trials.iter().all(|trial| trial.row.failure.as_ref().is_none_or(|failure| failure.kind != FailureKind::Internal)));
                assert!(before + spent(&ran) <= cap, "{} of {cap}", before + spent(&ran));
                // A resume counts what is stored as spent: never less than what the provider may have charged.
                let charged = ledger.lock().unwrap().committed;
                assert!(charged <= before + spent(&ran), "{charged} charged, {} counted", before + spent(&ran));
            }
            if ran.reason == StopReason::Capped {
                let done: std::collections::BTreeSet<_> = ran.trials.iter().map(|trial| trial.row.cell).collect();
                for cell in ran.plan.cells().filter(|cell| !done.contains(cell)) {
                    let messages = ran.plan.cases[cell.case_index as usize].render().unwrap();
                    let worst = prices[cell.target_index as usize].worst_cost(input_bound_tokens(&messages), 50).unwrap();
                    assert!(before + spent(&ran) + worst > cap, "left out although it fits");
                }
            }
        });
    }
}
