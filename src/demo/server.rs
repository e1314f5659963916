//! The simulated provider as an HTTP server on loopback.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::completion::Question;
use super::model::DemoPace;
use super::simulation::{Answer, Simulation};
use super::wire::{self, Refusal};

/// The seed of the demo. With it the sample set meets a rate limit on its first run, some answers of the relay are word for word those of the
/// official model, and some are not.
pub const DEMO_SEED: u64 = 99;

/// Longest request body, bytes.
const MAX_BODY_BYTES: usize = 32 << 20;

/// Share of the time to the first text after which the response headers and the role chunk leave.
const HEADERS_SHARE: f64 = 0.8;

/// A running simulated provider. Dropping it stops it: no new connections; answers under way end first, if the runtime lives that long.
#[derive(Debug)]
pub struct DemoServer {
    base_url: String,
    request_count: Arc<AtomicU64>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

struct Service {
    simulation: Simulation,
    request_count: Arc<AtomicU64>,
}

impl DemoServer {
    /// Starts on a free port of 127.0.0.1, inside the current tokio runtime. The same seed gives the same answers, faults and times to the same
    /// requests. Errors when no port can be had.
    pub async fn start(seed: u64, pace: DemoPace) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        // Chunks must leave at once: a delayed one would be measured as a slow model.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "demo provider: no TCP_NODELAY");
            }
        });
        let request_count = Arc::new(AtomicU64::new(0));
        let service = Service { simulation: Simulation::new(seed, pace), request_count: Arc::clone(&request_count) };
        let router = Router::new()
            .route("/v1/models", get(async || Json(wire::model_list())))
            .route("/v1/chat/completions", post(complete))
            .fallback(async |method: Method, uri: Uri| Refusal::UnknownPath(format!("{method} {}", uri.path())))
            .method_not_allowed_fallback(async |method: Method, uri: Uri| Refusal::Method(format!("{method} on {}", uri.path())))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(Arc::new(service));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "demo provider stopped");
            }
        });
        Ok(Self { base_url, request_count, stop, task: Some(task) })
    }

    /// Such as `http://127.0.0.1:40123/v1`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Chat requests so far, refused ones included.
    pub fn request_count(&self) -> u64 {
        self.request_count.load(Ordering::Relaxed)
    }

    /// Stops, and waits until the answers under way have ended.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "demo provider failed");
        }
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn complete(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let started = Instant::now();
    service.request_count.fetch_add(1, Ordering::Relaxed);
    let question = match Question::read(&body) {
        Ok(question) => question,
        Err(refusal) => return refusal.into_response(),
    };
    let answer = match service.simulation.answer(&question) {
        Ok(answer) => answer,
        Err(fault) => {
            wait_until(started, service.simulation.fault_delay()).await;
            return fault.into_response();
        }
    };
    let request_id = HeaderValue::from_str(&answer.id.replace("chatcmpl", "req"));
    let mut response = if question.stream {
        wait_until(started, answer.departures.first().copied().unwrap_or_default().mul_f64(HEADERS_SHARE)).await;
        streamed(&answer, question.include_usage, started)
    } else {
        wait_until(started, answer.departures.last().copied().unwrap_or_default()).await;
        Json(wire::whole(&answer)).into_response()
    };
    if let Ok(request_id) = request_id {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), request_id);
    }
    response
}

fn streamed(answer: &Answer, include_usage: bool, started: Instant) -> Response {
    let events = wire::events(answer, include_usage).into_iter();
    let body = Body::from_stream(stream::unfold(events, move |mut events| async move {
        let (at, event) = events.next()?;
        wait_until(started, at).await;
        Some((Ok::<_, Infallible>(event), events))
    }));
    let headers = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

/// Waits until `after` has passed since `started`; at once when it has, without a turn of the timer.
async fn wait_until(started: Instant, after: Duration) {
    if !after.is_zero() {
        sleep_until(started + after).await;
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
