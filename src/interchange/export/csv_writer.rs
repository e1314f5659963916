//! One CSV line after the other: texts quoted and guarded, numbers and our own words bare, what is unknown empty.

use std::fmt::Display;
use std::io::{self, Write};

use super::guard::guarded;

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows below the header.
    pub rows: u64,
    /// NUL characters that CSV cannot carry and that became `␀` (U+2400).
    pub nul_replaced: u64,
}

/// Collects a row and writes it whole.
pub(super) struct CsvWriter<W: Write> {
    out: W,
    line: String,
    cells: usize,
    written: Written,
}

impl<W: Write> CsvWriter<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, line: String::new(), cells: 0, written: Written::default() }
    }

    /// The header line; names are quoted only where they must be.
    pub(super) fn header<N: AsRef<str>>(&mut self, names: impl IntoIterator<Item = N>) -> io::Result<()> {
        for name in names {
            let cell = guarded(name.as_ref());
            if cell.is_empty() || cell.contains([',', ';', '"', '\r', '\n', '\t', '\0']) || cell.trim() != cell {
                self.text(name.as_ref());
            } else {
                self.bare(cell);
            }
        }
        self.end_row()?;
        self.written.rows = 0;
        Ok(())
    }

    /// A text of anyone's. The empty text is a quoted empty cell, which [`Self::unknown`] is not.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        self.line.push('"');
        for c in guarded(text).chars() {
            match c {
                '"' => self.line.push_str("\"\""),
                '\0' => {
                    self.written.nul_replaced += 1;
                    self.line.push('\u{2400}');
                }
                other => self.line.push(other),
            }
        }
        self.line.push('"');
    }

    /// A text where empty says nothing.
    pub(super) fn text_if_any(&mut self, text: &str) {
        if text.is_empty() { self.unknown() } else { self.text(text) }
    }

    /// A number, or a word of a closed list of ours.
    pub(super) fn bare(&mut self, value: impl Display) {
        self.separate();
        self.line.push_str(&value.to_string());
    }

    /// As [`Self::bare`]; absent is an empty cell.
    pub(super) fn bare_if_known(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.bare(value),
            None => self.unknown(),
        }
    }

    pub(super) fn unknown(&mut self) {
        self.separate();
    }

    pub(super) fn end_row(&mut self) -> io::Result<()> {
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())?;
        self.line.clear();
        self.cells = 0;
        self.written.rows += 1;
        Ok(())
    }

    /// Hands the writer back.
    pub(super) fn finish(mut self) -> io::Result<(W, Written)> {
        self.out.flush()?;
        Ok((self.out, self.written))
    }

    fn separate(&mut self) {
        if self.cells > 0 {
            self.line.push(',');
        }
        self.cells += 1;
    }
}
