//! The summary: one row a target.

use std::io::Write;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::csv_writer::CsvWriter;
use super::numbers::{decimals_3, decimals_6};
use super::{ExportError, Written};

/// The columns, in order.
pub const SUMMARY_COLUMNS: [&str; 49] = [
    "target",
    "connection",
    "model",
    "n",
    "finished",
    "failed",
    "by_fallback",
    "cancelled",
    "error_rate",
    "ttft_p50_ms",
    "ttft_p95_ms",
    "total_p50_ms",
    "total_p95_ms",
    "total_p99_ms",
    "waited_p95_ms",
    "output_tokens_per_s_p50",
    "input_tokens",
    "output_tokens",
    "cost",
    "currency",
    "cost_per_1k_requests",
    "thumbs_up",
    "thumbs_down",
    "score_mean",
    "gap_p50_ms",
    "gap_p95_ms",
    "longest_gap_ms",
    "set_up_p50_ms",
    "on_new_connections",
    "left_out",
    "slept",
    "under_load",
    "worst_delay_ms",
    "stated_cost_usd",
    "cells",
    "not_sent",
    "basis",
    "compared",
    "in_common",
    "answers_n",
    "ttft_n",
    "total_n",
    "waited_n",
    "output_tokens_per_s_n",
    "tokens_n",
    "cost_known_n",
    "cost_per_1k_n",
    "score_n",
    "empty",
];

/// One target. As JSON its fields are the columns, unknown ones `null`, amounts as numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryExportRow {
    /// The label as it is shown.
    pub target: String,
    /// The name as it is shown.
    pub connection: String,
    /// As sent.
    pub model: String,
    /// All trials.
    pub n: u64,
    /// Those with a whole answer of the target itself.
    pub finished: u64,
    /// Those that were sent and in which the target failed.
    pub failed: u64,
    /// Those of the others that its fallback answered.
    pub by_fallback: u64,
    /// Those that the user stopped after they were sent.
    pub cancelled: u64,
    /// failed / (finished + failed), 0–1: of those that were sent; absent when none of them ended by itself.
    #[serde(serialize_with = "six_decimals")]
    pub error_rate: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub ttft_p50_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub ttft_p95_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub total_p50_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub total_p95_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub total_p99_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub waited_p95_ms: Option<f64>,
    /// Tokens per second.
    #[serde(serialize_with = "three_decimals")]
    pub output_tokens_per_s_p50: Option<f64>,
    /// Absent when no trial has counts.
    pub input_tokens: Option<u64>,
    /// Absent when no trial has counts.
    pub output_tokens: Option<u64>,
    /// Of all attempts; absent when unknown.
    #[serde(serialize_with = "amount")]
    pub cost: Option<Decimal>,
    /// Three capitals; absent when no price is known.
    pub currency: Option<String>,
    /// Cost of all attempts / (finished + by_fallback) × 1000; absent when unknown.
    #[serde(serialize_with = "amount")]
    pub cost_per_1k_requests: Option<Decimal>,
    /// Answers with a thumb up.
    pub thumbs_up: u64,
    /// Answers with a thumb down.
    pub thumbs_down: u64,
    /// 1–5; absent when nothing was scored.
    #[serde(serialize_with = "three_decimals")]
    pub score_mean: Option<f64>,
    /// Milliseconds between arrivals of text; this and the next are off by at most 1/32.
    #[serde(serialize_with = "three_decimals")]
    pub gap_p50_ms: Option<f64>,
    /// Milliseconds.
    #[serde(serialize_with = "three_decimals")]
    pub gap_p95_ms: Option<f64>,
    /// Milliseconds; the longest stall, exact.
    #[serde(serialize_with = "three_decimals")]
    pub longest_gap_ms: Option<f64>,
    /// Milliseconds that making a connection took, the name's resolution included.
    #[serde(serialize_with = "three_decimals")]
    pub set_up_p50_ms: Option<f64>,
    /// Finished trials that waited for a connection.
    pub on_new_connections: u64,
    /// Those of them whose times were left out on request.
    pub left_out: u64,
    /// Finished trials whose times are always left out: the computer slept.
    pub slept: u64,
    /// Finished trials whose times count and that were measured under load.
    pub under_load: u64,
    /// Milliseconds that this program's timer was late at most in one of those; absent when there are none.
    #[serde(serialize_with = "three_decimals")]
    pub worst_delay_ms: Option<f64>,
    /// What the provider itself says that the current trials cost, US dollars; absent when it does not say it of every answer.
    #[serde(serialize_with = "amount")]
    pub stated_cost_usd: Option<Decimal>,
    /// Cases × repeats.
    pub cells: u64,
    /// Cells that nothing was sent to the target for, with a trial or without; in no rate.
    pub not_sent: u64,
    /// `in_common`: times, speed, gaps, tokens, cost per 1,000 and judgements of compared targets are over the cells that all of them answered;
    /// `all_answered`: over each target's own answers. Counts, error rate and cost are over all trials.
    pub basis: &'static str,
    /// `compared`, `no_answers` or `left_out`.
    pub compared: &'static str,
    /// Cells that all compared targets answered.
    pub in_common: u64,
    /// Answers that the figures of this target are over; the next ones say of how many each of them is.
    pub answers_n: u64,
    /// Of the TTFT.
    pub ttft_n: u64,
    /// Of the total time.
    pub total_n: u64,
    /// Of the wait.
    pub waited_n: u64,
    /// Of the speed.
    pub output_tokens_per_s_n: u64,
    /// Of the tokens.
    pub tokens_n: u64,
    /// Answered trials, of all, whose cost is known.
    pub cost_known_n: u64,
    /// Of the cost per 1,000.
    pub cost_per_1k_n: u64,
    /// Of the score.
    pub score_n: u64,
    /// Of the finished ones, answers without visible text or call.
    pub empty: u64,
}

/// Writes the header and one target a row.
pub fn write_summary_csv(out: &mut dyn Write, rows: &[SummaryExportRow]) -> Result<Written, ExportError> {
    let mut csv = CsvWriter::new(out);
    csv.header(SUMMARY_COLUMNS)?;
    for row in rows {
        csv.text(&row.target);
        csv.text(&row.connection);
        csv.text(&row.model);
        for count in [row.n, row.finished, row.failed, row.by_fallback, row.cancelled] {
            csv.bare(count);
        }
        csv.bare_if_known(row.error_rate.and_then(decimals_6));
        let milliseconds = [row.ttft_p50_ms, row.ttft_p95_ms, row.total_p50_ms, row.total_p95_ms, row.total_p99_ms, row.waited_p95_ms];
        for figure in milliseconds.into_iter().chain([row.output_tokens_per_s_p50]) {
            csv.bare_if_known(figure.and_then(decimals_3));
        }
        csv.bare_if_known(row.input_tokens);
        csv.bare_if_known(row.output_tokens);
        csv.bare_if_known(row.cost);
        csv.text_if_any(row.currency.as_deref().unwrap_or_default());
        csv.bare_if_known(row.cost_per_1k_requests);
        csv.bare(row.thumbs_up);
        csv.bare(row.thumbs_down);
        for figure in [row.score_mean, row.gap_p50_ms, row.gap_p95_ms, row.longest_gap_ms, row.set_up_p50_ms] {
            csv.bare_if_known(figure.and_then(decimals_3));
        }
        for count in [row.on_new_connections, row.left_out, row.slept, row.under_load] {
            csv.bare(count);
        }
        csv.bare_if_known(row.worst_delay_ms.and_then(decimals_3));
        csv.bare_if_known(row.stated_cost_usd);
        csv.bare(row.cells);
        csv.bare(row.not_sent);
        csv.text(row.basis);
        csv.text(row.compared);
        let counts = [row.in_common, row.answers_n, row.ttft_n, row.total_n, row.waited_n, row.output_tokens_per_s_n];
        for count in counts.into_iter().chain([row.tokens_n, row.cost_known_n, row.cost_per_1k_n, row.score_n, row.empty]) {
            csv.bare(count);
        }
        csv.end_row()?;
    }
    Ok(csv.finish()?.1)
}

#[expect(clippy::ref_option, reason = "serde's serialize_with hands over a reference")]
fn three_decimals<S: Serializer>(figure: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    figure.and_then(decimals_3).and_then(|text| text.parse::<f64>().ok()).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde's serialize_with hands over a reference")]
fn six_decimals<S: Serializer>(figure: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    figure.and_then(decimals_6).and_then(|text| text.parse::<f64>().ok()).serialize(serializer)
}

/// A number, because scripts add it up; the exact amount is in the CSV.
#[expect(clippy::ref_option, reason = "serde's serialize_with hands over a reference")]
fn amount<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.and_then(|amount| amount.to_string().parse::<f64>().ok()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interchange::export::sample;

    #[test]
    fn the_columns_are_those_of_the_documentation_in_csv_and_json() {
        let mut out = Vec::new();
        write_summary_csv(&mut out, &[sample::summary_row()]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "target,connection,model,n,finished,failed,by_fallback,cancelled,error_rate,ttft_p50_ms,ttft_p95_ms,total_p50_ms,total_p95_ms,total_p99_ms,waited_p95_ms,output_tokens_per_s_p50,input_tokens,output_tokens,cost,currency,cost_per_1k_requests,thumbs_up,thumbs_down,score_mean,gap_p50_ms,gap_p95_ms,longest_gap_ms,set_up_p50_ms,on_new_connections,left_out,slept,under_load,worst_delay_ms,stated_cost_usd,cells,not_sent,basis,compared,in_common,answers_n,ttft_n,total_n,waited_n,output_tokens_per_s_n,tokens_n,cost_known_n,cost_per_1k_n,score_n,empty\n\
             \"'=label\",\"Demo (simulated)\",\"gpt-4.1\",3,2,1,0,0,0.333333,120.5,,900,,,,50,10,20,0.0012,\"USD\",0.6,1,0,,18.5,40,212.5,53,2,1,0,1,7.5,0.00123,4,1,\"in_common\",\"compared\",2,2,2,2,2,1,2,2,2,0,1\n"
        );
        let json = serde_json::to_value(sample::summary_row()).unwrap();
        let fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, SUMMARY_COLUMNS);
        assert_eq!(
            (&json["cost"], &json["ttft_p95_ms"], &json["error_rate"]),
            (&0.0012.into(), &serde_json::Value::Null, &0.333_333.into())
        );
    }
}
