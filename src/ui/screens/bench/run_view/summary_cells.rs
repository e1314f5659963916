//! The texts of the summary table, worked out once per change of the figures.

use crate::analysis::{
    Figure, Hindrance, Standing, TargetSummary, UNKNOWN, Unit, answered_words, best, capitalised, difference_from_baseline, format_count,
    format_counted, format_difference, format_ms, format_ms_bare, format_percent, format_s_bare, format_score, format_tokens,
    hindrance_words, no_best,
};
use crate::domain::Money;
use crate::ui::widgets::visible;

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
        Column::N => plain(
            "n",
            "All trials: finished, failed, cancelled and not sent. Over the cases in common: the answers to those, which the figures of the row are made of.",
            n_cell,
        ),
        Column::Failed => plain(
            "Failed",
            "Trials that were sent and got no whole answer, after all retries; by kind under the target. What was never sent is counted under it, and is in no rate.",
            failed_cell,
        ),
        Column::Thumbs => plain("Thumbs", "Thumbs up and down that people gave.", thumbs_cell),
        Column::Figure(figure) => figure_column(figure, summaries),
    }
}

fn n_cell(summary: &TargetSummary) -> SummaryCell {
    if summary.is_in_common() && summary.answers != summary.cells {
        let below = if summary.finished == summary.answers {
            String::new()
        } else {
            format!("of {} answered", format_count(summary.finished.into()))
        };
        let hover = format!(
            "{}; figures over the {} in common",
            answered_words(summary),
            format_counted(summary.answers.into(), "answer", "answers")
        );
        return SummaryCell { value: format_count(summary.answers.into()), below, hover, ..SummaryCell::default() };
    }
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
    if let Some(words) = summary.not_sent_words() {
        hover = format!("{hover}, {words}");
    }
    if summary.retried > 0 {
        hover = format!("{hover}; {} took more than one attempt", format_count(summary.retried.into()));
    }
    SummaryCell { value: format_count(summary.n.into()), below, hover, ..SummaryCell::default() }
}

fn failed_cell(summary: &TargetSummary) -> SummaryCell {
    let unsent = summary.unsent();
    let below = if unsent > 0 { format!("{} not sent", format_count(unsent.into())) } else { String::new() };
    SummaryCell { value: format_count(summary.failed.into()), below, hover: failures_in_words(summary), ..SummaryCell::default() }
}

fn thumbs_cell(summary: &TargetSummary) -> SummaryCell {
    let (up, down) = (summary.thumbs_up, summary.thumbs_down);
    if up + down == 0 {
        return SummaryCell { value: UNKNOWN.to_owned(), hover: "Nobody has judged its answers yet.".to_owned(), ..SummaryCell::default() };
    }
    SummaryCell { value: format!("+{up} −{down}"), hover: format!("{up} up, {down} down, of {}", summary.n), ..SummaryCell::default() }
}

/// `2 rate limited · 1 cut off · 1 empty answer · 3 not sent (no key)`; empty when all were answered and say something.
pub(super) fn failures_in_words(summary: &TargetSummary) -> String {
    let kinds: Vec<String> =
        summary.failures.iter().map(|(kind, count)| format!("{} {}", format_count((*count).into()), kind.label())).collect();
    let by_fallback = (summary.by_fallback > 0).then(|| format!("{} by fallback", format_count(summary.by_fallback.into())));
    // Under the column it is counted anyway.
    let not_sent = summary.not_sent_words().filter(|_| summary.not_sent > 0);
    let empty = (summary.empty > 0).then(|| format_counted(summary.empty.into(), "empty answer", "empty answers"));
    kinds.into_iter().chain(empty).chain(not_sent).chain(by_fallback).collect::<Vec<_>>().join(" · ")
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

/// What kind of figure it is, for a person.
fn statistic(figure: Figure) -> &'static str {
    match figure {
        Figure::TtftP95 | Figure::TotalP95 | Figure::WaitedP95 | Figure::GapP95 => "p95",
        Figure::TtftP99 | Figure::TotalP99 => "p99",
        Figure::TtftP50 | Figure::TotalP50 | Figure::SpeedP50 => "median",
        Figure::ErrorRate => "rate",
        Figure::ScoreMean | Figure::CostPer1kRequests => "mean",
        Figure::InputTokens | Figure::OutputTokens | Figure::Cost => "sum",
    }
}

/// What the figure rests on, where that is not what the row's n says: `n 5`.
fn own_n(figure: Figure, summary: &TargetSummary) -> Option<String> {
    let n = figure.n(summary);
    match figure {
        // Gaps are counted, not answers.
        Figure::GapP95 => None,
        Figure::Cost => (summary.is_in_common() && summary.answers != summary.n).then(|| format!("all {} trials", format_count(n.into()))),
        _ if n == summary.answers || (!summary.is_in_common() && n == summary.n) => None,
        _ => Some(format!("n {}", format_count(n.into()))),
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
    let hindrance = no_best(figure, summaries);
    let label_of = |index: u32| {
        let summary = summaries.iter().find(|summary| summary.target_index == index);
        summary.map_or_else(String::new, |summary| visible(&summary.label).text.into_owned())
    };
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
        let lacks = figure.lacks(summary).filter(|_| value.is_some() && !figure.is_sum());
        let mut hover = format!("n = {}", format_count(n.into()));
        match lacks {
            Some(Hindrance::TooFewCases { needs, cases, .. }) => {
                let of = format_counted(cases.into(), "case", "cases");
                hover = format!("{hover}, of {of}: too few for a {}, which needs {needs} cases; repeats do not help", statistic(figure));
            }
            Some(Hindrance::TooFew { needs, n: answers, .. }) => {
                let of = if answers == n { String::new() } else { format!(" in {}", format_counted(answers.into(), "answer", "answers")) };
                hover = format!("{hover}{of}: too few for a {}, which needs {needs}", statistic(figure));
            }
            _ => {}
        }
        if let (Figure::ErrorRate, Some(words)) = (figure, summary.not_sent_words()) {
            hover = format!("{hover}; {words}, in no rate");
        }
        if is_time(figure) {
            hover = with_exclusions(hover, figure, summary);
        }
        let why = match hindrance {
            _ if summary.standing == Standing::LeftOut => Some(Hindrance::LeftOut),
            _ if summary.standing == Standing::NoAnswers && figure == Figure::CostPer1kRequests => {
                value.is_some().then_some(Hindrance::NoAnswers)
            }
            // It says so itself.
            Some(Hindrance::TooFew { .. } | Hindrance::TooFewCases { .. }) if lacks.is_some() => None,
            hindrance => hindrance.filter(|_| value.is_some()),
        };
        if let Some(words) = why.and_then(|why| hindrance_words(figure, why, label_of)) {
            hover = format!("{hover}; {words}");
        }
        let difference = baseline.and_then(|baseline| difference_from_baseline(figure, summary, baseline));
        let difference = difference.map(|difference| format_difference(figure, &difference));
        let rests_on = own_n(figure, summary).filter(|_| value.is_some());
        let mut below = difference.into_iter().chain(rests_on).collect::<Vec<_>>().join(" · ");
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
            if let Some(stated) = summary.stated.words(summary.n, summary.currency.as_ref()) {
                hover = format!("{hover}\n{}", capitalised(&stated));
            }
        }
        SummaryCell { value: value.unwrap_or_else(|| UNKNOWN.to_owned()), below, best, pale: lacks.is_some(), hover }
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
    use crate::analysis::{Quantiles, Samples};
    use crate::domain::{Currency, FailureKind, Unrated};

    fn target(index: u32, n: u32, ttft_ms: f64) -> TargetSummary {
        TargetSummary {
            target_index: index,
            baseline: index == 0,
            n,
            cells: n,
            finished: n,
            answers: n,
            samples: Samples::of_cases(n),
            ttft_ms: Quantiles { n, p50: Some(ttft_ms), p95: Some(ttft_ms * 2.0), p99: Some(ttft_ms * 3.0) },
            ..TargetSummary::default()
        }
    }

    fn cell(summaries: &[TargetSummary], head: &str, target: usize) -> SummaryCell {
        columns(summaries).into_iter().find(|column| column.head.starts_with(head)).unwrap().cells[target].clone()
    }

    #[test]
    fn percentiles_of_few_values_are_pale_and_never_best() {
        let summaries = [target(0, 6, 400.0), target(1, 60, 300.0)];
        assert!(cell(&summaries, "TTFT p95", 0).pale);
        assert_eq!(
            cell(&summaries, "TTFT p95", 0).hover,
            "n = 6: too few for a p95, which needs 50; not compared: the targets' answers are to different cases"
        );
        let other = cell(&summaries, "TTFT p95", 1);
        assert!(!other.pale && !other.best, "there is nothing to be better than");
        assert_eq!(other.hover, "n = 60; not compared: the targets' answers are to different cases");
        assert!(cell(&summaries, "TTFT p99", 1).pale && !cell(&summaries, "TTFT p99", 1).best);
        assert!(cell(&summaries, "TTFT p50", 0).pale && cell(&summaries, "TTFT p50", 1).below.is_empty());
        let enough = [target(0, 60, 400.0), target(1, 60, 300.0)];
        assert!(!cell(&enough, "TTFT p50", 0).pale && cell(&enough, "TTFT p95", 1).best);
        assert_eq!(cell(&enough, "TTFT p50", 1).below, "−100 ms");
    }

    #[test]
    fn a_figure_tells_its_own_n_where_the_row_has_another() {
        let scored = |index, score_mean| TargetSummary { score_n: 5, score_mean: Some(score_mean), ..target(index, 57, 400.0) };
        let summaries = [scored(0, 4.6), scored(1, 2.0)];
        for index in [0, 1] {
            let score = cell(&summaries, "Score", index);
            assert_eq!((score.below.as_str(), score.best, score.pale), ("n 5", false, true), "no difference, no best");
            assert_eq!(score.hover, "n = 5: too few for a mean, which needs 10");
            assert_eq!(cell(&summaries, "TTFT p50", index).below, if index == 0 { "" } else { "0.0 ms" });
        }
        let unsent =
            TargetSummary { n: 60, cells: 60, not_sent: 60, not_sent_why: vec![(FailureKind::NoKey, 60)], ..TargetSummary::default() };
        assert_eq!(cell(std::slice::from_ref(&unsent), "Failed", 0).below, "60 not sent");
        assert_eq!(cell(std::slice::from_ref(&unsent), "Error rate", 0).hover, "n = 0; 60 not sent (no key), in no rate");
        assert_eq!(failures_in_words(&unsent), "60 not sent (no key)");
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
        let summary = TargetSummary { empty: 3, ..target(0, 9, 1.0) };
        assert_eq!(failures_in_words(&summary), "3 empty answers");
    }
}
