//! A scripted server on loopback for tests: it reads whole requests and sends exactly the bytes that it is told to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::domain::{ApiKey, Connection, ConnectionId, KeySource, Limits, Message, Params, Role, Speaker, Spelling};

use super::chat::{AttemptReport, ChatRequest, Delta, Provider as _};
use super::client::HttpProvider;

pub(super) const CANARY: &str = "sk-CANARY-0123456789abcdef";

/// What the server does with one request, in order; without [`Act::Close`] or [`Act::Reset`] it then waits for the next on the same connection.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Send(Vec<u8>),
    /// Part of the simulated server's latency; nothing in a test waits for it.
    Wait(Duration),
    /// Sends the same bytes until the client hangs up.
    Flood(Vec<u8>),
    /// Says nothing more until the client hangs up.
    Hang,
    HalfClose,
    Close,
    Reset,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Whole requests, head and body, in order.
    pub(super) requests: Vec<String>,
    pub(super) connections: usize,
    /// Connections that the client ended.
    pub(super) hung_up: usize,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Mutex<Seen>>,
}

impl Server {
    /// Starts a server that plays one script a request; the last one again and again.
    pub(super) async fn start(scripts: Vec<Vec<Act>>) -> Self {
        Self::route(move |_head, number| scripts[number.min(scripts.len() - 1)].clone()).await
    }

    /// Starts a server that answers each request with what `script` makes of its text and number.
    pub(super) async fn route(script: impl Fn(&str, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (script, kept) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                kept.lock().unwrap().connections += 1;
                let (script, seen) = (Arc::clone(&script), Arc::clone(&kept));
                tokio::spawn(async move {
                    serve(stream, &*script, &seen).await;
                    seen.lock().unwrap().hung_up += 1;
                });
            }
        });
        Self { address, seen }
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().requests.clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }
}

async fn serve(mut stream: TcpStream, script: &(dyn Fn(&str, usize) -> Vec<Act> + Send + Sync), seen: &Mutex<Seen>) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request.clone());
            seen.requests.len() - 1
        };
        for act in script(&request, number) {
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Act::Wait(time) => tokio::time::sleep(time).await,
                Act::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
                Act::Hang => {
                    let mut rest = Vec::new();
                    stream.read_to_end(&mut rest).await.ok();
                    return;
                }
                Act::HalfClose => stream.shutdown().await.unwrap(),
                Act::Close => return,
                Act::Reset => {
                    stream.set_zero_linger().unwrap();
                    return;
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let length =
                text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.trim().parse().ok()).unwrap_or(0);
            if bytes.len() >= head + 4 + length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A response head for a body of unknown length, sent in chunks.
pub(super) fn chunked_head(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes()
}

/// One chunk of such a body.
pub(super) fn chunk(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat()
}

/// Its end.
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A whole response with a right length.
pub(super) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).as_bytes(), body].concat()
}

/// A whole JSON response.
pub(super) fn json(status: &str, body: &str) -> Vec<u8> {
    response(status, "content-type: application/json\r\n", body)
}

/// An event with visible text.
pub(super) fn text_event(text: &str) -> String {
    format!("data: {}\n\n", serde_json::json!({ "model": "m", "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

/// The events that end an answer well: finish reason, usage, end mark.
pub(super) const GOOD_END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\ndata: [DONE]\n\n";

/// A whole stream in one script.
pub(super) fn stream(pieces: &[&str]) -> Vec<Act> {
    let mut acts = vec![Act::Send(chunked_head("text/event-stream"))];
    acts.extend(pieces.iter().map(|piece| Act::Send(chunk(piece))));
    acts.push(Act::Send(LAST_CHUNK.to_vec()));
    acts
}

pub(super) fn connection(base_url: &str) -> Connection {
    let mut connection = Connection::new(ConnectionId::draw(), "Test", Role::Relay, base_url, KeySource::Session);
    connection.limits = Limits {
        connect_timeout_ms: 5_000,
        first_byte_timeout_ms: 20_000,
        idle_timeout_ms: 20_000,
        attempt_timeout_ms: 60_000,
        ..Limits::default()
    };
    connection
}

pub(super) fn canary() -> ApiKey {
    ApiKey::from_pasted(CANARY).unwrap().0
}

pub(super) fn provider(connection: &Connection) -> HttpProvider {
    HttpProvider::with_proxy(connection, Some(canary()), false).unwrap()
}

pub(super) fn question(stream: bool) -> ChatRequest {
    ChatRequest {
        model: "m".into(),
        messages: Arc::new([Message::new(Speaker::User, "hi")]),
        params: Params::default(),
        stream,
        spelling: Spelling::default(),
    }
}

/// Sends one question and checks what holds for every attempt: stamps in order, text as told, and no key anywhere.
pub(super) async fn attempt(provider: &HttpProvider, request: &ChatRequest) -> AttemptReport {
    let (mut content, mut reasoning, mut last_us) = (String::new(), String::new(), 0);
    let report = provider
        .attempt(request, &mut |delta| {
            let at_us = match delta {
                Delta::Content { text, at_us } => {
                    content.push_str(text);
                    at_us
                }
                Delta::Reasoning { text, at_us } => {
                    reasoning.push_str(text);
                    at_us
                }
            };
            assert!(at_us >= last_us);
            last_us = at_us;
        })
        .await;
    assert_eq!((&report.output, &report.reasoning), (&content, &reasoning));
    let timing = report.timing;
    let stamps = [
        timing.headers_us,
        timing.first_chunk_us,
        timing.first_content_us,
        timing.last_content_us,
        timing.last_output_us,
        Some(timing.end_us),
    ];
    assert!(stamps.iter().flatten().is_sorted(), "{timing:?}");
    assert!(!format!("{report:?}").contains("CANARY"), "{report:?}");
    if let Err(error) = &report.result {
        assert!(!error.message.is_empty() && error.message.chars().count() <= 500);
    }
    report
}

/// One question to a server with this script.
pub(super) async fn ask(acts: Vec<Act>) -> AttemptReport {
    let server = Server::start(vec![acts]).await;
    attempt(&provider(&connection(&server.base_url())), &question(true)).await
}
