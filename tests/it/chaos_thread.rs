//! The chaos server for tests that block: it runs on threads of its own.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::chaos::{Act, Seen, Server};

static THREADS: LazyLock<Runtime> = LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Runs what needs tokio.
pub(crate) fn on_threads<T>(future: impl Future<Output = T>) -> T {
    THREADS.block_on(future)
}

pub(crate) struct Chaos(Server);

impl From<Server> for Chaos {
    fn from(server: Server) -> Self {
        Self(server)
    }
}

impl Chaos {
    /// Plays one script a request; the last one again and again.
    pub(crate) fn start(scripts: Vec<Vec<Act>>) -> Self {
        Self(on_threads(Server::start(scripts)))
    }

    /// Answers each request with what `script` makes of its text and number.
    pub(crate) fn route(script: impl Fn(&str, usize) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self(on_threads(Server::route(script)))
    }

    /// `127.0.0.1:1234`.
    pub(crate) fn address(&self) -> String {
        self.0.address.to_string()
    }

    pub(crate) fn url(&self) -> String {
        self.0.base_url()
    }

    pub(crate) fn until(&self, wanted: impl Fn(&Seen) -> bool) {
        on_threads(self.0.until(wanted));
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.0.requests()
    }

    pub(crate) fn connections(&self) -> usize {
        self.0.connections()
    }

    /// The most requests that were in flight at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.0.seen.borrow().most_in_flight
    }

    /// How often each prompt came.
    pub(crate) fn times_asked(&self) -> BTreeMap<String, usize> {
        let mut times = BTreeMap::new();
        for prompt in self.requests().iter().filter_map(|request| prompt_of(request)) {
            *times.entry(prompt).or_default() += 1;
        }
        times
    }
}

/// The last message of a chat request.
fn prompt_of(request: &str) -> Option<String> {
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n")?.1).ok()?;
    Some(body["messages"].as_array()?.last()?["content"].as_str()?.to_owned())
}
