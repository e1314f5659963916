//! The engine as a whole, on a clock that only the tests move.

mod conditions;
mod fallback;
mod flow;
mod kills;
mod limits;
mod money;
mod pacing;
mod ramp;
mod stated;
mod steering;
mod storage;
mod storm;
