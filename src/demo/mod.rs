//! A simulated provider on loopback, and the sample prompts. Nothing in here is a real model, and everything says so.

mod answers;
mod chance;
mod completion;
mod model;
mod pieces;
mod sample;
mod server;
mod simulation;
mod targets;
mod wire;

pub use model::DemoPace;
pub use sample::{SAMPLE_SET_NAME, sample_cases};
pub use server::{DEMO_SEED, DemoServer};
pub use targets::{DEMO_CONNECTION_ID, DEMO_CONNECTION_NAME, demo_connection, demo_targets};
