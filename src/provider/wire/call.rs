//! One tool call in the making: what its pieces add to it, which of them tell the same again, and which begin another call.

use std::cell::OnceCell;

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
    /// Another piece stands before it in the same list.
    pub(super) is_beside: bool,
}

/// The call.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// What its pieces go by: an index or an id.
    pub(super) key: String,
    /// The provider's id; empty when not told.
    id: String,
    name: String,
    /// JSON as the model wrote it.
    arguments: String,
    shape: Shape,
    /// Where the last piece of the arguments begins.
    last_at: usize,
    /// Arguments that were told all at once: they count where no pieces come.
    pub(super) at_once: String,
    value: OnceCell<Option<serde_json::Value>>,
    /// It came without a name, or with the id of the call before: it may be that call once more.
    is_again: bool,
}

impl Call {
    /// Begins one; `before` is the call that the piece looked like a part of.
    pub(super) fn new(key: &str, piece: &CallPiece<'_>, before: Option<&Self>) -> Self {
        let unnamed = before.filter(|_| piece.name.is_empty());
        let is_again = unnamed.is_some() || before.is_some_and(|before| before.has_id(piece.id) && !piece.is_beside);
        let name = unnamed.map(|before| before.name.clone()).unwrap_or_default();
        Self { key: key.to_owned(), is_again, name, ..Self::default() }
    }

    /// It was told with this id.
    pub(super) fn has_id(&self, id: &str) -> bool {
        !id.is_empty() && self.id == id
    }

    /// The piece, although it goes by the same key, begins another call.
    pub(super) fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        let is_named = !piece.name.is_empty();
        // Some relays number all calls 0 and tell them apart by their ids.
        if is_named && !piece.id.is_empty() && !self.id.is_empty() && self.id != piece.id {
            return true;
        }
        let other_name = is_named && !self.name.is_empty() && self.name != piece.name;
        if !self.shape.is_whole() {
            // Without a key a name cannot be the rest of the one before.
            let has_key = piece.key.is_some() || !piece.id.is_empty();
            return other_name && self.arguments.is_empty() && (piece.is_beside || !has_key);
        }
        if other_name || (is_named && piece.is_beside) {
            return true;
        }
        // A last piece may hold all arguments again, and an empty object may stand for those that follow.
        piece.arguments.trim_start().starts_with('{') && self.arguments != "{}" && !piece.arguments.starts_with(&self.arguments)
    }

    /// Takes a piece; gives how many bytes it took the place of.
    pub(super) fn add(&mut self, piece: &CallPiece<'_>) -> usize {
        if self.id.is_empty() {
            self.id.push_str(piece.id);
        }
        // Some servers repeat the name in every piece, and some send it in pieces.
        if piece.name.starts_with(&self.name) {
            piece.name.clone_into(&mut self.name);
        } else if self.arguments.is_empty() && piece.arguments.is_empty() {
            self.name.push_str(piece.name);
        }
        if piece.arguments.is_empty() {
            return 0;
        }
        let replaced = if self.is_told_again_in(piece.arguments) { std::mem::take(&mut self.arguments).len() } else { 0 };
        if replaced > 0 {
            self.shape = Shape::default();
        }
        self.last_at = self.arguments.len();
        self.arguments.push_str(piece.arguments);
        self.value = OnceCell::new();
        self.shape.push(piece.arguments);
        replaced
    }

    /// `next` holds all arguments so far again: it is the last piece of some servers and each piece of others.
    fn is_told_again_in(&self, next: &str) -> bool {
        if !next.starts_with('{') || self.arguments.is_empty() || self.shape.takes_object() {
            return false;
        }
        let (before, last) = self.arguments.split_at(self.last_at);
        self.arguments == "{}"
            || next.starts_with(&self.arguments)
            // The last piece may have been such a one where an object could follow as well.
            || (!before.is_empty() && next.starts_with(last) && last.starts_with(before))
    }

    /// It is `other` once more: relays that tell a call whole and then in pieces, or at the end with other white space.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        let same = || self.value().is_some() && self.value() == other.value();
        self.is_again && self.shape.is_whole() && self.key == other.key && self.name == other.name && same()
    }

    /// Its arguments came in one piece.
    pub(super) fn came_at_once(&self) -> bool {
        self.last_at == 0
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.id.len() + self.name.len() + self.arguments.len()
    }

    /// The arguments however they are spaced; worked out once for all that they are compared with.
    fn value(&self) -> Option<&serde_json::Value> {
        self.value.get_or_init(|| serde_json::from_str(&self.arguments).ok()).as_ref()
    }

    /// As `name(arguments)`.
    pub(super) fn text(&self) -> String {
        let (before, last) = self.arguments.split_at(self.last_at);
        let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        let holds_all = !before.is_empty() && last.starts_with(before) && !is_json(&self.arguments) && is_json(last);
        let arguments = if self.arguments.trim().is_empty() {
            &self.at_once
        } else if holds_all {
            last
        } else {
            &self.arguments
        };
        let name = if self.name.is_empty() { "?" } else { &self.name };
        format!("{name}({arguments})")
    }
}

/// How far JSON has come, as its brackets and quotes tell: each piece is looked at once, however many there are.
#[derive(Debug, Default)]
struct Shape {
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last character outside texts, quotes included, that is no white space.
    last: Option<char>,
}

impl Shape {
    fn push(&mut self, json: &str) {
        for c in json.chars() {
            if self.in_text {
                self.in_text = self.escaped || c != '"';
                self.escaped = !self.escaped && c == '\\';
                continue;
            }
            match c {
                '"' => self.in_text = true,
                '{' | '[' => self.depth += 1,
                '}' | ']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if !c.is_whitespace() {
                self.last = Some(c);
            }
        }
    }

    /// It is an object, from its first bracket to its last.
    fn is_whole(&self) -> bool {
        self.depth == 0 && !self.in_text && self.last == Some('}')
    }

    /// An object can stand here. In a text it cannot: its quotes would end the text.
    fn takes_object(&self) -> bool {
        !self.in_text && matches!(self.last, None | Some(':' | '[' | ','))
    }
}
