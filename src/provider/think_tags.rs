//! Reasoning that models write into their answer between tags, as servers without a reasoning parser pass it on.
//!
//! Opening tags count at the beginning of the answer only: elsewhere they are a part of what is said. A closing tag without an opening one means that the
//! chat template had opened it.

use crate::domain::Message;

/// Opening and closing tags, of any letter case: DeepSeek, Qwen and most others; prompts for Claude and others; Gemma; Seed; Mistral; Kimi; Cohere; gpt-oss.
const TAGS: [(&str, &str); 10] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("<thought>", "</thought>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<|start|>assistant<|channel|>analysis<|message|>", "<|end|>"),
];

/// Tags that prompts ask answers to be parted with (`<reasoning>…</reasoning><answer>…</answer>`): where one does, they are a part of the answer.
const ASKED_FOR: [&str; 3] = ["<thinking>", "<reasoning>", "<thought>"];

/// What stands around the answer behind such reasoning: Cohere; gpt-oss.
const AROUND_ANSWER: [(&str, &str); 2] =
    [("<|START_RESPONSE|>", "<|END_RESPONSE|>"), ("<|start|>assistant<|channel|>final<|message|>", "<|return|>")];

/// White space that is held back at most, bytes: a model may run away in it.
const MOST_BLANK_BYTES: usize = 4 * 1024;

/// A part of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Between the tags.
    Reasoning(String),
    /// Outside.
    Content(String),
}

/// Where the reader stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Only white space came, or what may become an opening tag.
    #[default]
    Start,
    /// Inside these tags.
    Inside(usize),
    /// Behind a closing tag: white space is left out, and other tags may follow.
    Behind,
    /// In an answer with these marks around it.
    Answer(usize),
    /// Nothing more is looked for.
    Outside,
}

/// The reader of one answer.
#[derive(Debug, Default)]
pub(super) struct ThinkTags {
    at: At,
    /// What may be the beginning of a tag.
    held: String,
    /// There were tags.
    found: bool,
    /// Opening tags that the prompt names.
    asked_for: Vec<&'static str>,
}

impl ThinkTags {
    /// For the answer to this prompt.
    pub(super) fn of_answer_to(prompt: &[Message]) -> Self {
        let is_named = |tag: &&str| prompt.iter().any(|message| find(&message.content, tag).is_some());
        Self { asked_for: ASKED_FOR.into_iter().filter(is_named).collect(), ..Self::default() }
    }

    /// For reading the same answer once more.
    pub(super) fn afresh(&self) -> Self {
        Self { asked_for: self.asked_for.clone(), ..Self::default() }
    }

    /// The tags that begin reasoning, by their place in [`TAGS`].
    fn opening(&self) -> impl Iterator<Item = (usize, &'static str)> {
        TAGS.iter().map(|(open, _)| *open).enumerate().filter(|(_, open)| !self.asked_for.contains(open))
    }

    /// There were tags.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    /// Text is held back that may be the beginning of a tag.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Nothing of this answer needs to be looked at any more.
    pub(super) fn is_outside(&self) -> bool {
        self.at == At::Outside
    }

    /// Takes the next piece of the visible text.
    pub(super) fn push(&mut self, piece: &str, part: &mut impl FnMut(Part)) {
        self.held.push_str(piece);
        loop {
            match self.at {
                At::Start | At::Behind => {
                    let blank = self.held.len() - self.held.trim_start().len();
                    let rest = &self.held[blank..];
                    if rest.is_empty() && blank > MOST_BLANK_BYTES {
                        match self.at {
                            At::Behind => self.held.clear(),
                            _ => self.at = At::Outside,
                        }
                        continue;
                    }
                    let opening = self.opening().find(|(_, open)| begins(rest, open));
                    if let Some((tag, _)) = opening {
                        self.held.drain(..blank + TAGS[tag].0.len());
                        self.at = At::Inside(tag);
                        self.found = true;
                    } else if let Some(mark) = AROUND_ANSWER.iter().position(|(open, _)| self.at == At::Behind && begins(rest, open)) {
                        self.held.drain(..blank + AROUND_ANSWER[mark].0.len());
                        self.at = At::Answer(mark);
                    } else if let Some(close) = lone_closing_tags().find(|close| self.at == At::Start && begins(rest, close)) {
                        let behind = rest[close.len()..].trim_start_matches([' ', '\t']);
                        let is_glued = behind.len() + close.len() == rest.len();
                        match behind.chars().next() {
                            None if self.held.len() < MOST_BLANK_BYTES => return,
                            Some(next) if matches!(next, '\r' | '\n') || (is_glued && begins_a_text(next)) => {
                                self.held.drain(..blank + close.len());
                                self.at = At::Behind;
                                self.found = true;
                            }
                            None | Some(_) => self.at = At::Outside,
                        }
                    } else if rest.is_empty() || self.may_follow().any(|tag| begins(tag, rest)) {
                        return;
                    } else {
                        if self.at == At::Behind {
                            self.held.drain(..blank);
                        }
                        self.at = At::Outside;
                    }
                }
                At::Inside(tag) => {
                    let closed = self.take_until(TAGS[tag].1, |text| reasoning(text, part));
                    if !closed {
                        return;
                    }
                    self.at = At::Behind;
                }
                At::Answer(mark) => {
                    let closed = self.take_until(AROUND_ANSWER[mark].1, |text| {
                        if !text.is_empty() {
                            part(Part::Content(text.to_owned()));
                        }
                    });
                    if !closed {
                        return;
                    }
                    self.at = At::Outside;
                }
                At::Outside => {
                    let text = std::mem::take(&mut self.held);
                    if !text.is_empty() {
                        part(Part::Content(text));
                    }
                    return;
                }
            }
        }
    }

    /// The tags that may stand here.
    fn may_follow(&self) -> impl Iterator<Item = &'static str> {
        let (start, behind) = (self.at == At::Start, self.at == At::Behind);
        let answer = AROUND_ANSWER.iter().map(|(open, _)| *open).filter(move |_| behind);
        self.opening().map(|(_, open)| open).chain(answer).chain(lone_closing_tags().filter(move |_| start))
    }

    /// Tells what is held as far as no `close` begins in it; whether there was one, which is left out.
    fn take_until(&mut self, close: &str, tell: impl FnOnce(&str)) -> bool {
        let found = find(&self.held, close);
        let told = found.unwrap_or_else(|| self.held.len() - begun(&self.held, close));
        tell(&self.held[..told]);
        self.held.drain(..found.map_or(told, |at| at + close.len()));
        found.is_some()
    }

    /// Its opening tag was not closed.
    pub(super) fn is_inside(&self) -> bool {
        matches!(self.at, At::Inside(_))
    }

    /// Something came that stands outside all tags, a call: what was held back is what it looked like.
    pub(super) fn leave(&mut self, part: &mut impl FnMut(Part)) {
        self.end(part);
        self.at = At::Outside;
    }

    /// Nothing more comes: what was held back is what it looked like.
    pub(super) fn end(&mut self, part: &mut impl FnMut(Part)) {
        let text = std::mem::take(&mut self.held);
        match self.at {
            At::Inside(_) => reasoning(&text, part),
            At::Behind if text.trim().is_empty() => {}
            _ if text.is_empty() => {}
            _ => part(Part::Content(text)),
        }
    }
}

/// Splits a text that has a closing tag and no opening one: the chat template had opened it. Not where the tag is talked about: in code, inside a sentence,
/// or as one of several.
pub(super) fn split_unopened(text: &str) -> Option<(&str, &str)> {
    let (at, to) = closing_tag(text)?;
    let (before, behind) = (&text[..at], &text[to..]);
    let others = closing_tag(behind).is_some() || TAGS.iter().any(|(open, _)| find(text, open).is_some());
    let in_code = before.matches('`').count() % 2 == 1;
    let stands = !others && !in_code && !before.trim().is_empty() && parts_two_texts(before, behind);
    stands.then(|| (before.trim_end(), behind.trim_start()))
}

/// Where the first closing tag stands, of those that chat templates open.
pub(super) fn closing_tag(text: &str) -> Option<(usize, usize)> {
    lone_closing_tags().filter_map(|close| find(text, close).map(|at| (at, at + close.len()))).min()
}

/// The text begins with a sentence about an opening tag: no model writes its thoughts behind a space.
pub(super) fn tells_of_a_tag(text: &str) -> bool {
    let text = text.trim_start();
    let behind = TAGS.iter().find(|(open, _)| begins(text, open)).map(|(open, _)| &text[open.len()..]);
    behind.is_some_and(|behind| behind.starts_with(' ') && !behind.trim_start_matches(' ').starts_with(['\r', '\n']))
}

/// A tag between these two is no part of a sentence.
fn parts_two_texts(before: &str, behind: &str) -> bool {
    let said = before.trim_end();
    let gap = &before[said.len()..];
    let (own_line, attached) = (gap.contains('\n'), gap.is_empty());
    let introduces =
        said.ends_with([':', '：', ',', '，', ';', '-', '=', '/', '|', '(', '（', '[', '{', '<', '>', '"', '“', '\'', '‘', '«', '「']);
    let is_sentence = said.ends_with(['.', '!', '?', '…', '。', '！', '？']);
    let clear = (own_line && !introduces) || (attached && is_sentence);
    let next = behind.trim_start();
    let breaks = behind[..behind.len() - next.len()].matches('\n').count();
    match next.chars().next() {
        Some(_) if breaks > 0 => clear || (own_line && breaks > 1) || (attached && !introduces),
        Some(next) => clear && begins_a_text(next),
        None => clear,
    }
}

/// It goes on with no sentence.
fn begins_a_text(next: char) -> bool {
    !next.is_lowercase() && !matches!(next, '.' | ',' | ';' | ':' | '!' | '?' | ')')
}

/// Closing tags that may come without their opening ones. The others also end what is no reasoning.
fn lone_closing_tags() -> impl Iterator<Item = &'static str> {
    TAGS.iter().map(|(_, close)| *close).filter(|close| close.contains('/'))
}

/// `text` begins with `tag`, in whatever letter case.
fn begins(text: &str, tag: &str) -> bool {
    text.get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag))
}

/// Where `tag` stands, in whatever letter case.
fn find(text: &str, tag: &str) -> Option<usize> {
    let first = tag.chars().next()?;
    text.match_indices(first).map(|(at, _)| at).find(|at| begins(&text[*at..], tag))
}

fn reasoning(text: &str, part: &mut impl FnMut(Part)) {
    if !text.is_empty() {
        part(Part::Reasoning(text.to_owned()));
    }
}

/// How many bytes at the end of `text` may be the beginning of `tag`.
fn begun(text: &str, tag: &str) -> usize {
    let ends = |at: &usize| text.len().checked_sub(*at).is_some_and(|from| text.get(from..).is_some_and(|end| begins(tag, end)));
    tag.char_indices().map(|(at, _)| at).skip(1).filter(ends).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Speaker;

    fn read<S: AsRef<str>>(pieces: &[S]) -> (String, String) {
        let (mut tags, mut thoughts, mut content) = (ThinkTags::default(), String::new(), String::new());
        let mut part = |part| match part {
            Part::Reasoning(text) => thoughts.push_str(&text),
            Part::Content(text) => content.push_str(&text),
        };
        for piece in pieces {
            tags.push(piece.as_ref(), &mut part);
        }
        tags.end(&mut part);
        (thoughts, content)
    }

    #[test]
    fn what_stands_between_tags_at_the_beginning_is_reasoning() {
        for (text, thoughts, content) in [
            ("<think>I ponder it.</think>\n\nHello world", "I ponder it.", "Hello world"),
            ("\n<think>a < b</think>x", "a < b", "x"),
            ("<think>one</think>\n<think>two</think>x", "onetwo", "x"),
            ("[THINK]a[/THINK]b", "a", "b"),
            ("◁think▷a◁/think▷b", "a", "b"),
            ("<thinking>a</think></thinking>\nb", "a</think>", "b"),
            ("<reasoning>a</reasoning>b", "a", "b"),
            ("<seed:think>a</seed:think>b", "a", "b"),
            ("<THINK>a</Think>\nb", "a", "b"),
            ("<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b < c<|END_RESPONSE|>", "a", "b < c"),
            ("<|START_THINKING|>a<|END_THINKING|>b<|END", "a", "b<|END"),
            ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "a", "b"),
            ("</think>\n\nHello", "", "Hello"),
            ("\n</think> \nhello", "", "hello"),
            ("</think>Hello", "", "Hello"),
            ("</think>**Hello**", "", "**Hello**"),
            ("</think>{\"a\":1}", "", "{\"a\":1}"),
            ("</think>s close the block", "", "</think>s close the block"),
            ("</think> is a tag.", "", "</think> is a tag."),
            ("</think>, as they say", "", "</think>, as they say"),
            ("</thi", "", "</thi"),
            ("<|end|>\nHello", "", "<|end|>\nHello"),
            ("<think>never closed </thi", "never closed </thi", ""),
            ("<think>\n\n</think>\n\nHello", "\n\n", "Hello"),
            ("Say <think>hm</think> here", "", "Say <think>hm</think> here"),
            ("<thing>", "", "<thing>"),
            ("<thi", "", "<thi"),
            ("  Hello", "", "  Hello"),
            ("", "", ""),
            (&format!("{}x", "\n".repeat(9_000)), "", &format!("{}x", "\n".repeat(9_000))),
        ] {
            assert_eq!(read(&[text]), (thoughts.to_owned(), content.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_closing_tag_without_an_opening_one_ends_reasoning_that_the_template_began() {
        for (text, thoughts, answer) in [
            ("I ponder.\n</think>\n\nHello", "I ponder.", "Hello"),
            ("I ponder.\n</think>\nhello", "I ponder.", "hello"),
            ("I ponder.\r\n</think>\r\n\r\nHello", "I ponder.", "Hello"),
            ("I ponder.\n</think> \n\nHello", "I ponder.", "Hello"),
            ("So I say:\n</think>\n\nhello", "So I say:", "hello"),
            ("I ponder.</think>Hello", "I ponder.", "Hello"),
            ("I ponder.</think>```sh\nls\n```", "I ponder.", "```sh\nls\n```"),
            ("It is 42</think>\n\n42", "It is 42", "42"),
            ("Use `x`, not `y`.</think>\nf({})", "Use `x`, not `y`.", "f({})"),
            ("我想想。</think>你好", "我想想。", "你好"),
            ("I ponder.\n</THINKING>\n\nHello", "I ponder.", "Hello"),
            ("I ponder.\n</seed:think>\n\nHello", "I ponder.", "Hello"),
            ("I ponder.\n</think>", "I ponder.", ""),
        ] {
            assert_eq!(split_unopened(text), Some((thoughts, answer)), "{text}");
        }
        for text in [
            "Close it with </think>.",
            "Close it with </think>\n\nThen go on.",
            "Close it with `</think>`\nThen go on.",
            "Use \"</think>\"\nThen go on.",
            "a </think>\n",
            "<think>a\n</think>\nb",
            "Both count.</think>\n\nOf <think> I say nothing.",
            "One.</think>\n\nTwo.</think>\n\nThree.",
            "You will see:\n\n```\nhm, let me see\n</think>\nFour\n```\n\nParse from there.",
            "End the block with this tag:\n</think>\nand then answer.",
            "Some HTML: <p>\n</thought>\nthat is all",
            "It ends.</think> is what it writes.",
            "用</think>结束。",
            "Hello.<|end|>\nHello",
            "\n</think>\n",
            "Hello",
        ] {
            assert_eq!(split_unopened(text), None, "{text}");
        }
    }

    #[test]
    fn tags_that_the_prompt_asks_for_are_a_part_of_the_answer() {
        let answer = "<reasoning>2 + 2</reasoning><answer>4</answer>";
        let read = |prompt: &str| {
            let mut tags = ThinkTags::of_answer_to(&[Message::new(Speaker::User, prompt)]);
            let mut content = String::new();
            let mut part = |part| {
                if let Part::Content(text) = part {
                    content.push_str(&text);
                }
            };
            tags.push(answer, &mut part);
            tags.end(&mut part);
            content
        };
        assert_eq!(read("Answer as <Reasoning>…</Reasoning><answer>…</answer>."), answer);
        assert_eq!(read("Answer."), "<answer>4</answer>");
    }

    #[test]
    fn a_sentence_about_a_tag_is_told_from_thoughts() {
        for (text, tells) in [
            ("<think> is a tag.", true),
            ("\n[think] is a tag.", true),
            ("<think>I ponder", false),
            ("<think>\nI ponder", false),
            ("<think> \nI ponder", false),
            ("Hello <think> x", false),
        ] {
            assert_eq!(tells_of_a_tag(text), tells, "{text}");
        }
    }

    proptest! {
        #[test]
        fn tags_are_found_however_the_text_is_parted(
            text in "(<think>|</think>|</THINK>|[a<>/ \n|]|◁think▷|◁/think▷|<\\|START_THINKING\\|>|<\\|END_THINKING\\|>|<\\|START_RESPONSE\\|>|<\\|END_RESPONSE\\|>|é){0,12}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut ends: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
            ends.push(text.len());
            ends.sort_unstable();
            let mut from = 0;
            let pieces: Vec<String> = ends.into_iter().map(|to| { let piece = text[from..to].to_owned(); from = to; piece }).collect();
            prop_assert_eq!(read(&pieces), read(&[text]));
        }
    }
}
