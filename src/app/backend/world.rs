//! What the backend works with: folders, archive, safe, simulated provider, and the runs in flight.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::analysis::LazyTokenizer;
use crate::demo::{DemoPace, DemoServer};
use crate::domain::{Catalog, Connection, ConnectionId, Presets, RunId, Settings, TokenCounter};
use crate::platform::{LockError, Places, Redactor, WindowLock, install_panic_report, load_settings, start_log};
use crate::runner::{CpuRoom, RunControl};
use crate::secrets::{Environment, Keychain, Safe, SystemKeychain};
use crate::store::{Archive, Store, StoreError};

use super::super::demo_facts::with_demo_prices;
use super::demo;
use super::unsaved::{self, Unsaved};

/// How the world is opened.
pub struct WorldConfig {
    /// Holds everything; absent: the system's places.
    pub data_dir: Option<PathBuf>,
    /// A window opens: only one may, per data folder.
    pub window: bool,
    /// Text is told while it streams.
    pub live_text: bool,
    /// The keychain; absent: the system's.
    pub keychain: Option<Box<dyn Keychain>>,
    /// The environment that keys are read from; absent: the process's.
    pub environment: Option<Environment>,
    /// Pace of the simulated provider.
    pub demo_pace: DemoPace,
    /// Install the log and the panic report; once per process.
    pub process_hooks: bool,
}

impl WorldConfig {
    /// The ordinary one.
    pub fn new(data_dir: Option<PathBuf>) -> Self {
        Self {
            data_dir,
            window: false,
            live_text: false,
            keychain: None,
            environment: None,
            demo_pace: DemoPace::Realistic,
            process_hooks: true,
        }
    }
}

/// Why the world cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No folder.
    #[error(transparent)]
    Places(#[from] crate::platform::PlacesError),
    /// No archive.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another window is open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A bundled file is broken: a fault of this build.
    #[error("a file that comes with the program cannot be read: {0}")]
    Bundled(#[from] toml::de::Error),
}

impl OpenError {
    /// Another window has this data folder.
    pub fn is_open_already(&self) -> bool {
        matches!(self, Self::Lock(LockError::WindowOpen(_)))
    }
}

/// What [`open_world`] found besides the world itself.
pub struct OpenedWorld {
    /// For the backend.
    pub world: World,
    /// What is remembered.
    pub settings: Settings,
    /// What is known about models, simulated ones included.
    pub catalog: Arc<Catalog>,
    /// Known providers.
    pub presets: Arc<Presets>,
    /// The folder that holds everything.
    pub data_folder: String,
}

/// Everything that the backend works with.
pub struct World {
    pub(super) places: Places,
    pub(super) store: Store,
    pub(super) safe: Safe,
    pub(super) environment: Environment,
    pub(super) catalog: Arc<Catalog>,
    pub(super) presets: Arc<Presets>,
    pub(super) counter: Arc<dyn TokenCounter>,
    pub(super) demo: tokio::sync::Mutex<Option<DemoServer>>,
    pub(super) demo_pace: DemoPace,
    pub(super) live: Mutex<BTreeMap<RunId, watch::Sender<RunControl>>>,
    /// Ramps being climbed, by connection: true stops them.
    pub(super) ramps: Mutex<BTreeMap<ConnectionId, watch::Sender<bool>>>,
    /// Answers that no run holds any more and that are not stored.
    pub(super) unsaved: tokio::sync::Mutex<BTreeMap<RunId, Unsaved>>,
    pub(super) cpu: CpuRoom,
    /// Room of the engine alone: no import or export holds up a run or the bill of an answer.
    pub(super) engine_cpu: CpuRoom,
    pub(super) running: TaskTracker,
    /// Files and connections being written: the program ends after them.
    pub(super) writing: TaskTracker,
    /// The last save of a connection that was asked for has ended.
    last_save: Mutex<watch::Receiver<bool>>,
    /// The program is ending.
    pub(super) closing: AtomicBool,
    pub(super) live_text: bool,
    pub(super) settings_notice: Option<String>,
    /// Connections whose key the last export could not be searched for; that was told.
    pub(super) unread_keys: Mutex<BTreeSet<ConnectionId>>,
    _window: Option<WindowLock>,
}

/// Opens folders, archive and safe. Reads no key and makes no connection.
pub fn open_world(config: WorldConfig) -> Result<OpenedWorld, OpenError> {
    let places = Places::locate(config.data_dir.as_deref())?;
    let redactor = Redactor::default();
    if config.process_hooks {
        install_panic_report(&places, redactor.clone());
        // A program that cannot write its log still works.
        start_log(&places, redactor.clone()).ok();
    }
    let window = if config.window { Some(WindowLock::acquire(&places)?) } else { None };
    let loaded = load_settings(&places.settings_file());
    let store = Store::open(&places.database())?;
    let environment = config.environment.unwrap_or_else(Environment::system);
    let keychain = config.keychain.unwrap_or_else(|| Box::new(SystemKeychain::default()));
    let safe = Safe::with_listener(keychain, environment.clone(), move |key| redactor.register(key));
    let catalog = Arc::new(with_demo_prices(Catalog::bundled()?));
    let presets = Arc::new(Presets::bundled()?);
    let data_folder = places.data_folder().display().to_string();
    let world = World {
        places,
        store,
        safe,
        environment,
        catalog: Arc::clone(&catalog),
        presets: Arc::clone(&presets),
        counter: Arc::new(LazyTokenizer::default()),
        demo: tokio::sync::Mutex::new(None),
        demo_pace: config.demo_pace,
        live: Mutex::new(BTreeMap::new()),
        ramps: Mutex::new(BTreeMap::new()),
        unsaved: tokio::sync::Mutex::default(),
        cpu: CpuRoom::default(),
        engine_cpu: CpuRoom::default(),
        running: TaskTracker::new(),
        writing: TaskTracker::new(),
        last_save: Mutex::new(watch::channel(true).1),
        closing: AtomicBool::new(false),
        live_text: config.live_text,
        settings_notice: loaded.notice,
        unread_keys: Mutex::default(),
        _window: window,
    };
    Ok(OpenedWorld { world, settings: loaded.settings, catalog, presets, data_folder })
}

/// The longest wait for runs in flight when the program ends.
const WIND_DOWN: Duration = Duration::from_secs(3);
/// The longest wait for files and connections being written; a keychain takes up to 5 s an answer.
const WRITES_END: Duration = Duration::from_secs(15);

impl World {
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Archive) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        super::channel::reply(|done| self.store.read(work, done)).await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Archive) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        super::channel::reply(|done| self.store.write(work, done)).await.unwrap_or(Err(StoreError::Closed))
    }

    /// A stored connection; absent once it is removed.
    pub(super) async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.read(move |archive| archive.connection(id)).await
    }

    /// The simulated connection with the address that it has now; any other as it is.
    pub(super) async fn with_live_url(&self, connection: Connection) -> Connection {
        if !connection.is_simulated() {
            return connection;
        }
        demo::ensure_running(self).await.unwrap_or(connection)
    }

    /// A turn to save or remove a connection, in the order of asking: resolves with the first, tells the end of its own by the second.
    pub(super) fn next_save(&self) -> (watch::Receiver<bool>, watch::Sender<bool>) {
        let (ended, ends) = watch::channel(false);
        let before = std::mem::replace(&mut *self.last_save.lock().unwrap_or_else(PoisonError::into_inner), ends);
        (before, ended)
    }

    /// Waits until every save of a connection that was asked for by now has ended: what uses a connection must not overtake its new address or key.
    pub(super) async fn saves_ended(&self) {
        let mut last = self.last_save.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.wait_for(|ended| *ended).await.ok();
    }

    /// Stops what runs, lets what is being written end, and waits until all is stored, but not for ever.
    pub(super) async fn wind_down(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for control in self.live.lock().unwrap_or_else(PoisonError::into_inner).values() {
            control.send(RunControl::Cancelled).ok();
        }
        for stop in self.ramps.lock().unwrap_or_else(PoisonError::into_inner).values() {
            stop.send(true).ok();
        }
        self.running.close();
        self.writing.close();
        tokio::join!(
            async {
                tokio::time::timeout(WIND_DOWN, self.running.wait()).await.ok();
                tokio::time::timeout(WIND_DOWN, unsaved::store_all(self)).await.ok();
            },
            async {
                tokio::time::timeout(WRITES_END, self.writing.wait()).await.ok();
            },
        );
        // Everything that was asked of the archive before this is done when this is.
        self.write(|_| Ok(())).await.ok();
    }
}
