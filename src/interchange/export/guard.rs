//! Text cells that a spreadsheet could execute (CWE-1236), guarded so that they can be read back.
//!
//! A text that matches `^'*\s*[=+\-@\t\r\n\0＝＋－＠]` is *live* and gets one `'` in front. Reading removes one `'` from what matches
//! `^'+\s*[…]`: exactly from what writing put it on, so that every text comes back as it was.

use std::borrow::Cow;

/// A spreadsheet could take this text for a formula, perhaps after someone removed quotes in front.
pub fn is_live(text: &str) -> bool {
    let unquoted = text.trim_start_matches('\'');
    let begun = unquoted.trim_start();
    let blank = &unquoted[..unquoted.len() - begun.len()];
    blank.contains(['\t', '\r', '\n']) || begun.starts_with(['=', '+', '-', '@', '\0', '＝', '＋', '－', '＠'])
}

/// The text as a cell.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_live(text) { format!("'{text}").into() } else { text.into() }
}

/// The text of a cell: the inverse of [`guarded`].
pub fn unguarded(cell: &str) -> Cow<'_, str> {
    match cell.strip_prefix('\'') {
        Some(text) if is_live(cell) => text.into(),
        _ => cell.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn live_texts_get_one_quote() {
        for text in ["=1+1", "+49", "-5", "@SUM(A1)", "\t=x", "\r", "  =x", "'=x", "''-1", "＝1", "\u{a0}=x", "\nplain", "\0"] {
            assert_eq!(guarded(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "plain", "1-2", "'quoted'", "it's = fine", "  spaced", "a\tb", "{{=x}}"] {
            assert_eq!(guarded(text), text, "{text:?}");
        }
    }

    #[test]
    fn cells_of_others_keep_their_quotes_when_no_formula_follows() {
        assert_eq!(unguarded("'tis"), "'tis");
        assert_eq!(unguarded("=x"), "=x");
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "('|[ \t\r\n\u{a0}]|[=+@\\-＝＋－＠]|\0|a|😀){0,12}") {
            let cell = guarded(&text);
            prop_assert_eq!(&*unguarded(&cell), &text);
        }

        #[test]
        fn no_cell_is_live_at_its_first_character(text in ".{0,12}") {
            let cell = guarded(&text).into_owned();
            prop_assert!(cell.starts_with('\'') || !is_live(&cell));
        }

        #[test]
        fn two_texts_never_share_a_cell(one in "('|=| |a){0,6}", other in "('|=| |a){0,6}") {
            prop_assert_eq!(guarded(&one) == guarded(&other), one == other);
        }
    }
}
