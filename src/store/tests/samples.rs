//! Runs and trials to store.

use std::path::PathBuf;
use std::sync::Arc;

use rust_decimal::Decimal;
use tempfile::TempDir;

use crate::domain::{
    Attempt, Case, Cell, Citations, Connection, ConnectionId, Currency, GapHistogram, Judgement, KeySource, Params, Price, PriceStanding,
    PromptSetHead, PromptSetKind, Role, RunId, RunPlan, RunSettings, RunTarget, Timing, Trial, TrialBody, TrialId, TrialRow, TrialStatus,
    Usage, UsageSource, output_hash,
};
use crate::store::{Archive, Store, StoreError};

/// A store in a folder of its own, which goes with it.
pub(super) struct Place {
    pub(super) store: Store,
    pub(super) file: PathBuf,
    _folder: TempDir,
}

pub(super) fn place() -> Place {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("data").join("assay.db");
    Place { store: Store::open(&file).unwrap(), file, _folder: folder }
}

impl Place {
    pub(super) fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut Archive) -> Result<T, StoreError> + Send + 'static) -> T {
        self.store.write_now(work).unwrap()
    }

    pub(super) fn read<T: Send + 'static>(&self, work: impl FnOnce(&Archive) -> Result<T, StoreError> + Send + 'static) -> T {
        self.store.read_now(work).unwrap()
    }

    /// Stores a prompt set of so many cases and a run of it.
    pub(super) fn run(&self, cases: u32, targets: Vec<RunTarget>) -> RunPlan {
        let set = self.write(move |archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &self::cases(cases)));
        let plan = plan(&set, cases, targets);
        self.run_of(&plan);
        plan
    }

    pub(super) fn run_of(&self, plan: &RunPlan) {
        let plan = plan.clone();
        self.write(move |archive| archive.create_run(&plan));
    }

    pub(super) fn record(&self, run_id: RunId, trial: &Trial) {
        let trial = trial.clone();
        self.write(move |archive| archive.record(run_id, &trial));
    }
}

pub(super) fn cases(count: u32) -> Vec<Case> {
    (0..count).map(|number| Case::single(&format!("case-{number}"), "Be brief.", &format!("Question {number}: {{{{topic}}}}?"))).collect()
}

pub(super) fn connection(name: &str, role: Role) -> Connection {
    Connection::new(ConnectionId::draw(), name, role, "https://api.example.com/v1", KeySource::Keychain)
}

pub(super) fn target(connection: &Connection, model: &str) -> RunTarget {
    RunTarget {
        label: format!("{model} · {}", connection.name),
        colour: 3,
        connection: connection.clone(),
        model: model.to_owned(),
        params: Params { temperature: Some(0.25), ..Params::default() },
        price: Some(Price::flat(Decimal::TWO, Decimal::from(8), Currency::usd(), PriceStanding::List, "test")),
        baseline: true,
        fallback: None,
    }
}

pub(super) fn plan(set: &PromptSetHead, case_count: u32, targets: Vec<RunTarget>) -> RunPlan {
    RunPlan {
        id: RunId::draw(),
        created_at: "2026-03-01T12:00:00.123456789Z".parse().unwrap(),
        prompt_set: set.id,
        prompt_set_name: set.name.clone(),
        prompt_set_version: set.version,
        cases: Arc::from(cases(case_count)),
        targets,
        settings: RunSettings { vantage: "Büro Zürich".to_owned(), seed: u64::MAX, ..RunSettings::default() },
    }
}

pub(super) fn cell(case_index: u32, target_index: u32, repeat: u32) -> Cell {
    Cell { case_index, target_index, repeat }
}

pub(super) fn gaps(gaps_us: &[u64]) -> GapHistogram {
    let mut gaps = GapHistogram::default();
    for us in gaps_us {
        gaps.add(*us);
    }
    gaps
}

/// A finished trial of one attempt: streamed, 250 ms in all.
pub(super) fn trial(cell: Cell) -> Trial {
    let timing = Timing {
        streamed: true,
        headers_us: Some(90_000),
        first_chunk_us: Some(95_000),
        first_reasoning_us: None,
        first_content_us: Some(100_000),
        last_output_us: Some(240_000),
        last_content_us: Some(240_000),
        end_us: 250_000,
        output_arrivals: 12,
        content_arrivals: 12,
        ..Timing::default()
    };
    let usage = Usage {
        input_tokens: 20,
        cached_input_tokens: Some(0),
        cache_write_tokens: None,
        output_tokens: 12,
        reasoning_tokens: None,
        source: UsageSource::Provider,
    };
    let started_at = "2026-03-01T12:00:01.5Z".parse().unwrap();
    let cost: Decimal = "0.000136".parse().unwrap();
    let attempt = Attempt {
        number: 1,
        started_at,
        http_status: Some(200),
        failure: None,
        timing,
        usage: Some(usage),
        cost: Some(cost),
        stated_cost: None,
        request_id: Some("req-1".to_owned()),
        backoff_us: 0,
        evidence: crate::domain::Evidence::default(),
        fallback: false,
    };
    Trial {
        row: TrialRow {
            id: TrialId::draw(),
            cell,
            supersedes: None,
            status: TrialStatus::Finished,
            failure: None,
            fallback: None,
            attempts: 1,
            fallback_attempts: 0,
            started_at: Some(started_at),
            timing: Some(timing),
            gaps: gaps(&[12_000, 13_000, 0, 80_000]),
            waited_us: Some(251_000),
            queue_us: Some(1_000),
            output_tokens_per_s: timing.output_tokens_per_s(&usage),
            usage: Some(usage),
            cost: Some(cost),
            stated_cost: None,
            response_model: Some("model-2026".to_owned()),
            finish_reason: Some("stop".to_owned()),
            first_line: "An answer".to_owned(),
            output_hash: output_hash("An answer\nof two lines."),
            warnings: Vec::new(),
            judgement: Judgement::default(),
        },
        body: TrialBody {
            output: "An answer\nof two lines.".to_owned(),
            reasoning: String::new(),
            request: r#"{"model":"m"}"#.to_owned(),
            error_body: String::new(),
            citations: Citations::default(),
            attempts: vec![attempt],
        },
    }
}
