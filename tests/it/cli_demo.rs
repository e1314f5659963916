//! The demo without a window.

use crate::program::{COMPARISON, Program, Rows};
use crate::server::Server;

#[test]
fn the_demo_prints_a_comparison_and_writes_it() {
    let program = Program::new();
    let csv = program.path("demo.csv");
    let said = program.run(&["demo", "--cases", "2", "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("TTFT p50") && said.stdout.contains("Premium (simulated)"), "{}", said.stdout);
    assert!(said.stdout.contains("All of it is simulated"), "{}", said.stdout);

    let rows = Rows::read(&csv);
    let variables: Vec<&String> = rows.header[43..].iter().collect();
    assert_eq!(rows.header[..43].join(","), COMPARISON);
    assert!(
        variables.iter().all(|name| name.starts_with("var.") || ["stated_cost_usd", "citations"].contains(&name.as_str())),
        "{variables:?}"
    );
    assert_eq!(rows.len(), 6);
    assert!(rows.column("connection_use").contains(&"new"), "nothing was open before the first request");
    assert!(rows.column("longest_gap_ms").iter().all(|ms| ms.parse::<f64>().unwrap() > 0.0));
    assert!(rows.column("status").iter().all(|status| *status == "finished"));
    assert!(rows.column("connection").iter().all(|name| name.ends_with("(simulated)")));
    assert!(rows.column("ttft_ms").iter().all(|ms| ms.parse::<f64>().unwrap() > 0.0));
    assert!(rows.column("cost").iter().all(|cost| cost.parse::<f64>().unwrap() > 0.0));

    let runs = program.run_json(&["runs"]).json();
    assert_eq!((runs.as_array().unwrap().len(), &runs[0]["status"], &runs[0]["simulated"]), (1, &"finished".into(), &true.into()));
    assert_eq!(rows.column("run_id")[0], runs[0]["id"]);
}

#[test]
fn what_is_simulated_says_so_under_any_label_and_beside_anything() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    assert_eq!(program.run(&["demo", "--cases", "1"]).code, 0);
    let prompts = program.write("p.csv", "prompt\nHello\n");
    let [csv, summary, json] = ["c.csv", "s.csv", "r.json"].map(|name| program.path(name).to_str().unwrap().to_owned());
    let run = [
        "run",
        "--prompts",
        prompts.to_str().unwrap(),
        "--target",
        "Demo provider (simulated)/sim-large#Real GPT",
        "--target",
        "S/good#real",
        "--csv",
        &csv,
        "--summary-csv",
        &summary,
        "--json",
        &json,
    ];
    let text = program.run(&run);
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(text.stdout.contains("Real GPT (simulated)") && text.stdout.contains("Some of it is simulated"), "{}", text.stdout);
    for file in [&csv, &summary] {
        assert_eq!(Rows::read(file.as_ref()).column("target"), ["Real GPT (simulated)", "real"]);
    }
    let whole: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(whole["simulated"], true);

    let value = program.run_json(&run).json();
    assert_eq!((&value["simulated"], &value["summary"][0]["target"]), (&true.into(), &"Real GPT (simulated)".into()));
    let runs = program.run_json(&["runs"]).json();
    assert_eq!((&runs[0]["simulated"], &runs[0]["targets"]), (&true.into(), &serde_json::json!(["Real GPT (simulated)", "real"])));
    assert!(program.run(&["runs"]).stdout.contains("Real GPT (simulated), real"));

    let named = program.run_json(&["connection", "add", "Mine (Simulated)", "--url", &server.url(), "--no-key"]);
    assert_eq!((named.code, named.error().0.as_str()), (1, "connection"));
}
