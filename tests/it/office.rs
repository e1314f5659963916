//! A data folder with a backend on it, and no face: what is wished for goes in, what happened is waited for.

use assay::app::backend::{Backend, OpenedWorld, WorldConfig, open_world};
use assay::app::{BenchTarget, ConnectionFact, Effect, Fact, PlanInputs, PromptFact, RunFact, Started};
use assay::domain::{
    ApiKey, Case, Catalog, Connection, ConnectionId, KeySource, PromptSet, PromptSetKind, Role, RunEventKind, RunId, RunPlan, RunSettings,
    RunStatus, StopReason, TrialStatus,
};
use assay::secrets::{Keychain, MemoryKeychain};
use jiff::Timestamp;
use tempfile::TempDir;

/// A data folder with a backend on it.
pub(crate) struct Office {
    pub(crate) folder: TempDir,
    pub(crate) keychain: MemoryKeychain,
    pub(crate) backend: Backend,
}

fn open(folder: &TempDir, keychain: Box<dyn Keychain>) -> Backend {
    let mut config = WorldConfig::new(Some(folder.path().to_owned()));
    config.keychain = Some(keychain);
    config.process_hooks = false;
    let OpenedWorld { world, .. } = open_world(config).unwrap();
    Backend::spawn(world, || {}).unwrap()
}

impl Office {
    pub(crate) fn new() -> Self {
        let keychain = MemoryKeychain::default();
        Self::with(keychain.clone(), Box::new(keychain))
    }

    pub(crate) fn with(keychain: MemoryKeychain, used: Box<dyn Keychain>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(&folder, used);
        Self { folder, keychain, backend }
    }

    /// Closes, and opens again on the same folder.
    pub(crate) fn reopened(self) -> Self {
        let Self { folder, keychain, backend } = self;
        backend.shut_down();
        let backend = open(&folder, Box::new(keychain.clone()));
        Self { folder, keychain, backend }
    }

    /// Waits for the first fact that `see` takes.
    pub(crate) fn wait<T>(&mut self, mut see: impl FnMut(Fact) -> Option<T>) -> T {
        loop {
            if let Some(seen) = see(self.backend.wait().unwrap()) {
                return seen;
            }
        }
    }

    pub(crate) fn connection(&mut self, connection: Connection, key: Option<&str>) -> Connection {
        let key = key.map(|key| ApiKey::from_pasted(key).unwrap().0);
        self.backend.perform(Effect::SaveConnection { connection: Box::new(connection), key, is_new: true });
        self.wait(|fact| match fact {
            Fact::Connections(ConnectionFact::Saved { connection, .. }) => Some(*connection),
            Fact::Connections(ConnectionFact::SaveFailed { message }) => panic!("{message}"),
            _ => None,
        })
    }

    pub(crate) fn set(&mut self, prompts: usize) -> PromptSet {
        let cases = (1..=prompts).map(|n| Case::single(&format!("c{n}"), "", &format!("Prompt {n}"))).collect();
        self.backend.perform(Effect::CreateSet { name: "Questions".to_owned(), kind: PromptSetKind::Listed, cases });
        self.wait(|fact| if let Fact::Prompts(PromptFact::Created(set)) = fact { Some(*set) } else { None })
    }

    pub(crate) fn started(&mut self) -> Started {
        self.backend.perform(Effect::Start);
        self.wait(|fact| if let Fact::Started(started) = fact { Some(*started) } else { None })
    }

    pub(crate) fn stopped(&mut self) -> StopReason {
        self.wait(|fact| match &fact {
            Fact::Runs(RunFact::LaunchFailed { message }) => panic!("{message}"),
            fact => stop_of(fact),
        })
    }

    /// The run's stored trials, and where it stands.
    pub(crate) fn stored(&mut self, run_id: RunId) -> (RunStatus, Vec<TrialStatus>) {
        self.backend.perform(Effect::OpenRun(run_id));
        self.wait(|fact| match fact {
            Fact::Runs(RunFact::Opened { status, rows, .. }) => Some((status, rows.iter().map(|row| row.status).collect())),
            _ => None,
        })
    }

    pub(crate) fn archive(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("assay.db")).unwrap()
    }
}

pub(crate) fn keyless(url: &str) -> Connection {
    Connection::new(ConnectionId::draw(), "Here", Role::Relay, url, KeySource::None)
}

pub(crate) fn plan(connection: &Connection, set: &PromptSet) -> RunPlan {
    let target = BenchTarget {
        connection_id: connection.id,
        model: "good".to_owned(),
        params: Default::default(),
        label: None,
        colour: 0,
        fallback: None,
    };
    let settings = RunSettings { concurrency: 1, ..RunSettings::default() };
    let inputs = PlanInputs {
        set: &set.head,
        cases: &set.cases,
        targets: &[target],
        baseline: 0,
        settings: &settings,
        connections: std::slice::from_ref(connection),
        own_prices: &[],
        catalog: &Catalog::default(),
    };
    inputs.plan(RunId::draw(), Timestamp::now()).unwrap()
}

pub(crate) fn launched(fact: Fact) -> Option<RunId> {
    match fact {
        Fact::Runs(RunFact::Launched { plan, .. }) => Some(plan.id),
        Fact::Runs(RunFact::LaunchFailed { message }) => panic!("{message}"),
        _ => None,
    }
}

pub(crate) fn stop_of(fact: &Fact) -> Option<StopReason> {
    match fact {
        Fact::Runs(RunFact::Event(event)) => match event.kind {
            RunEventKind::Stopped { reason } => Some(reason),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn is_event(fact: &Fact, wanted: impl Fn(&RunEventKind) -> bool) -> bool {
    matches!(fact, Fact::Runs(RunFact::Event(event)) if wanted(&event.kind))
}
