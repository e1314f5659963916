//! A question to a nearby address that may tell why a request failed: one `GET` of a model list, which costs nothing.

/// One address to ask for its model list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// What is tried: a region, “with /v1”.
    pub name: String,
    /// The base URL whose model list is asked for.
    pub base_url: String,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// It lists this many models.
    Listed(usize),
    /// An API that wants a key (401, 403), and was sent none or does not take this one.
    WantsKey(u16),
    /// Nothing at this path (404, 405).
    NoSuchPath(u16),
    /// Something answers, but not as a model list.
    NotAnApi,
    /// Another refusal.
    Refused(u16),
    /// No response came, and why.
    NoResponse(String),
}

/// A probe that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// What was tried.
    pub probe: Probe,
    /// The key of the connection went along.
    pub key_sent: bool,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// What came of it.
    pub outcome: ProbeOutcome,
}
