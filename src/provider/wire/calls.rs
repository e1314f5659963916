//! Tool calls as the answer: put together from their pieces, however those are mixed, and told as `name(arguments)`, one a line.

use super::format::Piece;

/// Names and arguments of all open calls, bytes: as much as an answer may have.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Calls that are open at once.
const MOST_CALLS: usize = 1_000;

/// One call in the making.
#[derive(Debug, Default)]
struct Call {
    /// What its pieces go by: an index or an id.
    key: String,
    /// The provider's id; empty when not told.
    id: String,
    name: String,
    /// JSON as the model wrote it.
    arguments: String,
}

/// A piece of a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CallPiece<'a> {
    /// Absent: it goes by its id, else with the call before.
    pub(super) key: Option<&'a str>,
    /// Empty when not told.
    pub(super) id: &'a str,
    /// Empty when not told.
    pub(super) name: &'a str,
    /// What follows of the arguments.
    pub(super) arguments: &'a str,
}

/// What was said last, so that a call stands on a line of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Nothing,
    Text,
    Call,
}

/// The open calls of an answer.
#[derive(Debug, Default)]
pub(in crate::provider) struct Calls {
    open: Vec<Call>,
    bytes: usize,
    last: Last,
    /// Some call came.
    any: bool,
    full: bool,
}

impl Calls {
    /// Something of the answer was said, or is about to be.
    pub(super) fn has_begun(&self) -> bool {
        self.last != Last::Nothing || !self.open.is_empty()
    }

    /// The answer holds a call.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// There is more than can be kept.
    pub(in crate::provider) fn is_full(&self) -> bool {
        self.full
    }

    /// Visible text, never empty.
    pub(super) fn text(&mut self, text: &str, emit: &mut dyn FnMut(Piece<'_>)) {
        if self.last == Last::Call {
            emit(Piece::Content("\n"));
        }
        self.last = Last::Text;
        emit(Piece::Content(text));
    }

    /// Visible text was said without passing here.
    pub(super) fn said_text(&mut self) {
        self.last = Last::Text;
    }

    /// Takes a piece. It counts as arrived now and is told once its call is whole.
    pub(super) fn add(&mut self, piece: CallPiece<'_>, emit: &mut dyn FnMut(Piece<'_>)) {
        let bytes = piece.id.len() + piece.name.len() + piece.arguments.len();
        if self.bytes + bytes > MOST_BYTES || self.open.len() > MOST_CALLS {
            self.full = true;
            return;
        }
        self.bytes += bytes;
        self.any = true;
        let key = piece.key.unwrap_or(piece.id);
        let known = self.open.iter().rposition(|call| if key.is_empty() { true } else { call.key == key });
        // Some relays number all calls 0 and tell them apart by their ids.
        let is_other = |call: &Call| !piece.id.is_empty() && !call.id.is_empty() && call.id != piece.id && !piece.name.is_empty();
        let at = known.filter(|at| !is_other(&self.open[*at])).unwrap_or_else(|| {
            self.open.push(Call { key: key.to_owned(), ..Call::default() });
            self.open.len() - 1
        });
        let call = &mut self.open[at];
        for (kept, told) in [(&mut call.id, piece.id), (&mut call.name, piece.name)] {
            // Some servers repeat both in every piece.
            if kept.is_empty() {
                kept.push_str(told);
            }
        }
        // A last piece may hold all arguments again.
        if piece.arguments.starts_with('{') && piece.arguments.starts_with(&call.arguments) && is_json(&call.arguments) {
            piece.arguments.clone_into(&mut call.arguments);
        } else {
            call.arguments.push_str(piece.arguments);
        }
        emit(Piece::Content(""));
    }

    /// All arguments of a call at once: they count only where no pieces of them came.
    pub(super) fn complete(&mut self, piece: CallPiece<'_>, emit: &mut dyn FnMut(Piece<'_>)) {
        let key = piece.key.unwrap_or(piece.id);
        let has_arguments = self.open.iter().any(|call| call.key == key && !call.arguments.is_empty());
        self.add(if has_arguments { CallPiece { arguments: "", ..piece } } else { piece }, emit);
    }

    /// The call of this key is whole.
    pub(super) fn close(&mut self, key: &str, emit: &mut dyn FnMut(Piece<'_>)) {
        while let Some(at) = self.open.iter().position(|call| call.key == key) {
            let call = self.open.remove(at);
            self.tell(&call, emit);
        }
    }

    /// Nothing more comes: what is open is told as far as it came.
    pub(in crate::provider) fn close_all(&mut self, emit: &mut dyn FnMut(Piece<'_>)) {
        for call in std::mem::take(&mut self.open) {
            self.tell(&call, emit);
        }
    }

    fn tell(&mut self, call: &Call, emit: &mut dyn FnMut(Piece<'_>)) {
        let line_break = if self.last == Last::Nothing { "" } else { "\n" };
        self.last = Last::Call;
        let name = if call.name.is_empty() { "?" } else { &call.name };
        emit(Piece::Call(&format!("{line_break}{name}({})", call.arguments)));
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(pieces: &[CallPiece<'_>]) -> String {
        let (mut calls, mut text) = (Calls::default(), String::new());
        let mut emit = |piece: Piece<'_>| {
            if let Piece::Content(content) | Piece::Call(content) = piece {
                text.push_str(content);
            }
        };
        for piece in pieces {
            calls.add(*piece, &mut emit);
        }
        calls.close_all(&mut emit);
        text
    }

    fn piece<'a>(key: &'a str, id: &'a str, name: &'a str, arguments: &'a str) -> CallPiece<'a> {
        CallPiece { key: Some(key).filter(|key| !key.is_empty()), id, name, arguments }
    }

    #[test]
    fn calls_are_told_one_a_line() {
        assert_eq!(told(&[piece("0", "a", "f", ""), piece("0", "", "", "{\"x\""), piece("0", "", "", ":1}")]), "f({\"x\":1})");
        assert_eq!(told(&[piece("0", "a", "f", "{}"), piece("1", "b", "g", "{}")]), "f({})\ng({})");
        // Without numbers, with one number for all, and with names that are repeated.
        assert_eq!(told(&[piece("", "a", "f", ""), piece("", "", "", "{}")]), "f({})");
        assert_eq!(told(&[piece("0", "a", "f", "1"), piece("0", "b", "g", "2"), piece("0", "", "", "3")]), "f(1)\ng(23)");
        assert_eq!(told(&[piece("0", "a", "f", "1"), piece("0", "a", "f", "2")]), "f(12)");
        assert_eq!(told(&[piece("0", "", "", "1")]), "?(1)");
        assert_eq!(told(&[piece("0", "a", "f", "{\"q\""), piece("0", "", "", ":1}"), piece("0", "a", "f", "{\"q\":1}")]), "f({\"q\":1})");
    }

    #[test]
    fn text_and_calls_stand_on_lines_of_their_own() {
        let (mut calls, mut text) = (Calls::default(), String::new());
        let mut emit = |piece: Piece<'_>| {
            if let Piece::Content(content) | Piece::Call(content) = piece {
                text.push_str(content);
            }
        };
        calls.text("Let me ", &mut emit);
        calls.text("look.", &mut emit);
        calls.add(piece("1", "", "f", "{}"), &mut emit);
        calls.close("1", &mut emit);
        calls.text("Done.", &mut emit);
        assert_eq!(text, "Let me look.\nf({})\nDone.");
    }

    #[test]
    fn endless_calls_are_cut() {
        let mut calls = Calls::default();
        for number in 0..2_000 {
            calls.add(piece(&number.to_string(), "", "f", ""), &mut |_piece| {});
        }
        assert!(calls.is_full());
        let mut calls = Calls::default();
        let long = "x".repeat(1 << 20);
        (0..9).for_each(|_| calls.add(piece("0", "", "f", &long), &mut |_piece| {}));
        assert!(calls.is_full());
    }

    proptest! {
        /// Whatever the mixing of the pieces of several calls, each call is whole and in its place.
        #[test]
        fn mixed_pieces_make_the_same_calls(order in prop::collection::vec(0usize..3, 0..60)) {
            let whole = ["{\"city\":\"Oslo\"}", "[1,2,3]", "{}"];
            let mut pieces: Vec<(usize, &str, &str)> = (0..3).map(|call| (call, ["f", "g", "h"][call], "")).collect();
            let mut at = [0usize; 3];
            for call in order.into_iter().chain(std::iter::repeat_n(0, 20)).chain(std::iter::repeat_n(1, 20)).chain(std::iter::repeat_n(2, 20)) {
                if at[call] < whole[call].len() {
                    pieces.push((call, "", &whole[call][at[call]..=at[call]]));
                    at[call] += 1;
                }
            }
            let keys = ["0", "1", "2"];
            let pieces: Vec<CallPiece<'_>> = pieces.iter().map(|(call, name, arguments)| piece(keys[*call], "", name, arguments)).collect();
            prop_assert_eq!(told(&pieces), format!("f({})\ng({})\nh({})", whole[0], whole[1], whole[2]));
        }
    }
}
