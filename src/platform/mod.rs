//! The ground under the house: places, files, log, crash reports, locks.

mod atomic_file;
mod display;
mod input_file;
mod locks;
mod log;
mod panic_report;
mod path_text;
mod places;
mod redactor;
mod settings_file;

pub use atomic_file::{ReplaceError, replace, replace_private};
pub use display::has_display;
pub use input_file::{InputFileError, read_input};
pub use locks::{LockError, RunLock, WindowLock};
pub use log::{LogError, start_log};
pub use panic_report::{PanicReport, install_panic_report, latest_report};
pub use path_text::PathText;
pub use places::{Places, PlacesError};
pub use redactor::Redactor;
pub use settings_file::{LoadedSettings, load_settings, save_settings};
