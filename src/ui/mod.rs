//! The face: the window. It reads the state of the mind and sends it commands.

mod close_question;
mod current_column;
mod cx;
mod guarded;
mod local_time;
mod message_window;
mod pictures;
mod rail;
mod screens;
mod shell;
mod shortcuts;
mod status_line;
pub mod theme;
mod toasts;
mod waker;
pub mod widgets;
mod window;

pub use message_window::{Message, MessageWindow, show_message};
pub use shell::Shell;
pub use window::{APP_ID, WindowError, open_window, shell};
