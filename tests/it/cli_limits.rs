//! How much a connection is sent: set, found out, and heeded.

use serde_json::{Value, json};

use crate::program::{Program, Rows, prompts_csv};
use crate::server::Server;

fn limits(program: &Program, more: &[&str]) -> Value {
    let said = program.run_json(&[&["connection", "limits", "S"], more].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    said.json()["limits"].clone()
}

#[test]
fn limits_are_set_one_by_one_and_taken_away() {
    let program = Program::new();
    let server = Server::start(None);
    let url = server.url();
    let added = program.run_json(&["connection", "add", "S", "--url", &url, "--no-key", "--at-once", "4", "--tokens-per-minute", "30000"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    assert_eq!(limits(&program, &[]), json!({ "at_once": 4, "per_minute": null, "tokens_per_minute": 30_000, "found": null }));
    let changed = limits(&program, &["--per-minute", "600", "--at-once", "none"]);
    assert_eq!(changed, json!({ "at_once": null, "per_minute": 600, "tokens_per_minute": 30_000, "found": null }));
    assert_eq!(limits(&program, &[]), changed);
    assert!(program.run(&["connection", "limits", "S"]).stdout.contains("600 requests a minute, 30"));
}

#[test]
fn a_ramp_tells_its_cost_first_and_keeps_what_it_found() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let priced = program.run(&["price", "set", "S/good", "--input", "10", "--output", "10"]);
    assert_eq!(priced.code, 0, "{}", priced.stderr);

    let asked = program.run(&["connection", "ramp", "S", "--model", "good", "--ceiling", "4"]);
    assert_eq!((asked.code, server.requests()), (1, 0), "nobody agreed");
    // 2 + 4 + 8 and one rung again, of 150 + 16 tokens each at most.
    assert!(asked.stderr.contains("up to 18 tiny requests, at most $0.0"), "{}", asked.stderr);

    let found = program.run_json(&["connection", "ramp", "S", "--model", "good", "--ceiling", "4", "--yes"]);
    assert_eq!((found.code, server.requests()), (0, 14), "{}", found.stderr);
    assert_eq!((&found.json()["found"]["not_below"], &found.json()["cost"]), (&4.into(), &0.0021.into()));
    assert_eq!(found.json()["rungs"].as_array().unwrap().len(), 3);
    assert_eq!(limits(&program, &[])["found"]["not_below"], 4);

    let refused = program.run_json(&["connection", "ramp", "S", "--model", "limited", "--ceiling", "4", "--yes"]);
    assert_eq!((refused.code, &refused.json()["found"]), (1, &Value::Null));
    assert!(refused.json()["outcome"].as_str().unwrap().contains("wait a minute"), "{}", refused.stdout);
    assert_eq!(limits(&program, &[])["found"]["not_below"], 4, "what was known stays");
}

#[test]
fn a_storm_of_refusals_is_told_and_not_made_worse() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", prompts_csv(2));
    let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/limited", "--retries", "1"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert_eq!(server.requests(), 2 + 2);
    assert!(said.stderr.contains("S takes no more for the moment: 8 of 16 at once from now on"), "{}", said.stderr);
}

#[test]
fn what_one_target_fails_at_is_asked_of_its_fallback_and_marked_everywhere() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let (prompts, csv, summary) = (program.write("p.csv", prompts_csv(6)), program.path("c.csv"), program.path("s.csv"));
    let files = ["--csv", csv.to_str().unwrap(), "--summary-csv", summary.to_str().unwrap()];
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/limited", "--target", "S/good", "--retries", "0"];
    for wrong in ["1=1", "S/limited=S/other", "S/limited"] {
        let said = program.run(&[&run[..], &["--fallback", wrong]].concat());
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stderr.contains("fallback"), "{}", said.stderr);
    }
    assert_eq!(server.requests(), 0);

    let said = program.run(&[&run[..], &["--fallback", "S/limited=S/good"], &files].concat());
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert_eq!(server.requests(), 6 + 6 + 6);
    assert!(said.stdout.contains("6 of 6 failed trials answered by the fallback"), "{}", said.stdout);
    let rows = Rows::read(&csv);
    let marks: Vec<(&str, &str, &str, &str, &str)> = rows
        .column("target")
        .into_iter()
        .zip(rows.column("status"))
        .zip(rows.column("attempts"))
        .zip(rows.column("fallback"))
        .zip(rows.column("fallback_error_kind"))
        .map(|((((target, status), attempts), fallback), kind)| (target, status, attempts, fallback, kind))
        .collect();
    let good = "good · S";
    assert_eq!(marks.iter().filter(|row| **row == ("limited · S", "finished", "2", good, "rate_limited")).count(), 6, "{marks:?}");
    assert_eq!(marks.iter().filter(|row| **row == (good, "finished", "1", "", "")).count(), 6, "{marks:?}");
    let summary = Rows::read(&summary);
    assert_eq!((summary.column("finished"), summary.column("failed")), (vec!["0", "6"], vec!["6", "0"]));
    assert_eq!((summary.column("by_fallback"), summary.column("ttft_p50_ms")[0]), (vec!["6", "0"], ""));
}

#[test]
fn think_tags_are_switched_off_and_on_again() {
    let program = Program::new();
    let server = Server::start(None);
    let url = server.url();
    let told = |more: &[&str]| {
        let said = program.run_json(&[&["connection", "set", "S"], more].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        said.json()["think_tags"].clone()
    };
    let added = program.run_json(&["connection", "add", "S", "--url", &url, "--no-key", "--think-tags", "off"]);
    assert_eq!((added.code, &added.json()["think_tags"]), (0, &json!(false)), "{}", added.stderr);
    assert_eq!(told(&[]), json!(false));
    assert_eq!(told(&["--think-tags", "on"]), json!(true));
    assert_eq!(told(&[]), json!(true), "it is stored");
    assert!(program.run(&["connection", "set", "S", "--think-tags", "off"]).stdout.contains("<think> tags are left in the answer"));
    assert_eq!(program.run(&["connection", "set", "S", "--think-tags", "maybe"]).code, 1);
}
