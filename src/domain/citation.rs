//! The sources that an answer names.

use serde::{Deserialize, Serialize};

/// More sources of one answer are not kept.
pub const MOST_CITATIONS: usize = 100;
/// A longer address is not kept: cut, it would lead elsewhere.
pub const MOST_ADDRESS_BYTES: usize = 2048;
/// A longer title is cut.
const MOST_TITLE_CHARS: usize = 300;

/// A source that an answer names: foreign text, to be shown as such. Nothing of it is ever opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Its address; one line, never empty.
    pub url: String,
    /// Its title; one line, empty when not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// The sources of an answer.
///
/// **Invariant:** at most [`MOST_CITATIONS`], each address once, in the order in which they were named first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Citation>", into = "Vec<Citation>")]
pub struct Citations(Vec<Citation>);

/// Why a source was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// There are [`MOST_CITATIONS`] already.
    TooMany,
    /// Its address is longer than [`MOST_ADDRESS_BYTES`].
    AddressTooLong,
}

impl Citations {
    /// Adds a source, or the title of one that is there without. One without an address is none.
    pub fn add(&mut self, url: &str, title: &str) -> Result<(), NotKept> {
        // As browsers read addresses: line breaks and tabs are no part of them.
        let url: String = url.trim().chars().filter(|c| !c.is_control()).collect();
        let url = url.trim();
        if url.is_empty() {
            return Ok(());
        }
        if let Some(known) = self.0.iter_mut().find(|known| known.url == url) {
            if known.title.is_empty() {
                known.title = one_line(title);
            }
            return Ok(());
        }
        if url.len() > MOST_ADDRESS_BYTES {
            return Err(NotKept::AddressTooLong);
        }
        if self.0.len() == MOST_CITATIONS {
            return Err(NotKept::TooMany);
        }
        self.0.push(Citation { url: url.to_owned(), title: one_line(title) });
        Ok(())
    }

    /// They, in order.
    pub fn as_slice(&self) -> &[Citation] {
        &self.0
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of their texts.
    pub fn text_bytes(&self) -> usize {
        self.0.iter().map(|source| source.url.len() + source.title.len()).sum()
    }

    /// The addresses, one a line.
    pub fn addresses(&self) -> String {
        self.0.iter().map(|source| source.url.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The same with their texts changed by `change`.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str) -> String) -> Self {
        self.0.iter().map(|source| Citation { url: change(&source.url), title: change(&source.title) }).collect::<Vec<_>>().into()
    }
}

impl From<Vec<Citation>> for Citations {
    fn from(sources: Vec<Citation>) -> Self {
        let mut kept = Self::default();
        for source in sources {
            // What was kept once fits.
            kept.add(&source.url, &source.title).ok();
        }
        kept
    }
}

impl From<Citations> for Vec<Citation> {
    fn from(citations: Citations) -> Self {
        citations.0
    }
}

fn one_line(title: &str) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in title.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        for c in (chars > 0).then_some(' ').into_iter().chain(word.chars()) {
            if chars == MOST_TITLE_CHARS {
                return line.trim_end().to_owned();
            }
            line.push(c);
            chars += 1;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_address_is_kept_once_and_gets_its_title_later() {
        let mut sources = Citations::default();
        for (url, title) in [("https://a.test/1", ""), (" https://b.test\n", "B\n\n two"), ("https://a.test/1", "A"), ("", "no address")] {
            assert_eq!(sources.add(url, title), Ok(()));
        }
        let told: Vec<(&str, &str)> = sources.as_slice().iter().map(|source| (source.url.as_str(), source.title.as_str())).collect();
        assert_eq!(told, [("https://a.test/1", "A"), ("https://b.test", "B two")]);
        assert_eq!(sources.addresses(), "https://a.test/1\nhttps://b.test");
        sources.add("https://a.test/1", "another title").unwrap();
        assert_eq!(sources.as_slice()[0].title, "A");
        sources.add("https://c.test", &"long ".repeat(200)).unwrap();
        assert_eq!(sources.as_slice()[2].title.chars().count(), 299, "cut between two words: no space is left at the end");
    }

    #[test]
    fn what_is_not_kept_is_told() {
        let mut sources = Citations::default();
        assert_eq!(sources.add(&format!("https://{}", "a".repeat(MOST_ADDRESS_BYTES)), ""), Err(NotKept::AddressTooLong));
        for number in 0..MOST_CITATIONS {
            assert_eq!(sources.add(&format!("https://a.test/{number}"), ""), Ok(()));
        }
        assert_eq!(sources.add("https://b.test", ""), Err(NotKept::TooMany));
        assert_eq!(sources.add("https://a.test/7", "known"), Ok(()));
        assert_eq!(sources.as_slice()[7].title, "known");
    }

    proptest! {
        #[test]
        fn whatever_is_named_stays_in_bounds_and_reads_back(
            named in prop::collection::vec(("\\PC{0,20}|[\\s\\S]{0,20}|https://[a-c]", "[\\s\\S]{0,20}| ?\\w{290,310}"), 0..12),
        ) {
            let mut sources = Citations::default();
            for (url, title) in &named {
                sources.add(url, title).ok();
            }
            let kept = sources.as_slice();
            prop_assert!(kept.len() <= MOST_CITATIONS);
            for (index, source) in kept.iter().enumerate() {
                prop_assert!(!source.url.is_empty() && source.url.len() <= MOST_ADDRESS_BYTES && source.title.chars().count() <= 300);
                prop_assert!(!source.url.chars().chain(source.title.chars()).any(char::is_control));
                prop_assert!(kept[..index].iter().all(|before| before.url != source.url));
            }
            let text = serde_json::to_string(&sources).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Citations>(&text).unwrap(), &sources);
        }
    }
}
