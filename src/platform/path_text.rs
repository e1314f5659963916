//! A path in a message: file names may hold line breaks, escape sequences and invisible characters.

use std::fmt::{Display, Formatter, Result, Write as _};
use std::path::Path;

/// Shows a path on one line; characters that would not show as themselves are written as escapes.
#[derive(Clone, Copy)]
pub struct PathText<'a>(pub &'a Path);

impl Display for PathText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for c in self.0.to_string_lossy().chars() {
            if matches!(c, '\\' | '"' | '\'') {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_debug())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_a_message() {
        let shown = |path: &str| PathText(Path::new(path)).to_string();
        assert_eq!(shown("/tmp/a b/提示 🙂.csv"), "/tmp/a b/提示 🙂.csv");
        assert_eq!(shown("it's \"C:\\x\""), "it's \"C:\\x\"");
        assert_eq!(shown("a\nerror: \u{1b}[31m\u{202e}x"), "a\\nerror: \\u{1b}[31m\\u{202e}x");
    }
}
