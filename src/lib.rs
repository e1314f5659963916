//! Assay compares language models and their providers: the same prompts to several models at once, answers, latency and cost side by side.
//!
//! Modules in reading order, from the ground up; each imports only those above it (`tests/it/layering.rs` holds the table):
//! [`domain`] the vocabulary · [`analysis`] judgement · [`interchange`] the file doors · [`secrets`] the safe · [`store`] the archive ·
//! [`provider`] the network doors · [`runner`] the engine · [`platform`] the ground · [`demo`] the simulated provider ·
//! [`bench`] the truth to measure against · [`app`] the mind · [`ui`] and [`cli`] the two faces.

pub mod analysis;
pub mod app;
pub mod bench;
pub mod cli;
pub mod demo;
pub mod domain;
pub mod interchange;
pub mod platform;
pub mod provider;
pub mod runner;
pub mod secrets;
pub mod store;
pub mod ui;
