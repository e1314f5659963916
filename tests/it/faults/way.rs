//! The way to the server: names, ports, proxies, redirects, silence.

use std::time::Duration;

use assay::domain::{FailureKind, TrialStatus};

use super::rig::{Rig, ask, good, kind, send};
use crate::chaos::{Act, chunked_head, response, stream, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

const KEY: &str = "sk-CANARY-0123456789abcdef";

/// All files below a folder hold none of these words.
fn nowhere(folder: &std::path::Path, words: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nowhere(&path, words);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for word in words {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} is in {}", path.display());
        }
    }
}

#[test]
fn a_host_without_address_and_a_port_without_listener_stop_nobody_else() {
    let program = Program::new();
    let chaos = Chaos::start(vec![good()]);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    program.connect_to("Good", &chaos.url(), None);
    program.connect_to("Dead", &format!("http://{dead}/v1"), None);
    // Too long a label for any name service to be asked about.
    program.connect_to("Nowhere", &format!("https://{}.invalid/v1", "a".repeat(70)), None);
    let (prompts, csv) = (program.write("p.csv", prompts_csv(3)), program.path("c.csv"));
    let mut arguments = vec!["run", "--prompts", prompts.to_str().unwrap(), "--retries", "1", "--csv", csv.to_str().unwrap()];
    arguments.extend(["--target", "Nowhere/m", "--target", "Dead/m", "--target", "Good/m"]);
    let said = program.run_json(&arguments);
    assert_eq!((said.code, &said.json()["counts"]["finished"]), (2, &3.into()), "{}", said.stderr);
    let rows = Rows::read(&csv);
    let (kinds, attempts, errors) = (rows.column("error_kind"), rows.column("attempts"), rows.column("error"));
    for (at, connection) in rows.column("connection").into_iter().enumerate() {
        let expected = match connection {
            "Good" => ("", "1", ""),
            "Dead" => ("refused", "2", "Is the server running?"),
            _ => ("cannot_resolve", "2", "has no address"),
        };
        assert_eq!((kinds[at], attempts[at]), (expected.0, expected.1));
        assert!(errors[at].contains(expected.2), "{}", errors[at]);
    }
}

#[test]
fn a_proxy_that_asks_for_a_login_is_said_and_told_nothing() {
    let mut program = Program::new();
    let proxy =
        Chaos::start(vec![vec![send(response("407 Proxy Authentication Required", "proxy-authenticate: Basic\r\n", "")), Act::Close]]);
    program.set("K", KEY);
    program.set("HTTPS_PROXY", &format!("http://someone:proxy-passw0rd@{}", proxy.address()));
    program.connect_to("Far", "https://api.example.invalid/v1", Some("K"));
    let (prompts, csv) = (program.write("p.csv", prompts_csv(1)), program.path("c.csv"));
    let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "Far/m", "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let rows = Rows::read(&csv);
    assert_eq!((rows.column("error_kind"), rows.column("attempts")), (vec!["proxy"], vec!["1"]));
    assert!(rows.column("error")[0].contains("asks for a login (407)"), "{}", rows.column("error")[0]);
    let requests = proxy.requests();
    assert!(requests.len() == 1 && requests[0].starts_with("CONNECT api.example.invalid:443 "), "{requests:?}");
    assert!(!requests[0].contains(KEY), "the key is for the server alone");
    assert!(!said.stdout.contains("passw0rd") && !said.stderr.contains("passw0rd"));
    nowhere(&program.path(""), &["passw0rd", KEY]);
}

#[test]
fn no_redirect_is_followed_and_the_key_stays() {
    let mut program = Program::new();
    let other = Chaos::start(vec![good()]);
    let target = format!("http://{}/v1/chat/completions", other.address());
    let statuses = ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];
    let first = Chaos::route(move |_request, number| vec![send(response(statuses[number % 5], &format!("location: {target}\r\n"), ""))]);
    program.set("K", KEY);
    program.connect_to("Here", &first.url(), Some("K"));
    let (prompts, csv) = (program.write("p.csv", prompts_csv(5)), program.path("c.csv"));
    let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "Here/m", "--csv", csv.to_str().unwrap()]);
    assert_eq!(said.code, 2);
    let rows = Rows::read(&csv);
    assert_eq!((rows.column("error_kind"), rows.column("attempts")), (vec!["redirect"; 5], vec!["1"; 5]));
    assert!(rows.column("error")[0].contains(&format!("points to http://{}", other.address())), "{}", rows.column("error")[0]);
    assert_eq!((first.requests().len(), other.connections()), (5, 0));
    nowhere(&program.path(""), &[KEY]);
}

#[test]
fn plain_http_to_another_computer_is_refused_before_anything_is_stored() {
    let program = Program::new();
    for url in ["http://192.0.2.1/v1", "http://localhost.example.com/v1", "http://127.0.0.1.example.com/v1"] {
        let said = program.run_json(&["connection", "add", "Plain", "--url", url, "--no-key"]);
        assert_eq!(said.code, 1, "{url}");
        assert!(said.error().1.contains("https"), "{}", said.error().1);
    }
    assert_eq!(program.run_json(&["connection", "list"]).json(), serde_json::json!([]));
}

#[test]
fn a_refused_key_is_final_and_repeated_by_nobody() {
    let mut program = Program::new();
    program.set("K", KEY);
    for (status, expected) in [("401 Unauthorized", "unauthorized"), ("403 Forbidden", "forbidden")] {
        let echo = format!("{{\"error\":{{\"message\":\"No: {KEY}\",\"code\":\"{KEY}\"}}}}");
        let chaos = Chaos::start(vec![vec![send(response(status, &format!("x-request-id: {KEY}\r\n"), &echo))]]);
        program.connect_to(expected, &chaos.url(), Some("K"));
        let (prompts, csv) = (program.write("p.csv", prompts_csv(4)), program.path("c.csv"));
        let target = format!("{expected}/m");
        let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", &target, "--csv", csv.to_str().unwrap()]);
        assert_eq!(said.code, 2);
        let rows = Rows::read(&csv);
        assert_eq!((rows.column("error_kind"), rows.column("attempts")), (vec![expected; 4], vec!["1"; 4]));
        assert!(rows.column("error").iter().all(|error| error.contains("[key]") && error.contains("key")), "{:?}", rows.column("error"));
        assert_eq!(chaos.requests().len(), 4);
        assert!(!said.stdout.contains(KEY) && !said.stderr.contains(KEY));
    }
    nowhere(&program.path(""), &[KEY]);
}

#[test]
fn a_server_that_is_slow_to_begin_is_waited_for_and_left_at_once() {
    let mut acts = vec![Act::Wait(Duration::from_millis(50))];
    acts.extend(good());
    let run = Rig::at(&Chaos::start(vec![acts])).run();
    let timing = run.only().row.timing.unwrap();
    assert!(timing.headers_us.unwrap() >= 50_000 && timing.ttft_us().unwrap() >= 50_000, "{timing:?}");

    let chaos = Chaos::start(vec![vec![Act::Hang]]);
    let mut run = Rig::at(&chaos).launch();
    chaos.until(|seen| seen.requests.len() == 1);
    run.cancel();
    assert_eq!(run.count(TrialStatus::Cancelled), 1);
    chaos.until(|seen| seen.hung_up == 1);

    let silent = Rig::at(&Chaos::start(vec![vec![Act::Hang]])).limits(|limits| limits.first_byte_timeout_ms = 100).run();
    assert_eq!(kind(silent.only()), Some(FailureKind::FirstByteTimeout));
}

#[test]
fn a_connection_that_breaks_before_the_answer_fails_and_is_not_paid_for_twice() {
    for acts in [vec![Act::Close], vec![Act::Reset], vec![send("HTTP/1.1 200 OK\r\ncontent-"), Act::Close]] {
        let chaos = Chaos::start(vec![acts.clone()]);
        let run = Rig::at(&chaos).retries(5).run();
        assert_eq!((kind(run.only()), run.only().row.attempts), (Some(FailureKind::Network), 1), "{acts:?}");
        assert_eq!(chaos.requests().len(), 1);
    }
    let half = ask(vec![send(chunked_head("text/event-stream")), Act::Close]);
    assert!(kind(&half).is_some());
    assert_eq!(kind(&ask(stream(&[&text_event("x")]))), Some(FailureKind::Truncated));
}
