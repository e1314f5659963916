//! The engine: many trials at once, within limits and a cap.

mod billing;
mod budget;
mod conditions;
mod cpu;
mod dispatcher;
mod endings;
mod executor;
mod lanes;
mod limits;
mod load_watch;
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
mod sleep_clock;
mod stagger;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text_merge;
mod warm_up;

pub use budget::ASSUMED_MAX_OUTPUT_TOKENS;
pub use conditions::Conditions;
pub use cpu::CpuRoom;
pub use order::sending_order;
pub use recorder::{RecordError, Recorder};
pub use run::{RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};
pub use sleep_clock::SleepClock;
