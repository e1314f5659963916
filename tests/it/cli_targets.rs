//! Model ids that hold what the grammar of targets uses.

use serde_json::Value;

use crate::chaos::{Act, GOOD_END, json, response, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, Said, prompts_csv};

const DEPLOYMENT: &str = "accounts/fireworks/models/llama#accounts/me/deployments/abc";

/// A server that lists the deployment and answers under any model.
fn server() -> Chaos {
    let list = format!(r#"{{"data":[{{"id":"accounts/fireworks/models/llama"}},{{"id":"{DEPLOYMENT}"}},{{"id":"m?v=2"}}]}}"#);
    let answer = text_event("Hello") + GOOD_END;
    Chaos::route(move |request, _number| {
        let answer = response("200 OK", "content-type: text/event-stream\r\n", &answer);
        vec![Act::Send(if request.starts_with("GET") { json("200 OK", &list) } else { answer })]
    })
}

fn asked(server: &Chaos) -> Vec<String> {
    let requests = server.requests();
    let chats = requests.iter().filter(|request| request.starts_with("POST"));
    let body = |request: &String| serde_json::from_str::<Value>(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    chats.map(|request| body(request)["model"].as_str().unwrap().to_owned()).collect()
}

fn run(program: &Program, more: &[&str]) -> Said {
    let (prompts, csv) = (program.write("p.csv", prompts_csv(1)), program.path("c.csv"));
    program.run_json(&[&["run", "--prompts", prompts.to_str().unwrap(), "--csv", csv.to_str().unwrap()], more].concat())
}

#[test]
fn an_escaped_id_is_asked_and_exported_whole() {
    let program = Program::new();
    let server = server();
    program.connect_to("F", &server.url(), None);
    let escaped = "F/accounts/fireworks/models/llama%23accounts/me/deployments/abc";
    let said = run(&program, &["--target", &format!("{escaped}?max_tokens=8#mine"), "--target", "F/m%3Fv=2", "--target", "F/100%zz%2541"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let mut models = asked(&server);
    models.sort_unstable();
    assert_eq!(models, ["100%zz%41", DEPLOYMENT, "m?v=2"]);
    let rows = Rows::read(&program.path("c.csv"));
    assert!(rows.column("model").contains(&DEPLOYMENT) && rows.column("target").contains(&"mine"));

    let fallback = format!("{escaped}=F/m%3Fv=2");
    let said = run(&program, &["--target", escaped, "--target", "F/m%3Fv=2", "--fallback", &fallback]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let price = program.run_json(&["price", "set", escaped, "--input", "1", "--output", "2"]);
    assert_eq!((price.code, price.json()["model"].as_str()), (0, Some(DEPLOYMENT)));
}

/// Another model would be asked.
#[test]
fn a_target_that_cuts_a_listed_id_is_refused_with_the_way_to_write_it() {
    let program = Program::new();
    let server = server();
    program.connect_to("F", &server.url(), None);
    for (cut, escaped) in
        [(format!("F/{DEPLOYMENT}"), "F/accounts/fireworks/models/llama%23accounts/me/deployments/abc"), ("F/m?v=2".to_owned(), "m%3Fv=2")]
    {
        let said = run(&program, &["--target", &cut]);
        assert_eq!((said.code, asked(&server)), (1, vec![]), "{cut}: {}", said.stderr);
        assert!(said.stderr.contains(escaped) || said.stderr.contains("%3F"), "{cut}: {}", said.stderr);
    }
    let said = program.run_json(&["price", "set", &format!("F/{DEPLOYMENT}"), "--input", "1", "--output", "2"]);
    assert!(said.code == 1 && said.error().1.contains("%23"), "{}", said.stderr);
}

/// Where nobody knows which ids there are, it is said what the text was taken for.
#[test]
fn a_label_that_looks_like_a_part_of_an_id_is_told() {
    let program = Program::new();
    let server = Chaos::route(|request, _number| {
        let answer = response("200 OK", "content-type: text/event-stream\r\n", text_event("Hello") + GOOD_END);
        vec![Act::Send(if request.starts_with("GET") { json("404 Not Found", "{}") } else { answer })]
    });
    program.connect_to("F", &server.url(), None);
    let prompts = program.write("p.csv", prompts_csv(1));
    let target = format!("F/{DEPLOYMENT}");
    let said = program.run(&["run", "--prompts", prompts.to_str().unwrap(), "--target", &target]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("label") && said.stderr.contains("%23"), "{}", said.stderr);
}
