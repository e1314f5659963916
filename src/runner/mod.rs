//! The engine: many trials at once, within limits and a cap.

mod billing;
mod budget;
mod cpu;
mod dispatcher;
mod endings;
mod executor;
mod lanes;
mod limits;
mod order;
mod outbox;
mod outcome;
mod pause;
mod prompts;
mod recorder;
mod reserving;
mod retry;
mod run;
mod saver;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text_merge;

pub use budget::ASSUMED_MAX_OUTPUT_TOKENS;
pub use cpu::CpuRoom;
pub use order::sending_order;
pub use recorder::{RecordError, Recorder};
pub use run::{RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};
