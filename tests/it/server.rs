//! A provider on loopback that does as its models are called, counts what it is asked, and can be made to hold its answers back.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Far longer than anything here takes.
const BOUND: Duration = Duration::from_mins(1);

#[derive(Default)]
struct Ledger {
    /// Prompts in the order in which they came.
    prompts: Vec<String>,
    /// From this many chat requests on, answers are held back until there are none to hold.
    hold_after: Option<usize>,
}

struct Shared {
    key: Option<String>,
    ledger: Mutex<Ledger>,
    changed: Condvar,
}

/// The server; its threads end with the test process.
pub(crate) struct Server {
    port: u16,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts; with a key, requests without it get a 401 that echoes what they brought.
    pub(crate) fn start(key: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { key: key.map(str::to_owned), ledger: Mutex::default(), changed: Condvar::new() });
        let serving = Arc::clone(&shared);
        let accept = move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::Builder::new().spawn(move || serve(&stream, &shared)).unwrap();
            }
        };
        thread::Builder::new().spawn(accept).unwrap();
        Self { port, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Answers the first `count` chat requests and holds the others.
    pub(crate) fn hold_after(&self, count: usize) {
        self.shared.ledger.lock().unwrap().hold_after = Some(count);
    }

    /// Answers everything again.
    pub(crate) fn release(&self) {
        self.shared.ledger.lock().unwrap().hold_after = None;
        self.shared.changed.notify_all();
    }

    /// Waits until this many chat requests have come.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        let ledger = self.shared.ledger.lock().unwrap();
        let (ledger, timeout) = self.shared.changed.wait_timeout_while(ledger, BOUND, |ledger| ledger.prompts.len() < count).unwrap();
        assert!(!timeout.timed_out(), "only {} of {count} requests came", ledger.prompts.len());
    }

    /// Chat requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.shared.ledger.lock().unwrap().prompts.len()
    }

    /// How often each prompt came.
    pub(crate) fn times_asked(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for prompt in &self.shared.ledger.lock().unwrap().prompts {
            *times.entry(prompt.clone()).or_default() += 1;
        }
        times
    }
}

struct Request {
    path: String,
    authorization: String,
    body: Value,
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => value.trim().clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, authorization, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        if answer(stream, shared, &request).is_none() {
            break;
        }
    }
    stream.shutdown(std::net::Shutdown::Both).ok();
}

/// Absent when the connection shall end.
fn answer(mut out: &TcpStream, shared: &Shared, request: &Request) -> Option<()> {
    let given = request.authorization.strip_prefix("Bearer ").unwrap_or_default();
    if request.path.ends_with("/models") {
        let list = json!({ "object": "list", "data": [{ "id": "good" }, { "id": "plain" }] });
        return send(out, 200, "application/json", &list.to_string());
    }
    if request.path == "/" {
        return send(out, 404, "text/plain", "");
    }
    let prompt = request.body["messages"].as_array()?.last()?["content"].as_str()?.to_owned();
    count_and_hold(shared, &prompt);
    let echo = |message: &str| json!({ "error": { "message": format!("{message}: {given}"), "code": given } }).to_string();
    if shared.key.as_ref().is_some_and(|key| key != given) {
        return send(out, 401, "application/json", &echo("Incorrect API key provided"));
    }
    match request.body["model"].as_str()? {
        "missing" => send(out, 404, "application/json", &echo("The model `missing` does not exist")),
        "limited" => send(out, 429, "application/json", &echo("Too many requests")),
        "broken" => send(out, 500, "application/json", &echo("It broke")),
        "page" => send(out, 200, "text/html", &format!("<html><body>Welcome {given}</body></html>")),
        "garbled" => send(out, 200, "application/json", "{\"choices\": [{"),
        "cut" => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            out.write_all(format!("{head}data: {}\n\n", delta("Half an ans")).as_bytes()).ok();
            None
        }
        "hostile" => send_answer(out, request, "\u{1b}[2J\u{202e}=1+1\u{9b}31m"),
        "cited" => {
            let chunk = json!({ "id": "c1", "model": "served", "choices": [{ "index": 0, "delta": { "content": "Paris.[1]" }, "finish_reason": "stop" }],
                "citations": ["https://a.test/1", "https://b.test/\u{202e}gpj"], "search_results": [{ "url": "https://a.test/1", "title": "=A" }],
                "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "cost": 0.00123 } });
            send(out, 200, "text/event-stream", &format!("data: {chunk}\n\ndata: [DONE]\n\n"))
        }
        _ => send_answer(out, request, &format!("You said: {prompt}")),
    }
}

fn count_and_hold(shared: &Shared, prompt: &str) {
    let mut ledger = shared.ledger.lock().unwrap();
    ledger.prompts.push(prompt.to_owned());
    shared.changed.notify_all();
    let number = ledger.prompts.len();
    let _ledger = shared.changed.wait_while(ledger, |ledger| ledger.hold_after.is_some_and(|most| number > most)).unwrap();
}

fn delta(text: &str) -> Value {
    json!({ "id": "c1", "object": "chat.completion.chunk", "model": "served", "choices": [{ "index": 0, "delta": { "content": text } }] })
}

fn send_answer(mut out: &TcpStream, request: &Request, text: &str) -> Option<()> {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 });
    if request.body["stream"] != true {
        let answer = json!({
            "id": "c1", "object": "chat.completion", "model": "served", "usage": usage,
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        });
        return send(out, 200, "application/json", &answer.to_string());
    }
    let end = json!({ "id": "c1", "object": "chat.completion.chunk", "model": "served", "usage": usage,
        "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let body = format!("data: {}\n\ndata: {end}\n\ndata: [DONE]\n\n", delta(text));
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n", body.len());
    out.write_all((head + &body).as_bytes()).ok()
}

fn send(mut out: &TcpStream, status: u16, kind: &str, body: &str) -> Option<()> {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    out.write_all((head + body).as_bytes()).ok()
}
