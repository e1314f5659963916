//! The demo without a window.

use crate::program::{COMPARISON, Program, Rows};

#[test]
fn the_demo_prints_a_comparison_and_writes_it() {
    let program = Program::new();
    let csv = program.path("demo.csv");
    let said = program.run(&["demo", "--cases", "2", "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("TTFT p50") && said.stdout.contains("Premium (simulated)"), "{}", said.stdout);
    assert!(said.stdout.contains("All of it is simulated"), "{}", said.stdout);

    let rows = Rows::read(&csv);
    let variables: Vec<&String> = rows.header[33..].iter().collect();
    assert_eq!(rows.header[..33].join(","), COMPARISON);
    assert!(variables.iter().all(|name| name.starts_with("var.")), "{variables:?}");
    assert_eq!(rows.len(), 6);
    assert!(rows.column("status").iter().all(|status| *status == "finished"));
    assert!(rows.column("connection").iter().all(|name| name.ends_with("(simulated)")));
    assert!(rows.column("ttft_ms").iter().all(|ms| ms.parse::<f64>().unwrap() > 0.0));
    assert!(rows.column("cost").iter().all(|cost| cost.parse::<f64>().unwrap() > 0.0));

    let runs = program.run_json(&["runs"]).json();
    assert_eq!((runs.as_array().unwrap().len(), &runs[0]["status"], &runs[0]["simulated"]), (1, &"finished".into(), &true.into()));
    assert_eq!(rows.column("run_id")[0], runs[0]["id"]);
}
