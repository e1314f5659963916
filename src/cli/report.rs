//! What a run came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::analysis::{
    Cases, CommonCases, Figure, TargetSummary, answered_words, basis_words, format_count, format_counted, format_ms, format_percent,
    format_speed, measuring_words, or_unknown, thin_words,
};
use crate::app::{OpenRun, summary_rows};
use crate::domain::{Money, RunStatus, RunTarget, TrialRow, TrialStatus, Unrated};

use super::diagnosis::{KindDiagnosis, diagnosis_lines};
use super::outputs::number;
use super::table::{Align, Table};
use super::terminal_text::one_line;
use super::width::shortened;

fn summaries(run: &OpenRun) -> &[TargetSummary] {
    run.figures().map_or(&[], |figures| &figures.summary)
}

/// What the targets have in common; nothing before there are figures.
fn common(run: &OpenRun) -> (CommonCases, Cases) {
    run.figures().map_or_else(Default::default, |figures| (figures.common.clone(), figures.basis.cases))
}

/// `{"id", "status", "counts", "comparison", "spent", "simulated", "warnings", "unrated", "summary"}`.
pub(super) fn run_json(run: &OpenRun, diagnoses: &[KindDiagnosis]) -> Value {
    let (finished, failed, cancelled) = run.counts();
    let cells = run.plan.cell_count();
    let (spent, incomplete) = run.spent();
    let (common, _) = common(run);
    let spent: Vec<Value> =
        spent.iter().map(|(currency, amount)| json!({ "amount": number(*amount), "currency": currency.code() })).collect();
    json!({
        "id": run.plan.id.to_string(),
        "status": run.status.as_str(),
        "counts": {
            "trials": cells,
            "finished": finished,
            "failed": failed - run.not_sent(),
            "not_sent": run.not_sent(),
            "cancelled": cancelled,
            "missing": cells.saturating_sub(finished + failed + cancelled),
        },
        "comparison": comparison_json(run),
        "spent": spent,
        "spent_incomplete": incomplete,
        "cap": cap_json(run),
        "simulated": run.plan.is_simulated(),
        "warnings": warned(run).count(),
        "unrated": unrated_json(run),
        "diagnoses": diagnoses.iter().map(|one| one.json(run)).collect::<Vec<_>>(),
        "summary": summary_rows(&run.plan, summaries(run), &common),
    })
}

/// Over which answers the targets are compared: `{"basis", "cells", "in_common", "equal", "targets": [{"target", "compared", "answered", "failed",
/// "cancelled", "not_sent", "in_common_without"}]}`.
fn comparison_json(run: &OpenRun) -> Value {
    let (common, cases) = common(run);
    let target = |summary: &TargetSummary| {
        json!({
            "target": label(run, summary),
            "compared": summary.standing.as_str(),
            "answered": summary.finished,
            "failed": summary.failed,
            "cancelled": summary.cancelled,
            "not_sent": summary.unsent(),
            "in_common_without": common.targets.get(summary.target_index as usize).and_then(|share| share.without_it),
        })
    };
    json!({
        "basis": if cases == Cases::InCommon { "in_common" } else { "all_answered" },
        "cells": common.cells,
        "in_common": common.in_common,
        "equal": common.is_equal(),
        "targets": summaries(run).iter().map(target).collect::<Vec<_>>(),
    })
}

/// The money under the cap, `null` without one: `{"amount", "currency", "spent", "reserved", "free", "lost": {"requests", "unsettled", "counted"}}`.
pub(super) fn cap_json(run: &OpenRun) -> Value {
    let (Some(cap), Some(money)) = (&run.plan.settings.cap, run.money()) else { return Value::Null };
    json!({
        "amount": number(cap.amount),
        "currency": cap.currency.code(),
        "spent": number(money.spent),
        "reserved": number(money.reserved),
        "free": number(money.free),
        "lost": { "requests": run.lost.count, "unsettled": run.lost.open, "counted": number(run.lost.counted) },
    })
}

/// The comparison as a table, what failed and why, and one line with the whole.
pub(super) fn run_text(run: &OpenRun, diagnoses: &[KindDiagnosis]) -> String {
    let mut text = summary_table(run);
    basis(run, &mut text);
    failures(run, diagnoses, &mut text);
    fallbacks(run, &mut text);
    conditions(run, &mut text);
    stated(run, &mut text);
    unrated(run, &mut text);
    text.push('\n');
    closing_line(run, &mut text);
    if run.plan.targets.iter().all(|target| target.connection.is_simulated()) {
        text.push_str("All of it is simulated: no real model was asked.\n");
    } else if run.plan.is_simulated() {
        text.push_str("Some of it is simulated: for the targets that say so no real model was asked.\n");
    }
    text
}

/// Answers that came whole and have something to know about them.
fn warned(run: &OpenRun) -> impl Iterator<Item = &TrialRow> {
    run.rows.iter().filter(|row| row.own_status() == TrialStatus::Finished && !row.warnings.is_empty())
}

/// One line for each target that has such answers, with what is said most often.
pub(super) fn warnings(run: &OpenRun) -> Vec<String> {
    let mut lines = Vec::new();
    for (target_index, target) in (0..).zip(&run.plan.targets) {
        let rows: Vec<&TrialRow> = warned(run).filter(|row| row.cell.target_index == target_index).collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().flat_map(|row| &row.warnings).for_each(|warning| *counts.entry(warning).or_default() += 1);
        if let Some((most, _)) = counts.into_iter().max_by_key(|(_, count)| *count) {
            let answers = format_counted(rows.len() as u64, "answer", "answers");
            lines.push(shortened(&one_line(&format!("{}: {answers} with warnings: {most}", target.shown_label())), 300));
        }
    }
    lines
}

/// The label of the target that a summary is about.
fn label(run: &OpenRun, summary: &TargetSummary) -> String {
    run.plan.targets.get(summary.target_index as usize).map_or_else(|| summary.label.clone(), |target| target.shown_label().into_owned())
}

/// What the figures are over, and what each target answered, where that differs.
fn basis(run: &OpenRun, text: &mut String) {
    let summaries = summaries(run);
    if summaries.iter().any(|summary| SHOWN.iter().any(|figure| !few(*figure, summary).is_empty())) {
        writeln!(text, "~ says little: a median, a mean or a rate needs 10 answers of 10 cases, a p95 needs 50 of 20").ok();
    }
    for summary in summaries.iter().filter(|summary| summary.empty > 0) {
        let (empty, answers) = (format_count(summary.empty.into()), format_counted(summary.finished.into(), "answer", "answers"));
        writeln!(
            text,
            "{}",
            shortened(&one_line(&format!("{}: {empty} of {answers} empty, without text or call", label(run, summary))), 300)
        )
        .ok();
    }
    let (common, cases) = common(run);
    let Some(words) = basis_words(&common, cases) else { return };
    writeln!(text, "{words}").ok();
    for summary in summaries {
        writeln!(text, "{}", shortened(&one_line(&format!("{}: {}", label(run, summary), answered_words(summary))), 300)).ok();
    }
    let thin = common.thin().and_then(|(index, _)| thin_words(&common, &label(run, summaries.get(index)?)));
    if let Some(words) = thin {
        writeln!(text, "{}", one_line(&words)).ok();
    }
}

/// The figures of the table that may rest on too little.
const SHOWN: [Figure; 6] =
    [Figure::ErrorRate, Figure::TtftP50, Figure::TotalP50, Figure::TotalP95, Figure::SpeedP50, Figure::CostPer1kRequests];

/// The mark before a figure that rests on too little.
fn few(figure: Figure, summary: &TargetSummary) -> &'static str {
    let is_known = figure.value(summary).is_some() || figure.amount(summary).is_some();
    if is_known && figure.lacks(summary).is_some() { "~ " } else { "" }
}

fn summary_table(run: &OpenRun) -> String {
    let mut table = Table::new([
        ("Target", Align::Left),
        ("Finished", Align::Right),
        ("Error rate", Align::Right),
        ("TTFT p50", Align::Right),
        ("Total p50", Align::Right),
        ("Total p95", Align::Right),
        ("Speed p50", Align::Right),
        ("Cost", Align::Right),
        ("Per 1,000", Align::Right),
    ]);
    for summary in summaries(run) {
        let money =
            |amount| or_unknown(Some(amount).zip(summary.currency.clone()), |(amount, currency)| Money { amount, currency }.to_string());
        let marked = |figure, value: String| format!("{}{value}", few(figure, summary));
        // Where some cost is unknown, the known part is a lower bound.
        let cost = match summary.cost {
            Some(cost) => money(cost),
            None if !summary.cost_known.is_zero() => format!("≥ {}", money(summary.cost_known)),
            None => or_unknown(None::<()>, |()| String::new()),
        };
        table.row([
            label(run, summary),
            format!("{}/{}", format_count(summary.finished.into()), format_count(summary.cells.into())),
            marked(Figure::ErrorRate, or_unknown(summary.error_rate, format_percent)),
            marked(Figure::TtftP50, or_unknown(summary.ttft_ms.p50, format_ms)),
            marked(Figure::TotalP50, or_unknown(summary.total_ms.p50, format_ms)),
            marked(Figure::TotalP95, or_unknown(summary.total_ms.p95, format_ms)),
            marked(Figure::SpeedP50, or_unknown(summary.output_tokens_per_s.p50, format_speed)),
            cost,
            marked(
                Figure::CostPer1kRequests,
                summary.cost_per_1k_requests.map_or_else(|| or_unknown(None::<()>, |()| String::new()), money),
            ),
        ]);
    }
    table.render()
}

/// One line for each target and kind of failure, with the first message of that kind and what it comes down to.
fn failures(run: &OpenRun, diagnoses: &[KindDiagnosis], text: &mut String) {
    for summary in summaries(run) {
        for (kind, count) in summary.failures.iter().chain(&summary.not_sent_why) {
            let example = run.rows.iter().find_map(|row| {
                let failure = row.own_failure()?;
                (row.cell.target_index == summary.target_index && failure.kind == *kind).then_some(failure.message.as_str())
            });
            let line = format!("{}: {count} × {}: {}", label(run, summary), kind.label(), example.unwrap_or_default());
            writeln!(text, "{}", shortened(&one_line(&line), 300)).ok();
            let diagnosed = diagnoses.iter().find(|one| one.target_index == summary.target_index && one.kind == *kind);
            for line in diagnosed.map(|one| diagnosis_lines(&one.diagnosis)).into_iter().flatten() {
                writeln!(text, "    {}", one_line(&line)).ok();
            }
        }
    }
}

/// One line for each target whose fallback was asked.
fn fallbacks(run: &OpenRun, text: &mut String) {
    for summary in summaries(run).iter().filter(|summary| summary.by_fallback > 0) {
        let fallback = run.plan.fallback_of(summary.target_index).map(RunTarget::shown_label).unwrap_or_default();
        let (answered, failed) = (format_count(summary.by_fallback.into()), format_count((summary.failed + summary.not_sent).into()));
        let line = format!(
            "{}: {answered} of {failed} failed trials answered by the fallback {fallback}; they count as failed",
            label(run, summary)
        );
        writeln!(text, "{}", shortened(&one_line(&line), 300)).ok();
    }
}

/// What providers themselves say that their answers cost.
fn stated(run: &OpenRun, text: &mut String) {
    for summary in summaries(run) {
        if let Some(words) = summary.stated.words(summary.n, summary.currency.as_ref()) {
            writeln!(text, "{}", shortened(&one_line(&format!("{}: cost: {words}", label(run, summary))), 300)).ok();
        }
    }
}

/// What the times do not count, and what disturbed those that they do.
fn conditions(run: &OpenRun, text: &mut String) {
    for summary in summaries(run) {
        if let Some(words) = measuring_words(summary) {
            writeln!(text, "{}", shortened(&one_line(&format!("{}: {words}", label(run, summary))), 300)).ok();
        }
    }
}

/// One line for each target and thing that its price has no amount for, with what would mend it for the next run.
fn unrated(run: &OpenRun, text: &mut String) {
    for summary in summaries(run) {
        for (what, trials) in &summary.unrated {
            let to_do = match what {
                Unrated::CachedInput => " (`assay price set … --cached-input X` sets one)",
                Unrated::CacheWrite => " (`assay price set … --cache-write X` sets one)",
                Unrated::PastLastTier => "",
            };
            let trials = format_counted((*trials).into(), "trial", "trials");
            writeln!(text, "{}", one_line(&format!("{}: in {trials} {}{to_do}", label(run, summary), what.words()))).ok();
        }
    }
}

/// `[{"target", "what", "trials"}]`.
fn unrated_json(run: &OpenRun) -> Vec<Value> {
    let one = |summary: &TargetSummary| {
        let label = label(run, summary);
        let row = move |(what, trials): &(Unrated, u32)| json!({ "target": label, "what": what.as_str(), "trials": trials });
        summary.unrated.iter().map(row).collect::<Vec<_>>()
    };
    summaries(run).iter().flat_map(one).collect()
}

fn closing_line(run: &OpenRun, text: &mut String) {
    let (finished, failed, cancelled) = run.counts();
    let cells = run.plan.cell_count();
    let mut parts = vec![format!("{} of {} finished", format_count(finished), format_counted(cells, "trial", "trials"))];
    let unsent = cells.saturating_sub(finished + failed + cancelled) + run.not_sent();
    let others = [(failed - run.not_sent(), "failed"), (cancelled, "cancelled"), (unsent, "not sent")];
    parts.extend(others.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{} {word}", format_count(*count))));
    let (spent, incomplete) = run.spent();
    let amounts: Vec<String> = spent.into_iter().map(|(currency, amount)| Money { amount, currency }.to_string()).collect();
    match (amounts.is_empty(), incomplete) {
        (false, false) => parts.push(format!("spent {}", amounts.join(" + "))),
        (false, true) => parts.push(format!("spent at least {}", amounts.join(" + "))),
        (true, true) => parts.push("cost unknown".to_owned()),
        (true, false) => {}
    }
    writeln!(text, "{}", parts.join(" · ")).ok();
    if let (Some(cap), Some(money)) = (&run.plan.settings.cap, run.money()) {
        let amount = |amount| Money { amount, currency: cap.currency.clone() };
        let (spent, reserved, free) = (amount(money.spent), amount(money.reserved), amount(money.free));
        writeln!(text, "Cap {cap}: spent {spent} · reserved {reserved} · free {free}").ok();
    }
    let id = run.plan.id;
    if run.lost.open > 0
        && let Some(cap) = &run.plan.settings.cap
    {
        let worst = Money { amount: run.lost.open_worst, currency: cap.currency.clone() };
        let lost = format_counted(run.lost.open, "request was", "requests were");
        writeln!(
            text,
            "{lost} lost in a crash, worst case {worst} counted as spent; `assay settle {id} --billed AMOUNT` says what the provider billed"
        )
        .ok();
    }
    match run.status {
        RunStatus::Finished => writeln!(text, "Run {id}"),
        RunStatus::Cancelled => writeln!(text, "Run {id}, cancelled; `assay resume {id}` sends what is missing"),
        RunStatus::Capped => writeln!(
            text,
            "Run {id}, stopped by the cap: nothing more fits under it; `assay resume {id} --cap AMOUNT` raises it and sends what is missing"
        ),
        RunStatus::Unfinished => writeln!(text, "Run {id}, unfinished; `assay resume {id}` sends what is missing"),
    }
    .ok();
}

/// Columns of an answer in [`answers_table`].
const ANSWER_COLUMNS: usize = 34;

/// The first line of every target's first answer, case by case.
pub(super) fn answers_table(run: &OpenRun) -> String {
    let labels: Vec<_> = run.plan.targets.iter().map(RunTarget::shown_label).collect();
    let heads = std::iter::once("Case").chain(labels.iter().map(AsRef::as_ref));
    let mut table = Table::new(heads.map(|head| (head, Align::Left)));
    for (case_index, case) in run.plan.cases.iter().enumerate() {
        let answers = (0..run.plan.targets.len()).map(|target_index| {
            let cell = crate::domain::Cell { case_index: case_index as u32, target_index: target_index as u32, repeat: 0 };
            match run.row(cell) {
                Some(row) if row.status == TrialStatus::Finished => {
                    let mark = if row.fallback.is_some() { "(fallback) " } else { "" };
                    shortened(&format!("{mark}{}", one_line(&row.first_line)), ANSWER_COLUMNS)
                }
                Some(row) => row.status.as_str().to_owned(),
                None => String::new(),
            }
        });
        table.row(std::iter::once(shortened(&one_line(case.title()), ANSWER_COLUMNS)).chain(answers));
    }
    format!("\n{}", table.render())
}
