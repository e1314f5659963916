//! Turns to start: few requests set off in the same instant.
//!
//! Making a connection and writing a request is work for this computer's cores. When many requests start at once, each would count the work
//! of all the others as the server's latency. So a request waits for its turn before its clock starts, and gives the turn on once it is
//! written, or after a moment: a server that is slow to connect holds up nobody for longer.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use reqwest::Body;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The longest that a request keeps its turn.
const LONGEST_TURN: Duration = Duration::from_millis(2);

/// One turn a core, for all requests of the process: they share its cores.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(2, usize::from)));

/// The turn of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct StartingTurn(Arc<Mutex<Option<SemaphorePermit<'static>>>>);

impl StartingTurn {
    /// Waits until the request may start.
    pub(super) async fn wait(&self) {
        // The semaphore is never closed.
        let turn = TURNS.acquire().await.ok();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }

    /// `text` as a request's body. The turn ends when the client takes it to write it.
    pub(super) fn body(&self, text: String) -> Body {
        let turn = self.clone();
        Body::wrap_stream(futures_util::stream::once(async move {
            turn.end();
            Ok::<_, Infallible>(text.into_bytes())
        }))
    }

    /// Runs the request; the turn ends after [`LONGEST_TURN`] at the latest.
    pub(super) async fn hold<T>(&self, request: impl Future<Output = T>) -> T {
        let mut request = pin!(request);
        let soon = timeout(LONGEST_TURN, &mut request).await;
        self.end();
        match soon {
            Ok(done) => done,
            Err(_elapsed) => request.await,
        }
    }

    fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
