//! What a bench run found, as tables.

use std::fmt::Write as _;

use crate::bench::{BenchReport, ErrorQuantiles, Errors, WarmAndCold};

use super::super::table::{Align, Table};

/// The whole report.
pub(super) fn report_text(report: &BenchReport) -> String {
    let pace = report.pace;
    let mut text = format!(
        "Assay {} on {} cores, server and client sharing them. Each answer: {} texts, the first after {} ms, then one every {} ms.\n\
         Errors are measured minus true in milliseconds, answer by answer; “new” connections were made for the request, and their set-up is in its times.\n\n",
        report.version, report.cores, pace.chunks, pace.first_ms, pace.gap_ms
    );
    let labels: Vec<[String; 2]> = report
        .levels
        .iter()
        .map(|level| [format!("{} at once: Assay", level.parallel), format!("{} at once: bare loop", level.parallel)])
        .collect();
    let rows = report
        .levels
        .iter()
        .zip(&labels)
        .flat_map(|(level, [assay, bare])| [(assay.as_str(), &level.assay.errors), (bare.as_str(), &level.bare.errors)]);
    text.push_str(&errors_table(rows));
    text.push('\n');
    text.push_str(&work_table(report));
    for other in &report.others {
        writeln!(
            text,
            "\n{} at {} at once says total p50 {:.1} ms and p99 {:.1} ms, where the server says {:.1} and {:.1} ms; {:.0} requests/s.",
            other.name,
            other.parallel,
            other.total_p50_ms,
            other.total_p99_ms,
            other.true_total_p50_ms,
            other.true_total_p99_ms,
            other.requests_per_s
        )
        .ok();
    }
    text
}

/// Errors of some clients, those over new connections apart.
pub(super) fn errors_table<'a>(clients: impl IntoIterator<Item = (&'a str, &'a WarmAndCold)>) -> String {
    let mut table = Table::new([
        ("Client", Align::Left),
        ("Connection", Align::Left),
        ("n", Align::Right),
        ("TTFT min", Align::Right),
        ("p50", Align::Right),
        ("p95", Align::Right),
        ("p99", Align::Right),
        ("Total p50", Align::Right),
        ("p95", Align::Right),
        ("p99", Align::Right),
        ("Gap p50", Align::Right),
        ("p99", Align::Right),
    ]);
    for (client, errors) in clients {
        for (connection, errors) in [("kept open", &errors.warm), ("new", &errors.cold)] {
            if errors.n > 0 {
                table.row(error_cells(client, connection, errors));
            }
        }
        if errors.unknown > 0 {
            table.row([client.to_owned(), "unknown".to_owned(), errors.unknown.to_string()]);
        }
    }
    table.render()
}

fn error_cells(client: &str, connection: &str, errors: &Errors) -> Vec<String> {
    let cell = |spread: Option<ErrorQuantiles>, of: fn(ErrorQuantiles) -> f64| {
        spread.map_or_else(|| "—".to_owned(), |spread| format!("{:.2}", of(spread)))
    };
    let mut cells = vec![client.to_owned(), connection.to_owned(), errors.n.to_string()];
    cells.push(cell(errors.ttft, |spread| spread.min_ms));
    for spread in [errors.ttft, errors.total] {
        cells.extend([cell(spread, |spread| spread.p50_ms), cell(spread, |spread| spread.p95_ms), cell(spread, |spread| spread.p99_ms)]);
    }
    cells.extend([cell(errors.gap, |spread| spread.p50_ms), cell(errors.gap, |spread| spread.p99_ms)]);
    cells
}

fn work_table(report: &BenchReport) -> String {
    let mut table = Table::new([
        ("At once", Align::Right),
        ("Client", Align::Left),
        ("Requests", Align::Right),
        ("Failed", Align::Right),
        ("Requests/s", Align::Right),
        ("CPU ms/request", Align::Right),
        ("Peak memory", Align::Right),
    ]);
    for level in &report.levels {
        for (client, done) in [("Assay", &level.assay), ("bare loop", &level.bare)] {
            // The bare loop runs in the same process, after: its peak is not its own.
            let memory = done.peak_memory_mib.filter(|_| client == "Assay").map_or_else(|| "—".to_owned(), |mib| format!("{mib:.0} MiB"));
            table.row([
                level.parallel.to_string(),
                client.to_owned(),
                done.requests.to_string(),
                done.failed.to_string(),
                format!("{:.0}", done.requests_per_s),
                format!("{:.2}", done.cpu_ms_per_request),
                memory,
            ]);
        }
    }
    table.render()
}
