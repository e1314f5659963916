//! What answers say besides their texts, on the command line and in files.

use serde_json::{Value, json};

use crate::program::Program;
use crate::server::Server;

#[test]
fn sources_and_the_providers_own_cost_reach_every_file() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", "prompt,topic\nCapital?,a\n");
    let path = |name: &str| program.path(name).to_str().unwrap().to_owned();
    let run = |more: &[&str]| {
        program.run(&[&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/cited", "--target", "S/good"], more].concat())
    };

    let said = run(&[]);
    assert!(said.stdout.contains("cost: unknown here; the provider itself says $0.00123"), "{}", said.stdout);
    for model in ["S/cited", "S/good"] {
        assert_eq!(program.run(&["price", "set", model, "--input", "10", "--output", "10"]).code, 0);
    }
    let files = ["--csv", &path("a.csv"), "--summary-csv", &path("s.csv"), "--json", &path("a.json")];
    let said = run(&files);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains("cost: the provider itself says $0.00123 (ours $0.00015)"), "{}", said.stdout);
    assert!(said.stderr.contains("itself says that this answer cost $0.00123"), "{}", said.stderr);

    let read = |name: &str| std::fs::read_to_string(program.path(name)).unwrap();
    let csv = read("a.csv");
    assert!(csv.lines().next().unwrap().ends_with(",var.topic,stated_cost_usd,citations"), "{csv}");
    assert!(csv.contains(",0.00123,\"https://a.test/1\nhttps://b.test/\u{202e}gpj\"\n"), "{csv}");
    assert!(csv.lines().last().unwrap().ends_with("\"a\",,"), "{csv}");
    let summary = crate::program::Rows::read(&program.path("s.csv"));
    assert_eq!(summary.column("stated_cost_usd"), ["0.00123", ""]);
    let json: Value = serde_json::from_str(&read("a.json")).unwrap();
    let trial = json["trials"].as_array().unwrap().iter().find(|trial| trial["row"]["cell"]["target_index"] == 0).unwrap();
    assert_eq!(trial["body"]["citations"], json!([{ "url": "https://a.test/1", "title": "=A" }, { "url": "https://b.test/\u{202e}gpj" }]));
    let stated: [&Value; 3] =
        [&trial["row"]["stated_cost"], &trial["body"]["attempts"][0]["stated_cost"], &json["summary"][0]["stated_cost_usd"]];
    assert_eq!(stated, [&json!("0.00123"), &json!("0.00123"), &json!(0.00123)]);
    assert_eq!((&trial["row"]["cost"], &json["summary"][1]["stated_cost_usd"]), (&json!("0.00015"), &Value::Null));
}
