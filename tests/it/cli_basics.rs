//! The command line before anything is sent: usage, names, connections, prices, pipes.

use std::process::Stdio;

use crate::program::Program;
use crate::server::Server;

#[test]
fn usage_errors_exit_with_1_and_help_with_0() {
    let program = Program::new();
    for arguments in [&["dance"][..], &["run"], &["connection"], &["export", "x"], &["run", "--prompts", "p", "--target", "A"]] {
        let said = program.run(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(!said.stderr.is_empty());
        let said = program.run_json(arguments);
        assert_eq!((said.code, said.stdout.as_str(), said.error().0.as_str()), (1, "", "usage"), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["connection", "add", "--help"]] {
        let said = program.run(arguments);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(said.stdout.contains("assay"));
    }
    assert!(!program.data_folder().exists(), "a usage error leaves nothing behind");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_window_a_sentence_says_so() {
    let mut program = Program::new();
    // No display at first, then one where nobody answers.
    for words in ["no display", "display does not answer"] {
        let text = program.run(&[]);
        assert_eq!((text.code, text.stdout.as_str()), (1, ""));
        let (kind, message) = program.run_json(&[]).error();
        assert_eq!(text.stderr, format!("error: {message}\n"));
        assert!(kind == "window" && message.contains(words) && message.contains("assay demo"), "{message}");
        assert!(!message.contains(".rs"), "{message}");
        program.set("DISPLAY", ":65000");
    }
    let logs = std::fs::read_dir(program.data_folder().join("logs")).unwrap();
    let log: String = logs.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert!(log.contains("the window could not be opened: "), "{log}");
}

#[test]
fn hostile_arguments_do_not_reach_the_terminal() {
    let program = Program::new();
    for arguments in [&["\u{1b}[2Jdance"][..], &["connection", "check", "\u{1b}[2J\u{202e}"], &["import", "\u{1b}[2J"]] {
        let said = program.run(arguments);
        assert_eq!(said.code, 1);
        assert!(!said.stderr.contains(['\u{1b}', '\u{202e}']), "{}", said.stderr);
    }
}

#[test]
fn connections_are_added_listed_checked_and_removed() {
    let mut program = Program::new();
    program.set("TEST_KEY", "sk-test-1234567890");
    let server = Server::start(Some("sk-test-1234567890"));
    program.connect("Relay", &server, Some("TEST_KEY"));
    program.connect("Wrong", &server, Some("NOT_SET_ANYWHERE"));

    let taken = program.run_json(&["connection", "add", "relay", "--url", &server.url(), "--no-key"]);
    assert_eq!((taken.code, taken.error().0.as_str()), (1, "connection"));
    for (url, about) in [("http://example.com/v1", "https://"), ("https://k@example.com/v1", "user"), ("nonsense", "base URL")] {
        let said = program.run(&["connection", "add", "Bad", "--url", url, "--no-key"]);
        assert_eq!(said.code, 1);
        assert!(said.stderr.contains(about), "{}", said.stderr);
    }

    let list = program.run_json(&["connection", "list"]).json();
    assert_eq!(list[0]["name"], "Relay");
    assert_eq!((&list[0]["key"]["source"], &list[0]["key"]["ready"]), (&"environment".into(), &true.into()));
    assert_eq!(list[1]["key"]["ready"], false);

    let models = program.run_json(&["connection", "models", "Relay"]).json();
    assert_eq!((&models["models"][0]["id"], &models["models"][1]["id"]), (&"good".into(), &"plain".into()));

    let check = program.run_json(&["connection", "check", "Relay", "--model", "good"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    let report = check.json();
    assert_eq!((&report["passed"], &report["model"]), (&true.into(), &"good".into()));
    let steps: Vec<&str> = report["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["resolve", "connect", "models", "answer"]);

    let check = program.run_json(&["connection", "check", "Wrong"]);
    assert_eq!((check.code, &check.json()["passed"]), (1, &false.into()));
    assert!(check.json()["advice"].as_str().unwrap().contains("NOT_SET_ANYWHERE"), "{}", check.stdout);
    let text = program.run(&["connection", "check", "Relay", "--model", "missing"]);
    assert_eq!(text.code, 1);
    assert!(text.stdout.contains("model not found") && text.stdout.contains("Nothing was charged"), "{}", text.stdout);
    let broken = program.run(&["connection", "check", "Relay", "--model", "broken"]);
    assert!(broken.code == 1 && broken.stdout.contains("It broke"), "{}", broken.stdout);
    let cut = program.run(&["connection", "check", "Relay", "--model", "cut"]);
    assert!(cut.code == 1 && cut.stdout.contains("What the check cost is unknown"), "{}", cut.stdout);

    assert_eq!(program.run(&["connection", "remove", "Wrong"]).code, 0);
    let gone = program.run_json(&["connection", "check", "Wrong"]);
    assert_eq!((gone.code, gone.error().0.as_str()), (1, "not_found"));
    assert!(gone.error().1.contains("“Relay”"));
}

#[test]
fn a_dead_server_is_named_with_its_cause() {
    let program = Program::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let added = program.run(&["connection", "add", "Dead", "--url", &format!("http://127.0.0.1:{port}/v1"), "--no-key"]);
    assert_eq!(added.code, 0);
    let said = program.run(&["connection", "check", "Dead"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("Is the server running?") && said.stdout.contains("Whose side: your side"), "{}", said.stdout);
    let diagnosis = &program.run_json(&["connection", "check", "Dead"]).json()["diagnosis"];
    assert_eq!((&diagnosis["cause"], &diagnosis["side"]), (&"refused".into(), &"you".into()));
}

#[test]
fn without_a_keychain_a_key_from_standard_input_is_refused() {
    use std::io::Write as _;
    let program = Program::new();
    let mut child = program
        .command(&["connection", "add", "A", "--url", "https://api.example.com/v1", "--key-stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"sk-CANARY-0123456789\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("--key-env") && !stderr.contains("CANARY"), "{stderr}");
    assert_eq!(program.run_json(&["connection", "list"]).json(), serde_json::json!([]));
}

#[test]
fn nobody_reading_is_no_fault() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("Local", &server, None);
    let prompts = program.write("p.csv", "prompt\nHello\n");
    let close_and_wait = |arguments: &[&str]| {
        let mut child = program.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(close_and_wait(&["connection", "list"]), (Some(0), String::new()));
    assert_eq!(close_and_wait(&["--help"]), (Some(0), String::new()));
    let prompts = prompts.to_str().unwrap();
    let failing = close_and_wait(&["run", "--prompts", prompts, "--target", "Local/garbled", "--retries", "0", "--quiet"]);
    assert_eq!(failing, (Some(2), String::new()));
}

#[test]
fn a_data_folder_that_cannot_be_is_an_error() {
    let program = Program::new();
    program.write("data", "a file");
    let said = program.run_json(&["runs"]);
    assert_eq!((said.code, said.error().0.as_str()), (1, "data_folder"));
    assert!(said.error().1.contains("--data-dir"));
}
