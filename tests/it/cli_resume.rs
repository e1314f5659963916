//! Runs that are cut short: killed, cancelled, taken up again.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::program::{Program, Rows, Said, prompts_csv};
use crate::server::Server;

const CASES: usize = 500;
const ANSWERED: usize = 200;
const MOSTLY: usize = 100;
const IN_FLIGHT: usize = 16;

fn start(program: &Program, cases: usize, more: &[&str]) -> Child {
    let prompts = program.write("p.csv", prompts_csv(cases));
    let arguments = [&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good", "--format", "json"], more].concat();
    program.command(&arguments).stderr(Stdio::null()).spawn().unwrap()
}

fn only_run(program: &Program) -> Value {
    let runs = program.run_json(&["runs"]).json();
    assert_eq!(runs.as_array().unwrap().len(), 1);
    runs[0].clone()
}

fn finished_prompts(program: &Program, run: &str) -> Vec<String> {
    let csv = program.path("stored.csv");
    assert_eq!(program.run(&["export", run, "--csv", csv.to_str().unwrap()]).code, 0);
    let rows = Rows::read(&csv);
    assert!(rows.column("status").iter().all(|status| *status == "finished"));
    rows.column("prompt").into_iter().map(str::to_owned).collect()
}

#[test]
fn a_killed_run_is_resumed_and_nothing_stored_is_sent_twice() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    server.hold_after(ANSWERED);
    let mut child = start(&program, CASES, &["--concurrency", "16"]);
    server.wait_for_requests(ANSWERED + IN_FLIGHT);

    let live = only_run(&program);
    let run = live["id"].as_str().unwrap().to_owned();
    assert_eq!((&live["status"], &live["live"]), (&"unfinished".into(), &true.into()));
    let refused = program.run_json(&["resume", &run]);
    assert_eq!((refused.code, refused.error().0.as_str()), (1, "run"));
    assert!(refused.error().1.contains("live in another"), "{}", refused.stderr);

    // Answers are stored in groups; the run is killed with most of them in the archive.
    assert!((0..100).any(|_| only_run(&program)["counts"]["finished"].as_u64().unwrap() > MOSTLY as u64));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(server.requests(), ANSWERED + IN_FLIGHT);
    let left = only_run(&program);
    assert_eq!((&left["status"], &left["live"]), (&"unfinished".into(), &false.into()));
    let stored = finished_prompts(&program, &run);
    assert!(stored.len() > MOSTLY && stored.len() <= ANSWERED, "{} are stored", stored.len());
    assert_eq!(left["counts"]["finished"], stored.len());

    server.release();
    let csv = program.path("whole.csv");
    let said = program.run_json(&["resume", &run, "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert_eq!((&said.json()["id"], &said.json()["counts"]["finished"]), (&run.as_str().into(), &CASES.into()));

    let rows = Rows::read(&csv);
    let cases: std::collections::BTreeSet<&str> = rows.column("case_id").into_iter().collect();
    assert_eq!((rows.len(), cases.len()), (CASES, CASES));
    let times = server.times_asked();
    assert_eq!(times.len(), CASES);
    for prompt in &stored {
        assert_eq!(times[prompt], 1, "“{prompt}” was stored and sent again");
    }
    assert_eq!(server.requests(), ANSWERED + IN_FLIGHT + CASES - stored.len());

    let again = program.run_json(&["resume", &run]);
    assert_eq!((again.code, &again.json()["counts"]["finished"]), (0, &CASES.into()));
    assert_eq!(server.requests(), ANSWERED + IN_FLIGHT + CASES - stored.len(), "nothing was missing");
}

#[test]
fn a_killed_run_under_a_cap_counts_what_was_in_flight_as_spent() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    // Each of 15 tokens, 0.015; reserved are 5 tokens of output and the 16 + 128 + 8 to 10 of the prompt, 0.157 to 0.159.
    let priced = program.run(&["price", "set", "S/good", "--input", "1000", "--output", "1000"]);
    assert_eq!(priced.code, 0, "{}", priced.stderr);
    server.hold_after(10);
    let mut child = start(&program, CASES, &["--concurrency", "16", "--max-tokens", "5", "--cap", "2"]);
    // 0.15 and 11 × 0.159 fit, and no twelfth.
    server.wait_for_requests(10 + 11);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(server.requests(), 10 + 11);
    server.release();

    let run = only_run(&program)["id"].as_str().unwrap().to_owned();
    for _again in 0..2 {
        let said = program.run(&["resume", &run]);
        assert_eq!(said.code, 3, "{}", said.stderr);
        assert!(said.stderr.contains("in flight when the program ended") && said.stderr.contains("counts as spent"), "{}", said.stderr);
        assert!(said.stderr.contains("Nothing is sent: of the cap of $2.00"), "{}", said.stderr);
        assert_eq!(server.requests(), 10 + 11, "what may be spent already is not there to be spent");
        assert!(said.stdout.contains("11 requests were lost in a crash") && said.stdout.contains("reserved $0"), "{}", said.stdout);
    }

    // The provider billed less than that: what is free again is spent.
    let settled = program.run_json(&["settle", &run, "--billed", "0.20"]);
    assert_eq!(settled.code, 0, "{}", settled.stderr);
    assert_eq!(settled.json()["lost"], serde_json::json!({ "requests": 11, "unsettled": 0, "counted": 0.2 }));
    assert_eq!(settled.json()["spent"], 0.35);
    let said = program.run_json(&["resume", &run]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    assert!(server.requests() > 10 + 11 + 90, "{}", server.requests());
    let cap = &said.json()["cap"];
    assert!(cap["spent"].as_f64().unwrap() <= 2.0 && cap["free"].as_f64().unwrap() < 0.16, "{cap}");
    let unknown = program.run_json(&["settle", &run, "--unknown"]);
    assert_eq!(unknown.json()["lost"]["unsettled"], 11);
}

#[test]
fn a_resumed_run_asks_the_fallback_of_a_target_without_a_key_as_it_did_before() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    program.connect("K", &server, Some("NO_SUCH_VARIABLE"));
    server.hold_after(4);
    let mut child = start(&program, 4, &["--target", "K/good", "--fallback", "K/good=S/good", "--concurrency", "2"]);
    server.wait_for_requests(4 + 2);
    child.kill().unwrap();
    child.wait().unwrap();
    server.release();

    let run = only_run(&program)["id"].as_str().unwrap().to_owned();
    let csv = program.path("whole.csv");
    let said = program.run_json(&["resume", &run, "--csv", csv.to_str().unwrap()]);
    assert!(!said.stderr.contains("not sent to"), "{}", said.stderr);
    let rows = Rows::read(&csv);
    assert_eq!((rows.len(), rows.column("fallback").iter().filter(|fallback| **fallback == "good · S").count()), (8, 4));
    assert!(rows.column("status").iter().all(|status| *status == "finished"));
}

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let told = std::process::Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    signal(child, "INT");
}

#[cfg(unix)]
#[test]
fn ending_the_program_or_closing_its_terminal_stores_what_is_in_flight() {
    for name in ["TERM", "HUP"] {
        let program = Program::new();
        let server = Server::start(None);
        program.connect("S", &server, None);
        server.hold_after(2);
        let child = start(&program, 10, &["--concurrency", "4"]);
        server.wait_for_requests(6);
        // A closing terminal hangs up twice.
        signal(&child, name);
        signal(&child, name);
        let said = Said::from(child.wait_with_output().unwrap());
        assert_eq!(said.code, 130, "{name}");
        assert_eq!((&said.json()["counts"]["finished"], &said.json()["counts"]["cancelled"]), (&2.into(), &4.into()));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_shall_outlive_its_terminal_does() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    server.hold_after(0);
    let prompts = program.write("p.csv", prompts_csv(1));
    let run = program.command(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good"]);
    let mut nohup = std::process::Command::new("nohup");
    nohup.arg(run.get_program()).args(run.get_args()).env_clear();
    nohup.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = nohup.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    server.wait_for_requests(1);
    signal(&child, "HUP");
    server.release();
    assert_eq!(Said::from(child.wait_with_output().unwrap()).code, 0);
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_quits_at_once() {
    use std::io::BufRead as _;
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    server.hold_after(0);
    let prompts = program.write("p.csv", prompts_csv(4));
    let mut child = program.command(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good"]).spawn().unwrap();
    server.wait_for_requests(4);
    // Another writer: nothing can be stored, so the first Ctrl-C cannot end the program.
    let archive = rusqlite::Connection::open(program.data_folder().join("assay.db")).unwrap();
    archive.execute_batch("BEGIN IMMEDIATE").unwrap();
    interrupt(&child);
    let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(stderr.any(|line| line.unwrap().starts_with("stopping")));
    assert_eq!(child.try_wait().unwrap(), None);
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    archive.execute_batch("ROLLBACK").unwrap();
    assert_eq!(only_run(&program)["status"], "unfinished");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stores_what_is_in_flight_as_cancelled() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    server.hold_after(10);
    let csv = program.path("c.csv");
    let child = start(&program, 50, &["--concurrency", "4", "--csv", csv.to_str().unwrap()]);
    server.wait_for_requests(14);
    interrupt(&child);
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130);
    let value = said.json();
    let count = |name: &str| value["counts"][name].as_u64().unwrap();
    assert_eq!((&value["status"], count("finished"), count("cancelled"), count("missing")), (&"cancelled".into(), 10, 4, 36));
    let rows = Rows::read(&csv);
    assert_eq!(rows.column("status").iter().filter(|status| **status == "cancelled").count(), 4);
    assert_eq!(only_run(&program)["counts"], value["counts"]);

    server.release();
    let resumed = program.run_json(&["resume", value["id"].as_str().unwrap()]);
    // Nobody cancelled it now, and a run that stays at 130 for ever could never be finished: what was cancelled is sent again, what finished is not.
    assert_eq!((resumed.code, &resumed.json()["counts"]["finished"]), (0, &50.into()), "{}", resumed.stderr);
    assert_eq!((&resumed.json()["status"], &resumed.json()["counts"]["cancelled"]), (&"finished".into(), &0.into()));
    assert_eq!((server.requests(), server.times_asked().len()), (54, 50));
    let again = program.run_json(&["resume", value["id"].as_str().unwrap()]);
    assert_eq!((again.code, server.requests()), (0, 54));
}

#[test]
fn failed_trials_are_not_sent_by_a_resume() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", prompts_csv(2));
    let run = program.run_json(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/missing", "--retries", "0"]);
    assert_eq!((run.code, server.requests()), (2, 2));
    let resumed = program.run_json(&["resume", run.json()["id"].as_str().unwrap()]);
    assert_eq!((resumed.code, server.requests()), (2, 2));
}

#[test]
fn a_resume_without_the_key_of_a_target_leaves_its_cells_for_a_later_one() {
    let mut program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    program.set("LATER_KEY", "sk-later-1234567890");
    program.connect("K", &server, Some("LATER_KEY"));
    server.hold_after(4);
    let mut child = start(&program, 10, &["--target", "K/good", "--concurrency", "4"]);
    server.wait_for_requests(8);
    child.kill().unwrap();
    child.wait().unwrap();
    server.release();
    let run = only_run(&program)["id"].as_str().unwrap().to_owned();
    let stored_before = finished_prompts(&program, &run).len();
    let asked_before = server.requests();

    program.set("LATER_KEY", "");
    let csv = program.path("first.csv");
    let without = program.run_json(&["resume", &run, "--csv", csv.to_str().unwrap()]);
    assert_eq!(without.code, 1, "{}", without.stderr);
    let error: Value = serde_json::from_str(without.stderr.lines().last().unwrap()).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert_eq!(error["error"]["kind"], "no_key", "{message}");
    assert!(message.contains("not sent") && message.contains("assay resume") && message.contains("LATER_KEY"), "{message}");
    // The run keeps the prices that it was planned with.
    assert!(!without.stderr.contains("price set"), "{}", without.stderr);
    let rows = Rows::read(&csv);
    let of_key = rows.column("connection").into_iter().filter(|connection| *connection == "K").count();
    assert_eq!((rows.len() - of_key, &only_run(&program)["status"]), (10, &"unfinished".into()));
    assert_eq!(server.requests() - asked_before, rows.len() - stored_before, "what is stored is not sent again");

    program.set("LATER_KEY", "sk-later-1234567890");
    let asked = server.requests();
    let with = program.run_json(&["resume", &run]);
    assert_eq!((with.code, &with.json()["counts"]["finished"]), (0, &20.into()), "{}", with.stderr);
    assert_eq!(server.requests() - asked, 10 - of_key, "exactly the missing cells");
}

#[test]
fn a_run_that_is_not_there_cannot_be_resumed() {
    let program = Program::new();
    let said = program.run_json(&["resume", "01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42"]);
    assert_eq!((said.code, said.error().0.as_str()), (1, "run"));
    let said = program.run_json(&["export", "01980c2e-6f0a-7cc1-9d7e-3f5a0c9b1e42", "--csv", program.path("x.csv").to_str().unwrap()]);
    assert_eq!((said.code, said.error().0.as_str()), (1, "output"));
    assert!(!program.path("x.csv").exists());
}
