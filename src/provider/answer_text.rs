//! The texts of one answer: visible text and reasoning, told as they arrive, kept under a cap, each thing once.

use super::chat::Delta;
use super::clean::{Cleaner, StreamTail};
use super::think_tags::{Part, ThinkTags, closing_tag, split_unopened, tells_of_a_tag};
use super::transcript::{Repeated, Transcript};
use super::wire::Piece;

/// Visible and reasoning text of an answer together, bytes.
pub(super) const TEXT_CAP_BYTES: usize = 8 * 1024 * 1024;

/// Where text goes as it arrives.
pub(super) type OnDelta<'a> = &'a mut (dyn FnMut(Delta<'_>) + Send);

/// What arrived with a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Came {
    /// Visible text, at this time: earlier than the piece where it was held back as the possible beginning of a tag.
    pub(super) content_us: Option<u64>,
    /// Reasoning.
    pub(super) reasoning_us: Option<u64>,
}

/// What turned out to be reasoning only when its closing tag came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClosedLate {
    /// When visible text first came behind the tag; absent when none came.
    pub(super) first_content_us: Option<u64>,
    /// Arrivals of visible text from then on.
    pub(super) content_arrivals: u32,
}

/// What only the end shows of tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// The same reasoning came in a field of its own and between tags.
    ToldTwice,
    /// What looked like reasoning is the answer.
    TakenBack,
}

/// The texts in the making.
pub(super) struct AnswerText<'a> {
    cleaner: &'a Cleaner,
    on_delta: OnDelta<'a>,
    /// The visible text as it comes, tags and all.
    said: Transcript,
    /// Reasoning that came as such.
    thought: Transcript,
    /// Absent where tags are a part of the text.
    tags: Option<ThinkTags>,
    /// Once there are tags: what stands outside them, and inside.
    outside: String,
    inside: String,
    from_tags: bool,
    mended: Option<Mended>,
    /// On their way to whoever watches.
    content_tail: StreamTail,
    reasoning_tail: StreamTail,
    /// When text came that is held back.
    held_us: Option<u64>,
    /// Behind a closing tag that nothing opened.
    closed: Option<ClosedLate>,
    full: bool,
}

impl<'a> AnswerText<'a> {
    /// `tags`: their reader, where text between think tags is reasoning.
    pub(super) fn new(cleaner: &'a Cleaner, on_delta: OnDelta<'a>, tags: Option<ThinkTags>) -> Self {
        Self {
            cleaner,
            on_delta,
            said: Transcript::default(),
            thought: Transcript::default(),
            tags,
            outside: String::new(),
            inside: String::new(),
            from_tags: false,
            mended: None,
            content_tail: StreamTail::default(),
            reasoning_tail: StreamTail::default(),
            held_us: None,
            closed: None,
            full: false,
        }
    }

    /// It comes as a stream.
    pub(super) fn set_stream(&mut self) {
        self.said.set_stream();
        self.thought.set_stream();
    }

    /// Visible text so far.
    pub(super) fn content(&self) -> &str {
        if self.from_tags { &self.outside } else { self.said.text() }
    }

    /// Reasoning so far.
    pub(super) fn reasoning(&self) -> &str {
        if self.from_tags { &self.inside } else { self.thought.text() }
    }

    /// Any text came that shows something.
    pub(super) fn any(&self) -> bool {
        !self.said.text().is_empty() || !self.thought.text().is_empty()
    }

    /// The cap was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Some reasoning was taken from tags in the visible text.
    pub(super) fn is_from_tags(&self) -> bool {
        self.from_tags && self.inside != self.thought.text()
    }

    /// What the end showed of tags.
    pub(super) fn mended(&self) -> Option<Mended> {
        self.mended
    }

    /// A whole text came after pieces that make another one.
    pub(super) fn is_contradicted(&self) -> bool {
        self.said.is_contradicted()
    }

    /// Takes a piece that arrived at `at_us`.
    pub(super) fn take(&mut self, piece: Piece<'_>, at_us: u64) -> Came {
        let mut came = Came::default();
        let (Piece::Reasoning(text)
        | Piece::Content(text)
        | Piece::Call(text)
        | Piece::WholeReasoning(text)
        | Piece::WholeContent(text)
        | Piece::WholeOrNext(text)) = piece;
        let kept = &text[..self.room(text)];
        if kept.is_empty() && !text.is_empty() {
            return came;
        }
        match piece {
            Piece::Reasoning(_) => {
                came.reasoning_us = Some(at_us);
                let new = self.thought.push(kept);
                self.think(new, at_us);
            }
            Piece::WholeReasoning(_) => {
                let new = self.thought.whole(kept, false);
                came.reasoning_us = (!new.is_empty()).then_some(at_us);
                self.think(new, at_us);
            }
            // Something visible arrived that is told later.
            Piece::Content("") => {
                came.content_us = Some(at_us);
                self.tell_content("", at_us);
            }
            Piece::Content(_) => {
                let new = self.said.push(kept);
                self.read(new, at_us, &mut came);
            }
            Piece::WholeContent(_) | Piece::WholeOrNext(_) => {
                let new = self.said.whole(kept, matches!(piece, Piece::WholeOrNext(_)));
                self.read(new, at_us, &mut came);
            }
            Piece::Call(_) => {
                let mut parts = Vec::new();
                if let Some(tags) = &mut self.tags {
                    tags.leave(&mut |part| parts.push(part));
                }
                self.take_parts(parts, at_us, &mut came);
                self.said.call(kept);
                self.say(kept, at_us, at_us, &mut came);
            }
        }
        came
    }

    /// Visible text that is new, read for tags.
    fn read(&mut self, new: &str, at_us: u64, came: &mut Came) {
        if new.is_empty() {
            return;
        }
        match self.tags.as_mut().filter(|tags| !tags.is_outside()) {
            Some(tags) => {
                self.held_us.get_or_insert(at_us);
                let mut parts = Vec::new();
                tags.push(new, &mut |part| parts.push(part));
                self.take_parts(parts, at_us, came);
            }
            None => self.say(new, at_us, at_us, came),
        }
    }

    fn take_parts(&mut self, parts: Vec<Part>, at_us: u64, came: &mut Came) {
        let found = self.tags.as_ref().is_some_and(ThinkTags::found);
        self.from_tags |= found;
        for part in parts {
            match part {
                Part::Reasoning(text) => {
                    came.reasoning_us.get_or_insert(at_us);
                    self.inside.push_str(&text);
                    self.think(&text, at_us);
                }
                Part::Content(text) => {
                    let arrived_us = if found { at_us } else { self.held_us.unwrap_or(at_us) };
                    self.say(&text, arrived_us, at_us, came);
                }
            }
        }
        if self.tags.as_ref().is_some_and(|tags| !tags.holds()) {
            self.held_us = None;
        }
    }

    /// Nothing more comes: what is held back is told; gives when it came.
    pub(super) fn close(&mut self) -> Came {
        let mut came = Came::default();
        if let (Some(tags), Some(at_us)) = (&mut self.tags, self.held_us) {
            let mut parts = Vec::new();
            tags.end(&mut |part| parts.push(part));
            self.take_parts(parts, at_us, &mut came);
        }
        came
    }

    /// Visible text that came at `arrived_us` and is told at `at_us`.
    fn say(&mut self, text: &str, arrived_us: u64, at_us: u64, came: &mut Came) {
        came.content_us.get_or_insert(arrived_us);
        if self.from_tags {
            self.outside.push_str(text);
        }
        self.tell_content(text, at_us);
        self.watch_for_a_closing_tag(text, at_us);
    }

    fn think(&mut self, text: &str, at_us: u64) {
        if text.is_empty() {
            return;
        }
        (self.on_delta)(Delta::Reasoning { text: &self.reasoning_tail.push(text, self.cleaner), at_us });
    }

    fn tell_content(&mut self, text: &str, at_us: u64) {
        (self.on_delta)(Delta::Content { text: &self.content_tail.push(text, self.cleaner), at_us });
    }

    /// How much of `text` is kept; marks when that is not all.
    fn room(&mut self, text: &str) -> usize {
        let room = TEXT_CAP_BYTES.saturating_sub(self.said.text().len() + self.thought.text().len());
        let fit = text.floor_char_boundary(room);
        self.full |= fit < text.len();
        fit
    }

    /// A chat template may have opened the reasoning, so that only its closing tag is in the answer: from there on the answer counts.
    fn watch_for_a_closing_tag(&mut self, piece: &str, at_us: u64) {
        const LONGEST_TAG_BYTES: usize = 32;
        if self.tags.is_none() || self.from_tags || !self.thought.text().is_empty() {
            return;
        }
        if let Some(closed) = &mut self.closed {
            if !piece.trim().is_empty() {
                closed.first_content_us.get_or_insert(at_us);
                closed.content_arrivals += 1;
            }
            return;
        }
        let text = self.said.text();
        let from = text.floor_char_boundary(text.len().saturating_sub(piece.len() + LONGEST_TAG_BYTES));
        if let Some((_, to)) = closing_tag(&text[from..]) {
            let came = !text[from + to..].trim().is_empty();
            self.closed = Some(ClosedLate { first_content_us: came.then_some(at_us), content_arrivals: came.into() });
        }
    }

    /// Puts right what only the end shows: what was said twice, and reasoning that only a closing tag tells.
    pub(super) fn settle(&mut self) -> (Option<Repeated>, Option<ClosedLate>) {
        let thoughts_repeated = self.thought.end();
        let repeated = self.said.end();
        if repeated.is_some() && self.from_tags {
            self.split_again();
        }
        let thought = self.thought.text();
        // Some relays tell the reasoning both ways.
        if self.from_tags && !thought.is_empty() {
            if self.inside.trim() == thought.trim() {
                self.mended = Some(Mended::ToldTwice);
                self.inside.clear();
            }
            self.inside.insert_str(0, thought);
        }
        let closed = self.closed.take().filter(|_| !self.from_tags && thought.is_empty());
        let split = closed.and_then(|closed| Some((split_unopened(self.said.text())?, closed)));
        let Some(((thoughts, answer), closed)) = split else { return (repeated.or(thoughts_repeated), None) };
        (self.inside, self.outside) = (thoughts.to_owned(), answer.to_owned());
        self.from_tags = true;
        (repeated, Some(closed))
    }

    /// The model ended as it wished: a tag that it never closed and that begins a sentence is a part of what it says. Says whether that was so.
    pub(super) fn take_back(&mut self) -> bool {
        let open = self.tags.as_ref().is_some_and(ThinkTags::is_inside) && self.thought.text().is_empty();
        let taken = open && tells_of_a_tag(self.said.text());
        if taken {
            self.from_tags = false;
            self.mended = Some(Mended::TakenBack);
        }
        taken
    }

    /// Reads the text for tags once more, now that it stands.
    fn split_again(&mut self) {
        let (mut tags, mut inside, mut outside) =
            (self.tags.as_ref().map(ThinkTags::afresh).unwrap_or_default(), String::new(), String::new());
        let mut part = |part| match part {
            Part::Reasoning(text) => inside.push_str(&text),
            Part::Content(text) => outside.push_str(&text),
        };
        tags.push(self.said.text(), &mut part);
        tags.end(&mut part);
        (self.inside, self.outside) = (inside, outside);
    }

    /// Tells what was held back, and gives output and reasoning as they may be kept.
    pub(super) fn end(&mut self, whole: bool, at_us: u64) -> (String, String) {
        let thoughts = self.reasoning_tail.end(whole, self.cleaner);
        if !thoughts.is_empty() {
            (self.on_delta)(Delta::Reasoning { text: &thoughts, at_us });
        }
        let content = self.content_tail.end(whole, self.cleaner);
        if !content.is_empty() {
            (self.on_delta)(Delta::Content { text: &content, at_us });
        }
        // Relays report refusals as answers now and then, key included.
        let kept = |text: &str| if whole { self.cleaner.redact(text) } else { self.cleaner.redact_cut(text) };
        (kept(self.content()), kept(self.reasoning()))
    }
}
