//! The engine: many trials at once, within limits and a cap.

mod adaptive;
mod billing;
mod breaker;
mod budget;
mod conditions;
mod cpu;
mod dispatcher;
mod endings;
mod executor;
mod fallback;
mod lanes;
mod limits;
mod load_watch;
#[cfg(test)]
mod memory_recorder;
mod order;
mod outbox;
mod outcome;
mod pacing;
mod pause;
mod prompts;
mod ramp;
mod recorder;
mod refusals;
mod reserving;
mod retry;
mod retry_budget;
mod run;
mod saver;
mod sleep_clock;
mod stagger;
mod stated;
mod terms;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text_merge;
mod token_window;
mod told;
mod warm_up;

pub use budget::ASSUMED_MAX_OUTPUT_TOKENS;
pub use conditions::Conditions;
pub use cpu::CpuRoom;
pub use order::sending_order;
pub use ramp::{Ramp, ramp, ramp_requests, ramp_worst_cost};
pub use recorder::{RecordError, Recorder};
pub use run::{RunControl, RunDeps, RunEnd, RunJob, WorkItem, run};
pub use sleep_clock::SleepClock;
