//! The rooms under test, compiled from their own sources: without window and archive a fuzzer is built in two minutes instead of twenty.

#[path = "../../../src/analysis/mod.rs"]
pub mod analysis;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/interchange/mod.rs"]
pub mod interchange;
#[path = "../../../src/provider/mod.rs"]
pub mod provider;
