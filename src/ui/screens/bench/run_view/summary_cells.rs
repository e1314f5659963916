//! The texts of the summary table, worked out once per change of the figures.

use crate::analysis::{
    Figure, TargetSummary, UNKNOWN, Unit, best, difference_from_baseline, format_count, format_counted, format_difference, format_ms,
    format_ms_bare, format_percent, format_s_bare, format_score, format_tokens,
};
use crate::domain::Money;

/// A percentile with fewer values than this says little.
const P95_NEEDS: u32 = 20;
const P99_NEEDS: u32 = 100;

/// The columns after the target.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Column {
    N,
    Failed,
    Figure(Figure),
    Thumbs,
}

/// The columns, those that decide most first.
pub(super) const COLUMNS: [Column; 18] = [
    Column::N,
    Column::Failed,
    Column::Figure(Figure::ErrorRate),
    Column::Figure(Figure::TtftP50),
    Column::Figure(Figure::TtftP95),
    Column::Figure(Figure::TotalP50),
    Column::Figure(Figure::TotalP95),
    Column::Figure(Figure::SpeedP50),
    Column::Figure(Figure::CostPer1kRequests),
    Column::Figure(Figure::Cost),
    Column::Figure(Figure::OutputTokens),
    Column::Thumbs,
    Column::Figure(Figure::ScoreMean),
    Column::Figure(Figure::WaitedP95),
    Column::Figure(Figure::GapP95),
    Column::Figure(Figure::TtftP99),
    Column::Figure(Figure::TotalP99),
    Column::Figure(Figure::InputTokens),
];

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SummaryCell {
    pub(super) value: String,
    /// Small, under the value.
    pub(super) below: String,
    pub(super) best: bool,
    /// It rests on too few values to be taken at its word.
    pub(super) pale: bool,
    /// What it rests on.
    pub(super) hover: String,
}

/// A column ready to draw.
#[derive(Clone, Debug, Default)]
pub(super) struct SummaryColumn {
    pub(super) head: String,
    /// The head as it is drawn; the second line may be empty.
    pub(super) lines: [String; 2],
    pub(super) definition: String,
    /// In the order of the targets.
    pub(super) cells: Vec<SummaryCell>,
}

/// All columns, ready to draw.
pub(super) fn columns(summaries: &[TargetSummary]) -> Vec<SummaryColumn> {
    COLUMNS.iter().map(|column| one_column(*column, summaries)).collect()
}

/// Some figure in sight rests on too few values.
pub(super) fn too_few_somewhere(columns: &[SummaryColumn]) -> bool {
    columns.iter().flat_map(|column| &column.cells).any(|cell| cell.pale)
}

fn one_column(column: Column, summaries: &[TargetSummary]) -> SummaryColumn {
    let plain = |head: &str, definition: &str, cell: fn(&TargetSummary) -> SummaryCell| SummaryColumn {
        head: head.to_owned(),
        lines: [head.to_owned(), String::new()],
        definition: definition.to_owned(),
        cells: summaries.iter().map(cell).collect(),
    };
    match column {
        Column::N => plain("n", "All trials: finished, failed and cancelled.", n_cell),
        Column::Failed => plain("Failed", "Trials without a whole answer, after all retries; by kind under the target.", failed_cell),
        Column::Thumbs => plain("Thumbs", "Thumbs up and down that people gave.", thumbs_cell),
        Column::Figure(figure) => figure_column(figure, summaries),
    }
}

fn n_cell(summary: &TargetSummary) -> SummaryCell {
    let below = match (summary.finished == summary.n, summary.cancelled) {
        (true, _) => String::new(),
        (false, 0) => format!("{} finished", format_count(summary.finished.into())),
        (false, cancelled) => format!("{} cancelled", format_count(cancelled.into())),
    };
    let mut hover = format!(
        "{} finished, {} failed, {} cancelled",
        format_count(summary.finished.into()),
        format_count(summary.failed.into()),
        format_count(summary.cancelled.into())
    );
    if summary.retried > 0 {
        hover = format!("{hover}; {} took more than one attempt", format_count(summary.retried.into()));
    }
    SummaryCell { value: format_count(summary.n.into()), below, hover, ..SummaryCell::default() }
}

fn failed_cell(summary: &TargetSummary) -> SummaryCell {
    SummaryCell { value: format_count(summary.failed.into()), hover: failures_in_words(summary), ..SummaryCell::default() }
}

fn thumbs_cell(summary: &TargetSummary) -> SummaryCell {
    let (up, down) = (summary.thumbs_up, summary.thumbs_down);
    if up + down == 0 {
        return SummaryCell { value: UNKNOWN.to_owned(), hover: "Nobody has judged its answers yet.".to_owned(), ..SummaryCell::default() };
    }
    SummaryCell { value: format!("+{up} −{down}"), hover: format!("{up} up, {down} down, of {}", summary.n), ..SummaryCell::default() }
}

/// `2 rate limited · 1 cut off`; empty when none failed.
pub(super) fn failures_in_words(summary: &TargetSummary) -> String {
    let kinds: Vec<String> =
        summary.failures.iter().map(|(kind, count)| format!("{} {}", format_count((*count).into()), kind.label())).collect();
    let by_fallback = (summary.by_fallback > 0).then(|| format!("{} by fallback", format_count(summary.by_fallback.into())));
    kinds.into_iter().chain(by_fallback).collect::<Vec<_>>().join(" · ")
}

/// It is made of the times of trials, so some trials may be left out of it.
fn is_time(figure: Figure) -> bool {
    matches!(figure.unit(), Unit::Milliseconds | Unit::TokensPerSecond)
}

/// What a time rests on besides its n: `2, 1 excluded: computer slept; 16 on new connections left out`.
fn with_exclusions(mut hover: String, figure: Figure, summary: &TargetSummary) -> String {
    let measuring = &summary.measuring;
    let counts = [(measuring.slept, "excluded: computer slept"), (measuring.left_out, "on new connections left out")];
    for (count, words) in counts.into_iter().filter(|(count, _)| *count > 0) {
        hover = format!("{hover}; {} {words}", format_count(count.into()));
    }
    let on_new = measuring.on_new_connections - measuring.left_out;
    if on_new > 0 {
        hover = format!("{hover}; {} waited for a connection", format_count(on_new.into()));
        if let Some(set_up_ms) = measuring.set_up_ms.p50 {
            hover = format!("{hover} (setting one up took {} in the median)", format_ms(set_up_ms));
        }
    }
    if let Some(worst_ms) = measuring.worst_delay_ms {
        hover = format!("{hover}; {} measured under load, up to {} late", format_count(measuring.under_load.into()), format_ms(worst_ms));
    }
    if let (Figure::GapP95, Some(p50_ms), Some(longest_ms)) = (figure, summary.gaps.p50_ms, summary.gaps.longest_ms) {
        hover = format!("{hover}; p50 {}, longest stall {}", format_ms(p50_ms), format_ms(longest_ms));
    }
    hover
}

/// Values a percentile needs; absent for other figures.
fn needs(figure: Figure) -> Option<(u32, &'static str)> {
    match figure {
        Figure::TtftP95 | Figure::TotalP95 | Figure::WaitedP95 | Figure::GapP95 => Some((P95_NEEDS, "p95")),
        Figure::TtftP99 | Figure::TotalP99 => Some((P99_NEEDS, "p99")),
        _ => None,
    }
}

fn figure_column(figure: Figure, summaries: &[TargetSummary]) -> SummaryColumn {
    let largest = summaries.iter().filter_map(|summary| figure.value(summary)).fold(0.0, f64::max);
    let in_seconds = match figure {
        Figure::TtftP50 | Figure::TtftP95 | Figure::TtftP99 => largest >= 10_000.0,
        _ => largest >= 1_000.0,
    };
    let unit = match figure.unit() {
        Unit::Milliseconds if in_seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::TokensPerSecond => "tok/s",
        Unit::Ratio | Unit::Tokens | Unit::Money | Unit::Score => "",
    };
    let baseline = summaries.iter().find(|summary| summary.baseline);
    let best = best(figure, summaries);
    let cells = summaries.iter().zip(best).map(|(summary, best)| {
        let value = match figure.unit() {
            Unit::Money => figure.amount(summary).map(|amount| amount.to_string()),
            _ => figure.value(summary).map(|value| match figure.unit() {
                Unit::Milliseconds if in_seconds => format_s_bare(value),
                Unit::Milliseconds | Unit::TokensPerSecond => format_ms_bare(value),
                Unit::Ratio => format_percent(value),
                Unit::Tokens => format_tokens(value as u64),
                Unit::Score | Unit::Money => format_score(value),
            }),
        };
        let n = figure.n(summary);
        let too_few = needs(figure).filter(|(needed, _)| n < *needed && value.is_some());
        let mut hover = format!("n = {}", format_count(n.into()));
        if let Some((needed, name)) = too_few {
            hover = format!("{hover}: too few for a {name}, which needs {needed}");
        }
        if is_time(figure) {
            hover = with_exclusions(hover, figure, summary);
        }
        let difference = baseline.and_then(|baseline| difference_from_baseline(figure, summary, baseline));
        let mut below = difference.map_or_else(String::new, |difference| format_difference(figure, &difference));
        if figure == Figure::Cost && summary.cost_known_of < summary.answered() {
            let known = match &summary.currency {
                Some(currency) => Money { amount: summary.cost_known, currency: currency.clone() }.to_string(),
                None => "price unknown".to_owned(),
            };
            below = if summary.currency.is_some() { format!("{known} of {}", summary.cost_known_of) } else { known };
            hover = format!(
                "Cost known of {} of {} answered trials",
                format_count(summary.cost_known_of.into()),
                format_count(summary.answered().into())
            );
        }
        if matches!(figure, Figure::Cost | Figure::CostPer1kRequests) {
            for (what, trials) in &summary.unrated {
                hover = format!("{hover}\nIn {} {}.", format_counted((*trials).into(), "trial", "trials"), what.words());
            }
        }
        SummaryCell {
            value: value.unwrap_or_else(|| UNKNOWN.to_owned()),
            below,
            best: best && too_few.is_none(),
            pale: too_few.is_some(),
            hover,
        }
    });
    let (name, unit_apart) = (figure.label(), if unit.is_empty() { "" } else { ", " });
    let lines = match figure {
        Figure::CostPer1kRequests => ["Per 1,000", "requests"],
        _ => [name, unit],
    };
    SummaryColumn {
        head: format!("{name}{unit_apart}{unit}"),
        lines: lines.map(str::to_owned),
        definition: figure.definition().to_owned(),
        cells: cells.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Quantiles;
    use crate::domain::{Currency, FailureKind, Unrated};

    fn target(index: u32, n: u32, ttft_ms: f64) -> TargetSummary {
        TargetSummary {
            target_index: index,
            baseline: index == 0,
            n,
            finished: n,
            ttft_ms: Quantiles { n, p50: Some(ttft_ms), p95: Some(ttft_ms * 2.0), p99: Some(ttft_ms * 3.0) },
            ..TargetSummary::default()
        }
    }

    fn cell(summaries: &[TargetSummary], head: &str, target: usize) -> SummaryCell {
        columns(summaries).into_iter().find(|column| column.head.starts_with(head)).unwrap().cells[target].clone()
    }

    #[test]
    fn percentiles_of_few_values_are_pale_and_never_best() {
        let summaries = [target(0, 6, 400.0), target(1, 30, 300.0)];
        assert!(cell(&summaries, "TTFT p95", 0).pale);
        assert_eq!(cell(&summaries, "TTFT p95", 0).hover, "n = 6: too few for a p95, which needs 20");
        assert!(!cell(&summaries, "TTFT p95", 1).pale && cell(&summaries, "TTFT p95", 1).best);
        assert!(cell(&summaries, "TTFT p99", 1).pale && !cell(&summaries, "TTFT p99", 1).best);
        assert!(!cell(&summaries, "TTFT p50", 0).pale);
        assert_eq!(cell(&summaries, "TTFT p50", 1).below, "−100 ms");
    }

    #[test]
    fn times_say_what_they_leave_out() {
        let mut summary = target(0, 46, 400.0);
        summary.finished = 48;
        summary.measuring.slept = 2;
        assert_eq!(cell(&[summary.clone()], "TTFT p50", 0).hover, "n = 46; 2 excluded: computer slept");
        summary.measuring.on_new_connections = 16;
        summary.measuring.set_up_ms.p50 = Some(53.0);
        let hover = cell(&[summary.clone()], "Total p50", 0).hover;
        assert!(hover.ends_with("; 16 waited for a connection (setting one up took 53.0 ms in the median)"), "{hover}");
        summary.measuring.left_out = 16;
        (summary.measuring.under_load, summary.measuring.worst_delay_ms) = (3, Some(7.5));
        let hover = cell(&[summary], "TTFT p50", 0).hover;
        let expected = "n = 46; 2 excluded: computer slept; 16 on new connections left out; 3 measured under load, up to 7.50 ms late";
        assert_eq!(hover, expected);
        assert!(!cell(&[target(0, 46, 400.0)], "Cost", 0).hover.contains("excluded"));
    }

    #[test]
    fn a_partly_known_cost_says_of_how_many() {
        let summary = TargetSummary {
            cost_known: "0.2".parse().unwrap(),
            cost_known_of: 150,
            currency: Some(Currency::usd()),
            ..target(0, 200, 1.0)
        };
        let known = cell(&[summary], "Cost", 0);
        assert_eq!((known.value.as_str(), known.below.as_str()), ("—", "$0.20 of 150"));
        assert_eq!(cell(&[target(0, 200, 1.0)], "Cost", 0).below, "price unknown");
        let summary = TargetSummary { failed: 3, by_fallback: 3, cost_known_of: 11, ..target(0, 10, 1.0) };
        assert_eq!(cell(&[summary], "Cost", 0).hover, "Cost known of 11 of 13 answered trials");
    }

    #[test]
    fn a_cost_says_what_stood_in_for_a_rate() {
        let summary = TargetSummary { unrated: vec![(Unrated::CachedInput, 3)], ..target(0, 9, 1.0) };
        for head in ["Cost", "Per 1,000"] {
            let column = columns(std::slice::from_ref(&summary)).into_iter().find(|column| column.lines[0] == head).unwrap();
            assert!(
                column.cells[0]
                    .hover
                    .ends_with("In 3 trials cached tokens were counted at the full input price: the price has no rate for cached input.")
            );
        }
        assert!(!cell(&[summary], "TTFT p50", 0).hover.contains("cached"));
    }

    #[test]
    fn failures_are_told_by_kind() {
        let summary = TargetSummary { failures: vec![(FailureKind::RateLimited, 2), (FailureKind::Truncated, 1)], ..target(0, 9, 1.0) };
        assert_eq!(failures_in_words(&summary), "2 rate limited · 1 cut off");
    }
}
