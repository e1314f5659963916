//! Trials: round trips, superseding, texts, judgements.

use jiff::Timestamp;
use proptest::option::of;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::samples::{cell, connection, place, target, trial};
use crate::domain::{
    Attempt, Citations, ConnectionUse, Evidence, Failure, FailureKind, Judgement, Role, SetUp, Thumb, Timing, TransportFault, Trial,
    TrialBody, TrialId, TrialRow, TrialStatus, Usage, UsageSource, WireFormat, output_hash,
};
use crate::store::StoreError;

#[test]
fn the_last_trial_of_a_cell_is_the_current_one() {
    let place = place();
    let plan = place.run(2, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Relay), "m")]);
    let id = plan.id;
    let mut failed = trial(cell(1, 0, 0));
    failed.row.status = TrialStatus::Failed;
    failed.row.failure = Some(Failure { kind: FailureKind::Truncated, message: "cut".to_owned() });
    let first = trial(cell(0, 1, 0));
    let mut second = trial(cell(1, 0, 0));
    second.row.supersedes = Some(failed.row.id);
    for one in [&failed, &second, &first] {
        place.record(id, one);
    }
    assert_eq!(place.read(move |archive| archive.trial_rows(id)), [first.row.clone(), second.row.clone()]);
    assert_eq!(place.read(move |archive| archive.every_trial_row(id)), [first.row.clone(), failed.row.clone(), second.row.clone()]);
    let old = failed.row.id;
    assert_eq!(place.read(move |archive| archive.body(old)), failed.body, "the old one stays");
}

#[test]
fn rows_come_case_by_case_repeat_by_repeat_target_by_target() {
    let place = place();
    let mut plan = place.run(3, vec![target(&connection("A", Role::Official), "m"), target(&connection("B", Role::Relay), "m")]);
    plan.settings.repeats = 2;
    let cells: Vec<_> = plan.cells().collect();
    for cell in cells.iter().rev() {
        place.record(plan.id, &trial(*cell));
    }
    let read: Vec<_> = place.read(move |archive| archive.trial_rows(plan.id)).into_iter().map(|row| row.cell).collect();
    assert_eq!(read, cells);
}

#[test]
fn storing_a_trial_again_changes_nothing() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let one = trial(cell(0, 0, 0));
    place.record(plan.id, &one);
    place.record(plan.id, &one);
    assert_eq!(place.read(move |archive| archive.every_trial_row(plan.id)), std::slice::from_ref(&one.row));
    let id = one.row.id;
    assert_eq!(place.read(move |archive| archive.body(id)), one.body);
}

#[test]
fn a_trial_of_no_run_or_no_target_is_refused() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let stray = trial(cell(0, 1, 0));
    assert!(place.store.write_now(move |archive| archive.record(plan.id, &stray)).is_err());
    let run_id = crate::domain::RunId::draw();
    let lost = trial(cell(0, 0, 0));
    assert_eq!(place.store.write_now(move |archive| archive.record(run_id, &lost)), Err(StoreError::NotFound("run")));
}

#[test]
fn what_is_stored_does_not_change() {
    let place = place();
    let plan = place.run(1, vec![target(&connection("A", Role::Official), "m")]);
    let one = trial(cell(0, 0, 0));
    place.record(plan.id, &one);
    let id = one.row.id;
    place.write(move |archive| archive.judge(id, &Judgement { score: Some(4), ..Judgement::default() }));
    for sql in [
        "UPDATE trials SET cost_nano = 0",
        "DELETE FROM trials",
        "UPDATE trial_bodies SET output = ''",
        "DELETE FROM trial_bodies",
        "UPDATE attempts SET cost_nano = 0",
        "DELETE FROM attempts",
        "UPDATE judgements SET score = 1",
        "DELETE FROM judgements",
    ] {
        let refused = place.store.write_now(move |archive| Ok(archive.db.execute(sql, [])?));
        assert!(matches!(refused, Err(StoreError::Database(_))), "{sql}");
    }
}

#[test]
fn the_last_judgement_of_a_trial_holds() {
    let place = place();
    let plan = place.run(2, vec![target(&connection("A", Role::Official), "m")]);
    let (one, other) = (trial(cell(0, 0, 0)), trial(cell(1, 0, 0)));
    place.record(plan.id, &one);
    place.record(plan.id, &other);
    let id = one.row.id;
    let judge = |judgement: &Judgement| {
        let judgement = judgement.clone();
        place.store.write_now(move |archive| archive.judge(id, &judgement))
    };
    let run_id = plan.id;
    let shown = || place.read(move |archive| archive.trial_rows(run_id)).into_iter().map(|row| row.judgement).collect::<Vec<_>>();
    let first = Judgement { thumb: Some(Thumb::Up), score: Some(5), note: "schön".to_owned() };
    judge(&first).unwrap();
    assert_eq!(shown(), [first, Judgement::default()]);
    let second = Judgement { thumb: Some(Thumb::Down), ..Judgement::default() };
    judge(&second).unwrap();
    assert_eq!(shown(), [second.clone(), Judgement::default()]);
    assert_eq!(judge(&Judgement { score: Some(6), ..Judgement::default() }), Err(StoreError::OutOfRange("a score (1 to 5)")));
    assert_eq!(shown()[0], second);
    judge(&Judgement::default()).unwrap();
    assert_eq!(shown()[0], Judgement::default());
    let missing = TrialId::draw();
    assert_eq!(place.store.write_now(move |archive| archive.judge(missing, &Judgement::default())), Err(StoreError::NotFound("trial")));
}

#[test]
fn outputs_are_searched_as_plain_text() {
    let place = place();
    let plan = place.run(5, vec![target(&connection("A", Role::Official), "m")]);
    let texts = ["Costs 100% more", "costs 1000 more", "snake_case", "ÄRGER im Büro", "量子纠缠"];
    let mut ids = Vec::new();
    for (case_index, text) in (0..).zip(texts) {
        let mut one = trial(cell(case_index, 0, 0));
        text.clone_into(&mut one.body.output);
        ids.push(one.row.id);
        place.record(plan.id, &one);
    }
    let search = |text: &'static str| place.read(move |archive| archive.search_outputs(plan.id, text));
    assert_eq!(search("COSTS"), ids[..2]);
    assert_eq!(search("100%"), ids[..1]);
    assert_eq!(search("e_c"), ids[2..3]);
    assert_eq!(search("ärger"), ids[3..4]);
    assert_eq!(search("子"), ids[4..]);
    assert_eq!(search("\\"), []);
    let (some, wanted) = ([ids[4], ids[0]], [texts[4], texts[0]]);
    assert_eq!(place.read(move |archive| archive.outputs(&some)), wanted);
    assert_eq!(place.read(move |archive| archive.bodies(&some))[1].output, wanted[1]);
}

fn any_set_up() -> impl Strategy<Value = SetUp> {
    let connection = proptest::sample::select(&[ConnectionUse::Reused, ConnectionUse::New, ConnectionUse::Awaited][..]);
    let time = || of(0..=i64::MAX as u64);
    (connection, time(), time(), any::<bool>()).prop_map(|(connection, dns_us, connect_us, proxied)| SetUp {
        connection,
        dns_us,
        connect_us,
        proxied,
    })
}

fn any_timing() -> impl Strategy<Value = Timing> {
    let stamp = || of(0..=i64::MAX as u64);
    let stamps = (any::<bool>(), stamp(), stamp(), stamp(), stamp(), stamp(), stamp());
    let conditions = (stamp(), of(any_set_up()), 0..=i64::MAX as u64, stamp());
    (stamps, 0..=i64::MAX as u64, any::<u32>(), any::<u32>(), conditions).prop_map(
        |(stamps, end_us, output_arrivals, content_arrivals, (longest_gap_us, set_up, slept_us, load_delay_us))| {
            let (streamed, headers_us, first_chunk_us, first_reasoning_us, first_content_us, last_output_us, last_content_us) = stamps;
            Timing {
                streamed,
                headers_us,
                first_chunk_us,
                first_reasoning_us,
                first_content_us,
                last_output_us,
                last_content_us,
                end_us,
                output_arrivals,
                content_arrivals,
                longest_gap_us,
                set_up,
                slept_us,
                load_delay_us,
            }
        },
    )
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let tokens = || 0..=i64::MAX as u64;
    (tokens(), of(tokens()), of(tokens()), tokens(), of(tokens()), any::<bool>()).prop_map(
        |(input, cached, written, output, reasoning, ours)| Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            reasoning_tokens: reasoning,
            source: if ours { UsageSource::Estimated } else { UsageSource::Provider },
        },
    )
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (0..=i64::MAX).prop_map(|nanoseconds| Timestamp::from_nanosecond(nanoseconds.into()).unwrap())
}

fn any_cost() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (0..=i64::MAX, 0u32..=9).prop_map(|(digits, scale)| Decimal::new(digits % 9_000_000_000, scale)),
        (0..=i64::MAX).prop_map(|nano| Decimal::new(nano, 9))
    ]
}

fn any_failure() -> impl Strategy<Value = Failure> {
    (proptest::sample::select(FailureKind::ALL), any::<String>()).prop_map(|(kind, message)| Failure { kind, message })
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let faults = vec![None, Some(TransportFault::CertificateExpired), Some(TransportFault::Reset)];
    let headers = proptest::collection::vec((any::<String>(), any::<String>()), 0..3);
    let spoken = proptest::sample::select(vec![None, Some(WireFormat::Gemini)]);
    (proptest::sample::select(faults), spoken, headers).prop_map(|(fault, spoken, headers)| Evidence { fault, spoken, headers })
}

fn any_citations() -> impl Strategy<Value = Citations> {
    proptest::collection::vec((any::<String>(), any::<String>()), 0..4).prop_map(|sources| {
        let mut citations = Citations::default();
        for (url, title) in &sources {
            citations.add(url, title).unwrap();
        }
        citations
    })
}

fn any_attempt() -> impl Strategy<Value = Attempt> {
    let numbers = (any::<u32>(), of(any::<u16>()), 0..=i64::MAX as u64, any::<bool>());
    let costs = (of(any_cost()), of(any_cost()));
    (numbers, any_time(), of(any_failure()), any_timing(), of(any_usage()), costs, of(any::<String>()), any_evidence()).prop_map(
        |((number, http_status, backoff_us, fallback), started_at, failure, timing, usage, costs, request_id, evidence)| Attempt {
            number,
            started_at,
            http_status,
            failure,
            timing,
            usage,
            cost: costs.0,
            stated_cost: costs.1,
            request_id,
            backoff_us,
            evidence,
            fallback,
        },
    )
}

fn any_trial() -> impl Strategy<Value = Trial> {
    let status = proptest::sample::select(vec![TrialStatus::Finished, TrialStatus::Failed, TrialStatus::Cancelled]);
    let figures = (
        (of(any_failure()), of(any_failure())),
        any::<u32>(),
        of(any_time()),
        of(any_timing()),
        of(any_usage()),
        (of(any_cost()), of(any_cost())),
    );
    let times = (of(0..=i64::MAX as u64), of(0..=i64::MAX as u64), of(proptest::num::f64::NORMAL | proptest::num::f64::ZERO));
    let words = (of(any::<String>()), of(any::<String>()), any::<String>(), proptest::collection::vec(any::<String>(), 0..3));
    let texts = (any::<String>(), any::<String>(), any::<String>(), any::<String>(), any_citations());
    let attempts = proptest::collection::vec(any_attempt(), 0..4);
    let gaps = proptest::collection::vec(any::<u64>(), 0..40).prop_map(|gaps_us| super::samples::gaps(&gaps_us));
    (status, figures, times, words, texts, attempts, any::<bool>(), gaps).prop_map(
        |(status, figures, times, words, texts, attempts_made, superseding, gaps)| {
            let ((failure, fallback), attempts, started_at, timing, usage, (cost, stated_cost)) = figures;
            let (waited_us, queue_us, output_tokens_per_s) = times;
            let (response_model, finish_reason, first_line, warnings) = words;
            let (output, reasoning, request, error_body, citations) = texts;
            let at_fallback = attempts_made.iter().filter(|attempt| attempt.fallback).count() as u32;
            let fallback_attempts = if fallback.is_some() { at_fallback } else { 0 };
            Trial {
                row: TrialRow {
                    id: TrialId::draw(),
                    cell: cell(0, 0, 0),
                    supersedes: superseding.then(TrialId::draw),
                    status,
                    failure,
                    fallback,
                    attempts,
                    fallback_attempts,
                    started_at,
                    timing,
                    gaps,
                    waited_us,
                    queue_us,
                    output_tokens_per_s,
                    usage,
                    cost,
                    stated_cost,
                    response_model,
                    finish_reason,
                    first_line,
                    output_hash: output_hash(&output),
                    warnings,
                    judgement: Judgement::default(),
                },
                body: TrialBody { output, reasoning, request, error_body, citations, attempts: attempts_made },
            }
        },
    )
}

proptest! {
    #[test]
    fn any_trial_reads_back(trials in proptest::collection::vec(any_trial(), 1..4)) {
        let store = crate::store::Store::in_memory().unwrap();
        let plan = store.write_now(|archive| {
            let cases = super::samples::cases(1);
            let set = archive.create_prompt_set("Set", crate::domain::PromptSetKind::Listed, &cases)?;
            let plan = super::samples::plan(&set, 1, vec![target(&connection("A", Role::Official), "m")]);
            archive.create_run(&plan)?;
            Ok(plan)
        }).unwrap();
        let (kept, run_id) = (trials.clone(), plan.id);
        store.write_now(move |archive| kept.iter().try_for_each(|trial| archive.record(run_id, trial))).unwrap();
        let rows = store.read_now(move |archive| archive.every_trial_row(run_id)).unwrap();
        prop_assert_eq!(&rows, &trials.iter().map(|trial| trial.row.clone()).collect::<Vec<_>>());
        for trial in &trials {
            let id = trial.row.id;
            prop_assert_eq!(&store.read_now(move |archive| archive.body(id)).unwrap(), &trial.body);
            let answer = store.read_now(move |archive| archive.answer(id)).unwrap();
            prop_assert_eq!((&answer.0, &answer.1), (&trial.body.output, &trial.body.citations));
        }
    }

    #[test]
    fn a_cost_out_of_range_is_an_error(digits in any::<i64>(), scale in 0u32..=12, thousands in 0u32..=6) {
        let place = crate::store::Store::in_memory().unwrap();
        let cost = Decimal::new(digits, scale).saturating_mul(Decimal::from(1_000u64.pow(thousands)));
        let kept = place.write_now(move |archive| {
            Ok(archive.db.query_row("SELECT ?1", [super::super::columns::Nano(cost)], |row| row.get::<_, super::super::columns::Nano>(0))?)
        });
        let fits = cost.abs() < Decimal::new(i64::MAX, 9);
        match kept {
            Ok(kept) => prop_assert!((kept.0 - cost).abs() <= Decimal::new(5, 10)),
            Err(error) => {
                prop_assert_eq!(error, StoreError::OutOfRange("a cost"));
                prop_assert!(!fits);
            }
        }
    }
}
