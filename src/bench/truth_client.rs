//! Asks a truth server what really happened.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::domain::Origin;

use super::truth::{Truth, TruthList};

/// The server answers from memory.
const BOUND: Duration = Duration::from_secs(30);
/// More than the server keeps.
const MOST_BYTES: u64 = 256 << 20;

/// Why the truth is not known.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// Not `http://` with a host.
    #[error("a truth server has an http:// address, such as `assay bench serve` prints")]
    Address,
    /// Nobody answers, or not to the end.
    #[error("the truth server does not answer: {0}")]
    Unreachable(#[from] io::Error),
    /// What answers is no truth server.
    #[error("what answers there is no truth server; start one with `assay bench serve`")]
    NotATruthServer,
}

/// All answers that the server at this base URL still knows.
pub fn fetch_truth(base_url: &str) -> Result<Vec<Truth>, TruthError> {
    let origin = Origin::of(base_url).ok().filter(|origin| origin.scheme == "http").ok_or(TruthError::Address)?;
    let mut socket = TcpStream::connect((origin.host.as_str(), origin.port))?;
    socket.set_read_timeout(Some(BOUND))?;
    socket.write_all(format!("GET /truth HTTP/1.1\r\nhost: {}:{}\r\n\r\n", origin.host, origin.port).as_bytes())?;
    let mut reader = BufReader::new(socket).take(MOST_BYTES);
    let mut length = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let mut body = Vec::new();
    reader.take(length.ok_or(TruthError::NotATruthServer)?).read_to_end(&mut body)?;
    let list: TruthList = serde_json::from_slice(&body).map_err(|_not_ours| TruthError::NotATruthServer)?;
    Ok(list.answers)
}
