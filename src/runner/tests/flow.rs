//! One trial and its attempts: figures, retries, events, refusals.

use std::time::Duration;

use super::super::testing::{Bench, Ran, Reply, ms, usage};
use super::super::{WorkItem, order};
use crate::domain::{Amendment, Cell, Failure, FailureKind, RunEventKind, StopReason, TrialId, TrialStatus, UsageSource};

const CELL: Cell = Cell { case_index: 0, target_index: 0, repeat: 0 };

/// The backoff that the engine draws for a cell; the spread is tested beside it.
fn backoff(seed: u64, attempt: u64) -> Duration {
    ms(order::draw(seed, &[3, 0, 0, 0, attempt]) % ((1_000 << (attempt - 1)) + 1))
}

#[tokio::test(start_paused = true)]
async fn a_trial_is_sent_stored_and_told() {
    let ran = Bench::new(1, 1).run().await;
    assert_eq!(ran.reason, StopReason::Complete);
    let row = &ran.single().row;
    assert_eq!((row.status, row.attempts, row.first_line.as_str()), (TrialStatus::Finished, 1, "answer"));
    assert_eq!((row.waited_us, row.queue_us), (Some(10_000), Some(0)));
    assert_eq!(row.timing.map(|timing| timing.end_us), Some(10_000));
    assert_eq!((row.usage, row.cost), (Some(usage(10, 5)), None));
    assert_eq!(ran.single().body.output, "answer");
}

#[tokio::test(start_paused = true)]
async fn a_retried_trial_reports_the_good_attempt_and_the_whole_wait() {
    let script = |call: &super::super::testing::Call<'_>| if call.number < 3 { Reply::server_error(40) } else { Reply::answer(100) };
    let ran = Bench::new(1, 1).script(script).settings(|settings| settings.seed = 5).run().await;
    let trial = ran.single();
    let (first, second) = (backoff(5, 1), backoff(5, 2));
    let before = 2 * ms(40) + first + second;
    assert_eq!(trial.row.timing.map(|timing| timing.total_us()), Some(100_000));
    assert_eq!(trial.row.queue_us, Some(before.as_micros() as u64));
    assert_eq!(trial.row.waited_us, Some((before + ms(100)).as_micros() as u64));
    let attempts: Vec<_> = trial.body.attempts.iter().map(|attempt| (attempt.number, attempt.http_status, attempt.backoff_us)).collect();
    let us = |wait: Duration| wait.as_micros() as u64;
    assert_eq!(attempts, [(1, Some(503), 0), (2, Some(503), us(first)), (3, Some(200), us(second))]);
    assert_eq!(trial.body.attempts[0].failure.as_ref().map(|failure| failure.kind), Some(FailureKind::ServerError));
    let told: Vec<_> = ran
        .events
        .iter()
        .filter_map(|(at, kind)| match kind {
            RunEventKind::RetryScheduled { attempt, after, .. } => Some((*at, *attempt, *after)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(ms(40), 1, first), (2 * ms(40) + first, 2, second)]);
}

#[tokio::test(start_paused = true)]
async fn retries_end() {
    let ran = Bench::new(1, 1).script(|_| Reply::server_error(1)).settings(|settings| settings.retries = 2).run().await;
    let row = &ran.single().row;
    assert_eq!((ran.reason, row.status, row.attempts, ran.calls.len()), (StopReason::Complete, TrialStatus::Failed, 3, 3));
    assert_eq!(row.failure.as_ref().map(|failure| failure.kind), Some(FailureKind::ServerError));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_retryable_is_sent_once() {
    let ran = Bench::new(1, 1).script(|_| Reply::fail(3, FailureKind::Unauthorized, Some(401))).run().await;
    assert_eq!((ran.single().row.attempts, ran.calls.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_server_says_how_long_to_wait() {
    let asks = |wait: Duration| {
        move |call: &super::super::testing::Call<'_>| match call.number {
            1 => Reply { retry_after: Some(wait), ..Reply::fail(10, FailureKind::RateLimited, Some(429)) },
            _ => Reply::answer(10),
        }
    };
    let ran = Bench::new(1, 1).script(asks(ms(2_000))).run().await;
    assert_eq!(ran.calls_of(0), [ms(0), ms(2_010)]);
    assert_eq!(ran.single().row.status, TrialStatus::Finished);
    let ran = Bench::new(1, 1).script(asks(Duration::from_hours(2))).run().await;
    assert_eq!((ran.calls.len(), ran.took), (1, ms(10)));
    assert!(ran.single().row.failure.as_ref().unwrap().message.contains("7200 s"));
}

#[tokio::test(start_paused = true)]
async fn text_is_merged_and_void_after_a_retry() {
    let script = |_: &super::super::testing::Call<'_>| {
        let steps = vec![(ms(5), "a"), (ms(5), "b"), (ms(5), "c"), (ms(100), "d"), (ms(100), "")];
        Reply { steps, ..Reply::answer(0) }
    };
    let ran = Bench::new(1, 1).script(script).run().await;
    let text: Vec<_> = ran
        .events
        .iter()
        .filter_map(|(at, kind)| match kind {
            RunEventKind::Text { content, ttft_us, .. } => Some((*at, content.as_str(), *ttft_us)),
            _ => None,
        })
        .collect();
    assert_eq!(text, [(ms(35), "abc", Some(5_000)), (ms(145), "d", Some(5_000))]);
    let quiet = Bench { live_text: false, ..Bench::new(1, 1).script(script) }.run().await;
    assert!(quiet.events.iter().all(|(_, kind)| !matches!(kind, RunEventKind::Text { .. })));
    assert_eq!(quiet.single().body.output, "abcd");
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_delays_no_request_and_moves_no_stamp() {
    let script = |_: &super::super::testing::Call<'_>| {
        let steps = (0..50).map(|_| (ms(10), "word ")).collect();
        Reply { steps, ..Reply::answer(0) }
    };
    let bench = Bench::new(40, 2).script(script).settings(|settings| settings.concurrency = 4);
    let ran = Bench { event_room: 1, listener_pace: ms(1_000), ..bench }.run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 80);
    assert!(ran.trials.iter().all(|trial| trial.row.waited_us == Some(500_000) && trial.row.queue_us == Some(0)));
    assert_eq!(ran.calls.iter().map(|(_, at)| *at).max(), Some(ms(19 * 500)));
    assert!(ran.took > ms(60_000), "the listener was slow: {:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_missing_key_or_prompt_fails_unsent() {
    let mut bench = Bench::new(3, 2);
    let mut cases = bench.plan.cases.to_vec();
    cases[1] = crate::domain::Case::single("broken", "", "{{nothing}}");
    bench.plan.cases = cases.into();
    bench.refused.insert(1, Failure { kind: FailureKind::NoKey, message: "no key".to_owned() });
    let ran = bench.run().await;
    assert_eq!((ran.reason, ran.calls.len()), (StopReason::Complete, 2));
    for trial in &ran.trials {
        let Cell { case_index, target_index, .. } = trial.row.cell;
        let kind = trial.row.failure.as_ref().map(|failure| failure.kind);
        let expected = match (case_index, target_index) {
            (_, 1) => Some(FailureKind::NoKey),
            (1, 0) => Some(FailureKind::Internal),
            _ => None,
        };
        assert_eq!((kind, trial.row.attempts), (expected, u32::from(expected.is_none())));
    }
    assert!(ran.trials.iter().any(|trial| trial.row.failure.as_ref().is_some_and(|failure| failure.message.contains("{{nothing}}"))));
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_own_trial_only() {
    let script = |call: &super::super::testing::Call<'_>| Reply { panics: call.target == 0, ..Reply::answer(1) };
    let ran = Bench::new(2, 2).script(script).run().await;
    assert_eq!((ran.count(TrialStatus::Finished), ran.count(TrialStatus::Failed)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_cell_sent_again_names_the_trial_it_replaces() {
    let old = TrialId::draw();
    let bench = Bench { work: Some(vec![WorkItem { cell: CELL, supersedes: Some(old) }]), ..Bench::new(5, 3) };
    let ran = bench.run().await;
    assert_eq!((ran.single().row.cell, ran.single().row.supersedes), (CELL, Some(old)));
}

#[tokio::test(start_paused = true)]
async fn a_missing_usage_is_estimated_and_marked() {
    let ran = Bench::new(1, 1).script(|_| Reply { usage: None, ..Reply::answer(10) }).run().await;
    let row = &ran.single().row;
    assert_eq!(row.usage.map(|usage| usage.source), Some(UsageSource::Estimated));
    assert!(row.warnings.iter().any(|warning| warning.contains("estimate")), "{:?}", row.warnings);
}

#[tokio::test(start_paused = true)]
async fn a_cut_stream_keeps_its_text() {
    let cut =
        |_: &super::super::testing::Call<'_>| Reply { steps: vec![(ms(5), "half")], ..Reply::fail(0, FailureKind::Truncated, Some(200)) };
    let ran = Bench::new(1, 1).script(cut).run().await;
    assert_eq!((ran.single().row.status, ran.single().body.output.as_str()), (TrialStatus::Failed, "half"));
}

#[tokio::test(start_paused = true)]
async fn no_work_is_complete_at_once() {
    let ran = Bench { work: Some(Vec::new()), ..Bench::new(1, 1) }.run().await;
    assert_eq!((ran.reason, ran.trials.len()), (StopReason::Complete, 0));
}

/// What the connection is told to remember, in order.
fn remembered(ran: &Ran) -> Vec<Amendment> {
    let amended = |kind: &RunEventKind| match kind {
        RunEventKind::Amended { target_index: 0, amendment } => Some(*amendment),
        _ => None,
    };
    ran.events.iter().filter_map(|(_, kind)| amended(kind)).collect()
}

/// A server that wants the request written otherwise costs one visible attempt, even without retries, and only the first time.
#[tokio::test(start_paused = true)]
async fn another_spelling_is_one_more_attempt_and_is_remembered() {
    let script = |call: &super::super::testing::Call<'_>| match call.request.spelling {
        spelling if !spelling.no_stream_options => Reply::amend(Amendment::NoStreamOptions),
        spelling if !spelling.max_completion_tokens => Reply::amend(Amendment::MaxCompletionTokens),
        _ => Reply::answer(10),
    };
    let ran = Bench::new(3, 1).script(script).settings(|settings| (settings.retries, settings.concurrency) = (0, 1)).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 3);
    let mut attempts: Vec<u32> = ran.trials.iter().map(|trial| trial.row.attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 1, 3]);
    let noted = ran.trials.iter().find(|trial| trial.row.attempts == 3).unwrap();
    assert_eq!(noted.row.warnings.iter().filter(|warning| warning.contains("sent again")).count(), 2);
    assert!(noted.body.attempts.iter().all(|attempt| attempt.backoff_us == 0));
    assert_eq!(remembered(&ran), [Amendment::NoStreamOptions, Amendment::MaxCompletionTokens]);
}

#[tokio::test(start_paused = true)]
async fn another_spelling_is_no_retry_however_many_find_it_out_at_once() {
    let script = |call: &super::super::testing::Call<'_>| match call.request.spelling {
        spelling if !spelling.no_stream_options => Reply::amend(Amendment::NoStreamOptions),
        spelling if !spelling.max_completion_tokens => Reply::amend(Amendment::MaxCompletionTokens),
        _ => Reply::answer(10),
    };
    let ran = Bench::new(100, 1).script(script).settings(|settings| (settings.retries, settings.concurrency) = (0, 64)).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 100);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_neither_spelling_is_not_asked_for_ever() {
    let script = |call: &super::super::testing::Call<'_>| {
        let newer = call.request.spelling.max_completion_tokens;
        Reply::amend(if newer { Amendment::MaxTokens } else { Amendment::MaxCompletionTokens })
    };
    let ran = Bench::new(1, 1).script(script).settings(|settings| settings.retries = 3).run().await;
    assert_eq!((ran.single().row.status, ran.single().row.attempts), (TrialStatus::Failed, 2));
    assert_eq!(remembered(&ran), []);
}

/// Only a whole answer proves that another spelling is taken; until then nothing is remembered for later runs.
#[tokio::test(start_paused = true)]
async fn a_spelling_is_remembered_once_it_was_taken() {
    let script =
        |call: &super::super::testing::Call<'_>| match (call.request.spelling.no_stream_options, call.request.messages[0].content.as_str())
        {
            (false, _) => Reply::amend(Amendment::NoStreamOptions),
            (true, "prompt 00001") => Reply::answer(10),
            (true, _) => Reply::fail(1, FailureKind::BadRequest, Some(400)),
        };
    let one_at_a_time = |cases| Bench::new(cases, 1).script(script).settings(|settings| (settings.retries, settings.concurrency) = (0, 1));
    assert_eq!(remembered(&one_at_a_time(1).run().await), []);
    let ran = one_at_a_time(3).run().await;
    assert_eq!((ran.count(TrialStatus::Finished), remembered(&ran)), (1, vec![Amendment::NoStreamOptions]));
}

/// Each parameter that a model refuses is one more attempt, once for the whole run.
#[tokio::test(start_paused = true)]
async fn parameters_that_a_model_refuses_are_left_out_one_by_one() {
    let script = |call: &super::super::testing::Call<'_>| match call.request.spelling {
        spelling if !spelling.no_temperature => Reply::amend(Amendment::NoTemperature),
        spelling if !spelling.no_top_p => Reply::amend(Amendment::NoTopP),
        spelling if !spelling.no_thinking_off => Reply::amend(Amendment::NoThinkingOff),
        _ => Reply::answer(10),
    };
    let ran = Bench::new(2, 1).script(script).settings(|settings| (settings.retries, settings.concurrency) = (0, 1)).run().await;
    assert_eq!(ran.count(TrialStatus::Finished), 2);
    let mut attempts: Vec<u32> = ran.trials.iter().map(|trial| trial.row.attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 4]);
}

#[tokio::test(start_paused = true)]
async fn another_spelling_takes_no_retry_away() {
    let script = |call: &super::super::testing::Call<'_>| match call.number {
        1 => Reply::amend(Amendment::NoStreamOptions),
        2 | 3 => Reply::server_error(1),
        _ => Reply::answer(10),
    };
    let ran = Bench::new(1, 1).script(script).settings(|settings| settings.retries = 2).run().await;
    assert_eq!((ran.single().row.status, ran.single().row.attempts), (TrialStatus::Finished, 4));
}
