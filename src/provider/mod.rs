//! The network doors: one request in, a stream of stamped chunks out.

mod answer_text;
mod attempt;
mod bare;
mod body;
mod chat;
mod check;
mod classify;
mod clean;
mod client;
mod curl;
mod error;
mod foreign_keys;
mod gather;
mod kept_headers;
mod limit_headers;
#[cfg(test)]
mod maker_words_tests;
mod models;
mod probe;
mod proxy;
mod same_model;
mod set_up;
mod sse;
mod starting_turn;
mod stopwatch;
mod think_tags;
mod tls_probe;
mod transcript;
mod transport;
mod transport_fault;
mod warm_up;
mod wire;

#[cfg(test)]
#[path = "../../tests/it/chaos.rs"]
mod chaos;
#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod curl_tests;
#[cfg(test)]
mod error_shapes_tests;
#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
#[cfg(test)]
mod quirk_end_tests;
#[cfg(test)]
mod quirk_tag_tests;
#[cfg(test)]
mod quirk_tests;
#[cfg(test)]
mod quirk_text_tests;
#[cfg(test)]
mod refusal_words_tests;
#[cfg(test)]
mod set_up_tests;
#[cfg(test)]
mod sse_tests;
#[cfg(test)]
mod test_server;
#[cfg(test)]
mod timing_tests;
#[cfg(test)]
mod wire_attempt_tests;

pub use bare::{BareAnswer, BareClient, BareError};
pub use chat::{AttemptReport, BoxFuture, ChatRequest, Delta, Provider};
pub use check::{CheckInput, check};
pub use client::HttpProvider;
pub use curl::as_curl;
pub use error::CallError;
pub use limit_headers::{LimitsTold, Quota};
pub use probe::probe;
