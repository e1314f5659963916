//! The error doctor: from what a failed request left behind to its cause, whose side it is, and what to do. Pure; one file per family of causes.

mod address;
mod answer;
mod azure;
mod base_urls;
mod context;
mod diagnose;
mod error_words;
mod family;
mod key;
mod limits;
mod model;
mod money;
mod network;
mod parameter;
mod phrases;
mod probes;
mod program;
mod relay;
mod report;
mod routing;
mod schema_words;
mod server;
mod signs;
mod symptoms;
mod timeouts;
mod tls;
mod wait_words;
mod wire;

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod relay_tests;
#[cfg(test)]
mod way_tests;
#[cfg(test)]
mod words_tests;

pub use diagnose::{PROVIDER_SAID, diagnose, no_model};
pub use model::nearest_models;
pub use probes::probe_words;
pub use report::{SupportCase, support_report, without_prompt};
pub use symptoms::Findings;
