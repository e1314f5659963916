//! Rows pasted from a spreadsheet: tab-separated text, read by the importer of files.

use std::collections::HashSet;

use crate::domain::Case;
use crate::interchange::import::{
    ColumnMapping, ColumnPreview, ColumnRole, ImportError, ImportPreview, RowProblem, RowWarning, parse_with,
};

/// Longest text that is taken from the clipboard, bytes.
const MAX_PASTED_BYTES: usize = 4 << 20;
/// Tells the importer that tabs stand between the cells.
const FILE_NAME: &str = "pasted.tsv";
/// Longest text that is taken for an id, characters.
const MAX_ID_CHARS: usize = 40;

/// What pasted text brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedRows {
    /// All that was taken, in order.
    pub cases: Vec<Case>,
    /// The columns, and what each is taken as.
    pub columns: Vec<ColumnPreview>,
    /// The first row names the columns.
    pub has_header: bool,
    /// What was not taken; rows count from 1, as pasted.
    pub skipped: Vec<RowProblem>,
    /// What to know.
    pub warnings: Vec<RowWarning>,
}

/// Why nothing of the text can be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasteError {
    /// Past 4 MiB.
    #[error("that is more than {} MiB; save it as a file and import the file", MAX_PASTED_BYTES >> 20)]
    TooLarge,
    /// No column is the prompt; a mapping can name one.
    #[error("choose the column that holds the prompts")]
    NoPromptColumn {
        /// The columns, to choose from.
        columns: Vec<ColumnPreview>,
        /// The first row was taken as their names.
        has_header: bool,
    },
    /// As for a file.
    #[error(transparent)]
    Import(ImportError),
}

/// Reads pasted text. `has_header` says whether the first row names the columns; absent: it does when one of its cells is `prompt` or `messages`.
/// Without a header the longest column is the prompt and short distinct words before it are ids, unless `mapping` says otherwise.
pub fn read_pasted_rows(text: &str, has_header: Option<bool>, mapping: Option<&ColumnMapping>) -> Result<PastedRows, PasteError> {
    if text.len() > MAX_PASTED_BYTES {
        return Err(PasteError::TooLarge);
    }
    if has_header != Some(false) {
        match parse_with(text.as_bytes(), FILE_NAME, mapping) {
            Ok(preview) => return Ok(rows(preview, true)),
            Err(ImportError::NoPromptColumn { columns }) if has_header == Some(true) => {
                return Err(PasteError::NoPromptColumn { columns, has_header: true });
            }
            Err(ImportError::NoPromptColumn { .. }) => {}
            Err(error) => return Err(PasteError::Import(error)),
        }
    }
    let with_header = under_header(text);
    let read = match mapping {
        Some(mapping) => parse_with(with_header.as_bytes(), FILE_NAME, Some(mapping)),
        None => parse_with(with_header.as_bytes(), FILE_NAME, Some(&guessed(&with_header)?)),
    };
    match read {
        Ok(preview) => Ok(rows(preview, false)),
        Err(ImportError::NoPromptColumn { columns }) => Err(PasteError::NoPromptColumn { columns, has_header: false }),
        Err(error) => Err(PasteError::Import(error)),
    }
}

fn rows(preview: ImportPreview, has_header: bool) -> PastedRows {
    let ImportPreview { cases, columns, mut skipped, mut warnings, .. } = preview;
    if !has_header {
        for problem in &mut skipped {
            problem.row = problem.row.saturating_sub(1);
        }
        for row in warnings.iter_mut().filter_map(|warning| warning.row.as_mut()) {
            *row = row.saturating_sub(1);
        }
    }
    PastedRows { cases, columns, has_header, skipped, warnings }
}

/// The text under a header of its own that names as many columns as its widest row has.
fn under_header(text: &str) -> String {
    let count = text.lines().map(|line| line.matches('\t').count() + 1).max().unwrap_or(1);
    let names: Vec<String> = (1..=count).map(|number| format!("Column {number}")).collect();
    format!("{}\n{text}", names.join("\t"))
}

/// What the columns under a made header most likely are.
fn guessed(with_header: &str) -> Result<ColumnMapping, PasteError> {
    let count = with_header.lines().next().map_or(1, |header| header.split('\t').count());
    let nothing = ColumnMapping { roles: vec![ColumnRole::Ignore; count] };
    let columns = match parse_with(with_header.as_bytes(), FILE_NAME, Some(&nothing)) {
        Err(ImportError::NoPromptColumn { columns }) => columns,
        Err(error) => return Err(PasteError::Import(error)),
        Ok(preview) => preview.columns,
    };
    let length = |column: &ColumnPreview| column.samples.iter().map(|sample| sample.chars().count()).sum::<usize>();
    let prompt = (0..columns.len()).rev().max_by_key(|index| length(&columns[*index])).unwrap_or(0);
    let roles = columns.iter().enumerate().map(|(index, column)| match index {
        _ if index == prompt => ColumnRole::Prompt,
        0 if looks_like_ids(&column.samples) => ColumnRole::Id,
        _ => ColumnRole::Ignore,
    });
    Ok(ColumnMapping { roles: roles.collect() })
}

fn looks_like_ids(samples: &[String]) -> bool {
    let mut seen = HashSet::new();
    !samples.is_empty()
        && samples
            .iter()
            .all(|sample| sample.chars().count() <= MAX_ID_CHARS && !sample.trim().contains(char::is_whitespace) && seen.insert(sample))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::PromptBody;

    fn prompts(rows: &PastedRows) -> Vec<(&str, &str)> {
        rows.cases
            .iter()
            .map(|case| match &case.body {
                PromptBody::Template { prompt, .. } => (case.id.as_str(), prompt.as_str()),
                PromptBody::Messages(_) => (case.id.as_str(), "messages"),
            })
            .collect()
    }

    #[test]
    fn a_row_that_names_columns_is_a_header() {
        let rows = read_pasted_rows("ID\tPrompt\ttopic\r\nrefund\tWrite about {{topic}}\tpens\r\n", None, None).unwrap();
        assert!(rows.has_header);
        assert_eq!(prompts(&rows), [("refund", "Write about {{topic}}")]);
        assert_eq!(rows.cases[0].vars["topic"], "pens");
    }

    #[test]
    fn without_a_header_no_row_is_lost() {
        let rows = read_pasted_rows("a1\tFirst question?\nb2\t\"Two\nlines\"\n", None, None).unwrap();
        assert!(!rows.has_header);
        assert_eq!(prompts(&rows), [("a1", "First question?"), ("b2", "Two\nlines")]);
        let one_column = read_pasted_rows("First question?\nSecond, with a comma?", None, None).unwrap();
        assert_eq!(prompts(&one_column), [("1", "First question?"), ("2", "Second, with a comma?")]);
    }

    #[test]
    fn a_person_can_say_otherwise() {
        let text = "question\tanswer\nWhy?\tBecause of the long story that follows";
        let guess = read_pasted_rows(text, None, None).unwrap();
        assert_eq!(guess.cases.len(), 2, "nothing says that the first row is a header");
        let Err(PasteError::NoPromptColumn { columns, has_header: true }) = read_pasted_rows(text, Some(true), None) else {
            panic!("the columns are there to choose from")
        };
        assert_eq!(columns[1].header, "answer");
        let mapping = ColumnMapping { roles: vec![ColumnRole::Prompt, ColumnRole::Expected] };
        let rows = read_pasted_rows(text, Some(true), Some(&mapping)).unwrap();
        assert_eq!(prompts(&rows), [("1", "Why?")]);
        assert_eq!(rows.cases[0].expected.as_deref(), Some("Because of the long story that follows"));
    }

    #[test]
    fn rows_are_counted_as_pasted() {
        let rows = read_pasted_rows("x\tA question\ny\t\nz\tAnother one", None, None).unwrap();
        assert_eq!(rows.skipped.iter().map(|problem| problem.row).collect::<Vec<_>>(), [2]);
        assert_eq!(rows.cases.len(), 2);
    }

    #[test]
    fn too_much_is_refused() {
        assert_eq!(read_pasted_rows(&"x".repeat(MAX_PASTED_BYTES + 1), None, None), Err(PasteError::TooLarge));
        assert!(matches!(read_pasted_rows(" \n", None, None), Err(PasteError::Import(_))));
    }

    proptest! {
        #[test]
        fn every_line_of_plain_words_is_a_case(lines in proptest::collection::vec("[a-z]{1,8} [a-z]{1,8}", 1..20)) {
            let rows = read_pasted_rows(&lines.join("\n"), None, None).unwrap();
            let expected: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert_eq!(prompts(&rows).into_iter().map(|(_, prompt)| prompt).collect::<Vec<_>>(), expected);
        }
    }
}
