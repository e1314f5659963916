//! What cached tokens cost, and that it is said where nobody knows.

use serde_json::{Value, json};

use crate::chaos::{Act, response, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

/// A server that answers every request with this usage.
fn counting(usage: &Value) -> Chaos {
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": usage });
    let body = format!("{}data: {end}\n\ndata: [DONE]\n\n", text_event("Hello"));
    Chaos::route(move |_head, _number| vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\n", &body))])
}

fn cached() -> Value {
    json!({ "prompt_tokens": 20212, "completion_tokens": 931, "prompt_tokens_details": { "cached_tokens": 16298 } })
}

struct Ran {
    report: Value,
    costs: Vec<String>,
    warnings: Vec<String>,
}

fn ran(program: &Program, target: &str) -> Ran {
    let (prompts, csv, export) = (program.write("p.csv", prompts_csv(2)), program.path("c.csv"), program.path("r.json"));
    let [prompts, csv_file, export_file] = [&prompts, &csv, &export].map(|path| path.to_str().unwrap());
    let said = program.run_json(&["run", "--prompts", prompts, "--target", target, "--csv", csv_file, "--json", export_file]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let exported: Value = serde_json::from_slice(&std::fs::read(&export).unwrap()).unwrap();
    let trials = exported["trials"].as_array().unwrap();
    let warnings = trials.iter().flat_map(|trial| trial["row"]["warnings"].as_array().unwrap()).map(|one| one.as_str().unwrap().to_owned());
    let costs = Rows::read(&csv).column("cost").into_iter().map(str::to_owned).collect();
    Ran { report: said.json(), costs, warnings: warnings.collect() }
}

fn set_price(program: &Program, options: &[&str]) -> Value {
    let said = program.run_json(&[&["price", "set", "C/m", "--input", "2", "--output", "8"], options].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    said.json()
}

#[test]
fn cached_tokens_at_the_full_price_are_said_until_they_have_a_price() {
    let program = Program::new();
    program.connect_to("C", &counting(&cached()).url(), None);
    set_price(&program, &[]);
    let full = ran(&program, "C/m");
    assert_eq!(full.costs, ["0.047872"; 2]);
    assert_eq!(full.warnings.len(), 2);
    assert!(full.warnings.iter().all(|warning| warning.contains("cached tokens") && warning.contains("full")), "{:?}", full.warnings);
    assert_eq!(full.report["unrated"], json!([{ "target": "m · C", "what": "cached_input", "trials": 2 }]));

    let set = set_price(&program, &["--cached-input", "0.5"]);
    assert_eq!((&set["cached_input_per_million"], &set["cache_write_per_million"]), (&json!(0.5), &Value::Null));
    let own = ran(&program, "C/m");
    assert_eq!((own.costs, own.warnings, &own.report["unrated"]), (vec!["0.023425".to_owned(); 2], vec![], &json!([])));
}

#[test]
fn people_are_told_of_how_many_trials_and_what_to_do() {
    let program = Program::new();
    program.connect_to("C", &counting(&cached()).url(), None);
    set_price(&program, &[]);
    let prompts = program.write("p.csv", prompts_csv(3));
    let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "C/m"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let line = said.stdout.lines().find(|line| line.contains("cached")).unwrap_or_else(|| panic!("{}", said.stdout));
    assert!(line.contains("3 trials") && line.contains("--cached-input"), "{line}");
}

#[test]
fn tokens_written_to_the_cache_have_a_price_of_their_own_too() {
    let program = Program::new();
    let usage = json!({ "prompt_tokens": 1000, "completion_tokens": 1000, "total_tokens": 2000, "prompt_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 800 } });
    program.connect_to("C", &counting(&usage).url(), None);
    set_price(&program, &["--cached-input", "0.2"]);
    let full = ran(&program, "C/m");
    assert_eq!(full.costs, ["0.01"; 2]);
    assert!(full.warnings.iter().any(|warning| warning.contains("written to the cache")), "{:?}", full.warnings);
    assert_eq!(full.report["unrated"], json!([{ "target": "m · C", "what": "cache_write", "trials": 2 }]));
    set_price(&program, &["--cached-input", "0.2", "--cache-write", "2.5"]);
    let own = ran(&program, "C/m");
    assert_eq!((own.costs, own.warnings), (vec!["0.0104".to_owned(); 2], vec![]));
}

#[test]
fn the_list_of_models_shows_what_cached_input_costs() {
    let program = Program::new();
    let server = Chaos::route(|_head, _number| vec![Act::Send(crate::chaos::json("200 OK", r#"{"data":[{"id":"m"},{"id":"n"}]}"#))]);
    program.connect_to("C", &server.url(), None);
    set_price(&program, &["--cached-input", "0.375", "--cache-write", "2.5"]);
    let told = program.run(&["connection", "models", "C"]).stdout;
    assert!(told.contains("Cached") && told.contains("$0.375"), "{told}");
    let listed = program.run_json(&["connection", "models", "C"]).json();
    assert_eq!(listed["models"][0]["price"]["tiers"][0]["cached_input_per_million"], "0.375");
    assert_eq!(listed["models"][0]["price"]["tiers"][0]["cache_write_per_million"], "2.5");
}
