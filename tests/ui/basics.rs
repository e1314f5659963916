//! What the made-up states of all screens begin with.

#![expect(clippy::unwrap_used, reason = "a state that cannot be made fails its test")]

use std::sync::Arc;

use assay::app::{AppState, EnvironmentKey, Fact, Preferences, Started};
use assay::domain::{
    Case, Catalog, Connection, ConnectionId, Currency, KeySource, Money, Presets, PromptSet, PromptSetHead, PromptSetId, PromptSetKind,
    Role,
};
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) const SCRATCH: PromptSetId = PromptSetId(Uuid::from_u128(1));
pub(crate) const SUPPORT: PromptSetId = PromptSetId(Uuid::from_u128(2));

/// Titles of cases.
pub(crate) const TITLES: [&str; 10] = [
    "Refund, angry customer",
    "Invoice question, Chinese",
    "Quantum entanglement, simply",
    "Extract order as JSON",
    "Summarise 4-page contract",
    "SQL from a sentence",
    "Translate release notes",
    "Refuse medical advice",
    "Tone: formal → warm",
    "Long context recall",
];

/// The title of the case at this index.
pub(crate) fn case_title(index: usize) -> String {
    TITLES.get(index).map_or_else(|| format!("Case number {}", index + 1), |title| (*title).to_owned())
}

pub(crate) fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

pub(crate) fn usd(amount: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency: Currency::usd() }
}

/// A connection as its role has it: one of a provider has a key in the keychain, one on this computer none.
pub(crate) fn connection(n: u128, name: &str, role: Role, url: &str) -> Connection {
    let key_source = match role {
        Role::Official | Role::Relay => KeySource::Keychain,
        Role::Local | Role::Demo => KeySource::None,
    };
    Connection::new(ConnectionId(Uuid::from_u128(n)), name, role, url, key_source)
}

/// Two official providers and a relay.
pub(crate) fn connections() -> Vec<Connection> {
    vec![
        connection(11, "Alibaba Model Studio", Role::Official, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        connection(12, "HolySheep", Role::Relay, "https://api.holysheep.ai/v1"),
        connection(13, "OpenAI", Role::Official, "https://api.openai.com/v1"),
    ]
}

pub(crate) fn head(id: PromptSetId, name: &str, kind: PromptSetKind, version: u32, cases: usize) -> PromptSetHead {
    PromptSetHead { id, name: name.to_owned(), kind, version, frozen: false, case_count: cases as u32 }
}

/// Nothing was read yet.
pub(crate) fn unread() -> AppState {
    let mut preferences = Preferences::default();
    "/home/ada/.local/share/assay".clone_into(&mut preferences.data_folder);
    AppState::new(preferences, Arc::new(Catalog::bundled().unwrap()), Arc::new(Presets::bundled().unwrap()), now())
}

/// The archive was read: `sets` and so many runs and trials are in it.
pub(crate) fn started(
    sets: Vec<PromptSetHead>,
    connections: Vec<Connection>,
    in_environment: Vec<EnvironmentKey>,
    (run_count, trial_count): (u64, u64),
) -> AppState {
    let mut state = unread();
    let scratch = PromptSet { head: head(SCRATCH, "", PromptSetKind::Scratch, 1, 1), cases: vec![Case::single("1", "", "")] };
    let started = Started {
        notices: Vec::new(),
        checks: Vec::new(),
        connections,
        in_environment,
        own_prices: Vec::new(),
        sets: std::iter::once(scratch.head.clone()).chain(sets).collect(),
        scratch,
        unfinished: Vec::new(),
        run_count,
        trial_count,
        documents: "/home/ada/Documents".into(),
    };
    let _effects = state.apply(Fact::Started(Box::new(started)), now());
    state
}
