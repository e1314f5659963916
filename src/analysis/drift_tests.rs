//! When a target is flagged as slow, and when it is not.

use proptest::prelude::*;

use super::fixtures::{failed, finished};
use super::{Drift, DriftReference, DriftTurn, DriftWatch};
use crate::domain::{ConnectionUse, EarlierLatency, FailureKind, SetUp, Timing, TrialRow, TrialStatus};

fn earlier(n: u64, p95_ms: f64) -> EarlierLatency {
    EarlierLatency { n, p95_ms }
}

fn row(ttft_ms: u64) -> TrialRow {
    finished(0, 0, 0, ttft_ms)
}

fn timed_out() -> TrialRow {
    failed(0, 0, 0, FailureKind::FirstByteTimeout)
}

fn limited(limit_ms: u64) -> DriftWatch {
    DriftWatch::new(true, Some(limit_ms))
}

fn with_history(n: u64, p95_ms: f64) -> DriftWatch {
    let mut watch = DriftWatch::new(true, None);
    assert!(watch.know_history(earlier(n, p95_ms)).is_empty());
    watch
}

fn feed(watch: &mut DriftWatch, rows: impl IntoIterator<Item = TrialRow>) -> Vec<DriftTurn> {
    rows.into_iter().flat_map(|row| watch.ended(&row)).collect()
}

fn rows(count: usize, ttft_ms: u64) -> Vec<TrialRow> {
    vec![row(ttft_ms); count]
}

fn changed(change: impl FnOnce(&mut Timing)) -> TrialRow {
    let mut row = row(500);
    row.timing.as_mut().map(change);
    row
}

#[test]
fn nineteen_trials_are_not_enough() {
    for mut watch in [limited(200), with_history(100, 200.0)] {
        assert!(feed(&mut watch, rows(19, 5_000)).is_empty());
        let [DriftTurn { raised: true, drift }] = feed(&mut watch, rows(1, 5_000))[..] else { panic!("{watch:?}") };
        assert_eq!((drift.n, drift.slower, drift.timed_out, drift.p95_ms), (20, 20, 0, Some(5_000.0)));
        assert_eq!(watch.raised(), [drift]);
    }
    let mut watch = with_history(19, 200.0);
    assert!(feed(&mut watch, rows(100, 5_000)).is_empty(), "19 earlier answers are no history");
}

#[test]
fn a_window_that_recovers_takes_the_flag_down_and_not_before() {
    let mut watch = with_history(1_000, 200.0);
    assert_eq!(feed(&mut watch, rows(60, 400)).len(), 1);
    assert!(feed(&mut watch, rows(189, 100)).is_empty(), "11 of 200 are still slow, more than a twentieth");
    let figures = |drift: &Drift| (drift.n, drift.slower);
    assert_eq!(watch.raised().iter().map(figures).collect::<Vec<_>>(), [(200, 11)], "the flag tells how it stands");
    let turns = feed(&mut watch, rows(10, 100));
    assert!(matches!(turns[..], [DriftTurn { raised: false, drift }] if drift.p95_ms <= Some(200.0)), "{turns:?}");
    assert!(watch.raised().is_empty());
    assert_eq!(feed(&mut watch, rows(200, 400)).len(), 1, "it can be raised again");
}

#[test]
fn a_timeout_counts_as_slower_than_anything() {
    let mut watch = limited(3_600_000);
    let turns = feed(&mut watch, std::iter::repeat_n(timed_out(), 20));
    let [DriftTurn { raised: true, drift }] = turns[..] else { panic!("{turns:?}") };
    assert_eq!((drift.p95_ms, drift.n, drift.slower, drift.timed_out), (None, 20, 20, 20));
    // A few of them take up their ranks: the p95 is still that of an answer.
    let mut watch = limited(400);
    let turns = feed(&mut watch, rows(50, 500).into_iter().chain([timed_out(), timed_out()]).chain(rows(1, 500)));
    assert!(matches!(turns[..], [DriftTurn { raised: true, .. }]), "{turns:?}");
    let [drift] = watch.raised() else { panic!("{watch:?}") };
    assert_eq!((drift.p95_ms, drift.n, drift.slower, drift.timed_out), (Some(500.0), 53, 53, 2));
}

#[test]
fn what_says_nothing_about_the_target_does_not_count() {
    let other = failed(0, 0, 0, FailureKind::RateLimited);
    let cancelled = TrialRow { status: TrialStatus::Cancelled, ..row(500) };
    let mut slept_timeout = timed_out();
    slept_timeout.timing.as_mut().unwrap().slept_us = 1;
    let never_sent = TrialRow { timing: None, ..other.clone() };
    let slept = changed(|timing| timing.slept_us = 1);
    let not_streamed = changed(|timing| timing.streamed = false);
    for row in [other, cancelled, slept_timeout, never_sent, slept, not_streamed] {
        let mut watch = limited(1);
        assert!(feed(&mut watch, vec![row.clone(); 50]).is_empty(), "{row:?}");
    }
}

#[test]
fn a_busy_computer_makes_no_target_slow() {
    let late = |late_us| changed(|timing| timing.load_delay_us = Some(late_us));
    let turns = feed(&mut limited(400), vec![late(99_000); 20]);
    assert!(matches!(turns[..], [DriftTurn { raised: true, drift }] if drift.p95_ms == Some(401.0)), "the least that it took: {turns:?}");
    let mut watch = limited(400);
    assert!(feed(&mut watch, vec![late(100_000); 50]).is_empty(), "it may have been in time");
    assert!(feed(&mut watch, rows(19, 500)).is_empty(), "those do not count at all");
    assert_eq!(feed(&mut watch, rows(1, 500)).len(), 1);
    // What was fast even so was fast.
    let turns = feed(
        &mut watch,
        vec![TrialRow { timing: late(90_000).timing.map(|timing| Timing { first_content_us: Some(9_000), ..timing }), ..row(1) }; 200],
    );
    assert!(matches!(turns[..], [DriftTurn { raised: false, .. }]), "{turns:?}");
}

#[test]
fn without_streams_it_is_the_total() {
    let whole = changed(|timing| timing.streamed = false);
    let mut watch = DriftWatch::new(false, Some(1_000));
    let turns = feed(&mut watch, vec![whole; 20]);
    assert!(matches!(turns[..], [DriftTurn { raised: true, drift }] if drift.p95_ms == Some(1_500.0)), "{turns:?}");
    assert!(feed(&mut DriftWatch::new(false, Some(1_000)), rows(20, 5_000)).is_empty(), "these were streamed after all");
}

#[test]
fn the_set_up_of_connections_is_no_drift_but_counts_under_a_limit() {
    let over =
        |connection, connect_us| changed(|timing| timing.set_up = Some(SetUp { connection, dns_us: None, connect_us, proxied: false }));
    let new = over(ConnectionUse::New, Some(400_000));
    assert!(feed(&mut with_history(100, 100.0), vec![new.clone(); 100]).is_empty());
    assert!(feed(&mut with_history(100, 100.0), vec![over(ConnectionUse::Awaited, None); 100]).is_empty());
    assert_eq!(feed(&mut with_history(100, 100.0), vec![over(ConnectionUse::Reused, None); 100]).len(), 1);
    assert_eq!(feed(&mut limited(400), vec![new; 20]).len(), 1);
}

#[test]
fn a_small_change_is_not_worth_a_flag() {
    assert!(feed(&mut with_history(1_000, 400.0), rows(200, 499)).is_empty());
    assert_eq!(feed(&mut with_history(1_000, 400.0), rows(200, 500)).len(), 1);
    assert_eq!(feed(&mut limited(499), rows(200, 500)).len(), 1, "a limit is one");
}

#[test]
fn few_earlier_answers_prove_less() {
    // 12 of 60 are slow: far more than a twentieth, but a p95 of 20 answers is often one that a fifth is above.
    let some_slow = || (0..60).map(|at| row(if at % 5 == 4 { 900 } else { 100 }));
    assert_eq!(feed(&mut with_history(1_000, 200.0), some_slow()).len(), 1);
    assert!(feed(&mut with_history(20, 200.0), some_slow()).is_empty());
    assert_eq!(feed(&mut with_history(20, 200.0), rows(20, 900)).len(), 1);
}

#[test]
fn both_references_are_watched_and_history_may_come_late() {
    let mut watch = limited(300);
    assert_eq!(feed(&mut watch, rows(30, 400)).len(), 1);
    let [turn] = watch.know_history(earlier(50, 200.0))[..] else { panic!("{watch:?}") };
    assert!(turn.raised && matches!(turn.drift.reference, DriftReference::History(_)));
    assert_eq!(watch.raised().len(), 2);
    let turns = feed(&mut watch, rows(200, 250));
    assert!(matches!(turns[..], [DriftTurn { raised: false, drift }] if drift.reference == DriftReference::Limit(300)), "{turns:?}");
}

/// As many latencies of a provider whose answers take about 300 ms and now and then far longer.
fn usual(random: &mut fastrand::Rng) -> u64 {
    let gauss: f64 = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    (300_000.0 * (0.6 * gauss).exp()) as u64
}

fn usual_row(random: &mut fastrand::Rng, times: u64) -> TrialRow {
    let us = usual(random) * times;
    changed(|timing| timing.first_content_us = Some(us))
}

#[test]
fn a_target_as_fast_as_ever_is_hardly_ever_flagged_and_a_slow_one_nearly_always() {
    let mut random = fastrand::Rng::with_seed(1927);
    for n in [20, 100, 1_000] {
        let mut flagged = [0, 0];
        for (flagged, times) in flagged.iter_mut().zip([1, 3]) {
            for _ in 0..100 {
                let before = super::Quantiles::of((0..n).map(|_| usual(&mut random) as f64 / 1e3).collect());
                let mut watch = with_history(n, before.p95.unwrap());
                *flagged += u32::from((0..300).any(|_| !watch.ended(&usual_row(&mut random, times)).is_empty()));
            }
        }
        assert!(flagged[0] <= 6 && flagged[1] >= 95, "{n} earlier answers: {flagged:?} of 100");
    }
}

proptest! {
    #[test]
    fn nothing_at_or_under_the_threshold_is_flagged(ttfts in proptest::collection::vec(0..=500u64, 0..400), n in 20..2_000u64) {
        let mut watch = limited(500);
        watch.know_history(earlier(n, 500.0));
        for ttft_ms in ttfts {
            prop_assert!(watch.ended(&row(ttft_ms)).is_empty());
        }
    }

    #[test]
    fn what_is_told_adds_up(latencies in proptest::collection::vec(proptest::option::of(1..2_000u64), 1..300), limit_ms in 1..2_000u64) {
        let mut watch = limited(limit_ms);
        let mut is_raised = false;
        for latency in latencies {
            for turn in watch.ended(&latency.map_or_else(timed_out, row)) {
                prop_assert!(turn.raised != is_raised);
                is_raised = turn.raised;
                let Drift { n, slower, timed_out, p95_ms, .. } = turn.drift;
                prop_assert!(timed_out <= slower && slower <= n && n <= 200);
                prop_assert_eq!(p95_ms.is_none_or(|p95_ms| p95_ms > limit_ms as f64), turn.raised);
                prop_assert!(p95_ms.is_none_or(|p95_ms| p95_ms < 2_000.0));
            }
            prop_assert_eq!(watch.raised().len(), usize::from(is_raised));
        }
    }
}
