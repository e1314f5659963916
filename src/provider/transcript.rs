//! One text in the making, with what servers say twice taken out: a last message that holds the whole answer again, pieces that each hold all that was said
//! so far, a last piece that repeats everything.

/// Below this many characters a text that equals what came before may as well be meant so.
const SHORTEST_REPEAT_CHARS: usize = 8;
/// The same for two pieces that are equal.
const SHORTEST_REPEATED_PIECE_CHARS: usize = 16;
/// Below this many characters two pieces of which the second begins with the first are no sign of anything.
const SHORTEST_CUMULATIVE_CHARS: usize = 5;

/// What was said twice, and is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    /// Each piece held all that was said before it.
    EachPiece,
    /// The last piece held everything again.
    LastPiece,
}

/// A text that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    text: String,
    /// Pieces that were not empty.
    pieces: usize,
    /// Where the last one begins.
    last_at: usize,
    /// It comes as a stream: only there pieces may repeat each other by mistake.
    is_stream: bool,
    /// Each piece so far began with the one before it.
    chained: bool,
    /// So many of them went on.
    growths: usize,
    /// There were enough of them to take that for the server's way.
    cumulative: bool,
    /// That was so, if only for a while.
    was_cumulative: bool,
    /// A whole text that followed the pieces was another one.
    contradicted: bool,
}

impl Transcript {
    /// What was said so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// It comes as a stream.
    pub(super) fn set_stream(&mut self) {
        self.is_stream = true;
    }

    /// A whole text came that differs from its pieces, which are kept.
    pub(super) fn is_contradicted(&self) -> bool {
        self.contradicted
    }

    /// Takes the next piece; gives what is new in it.
    pub(super) fn push<'p>(&mut self, piece: &'p str) -> &'p str {
        if piece.is_empty() {
            return piece;
        }
        if self.cumulative {
            if let Some(new) = piece.strip_prefix(self.text.as_str()) {
                self.text.push_str(new);
                return new;
            }
            // The last one may come without the white space at its end.
            if piece.trim_end() == self.text.trim_end() {
                return "";
            }
            self.cumulative = false;
            self.chained = false;
            self.growths = 0;
        }
        let last = &self.text[self.last_at..];
        let new = piece.strip_prefix(last).unwrap_or_default();
        // `ha`, `haha`, `hahaha` goes on with what is being repeated.
        let goes_on = !last.trim().is_empty() && !new.is_empty() && !last.starts_with(new) && !new.starts_with(last);
        self.chained = match self.pieces {
            0 => self.is_stream,
            // A frame that is sent again is no sign of either.
            _ => self.chained && (goes_on || piece == last),
        };
        self.pieces += 1;
        self.growths += usize::from(goes_on);
        if self.chained && self.growths > 1 && has_chars(piece, SHORTEST_REPEAT_CHARS) {
            self.cumulative = true;
            self.was_cumulative = true;
            piece.clone_into(&mut self.text);
            self.last_at = 0;
            return new;
        }
        self.last_at = self.text.len();
        self.text.push_str(piece);
        piece
    }

    /// Takes a text that is the whole answer so far; gives what is new in it. `or_next`: one that is not may be the next piece.
    pub(super) fn whole<'p>(&mut self, whole: &'p str, or_next: bool) -> &'p str {
        if self.text.is_empty() {
            return self.push(whole);
        }
        match whole.trim().strip_prefix(self.text.trim()) {
            Some("") => "",
            Some(_) => {
                let new = whole.trim_start().strip_prefix(self.text.trim_start()).unwrap_or_default();
                self.text.push_str(new);
                new
            }
            None if or_next => self.push(whole),
            None => {
                self.contradicted |= !whole.trim().is_empty();
                ""
            }
        }
    }

    /// Nothing more comes: takes out what was said twice, and says whether there was such.
    pub(super) fn end(&mut self) -> Option<Repeated> {
        if self.was_cumulative {
            return Some(Repeated::EachPiece);
        }
        let (before, last) = self.text.split_at(self.last_at);
        if self.chained && self.growths == 1 && self.pieces == 2 && has_chars(before, SHORTEST_CUMULATIVE_CHARS) {
            self.text = last.to_owned();
            self.last_at = 0;
            return Some(Repeated::EachPiece);
        }
        let shortest = if self.pieces == 2 { SHORTEST_REPEATED_PIECE_CHARS } else { SHORTEST_REPEAT_CHARS };
        if self.is_stream && last.trim() == before.trim() && has_chars(last.trim(), shortest) {
            self.text.truncate(self.last_at);
            self.last_at = 0;
            return Some(Repeated::LastPiece);
        }
        None
    }
}

fn has_chars(text: &str, least: usize) -> bool {
    text.chars().take(least).count() == least
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&str]) -> (String, Option<Repeated>) {
        let mut transcript = Transcript { is_stream: true, ..Transcript::default() };
        for piece in pieces {
            transcript.push(piece);
        }
        let repeated = transcript.end();
        (transcript.text, repeated)
    }

    #[test]
    fn pieces_that_hold_all_before_them_are_told_once() {
        let cumulative = ["The", "The capital", "The capital is", "The capital is Paris."];
        assert_eq!(read(&cumulative), ("The capital is Paris.".into(), Some(Repeated::EachPiece)));
        assert_eq!(read(&["Hello", "Hello world"]), ("Hello world".into(), Some(Repeated::EachPiece)));
        let trimmed = ["The capital ", "The capital is ", "The capital is Paris. ", "The capital is Paris."];
        assert_eq!(read(&trimmed), ("The capital is Paris. ".into(), Some(Repeated::EachPiece)));
        for stuttering in [
            &["The", "The cap", "The capital", "The capital"][..],
            &["The", "The", "The cap", "The capital"],
            &["The", "The cap", "The cap", "The capital"],
        ] {
            assert_eq!(read(stuttering), ("The capital".into(), Some(Repeated::EachPiece)), "{stuttering:?}");
        }
    }

    #[test]
    fn a_last_piece_that_holds_everything_is_told_once() {
        assert_eq!(read(&["Hello", " world", "Hello world"]), ("Hello world".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Hello", " world\n", "Hello world"]), ("Hello world\n".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Paris is the capital."; 2]), ("Paris is the capital.".into(), Some(Repeated::LastPiece)));
    }

    #[test]
    fn repetition_that_is_meant_stays() {
        for pieces in [
            &["ha", "ha", "ha"][..],
            &["ha", "haha"],
            &["1", "12"],
            &[" ", "  ", "    ", "     x"],
            &["Hello", " Hello", " Hello"],
            &["no ", "no ", "no no "],
            &["Hello world", "Hello world"],
            &["The", "The capital", " is Paris."],
            &["A", "AAAA", "AAAAAAAA", "AAAAAAAA", "AAAAAAAA"],
            &["-", "--", "--------", "\nTitle"],
            &["嗯", "嗯嗯", "嗯嗯嗯", "，好的"],
            &["哈哈", "哈哈哈"],
            &["no", "no", "nobody"],
            &["no", "no", "nobody", " came"],
            &["very ", "very ", "very "],
        ] {
            assert_eq!(read(pieces), (pieces.concat(), None), "{pieces:?}");
        }
    }

    #[test]
    fn a_whole_text_after_its_pieces_adds_only_what_is_new() {
        let after = |pieces: &[&str], whole: &str| {
            let mut transcript = Transcript::default();
            for piece in pieces {
                transcript.push(piece);
            }
            let new = transcript.whole(whole, false).to_owned();
            (transcript.text.clone(), new, transcript.is_contradicted())
        };
        assert_eq!(after(&["Hello", " world"], "Hello world"), ("Hello world".into(), String::new(), false));
        assert_eq!(after(&["Hello", " world\n"], "Hello world"), ("Hello world\n".into(), String::new(), false));
        assert_eq!(after(&["Hello"], "Hello world"), ("Hello world".into(), " world".into(), false));
        assert_eq!(after(&[], "Hello world"), ("Hello world".into(), "Hello world".into(), false));
        assert_eq!(after(&["Hello", " world"], "Good day"), ("Hello world".into(), String::new(), true));
    }

    proptest! {
        /// However a text without repetition is parted: as pieces, as pieces that hold all before them, and with the whole behind them.
        #[test]
        fn a_text_is_the_same_however_it_is_told(words in prop::collection::hash_set("[a-z]{3,8}", 4..12)) {
            let words: Vec<String> = words.into_iter().collect();
            let text = words.join(" ");
            let ends: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).chain([text.len()]).collect();
            let starts = [0].into_iter().chain(ends.iter().copied());
            let pieces: Vec<&str> = starts.zip(&ends).map(|(from, to)| &text[from..*to]).collect();
            prop_assert_eq!(read(&pieces), (text.clone(), None));
            let grown: Vec<&str> = ends.iter().map(|to| &text[..*to]).collect();
            prop_assert_eq!(read(&grown), (text.clone(), Some(Repeated::EachPiece)));
            let mut and_whole = pieces.clone();
            and_whole.push(&text);
            prop_assert_eq!(read(&and_whole), (text.clone(), Some(Repeated::LastPiece)));
        }
    }
}
