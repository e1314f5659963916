//! Reads response bodies: each chunk stamped on arrival, under a clock, under a cap.

use std::time::Duration;

use reqwest::Response;
use tokio::time::{Instant, timeout, timeout_at};

use crate::domain::FailureKind;

use super::CallError;
use super::stopwatch::Stopwatch;
use super::transport::body_error;

/// The body of one response.
pub(super) struct Body<'a> {
    response: Response,
    watch: &'a Stopwatch,
    last_byte: Option<Instant>,
}

impl<'a> Body<'a> {
    pub(super) fn new(response: Response, watch: &'a Stopwatch) -> Self {
        Self { response, watch, last_byte: None }
    }

    /// The next bytes, never empty, with their arrival in microseconds; absent at a clean end.
    pub(super) async fn next(&mut self) -> Result<Option<(impl AsRef<[u8]> + use<>, u64)>, CallError> {
        loop {
            let (by, kind) = self.watch.next_byte_by(self.last_byte);
            let arrived = timeout_at(by, self.response.chunk()).await;
            let now = Instant::now();
            match arrived {
                Err(_elapsed) => return Err(self.watch.late(kind)),
                Ok(Err(error)) => return Err(body_error(error, self.last_byte.is_some())),
                Ok(Ok(None)) => return Ok(None),
                // A server that always has the next byte ready never lets the timer run.
                Ok(Ok(Some(_bytes))) if self.watch.is_over(now) => return Err(self.watch.late(FailureKind::AttemptTimeout)),
                Ok(Ok(Some(bytes))) if bytes.is_empty() => {}
                Ok(Ok(Some(bytes))) => {
                    self.last_byte = Some(now);
                    return Ok(Some((bytes, self.watch.us(now))));
                }
            }
        }
    }

    /// Microseconds from the attempt's start to now.
    pub(super) fn now_us(&self) -> u64 {
        self.watch.now_us()
    }

    /// Appends the rest of the body to `bytes`, at most `cap` bytes in all; says whether it went on past the cap.
    pub(super) async fn read_up_to(&mut self, cap: usize, bytes: &mut Vec<u8>) -> Result<bool, CallError> {
        while let Some((chunk, _at_us)) = self.next().await? {
            let chunk = chunk.as_ref();
            let room = cap - bytes.len().min(cap);
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads what follows the end mark, so that the connection can be used again; gives up soon, and never holds the caller up for long.
    pub(super) async fn drain(self) {
        const INLINE: Duration = Duration::from_millis(5);
        const IN_BACKGROUND: Duration = Duration::from_secs(1);
        const MOST_BYTES: usize = 64 * 1024;
        let mut response = self.response;
        let mut rest = Box::pin(async move {
            let mut drained = 0;
            while let Ok(Some(bytes)) = response.chunk().await {
                drained += bytes.len();
                if drained > MOST_BYTES {
                    return;
                }
            }
        });
        if timeout(INLINE, &mut rest).await.is_err() {
            tokio::spawn(timeout(IN_BACKGROUND, rest));
        }
    }
}
