//! Opens the window.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use eframe::egui;
use jiff::Timestamp;

use crate::app::backend::{Backend, OpenError, OpenedWorld, ProgramFault, StartError, WorldConfig, give_way, open_world};
use crate::app::{AppState, Preferences};

use super::guarded::Guarded;
use super::message_window::{Message, show_message};
use super::shell::Shell;
use super::waker::Waker;

/// The id of the program on every desktop: window, desktop file and icons share it.
pub const APP_ID: &str = "dev.assay.Assay";

/// Why the window does not open.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// The folder, the archive or the lock.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The backend.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The display or its OpenGL; the log says what exactly.
    #[error(
        "the window could not be opened, because the display does not answer or has no OpenGL; `assay demo` and the other commands work without one"
    )]
    Display,
    /// A fault of the program ended it; that was shown.
    #[error("{0}")]
    Fault(ProgramFault),
}

/// Opens the window and returns when it is closed.
pub fn open_window(data_dir: Option<&Path>) -> Result<(), WindowError> {
    let told = Cell::new(None);
    let opened = catch_unwind(AssertUnwindSafe(|| run_window(data_dir, &told)));
    if let Some(fault) = told.take() {
        return Err(WindowError::Fault(fault));
    }
    opened.unwrap_or_else(|_panic| {
        let fault = ProgramFault::just_now(data_dir);
        show_message(Message::of_fault(&fault));
        Err(WindowError::Fault(fault))
    })
}

fn run_window(data_dir: Option<&Path>, fault: &Cell<Option<ProgramFault>>) -> Result<(), WindowError> {
    let config = WorldConfig { window: true, live_text: true, ..WorldConfig::new(data_dir.map(Path::to_owned)) };
    let prepared = Prepared::new(open_world(config)?)?;
    // The threads that measure have started; those that paint come after this.
    give_way();
    let viewport = viewport().with_title("Assay").with_inner_size([1280.0, 820.0]).with_min_inner_size([900.0, 600.0]);
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let created = eframe::run_native(
        "Assay",
        options,
        Box::new(|creation| Ok(Box::new(Guarded::new(data_dir, fault, || prepared.shell(&creation.egui_ctx))))),
    );
    created.map_err(|error| {
        // It quotes source files of other crates.
        tracing::error!("the window could not be opened: {error}");
        WindowError::Display
    })
}

/// What every window of the program has.
pub(super) fn viewport() -> egui::ViewportBuilder {
    let viewport = egui::ViewportBuilder::default().with_app_id(APP_ID);
    match eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/assay-256.png")) {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    }
}

/// All but the window: the backend runs.
struct Prepared {
    state: AppState,
    backend: Backend,
    waker: Arc<Waker>,
}

impl Prepared {
    fn new(opened: OpenedWorld) -> Result<Self, StartError> {
        let OpenedWorld { world, settings, catalog, presets, data_folder } = opened;
        let state = AppState::new(Preferences::new(settings, data_folder), catalog, presets, Timestamp::now());
        let waker = Arc::new(Waker::default());
        let woken = Arc::clone(&waker);
        Ok(Self { state, backend: Backend::spawn(world, move || woken.wake())?, waker })
    }

    fn shell(self, ctx: &egui::Context) -> Shell {
        Shell::new(ctx, self.state, self.backend, self.waker)
    }
}

/// The window's content over an opened world; tests use it without a window.
pub fn shell(ctx: &egui::Context, opened: OpenedWorld) -> Result<Shell, StartError> {
    Ok(Prepared::new(opened)?.shell(ctx))
}
