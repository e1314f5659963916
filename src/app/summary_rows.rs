//! Figures per target as exports and the command line write them.

use crate::analysis::{Cases, CommonCases, Figure, TargetSummary};
use crate::domain::RunPlan;
use crate::interchange::export::SummaryExportRow;

/// One row a target, in the order of the summaries.
pub fn summary_rows(plan: &RunPlan, summaries: &[TargetSummary], common: &CommonCases) -> Vec<SummaryExportRow> {
    summaries.iter().map(|summary| row(plan, summary, common)).collect()
}

fn row(plan: &RunPlan, summary: &TargetSummary, common: &CommonCases) -> SummaryExportRow {
    let shown = |name: &str| match plan.targets.get(summary.target_index as usize) {
        Some(target) => target.connection.marked(name).into_owned(),
        None => name.to_owned(),
    };
    SummaryExportRow {
        target: shown(&summary.label),
        connection: shown(&summary.connection),
        model: summary.model.clone(),
        n: summary.n.into(),
        finished: summary.finished.into(),
        failed: summary.failed.into(),
        by_fallback: summary.by_fallback.into(),
        cancelled: summary.cancelled.into(),
        error_rate: summary.error_rate,
        ttft_p50_ms: summary.ttft_ms.p50,
        ttft_p95_ms: summary.ttft_ms.p95,
        total_p50_ms: summary.total_ms.p50,
        total_p95_ms: summary.total_ms.p95,
        total_p99_ms: summary.total_ms.p99,
        waited_p95_ms: summary.waited_ms.p95,
        output_tokens_per_s_p50: summary.output_tokens_per_s.p50,
        input_tokens: summary.tokens.input,
        output_tokens: summary.tokens.output,
        cost: summary.cost,
        currency: summary.currency.as_ref().map(|currency| currency.code().to_owned()),
        cost_per_1k_requests: summary.cost_per_1k_requests,
        thumbs_up: summary.thumbs_up.into(),
        thumbs_down: summary.thumbs_down.into(),
        score_mean: summary.score_mean,
        gap_p50_ms: summary.gaps.p50_ms,
        gap_p95_ms: summary.gaps.p95_ms,
        longest_gap_ms: summary.gaps.longest_ms,
        set_up_p50_ms: summary.measuring.set_up_ms.p50,
        on_new_connections: summary.measuring.on_new_connections.into(),
        left_out: summary.measuring.left_out.into(),
        slept: summary.measuring.slept.into(),
        under_load: summary.measuring.under_load.into(),
        worst_delay_ms: summary.measuring.worst_delay_ms,
        stated_cost_usd: (summary.stated.n > 0 && summary.stated.of_answered == summary.answered()).then_some(summary.stated.amount),
        cells: summary.cells.into(),
        not_sent: summary.unsent().into(),
        basis: if summary.cases == Cases::InCommon { "in_common" } else { "all_answered" },
        compared: summary.standing.as_str(),
        in_common: common.in_common.into(),
        answers_n: summary.answers.into(),
        ttft_n: Figure::TtftP50.n(summary).into(),
        total_n: Figure::TotalP50.n(summary).into(),
        waited_n: Figure::WaitedP95.n(summary).into(),
        output_tokens_per_s_n: Figure::SpeedP50.n(summary).into(),
        tokens_n: Figure::OutputTokens.n(summary).into(),
        cost_known_n: summary.cost_known_of.into(),
        cost_per_1k_n: Figure::CostPer1kRequests.n(summary).into(),
        score_n: Figure::ScoreMean.n(summary).into(),
        empty: summary.empty.into(),
    }
}
