//! The other face: the same commands and the same engine without a window, for scripts, CI and tests.

mod arguments;
mod bench;
mod connection;
mod connection_arguments;
mod connection_check;
mod connection_limits;
mod connection_ramp;
mod console;
mod demo;
mod diagnosis;
mod entry;
mod error;
mod exit;
mod export;
mod forecast;
mod import;
mod listing;
mod outputs;
mod price;
mod progress;
mod prompt_source;
mod report;
mod resume;
mod run;
mod runs;
mod sending;
mod session;
mod settle;
mod table;
mod targets;
mod terminal_text;
mod width;

pub use arguments::Request;
pub use entry::{Invocation, complain, parse_arguments, run_command};
