//! The file doors: bytes to domain data and back.

pub mod export;
pub mod import;
