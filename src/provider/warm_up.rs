//! Connections opened ahead, so that no measured request has to.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Version;
use reqwest::header::CONNECTION;
use tokio::time::{Instant, timeout};

use crate::domain::WarmUp;

use super::HttpProvider;

/// More are never opened for one connection at once.
const MOST_CONNECTIONS: u32 = 256;

/// What came of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    /// Its connection stays open.
    Kept,
    /// As many requests as there are share its connection.
    Shared,
    /// None came about, or the server closed it.
    Lost,
}

impl HttpProvider {
    /// Opens up to `wanted` connections by a `HEAD` request to the origin on each, all at once, without the key: it costs nothing and is counted
    /// nowhere. One that speaks HTTP/2 is enough for all. What fails is only told: the requests to come will say why.
    pub(super) async fn open_connections(&self, wanted: u32) -> WarmUp {
        let begun = Instant::now();
        let wanted = wanted.min(MOST_CONNECTIONS);
        let done = |connections: u32, failed: u32| WarmUp { connections, failed, took: begun.elapsed() };
        if wanted == 0 {
            return done(0, 0);
        }
        match self.open_one().await {
            Opened::Shared => return done(1, 0),
            // The others would fare no better, and each would take its time.
            Opened::Lost => return done(0, wanted),
            Opened::Kept if wanted == 1 => return done(1, 0),
            Opened::Kept => {}
        }
        // All begin before any ends: one goes over the connection that is open, each of the others makes one.
        let opened = join_all((0..wanted).map(|_| self.open_one())).await;
        let lost = opened.iter().filter(|opened| **opened == Opened::Lost).count() as u32;
        done(wanted - lost, lost)
    }

    async fn open_one(&self) -> Opened {
        let Ok(request) = self.bare_request() else { return Opened::Lost };
        // Connecting has its own bound; the rest is for one round trip.
        let bound = Duration::from_millis(self.route.limits.connect_timeout_ms).saturating_mul(2);
        match timeout(bound, self.client.execute(request)).await {
            Ok(Ok(response)) if response.version() == Version::HTTP_2 => Opened::Shared,
            Ok(Ok(response)) => {
                let closes = response.headers().get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
                if closes { Opened::Lost } else { Opened::Kept }
            }
            Ok(Err(_)) | Err(_) => Opened::Lost,
        }
    }
}
