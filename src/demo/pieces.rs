//! Text in pieces the size of tokens. The simulated models count, bill and stream these.

/// Longest run of letters that stays whole; longer words fall into pieces of [`WORD_PIECE`] letters.
const WHOLE_WORD: usize = 8;
/// Letters in a piece of a long word.
const WORD_PIECE: usize = 5;
/// Digits in a piece of a number.
const DIGITS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Newline,
    Space,
    Single,
}

fn kind(c: char) -> Kind {
    match c {
        '\n' => Kind::Newline,
        ' ' => Kind::Space,
        c if c.is_numeric() => Kind::Digit,
        c if c.is_alphabetic() && !is_ideograph(c) => Kind::Letter,
        _ => Kind::Single,
    }
}

/// A character of Chinese, Japanese or Korean writing.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Splits `text`; the pieces joined are the text, and none is empty. A space goes with the word after it, as in real vocabularies.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let length = match spaces {
            0 => run(rest, kind(first)),
            1 => match rest[1..].chars().next().map(kind) {
                None | Some(Kind::Newline) => 1,
                Some(next) => 1 + run(&rest[1..], next),
            },
            // All but the last of many spaces; that one goes with its word.
            _ => spaces - 1,
        };
        let (piece, tail) = rest.split_at(length);
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// Bytes of the piece that `text`, which starts with a character of `of`, begins with.
fn run(text: &str, of: Kind) -> usize {
    let whole = || text.chars().take_while(|c| kind(*c) == of);
    let characters = match of {
        Kind::Letter if whole().take(WHOLE_WORD + 1).count() > WHOLE_WORD => WORD_PIECE,
        Kind::Letter => WHOLE_WORD,
        Kind::Digit => DIGITS,
        Kind::Newline | Kind::Space => usize::MAX,
        Kind::Single => 1,
    };
    whole().take(characters).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_look_like_tokens() {
        assert_eq!(pieces("Explain entanglement, please!"), ["Explain", " entan", "glement", ",", " please", "!"]);
        assert_eq!(pieces("您好，897 元\n\n- **a**"), ["您", "好", "，", "897", " 元", "\n\n", "-", " *", "*", "a", "*", "*"]);
        assert_eq!(pieces("  x = 12345"), [" ", " x", " =", " 123", "45"]);
        assert!(pieces("").is_empty());
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "(\\PC|[ \n]|中|é|[a-z]{1,12}|[0-9]){0,60}") {
            let pieces = pieces(&text);
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty()));
            prop_assert_eq!(pieces.concat(), text);
        }
    }
}
