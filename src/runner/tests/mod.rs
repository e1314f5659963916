//! The engine as a whole, on a clock that only the tests move.

mod conditions;
mod flow;
mod limits;
mod money;
mod steering;
mod storage;
