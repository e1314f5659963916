//! The archive: SQLite on its own threads; requests in, replies out.

mod archive;
mod columns;
mod connections;
mod earlier_latency;
mod error;
mod figures;
mod handle;
mod history;
mod judgements;
mod migrate;
mod observed;
mod open;
mod percentile;
mod prices;
mod prompts;
mod reservations;
mod run_list;
mod run_views;
mod runs;
mod trial_rows;
mod trials;
mod worker;

#[cfg(test)]
mod tests;

pub use archive::{Archive, Counts};
pub use error::StoreError;
pub use handle::Store;
pub use run_list::{RunPage, RunQuery};
