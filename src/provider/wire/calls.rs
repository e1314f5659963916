//! Tool calls as the answer: put together from their pieces, however those are mixed, and told as `name(arguments)`, one a line.

use super::call::{Call, CallPiece};
use super::format::Piece;

/// Names and arguments of all open calls, bytes: as much as an answer may have.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Calls that are open at once.
const MOST_CALLS: usize = 1_000;

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

    /// Some open call does not go by this key.
    pub(super) fn any_but(&self, key: &str) -> bool {
        self.open.iter().any(|call| call.key != key)
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
        let of_key = |call: &Call| key.is_empty() || call.key == key;
        let known = self.open.iter().rposition(|call| of_key(call) && call.has_id(piece.id));
        let known = known.or_else(|| self.open.iter().rposition(of_key));
        let at = match known.map(|at| (at, &self.open[at])) {
            Some((at, call)) if !call.is_followed_by(&piece) => at,
            before => {
                self.open.push(Call::new(key, &piece, before.map(|(_, call)| call)));
                self.open.len() - 1
            }
        };
        self.bytes -= self.open[at].add(&piece);
        // What came in many pieces is compared once, when it is told.
        if self.open[at].came_at_once() && self.is_told_before(at) {
            self.bytes = self.bytes.saturating_sub(self.open.remove(at).bytes());
        }
        emit(Piece::Content(""));
    }

    /// All arguments of a call at once, before its pieces or behind them: they count only where none come.
    pub(super) fn complete(&mut self, piece: CallPiece<'_>, emit: &mut dyn FnMut(Piece<'_>)) {
        self.add(CallPiece { arguments: "", ..piece }, emit);
        let key = piece.key.unwrap_or(piece.id);
        if let Some(call) = self.open.iter_mut().rfind(|call| call.key == key && !piece.arguments.is_empty()) {
            piece.arguments.clone_into(&mut call.at_once);
        }
    }

    fn is_told_before(&self, at: usize) -> bool {
        self.open[..at].iter().any(|call| self.open[at].repeats(call))
    }

    /// The call of this key is whole.
    pub(super) fn close(&mut self, key: &str, emit: &mut dyn FnMut(Piece<'_>)) {
        self.close_those(|call| call.key == key, emit);
    }

    /// Nothing more comes: what is open is told as far as it came.
    pub(in crate::provider) fn close_all(&mut self, emit: &mut dyn FnMut(Piece<'_>)) {
        self.close_those(|_call| true, emit);
    }

    fn close_those(&mut self, are: impl Fn(&Call) -> bool, emit: &mut dyn FnMut(Piece<'_>)) {
        let told: Vec<usize> = (0..self.open.len()).filter(|at| are(&self.open[*at]) && !self.is_told_before(*at)).collect();
        let calls = std::mem::take(&mut self.open);
        for (at, call) in calls.into_iter().enumerate() {
            if !are(&call) {
                self.open.push(call);
            } else if told.contains(&at) {
                self.tell(&call, emit);
            }
        }
    }

    fn tell(&mut self, call: &Call, emit: &mut dyn FnMut(Piece<'_>)) {
        let line_break = if self.last == Last::Nothing { "" } else { "\n" };
        self.last = Last::Call;
        emit(Piece::Call(&format!("{line_break}{}", call.text())));
    }
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
        CallPiece { key: Some(key).filter(|key| !key.is_empty()), id, name, arguments, is_beside: false }
    }

    fn beside<'a>(key: &'a str, id: &'a str, name: &'a str, arguments: &'a str) -> CallPiece<'a> {
        CallPiece { is_beside: true, ..piece(key, id, name, arguments) }
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
    fn a_name_behind_a_whole_call_begins_another_whatever_the_key() {
        for (key, id) in [("", ""), ("0", ""), ("0", "x"), ("", "x")] {
            let (one, two) = (piece(key, id, "f", "{\"q\":1}"), piece(key, id, "f", "{\"q\":2}"));
            assert_eq!(told(&[one, two]), "f({\"q\":1})\nf({\"q\":2})", "{key} {id}");
            assert_eq!(told(&[one, beside(key, id, "f", "{\"q\":1}")]), "f({\"q\":1})\nf({\"q\":1})", "{key} {id}");
            let other = [one, piece(key, id, "g", ""), piece(key, "", "", "{\"a\""), piece(key, "", "", ":[{}]}")];
            assert_eq!(told(&other), "f({\"q\":1})\ng({\"a\":[{}]})", "{key} {id}");
        }
        assert_eq!(told(&[piece("", "", "f", ""), beside("", "", "g", "")]), "f()\ng()");
        // A last piece that tells both again.
        let (one, two) = (piece("0", "a", "f", "{\"q\":1}"), piece("0", "b", "f", "{\"q\":2}"));
        assert_eq!(told(&[one, two, one, two]), "f({\"q\":1})\nf({\"q\":2})");
        // One that is told whole and then in pieces; and one more under the name that stood there.
        let again = [piece("0", "", "f", "{\"q\":1}"), piece("0", "", "", "{\"q\""), piece("0", "", "", ": 1}")];
        assert_eq!(told(&again), "f({\"q\":1})");
        assert_eq!(told(&[one, piece("0", "a", "f", "{\"q\": 1}")]), "f({\"q\":1})");
        assert_eq!(told(&[one, piece("0", "", "f", ""), piece("0", "", "", "{\"q\":2}")]), "f({\"q\":1})\nf({\"q\":2})");
    }

    #[test]
    fn what_is_told_again_is_told_once() {
        let pieces = |arguments: &[&str], again: &str| {
            let name = |at: usize| if at == 0 { "f" } else { again };
            told(&arguments.iter().enumerate().map(|(at, arguments)| piece("0", "", name(at), arguments)).collect::<Vec<_>>())
        };
        for again in ["", "f"] {
            // An empty object that stands for what follows, and pieces that each hold all before them.
            for arguments in [
                &["{}", "{\"q\"", ":1}"][..],
                &["", "{", "{\"q\"", "{\"q\":1", "{\"q\":1}", "{\"q\":1}"],
                &["{\"q\":", "{\"q\":1", "{\"q\":1}"],
                &["{\"q\":", "{\"q\":1}"],
            ] {
                assert_eq!(pieces(arguments, again), "f({\"q\":1})", "{arguments:?}");
            }
            // Pieces that only look so.
            for arguments in [
                &["{\"q\":", "{\"q\":1}", "}"][..],
                &["{\"a\":[", "{", "\"b\":{", "}},", "{\"c\":1}", "]}"],
                &["{\"a\":\"", "{", "{", "}\\\"", "{\"}"],
            ] {
                assert_eq!(pieces(arguments, again), format!("f({})", arguments.concat()), "{arguments:?}");
            }
        }
        assert_eq!(told(&[piece("0", "a", "get_", ""), piece("0", "", "weather", ""), piece("0", "", "", "{}")]), "get_weather({})");
        assert_eq!(told(&[piece("0", "a", "get_", ""), piece("0", "a", "get_weather", ""), piece("0", "", "", "{}")]), "get_weather({})");
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
