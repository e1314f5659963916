//! The thread that owns tokio: effects in, facts out. The one place where the mind touches the world.

mod archive_recorder;
mod channel;
mod connections;
mod demo;
mod doctor;
mod exports;
mod fault;
mod files;
mod history;
mod interrupts;
mod latency;
mod launch;
mod priority;
mod prompts;
mod providers;
mod ramp;
mod resend;
mod room;
mod start;
mod thread;
mod unsaved;
mod weigh;
mod world;

pub use exports::OutputPlaces;
pub use fault::ProgramFault;
pub use priority::give_way;
pub use thread::{Backend, Drained, StartError};
pub use world::{OpenError, OpenedWorld, World, WorldConfig, open_world};
