//! The door itself: one request in, stamped text out, and a report at the end.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tokio::time::Instant;

use crate::domain::{Amendment, Citations, Evidence, GapHistogram, Message, Params, Spelling, Timing, Usage, WarmUp};

use super::{CallError, LimitsTold};

/// What is asked of a model.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Model id, exactly as the provider spells it.
    pub model: String,
    /// Rendered messages, at least one.
    pub messages: Arc<[Message]>,
    /// Parameters; absent ones are not sent.
    pub params: Params,
    /// Ask for a stream.
    pub stream: bool,
    /// How this server wants it written, as far as that is known.
    pub spelling: Spelling,
}

/// A piece of text as it arrived, stamped in microseconds after the attempt's start. What may be the start of the key is held back until more has
/// come, so a piece can be empty: then it tells that text arrived.
#[derive(Clone, Copy, Debug)]
pub enum Delta<'a> {
    /// Reasoning text.
    Reasoning {
        /// The text, without the key.
        text: &'a str,
        /// Arrival.
        at_us: u64,
    },
    /// Visible text.
    Content {
        /// The text, without the key.
        text: &'a str,
        /// Arrival.
        at_us: u64,
    },
}

/// How one attempt went. Present fields are what came, whatever the result.
#[derive(Clone, Debug)]
pub struct AttemptReport {
    /// Wall clock at the start; a label.
    pub started_at: Timestamp,
    /// Monotonic start: the instant before the request was handed to the HTTP client.
    pub started: Instant,
    /// `Ok` exactly when the answer is whole.
    pub result: Result<(), CallError>,
    /// Response status; absent when no response came.
    pub http_status: Option<u16>,
    /// Stamps.
    pub timing: Timing,
    /// Gaps between the arrivals of text.
    pub gaps: GapHistogram,
    /// Visible text, whole or as far as it came.
    pub output: String,
    /// Reasoning text.
    pub reasoning: String,
    /// The provider's token counts; absent when it gave none.
    pub usage: Option<Usage>,
    /// What the provider itself says that it cost, US dollars; absent when it says nothing.
    pub stated_cost: Option<Decimal>,
    /// The sources that the answer names, without the key.
    pub citations: Citations,
    /// The model name in the answer.
    pub response_model: Option<String>,
    /// Why the model stopped.
    pub finish_reason: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The wait that the server asked for.
    pub retry_after: Option<Duration>,
    /// What the response's headers say of the limits.
    pub limits: LimitsTold,
    /// The server refused the request for how it is written, and may take it so: whoever sent it can send it once more.
    pub amendment: Option<Amendment>,
    /// Things to know that are no failure: malformed events skipped, parameters dropped, another model answered.
    pub warnings: Vec<String>,
    /// The JSON body as sent, with names in place of pictures; never a key.
    pub request: String,
    /// A body that was no answer, at most 4 KiB, with the key redacted; empty otherwise.
    pub error_body: String,
    /// What it left behind when it failed; empty when it did not.
    pub evidence: Evidence,
}

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that answers chat requests: a connection with its key, or a double in tests.
///
/// **Invariant:** one call is one HTTP request: no hidden retries, no redirects. Dropping the future cancels the request.
pub trait Provider: Send + Sync {
    /// Sends one request; `on_delta` hears each text as it arrives, on the task that reads the socket.
    fn attempt<'a>(&'a self, request: &'a ChatRequest, on_delta: &'a mut (dyn FnMut(Delta<'_>) + Send)) -> BoxFuture<'a, AttemptReport>;

    /// Opens connections for the requests to come, as many as will be in flight at once; costs nothing. A double has none to open.
    fn warm_up(&self, _connections: u32) -> BoxFuture<'_, WarmUp> {
        Box::pin(async { WarmUp::default() })
    }
}
