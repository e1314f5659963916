//! The texts of one answer: visible text and reasoning, told as they arrive, kept under a cap, each thing once.

use super::chat::Delta;
use super::clean::{Cleaner, StreamTail};
use super::think_tags::{Part, ThinkTags, split_unopened};
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

/// One of the two texts.
#[derive(Debug, Default)]
struct Channel {
    said: Transcript,
    /// On its way to whoever watches.
    tail: StreamTail,
}

/// The texts in the making.
pub(super) struct AnswerText<'a> {
    cleaner: &'a Cleaner,
    on_delta: OnDelta<'a>,
    content: Channel,
    reasoning: Channel,
    /// Absent where tags are a part of the text.
    tags: Option<ThinkTags>,
    /// When text came that is held back.
    held_us: Option<u64>,
    /// Behind a closing tag that nothing opened.
    closed: Option<ClosedLate>,
    from_tags: bool,
    full: bool,
}

impl<'a> AnswerText<'a> {
    /// `reads_tags`: text between think tags is reasoning.
    pub(super) fn new(cleaner: &'a Cleaner, on_delta: OnDelta<'a>, reads_tags: bool) -> Self {
        Self {
            cleaner,
            on_delta,
            content: Channel::default(),
            reasoning: Channel::default(),
            tags: reads_tags.then(ThinkTags::default),
            held_us: None,
            closed: None,
            from_tags: false,
            full: false,
        }
    }

    /// Visible text so far.
    pub(super) fn content(&self) -> &str {
        self.content.said.text()
    }

    /// Reasoning so far.
    pub(super) fn reasoning(&self) -> &str {
        self.reasoning.said.text()
    }

    /// Any text came.
    pub(super) fn any(&self) -> bool {
        !self.content().is_empty() || !self.reasoning().is_empty() || self.tags.as_ref().is_some_and(ThinkTags::holds)
    }

    /// The cap was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The reasoning was taken from tags in the visible text.
    pub(super) fn is_from_tags(&self) -> bool {
        self.from_tags
    }

    /// A whole text came after pieces that make another one.
    pub(super) fn is_contradicted(&self) -> bool {
        self.content.said.is_contradicted()
    }

    /// Takes a piece that arrived at `at_us`.
    pub(super) fn take(&mut self, piece: Piece<'_>, at_us: u64) -> Came {
        let mut came = Came::default();
        match piece {
            Piece::Reasoning(text) => self.think(text, at_us, &mut came),
            Piece::Content(text) => {
                let mut parts = Vec::new();
                match self.tags.as_mut().filter(|tags| !tags.is_outside() && !text.is_empty()) {
                    Some(tags) => {
                        self.held_us.get_or_insert(at_us);
                        tags.push(text, &mut |part| parts.push(part));
                        self.take_parts(parts, at_us, &mut came);
                    }
                    None => self.say(text, at_us, at_us, &mut came),
                }
            }
            Piece::WholeReasoning(text) => {
                let fit = self.room(text);
                let new = self.reasoning.said.whole(&text[..fit]);
                if !new.is_empty() {
                    came.reasoning_us = Some(at_us);
                    self.tell_reasoning(new, at_us);
                }
            }
            Piece::WholeContent(text) => self.take_whole(text, at_us, &mut came),
        }
        came
    }

    fn take_parts(&mut self, parts: Vec<Part>, at_us: u64, came: &mut Came) {
        let found = self.tags.as_ref().is_some_and(ThinkTags::found);
        self.from_tags |= found;
        for part in parts {
            match part {
                Part::Reasoning(text) => self.think(&text, at_us, came),
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

    /// Takes the whole answer so far, tags and all.
    fn take_whole(&mut self, text: &str, at_us: u64, came: &mut Came) {
        let (mut content, mut thoughts) = (text.to_owned(), String::new());
        if self.tags.is_some() {
            content.clear();
            let mut tags = ThinkTags::default();
            let mut part = |part| match part {
                Part::Reasoning(text) => thoughts.push_str(&text),
                Part::Content(text) => content.push_str(&text),
            };
            tags.push(text, &mut part);
            tags.end(&mut part);
            self.from_tags |= tags.found();
        }
        if !thoughts.is_empty() {
            let came_whole = self.take(Piece::WholeReasoning(&thoughts), at_us);
            came.reasoning_us = came.reasoning_us.or(came_whole.reasoning_us);
        }
        let fit = self.room(&content);
        let new = self.content.said.whole(&content[..fit]);
        if !new.is_empty() {
            came.content_us.get_or_insert(at_us);
            self.tell_content(new, at_us);
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

    /// Visible text that came at `arrived_us` and is told at `at_us`. An empty one tells that something visible arrived.
    fn say(&mut self, text: &str, arrived_us: u64, at_us: u64, came: &mut Came) {
        let kept = &text[..self.room(text)];
        came.content_us.get_or_insert(arrived_us);
        if kept.is_empty() && !text.is_empty() {
            return;
        }
        let new = self.content.said.push(kept);
        self.tell_content(new, at_us);
        self.watch_for_a_closing_tag(kept, at_us);
    }

    fn think(&mut self, text: &str, at_us: u64, came: &mut Came) {
        let kept = &text[..self.room(text)];
        came.reasoning_us.get_or_insert(at_us);
        if !kept.is_empty() {
            let new = self.reasoning.said.push(kept);
            self.tell_reasoning(new, at_us);
        }
    }

    fn tell_content(&mut self, text: &str, at_us: u64) {
        (self.on_delta)(Delta::Content { text: &self.content.tail.push(text, self.cleaner), at_us });
    }

    fn tell_reasoning(&mut self, text: &str, at_us: u64) {
        (self.on_delta)(Delta::Reasoning { text: &self.reasoning.tail.push(text, self.cleaner), at_us });
    }

    /// How much of `text` is kept; marks when that is not all.
    fn room(&mut self, text: &str) -> usize {
        let room = TEXT_CAP_BYTES.saturating_sub(self.content().len() + self.reasoning().len());
        let fit = text.floor_char_boundary(room);
        self.full |= fit < text.len();
        fit
    }

    /// A chat template may have opened the reasoning, so that only its closing tag is in the answer: from there on the answer counts.
    fn watch_for_a_closing_tag(&mut self, piece: &str, at_us: u64) {
        const LONGEST_TAG_BYTES: usize = 32;
        if self.tags.as_ref().is_none_or(ThinkTags::found) || !self.reasoning().is_empty() {
            return;
        }
        match &mut self.closed {
            Some(closed) if !piece.trim().is_empty() => {
                closed.first_content_us.get_or_insert(at_us);
                closed.content_arrivals += 1;
            }
            Some(_) => {}
            None if piece.ends_with(['>', '\n', ']', '▷']) || piece.contains("think") || piece.contains("THINK") => {
                let text = self.content.said.text();
                let from = text.floor_char_boundary(text.len().saturating_sub(piece.len() + LONGEST_TAG_BYTES));
                if let Some((_, behind)) = split_unopened(&text[from..]) {
                    let came = !behind.is_empty();
                    self.closed = Some(ClosedLate { first_content_us: came.then_some(at_us), content_arrivals: came.into() });
                }
            }
            None => {}
        }
    }

    /// Puts right what only the end shows: what was said twice, and reasoning that only a closing tag tells.
    pub(super) fn settle(&mut self) -> (Option<Repeated>, Option<ClosedLate>) {
        let thoughts_repeated = self.reasoning.said.end();
        let repeated = self.content.said.end().or(thoughts_repeated);
        let closed = self.closed.take().filter(|_| self.reasoning().is_empty());
        let split = closed.and_then(|closed| {
            let (thoughts, answer) = split_unopened(self.content())?;
            Some((thoughts.to_owned(), answer.to_owned(), closed))
        });
        let Some((thoughts, answer, closed)) = split else { return (repeated, None) };
        self.content.said = Transcript::default();
        self.content.said.push(&answer);
        self.reasoning.said.push(&thoughts);
        self.from_tags = true;
        (repeated, Some(closed))
    }

    /// Tells what was held back, and gives output and reasoning as they may be kept.
    pub(super) fn end(&mut self, whole: bool, at_us: u64) -> (String, String) {
        let thoughts = self.reasoning.tail.end(whole, self.cleaner);
        if !thoughts.is_empty() {
            (self.on_delta)(Delta::Reasoning { text: &thoughts, at_us });
        }
        let content = self.content.tail.end(whole, self.cleaner);
        if !content.is_empty() {
            (self.on_delta)(Delta::Content { text: &content, at_us });
        }
        // Relays report refusals as answers now and then, key included.
        let kept = |text: &str| if whole { self.cleaner.redact(text) } else { self.cleaner.redact_cut(text) };
        (kept(self.content()), kept(self.reasoning()))
    }
}
