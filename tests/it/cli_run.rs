//! Runs without a window, against a server that fails in many ways.

use serde_json::Value;

use crate::program::{COMPARISON, Program, Rows, SUMMARY, prompts_csv};
use crate::server::Server;

fn counts(value: &Value) -> [u64; 5] {
    ["trials", "finished", "failed", "cancelled", "missing"].map(|name| value["counts"][name].as_u64().unwrap())
}

#[test]
fn one_wrong_key_among_three_targets_exits_with_2() {
    let mut program = Program::new();
    program.set("GOOD_KEY", "sk-good-1234567890");
    program.set("WRONG_KEY", "sk-wrong-1234567890");
    let server = Server::start(Some("sk-good-1234567890"));
    program.connect("Main", &server, Some("GOOD_KEY"));
    program.connect("Other", &server, Some("WRONG_KEY"));
    let prompts = program.write("questions.csv", "id,prompt,city\na,What of {{city}}?,Paris\nb,And {{city}}?,Rome\n");
    let [csv, summary, wide, json] = ["c.csv", "s.csv", "w.csv", "r.json"].map(|name| program.path(name).to_str().unwrap().to_owned());
    program.write("c.csv", "an older file");

    let said = program.run_json(&[
        "run",
        "--prompts",
        prompts.to_str().unwrap(),
        "--target",
        "Main/good?temperature=0#cold",
        "--target",
        "Main/good?temperature=1",
        "--target",
        "Other/good",
        "--repeats",
        "2",
        "--vantage",
        "lab",
        "--retries",
        "0",
        "--csv",
        &csv,
        "--summary-csv",
        &summary,
        "--wide-csv",
        &wide,
        "--json",
        &json,
    ]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let value = said.json();
    assert_eq!(counts(&value), [12, 8, 4, 0, 0]);
    assert_eq!((&value["status"], value["summary"].as_array().unwrap().len()), (&"finished".into(), 3));
    assert_eq!(value["summary"][0].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(","), SUMMARY);
    assert_eq!((&value["summary"][0]["target"], &value["summary"][2]["error_rate"]), (&"cold".into(), &1.0.into()));

    let rows = Rows::read(csv.as_ref());
    assert_eq!((rows.len(), rows.header.join(",")), (12, format!("{COMPARISON},var.city,stated_cost_usd,citations")));
    let statuses = rows.column("status").into_iter().zip(rows.column("connection")).zip(rows.column("error_kind"));
    for ((status, connection), kind) in statuses {
        let expected = if connection == "Other" { ("failed", "unauthorized") } else { ("finished", "") };
        assert_eq!((status, kind), expected);
    }
    assert!(rows.column("vantage").iter().all(|vantage| *vantage == "lab"));
    assert!(rows.column("output").contains(&"You said: What of Paris?"));
    assert_eq!(Rows::read(summary.as_ref()).header.join(","), SUMMARY);
    assert_eq!(Rows::read(wide.as_ref()).len(), 2);
    let whole: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(whole.is_object());

    let again = program.path("again.csv");
    let exported = program.run_json(&["export", value["id"].as_str().unwrap(), "--csv", again.to_str().unwrap()]);
    assert_eq!((exported.code, &exported.json()["written"][0]["kind"]), (0, &"csv".into()));
    assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&csv).unwrap());
}

#[test]
fn every_kind_of_failure_has_its_name_and_other_trials_go_on() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", "prompt\nHello\n");
    let csv = program.path("c.csv");
    let models = ["good", "missing", "limited", "broken", "page", "garbled", "cut", "hostile"];
    let targets: Vec<String> = models.iter().flat_map(|model| ["--target".to_owned(), format!("S/{model}#{model}")]).collect();
    let mut arguments = vec!["run", "--prompts", prompts.to_str().unwrap(), "--retries", "0", "--csv", csv.to_str().unwrap()];
    arguments.extend(targets.iter().map(String::as_str));
    let said = program.run(&arguments);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(!said.stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{}", said.stdout);
    let rows = Rows::read(&csv);
    let kinds: Vec<_> = rows.column("target").into_iter().zip(rows.column("error_kind")).collect();
    let expected = [
        ("good", ""),
        ("missing", "model_not_found"),
        ("limited", "rate_limited"),
        ("broken", "server_error"),
        ("page", "not_an_api"),
        ("garbled", "malformed"),
        ("cut", "truncated"),
        ("hostile", ""),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(rows.column("output")[6], "Half an ans");
}

#[test]
fn a_warm_up_is_told_and_new_connections_are_left_out_on_request() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", prompts_csv(12));
    let [csv, summary, all] = ["c.csv", "s.csv", "all.csv"].map(|name| program.path(name).to_str().unwrap().to_owned());
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good", "--concurrency", "4", "--warm-up"];
    let outputs = ["--without-new-connections", "--csv", &csv, "--summary-csv", &summary];
    let said = program.run(&[&run[..], &outputs].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("Warmed up: 4 connections, "), "{}", said.stderr);
    assert_eq!(server.requests(), 12, "the warm-up is no trial");

    let rows = Rows::read(csv.as_ref());
    let ways = rows.column("connection_use");
    let waited = ways.iter().filter(|way| matches!(**way, "new" | "awaited")).count();
    assert_eq!(ways.iter().filter(|way| **way == "reused").count() + waited, 12);
    // Some may be on their way back into the pool just then; without a warm-up all of the first four wait.
    assert!(ways[..4].contains(&"reused"), "{ways:?}");
    assert!(rows.column("slept_ms").iter().all(|ms| *ms == "0"));
    assert!(rows.column("load_delay_ms").iter().all(|ms| ms.parse::<f64>().is_ok()));
    let summary = Rows::read(summary.as_ref());
    assert_eq!(
        (summary.column("left_out"), summary.column("on_new_connections")),
        (vec![&*waited.to_string()], vec![&*waited.to_string()])
    );

    let id = rows.column("run_id")[0].to_owned();
    assert_eq!(program.run(&["export", &id, "--summary-csv", &all]).code, 0);
    assert_eq!(Rows::read(all.as_ref()).column("left_out"), ["0"]);
}

#[test]
fn without_streams_there_is_no_ttft() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.jsonl", "{\"prompt\":\"Hello {{braces}}\",\"vars\":{\"braces\":\"x\"}}\n");
    let csv = program.path("c.csv");
    let said =
        program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good", "--no-stream", "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let rows = Rows::read(&csv);
    assert_eq!((rows.column("ttft_ms"), rows.column("prompt")), (vec![""], vec!["Hello x"]));
}

#[test]
fn the_cap_stops_a_run_and_is_never_passed() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let price = program.run_json(&["price", "set", "S/good", "--input", "1000", "--output", "1000"]).json();
    assert_eq!((&price["model"], &price["input_per_million"]), (&"good".into(), &1000.0.into()));
    let prompts = program.write("p.csv", prompts_csv(60));
    let prompts = prompts.to_str().unwrap();
    let said = program.run_json(&["run", "--prompts", prompts, "--target", "S/good", "--max-tokens", "5", "--cap", "0.30"]);
    assert_eq!(said.code, 3, "{}\n{}", said.stdout, said.stderr);
    let value = said.json();
    let [trials, finished, failed, cancelled, missing] = counts(&value);
    assert!(finished > 0 && missing > 0 && finished + missing == trials && failed + cancelled == 0, "{value}");
    assert_eq!((&value["status"], &value["spent"][0]["currency"]), (&"capped".into(), &"USD".into()));
    assert!(value["spent"][0]["amount"].as_f64().unwrap() <= 0.30, "{value}");
    assert_eq!(server.requests() as u64, finished);

    let unpriced = program.run_json(&["run", "--prompts", prompts, "--target", "S/plain", "--cap", "1"]);
    assert_eq!((unpriced.code, unpriced.error().0.as_str()), (1, "plan"));
    assert_eq!(server.requests() as u64, finished, "nothing is sent without a price under a cap");
}

#[test]
fn the_forecast_is_told_to_people_before_the_run() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    assert_eq!(program.run(&["price", "set", "S/good", "--input", "1000", "--output", "1000"]).code, 0);
    let prompts = program.write("p.csv", prompts_csv(3));
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good#priced", "--target", "S/plain", "--max-tokens", "5"];
    let said = program.run(&run);
    let at = |words: &str| said.stderr.find(words).unwrap_or_else(|| panic!("no “{words}” in {}", said.stderr));
    assert!(at("forecast: 6 requests") < at("run "));
    assert!(said.stderr.contains("forecast: priced: 3 requests, about $0.0") && said.stderr.contains(", at most $"), "{}", said.stderr);
    assert!(at("3 requests, price unknown") < at("forecast: in all about"));
    let quiet = program.run(&[&run[..], &["--quiet"]].concat());
    let json = program.run_json(&run);
    assert!(!quiet.stderr.contains("forecast") && !json.stderr.contains("forecast"), "{} {}", quiet.stderr, json.stderr);
}

#[test]
fn input_errors_are_found_before_anything_is_sent() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let good = program.write("good.csv", "prompt\nHello\n");
    let hole = program.write("hole.csv", "id,prompt,x\nfirst,{{nope}},1\n");
    let [good, hole] = [&good, &hole].map(|path| path.to_str().unwrap());
    let folder = program.path("");
    let nowhere = program.path("no/such/folder.csv");
    let cases: [(&[&str], &str, &str); 6] = [
        (&["--prompts", hole, "--target", "S/good"], "plan", "“first” has no value for {{nope}}"),
        (&["--prompts", "No such set", "--target", "S/good"], "not_found", "neither a file nor a prompt set"),
        (&["--prompts", good, "--target", "T/good"], "not_found", "“S”"),
        (&["--prompts", good, "--target", "S/good", "--target", "S/good"], "plan", "twice"),
        (&["--prompts", good, "--target", "S/good", "--csv", folder.to_str().unwrap()], "output", "folder"),
        (&["--prompts", good, "--target", "S/good", "--csv", nowhere.to_str().unwrap()], "output", "does not exist"),
    ];
    for (arguments, kind, words) in cases {
        let said = program.run_json(&[&["run"], arguments].concat());
        let (said_kind, message) = said.error();
        assert_eq!((said.code, said_kind.as_str()), (1, kind), "{message}");
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(server.requests(), 0);
    assert_eq!(program.run_json(&["runs"]).json(), serde_json::json!([]));
}

#[test]
fn a_stored_set_is_found_by_its_name() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let file = program.write("p.csv", prompts_csv(3));
    program.run(&["import", file.to_str().unwrap(), "--name", "My set"]);
    let said = program.run_json(&["run", "--prompts", "my set", "--target", "S/good"]);
    assert_eq!((said.code, counts(&said.json())), (0, [3, 3, 0, 0, 0]), "{}", said.stderr);
    assert_eq!(program.run_json(&["runs"]).json()[0]["prompt_set"], "My set");
}

#[test]
fn answers_with_warnings_are_told() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", prompts_csv(3));
    // The server calls every model “served”.
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good#other", "--target", "S/served#same", "--quiet"];
    let text = program.run(&run);
    assert_eq!((text.code, text.stderr.as_str()), (0, "warning: other: 3 answers with warnings: asked for “good”, answered by “served”\n"));
    let json = program.run_json(&run);
    assert_eq!((json.code, json.stderr.as_str(), &json.json()["warnings"]), (0, "", &3.into()));
}
