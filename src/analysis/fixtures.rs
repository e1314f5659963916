//! Plans and trials for the tests of this room.

use rust_decimal::Decimal;

use crate::domain::{
    Case, Cell, Connection, ConnectionId, Currency, Failure, FailureKind, GapHistogram, Judgement, KeySource, Params, Price, PriceStanding,
    PromptSetId, Role, RunId, RunPlan, RunSettings, RunTarget, Timing, TrialId, TrialRow, TrialStatus, Usage, UsageSource, output_hash,
};

pub(crate) fn target(label: &str, price: Option<Price>) -> RunTarget {
    RunTarget {
        label: label.to_owned(),
        colour: 0,
        connection: Connection::new(ConnectionId::draw(), "Provider", Role::Official, "https://api.example.com/v1", KeySource::None),
        model: "model".to_owned(),
        params: Params::default(),
        price,
        baseline: false,
        fallback: None,
    }
}

/// Dollars per million tokens.
pub(crate) fn price(input: &str, output: &str) -> Price {
    Price::flat(input.parse().unwrap(), output.parse().unwrap(), Currency::usd(), PriceStanding::List, "test")
}

pub(crate) fn plan(case_count: usize, targets: Vec<RunTarget>, repeats: u32) -> RunPlan {
    RunPlan {
        id: RunId::draw(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        prompt_set: PromptSetId::draw(),
        prompt_set_name: "Set".to_owned(),
        prompt_set_version: 1,
        cases: (1..=case_count).map(|number| Case::single(&format!("case-{number}"), "", "Hello")).collect(),
        targets,
        settings: RunSettings { repeats, ..RunSettings::default() },
    }
}

/// A finished trial: TTFT in milliseconds, total three times that, 10 tokens in, 20 out, a tenth of a cent.
pub(crate) fn finished(case_index: u32, target_index: u32, repeat: u32, ttft_ms: u64) -> TrialRow {
    TrialRow {
        id: TrialId::draw(),
        cell: Cell { case_index, target_index, repeat },
        supersedes: None,
        status: TrialStatus::Finished,
        fallback: None,
        failure: None,
        attempts: 1,
        fallback_attempts: 0,
        started_at: None,
        timing: Some(Timing { streamed: true, first_content_us: Some(ttft_ms * 1_000), end_us: ttft_ms * 3_000, ..Timing::default() }),
        gaps: GapHistogram::default(),
        waited_us: Some(ttft_ms * 4_000),
        queue_us: Some(0),
        output_tokens_per_s: Some(50.0),
        usage: Some(Usage {
            input_tokens: 10,
            cached_input_tokens: None,
            cache_write_tokens: None,
            output_tokens: 20,
            reasoning_tokens: None,
            source: UsageSource::Provider,
        }),
        cost: Some(Decimal::new(1, 3)),
        stated_cost: None,
        response_model: None,
        finish_reason: Some("stop".to_owned()),
        first_line: format!("answer {case_index}"),
        output_hash: output_hash(&format!("answer {case_index}")),
        warnings: Vec::new(),
        judgement: Judgement::default(),
    }
}

pub(super) fn failed(case_index: u32, target_index: u32, repeat: u32, kind: FailureKind) -> TrialRow {
    TrialRow {
        status: TrialStatus::Failed,
        failure: Some(Failure { kind, message: "no".to_owned() }),
        usage: None,
        cost: None,
        output_tokens_per_s: None,
        first_line: String::new(),
        ..finished(case_index, target_index, repeat, 5)
    }
}
