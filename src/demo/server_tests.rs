//! The simulated provider over a raw socket, as an HTTP client meets it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::*;
use crate::demo::sample_cases;

struct Reply {
    status: u16,
    headers: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The data of each server-sent event.
    fn events(&self) -> Vec<&str> {
        assert!(self.body.ends_with("\n\n"), "unfinished event: {}", self.body);
        self.body.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect()
    }

    /// The text of a stream.
    fn streamed_text(&self) -> String {
        let chunks = self.events().into_iter().filter(|data| *data != "[DONE]").map(|data| serde_json::from_str::<Value>(data).unwrap());
        chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
    }
}

async fn send(server: &DemoServer, method: &str, path: &str, body: &str) -> Reply {
    let address = server.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let raw = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut raw = Vec::new();
        socket.read_to_end(&mut raw).unwrap();
        String::from_utf8(raw).unwrap()
    })
    .await
    .unwrap();
    let (headers, body) = raw.split_once("\r\n\r\n").unwrap();
    let headers = headers.to_ascii_lowercase();
    let body = if headers.contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() };
    Reply { status: headers.split(' ').nth(1).unwrap().parse().unwrap(), headers, body }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&rest[..size]);
        if size == 0 {
            return whole;
        }
        body = rest[size..].strip_prefix("\r\n").unwrap();
    }
}

/// Sends a chat request, again after a fault.
async fn chat(server: &DemoServer, body: &Value) -> Reply {
    let body = body.to_string();
    let first = send(server, "POST", "/v1/chat/completions", &body).await;
    if matches!(first.status, 429 | 500) { send(server, "POST", "/v1/chat/completions", &body).await } else { first }
}

fn entanglement(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Explain quantum entanglement in simple terms." }] })
}

#[tokio::test]
async fn a_stream_has_openais_shape() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let mut body = entanglement("sim-large");
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let reply = chat(&server, &body).await;
    assert_eq!(reply.status, 200);
    assert!(reply.headers.contains("content-type: text/event-stream"), "{}", reply.headers);
    assert!(reply.headers.contains("x-request-id: req-sim-"), "{}", reply.headers);

    let events = reply.events();
    assert_eq!(*events.last().unwrap(), "[DONE]");
    let chunks: Vec<Value> = events[..events.len() - 1].iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    for chunk in &chunks {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["model"], "sim-large");
        assert_eq!(chunk["id"], chunks[0]["id"]);
    }
    let [role, content @ .., finish, usage] = chunks.as_slice() else { panic!("{} chunks", chunks.len()) };
    assert_eq!(role["choices"][0]["delta"], json!({ "role": "assistant", "content": "" }));
    assert!(content.iter().all(|chunk| chunk["choices"][0]["finish_reason"].is_null() && chunk["usage"].is_null()));
    assert_eq!(finish["choices"][0], json!({ "index": 0, "delta": {}, "finish_reason": "stop" }));
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["completion_tokens"], content.len());
    assert_eq!(usage["usage"]["total_tokens"], content.len() as u64 + usage["usage"]["prompt_tokens"].as_u64().unwrap());
    assert!(reply.streamed_text().contains("entanglement"));

    body["stream_options"] = Value::Null;
    assert!(!chat(&server, &body).await.body.contains("usage"), "usage came unasked");
}

#[tokio::test]
async fn the_whole_answer_is_the_streamed_one() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let mut body = entanglement("sim-premium");
    body["temperature"] = json!(0);
    let whole = chat(&server, &body).await.json();
    body["stream"] = json!(true);
    let streamed = chat(&server, &body).await.streamed_text();
    assert_eq!(whole["object"], "chat.completion");
    assert_eq!(whole["choices"][0]["message"], json!({ "role": "assistant", "content": streamed }));
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    assert!(whole["usage"]["prompt_tokens"].as_u64().unwrap() > 0 && whole["usage"]["completion_tokens"].as_u64().unwrap() > 100);
}

#[tokio::test]
async fn bounds_on_the_answer_are_honoured() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    for name in ["max_tokens", "max_completion_tokens"] {
        let mut body = entanglement("sim-large");
        body[name] = json!(5);
        let reply = chat(&server, &body).await.json();
        assert_eq!(reply["choices"][0]["finish_reason"], "length");
        assert_eq!(reply["usage"]["completion_tokens"], 5);
        assert_eq!(reply["choices"][0]["message"]["content"], "Imagine you have a pair");
    }
    let mut body = entanglement("sim-large");
    body["stop"] = json!(["magic", "pair"]);
    let reply = chat(&server, &body).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "Imagine you have a ");
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_in_openais_words() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let path = "/v1/chat/completions";
    let cases = [
        ("POST", path, "{not json".to_owned(), 400, "We could not parse the JSON body"),
        ("POST", path, "{}".to_owned(), 400, "you must provide a model parameter"),
        ("POST", path, entanglement("gpt-9").to_string(), 404, "The model `gpt-9` does not exist or you do not have access to it."),
        ("POST", path, json!({ "model": "sim-large", "messages": [] }).to_string(), 400, "empty array"),
        ("POST", "/chat/completions", "{}".to_owned(), 404, "Invalid URL (POST /chat/completions)"),
        ("POST", "/v1/v1/chat/completions", "{}".to_owned(), 404, "Invalid URL"),
        ("GET", path, String::new(), 405, "Not allowed to GET on /v1/chat/completions"),
    ];
    for (method, path, body, status, message) in cases {
        let reply = send(&server, method, path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}");
        let error = &reply.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
        assert_eq!(error["type"], "invalid_request_error");
        assert_eq!(error["code"] == "model_not_found", message.starts_with("The model"));
    }
    assert_eq!(server.request_count(), 4, "only chat requests count");
}

#[tokio::test]
async fn the_model_list_names_the_three_models() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let list = send(&server, "GET", "/v1/models", "").await.json();
    assert_eq!(list["object"], "list");
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["sim-large", "sim-large-relay", "sim-premium"]);
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn a_rate_limit_names_its_wait_and_the_next_try_succeeds() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let body = entanglement("sim-large").to_string();
    let (mut limited, mut broken) = (0, 0);
    for _ in 0..400 {
        let reply = send(&server, "POST", "/v1/chat/completions", &body).await;
        match reply.status {
            200 => continue,
            429 => {
                limited += 1;
                assert!(reply.headers.contains("retry-after: 1"), "{}", reply.headers);
                assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
            }
            500 => {
                broken += 1;
                assert_eq!(reply.json()["error"]["type"], "server_error");
            }
            other => panic!("{other}: {}", reply.body),
        }
        assert_eq!(send(&server, "POST", "/v1/chat/completions", &body).await.status, 200);
    }
    assert!(limited > 0 && broken > 0, "{limited} rate limits, {broken} server errors");
    assert_eq!(server.request_count(), 400 + limited + broken);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bodies() {
    let [one, two] = [DemoServer::start(9, DemoPace::Instant).await.unwrap(), DemoServer::start(9, DemoPace::Instant).await.unwrap()];
    assert_ne!(one.base_url(), two.base_url());
    for case in sample_cases() {
        let body = json!({ "model": "sim-large-relay", "messages": case.render().unwrap() }).to_string();
        let path = "/v1/chat/completions";
        let [one, two] = [send(&one, "POST", path, &body).await, send(&two, "POST", path, &body).await];
        assert_eq!(one.status, two.status);
        let [mut one, mut two] = [one.json(), two.json()];
        for reply in [&mut one, &mut two] {
            reply.as_object_mut().unwrap().remove("created");
        }
        assert_eq!(one, two);
    }
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let server = DemoServer::start(1, DemoPace::Instant).await.unwrap();
    let address = server.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    assert_eq!(chat(&server, &entanglement("sim-large")).await.status, 200);
    server.stop().await;
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn the_realistic_pace_takes_its_time() {
    let server = DemoServer::start(2, DemoPace::Realistic).await.unwrap();
    let mut body = entanglement("sim-large");
    body["max_tokens"] = json!(3);
    for stream in [true, false] {
        body["stream"] = json!(stream);
        let started = Instant::now();
        let reply = chat(&server, &body).await;
        assert_eq!(reply.status, 200);
        // Three sigmas below the median of 350 ms; above, ten times what it takes.
        let elapsed_ms = started.elapsed().as_millis();
        assert!((180..8_000).contains(&elapsed_ms), "{elapsed_ms} ms");
    }
}
