//! The rooms under test, compiled from their own sources: so that neither window nor archive is built for a fuzzer.

#[path = "../../../src/analysis/mod.rs"]
pub mod analysis;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/interchange/mod.rs"]
pub mod interchange;
#[path = "../../../src/provider/mod.rs"]
pub mod provider;
