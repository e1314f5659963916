//! How each request came by its connection: one that was kept open, or one that had to be made, and how long that took.

use std::cell::Cell;
use std::task::{Context, Poll};

use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

use crate::domain::{ConnectionUse, SetUp, whole_us};

/// What the request of one task did to get a connection.
#[derive(Debug, Default)]
struct Seen {
    /// No connection was free, so one was begun.
    begun: Cell<bool>,
    /// That one is made, or failed.
    over: Cell<bool>,
    dns_us: Cell<Option<u64>>,
    /// Name, TCP and TLS, once all of them worked.
    whole_us: Cell<Option<u64>>,
}

tokio::task_local! {
    static SEEN: Seen;
}

/// Watches the connections that the client makes, and the names that it looks up for them.
pub(super) fn watched(builder: ClientBuilder) -> ClientBuilder {
    builder.connector_layer(Watch).dns_resolver(SystemNames)
}

/// Runs one request so that [`made_a_connection`] can tell about it. Gives the set-up of the connection that it went over, too; absent when it came
/// to none. `proxied`: requests go through this computer's proxy.
///
/// The client makes a connection for a request that finds none free, but lets it go over another one that becomes free first; its own is then
/// finished for later requests. So there are three ways, and two of them are inside the request's times. With HTTP/2 a connection of its own may be
/// given up for one that another request made meanwhile: that counts as its own, for it waited for it.
pub(super) async fn telling<T>(proxied: bool, request: impl Future<Output = T>) -> (T, Option<SetUp>) {
    SEEN.scope(Seen::default(), async {
        let done = request.await;
        (done, SEEN.try_with(|seen| set_up(seen, proxied)).ok().flatten())
    })
    .await
}

fn set_up(seen: &Seen, proxied: bool) -> Option<SetUp> {
    let (dns_us, whole_us) = (seen.dns_us.get(), seen.whole_us.get());
    match (seen.begun.get(), seen.over.get(), whole_us) {
        (false, _, _) => Some(SetUp { connection: ConnectionUse::Reused, dns_us: None, connect_us: None, proxied }),
        (true, false, _) => Some(SetUp { connection: ConnectionUse::Awaited, dns_us: None, connect_us: None, proxied }),
        (true, true, Some(whole_us)) => {
            let connect_us = Some(whole_us.saturating_sub(dns_us.unwrap_or(0)));
            Some(SetUp { connection: ConnectionUse::New, dns_us, connect_us, proxied })
        }
        (true, true, None) => None,
    }
}

/// The request waited for a connection of its own; so it is taken of one that does not run in [`telling`]. One that another request left may have been free by then, and
/// have served it after all: such a request counts as one with a connection of its own.
pub(super) fn made_a_connection() -> bool {
    SEEN.try_with(|seen| seen.over.get()).unwrap_or(true)
}

/// Looks names up as the system does, on a blocking thread, as the HTTP client would by itself; ours only so that it can be timed.
#[derive(Clone, Copy, Debug)]
struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let begun = Instant::now();
            // The client puts in the port that it wants.
            let found = lookup_host((name.as_str(), 0)).await?;
            SEEN.try_with(|seen| seen.dns_us.set(Some(whole_us(begun.elapsed())))).ok();
            // The iterator borrows the name.
            let addresses: Addrs = Box::new(found.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
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
            let begun = Instant::now();
            SEEN.try_with(|seen| seen.begun.set(true)).ok();
            let connected = connecting.await;
            // A connection that is finished for another request is made on a task of its own, where nobody listens.
            SEEN.try_with(|seen| {
                seen.over.set(true);
                seen.whole_us.set(connected.as_ref().ok().map(|_| whole_us(begun.elapsed())));
            })
            .ok();
            connected
        })
    }
}
