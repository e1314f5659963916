//! The figures of one answer, with what each means and rests on.

use crate::analysis::{capitalised, format_count, format_counted, format_ms, format_speed};
use crate::domain::{CostCertainty, Price, Timing, TrialRow, Usage, UsageSource};
use crate::ui::screens::price_words::{amounts_at, basis};

use super::cell_state::CellState;
use super::column::Column;
use super::measured_under;

/// One figure over its label.
pub(super) struct AnswerFigure {
    pub(super) label: &'static str,
    /// Absent: not known, or not yet.
    pub(super) value: Option<String>,
    /// A value as wide as values get.
    pub(super) widest: &'static str,
    pub(super) definition: String,
}

fn ms(us: u64) -> String {
    format_ms(us as f64 / 1e3)
}

/// TTFT, total, speed, tokens and cost of a column's cell.
pub(super) fn answer_figures(column: &Column<'_>) -> [AnswerFigure; 5] {
    let row = column.state.row();
    let live_ttft_us = match column.state {
        CellState::Streaming(live) => live.ttft_us,
        CellState::Ended(_) | CellState::Queued | CellState::NotSent => None,
    };
    let usage = row.and_then(|row| row.usage);
    let asked = row.and_then(|row| column.run.plan.answered_by(row)).unwrap_or(column.target);
    let about = if usage.is_some_and(|usage| usage.source == UsageSource::Estimated) { "~" } else { "" };
    [
        AnswerFigure {
            label: measured_under::ttft_label(row.and_then(|row| row.timing.as_ref())),
            value: row.and_then(|row| row.timing?.ttft_us()).or(live_ttft_us).map(ms),
            widest: "00.00 s",
            definition: ttft_definition(row),
        },
        AnswerFigure {
            label: "total",
            value: row.and_then(|row| row.timing).map(|timing| ms(timing.total_us())),
            widest: "00.00 s",
            definition: total_definition(row),
        },
        AnswerFigure {
            label: "speed",
            value: row.and_then(|row| row.output_tokens_per_s).map(format_speed),
            widest: "00.0 tok/s",
            definition: speed_definition(row),
        },
        AnswerFigure {
            label: "tokens",
            value: usage.map(|usage| format!("{about}{} → {}", format_count(usage.input_tokens), format_count(usage.output_tokens))),
            widest: "000 → 000",
            definition: tokens_definition(usage.as_ref(), row),
        },
        AnswerFigure {
            label: "cost",
            value: row.and_then(|row| column.cost_words(row)).map(|(certainty, cost)| match certainty {
                CostCertainty::Counted => cost,
                CostCertainty::Estimated => format!("~{cost}"),
                CostCertainty::Bound => format!("≤ {cost}"),
            }),
            widest: "$0.00000",
            definition: row.map_or_else(
                || COST.to_owned(),
                |row| cost_definition(asked.price.as_ref(), row, column.run.plan.cost_certainty(row), column.stated_words(row)),
            ),
        },
    ]
}

fn ttft_definition(row: Option<&TrialRow>) -> String {
    let mut text = "Time from sending the request to the first visible text, a new connection's set-up included.".to_owned();
    let Some(timing) = row.and_then(|row| row.timing) else { return text };
    if !timing.streamed {
        return with_set_up(format!("{text}\nThis answer did not stream, so it has none."), &timing);
    }
    let stamps = [("headers", timing.headers_us), ("first event", timing.first_chunk_us), ("first reasoning", timing.first_reasoning_us)];
    let told: Vec<String> = stamps.into_iter().filter_map(|(name, us)| Some(format!("{name} after {}", ms(us?)))).collect();
    if !told.is_empty() {
        text = format!("{text}\nHere: {}.", told.join(", "));
    }
    with_set_up(text, &timing)
}

fn with_set_up(text: String, timing: &Timing) -> String {
    match &timing.set_up {
        Some(set_up) => format!("{text}\n{}.", capitalised(&measured_under::set_up_words(set_up))),
        None => text,
    }
}

fn speed_definition(row: Option<&TrialRow>) -> String {
    let text = "Output speed: (tokens − 1) / (last − first arrival of text). None where the answer did not stream or came in one burst.";
    match row.and_then(measured_under::gap_words) {
        Some(gaps) => format!("{text}\n{gaps}\nGaps are between chunks, not tokens."),
        None => text.to_owned(),
    }
}

fn total_definition(row: Option<&TrialRow>) -> String {
    let mut text = "Time from sending the request to the end of the answer, of the attempt that is reported.".to_owned();
    let Some(row) = row else { return text };
    if let Some(waited) = row.waited_us {
        text = format!("{text}\nWaited in all: {}, retries and the waits between them included.", ms(waited));
    }
    if let Some(queue) = row.queue_us {
        text = format!("{text}\nBefore this attempt was sent: {}.", ms(queue));
    }
    if row.attempts > 0 {
        text = format!("{text}\n{}.", format_counted(u64::from(row.attempts), "attempt", "attempts"));
    }
    text
}

fn tokens_definition(usage: Option<&Usage>, row: Option<&TrialRow>) -> String {
    let mut text = "Prompt tokens → answer tokens, reasoning included.".to_owned();
    if let Some(usage) = usage {
        text = match usage.source {
            UsageSource::Provider => format!("{text}\nCounted by the provider."),
            UsageSource::Estimated => format!("{text}\n~ Estimated here: the provider gave no count."),
        };
        let parts = [
            ("of the prompt read from the cache", usage.cached_input_tokens),
            ("of the prompt written to the cache", usage.cache_write_tokens),
            ("of the answer reasoning", usage.reasoning_tokens),
        ];
        for (name, tokens) in parts.into_iter().filter_map(|(name, tokens)| Some((name, tokens.filter(|tokens| *tokens > 0)?))) {
            text = format!("{text}\n{} {name}.", format_count(tokens));
        }
    }
    if let Some(model) = row.and_then(|row| row.response_model.as_deref()) {
        text = format!("{text}\nModel in the answer: {}.", crate::ui::widgets::visible(model).text);
    }
    text
}

const COST: &str = "Cost of all attempts of this answer.";

/// `price`: of who answered; `stated`: what the provider itself says.
fn cost_definition(price: Option<&Price>, row: &TrialRow, certainty: CostCertainty, stated: Option<String>) -> String {
    let mut lines = vec![COST.to_owned()];
    lines.extend(stated.map(|words| format!("{}.", capitalised(&words))));
    let Some(price) = price else {
        lines.push("The price of this model at this connection is not known. It can be set in Connections.".to_owned());
        return lines.join("\n");
    };
    match certainty {
        CostCertainty::Counted => {}
        CostCertainty::Estimated => lines.push("~ An estimate: the provider gave no final count.".to_owned()),
        CostCertainty::Bound => lines.push(
            "≤ The most that it can be: the provider gave no final count, so all that was set aside for it counts as spent under the cap."
                .to_owned(),
        ),
    }
    lines.push(format!("Price: {}.", amounts_at(price, row.usage.map_or(0, |usage| usage.input_tokens))));
    let unrated = row.usage.map(|usage| price.unrated(&usage)).unwrap_or_default();
    lines.extend(unrated.into_iter().map(|what| format!("{}.", capitalised(what.words()))));
    lines.push(basis(price));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fixtures::{finished, price};
    use crate::domain::TrialStatus;

    fn with_usage(cached: Option<u64>, source: UsageSource) -> TrialRow {
        let usage = Usage {
            input_tokens: 100,
            cached_input_tokens: cached,
            cache_write_tokens: None,
            output_tokens: 10,
            reasoning_tokens: None,
            source,
        };
        TrialRow { usage: Some(usage), ..finished(0, 0, 0, 10) }
    }

    #[test]
    fn cached_tokens_at_the_full_price_are_said() {
        let mut two = price("2", "8");
        let says = |price: &Price, cached| {
            cost_definition(Some(price), &with_usage(cached, UsageSource::Provider), CostCertainty::Counted, None)
                .contains("Cached tokens were counted at the full input price")
        };
        assert!(says(&two, Some(64)));
        assert!(!says(&two, Some(0)) && !says(&two, None) && !says(&Price::local(), Some(64)));
        two.tiers[0].cached_input_per_million = Some(1.into());
        assert!(!says(&two, Some(64)));
        let uncounted = TrialRow { usage: None, ..finished(0, 0, 0, 10) };
        assert!(cost_definition(Some(&two), &uncounted, CostCertainty::Counted, None).contains("$2.00 in, $8.00 out ($1.00 cached)"));
    }

    #[test]
    fn the_providers_own_word_stands_beside_ours() {
        let stated = "unknown here; the provider itself says $0.00123".to_owned();
        let told = cost_definition(None, &finished(0, 0, 0, 10), CostCertainty::Counted, Some(stated));
        assert!(told.contains("\nUnknown here; the provider itself says $0.00123.\nThe price of this model"), "{told}");
    }

    #[test]
    fn what_nobody_counted_costs_about_this_or_at_most_that() {
        let two = price("2", "8");
        // 100 tokens in, 10 out.
        let estimate: rust_decimal::Decimal = "0.00028".parse().unwrap();
        let twice = estimate * rust_decimal::Decimal::TWO;
        let row = |source, cost| TrialRow { cost: Some(cost), ..with_usage(None, source) };
        let certainty = |row: TrialRow, capped| row.cost_certainty(Some(&two), capped);
        assert_eq!(certainty(row(UsageSource::Provider, twice), true), CostCertainty::Counted);
        assert_eq!(certainty(row(UsageSource::Estimated, estimate), true), CostCertainty::Estimated);
        assert_eq!(certainty(row(UsageSource::Estimated, twice), true), CostCertainty::Bound);
        assert_eq!(certainty(row(UsageSource::Estimated, twice), false), CostCertainty::Estimated);
        // A refusal that costs nothing may stand before it.
        assert_eq!(certainty(TrialRow { attempts: 2, ..row(UsageSource::Estimated, twice) }, true), CostCertainty::Bound);
        let broke_off = |cost| TrialRow { status: TrialStatus::Failed, finish_reason: None, ..row(UsageSource::Provider, cost) };
        assert_eq!(certainty(broke_off(twice), true), CostCertainty::Bound);
        assert_eq!(certainty(broke_off(estimate), false), CostCertainty::Estimated);
        let filtered = TrialRow { finish_reason: Some("content_filter".to_owned()), ..broke_off(estimate) };
        assert_eq!(certainty(filtered, true), CostCertainty::Counted);
        let bound = TrialRow { cost: Some("0.01".parse().unwrap()), ..with_usage(None, UsageSource::Estimated) };
        assert!(cost_definition(Some(&two), &bound, bound.cost_certainty(Some(&two), true), None).contains("≤ The most that it can be"));
    }
}
