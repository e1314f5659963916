//! Hostile text made visible: what hides, reverses or smears text is shown as `<U+202E>`.
//!
//! Kept as they are: joiners and variation selectors where emoji, Persian and the scripts of India need them. CR LF becomes LF.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleText<'a> {
    /// The text, borrowed where nothing had to be changed.
    pub text: Cow<'a, str>,
    /// How many characters were made visible.
    pub made_visible: usize,
}

/// More combining marks than this on one base smear over their neighbours.
const MOST_MARKS: usize = 8;

/// `text` with everything that could deceive the eye made visible.
pub fn visible(text: &str) -> VisibleText<'_> {
    let Some(first) = first_suspect(text) else {
        return VisibleText { text: Cow::Borrowed(text), made_visible: 0 };
    };
    // The context that decides about a joiner may begin before the first suspect.
    let start = text[..first].char_indices().next_back().map_or(0, |(at, _)| at);
    let mut shown = String::with_capacity(text.len() + 32);
    shown.push_str(&text[..start]);
    let mut scan = Scan { rest: text[start..].chars(), shown, before: Before::Other, marks: 0, made_visible: 0 };
    while let Some(c) = scan.rest.next() {
        scan.take(c);
    }
    scan.close_marks();
    if scan.made_visible == 0 && scan.shown == text {
        return VisibleText { text: Cow::Borrowed(text), made_visible: 0 };
    }
    VisibleText { text: Cow::Owned(scan.shown), made_visible: scan.made_visible }
}

/// How many bytes of combining marks `text` begins with.
pub(super) fn leading_marks_bytes(text: &str) -> usize {
    text.find(|c| !is_mark(c)).unwrap_or(text.len())
}

fn first_suspect(text: &str) -> Option<usize> {
    text.char_indices().find(|&(_, c)| is_suspect(c)).map(|(at, _)| at)
}

/// Characters that need a second look.
fn is_suspect(c: char) -> bool {
    if c.is_ascii() { (c < ' ' && c != '\n' && c != '\t') || c == '\u{7f}' } else { c <= '\u{ad}' || is_hidden(c) || is_mark(c) }
}

/// What stands before the character in question, as far as it was kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An emoji, maybe with its variation selector: a joiner may follow.
    Emoji { selected: bool },
    /// A letter of a script in which joiners shape words.
    Joining,
    /// A character that may take an ideographic or mathematical variation selector.
    Variant,
    /// Anything else.
    Other,
}

struct Scan<'a> {
    rest: std::str::Chars<'a>,
    shown: String,
    before: Before,
    /// Combining marks on the present base so far.
    marks: usize,
    made_visible: usize,
}

impl Scan<'_> {
    fn take(&mut self, c: char) {
        if is_mark(c) {
            self.marks += 1;
            if self.marks > MOST_MARKS {
                self.made_visible += 1;
            } else {
                self.shown.push(c);
            }
            return;
        }
        self.close_marks();
        match c {
            '\r' if self.rest.clone().next() == Some('\n') => {}
            '\u{fe0e}' | '\u{fe0f}' if self.before == (Before::Emoji { selected: false }) => {
                self.shown.push(c);
                self.before = Before::Emoji { selected: true };
            }
            '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' if self.before == Before::Variant => {
                self.shown.push(c);
                self.before = Before::Other;
            }
            '\u{200d}' if matches!(self.before, Before::Emoji { .. }) && self.rest.clone().next().is_some_and(is_emoji) => {
                self.shown.push(c);
                self.before = Before::Other;
            }
            '\u{200c}' | '\u{200d}' if self.before == Before::Joining && self.rest.clone().next().is_some_and(is_joining) => {
                self.shown.push(c);
                self.before = Before::Other;
            }
            '\u{1f3f4}' if let Some(length) = self.flag_tags() => {
                self.shown.push(c);
                self.shown.extend(self.rest.by_ref().take(length));
                self.before = Before::Emoji { selected: true };
            }
            c if c.is_ascii() && !is_suspect(c) => {
                self.shown.push(c);
                // Digits, # and * take a selector as keycaps.
                self.before = if c.is_ascii_digit() || matches!(c, '#' | '*') { Before::Emoji { selected: false } } else { Before::Other };
            }
            c if (c <= '\u{ad}' && !('\u{a0}'..'\u{ad}').contains(&c)) || is_hidden(c) => self.mark_visible(c),
            c => {
                self.shown.push(c);
                self.before = if is_emoji(c) {
                    Before::Emoji { selected: false }
                } else if is_joining(c) {
                    Before::Joining
                } else if is_variant_base(c) {
                    Before::Variant
                } else {
                    Before::Other
                };
            }
        }
    }

    fn mark_visible(&mut self, c: char) {
        self.made_visible += 1;
        write!(self.shown, "<U+{:04X}>", u32::from(c)).ok();
        self.before = Before::Other;
    }

    /// Ends a run of combining marks; the ones too many are counted in place.
    fn close_marks(&mut self) {
        if self.marks > MOST_MARKS {
            write!(self.shown, "<{} more marks>", self.marks - MOST_MARKS).ok();
            self.before = Before::Other;
        }
        self.marks = 0;
    }

    /// The length of the tags after a black flag when they spell England, Scotland or Wales.
    fn flag_tags(&self) -> Option<usize> {
        ["gbeng", "gbsct", "gbwls"].into_iter().find_map(|name| {
            let tags = name.chars().filter_map(|c| char::from_u32(0xE_0000 + u32::from(c))).chain(['\u{e007f}']);
            let length = name.len() + 1;
            self.rest.clone().take(length).eq(tags).then_some(length)
        })
    }
}

/// Invisible or direction-changing characters. C0, C1 and the soft hyphen are tested by range.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{34f}' // combining grapheme joiner
        | '\u{61c}' // Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}' // Mongolian selectors and vowel separator
        | '\u{200b}'..='\u{200f}' // zero width, joiners, direction marks
        | '\u{2028}'..='\u{202e}' // separators, direction embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates, deprecated
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' // unassigned, interlinear annotation
        | '\u{fffe}' | '\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}' // musical format controls
        | '\u{e0000}'..='\u{e0fff}') // tags, further variation selectors
}

/// Combining marks that stack over or under their base.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{34e}' | '\u{350}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
        | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{eb1}' | '\u{eb4}'..='\u{ebc}' | '\u{ec8}'..='\u{ece}' | '\u{f71}'..='\u{f7e}' | '\u{f80}'..='\u{f84}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}' | '\u{3099}' | '\u{309a}'
        | '\u{a66f}'..='\u{a672}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters of scripts in which ZWNJ and ZWJ shape words: Arabic, Syriac, the scripts of India, Sinhala, Khmer, Mongolian.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{6d5}' | '\u{6ee}'..='\u{6ff}' | '\u{710}'..='\u{77f}' | '\u{8a0}'..='\u{8c9}' | '\u{900}'..='\u{df4}'
        | '\u{1780}'..='\u{17b3}' | '\u{17b6}'..='\u{17dd}' | '\u{1820}'..='\u{1878}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && !is_mark(c)
}

/// Characters that a joiner or an emoji selector may follow.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}'
        | '\u{24c2}' | '\u{25aa}'..='\u{25fe}' | '\u{2600}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}'
        | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Ideographs and mathematical operators, which have registered variants.
fn is_variant_base(c: char) -> bool {
    matches!(c, '\u{2200}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
#[path = "visible_text_tests.rs"]
mod tests;
