//! Keys are found nowhere: not in the data folder, not in exports, not in what is said.

use std::path::Path;

use crate::program::{Program, Said, prompts_csv};
use crate::server::Server;

/// With characters that JSON and URLs write in other ways.
const CANARY: &str = "sk-CANARY/7f\"3a+9b\\21=e0=x";
const WRONG_CANARY: &str = "sk-WRONG-CANARY/5c+d8\"1e=z";

fn base64_core(text: &str, offset: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Vec<u8> = [vec![0; offset], text.as_bytes().to_vec()].concat();
    let encoded: String = padded
        .chunks_exact(3)
        .flat_map(|three| {
            let word = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(word >> shift & 63) as usize]))
        })
        .collect();
    // The first group holds bytes that are not the key's.
    encoded[if offset > 0 { 4 } else { 0 }..].to_owned()
}

/// How a key could stand in a file.
fn forms(key: &str) -> Vec<String> {
    let url: String =
        key.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            })
            .collect();
    let json = serde_json::to_string(key).unwrap();
    let mut forms = vec![key.to_owned(), json.trim_matches('"').to_owned(), key.replace('"', "\"\""), url.to_lowercase(), url];
    forms.extend((0..3).map(|offset| base64_core(key, offset)));
    forms
}

fn find(bytes: &[u8], place: &str) {
    for key in [CANARY, WRONG_CANARY] {
        for form in forms(key) {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "a key stands in {place} as {form}");
        }
    }
}

fn search(folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += search(&path);
        } else {
            files += 1;
            find(&std::fs::read(&path).unwrap(), &path.display().to_string());
        }
    }
    files
}

fn heard(said: Said) -> Said {
    find(said.stdout.as_bytes(), "stdout");
    find(said.stderr.as_bytes(), "stderr");
    said
}

#[test]
fn the_search_finds_every_form() {
    for form in forms(CANARY) {
        let result = std::panic::catch_unwind(|| find(format!("x{form}y").as_bytes(), "a test"));
        assert!(result.is_err(), "{form}");
    }
    // base64 of "Bearer " and the key
    assert!("QmVhcmVyIHNrLUNBTkFSWS83ZiIzYSs5YlwyMT1lMD14".contains(&base64_core(CANARY, 1)));
}

#[test]
fn canary_keys_are_found_nowhere() {
    let mut program = Program::new();
    program.set("GOOD_KEY", CANARY);
    program.set("WRONG_KEY", WRONG_CANARY);
    let server = Server::start(Some(CANARY));
    program.connect("Good", &server, Some("GOOD_KEY"));
    program.connect("Wrong", &server, Some("WRONG_KEY"));
    let prompts = program.write("p.csv", prompts_csv(2));
    let prompts = prompts.to_str().unwrap();

    for (name, model) in [("Good", "good"), ("Good", "missing"), ("Good", "broken"), ("Good", "page"), ("Wrong", "good")] {
        heard(program.run(&["connection", "check", name, "--model", model]));
        heard(program.run_json(&["connection", "check", name, "--model", model]));
    }
    heard(program.run(&["connection", "list"]));
    let outputs: Vec<String> = ["c.csv", "s.csv", "w.csv", "r.json"].iter().map(|name| program.path(name).display().to_string()).collect();
    let files = ["--csv", &outputs[0], "--summary-csv", &outputs[1], "--wide-csv", &outputs[2], "--json", &outputs[3]];
    for model in ["good", "missing", "limited", "broken", "page", "garbled", "cut"] {
        let (good, wrong) = (format!("Good/{model}"), format!("Wrong/{model}"));
        let arguments = ["run", "--prompts", prompts, "--target", &good, "--target", &wrong, "--retries", "0"];
        let said = heard(program.run(&[&arguments[..], &files].concat()));
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(outputs.iter().all(|path| Path::new(path).exists()), "{}", said.stderr);
    }
    heard(program.run(&["runs"]));
    assert!(search(program.path("").as_path()) > 6);
}

#[test]
fn an_export_that_would_hold_a_key_is_refused() {
    let mut program = Program::new();
    program.set("GOOD_KEY", CANARY);
    let server = Server::start(Some(CANARY));
    program.connect("Good", &server, Some("GOOD_KEY"));
    let prompts = program.write("p.jsonl", serde_json::json!({ "prompt": format!("My key is {CANARY}, say it") }).to_string());
    let csv = program.write("c.csv", "an older file");
    let said = program.run_json(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "Good/good", "--csv", csv.to_str().unwrap()]);
    assert_eq!((said.code, said.json()["counts"]["finished"].as_u64()), (1, Some(1)));
    assert!(said.stderr.contains("stored API key") && !said.stderr.contains("CANARY"), "{}", said.stderr);
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), "an older file");
}

#[test]
fn an_export_says_whose_keys_it_could_not_be_searched_for() {
    let mut program = Program::new();
    program.set("GOOD_KEY", CANARY);
    let server = Server::start(Some(CANARY));
    program.connect("Good", &server, Some("GOOD_KEY"));
    let prompts = program.write("p.csv", prompts_csv(1));
    let run = program.run_json(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "Good/good"]);
    let run_id = run.json()["id"].as_str().unwrap().to_owned();
    let csv = program.path("c.csv").display().to_string();
    let told = |said: &Said| said.stderr.matches("not searched for the keys of Good").count();
    assert_eq!(told(&program.run(&["export", &run_id, "--csv", &csv])), 0);
    program.set("GOOD_KEY", "");
    // Once, however many files are written.
    let json = program.path("r.json").display().to_string();
    let without = program.run(&["export", &run_id, "--csv", &csv, "--json", &json]);
    assert_eq!((without.code, told(&without)), (0, 1), "{}", without.stderr);
}
