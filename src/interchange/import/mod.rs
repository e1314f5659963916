//! Prompt files in: bytes to cases, with what was taken and what was not. Nothing in a file is executed or fetched; only pictures that a table
//! names are read, by whoever opens the door, and only beside the file.

mod chat;
mod collect;
mod encoding;
mod error;
mod json;
mod limits;
mod numbers;
mod open;
mod preview;
mod promptfoo;
mod record;
mod roles;
mod rows;
mod sniff;
mod table;
mod value;
mod yaml;

#[cfg(test)]
mod arbitrary_bytes_tests;
#[cfg(test)]
mod file_tests;

pub use error::ImportError;
pub use limits::{MAX_CASES, MAX_COLUMNS, MAX_FILE_BYTES, MAX_IMAGE_BYTES, MAX_TEXT_BYTES};
pub use open::{ImageFiles, parse_with, parse_with_images, preview};
pub use preview::{ColumnMapping, ColumnPreview, ColumnRole, Format, ImportPreview, RowProblem, RowWarning};
pub use roles::{CHECKS_HEADER, VARIABLE_PREFIX, role_of};
