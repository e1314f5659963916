//! Whether a request made its own connection, or went over one that was kept open.

use std::cell::Cell;
use std::task::{Context, Poll};

use reqwest::ClientBuilder;
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Set when the request of this task has made a connection.
    static MADE: Cell<bool>;
}

/// Watches the connections that the client makes.
pub(super) fn watched(builder: ClientBuilder) -> ClientBuilder {
    builder.connector_layer(Watch)
}

/// Runs one request so that [`made_a_connection`] can tell about it.
pub(super) async fn telling<T>(request: impl Future<Output = T>) -> T {
    MADE.scope(Cell::new(false), request).await
}

/// The request waited for a connection of its own; so it is taken of one that does not run in [`telling`]. One that another request left may have been free by then, and
/// have served it after all: such a request counts as one with a connection of its own.
pub(super) fn made_a_connection() -> bool {
    MADE.try_with(Cell::get).unwrap_or(true)
}

#[derive(Clone, Copy, Debug)]
struct Watch;

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched { connector }
    }
}

#[derive(Clone, Debug)]
struct Watched<S> {
    connector: S,
}

impl<S, Request> Service<Request> for Watched<S>
where
    S: Service<Request, Future: Send + 'static>,
    S::Response: 'static,
    S::Error: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, destination: Request) -> Self::Future {
        let connecting = self.connector.call(destination);
        Box::pin(async move {
            let connected = connecting.await;
            // A connection that is finished for another request is made on a task of its own, where nobody listens.
            MADE.try_with(|made| made.set(true)).ok();
            connected
        })
    }
}
