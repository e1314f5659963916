use std::convert::Infallible;

use crate::domain::{ApiKey, Citations, RunPlan, RunStatus, Trial, TrialRow};

use super::sample::{cell, failed, finished, plan, summary_row};
use super::*;

fn streamed(trials: Vec<Trial>) -> impl Iterator<Item = Result<(TrialRow, String), Infallible>> {
    trials.into_iter().map(|trial| Ok((trial.row, trial.body.output)))
}

fn answered(trials: Vec<Trial>) -> impl Iterator<Item = Result<(TrialRow, (String, Citations)), Infallible>> {
    trials.into_iter().map(|trial| Ok((trial.row, (trial.body.output, trial.body.citations))))
}

fn table(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_comparison_has_exactly_the_documented_columns() {
    let plan = plan();
    let mut out = Vec::new();
    let trials = vec![finished(cell(0, 0, 0)), failed(cell(1, 1, 1))];
    let written = write_comparison_csv(&mut out, &plan, answered(trials)).unwrap();
    assert_eq!(written, Written { rows: 2, nul_replaced: 0 });
    let text = String::from_utf8(out.clone()).unwrap();
    assert_eq!(
        text.lines().next().unwrap(),
        "run_id,case_id,case_index,repeat,target,connection,model,response_model,status,error_kind,error,attempts,fallback,fallback_error_kind,ttft_ms,total_ms,waited_ms,queue_ms,output_tokens_per_s,gap_p50_ms,gap_p95_ms,longest_gap_ms,connection_use,dns_ms,connect_ms,slept_ms,load_delay_ms,input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,usage_source,cost,currency,price_source,finish_reason,started_at,vantage,thumb,score,note,prompt,output,var.what,stated_cost_usd,citations"
    );
    let run = plan.id.to_string();
    let rows = table(&out);
    assert_eq!(
        rows[1],
        [
            run.as_str(),
            "'=hello",
            "1",
            "1",
            "a",
            "OpenAI",
            "gpt-4.1",
            "gpt-4.1-2025",
            "finished",
            "",
            "",
            "2",
            "",
            "",
            "120.5",
            "900",
            "1900.001",
            "1000",
            "51.235",
            "0.01",
            "0.015",
            "0.015",
            "new",
            "12",
            "41.25",
            "0",
            "7.5",
            "10",
            "0",
            "20",
            "",
            "provider",
            "0.00018",
            "USD",
            "list",
            "stop",
            "2023-11-14T22:13:20.123Z",
            "home",
            "up",
            "4",
            "fine, \"really\"",
            "Say +49 \"hi\"",
            "'=1+1\nsecond",
            "'+49 \"hi\"",
            "0.00017",
            "https://a.test/1\n=https://b.test"
        ]
    );
    let mut unknown = vec![
        run.as_str(),
        "talk",
        "2",
        "2",
        "b (simulated)",
        "Fake (simulated)",
        "gpt-4.1",
        "",
        "failed",
        "unauthorized",
        "key not accepted",
        "1",
    ];
    unknown.extend([""; 25]);
    unknown.extend(["home", "", "", "", "last {{what}}", "", "", "", ""]);
    assert_eq!(rows[2], unknown);
}

#[test]
fn side_by_side_has_every_case_once() {
    let plan = plan();
    let trials = || streamed(vec![finished(cell(0, 0, 0)), finished(cell(0, 0, 1)), failed(cell(0, 1, 0))]);
    let mut out = Vec::new();
    write_wide_csv(&mut out, &plan, WideRepeats::First, trials()).unwrap();
    let rows = table(&out);
    assert_eq!(
        rows[0],
        [
            "case_id",
            "prompt",
            "a output",
            "a total_ms",
            "a cost",
            "a thumb",
            "a score",
            "a note",
            "b (simulated) output",
            "b (simulated) total_ms",
            "b (simulated) cost",
            "b (simulated) thumb",
            "b (simulated) score",
            "b (simulated) note"
        ]
    );
    assert_eq!(rows[1][..8], ["'=hello", "Say +49 \"hi\"", "'=1+1\nsecond", "900", "0.00018", "up", "4", "fine, \"really\""]);
    assert!(rows[1][8..].iter().chain(&rows[2][2..]).all(String::is_empty));
    assert_eq!((rows.len(), rows[2][0].as_str()), (3, "talk"));

    let mut out = Vec::new();
    write_wide_csv(&mut out, &plan, WideRepeats::All, trials()).unwrap();
    let rows = table(&out);
    assert_eq!((rows[0].len(), rows[0][8].as_str(), rows[1][8].as_str()), (26, "a #2 output", "'=1+1\nsecond"));
}

#[test]
fn an_answer_of_a_fallback_names_it() {
    let mut plan = plan();
    plan.targets[0].fallback = Some(1);
    let mut trial = finished(cell(0, 0, 0));
    trial.row.fallback = failed(cell(0, 0, 0)).row.failure;
    let trials = || vec![trial.clone(), finished(cell(1, 0, 0))];
    let mut out = Vec::new();
    write_comparison_csv(&mut out, &plan, answered(trials())).unwrap();
    let marks: Vec<[String; 2]> = table(&out).into_iter().map(|row| [row[12].clone(), row[13].clone()]).collect();
    assert_eq!(marks, [["fallback", "fallback_error_kind"], ["b (simulated)", "unauthorized"], ["", ""]]);
    let mut out = Vec::new();
    write_wide_csv(&mut out, &plan, WideRepeats::First, streamed(trials())).unwrap();
    let rows = table(&out);
    assert_eq!((rows[0].len(), &*rows[0][8], &*rows[1][8], &*rows[2][8]), (15, "a fallback", "b (simulated)", ""));
}

#[test]
fn trials_of_another_run_or_order_are_told() {
    let plan = plan();
    let one = |trial: Trial| answered(vec![trial]);
    let mut out = Vec::new();
    assert!(matches!(
        write_comparison_csv(&mut out, &plan, one(finished(cell(2, 0, 0)))),
        Err(ExportError::UnknownCell { case_index: 2, .. })
    ));
    let backwards = streamed(vec![finished(cell(1, 0, 0)), finished(cell(0, 0, 0))]);
    assert!(matches!(write_wide_csv(&mut out, &plan, WideRepeats::First, backwards), Err(ExportError::OutOfOrder { case_index: 0 })));
    let broken = [Err::<(TrialRow, (String, Citations)), _>(std::io::Error::other("locked"))];
    assert!(matches!(write_comparison_csv(&mut out, &plan, broken), Err(ExportError::Source(_))));
}

#[test]
fn the_json_of_a_run_loses_nothing() {
    let plan = plan();
    let trials = vec![finished(cell(0, 0, 0)), failed(cell(1, 1, 1))];
    let mut out = Vec::new();
    write_run_json(&mut out, &plan, RunStatus::Finished, &[summary_row()], trials.clone().into_iter().map(Ok::<_, Infallible>)).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!((&value["format"], &value["version"], &value["simulated"]), (&RUN_FORMAT.into(), &RUN_FORMAT_VERSION.into(), &true.into()));
    assert_eq!(serde_json::from_value::<RunPlan>(value["plan"].take()).unwrap(), plan);
    assert_eq!(serde_json::from_value::<Vec<Trial>>(value["trials"].take()).unwrap(), trials);
    assert_eq!(value["summary"][0]["cost"], 0.0012);

    let mut out = Vec::new();
    write_run_json(&mut out, &plan, RunStatus::Cancelled, &[], std::iter::empty::<Result<Trial, Infallible>>()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap()["trials"], serde_json::json!([]));
}

#[test]
fn an_export_with_a_key_in_it_fails() {
    let plan = plan();
    let mut trial = finished(cell(0, 0, 0));
    trial.body.output = "your key is sk-CANARY-1\"23456".into();
    let keys = [ApiKey::from_pasted("sk-CANARY-1\"23456").unwrap().0];
    let mut guard = LeakGuard::new(Vec::new(), &keys);
    write_comparison_csv(&mut guard, &plan, answered(vec![trial.clone()])).unwrap();
    assert!(matches!(ExportError::from(guard.finish().unwrap_err()), ExportError::KeyFound(_)));
    trial.body.request = "x".repeat(100_000);
    let mut guard = LeakGuard::new(Vec::new(), &keys);
    let early = write_run_json(&mut guard, &plan, RunStatus::Finished, &[], [Ok::<_, Infallible>(trial.clone()), Ok(trial.clone())]);
    assert!(matches!(early, Err(ExportError::KeyFound(_))), "found while trials are still written");
    let mut guard = LeakGuard::new(Vec::new(), &keys);
    trial.body.request.clear();
    write_run_json(&mut guard, &plan, RunStatus::Finished, &[], [Ok::<_, Infallible>(trial)]).unwrap();
    assert!(matches!(ExportError::from(guard.finish().unwrap_err()), ExportError::KeyFound(_)));
}

#[test]
fn nul_becomes_visible_and_is_counted() {
    let plan = plan();
    let mut trial = finished(cell(0, 0, 0));
    trial.body.output = "a\0b".into();
    let mut out = Vec::new();
    let written = write_comparison_csv(&mut out, &plan, answered(vec![trial])).unwrap();
    assert_eq!((written.nul_replaced, out.contains(&0)), (1, false));
    assert_eq!(table(&out)[1][42], "a\u{2400}b");
}
