//! What changed between two answers, word by word.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// After this long the rest is taken as changed: rough, never late.
const DEADLINE: Duration = Duration::from_millis(200);

/// Longer texts are compared line by line: splitting them into words alone would take too long.
const LONGEST_BY_WORD_BYTES: usize = 256 * 1024;

/// Where a piece of text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffKind {
    /// In both.
    Same,
    /// In the other text only.
    Added,
    /// In the baseline only.
    Removed,
}

/// A piece of text; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffPiece {
    /// Where it stands.
    pub kind: DiffKind,
    /// The text.
    pub text: String,
}

/// What turns `baseline` into `other`, word by word; scripts that are written without spaces (Chinese, most Japanese) go by
/// character. Neighbours differ in kind, and what was removed comes before what was added in its place. Same and Added together are
/// `other`, Same and Removed together are `baseline`. Texts over 256 KiB are compared by line. Takes about 200 ms at most.
pub fn diff_words(baseline: &str, other: &str) -> Vec<DiffPiece> {
    let mut config = TextDiff::configure();
    config.timeout(DEADLINE);
    let diff = if baseline.len().max(other.len()) > LONGEST_BY_WORD_BYTES {
        config.diff_lines(baseline, other)
    } else {
        // Word boundaries of Unicode annex 29: ideographs and hiragana stand alone.
        config.diff_unicode_words(baseline, other)
    };
    let mut hunks = vec![Hunk::default()];
    for change in diff.iter_all_changes() {
        if let Some(hunk) = hunks.last_mut() {
            match change.tag() {
                ChangeTag::Delete if hunk.same.is_empty() => hunk.removed.push_str(change.value()),
                ChangeTag::Insert if hunk.same.is_empty() => hunk.added.push_str(change.value()),
                ChangeTag::Delete => hunks.push(Hunk { removed: change.value().to_owned(), ..Hunk::default() }),
                ChangeTag::Insert => hunks.push(Hunk { added: change.value().to_owned(), ..Hunk::default() }),
                ChangeTag::Equal => hunk.same.push_str(change.value()),
            }
        }
    }
    pieces(joined(hunks))
}

/// A change and the text after it that did not change.
#[derive(Default)]
struct Hunk {
    removed: String,
    added: String,
    same: String,
}

impl Hunk {
    fn replaces(&self) -> bool {
        !self.removed.is_empty() && !self.added.is_empty()
    }
}

/// Joins replacements with only blanks between them: "a six" → "the heads" reads better whole than word by word.
fn joined(hunks: Vec<Hunk>) -> Vec<Hunk> {
    let mut joined: Vec<Hunk> = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        match joined.last_mut() {
            Some(last) if last.replaces() && hunk.replaces() && last.same.chars().all(|c| c == ' ') => {
                let blanks = std::mem::replace(&mut last.same, hunk.same);
                for (text, more) in [(&mut last.removed, &hunk.removed), (&mut last.added, &hunk.added)] {
                    text.push_str(&blanks);
                    text.push_str(more);
                }
            }
            _ => joined.push(hunk),
        }
    }
    joined
}

fn pieces(hunks: Vec<Hunk>) -> Vec<DiffPiece> {
    hunks
        .into_iter()
        .flat_map(|hunk| [(DiffKind::Removed, hunk.removed), (DiffKind::Added, hunk.added), (DiffKind::Same, hunk.same)])
        .filter(|(_, text)| !text.is_empty())
        .map(|(kind, text)| DiffPiece { kind, text })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn shown(baseline: &str, other: &str) -> String {
        let show = |piece: DiffPiece| match piece.kind {
            DiffKind::Same => piece.text,
            DiffKind::Added => format!("[+{}]", piece.text),
            DiffKind::Removed => format!("[-{}]", piece.text),
        };
        diff_words(baseline, other).into_iter().map(show).collect()
    }

    fn side(pieces: &[DiffPiece], left_out: DiffKind) -> String {
        pieces.iter().filter(|piece| piece.kind != left_out).map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn words_are_compared_whole() {
        assert_eq!(shown("a pair of magic dice.", "a pair of magic coins."), "a pair of magic [-dice][+coins].");
        assert_eq!(shown("shows a six too", "shows the heads too"), "shows [-a six][+the heads] too");
        assert_eq!(shown("one\ntwo", "one\nthree"), "one\n[-two][+three]");
        assert_eq!(shown("same", "same"), "same");
        assert_eq!(shown("", "new"), "[+new]");
        assert_eq!(shown("old", ""), "[-old]");
        assert_eq!(shown("", ""), "");
    }

    #[test]
    fn chinese_and_japanese_are_compared_by_character() {
        assert_eq!(shown("量子纠缠很神奇", "量子纠缠很奇怪"), "量子纠缠很[-神]奇[+怪]");
        assert_eq!(shown("これはペンです", "それはペンです"), "[-こ][+そ]れはペンです");
    }

    #[test]
    fn a_hard_pair_of_texts_is_not_late() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut text = || (0..40_000).map(|_| random.u16(0..9_000).to_string()).collect::<Vec<_>>().join(" ");
        let (baseline, other) = (text(), text());
        let started = Instant::now();
        let pieces = diff_words(&baseline, &other);
        assert!(started.elapsed() < 10 * DEADLINE, "{:?}", started.elapsed());
        assert_eq!(side(&pieces, DiffKind::Removed), other);
        assert_eq!(side(&pieces, DiffKind::Added), baseline);
    }

    proptest! {
        #[test]
        fn both_texts_are_in_the_pieces(baseline in "(ab|cd|[ .\n]|字|典|é|👍🏽|\r\n){0,40}", other in "(ab|cd|[ .\n]|字|典|é|👍🏽|\r\n){0,40}") {
            let pieces = diff_words(&baseline, &other);
            prop_assert_eq!(side(&pieces, DiffKind::Removed), other);
            prop_assert_eq!(side(&pieces, DiffKind::Added), baseline);
            prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].kind != pair[1].kind));
        }
    }
}
