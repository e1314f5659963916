//! A small run for the tests of this room.

use std::sync::Arc;

use crate::domain::{
    Case, Cell, Citations, Connection, ConnectionId, ConnectionUse, Currency, Failure, FailureKind, GapHistogram, Judgement, KeySource,
    Message, Params, Price, PriceStanding, PromptBody, PromptSetId, Role, RunId, RunPlan, RunSettings, RunTarget, SetUp, Speaker, Thumb,
    Timing, Trial, TrialBody, TrialId, TrialRow, TrialStatus, Usage, UsageSource,
};

use super::SummaryExportRow;

/// Two cases, two targets (a priced one, a simulated one without a price), two repeats.
pub(super) fn plan() -> RunPlan {
    let mut templated = Case::single("=hello", "Be kind", "Say {{what}}");
    templated.vars.insert("what".into(), "+49 \"hi\"".into());
    let mut talk = Case::single("talk", "", "");
    let turn = |role, content: &str| Message::new(role, content);
    talk.body =
        PromptBody::Messages(vec![turn(Speaker::User, "first"), turn(Speaker::Assistant, "yes"), turn(Speaker::User, "last {{what}}")]);
    let target = |label: &str, name: &str, role, price| RunTarget {
        label: label.into(),
        colour: 0,
        connection: Connection::new(ConnectionId::draw(), name, role, "https://host.example/v1", KeySource::Session),
        model: "gpt-4.1".into(),
        params: Params::default(),
        price,
        baseline: false,
        fallback: None,
    };
    let price = Price::flat(2.into(), 8.into(), Currency::usd(), PriceStanding::List, "test");
    RunPlan {
        id: RunId::draw(),
        created_at: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        prompt_set: PromptSetId::draw(),
        prompt_set_name: "Sample".into(),
        prompt_set_version: 1,
        cases: Arc::from([templated, talk]),
        targets: vec![target("a", "OpenAI", Role::Official, Some(price)), target("b", "Fake", Role::Demo, None)],
        settings: RunSettings { repeats: 2, vantage: "home".into(), ..RunSettings::default() },
    }
}

fn gaps(gaps_us: &[u64]) -> GapHistogram {
    let mut gaps = GapHistogram::default();
    for us in gaps_us {
        gaps.add(*us);
    }
    gaps
}

/// A finished trial with everything known.
pub(super) fn finished(cell: Cell) -> Trial {
    let row = TrialRow {
        id: TrialId::draw(),
        cell,
        supersedes: None,
        status: TrialStatus::Finished,
        fallback: None,
        failure: None,
        attempts: 2,
        fallback_attempts: 0,
        started_at: Some(jiff::Timestamp::from_microsecond(1_700_000_000_123_456).unwrap()),
        timing: Some(Timing {
            streamed: true,
            first_content_us: Some(120_500),
            end_us: 900_000,
            longest_gap_us: Some(15),
            set_up: Some(SetUp { connection: ConnectionUse::New, dns_us: Some(12_000), connect_us: Some(41_250), proxied: false }),
            load_delay_us: Some(7_500),
            ..Timing::default()
        }),
        gaps: gaps(&[5, 10, 15]),
        waited_us: Some(1_900_001),
        queue_us: Some(1_000_000),
        output_tokens_per_s: Some(51.234_56),
        usage: Some(Usage {
            input_tokens: 10,
            cached_input_tokens: Some(0),
            cache_write_tokens: None,
            output_tokens: 20,
            reasoning_tokens: None,
            source: UsageSource::Provider,
        }),
        cost: Some("0.00018".parse().unwrap()),
        stated_cost: Some("0.00017".parse().unwrap()),
        response_model: Some("gpt-4.1-2025".into()),
        finish_reason: Some("stop".into()),
        first_line: "=1+1".into(),
        output_hash: 0,
        warnings: Vec::new(),
        judgement: Judgement { thumb: Some(Thumb::Up), score: Some(4), note: "fine, \"really\"".into() },
    };
    let mut citations = Citations::default();
    citations.add("https://a.test/1", "=A").unwrap();
    citations.add("=https://b.test", "").unwrap();
    Trial { row, body: TrialBody { output: "=1+1\nsecond".into(), citations, ..TrialBody::default() } }
}

/// A trial that failed before anything was known.
pub(super) fn failed(cell: Cell) -> Trial {
    let Trial { row, .. } = finished(cell);
    let row = TrialRow {
        status: TrialStatus::Failed,
        failure: Some(Failure { kind: FailureKind::Unauthorized, message: "key not accepted".into() }),
        attempts: 1,
        fallback_attempts: 0,
        started_at: None,
        timing: None,
        gaps: GapHistogram::default(),
        waited_us: None,
        queue_us: None,
        output_tokens_per_s: None,
        usage: None,
        cost: None,
        stated_cost: None,
        response_model: None,
        finish_reason: None,
        first_line: String::new(),
        judgement: Judgement::default(),
        ..row
    };
    Trial { row, body: TrialBody::default() }
}

pub(super) fn cell(case_index: u32, target_index: u32, repeat: u32) -> Cell {
    Cell { case_index, target_index, repeat }
}

pub(super) fn summary_row() -> SummaryExportRow {
    SummaryExportRow {
        target: "=label".into(),
        connection: "Demo (simulated)".into(),
        model: "gpt-4.1".into(),
        n: 3,
        finished: 2,
        failed: 1,
        by_fallback: 0,
        cancelled: 0,
        error_rate: Some(1.0 / 3.0),
        ttft_p50_ms: Some(120.5),
        ttft_p95_ms: None,
        total_p50_ms: Some(900.0),
        total_p95_ms: None,
        total_p99_ms: None,
        waited_p95_ms: None,
        output_tokens_per_s_p50: Some(50.0),
        input_tokens: Some(10),
        output_tokens: Some(20),
        cost: Some("0.0012".parse().unwrap()),
        currency: Some("USD".into()),
        cost_per_1k_requests: Some("0.6".parse().unwrap()),
        thumbs_up: 1,
        thumbs_down: 0,
        score_mean: None,
        gap_p50_ms: Some(18.5),
        gap_p95_ms: Some(40.0),
        longest_gap_ms: Some(212.5),
        set_up_p50_ms: Some(53.0),
        on_new_connections: 2,
        left_out: 1,
        slept: 0,
        under_load: 1,
        worst_delay_ms: Some(7.5),
        stated_cost_usd: Some("0.00123".parse().unwrap()),
        cells: 4,
        not_sent: 1,
        basis: "in_common",
        compared: "compared",
        in_common: 2,
        answers_n: 2,
        ttft_n: 2,
        total_n: 2,
        waited_n: 2,
        output_tokens_per_s_n: 1,
        tokens_n: 2,
        cost_known_n: 2,
        cost_per_1k_n: 2,
        score_n: 0,
        empty: 1,
    }
}
