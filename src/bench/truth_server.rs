//! A provider on loopback that stamps when it really sent what. Meant to run in a process of its own, so that it shares nothing with the client
//! but the machine.
//!
//! One thread serves all connections. TCP_NODELAY is on: without it, Nagle's algorithm and delayed acknowledgements would hold small writes back
//! for up to 40 ms.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

use super::request_reader::{Request, RequestReader};
use super::truth::{MARK, Pace, Truth, TruthList};

/// The model that answers at the server's pace.
pub const PACED_MODEL: &str = "paced";
/// The model that sends all of its answer at once.
pub const INSTANT_MODEL: &str = "instant";

/// Truths kept; the oldest go first.
const MOST_TRUTHS: usize = 200_000;

/// The wait after a connection could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// Such failures in a row that are waited out: half a minute.
const MOST_ACCEPT_FAILURES: u32 = 3_000;

/// Tokens that every answer says its prompt had.
const PROMPT_TOKENS: u32 = 10;

/// The server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No socket on loopback, or no event queue.
    #[error("the truth server could not start on this computer: {0}")]
    Start(#[from] io::Error),
}

/// The server, listening.
pub struct TruthServer {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    pace: Pace,
}

struct Shared {
    pace: Pace,
    ledger: Mutex<Ledger>,
}

struct Ledger {
    ids: u64,
    truths: VecDeque<Truth>,
}

impl TruthServer {
    /// Listens on 127.0.0.1 at `port`, 0 for any.
    pub fn bind(port: u16, pace: Pace) -> Result<Self, ServeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?;
        Ok(Self { runtime, listener, pace: Pace { chunks: pace.chunks.max(1), ..pace } })
    }

    /// The base URL for connections to it.
    pub fn base_url(&self) -> Result<String, ServeError> {
        let address: SocketAddr = self.listener.local_addr()?;
        Ok(format!("http://{address}/v1"))
    }

    /// Serves until `ended` resolves.
    pub fn serve_until(self, ended: impl Future<Output = ()>) {
        let Self { runtime, listener, pace } = self;
        // Ids of two servers never meet, so that no run is set against another server's truth.
        let ids = fastrand::u64(1..1 << 32) << 20;
        let shared = Arc::new(Shared { pace, ledger: Mutex::new(Ledger { ids, truths: VecDeque::new() }) });
        runtime.block_on(async {
            tokio::select! {
                () = ended => {}
                error = accept(&listener, &shared) => tracing::error!("the truth server takes no connections any more: {error}"),
            }
        });
    }

    /// Serves until Ctrl-C, or until standard input ends: the end of whoever started it.
    pub fn serve_until_told(self, heed_stdin: bool) {
        self.serve_until(async move {
            let interrupt = tokio::signal::ctrl_c();
            if heed_stdin {
                let (gone, closed) = tokio::sync::oneshot::channel();
                let listen = move || {
                    io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
                    gone.send(()).ok();
                };
                // Not one of the runtime's threads: it would be waited for at the end.
                if std::thread::Builder::new().name("stdin".to_owned()).spawn(listen).is_ok() {
                    tokio::select! {
                        _ = interrupt => {}
                        _ = closed => {}
                    }
                    return;
                }
            }
            interrupt.await.ok();
        });
    }
}

/// Takes connections until that fails for good.
async fn accept(listener: &TcpListener, shared: &Arc<Shared>) -> io::Error {
    let mut failures = 0;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                failures = 0;
                let shared = Arc::clone(shared);
                tokio::spawn(async move {
                    // The other side went away, or sent what is no request: nothing to be told to anybody.
                    serve(socket, &shared).await.ok();
                });
            }
            // Running out of files, say: those who are connected go on, and will let some go.
            Err(_) if failures < MOST_ACCEPT_FAILURES => {
                failures += 1;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Err(error) => return error,
        }
    }
}

async fn serve(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let (read, write) = socket.into_split();
    let mut requests = RequestReader::new(read);
    let mut out = BufWriter::with_capacity(32 << 10, write);
    let mut nth_on_connection = 0;
    while let Some(request) = requests.next().await? {
        let received = Instant::now();
        nth_on_connection += 1;
        answer(&request, Answering { received, nth_on_connection, shared }, &mut out).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Answering<'a> {
    received: Instant,
    nth_on_connection: u32,
    shared: &'a Shared,
}

/// What the server looks at in a chat request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wish {
    model: String,
    stream: bool,
}

async fn answer(request: &Request, answering: Answering<'_>, out: &mut BufWriter<OwnedWriteHalf>) -> io::Result<()> {
    if request.path.ends_with("/truth") {
        let answers = answering.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner).truths.iter().copied().collect();
        return send_json(out, "200 OK", &serde_json::to_string(&TruthList { answers }).unwrap_or_default()).await;
    }
    if request.path.ends_with("/models") {
        let list = serde_json::json!({ "object": "list", "data": [{ "id": PACED_MODEL }, { "id": INSTANT_MODEL }] });
        return send_json(out, "200 OK", &list.to_string()).await;
    }
    if !request.path.ends_with("/chat/completions") {
        return send_json(out, "404 Not Found", r#"{"error":{"message":"there is only chat completions here","code":404}}"#).await;
    }
    let wish: Wish = serde_json::from_slice(&request.body).unwrap_or_default();
    let id = {
        let mut ledger = answering.shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.ids += 1;
        ledger.ids
    };
    let pace = answering.shared.pace;
    let at_once = Pace { first_ms: 0, gap_ms: 0, ..pace };
    let (model, pace) = match wish.model.as_str() {
        PACED_MODEL => (PACED_MODEL, pace),
        INSTANT_MODEL => (INSTANT_MODEL, at_once),
        _ => return send_json(out, "404 Not Found", r#"{"error":{"message":"model not found","code":"model_not_found"}}"#).await,
    };
    if wish.stream {
        return stream(id, model, pace, answering, out).await;
    }
    if pace != at_once {
        sleep_until(answering.received + total(pace)).await;
    }
    send_json(out, "200 OK", &whole(id, model, pace)).await
}

fn total(pace: Pace) -> Duration {
    Duration::from_millis(pace.first_ms) + Duration::from_millis(pace.gap_ms).saturating_mul(pace.chunks - 1)
}

/// Sends the texts of an answer at their times, each in a write of its own; those of one instant together.
async fn stream(id: u64, model: &'static str, pace: Pace, answering: Answering<'_>, out: &mut BufWriter<OwnedWriteHalf>) -> io::Result<()> {
    let Answering { received, nth_on_connection, shared } = answering;
    let mut truth = Truth { id, nth_on_connection, first_ns: 0, last_ns: 0, longest_gap_ns: 0, chunks: pace.chunks };
    let mut bytes = String::with_capacity(8 << 10);
    bytes.push_str("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    push_event(&mut bytes, model, &format!(r#"{{"index":0,"delta":{{"role":"assistant","content":"{MARK}{id} "}}}}"#), "null");
    let mut word = String::new();
    push_event(&mut word, model, r#"{"index":0,"delta":{"content":"word "}}"#, "null");
    let (first, gap) = (Duration::from_millis(pace.first_ms), Duration::from_millis(pace.gap_ms));
    let is_paced = !first.is_zero() || !gap.is_zero();
    for nth in 0..pace.chunks {
        if is_paced {
            sleep_until(received + first + gap.saturating_mul(nth)).await;
        }
        if nth > 0 {
            bytes.push_str(&word);
        }
        let is_last = nth + 1 == pace.chunks;
        if is_last {
            push_end(&mut bytes, model, pace);
        }
        truth.sent(nth, u64::try_from(received.elapsed().as_nanos()).unwrap_or(u64::MAX));
        if is_last || !gap.is_zero() {
            out.write_all(bytes.as_bytes()).await?;
            out.flush().await?;
            bytes.clear();
        }
    }
    let mut ledger = shared.ledger.lock().unwrap_or_else(PoisonError::into_inner);
    if ledger.truths.len() == MOST_TRUTHS {
        ledger.truths.pop_front();
    }
    ledger.truths.push_back(truth);
    Ok(())
}

/// One event in an HTTP chunk of its own, as most providers send them.
fn push_event(bytes: &mut String, model: &str, choice: &str, usage: &str) {
    push_chunk(
        bytes,
        &format!(
            "data: {{\"id\":\"truth\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"{model}\",\
             \"choices\":[{choice}],\"usage\":{usage}}}\n\n"
        ),
    );
}

fn push_end(bytes: &mut String, model: &str, pace: Pace) {
    push_event(bytes, model, r#"{"index":0,"delta":{},"finish_reason":"stop"}"#, "null");
    push_event(bytes, model, "", &usage(pace));
    push_chunk(bytes, "data: [DONE]\n\n");
    bytes.push_str("0\r\n\r\n");
}

fn push_chunk(bytes: &mut String, text: &str) {
    // Writing into a text cannot fail.
    write!(bytes, "{:x}\r\n{text}\r\n", text.len()).ok();
}

fn usage(pace: Pace) -> String {
    let (input, output) = (PROMPT_TOKENS, pace.chunks);
    format!(r#"{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{}}}"#, input + output)
}

fn whole(id: u64, model: &str, pace: Pace) -> String {
    let words = "word ".repeat(pace.chunks as usize - 1);
    format!(
        "{{\"id\":\"truth\",\"object\":\"chat.completion\",\"model\":\"{model}\",\"choices\":[{{\"index\":0,\"message\":\
         {{\"role\":\"assistant\",\"content\":\"{MARK}{id} {words}\"}},\"finish_reason\":\"stop\"}}],\"usage\":{}}}",
        usage(pace)
    )
}

async fn send_json(out: &mut BufWriter<OwnedWriteHalf>, status: &str, body: &str) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    out.write_all(head.as_bytes()).await?;
    out.write_all(body.as_bytes()).await?;
    out.flush().await
}

#[cfg(test)]
#[path = "truth_server_tests.rs"]
mod tests;
