//! `assay bench`: the program measured against a server that knows the truth.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::program::Program;

/// Ends the server with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn every_answer_is_set_against_the_truth() {
    let program = Program::new();
    let said = program.run_json(&["bench", "--parallel", "1,4", "--rounds", "3", "--first-ms", "4", "--gap-ms", "1", "--chunks", "3"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let report = said.json();
    let levels = report["levels"].as_array().unwrap();
    assert_eq!(levels.iter().map(|level| level["parallel"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 4]);
    for level in levels {
        for client in ["assay", "bare"] {
            let client = &level[client];
            assert_eq!((client["requests"].as_u64(), client["failed"].as_u64()), (Some(40), Some(0)), "{client}");
            let errors = &client["errors"];
            let n = |kind: &str| errors[kind]["n"].as_u64().unwrap();
            assert_eq!((n("warm") + n("cold"), errors["unknown"].as_u64()), (40, Some(0)), "{errors}");
            // The client's clock starts before the server's and stops after it: a negative error would be a lie.
            for figure in ["ttft", "total"] {
                assert!(errors["warm"][figure]["min_ms"].as_f64().unwrap() > -0.1, "{errors}");
            }
        }
    }
    assert!(!program.data_folder().exists(), "a bench run leaves the user's archive alone");
}

#[test]
fn a_stored_run_is_compared_with_the_server_that_answered_it() {
    let program = Program::new();
    let mut command = program.command(&["bench", "serve", "--first-ms", "2", "--gap-ms", "1", "--chunks", "2"]);
    let mut serving = Serving(command.stderr(Stdio::null()).spawn().unwrap());
    let mut url = String::new();
    BufReader::new(serving.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let url = url.trim();
    assert_eq!(program.run(&["connection", "add", "Truth", "--url", url, "--no-key"]).code, 0);
    let prompts = program.write("prompts.csv", "prompt\none\ntwo\nthree\n");
    let run = program.run_json(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "Truth/paced", "--concurrency", "1"]).json();
    let id = run["id"].as_str().unwrap();
    let compared = program.run_json(&["bench", "compare", id, "--server", url]);
    assert_eq!(compared.code, 0, "{}", compared.stderr);
    let errors: Value = compared.json();
    assert_eq!((errors["cold"]["n"].as_u64(), errors["warm"]["n"].as_u64()), (Some(1), Some(2)), "{errors}");

    let strange = program.run_json(&["bench", "compare", id, "--server", "https://127.0.0.1/v1"]);
    assert_eq!((strange.code, strange.error().0.as_str()), (1, "bench"));
}
