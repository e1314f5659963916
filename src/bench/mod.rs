//! How exact the figures are on this machine: a server that knows the truth, and what the difference to it is.

mod bare_loop;
mod comparison;
mod report;
mod request_reader;
mod resources;
mod truth;
mod truth_client;
mod truth_server;

pub use bare_loop::{BareLoopError, bare_loop};
pub use comparison::{ErrorQuantiles, Errors, Measured, WarmAndCold, errors};
pub use report::{BenchReport, ClientReport, ClientRun, LevelReport, OtherReport};
pub use resources::Resources;
pub use truth::{Pace, Truth, marked_id};
pub use truth_client::{TruthError, fetch_truth};
pub use truth_server::{INSTANT_MODEL, PACED_MODEL, ServeError, TruthServer};
