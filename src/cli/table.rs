//! Text tables whose columns stand under each other, whatever script is in them.

use super::terminal_text::one_line;
use super::width::display_width;

/// To which side a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Between columns.
const GAP: &str = "  ";

/// A table; cells are made safe for the terminal.
#[derive(Debug)]
pub(super) struct Table {
    aligns: Vec<Align>,
    lines: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads.
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        let (heads, aligns) = columns.into_iter().map(|(head, align)| (one_line(head), align)).unzip();
        Self { aligns, lines: vec![heads] }
    }

    /// One line more. Cells past the last column are not shown.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.lines.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// The lines, each with its line end.
    pub(super) fn render(&self) -> String {
        let cell = |line: &Vec<String>, column: usize| line.get(column).map_or("", String::as_str).to_owned();
        let widths: Vec<usize> = (0..self.aligns.len())
            .map(|column| self.lines.iter().map(|line| display_width(&cell(line, column))).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for line in &self.lines {
            let mut shown = String::new();
            for (column, (align, width)) in self.aligns.iter().zip(&widths).enumerate() {
                let cell = cell(line, column);
                let padding = " ".repeat(width - display_width(&cell));
                if column > 0 {
                    shown.push_str(GAP);
                }
                match align {
                    Align::Left => shown.extend([cell, padding]),
                    Align::Right => shown.extend([padding, cell]),
                }
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_across_scripts() {
        let mut table = Table::new([("Case", Align::Left), ("Total", Align::Right)]);
        table.row(["量子".to_owned(), "1.2 s".to_owned()]);
        table.row(["abcdefg\n".to_owned(), "412 ms".to_owned()]);
        assert_eq!(table.render(), "Case       Total\n量子       1.2 s\nabcdefg   412 ms\n");
    }
}
