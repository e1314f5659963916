//! One text in the making, with what servers say twice taken out: a last message that holds the whole answer again, pieces that each hold all that was said
//! so far, a last piece that repeats everything.

/// Below this [`weight`] a text that comes again, whole in its last piece, may as well be meant so.
const LEAST_REPEATED_WEIGHT: usize = 5;
/// The same for two pieces that are equal.
const LEAST_REPEATED_PIECE_WEIGHT: usize = 16;
/// Below this weight two pieces of which the second begins with the first are no sign of anything, and three of which each does are none yet.
const LEAST_CUMULATIVE_WEIGHT: usize = 5;
/// So many pieces that each begin with the one before leave no doubt.
const SURE_GROWTHS: usize = 3;

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
    /// Where the first one ends.
    first_end: usize,
    /// Where the last one begins.
    last_at: usize,
    /// Where the last one begins that is not blank.
    last_said_at: usize,
    /// It comes as a stream: only there pieces may repeat each other by mistake.
    is_stream: bool,
    /// Each piece so far began with the one before it.
    chained: bool,
    /// So many of them went on with something new.
    growths: usize,
    /// There were enough of them to take that for the server's way.
    cumulative: bool,
    /// That was so, if only for a while.
    was_cumulative: bool,
    /// Calls stand in it, each of which is told once.
    holds_calls: bool,
    /// A whole text that followed the pieces was the same: what they repeat is meant so.
    confirmed: bool,
    /// One that was another.
    other: Option<String>,
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
        self.other.is_some()
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
        let rest = piece.strip_prefix(last);
        self.chained = if self.pieces == 0 { self.is_stream } else { self.chained && rest.is_some() };
        let new = rest.unwrap_or_default();
        // `ha`, `haha`, `hahaha` goes on with what is being repeated.
        let goes_on = !last.trim().is_empty() && !new.is_empty() && !last.starts_with(new) && !new.starts_with(last);
        self.pieces += 1;
        self.growths += usize::from(goes_on);
        if self.chained && goes_on && (self.growths >= SURE_GROWTHS || (self.growths > 1 && weight(last) >= LEAST_CUMULATIVE_WEIGHT)) {
            self.cumulative = true;
            self.was_cumulative = true;
            piece.clone_into(&mut self.text);
            (self.last_at, self.last_said_at) = (0, 0);
            return new;
        }
        self.last_at = self.text.len();
        if !piece.trim().is_empty() {
            self.last_said_at = self.last_at;
        }
        self.text.push_str(piece);
        if self.pieces == 1 {
            self.first_end = self.text.len();
        }
        piece
    }

    /// Takes a call.
    pub(super) fn call(&mut self, text: &str) {
        self.holds_calls = true;
        self.chained = false;
        self.text.push_str(text);
        self.last_at = self.text.len();
    }

    /// Takes a text that is the whole answer so far; gives what is new in it. `or_next`: one that is not may be the next piece.
    pub(super) fn whole<'p>(&mut self, whole: &'p str, or_next: bool) -> &'p str {
        if self.text.is_empty() {
            return self.push(whole);
        }
        if or_next && whole == self.text {
            return "";
        }
        if or_next {
            return match whole.strip_prefix(self.text.as_str()).filter(|new| !new.is_empty()) {
                Some(new) => {
                    self.text.push_str(new);
                    new
                }
                None => self.push(whole),
            };
        }
        let Some(rest) = whole.trim().strip_prefix(self.text.trim()) else {
            self.other = Some(whole.to_owned()).filter(|whole| !whole.trim().is_empty());
            return "";
        };
        self.confirmed = true;
        self.other = None;
        if rest.is_empty() {
            return rest;
        }
        let new = whole.trim_start().strip_prefix(self.text.trim_start()).unwrap_or_default();
        self.text.push_str(new);
        new
    }

    /// Nothing more comes: takes out what was said twice, and says whether there was such.
    pub(super) fn end(&mut self) -> Option<Repeated> {
        let repeated = self.take_out_repeats();
        self.other = self.other.take().filter(|other| other.trim() != self.text.trim());
        repeated
    }

    fn take_out_repeats(&mut self) -> Option<Repeated> {
        if self.was_cumulative {
            return Some(Repeated::EachPiece);
        }
        if !self.is_stream || self.confirmed || self.holds_calls {
            return None;
        }
        let is = |text: &str| self.other.as_ref().is_some_and(|other| other.trim() == text.trim());
        let (before, last) = self.text.split_at(self.last_at);
        let grew = match self.growths {
            0 => false,
            1 => is(last) || (self.pieces == 2 && weight(before) >= LEAST_CUMULATIVE_WEIGHT),
            _ => true,
        };
        if self.chained && grew {
            self.text = last.to_owned();
            return Some(Repeated::EachPiece);
        }
        let (mut before, last) = self.text.split_at(self.last_said_at);
        // What is said from the beginning again begins as that did.
        let said = last.trim_end();
        if said.is_empty() {
            return None;
        }
        let parts_differ = self.first_end < before.len() && self.text[..self.first_end].trim_end() != said;
        if parts_differ {
            // It may have come more than once again.
            while let Some(rest) = before.trim_end().strip_suffix(said).filter(|rest| !rest.trim().is_empty()) {
                before = rest;
            }
        }
        let least = if parts_differ { LEAST_REPEATED_WEIGHT } else { LEAST_REPEATED_PIECE_WEIGHT };
        let is_meant = weight(said) < least || repeats_itself(said);
        if before.trim_end() == said && (is(said) || !is_meant) {
            self.text.truncate(before.len());
            return Some(Repeated::LastPiece);
        }
        None
    }
}

/// How much a text says, about: a character of Chinese, Japanese or Korean as much as three letters. Not more than is compared with.
fn weight(text: &str) -> usize {
    text.trim().chars().take(LEAST_REPEATED_PIECE_WEIGHT).map(|c| if c >= '\u{2e80}' { 3 } else { 1 }).sum()
}

/// It is made of one short text again and again (`la la la la`), as songs and counting are.
fn repeats_itself(text: &str) -> bool {
    const LONGEST_UNIT_CHARS: usize = 12;
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
    text.char_indices().map(|(at, _)| at).skip(1).take(LONGEST_UNIT_CHARS).any(|end| {
        let unit = &text[..end];
        let whole_units = text.trim_end().split_inclusive(unit).all(|part| part == unit || unit.trim_end() == part);
        text.len() >= 2 * end && whole_units
    })
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
        // Beginnings that alone would be no sign, and texts that are short.
        for grown in [
            &["\n", "\nThe", "\nThe capital", "\nThe capital is"][..],
            &["#", "##", "## Paris", "## Paris is", "## Paris is it"],
            &["**", "**Paris", "**Paris**", "**Paris** is"],
            &["你", "你好", "你好！"],
            &["法", "法国", "法国的", "法国的首", "法国的首都", "法国的首都。"],
            &["4", "42", "42.", "42.5"],
        ] {
            assert_eq!(read(grown), (grown[grown.len() - 1].to_owned(), Some(Repeated::EachPiece)), "{grown:?}");
        }
    }

    #[test]
    fn a_last_piece_that_holds_everything_is_told_once() {
        assert_eq!(read(&["Hello", " world", "Hello world"]), ("Hello world".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Hello", " world\n", "Hello world"]), ("Hello world\n".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Paris is the capital."; 2]), ("Paris is the capital.".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Par", "is", "Paris"]), ("Paris".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["法国", "的", "法国的"]), ("法国的".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Hello", " world", "Hello world", "\n"]), ("Hello world".into(), Some(Repeated::LastPiece)));
        assert_eq!(read(&["Hello", " world", "Hello world", "Hello world"]), ("Hello world".into(), Some(Repeated::LastPiece)));
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
            &["J", "akarta", " Jakarta"],
            &["J", "akarta", " Jakarta", " Jakarta", " Jakarta"],
            &["Hello ", "Hello ", "Hello "],
            &["la la la la la la "; 2],
            &["echo ", "echo ", "echo echo "],
            &["#", "##", " Title"],
            &["\n", "\n\n", "Hello"],
            &["4", "42"],
            &["Yes", "Yes."],
            &["你", "你好"],
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

    #[test]
    fn a_whole_text_decides_what_was_meant() {
        let told = |pieces: &[&str], whole: &str| {
            let mut transcript = Transcript { is_stream: true, ..Transcript::default() };
            for piece in pieces {
                transcript.push(piece);
            }
            transcript.whole(whole, false);
            let repeated = transcript.end();
            (transcript.text.clone(), repeated, transcript.is_contradicted())
        };
        let twice = "Paris is the capital.".repeat(2);
        assert_eq!(told(&["Paris is the capital."; 2], &twice), (twice.clone(), None, false));
        assert_eq!(told(&["Paris is the capital."; 2], "Paris is the capital."), (twice[..21].into(), Some(Repeated::LastPiece), false));
        assert_eq!(told(&["Yes", "Yes."], "Yes."), ("Yes.".into(), Some(Repeated::EachPiece), false));
        assert_eq!(told(&["no", "no"], "no"), ("no".into(), Some(Repeated::LastPiece), false));
        assert_eq!(told(&["no", "no"], "nono"), ("nono".into(), None, false));
        assert_eq!(told(&["no", "no"], "yes"), ("nono".into(), None, true));
    }

    #[test]
    fn messages_may_be_pieces_or_hold_all_so_far() {
        let told = |messages: &[&str]| {
            let mut transcript = Transcript { is_stream: true, ..Transcript::default() };
            for message in messages {
                transcript.whole(message, true);
            }
            transcript.end();
            transcript.text
        };
        assert_eq!(told(&["no", " no", " no", ", ha", " ha"]), "no no no, ha ha");
        assert_eq!(told(&["Hel", "Hello", "Hello world"]), "Hello world");
        assert_eq!(told(&["Hello", " world", "Hello world"]), "Hello world");
        assert_eq!(told(&["42", "42"]), "42");
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
