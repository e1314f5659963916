//! What an import would bring, before anything is kept.

use serde::Serialize;

use crate::domain::Case;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma, semicolon or bar between cells.
    Csv,
    /// Tab between cells.
    Tsv,
    /// One JSON array, or one object.
    Json,
    /// One JSON value a line.
    JsonL,
    /// A promptfoo configuration, or another YAML list of prompts.
    PromptfooYaml,
}

impl Format {
    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Json => "JSON",
            Self::JsonL => "JSON Lines",
            Self::PromptfooYaml => "promptfoo YAML",
        }
    }
}

/// What a column of a table is taken as.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnRole {
    /// The case's id.
    Id,
    /// The user's text.
    Prompt,
    /// The system text.
    System,
    /// A whole conversation as JSON; where it is filled it stands instead of the prompt.
    Messages,
    /// Pictures: paths relative to the file, one a line, or `data:` URLs.
    Image,
    /// The reference answer.
    Expected,
    /// The title.
    Description,
    /// Labels: separated by commas, or a JSON array.
    Tags,
    /// The value of the variable of this name.
    Variable(String),
    /// Kept under this name with the case's checks.
    Check(String),
    /// Not taken.
    Ignore,
}

impl ColumnRole {
    /// The words on screen.
    pub fn label(&self) -> String {
        match self {
            Self::Id => "id".to_owned(),
            Self::Prompt => "prompt".to_owned(),
            Self::System => "system".to_owned(),
            Self::Messages => "messages".to_owned(),
            Self::Image => "image".to_owned(),
            Self::Expected => "expected".to_owned(),
            Self::Description => "description".to_owned(),
            Self::Tags => "tags".to_owned(),
            Self::Variable(name) => format!("variable “{name}”"),
            Self::Check(name) => format!("check “{name}”"),
            Self::Ignore => "not taken".to_owned(),
        }
    }
}

/// A column as the preview shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPreview {
    /// As written in the file.
    pub header: String,
    /// What it is taken as.
    pub role: ColumnRole,
    /// Up to three filled cells, each cut at 80 characters.
    pub samples: Vec<String>,
}

/// What each column of a table shall be taken as, instead of what its header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMapping {
    /// One role a column, in the order of the file. Every role but `Ignore` at most once.
    pub roles: Vec<ColumnRole>,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// From 1, as a person counts: spreadsheet row (the header is row 1), line of JSON Lines, element of JSON, prompt or test of promptfoo.
    pub row: u64,
    /// Why.
    pub reason: String,
}

/// Something to know that kept nothing out, or a part of the file that is not about one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowWarning {
    /// As [`RowProblem::row`]; absent when it is about the whole file.
    pub row: Option<u64>,
    /// What.
    pub message: String,
}

/// A file, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPreview {
    /// What it was read as.
    pub format: Format,
    /// `UTF-8`, `UTF-8 with BOM`, `UTF-16LE`, `UTF-16BE` or `windows-1252`.
    pub encoding: &'static str,
    /// What stands between the cells of a table; absent for other formats.
    pub delimiter: Option<char>,
    /// Rows, lines, elements or combinations seen: taken and skipped.
    pub row_count: u64,
    /// The columns of a table; empty for other formats.
    pub columns: Vec<ColumnPreview>,
    /// All that was taken, in file order; ids are unique.
    pub cases: Vec<Case>,
    /// What was not taken.
    pub skipped: Vec<RowProblem>,
    /// What to know.
    pub warnings: Vec<RowWarning>,
    /// A name for the set, made from the file's name.
    pub suggested_name: String,
    /// Size of the file.
    pub bytes: u64,
}
