//! Bounds on what is read.

/// Largest file that is read, bytes.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Most cases in one import.
pub const MAX_CASES: usize = 100_000;
/// Most columns of a table.
pub const MAX_COLUMNS: usize = 10_000;
/// Longest single text (a cell, a message, a value), bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 20;
/// Pictures of one import together, bytes of their files.
pub const MAX_IMAGE_BYTES: u64 = 128 << 20;
