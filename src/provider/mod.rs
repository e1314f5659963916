//! The network doors: one request in, a stream of stamped chunks out.

mod attempt;
mod body;
mod chat;
mod check;
mod classify;
mod clean;
mod client;
mod curl;
mod diagnosis;
mod error;
mod gather;
mod models;
mod retry_after;
mod set_up;
mod sse;
mod starting_turn;
mod stopwatch;
mod transport;
mod wire;

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod curl_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod sse_tests;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod timing_tests;
#[cfg(test)]
mod wire_attempt_tests;

pub use chat::{AttemptReport, BoxFuture, ChatRequest, Delta, Provider};
pub use check::{CheckInput, check};
pub use client::HttpProvider;
pub use curl::as_curl;
pub use error::CallError;
