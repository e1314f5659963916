//! Reads HTTP/1.1 requests off a socket: just enough for one's own client and common load generators.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// No request is larger.
const MOST_BYTES: usize = 64 << 20;
/// What is read at once.
const READ_BYTES: usize = 16 << 10;

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The path without its query.
    pub(super) path: String,
    /// The body as it came.
    pub(super) body: Vec<u8>,
}

/// The requests of one connection, one after the other.
pub(super) struct RequestReader<R> {
    socket: R,
    /// Read and not used yet.
    ahead: Vec<u8>,
}

impl<R: AsyncRead + Unpin> RequestReader<R> {
    pub(super) fn new(socket: R) -> Self {
        Self { socket, ahead: Vec::with_capacity(READ_BYTES) }
    }

    /// The next request; absent when the connection ended between two of them.
    pub(super) async fn next(&mut self) -> io::Result<Option<Request>> {
        let head_bytes = loop {
            if let Some(at) = find_end_of_head(&self.ahead) {
                break at;
            }
            if !self.read_more().await? {
                return if self.ahead.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let head = std::str::from_utf8(&self.ahead[..head_bytes]).map_err(|_not_text| malformed())?;
        let path = path_of(head).ok_or_else(malformed)?.to_owned();
        let body_bytes = content_length(head).ok_or_else(malformed)?;
        let whole = head_bytes + body_bytes;
        while self.ahead.len() < whole {
            if !self.read_more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.ahead[head_bytes..whole].to_vec();
        self.ahead.drain(..whole);
        Ok(Some(Request { path, body }))
    }

    async fn read_more(&mut self) -> io::Result<bool> {
        if self.ahead.len() > MOST_BYTES {
            return Err(malformed());
        }
        self.ahead.reserve(READ_BYTES);
        Ok(self.socket.read_buf(&mut self.ahead).await? > 0)
    }
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Bytes of the head with its blank line.
fn find_end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn path_of(head: &str) -> Option<&str> {
    head.lines().next()?.split(' ').nth(1)?.split('?').next()
}

/// 0 where there is none; absent for one that is no length or too large, and for bodies without one.
fn content_length(head: &str) -> Option<usize> {
    let mut length = 0;
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok().filter(|bytes| *bytes <= MOST_BYTES)?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_follow_each_other_on_one_connection() {
        let bytes: &[u8] = b"POST /v1/chat?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /truth HTTP/1.1\r\n\r\n";
        let mut reader = RequestReader::new(bytes);
        assert_eq!(reader.next().await.unwrap(), Some(Request { path: "/v1/chat".into(), body: b"abc".to_vec() }));
        assert_eq!(reader.next().await.unwrap(), Some(Request { path: "/truth".into(), body: Vec::new() }));
        assert_eq!(reader.next().await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_cannot_be_read_ends_the_connection() {
        for bytes in [
            "GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
            "GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "nonsense\r\n\r\n",
            "GET / HT",
        ] {
            assert!(RequestReader::new(bytes.as_bytes()).next().await.is_err(), "{bytes}");
        }
    }
}
