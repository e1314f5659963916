//! States of the history screen for its tests.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use assay::app::{AppState, Fact, HistoryFact, Screen};
use assay::domain::{ConnectionId, Currency, HistoryPromptSet, HistoryTarget, Money, RunHead, RunId, RunStatus, TargetKey, TrendPoint};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::basics::{SUPPORT, now, usd};
use crate::bench_state as bench;

pub(crate) fn run(n: u128) -> RunId {
    RunId(Uuid::from_u128(5_000 + n))
}

/// Nothing was read yet.
pub(crate) fn busy() -> AppState {
    let mut state = bench::full(1);
    state.screen = Screen::History;
    state
}

/// The archive cannot be read.
pub(crate) fn unreadable() -> AppState {
    let mut state = busy();
    let now = state.now;
    let message = "the disk does not answer".to_owned();
    let _effects = state.apply(Fact::History(HistoryFact::Failed { message }), now);
    state
}

/// There is no run.
pub(crate) fn empty() -> AppState {
    with(busy(), Vec::new(), Vec::new(), Vec::new())
}

fn with(mut state: AppState, heads: Vec<RunHead>, targets: Vec<HistoryTarget>, points: Vec<TrendPoint>) -> AppState {
    let now = state.now;
    let total = heads.len() as u64;
    let runs = HistoryFact::Runs { search: String::new(), offset: 0, heads, total, trials: 38_420, elsewhere: Default::default() };
    let _effects = state.apply(Fact::History(runs), now);
    let sets = vec![HistoryPromptSet { id: SUPPORT, name: "Support replies".into(), runs: 14 }];
    let _effects = state.apply(Fact::History(HistoryFact::Trend { points, targets, sets }), now);
    state
}

pub(crate) fn key(n: usize) -> TargetKey {
    TargetKey { connection_id: ConnectionId(Uuid::from_u128(11 + n as u128)), model: format!("model-{n}"), params: "{}".into() }
}

fn target(n: usize, label: &str, colour: u8, simulated: bool) -> HistoryTarget {
    HistoryTarget {
        key: key(n),
        label: label.to_owned(),
        colour,
        connection_name: label.rsplit(" · ").next().unwrap_or_default().to_owned(),
        runs: 26,
        last_run_at: now(),
        simulated,
    }
}

/// A run every day for 26 days; the second target gets slower and fails more at the end.
pub(crate) fn points(targets: &[HistoryTarget], days: usize) -> Vec<TrendPoint> {
    let mut points = Vec::new();
    let first = now() - SignedDuration::from_hours(24 * i64::try_from(days).unwrap() - 14);
    for (day, hours) in (0..days).zip((0_i64..).step_by(24)) {
        for (n, target) in targets.iter().enumerate() {
            let wave = ((day * 7 + n * 3) % 5) as f64;
            let late = if n == 1 { day.saturating_sub(days * 2 / 3) as f64 } else { 0.0 };
            points.push(TrendPoint {
                run_id: run(day as u128),
                created_at: first + SignedDuration::from_hours(hours),
                prompt_set: SUPPORT,
                prompt_set_name: "Support replies".into(),
                target: target.key.clone(),
                label: target.label.clone(),
                connection_name: target.connection_name.clone(),
                n: 60,
                finished: 59,
                failed: 1,
                not_sent: 0,
                by_fallback: 0,
                ttft_p50_ms: Some(405.0 + 45.0 * n as f64 + 4.0 * wave + 9.0 * late),
                ttft_p95_ms: Some(690.0 + 90.0 * n as f64 + 12.0 * wave + 20.0 * late),
                total_p95_ms: Some(3_000.0 + 400.0 * n as f64 + 50.0 * wave + 90.0 * late),
                output_tokens_per_s_p50: Some(61.0 - 6.0 * n as f64 - wave - late),
                cost_per_1k_requests: Some(usd(if n == 1 { "0.058" } else { "0.81" })),
                cost_incomplete: n == 1 && day % 9 == 4,
                error_rate: 0.004 + 0.001 * wave + 0.002 * late,
                simulated: target.simulated,
                runs_of_target: days as u32,
            });
        }
    }
    points
}

pub(crate) fn head(n: u128, hours_ago: i64, set: &str, version: u32, labels: &[&str], cells: u64, failed: u64) -> RunHead {
    RunHead {
        id: run(n),
        created_at: now() - SignedDuration::from_hours(hours_ago),
        status: RunStatus::Finished,
        prompt_set_name: set.to_owned(),
        prompt_set_version: version,
        target_labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        vantage: String::new(),
        cell_count: cells,
        finished: cells - failed,
        failed,
        not_sent: 0,
        cancelled: 0,
        ttft_p50_ms: labels.iter().enumerate().map(|(n, _)| Some(412.0 + 43.0 * n as f64)).collect(),
        costs: vec![usd("0.31")],
        cost_incomplete: false,
        simulated: false,
    }
}

const OFFICIAL: &str = "Qwen3-Max · official";
const RELAY: &str = "Qwen3-Max · HolySheep";

/// Runs of every kind.
pub(crate) fn heads() -> Vec<RunHead> {
    let mut heads = vec![
        head(25, 2, "Support replies", 3, &[OFFICIAL, RELAY, "GPT-4.1 · OpenAI"], 60, 0),
        head(24, 7, "Support replies", 3, &[OFFICIAL, RELAY], 400, 3),
        head(23, 20, "Contracts", 1, &[OFFICIAL, RELAY, "DeepSeek V3.2 · DeepSeek"], 240, 0),
        head(22, 60, "Support replies", 2, &[OFFICIAL, RELAY], 400, 11),
        head(21, 110, "JSON extraction", 5, &[OFFICIAL, RELAY, "Gemini 2.5 Flash · Google"], 900, 2),
        head(20, 9_000, "Sample prompts", 1, &["Official · Demo provider (simulated)"], 24, 1),
    ];
    heads[1].status = RunStatus::Unfinished;
    heads[1].finished = 250;
    heads[2].cost_incomplete = true;
    heads[3].status = RunStatus::Capped;
    heads[4].costs.push(Money { amount: "12.4".parse().unwrap(), currency: Currency::new("CNY").unwrap() });
    heads[5].simulated = true;
    heads[5].status = RunStatus::Cancelled;
    heads
}

pub(crate) fn targets() -> Vec<HistoryTarget> {
    vec![target(0, OFFICIAL, 0, false), target(1, RELAY, 1, false), target(2, "Official · Demo provider (simulated)", 0, true)]
}

/// Two real targets and a simulated one, runs of every kind.
pub(crate) fn full() -> AppState {
    let targets = targets();
    let points = points(&targets[..2], 26);
    with(busy(), heads(), targets, points)
}

/// Only the simulated provider was asked.
pub(crate) fn simulated_only(shown: bool) -> AppState {
    let targets = vec![targets().remove(2)];
    let mut state = with(busy(), vec![heads().remove(5)], targets.clone(), if shown { points(&targets, 3) } else { Vec::new() });
    state.history.show_simulated = shown;
    state
}

/// Ten thousand runs, of which the first pages are loaded, and more targets than colours.
pub(crate) fn crowded(loaded: usize) -> AppState {
    let heads = (0..loaded as u128).map(|n| head(n, n as i64 * 3, "Support replies", 3, &[OFFICIAL, RELAY], 400, 0)).collect();
    let targets: Vec<_> = (0..12).map(|n| target(n, &format!("Model {n} · Somewhere"), (n % 3) as u8, false)).collect();
    let points = points(&targets, 500);
    let mut state = with(busy(), heads, targets, points);
    state.history.total = 10_000;
    state.history.range = assay::app::HistoryRange::All;
    state
}

/// A search that finds nothing.
pub(crate) fn not_found() -> AppState {
    let mut state = full();
    state.history.search = "kittens".into();
    state.history.heads.clear();
    state.history.total = 0;
    state
}
