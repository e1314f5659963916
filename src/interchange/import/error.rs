//! Why a file as a whole was not taken.

use super::collect::shortened;
use super::preview::ColumnPreview;
use super::{MAX_CASES, MAX_COLUMNS, MAX_FILE_BYTES};

/// Nothing of the file was taken. Problems of single rows are in [`super::ImportPreview::skipped`] instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No bytes, or only white space.
    #[error("the file is empty")]
    Empty,
    /// Past [`MAX_FILE_BYTES`].
    #[error("the file is larger than {} MiB; split it into smaller ones", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// Not a text file.
    #[error("{0}")]
    Binary(&'static str),
    /// Past [`MAX_CASES`].
    #[error("the file makes more than {MAX_CASES} cases; split it into smaller ones")]
    TooManyCases,
    /// Past [`MAX_COLUMNS`].
    #[error("the table has more than {MAX_COLUMNS} columns; is this a table of prompts?")]
    TooManyColumns,
    /// A table without a prompt column; a mapping can name one.
    #[error("no column is called “prompt” or “messages”; found: {}; name the prompt column, or rename it in the file", headers(columns))]
    NoPromptColumn {
        /// The columns found, for choosing one.
        columns: Vec<ColumnPreview>,
    },
    /// A mapping that does not fit the table.
    #[error("{0}")]
    Mapping(String),
    /// The table's header cannot be read.
    #[error("the header opens a quote that is never closed")]
    HeaderQuote,
    /// Not JSON, or past a bound.
    #[error("line {line}, column {column}: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// For a person.
        reason: String,
    },
    /// Not YAML, or YAML past its budget: aliases, depth, duplicate keys.
    #[error("not readable as YAML: {reason}")]
    Yaml {
        /// The parser's words, with the place.
        reason: String,
    },
    /// Readable, but no list of prompts.
    #[error("{0}")]
    Shape(String),
    /// Readable, but there is nothing in it.
    #[error("the file holds no prompts")]
    NoCases,
}

fn headers(columns: &[ColumnPreview]) -> String {
    let mut named: Vec<String> = columns.iter().take(20).map(|column| format!("“{}”", shortened(column.header.trim()))).collect();
    if columns.len() > named.len() {
        named.push(format!("and {} more", columns.len() - named.len()));
    }
    named.join(", ")
}
