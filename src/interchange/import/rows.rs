//! The rows of a delimited table, by RFC 4180.
//!
//! Read here and not by a crate, because three things matter that the `csv` crate does not tell: a quote that is never closed,
//! whether an empty cell was quoted (then it is an empty text, else no value), and blank rows, without which row numbers are
//! not those that a spreadsheet shows.

use std::borrow::Cow;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) quoted: bool,
}

impl Cell<'_> {
    /// It holds a value, if only the empty text.
    pub(super) fn is_filled(&self) -> bool {
        self.quoted || !self.text.is_empty()
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// From 1; blank rows count, line breaks inside quotes do not.
    pub(super) number: u64,
    /// At least one.
    pub(super) cells: Vec<Cell<'a>>,
    /// The last cell opened a quote that the rest of the file never closes.
    pub(super) unclosed: bool,
}

impl Row<'_> {
    /// Nothing is written in it.
    pub(super) fn is_blank(&self) -> bool {
        !self.unclosed && self.cells.iter().all(|cell| cell.text.trim().is_empty())
    }
}

/// Iterates over all rows, blank ones included.
pub(super) struct Rows<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    number: u64,
}

impl<'a> Rows<'a> {
    /// `delimiter` is an ASCII character other than the quote and line breaks.
    pub(super) fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text, at: 0, delimiter, number: 0 }
    }

    /// Up to the next delimiter or line break.
    fn plain(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| byte == self.delimiter || matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// A quoted cell from its opening quote on, and whether it is closed. What follows the closing quote belongs to the text.
    fn quoted(&mut self) -> (Cow<'a, str>, bool) {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = &self.text[self.at..];
            let Some(quote) = rest.find('"') else {
                self.at = self.text.len();
                text += rest;
                return (text, false);
            };
            self.at += quote + 1;
            if self.text[self.at..].starts_with('"') {
                text += &rest[..=quote];
                self.at += 1;
            } else {
                text += &rest[..quote];
                text += self.plain();
                return (text, true);
            }
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        self.number += 1;
        let mut cells = Vec::new();
        loop {
            let quoted = self.text[self.at..].starts_with('"');
            let (text, closed) = if quoted { self.quoted() } else { (Cow::Borrowed(self.plain()), true) };
            cells.push(Cell { text, quoted });
            let rest = &self.text.as_bytes()[self.at..];
            match rest {
                [delimiter, ..] if *delimiter == self.delimiter => self.at += 1,
                _ => {
                    self.at += if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
                    return Some(Row { number: self.number, cells, unclosed: !closed });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<(u64, Vec<String>)> {
        Rows::new(text, b',').map(|row| (row.number, row.cells.into_iter().map(|cell| cell.text.into_owned()).collect())).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_does() {
        let rows = texts("a,b\r\n\r\n\"x\ny\",\"say \"\"hi\"\"\"\n,\nlast");
        let expected: [(u64, &[&str]); 5] = [(1, &["a", "b"]), (2, &[""]), (3, &["x\ny", "say \"hi\""]), (4, &["", ""]), (5, &["last"])];
        assert_eq!(rows.len(), expected.len());
        for ((number, cells), (expected_number, expected_cells)) in rows.iter().zip(expected) {
            assert_eq!((*number, cells.iter().map(String::as_str).collect::<Vec<_>>()), (expected_number, expected_cells.to_vec()));
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told() {
        let rows: Vec<Row<'_>> = Rows::new("a,b\n1,\"x\n2,y\n", b',').collect();
        assert_eq!((rows.len(), rows[0].unclosed, rows[1].unclosed, rows[1].number), (2, false, true, 2));
    }

    #[test]
    fn an_empty_text_is_not_an_empty_cell() {
        let row = Rows::new("\"\",", b',').next().unwrap();
        assert_eq!(row.cells.iter().map(Cell::is_filled).collect::<Vec<_>>(), [true, false]);
    }

    proptest! {
        #[test]
        fn the_csv_crate_reads_the_same(text in "([a-zé]|\"|\"\"|,|\r\n|\n|\r){0,40}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            let ours: Vec<Vec<String>> = Rows::new(&text, b',')
                .filter(|row| row.cells.len() > 1 || row.cells[0].is_filled())
                .map(|row| row.cells.into_iter().map(|cell| cell.text.into_owned()).collect())
                .collect();
            prop_assert_eq!(ours, theirs);
        }
    }
}
