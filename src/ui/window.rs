//! Opens the window.

use std::path::PathBuf;

use eframe::egui;
use jiff::Timestamp;

use crate::app::backend::{Backend, OpenError, OpenedWorld, StartError, WorldConfig, open_world};
use crate::app::{AppState, Preferences};

use super::shell::Shell;

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
    /// The display or its OpenGL.
    #[error("the window could not be opened ({0}); `assay demo` and the other commands work without one")]
    Display(String),
}

/// Opens the window and returns when it is closed.
pub fn open_window(data_dir: Option<PathBuf>) -> Result<(), WindowError> {
    let config = WorldConfig { window: true, live_text: true, ..WorldConfig::new(data_dir) };
    let opened = open_world(config)?;
    let mut viewport = egui::ViewportBuilder::default()
        .with_app_id(APP_ID)
        .with_title("Assay")
        .with_inner_size([1280.0, 820.0])
        .with_min_inner_size([900.0, 600.0]);
    if let Ok(icon) = eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/assay-256.png")) {
        viewport = viewport.with_icon(icon);
    }
    let options = eframe::NativeOptions { viewport, ..eframe::NativeOptions::default() };
    let mut start_error = None;
    let created = eframe::run_native(
        "Assay",
        options,
        Box::new(|creation| match shell(&creation.egui_ctx, opened) {
            Ok(shell) => Ok(Box::new(shell)),
            Err(error) => {
                let told = error.to_string();
                start_error = Some(error);
                Err(told.into())
            }
        }),
    );
    match (created, start_error) {
        (_, Some(error)) => Err(error.into()),
        (Err(error), None) => Err(WindowError::Display(error.to_string())),
        (Ok(()), None) => Ok(()),
    }
}

/// The window's content over an opened world; tests use it without a window.
pub fn shell(ctx: &egui::Context, opened: OpenedWorld) -> Result<Shell, StartError> {
    let OpenedWorld { world, settings, catalog, presets, data_folder } = opened;
    let state = AppState::new(Preferences::new(settings, data_folder), catalog, presets, Timestamp::now());
    let wake = {
        let ctx = ctx.clone();
        // Late on purpose: bursts of facts make one frame.
        move || ctx.request_repaint_after(std::time::Duration::from_millis(30))
    };
    Ok(Shell::new(ctx, state, Backend::spawn(world, wake)?))
}
