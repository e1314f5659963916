//! A server on loopback that does byte for byte what it is told: whole or lying, slow, endless, broken off. For tests of the program and, by its
//! path, of the network room alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the server does with one request, in order; without [`Act::Close`] or [`Act::Reset`] it then waits for the next on the same connection.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Send(Vec<u8>),
    /// Part of the simulated server's latency; nothing in a test waits for it.
    Wait(Duration),
    /// Waits until the test opens the gate.
    Hold(Gate),
    /// Sends the same bytes until the client hangs up.
    Flood(Vec<u8>),
    /// Says nothing more until the client hangs up.
    Hang,
    HalfClose,
    Close,
    Reset,
}

/// Shut until the test opens it.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub(crate) fn shut() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    async fn passed(&self) {
        self.0.subscribe().wait_for(|open| *open).await.map(drop).ok();
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Whole requests, head and body, in order.
    pub(crate) requests: Vec<String>,
    pub(crate) connections: usize,
    /// Connections that are over.
    pub(crate) hung_up: usize,
    /// Requests of which the last act has not begun, and the most that there were.
    pub(crate) in_flight: usize,
    pub(crate) most_in_flight: usize,
}

/// What has been seen, and a bell for whoever waits for more.
pub(crate) type Ledger = Arc<watch::Sender<Seen>>;

/// What to do with a request of this text and number.
pub(crate) type Script = dyn Fn(&str, usize) -> Vec<Act> + Send + Sync;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Ledger,
}

impl Server {
    /// Starts a server that plays one script a request; the last one again and again.
    pub(crate) async fn start(scripts: Vec<Vec<Act>>) -> Self {
        Self::route(move |_head, number| scripts[number.min(scripts.len() - 1)].clone()).await
    }

    /// Starts a server that answers each request with what `script` makes of its text and number.
    pub(crate) async fn route(script: impl Fn(&str, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Ledger::default();
        let (script, kept) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                kept.send_modify(|seen| seen.connections += 1);
                let (script, seen) = (Arc::clone(&script), Arc::clone(&kept));
                tokio::spawn(async move { serve(stream, &*script, &seen).await });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.borrow().requests.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.borrow().connections
    }

    /// Waits until what was seen is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let come = tokio::time::timeout(Duration::from_mins(1), seen.wait_for(|seen| wanted(seen))).await;
        assert!(come.is_ok(), "it never came");
    }
}

/// A connection that can be reset.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// From now on closing it drops what is under way.
    fn will_reset(&self);
}

impl Socket for TcpStream {
    fn will_reset(&self) {
        self.set_zero_linger().unwrap();
    }
}

/// Reads and answers the requests of one connection.
pub(crate) async fn serve(stream: impl Socket, script: &Script, seen: &Ledger) {
    play(stream, script, seen).await;
    seen.send_modify(|seen| seen.hung_up += 1);
}

async fn play(mut stream: impl Socket, script: &Script, seen: &Ledger) {
    while let Some(request) = read_request(&mut stream).await {
        let mut number = 0;
        seen.send_modify(|seen| {
            seen.requests.push(request.clone());
            number = seen.requests.len() - 1;
            seen.in_flight += 1;
            seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
        });
        let acts = script(&request, number);
        let last = acts.len() - 1;
        for (at, act) in acts.into_iter().enumerate() {
            if at == last {
                seen.send_modify(|seen| seen.in_flight -= 1);
            }
            match act {
                Act::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Act::Wait(time) => tokio::time::sleep(time).await,
                Act::Hold(gate) => gate.passed().await,
                Act::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
                Act::Hang => {
                    let mut rest = Vec::new();
                    stream.read_to_end(&mut rest).await.ok();
                    return;
                }
                Act::HalfClose => stream.shutdown().await.unwrap(),
                Act::Close => return,
                Act::Reset => return stream.will_reset(),
            }
            stream.flush().await.ok();
        }
    }
}

async fn read_request(stream: &mut impl Socket) -> Option<String> {
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
pub(crate) fn chunked_head(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes()
}

/// One chunk of such a body.
pub(crate) fn chunk(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n"].concat()
}

/// Its end.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// A whole response with a right length.
pub(crate) fn response(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).as_bytes(), body].concat()
}

/// A whole JSON response.
pub(crate) fn json(status: &str, body: &str) -> Vec<u8> {
    response(status, "content-type: application/json\r\n", body)
}

/// An event with visible text.
pub(crate) fn text_event(text: &str) -> String {
    format!("data: {}\n\n", serde_json::json!({ "model": "m", "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

/// The events that end an answer well: finish reason, usage, end mark.
pub(crate) const GOOD_END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\ndata: [DONE]\n\n";

/// A whole stream in one script.
pub(crate) fn stream(pieces: &[&str]) -> Vec<Act> {
    let mut acts = vec![Act::Send(chunked_head("text/event-stream"))];
    acts.extend(pieces.iter().map(|piece| Act::Send(chunk(piece))));
    acts.push(Act::Send(LAST_CHUNK.to_vec()));
    acts
}

/// A gzip stream of `head` and then its last character 40 million times, in 256 KB: one deflate block with the fixed codes of RFC 1951 §3.2.6.
pub(crate) fn gzip_bomb(head: &str) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut code = |value: u32, length: u32| bits.extend((0..length).rev().map(|bit| value >> bit & 1 == 1));
    for byte in head.bytes() {
        code(0b0011_0000 + u32::from(byte), 8);
    }
    for _ in 0..160_000 {
        // The last 258 bytes at distance 1 again.
        code(0b1100_0101, 8);
        code(0, 5);
    }
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bytes.extend(bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(at, bit)| u8::from(*bit) << at).sum::<u8>()));
    bytes
}

/// A zstd frame of `head` and then `fill` 512 million times, in 16 KB: run-length blocks of RFC 8878 §3.1.1.2.
pub(crate) fn zstd_bomb(head: &str, fill: u8) -> Vec<u8> {
    const BLOCK_BYTES: u32 = 128 * 1024;
    let block = |kind: u32, bytes: u32| (bytes << 3 | kind << 1).to_le_bytes()[..3].to_vec();
    // The magic number, no content size, no checksum, a window of 128 KiB.
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    bytes.extend(block(0, head.len() as u32));
    bytes.extend(head.bytes());
    for _ in 0..4096 {
        bytes.extend(block(1, BLOCK_BYTES));
        bytes.push(fill);
    }
    bytes.extend([1, 0, 0]);
    bytes
}

/// A brotli stream of `head` and then `fill` 64 million times.
pub(crate) fn brotli_bomb(head: &str, fill: u8) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 3, 22);
    packed.write_all(head.as_bytes()).unwrap();
    for _ in 0..64 {
        packed.write_all(&vec![fill; 1 << 20]).unwrap();
    }
    packed.into_inner()
}
