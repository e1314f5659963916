//! A bare loop of requests that keeps nothing but stamps: what is to be had at best from this machine and this HTTP client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::provider::{BareAnswer, BareClient, BareError};

use super::comparison::Measured;
use super::truth::marked_id;

/// The loop could not be run.
#[derive(Debug, thiserror::Error)]
pub enum BareLoopError {
    /// The system gave no threads.
    #[error("the system could not start another thread: {0}")]
    Threads(#[from] std::io::Error),
    /// A request failed.
    #[error(transparent)]
    Request(#[from] BareError),
    /// A part of the loop ended by a fault.
    #[error("the bare loop ended by a fault of this program")]
    Panicked,
}

/// Sends `requests` streamed requests to `model`, `parallel` at a time, on as many threads as the engine has.
pub fn bare_loop(base_url: &str, model: &str, requests: u64, parallel: u32) -> Result<Vec<Measured>, BareLoopError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("bare-worker").enable_all().build()?;
    let client = BareClient::new(base_url)?;
    let body = json!({
        "model": model,
        "messages": [{ "role": "user", "content": "Say something." }],
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    let body: Arc<str> = body.to_string().into();
    let taken = Arc::new(AtomicU64::new(0));
    runtime.block_on(async {
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..parallel {
            let (client, body, taken) = (client.clone(), Arc::clone(&body), Arc::clone(&taken));
            workers.spawn(async move {
                let mut measured = Vec::new();
                while taken.fetch_add(1, Ordering::Relaxed) < requests {
                    measured.extend(measured_of(&client.ask(&body).await?));
                }
                Ok::<_, BareError>(measured)
            });
        }
        let mut all = Vec::new();
        while let Some(ended) = workers.join_next().await {
            all.extend(ended.map_err(|_panicked| BareLoopError::Panicked)??);
        }
        Ok(all)
    })
}

/// Absent for an answer without the server's id.
fn measured_of(answer: &BareAnswer) -> Option<Measured> {
    let text = String::from_utf8_lossy(&answer.first_piece);
    let (_, content) = text.split_once("\"content\":\"")?;
    // The last text, the end mark and the end of the body share one write.
    Some(Measured { id: marked_id(content)?, ttft_us: answer.first_us, last_us: answer.last_us, total_us: answer.last_us })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_the_first_piece() {
        let first_piece = br##"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"#42 "}}]}"##.to_vec();
        let answer = BareAnswer { first_piece, first_us: 7, last_us: 9 };
        assert_eq!(measured_of(&answer), Some(Measured { id: 42, ttft_us: 7, last_us: 9, total_us: 9 }));
        assert_eq!(measured_of(&BareAnswer::default()), None);
    }
}
