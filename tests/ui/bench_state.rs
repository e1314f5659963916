//! States of the bench for its tests: connections, sets, targets, runs.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use std::sync::Arc;

use assay::analysis::{CurrencyTotal, Forecast, LengthWarning, LikelyBasis, TargetForecast};
use assay::app::{AppState, BenchCommand, BenchTarget, Command, ConnectionFact, EnvironmentKey, Fact, PromptFact, RunFact};
use assay::domain::{
    Case, Cell, ConnectionId, Failure, FailureKind, GapHistogram, Judgement, Params, PriceStanding, PromptBody, PromptSet, PromptSetKind,
    RunEvent, RunEventKind, RunHead, RunId, RunPlan, RunSettings, RunStatus, StopReason, Timing, Trial, TrialBody, TrialId, TrialRow,
    TrialStatus, Usage, UsageSource,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::basics::{SCRATCH, SUPPORT, case_title, connections, head, now, started, usd};

pub(crate) const RUN: RunId = RunId(Uuid::from_u128(3));

pub(crate) fn support_cases(count: usize) -> Vec<Case> {
    (0..count)
        .map(|index| {
            let mut case = Case::single(
                &(index + 1).to_string(),
                "You are a helpful assistant.",
                "Explain {{topic}} in simple terms, for {{reader}}.",
            );
            case.description = Some(case_title(index));
            case.vars.insert("topic".to_owned(), "quantum entanglement".to_owned());
            case.vars.insert("reader".to_owned(), "a curious 12-year-old".to_owned());
            case
        })
        .collect()
}

/// The first start.
pub(crate) fn first(in_environment: Vec<EnvironmentKey>) -> AppState {
    started(Vec::new(), Vec::new(), in_environment, (0, 0))
}

/// Connections, but nothing on the bench.
pub(crate) fn empty() -> AppState {
    started(vec![head(SUPPORT, "Support replies", PromptSetKind::Listed, 3, 10)], connections(), Vec::new(), (0, 0))
}

pub(crate) fn target(connection: u128, model: &str, label: &str, colour: u8) -> BenchTarget {
    BenchTarget {
        connection_id: ConnectionId(Uuid::from_u128(connection)),
        model: model.to_owned(),
        params: Params::default(),
        label: Some(label.to_owned()),
        colour,
        fallback: None,
    }
}

/// A set of `cases` cases with three targets and a forecast.
pub(crate) fn full(cases: usize) -> AppState {
    let mut state = empty();
    let set = PromptSet { head: head(SUPPORT, "Support replies", PromptSetKind::Listed, 3, cases), cases: support_cases(cases) };
    let _effects = state.apply(Fact::Prompts(PromptFact::Loaded(Box::new(set))), now());
    let _effects = state.update(Command::Bench(BenchCommand::ChooseSet(SUPPORT)), now());
    for target in [
        target(11, "qwen3-max", "Qwen3-Max · official", 0),
        target(12, "qwen-max", "Qwen3-Max · HolySheep", 1),
        target(13, "gpt-4.1", "GPT-4.1 · OpenAI", 2),
    ] {
        let _effects = state.update(Command::Bench(BenchCommand::AddTarget(Box::new(target))), now());
    }
    let settings = RunSettings {
        repeats: 2,
        params: Params { temperature: Some(0.7), max_tokens: Some(500), ..Params::default() },
        cap: Some(usd("2")),
        ..RunSettings::default()
    };
    let _effects = state.update(Command::Bench(BenchCommand::SetSettings(Box::new(settings))), now());
    state.bench.case_index = 2.min(cases - 1);
    forecast(&mut state, cases);
    state
}

fn forecast(state: &mut AppState, cases: usize) {
    let of = |label: &str, likely: &str, worst: &str, standing| TargetForecast {
        label: label.to_owned(),
        requests: 2 * cases as u64,
        input_tokens: 62 * cases as u64,
        likely_output_tokens: 600 * cases as u64,
        worst_output_tokens: 1_000 * cases as u64,
        likely_cost: Some(usd(likely)),
        worst_cost: Some(usd(worst)),
        standing: Some(standing),
        basis: LikelyBasis::Guess,
        set_aside: None,
        cap_allows: None,
    };
    state.bench.forecast.stale_since = None;
    state.bench.forecast.problem = None;
    state.bench.forecast.value = Some(Arc::new(Forecast {
        requests: 6 * cases as u64,
        input_tokens: 186 * cases as u64,
        likely_output_tokens: 1_800 * cases as u64,
        case_tokens: vec![Some(31); cases],
        targets: vec![
            of("Qwen3-Max · official", "0.12", "0.24", PriceStanding::List),
            of("Qwen3-Max · HolySheep", "0.01", "0.02", PriceStanding::Claimed),
            of("GPT-4.1 · OpenAI", "0.18", "0.36", PriceStanding::List),
        ],
        totals: vec![CurrencyTotal { likely: usd("0.31"), worst: usd("0.62") }],
        price_unknown: Vec::new(),
        likely_duration_s: 62.0,
        length_warnings: Vec::new(),
    }));
}

fn plan(state: &AppState) -> RunPlan {
    state.plan_inputs().unwrap().plan(RUN, now()).unwrap()
}

fn row(cell: Cell, status: TrialStatus) -> TrialRow {
    let id = 1_000_000 + u128::from(cell.case_index) * 1_000 + u128::from(cell.target_index) * 100 + u128::from(cell.repeat);
    let failed = status == TrialStatus::Failed;
    TrialRow {
        id: TrialId(Uuid::from_u128(id)),
        cell,
        supersedes: None,
        status,
        failure: failed.then(|| Failure { kind: FailureKind::RateLimited, message: "429 after 5 retries".to_owned() }),
        fallback: None,
        attempts: 1,
        fallback_attempts: 0,
        started_at: Some(now()),
        timing: Some(Timing {
            streamed: true,
            first_content_us: Some(412_000),
            last_output_us: Some(2_100_000),
            last_content_us: Some(2_100_000),
            end_us: 2_140_000,
            output_arrivals: 60,
            content_arrivals: 60,
            ..Timing::default()
        }),
        gaps: GapHistogram::default(),
        waited_us: Some(2_140_000),
        queue_us: Some(0),
        output_tokens_per_s: Some(61.0),
        usage: Some(Usage {
            input_tokens: 31,
            cached_input_tokens: None,
            cache_write_tokens: None,
            output_tokens: 128,
            reasoning_tokens: None,
            source: UsageSource::Provider,
        }),
        cost: Some("0.00081".parse().unwrap()),
        stated_cost: None,
        response_model: None,
        finish_reason: Some("stop".to_owned()),
        first_line: "Imagine you have a pair of magic dice.".to_owned(),
        output_hash: 0,
        warnings: Vec::new(),
        judgement: Judgement::default(),
    }
}

/// A run of the bench in flight: two cases done, the third under way, the fourth with a failure.
pub(crate) fn live() -> AppState {
    let mut state = full(10);
    let plan = Arc::new(plan(&state));
    let mut rows = Vec::new();
    for cell in plan.cells() {
        match (cell.case_index, cell.target_index) {
            (3, 1) => rows.push(row(cell, TrialStatus::Failed)),
            (0 | 1 | 3, _) | (2, 0 | 1) => rows.push(row(cell, TrialStatus::Finished)),
            _ => {}
        }
    }
    let asked = plan.cell_count();
    let began = Timestamp::from_second(now().as_second() - 30).unwrap();
    let _effects = state.apply(
        Fact::Runs(RunFact::Launched { plan, rows: Vec::new(), superseded: Vec::new(), asked, status: RunStatus::Unfinished }),
        began,
    );
    for row in rows {
        let trial = Box::new(Trial { row, body: TrialBody { request: "{}".to_owned(), ..TrialBody::default() } });
        let _effects = state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id: RUN, kind: RunEventKind::Ended { trial } })), now());
    }
    for (case_index, target_index) in [(2, 2), (4, 0), (4, 1)] {
        let cell = Cell { case_index, target_index, repeat: 0 };
        let _effects = state.apply(Fact::Runs(RunFact::Event(RunEvent { run_id: RUN, kind: RunEventKind::Started { cell } })), now());
    }
    let _effects = state.tick(now());
    state.bench.forecast.stale_since = None;
    state.notices.shown.clear();
    state
}

/// The same run, stopped by its end: one failed cell, the rest not sent.
pub(crate) fn ended() -> AppState {
    let mut state = live();
    let event = RunEvent { run_id: RUN, kind: RunEventKind::Stopped { reason: StopReason::Cancelled } };
    let _effects = state.apply(Fact::Runs(RunFact::Event(event)), now());
    state.notices.shown.clear();
    state
}

/// That run opened while another set is on the bench.
pub(crate) fn foreign() -> AppState {
    let mut state = ended();
    state.bench.set_id = Some(SCRATCH);
    state.runs.open.get_mut(&RUN).unwrap().status = RunStatus::Cancelled;
    state
}

/// An interrupted run of 500 trials is offered.
pub(crate) fn interrupted() -> AppState {
    let mut state = full(10);
    state.runs.unfinished.push(RunHead {
        id: RUN,
        created_at: now(),
        status: RunStatus::Unfinished,
        prompt_set_name: "Contracts".to_owned(),
        prompt_set_version: 1,
        target_labels: Vec::new(),
        vantage: String::new(),
        cell_count: 500,
        finished: 300,
        failed: 12,
        not_sent: 0,
        cancelled: 0,
        ttft_p50_ms: Vec::new(),
        costs: Vec::new(),
        cost_incomplete: false,
        simulated: false,
    });
    state
}

/// A target without a price, and a prompt that does not fit it.
pub(crate) fn unpriced() -> AppState {
    let mut state = full(10);
    let mut forecast = Forecast::clone(state.bench.forecast.value.as_ref().unwrap());
    forecast.targets[1].likely_cost = None;
    forecast.targets[1].worst_cost = None;
    forecast.targets[1].standing = None;
    forecast.price_unknown.push(forecast.targets[1].label.clone());
    forecast.length_warnings.push(LengthWarning {
        case_id: "10".to_owned(),
        target_index: 1,
        prompt_tokens: 130_000,
        max_tokens: 500,
        context_window_tokens: 128_000,
    });
    state.bench.forecast.value = Some(Arc::new(forecast));
    state
}

/// A conversation of several turns in the selected case.
pub(crate) fn conversation() -> AppState {
    use assay::domain::{Message, Speaker};

    let mut state = full(10);
    let mut case = support_cases(3).remove(2);
    case.vars.clear();
    case.body = PromptBody::Messages(
        [(Speaker::System, "Be brief."), (Speaker::User, "Hello"), (Speaker::Assistant, "Hi!"), (Speaker::User, "What is {{this}}?")]
            .map(|(role, content)| Message::new(role, content))
            .to_vec(),
    );
    let edit = assay::app::PromptCommand::EditCase { id: SUPPORT, index: 2, case: Box::new(case) };
    let _effects = state.update(Command::Prompts(edit), now());
    state.bench.forecast.stale_since = None;
    state
}

pub(crate) fn models(state: &mut AppState, connection: u128, result: Result<Vec<String>, Failure>) {
    let id = ConnectionId(Uuid::from_u128(connection));
    let _effects = state.apply(Fact::Connections(ConnectionFact::Models { id, result }), now());
    state.bench.forecast.stale_since = None;
}
