//! Token estimates by OpenAI's `o200k_base` vocabulary.

use std::sync::OnceLock;

use tiktoken_rs::CoreBPE;

use crate::domain::{RoughCounter, TokenCounter};

/// Longer texts are counted roughly: nobody waits for the exact length of a prompt that no model takes.
const LONGEST_EXACT_BYTES: usize = 1 << 20;

/// A longer run of letters, of white space or of signs is no language; the tokenizer would take long for it, or give up.
const LONGEST_EXACT_RUN_CHARS: usize = 1_000;

/// Counts tokens as OpenAI's current models do (`o200k_base`). For other vendors it is an estimate, about ±20 %.
///
/// The vocabulary is loaded at the first count (about 50 MB and 120 ms), so share one and count off the window's thread.
/// Texts over 1 MiB and runs of over 1,000 characters of one kind are counted by [`RoughCounter`]: in bounded time, and for repeated
/// characters too high.
#[derive(Default)]
pub struct LazyTokenizer {
    /// Inner `None`: the vocabulary could not be read, everything is counted roughly.
    vocabulary: OnceLock<Option<CoreBPE>>,
}

impl LazyTokenizer {
    /// A tokenizer that has loaded nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The vocabulary is in memory.
    pub fn is_loaded(&self) -> bool {
        self.vocabulary.get().is_some()
    }

    fn count_language(&self, text: &str) -> u64 {
        match self.vocabulary.get_or_init(|| tiktoken_rs::o200k_base().ok()) {
            Some(vocabulary) => vocabulary.count_ordinary(text) as u64,
            None => RoughCounter.count_tokens(text),
        }
    }
}

impl std::fmt::Debug for LazyTokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LazyTokenizer").field("loaded", &self.is_loaded()).finish_non_exhaustive()
    }
}

impl TokenCounter for LazyTokenizer {
    fn count_tokens(&self, text: &str) -> u64 {
        if text.len() > LONGEST_EXACT_BYTES {
            return RoughCounter.count_tokens(text);
        }
        stretches(text)
            .map(|stretch| match stretch {
                Stretch::Language(text) => self.count_language(text),
                Stretch::Run(text) => RoughCounter.count_tokens(text),
            })
            .sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stretch<'a> {
    Language(&'a str),
    Run(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Letter,
    Sign,
}

fn kind(c: char) -> Kind {
    if c.is_whitespace() {
        Kind::Space
    } else if c.is_alphabetic() {
        Kind::Letter
    } else {
        Kind::Sign
    }
}

/// Cuts out the runs that are too long; no stretch is empty.
fn stretches(text: &str) -> impl Iterator<Item = Stretch<'_>> {
    let mut found = Vec::new();
    let mut language_from = 0;
    let mut run: Option<(Kind, usize, usize)> = None;
    let mut end_run = |run: Option<(Kind, usize, usize)>, end: usize| {
        if let Some((_, from, length)) = run
            && length > LONGEST_EXACT_RUN_CHARS
        {
            found.extend((language_from < from).then(|| Stretch::Language(&text[language_from..from])));
            found.push(Stretch::Run(&text[from..end]));
            language_from = end;
        }
    };
    for (at, c) in text.char_indices() {
        match &mut run {
            Some((known, _, length)) if *known == kind(c) => *length += 1,
            _ => {
                end_run(run, at);
                run = Some((kind(c), at, 1));
            }
        }
    }
    end_run(run, text.len());
    found.extend((language_from < text.len()).then(|| Stretch::Language(&text[language_from..])));
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    static SHARED: LazyLock<LazyTokenizer> = LazyLock::new(LazyTokenizer::new);

    #[test]
    fn nothing_is_loaded_before_the_first_count() {
        let tokenizer = LazyTokenizer::new();
        assert_eq!(tokenizer.count_tokens(""), 0);
        assert!(!tokenizer.is_loaded());
        assert_eq!(format!("{tokenizer:?}"), "LazyTokenizer { loaded: false, .. }");
        tokenizer.count_tokens("Hello");
        assert!(tokenizer.is_loaded());
    }

    #[test]
    fn ordinary_text_is_counted_by_the_vocabulary() {
        // Token ids 13225 11 2375 0 by OpenAI's own tokenizer.
        assert_eq!(SHARED.count_tokens("Hello, world!"), 4);
        let chinese = SHARED.count_tokens("请用简单的话解释量子纠缠。");
        assert!((5..=13).contains(&chinese), "{chinese}");
    }

    #[test]
    fn a_megabyte_of_one_letter_is_counted_in_bounded_time() {
        for unit in ["a", " ", "\n", "A", "=", "字"] {
            let text = unit.repeat(1_000_000 / unit.len());
            let started = Instant::now();
            let tokens = SHARED.count_tokens(&text);
            // The promise is 0.2 s.
            assert!(started.elapsed() < Duration::from_secs(2), "{unit:?} took {:?}", started.elapsed());
            assert_eq!(tokens, RoughCounter.count_tokens(&text));
        }
        assert!(SHARED.count_tokens(&"word ".repeat(300_000)) > 300_000, "over 1 MiB");
    }

    #[test]
    fn long_runs_are_cut_out_of_the_text() {
        let text = format!("before {} after", "=".repeat(1_001));
        assert_eq!(
            stretches(&text).collect::<Vec<_>>(),
            [Stretch::Language("before "), Stretch::Run(&"=".repeat(1_001)), Stretch::Language(" after")]
        );
        let short = "=".repeat(1_000);
        assert_eq!(stretches(&short).collect::<Vec<_>>(), [Stretch::Language(&short)]);
    }

    proptest! {
        #[test]
        fn hostile_text_is_counted(text in "(\\PC|\\s|[\u{300}-\u{310}]|<\\|endoftext\\|>){0,200}") {
            let tokens = SHARED.count_tokens(&text);
            prop_assert_eq!(tokens == 0, text.is_empty());
            prop_assert!(tokens <= text.len() as u64);
        }

        #[test]
        fn stretches_are_the_text(parts in proptest::collection::vec(("[a ]", 1usize..1_500), 0..6)) {
            let text: String = parts.iter().map(|(unit, count)| unit.repeat(*count)).collect();
            let joined: String = stretches(&text).map(|stretch| match stretch { Stretch::Language(text) | Stretch::Run(text) => text }).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
