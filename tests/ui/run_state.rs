//! Runs to draw: finished, failed, in flight, large.

use std::sync::Arc;

use rust_decimal::Decimal;

use assay::analysis::diff_words;
use assay::app::{AppState, Command, DiffState, DoctorCommand, LiveCell, LiveRun, OpenRun};
use assay::domain::{
    Attempt, Case, Cell, Currency, Evidence, Failure, FailureKind, GapHistogram, Judgement, Params, Price, PriceStanding, PromptSetId,
    Role, RunId, RunPlan, RunSettings, RunStatus, RunTarget, Thumb, Timing, TrialBody, TrialId, TrialRow, TrialStatus, Usage, UsageSource,
    first_line, output_hash,
};

use crate::basics::{case_title, connection, now};
use crate::bench_state;

const OFFICIAL: &str = "Imagine you have a pair of magic dice. You keep one and give the other to a friend who travels to the Moon.\n\n\
    When you roll yours and see a six, you know at once that your friend's die shows a six too. Nobody sent a message: the two dice simply \
    share one story.\n\nTiny particles can be linked like that. Scientists call it **entanglement**. Measuring one tells you about the \
    other, however far away it is.\n\n- It works at any distance\n- It does not let us send messages faster than light\n\n\
    ```python\nprint(\"two dice, one story\")\n```";
const RELAY: &str = "Imagine you have a pair of magic coins. You keep one and give the other to a friend who travels to Mars.\n\n\
    When you flip yours and see heads, you know at once that your friend's coin shows heads too. Nobody sent a message: the two coins \
    simply share one story.\n\nTiny particles can be linked like that. Scientists call it **entanglement**.";
const PREMIUM: &str = "Think of two best friends who always finish each other's sentences, even in different countries. If one says \
    \"peanut\", the other is already saying \"butter\".\n\nIn the quantum world, particles can be best friends too.";
fn target(n: u128, label: &str, role: Role, price: (Decimal, Decimal), baseline: bool) -> RunTarget {
    let mut connection = connection(n, label, role, "https://api.example.com/v1");
    if role == Role::Demo {
        connection.name = format!("{label} (simulated)");
    }
    let standing = if role == Role::Relay { PriceStanding::Claimed } else { PriceStanding::List };
    let price = Some(Price::flat(price.0, price.1, Currency::usd(), standing, "price page of the vendor"));
    RunTarget {
        label: label.to_owned(),
        colour: n as u8,
        connection,
        model: "qwen3-max".to_owned(),
        params: Params::default(),
        price,
        baseline,
        fallback: None,
    }
}

pub(crate) fn plan(cases: usize, repeats: u32) -> RunPlan {
    let case = |index: usize| Case {
        description: Some(case_title(index)),
        ..Case::single(&(index + 1).to_string(), "You are a helpful assistant.", "Explain it.")
    };
    RunPlan {
        id: RunId(uuid::Uuid::from_u128(9)),
        created_at: now(),
        prompt_set: PromptSetId(uuid::Uuid::from_u128(8)),
        prompt_set_name: "Support replies".to_owned(),
        prompt_set_version: 3,
        cases: (0..cases).map(case).collect(),
        targets: vec![
            target(0, "Qwen3-Max · official", Role::Official, (Decimal::new(12, 1), Decimal::from(6)), true),
            target(1, "Qwen3-Max · HolySheep", Role::Relay, (Decimal::new(12, 2), Decimal::new(42, 2)), false),
            target(2, "GPT-4.1 · OpenAI", Role::Official, (Decimal::from(2), Decimal::from(8)), false),
        ],
        settings: RunSettings { repeats, ..RunSettings::default() },
    }
}

pub(crate) fn trial_id(cell: Cell) -> TrialId {
    TrialId(uuid::Uuid::from_u128(
        1 + u128::from(cell.case_index) * 10_000 + u128::from(cell.target_index) * 1_000 + u128::from(cell.repeat),
    ))
}

/// A finished trial and its texts; times and tokens depend on the cell.
pub(crate) fn finished(plan: &RunPlan, cell: Cell) -> (TrialRow, TrialBody) {
    let chance = u64::from(cell.case_index * 7919 + cell.target_index * 104_729 + cell.repeat * 1_299_709) % 97;
    let ttft_us = [412_000, 455_000, 390_000][cell.target_index as usize % 3] + chance * 6_000;
    let end_us = ttft_us + 1_300_000 + chance * 18_000;
    let timing = Timing {
        streamed: true,
        headers_us: Some(ttft_us - 30_000),
        first_chunk_us: Some(ttft_us - 10_000),
        first_reasoning_us: None,
        first_content_us: Some(ttft_us),
        last_output_us: Some(end_us - 4_000),
        last_content_us: Some(end_us - 4_000),
        end_us,
        output_arrivals: 40,
        content_arrivals: 40,
        ..Timing::default()
    };
    let usage = Usage {
        input_tokens: 31,
        cached_input_tokens: None,
        cache_write_tokens: None,
        output_tokens: 100 + chance,
        reasoning_tokens: None,
        source: UsageSource::Provider,
    };
    let output = [OFFICIAL, RELAY, PREMIUM][cell.target_index as usize % 3].to_owned();
    let cost = plan.targets[cell.target_index as usize].price.as_ref().and_then(|price| price.cost(&usage));
    let attempt = Attempt {
        number: 1,
        started_at: now(),
        http_status: Some(200),
        failure: None,
        timing,
        usage: Some(usage),
        cost,
        stated_cost: None,
        request_id: Some("req_8f31c2".to_owned()),
        backoff_us: 0,
        evidence: Evidence::default(),
        fallback: false,
    };
    let row = TrialRow {
        id: trial_id(cell),
        cell,
        supersedes: None,
        status: TrialStatus::Finished,
        failure: None,
        fallback: None,
        attempts: 1,
        fallback_attempts: 0,
        started_at: Some(now()),
        timing: Some(timing),
        gaps: GapHistogram::default(),
        waited_us: Some(end_us + 2_000),
        queue_us: Some(2_000),
        output_tokens_per_s: timing.output_tokens_per_s(&usage),
        usage: Some(usage),
        cost,
        stated_cost: None,
        response_model: Some("qwen3-max-2026-01-10".to_owned()),
        finish_reason: Some("stop".to_owned()),
        first_line: first_line(&output),
        output_hash: output_hash(&output),
        warnings: Vec::new(),
        judgement: Judgement::default(),
    };
    let request = r#"{"model":"qwen3-max","messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"Explain quantum entanglement in simple terms."}],"stream":true,"max_tokens":500}"#;
    let body = TrialBody { output, request: request.to_owned(), attempts: vec![attempt], ..TrialBody::default() };
    (row, body)
}

/// The same trial, failed.
pub(crate) fn failed(plan: &RunPlan, cell: Cell, kind: FailureKind) -> (TrialRow, TrialBody) {
    let (mut row, mut body) = finished(plan, cell);
    let failure = Failure {
        kind,
        message: "The server says “Rate limit reached for requests”. Lower the requests at once, or try again later.".to_owned(),
    };
    row.status = TrialStatus::Failed;
    row.failure = Some(failure.clone());
    row.first_line.clear();
    row.finish_reason = None;
    row.output_tokens_per_s = None;
    row.usage = None;
    row.cost = Some(Decimal::ZERO);
    row.attempts = 3;
    body.output.clear();
    r#"{"error":{"message":"Rate limit reached for requests","type":"rate_limit"}}"#.clone_into(&mut body.error_body);
    let tried = body.attempts[0].clone();
    body.attempts = (1..=3)
        .map(|number| Attempt {
            number,
            http_status: Some(429),
            failure: Some(failure.clone()),
            backoff_us: u64::from(number - 1) * 1_400_000,
            usage: None,
            cost: Some(Decimal::ZERO),
            ..tried.clone()
        })
        .collect();
    (row, body)
}

/// The same trial, failed and answered by the target's fallback, which is the target after it.
pub(crate) fn by_fallback(plan: &RunPlan, cell: Cell) -> (TrialRow, TrialBody) {
    let (mut row, mut body) = finished(plan, cell);
    let failure = Failure { kind: FailureKind::FirstByteTimeout, message: "No byte of the answer came within 60 s.".to_owned() };
    let tried = body.attempts[0].clone();
    let own = Attempt { failure: Some(failure.clone()), usage: None, cost: Some(Decimal::ZERO), ..tried.clone() };
    body.attempts = vec![own, Attempt { number: 2, fallback: true, ..tried }];
    (row.attempts, row.fallback_attempts) = (2, 1);
    row.fallback = Some(failure);
    (row, body)
}

/// A run whose first target failed everywhere and has a fallback.
pub(crate) fn fallen_back() -> OpenRun {
    let mut plan = plan(4, 1);
    plan.targets[0].fallback = Some(1);
    run_of(plan, |plan, cell| Some(if cell.target_index == 0 { by_fallback(plan, cell) } else { finished(plan, cell) }))
}

/// A run that has ended; `change` may put another trial in a cell, or leave it out.
pub(crate) fn run_of(plan: RunPlan, change: impl Fn(&RunPlan, Cell) -> Option<(TrialRow, TrialBody)>) -> OpenRun {
    let plan = Arc::new(plan);
    let (rows, bodies): (Vec<_>, Vec<_>) =
        plan.cells().filter_map(|cell| change(&plan, cell)).map(|(row, body)| (row.clone(), (row.id, body))).unzip();
    let few = bodies.len() < 1_000;
    let mut run = OpenRun::new(Arc::clone(&plan), RunStatus::Finished, rows, Vec::new());
    if few {
        run.bodies = bodies.into_iter().map(|(id, body)| (id, Arc::new(body))).collect();
    }
    run
}

/// Makes a run live, with these cells in flight.
pub(crate) fn in_flight(mut run: OpenRun, cells: impl IntoIterator<Item = (Cell, LiveCell)>) -> OpenRun {
    run.status = RunStatus::Unfinished;
    let mut live = LiveRun::new(60, [20; 3], now());
    live.ended = run.rows.len() as u64;
    live.cells = cells.into_iter().collect();
    live.saved_at = Some(now());
    run.live = Some(live);
    run
}

/// The bench with this run in view; its prompt set is not the one that is being edited.
pub(crate) fn state_of(run: OpenRun) -> AppState {
    let mut state = bench_state::full(10);
    let id = run.plan.id;
    state.bench.run = Some(id);
    if run.live.is_some() {
        state.runs.live = Some(id);
    }
    state.bench.case_index = 2.min(run.plan.cases.len() - 1);
    let failed: Vec<TrialId> = run.rows.iter().filter(|row| row.failure.is_some()).map(|row| row.id).collect();
    state.runs.open.insert(id, run);
    let _effects = state.tick(now());
    for trial_id in failed.into_iter().take(100) {
        state.update(Command::Doctor(DoctorCommand::Diagnose { run_id: id, trial_id }), now());
    }
    state
}

/// Ten cases, twice each, with a failed trial in the fourth and judgements in the third.
pub(crate) fn judged() -> OpenRun {
    run_of(plan(10, 2), |plan, cell| match (cell.case_index, cell.target_index) {
        (3, 1) => Some(failed(plan, cell, FailureKind::RateLimited)),
        (2, _) => {
            let (mut row, mut body) = finished(plan, cell);
            row.judgement.thumb = Some(if cell.target_index == 1 { Thumb::Down } else { Thumb::Up });
            row.judgement.score = Some(4);
            if cell.target_index == 1 {
                "Warm, but the coins are odd.".clone_into(&mut row.judgement.note);
                row.warnings = vec!["The stream held one event that could not be read.".to_owned()];
                "The user wants a simple explanation. Coins are easier than dice.".clone_into(&mut body.reasoning);
            }
            Some((row, body))
        }
        _ => Some(finished(plan, cell)),
    })
}

/// The third case under way: one answer is here, one waits to be sent again, one streams.
pub(crate) fn streaming() -> OpenRun {
    let at = |target_index| Cell { case_index: 2, target_index, repeat: 0 };
    let done = |cell: Cell| cell.case_index < 2 || (cell.case_index == 2 && cell.target_index == 0);
    let waits = LiveCell { waiting: Some("attempt 1 failed (rate limited), sending again in 1.0 s".to_owned()), ..LiveCell::default() };
    let text = "Think of two **best friends** who always finish each other's sentences, even in different countries. If one";
    let streams = LiveCell { content: text.to_owned(), ttft_us: Some(390_000), ..LiveCell::default() };
    in_flight(run_of(plan(10, 2), |plan, cell| done(cell).then(|| finished(plan, cell))), [(at(1), waits), (at(2), streams)])
}

/// A run that was cancelled: the third case has a whole answer, a cancelled one and none.
pub(crate) fn mixed() -> OpenRun {
    let mut run = run_of(plan(10, 1), |plan, cell| match (cell.case_index, cell.target_index) {
        (0..2, _) | (2, 0) => Some(finished(plan, cell)),
        (2, 1) => {
            let (mut row, mut body) = finished(plan, cell);
            row.status = TrialStatus::Cancelled;
            row.cost = None;
            row.usage = None;
            body.output.truncate(60);
            Some((row, body))
        }
        _ => None,
    });
    run.status = RunStatus::Cancelled;
    run
}

/// A run at the simulated provider.
pub(crate) fn simulated() -> OpenRun {
    let mut plan = plan(3, 1);
    for target in &mut plan.targets {
        target.connection.role = Role::Demo;
    }
    run_of(plan, |plan, cell| Some(finished(plan, cell)))
}

/// [`judged`] with the differences of the third case.
pub(crate) fn diffed() -> AppState {
    let mut run = judged();
    let id = |target_index| trial_id(Cell { case_index: 2, target_index, repeat: 0 });
    for other in [1, 2] {
        let pieces = diff_words(&run.bodies[&id(0)].output, &run.bodies[&id(other)].output);
        run.diffs.insert((id(0), id(other)), DiffState::Ready(Arc::new(pieces)));
    }
    let mut state = state_of(run);
    state.bench.diff = true;
    state
}
