//! The load generator `oha`, where it is installed, on the same server.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::analysis::percentile;
use crate::bench::{OtherReport, PACED_MODEL, Truth, fetch_truth};

use super::super::console::Console;
use super::super::error::CliError;

/// Runs it; absent where it is not installed. Its answers cannot be told apart one by one, so its percentiles stand beside the server's.
pub(super) fn oha(console: &Console, base_url: &str, parallel: u32, requests: u32) -> Result<Option<OtherReport>, CliError> {
    let Ok(version) = Command::new("oha").arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output() else { return Ok(None) };
    let name = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    console.note(&format!("{parallel} at once: {requests} requests by {name}"));
    let newest = |truths: &[Truth]| truths.iter().map(|truth| truth.id).max().unwrap_or(0);
    let before = newest(&fetch_truth(base_url)?);
    let body = json!({ "model": PACED_MODEL, "messages": [{ "role": "user", "content": "Say something." }], "stream": true }).to_string();
    let output = Command::new("oha")
        .args(["--no-tui", "--output-format", "json", "-m", "POST", "-T", "application/json", "-d", &body])
        .args(["-n", &requests.to_string(), "-c", &parallel.to_string(), &format!("{base_url}/chat/completions")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let said = output.ok().and_then(|output| serde_json::from_slice::<Value>(&output.stdout).ok());
    let Some(said) = said else {
        console.warn(&format!("{name} gave no result as JSON and is left out"));
        return Ok(None);
    };
    let mut totals_ms: Vec<f64> =
        fetch_truth(base_url)?.iter().filter(|truth| truth.id > before).map(|truth| truth.last_ns as f64 / 1e6).collect();
    totals_ms.sort_unstable_by(f64::total_cmp);
    let latency_ms = |name: &str| said["latencyPercentiles"][name].as_f64().map(|seconds| seconds * 1e3);
    let report = (|| {
        Some(OtherReport {
            name: name.clone(),
            parallel,
            total_p50_ms: latency_ms("p50")?,
            total_p99_ms: latency_ms("p99")?,
            true_total_p50_ms: percentile(&totals_ms, 50.0)?,
            true_total_p99_ms: percentile(&totals_ms, 99.0)?,
            requests_per_s: said["summary"]["requestsPerSec"].as_f64()?,
        })
    })();
    if report.is_none() {
        console.warn(&format!("what {name} said could not be read, and it is left out"));
    }
    Ok(report)
}
