//! What a run asks besides its prompts, from the command line to the body that arrives, and back to the CSV.

use serde_json::{Value, json};

use crate::chaos::{Act, GOOD_END, response, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

fn events(text: &str) -> Vec<Act> {
    vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\n", text))]
}

fn refused(message: &str) -> Vec<Act> {
    let body = json!({ "type": "error", "error": { "type": "invalid_request_error", "message": message } }).to_string();
    vec![Act::Send(crate::chaos::json("400 Bad Request", &body))]
}

/// The bodies of the chat requests, in their order.
fn bodies(server: &Chaos) -> Vec<Value> {
    let requests = server.requests();
    let chats = requests.iter().filter(|request| request.starts_with("POST"));
    chats.map(|request| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()).collect()
}

#[test]
fn schema_tools_and_effort_arrive_and_a_call_is_the_answer() {
    let program = Program::new();
    let call = concat!(
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"Oslo\\\"}\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
    );
    let server = Chaos::route(move |_head, _number| events(call));
    program.connect_to("C", &server.url(), None);
    let prompts = program.write("p.csv", prompts_csv(1));
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
    let parameters = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let schema_file = program.write("schema.json", schema.to_string());
    let tools = json!([{ "type": "function", "function": { "name": "weather", "description": "d", "parameters": parameters } }]);
    let tools_file = program.write("tools.json", tools.to_string());
    let csv = program.path("c.csv");
    let [prompts, schema_file, tools_file, csv_file] = [&prompts, &schema_file, &tools_file, &csv].map(|path| path.to_str().unwrap());
    let asks = ["run", "--prompts", prompts, "--target", "C/m", "--target", "C/m?effort=high#deep", "--concurrency", "1"];
    let options = ["--effort", "low", "--schema", schema_file, "--tools", tools_file, "--csv", csv_file];
    let said = program.run_json(&[&asks[..], &options].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);

    let mut efforts = Vec::new();
    for body in bodies(&server) {
        assert_eq!((&body["response_format"]["type"], &body["response_format"]["json_schema"]["schema"]), (&json!("json_schema"), &schema));
        assert_eq!(body["tools"], tools);
        efforts.push(body["reasoning_effort"].as_str().unwrap().to_owned());
    }
    efforts.sort_unstable();
    assert_eq!(efforts, ["high", "low"], "a target's own effort goes before the run's");
    let rows = Rows::read(&csv);
    let mut targets = rows.column("target");
    targets.sort_unstable();
    assert!(targets.len() == 2 && targets.contains(&"deep"), "{targets:?}");
    assert_eq!(rows.column("status"), ["finished"; 2]);
    assert_eq!(rows.column("output"), ["weather({\"city\":\"Oslo\"})"; 2]);
    assert_eq!(rows.column("finish_reason"), ["tool_calls"; 2]);
}

#[test]
fn a_schema_or_tools_that_cannot_be_read_stop_the_run_before_anything_is_sent() {
    let program = Program::new();
    let server = Chaos::route(|_head, _number| events(GOOD_END));
    program.connect_to("C", &server.url(), None);
    let prompts = program.write("p.csv", prompts_csv(1));
    let broken = program.write("broken.json", "{\"type\":");
    let missing = program.path("missing.json");
    for (option, file) in [("--schema", &broken), ("--tools", &broken), ("--schema", &missing)] {
        let arguments = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "C/m", option, file.to_str().unwrap()];
        let said = program.run_json(&arguments);
        assert!(said.code != 0 && said.error().1.contains(".json"), "{option}: {}", said.stderr);
    }
    assert_eq!(server.requests(), [""; 0]);
}

/// Refused once, told with the trial, and not sent again by any later run.
#[test]
fn a_temperature_that_a_model_refuses_is_left_out_from_then_on() {
    let program = Program::new();
    let answer = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-new\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    let server = Chaos::route(move |request, _number| {
        if request.contains("\"temperature\"") { refused("`temperature` is deprecated for this model.") } else { events(answer) }
    });
    let added = program.run(&["connection", "add", "A", "--url", &server.url(), "--wire", "anthropic-messages", "--no-key"]);
    assert_eq!(added.code, 0, "{}", added.stderr);
    let prompts = program.write("p.csv", prompts_csv(2));
    let run = || {
        let csv = program.path("c.csv");
        let prompts = prompts.to_str().unwrap();
        let arguments = ["run", "--prompts", prompts, "--target", "A/claude-new?temperature=0.5&max_tokens=64", "--retries", "0"];
        let said = program.run_json(&[&arguments[..], &["--concurrency", "1", "--csv", csv.to_str().unwrap()]].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        let mut attempts: Vec<String> = Rows::read(&csv).column("attempts").into_iter().map(str::to_owned).collect();
        attempts.sort_unstable();
        attempts
    };
    assert_eq!(run(), ["1", "2"]);
    assert_eq!(run(), ["1", "1"]);
    let sent: Vec<bool> = bodies(&server).iter().map(|body| body.get("temperature").is_some()).collect();
    assert_eq!(sent, [true, false, false, false, false]);
}

/// What a check finds out about the server's own way is stored as what a run finds out.
#[test]
fn what_a_check_learns_no_run_has_to_find_out() {
    let program = Program::new();
    let server = Chaos::route(|request, _number| {
        if request.starts_with("GET") {
            vec![Act::Send(crate::chaos::json("200 OK", r#"{"data":[{"id":"o9"}]}"#))]
        } else if request.contains("\"max_tokens\"") {
            refused("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
        } else {
            events(&(text_event("OK") + GOOD_END))
        }
    });
    program.connect_to("C", &server.url(), None);
    let checked = program.run_json(&["connection", "check", "C", "--model", "o9"]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    let prompts = program.write("p.csv", prompts_csv(1));
    let said = program.run_json(&["run", "--prompts", prompts.to_str().unwrap(), "--target", "C/o9?max_tokens=64"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let sent: Vec<bool> = bodies(&server).iter().map(|body| body.get("max_tokens").is_some()).collect();
    assert_eq!(sent, [true, false, false], "refused once, by the check");
}
