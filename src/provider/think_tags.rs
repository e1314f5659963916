//! Reasoning that models write into their answer between tags, as servers without a reasoning parser pass it on.
//!
//! Tags count at the beginning of the answer only: elsewhere they are a part of what is said. A closing tag on a line of its own without an opening one
//! means that the chat template had opened it.

/// Opening and closing tags: DeepSeek, Qwen and most others; Gemma; Mistral; Kimi.
const TAGS: [(&str, &str); 4] = [("<think>", "</think>"), ("<thought>", "</thought>"), ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷")];

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
}

impl ThinkTags {
    /// Something was between tags.
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
                    if let Some(tag) = TAGS.iter().position(|(open, _)| rest.starts_with(open)) {
                        self.held.drain(..blank + TAGS[tag].0.len());
                        self.at = At::Inside(tag);
                        self.found = true;
                    } else if rest.is_empty() || TAGS.iter().any(|(open, _)| open.starts_with(rest)) {
                        return;
                    } else {
                        if self.at == At::Behind {
                            self.held.drain(..blank);
                        }
                        self.at = At::Outside;
                    }
                }
                At::Inside(tag) => {
                    let close = TAGS[tag].1;
                    if let Some(at) = self.held.find(close) {
                        reasoning(&self.held[..at], part);
                        self.held.drain(..at + close.len());
                        self.at = At::Behind;
                    } else {
                        let open = begun(&self.held, close);
                        let told = self.held.len() - open;
                        reasoning(&self.held[..told], part);
                        self.held.drain(..told);
                        return;
                    }
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

/// Splits a text that has a closing tag on a line of its own and no opening one: the chat template had opened it.
pub(super) fn split_unopened(text: &str) -> Option<(&str, &str)> {
    TAGS.iter().find_map(|(open, close)| {
        let at = text.find(close)?;
        let (before, behind) = (&text[..at], &text[at + close.len()..]);
        let alone = before.ends_with('\n') && (behind.is_empty() || behind.starts_with(['\n', '\r']));
        (alone && !text.contains(open)).then(|| (before.trim_end(), behind.trim_start()))
    })
}

fn reasoning(text: &str, part: &mut impl FnMut(Part)) {
    if !text.is_empty() {
        part(Part::Reasoning(text.to_owned()));
    }
}

/// How many bytes at the end of `text` may be the beginning of `tag`.
fn begun(text: &str, tag: &str) -> usize {
    tag.char_indices().map(|(at, _)| at).skip(1).filter(|at| text.ends_with(&tag[..*at])).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn a_closing_tag_alone_on_its_line_ends_reasoning_that_the_template_began() {
        assert_eq!(split_unopened("I ponder.\n</think>\n\nHello"), Some(("I ponder.", "Hello")));
        for text in ["Close it with </think>.", "a </think>\n", "<think>a\n</think>\nb", "Hello"] {
            assert_eq!(split_unopened(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn tags_are_found_however_the_text_is_parted(
            text in "(<think>|</think>|[a<>/ \n]|◁think▷|◁/think▷|é){0,12}",
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
