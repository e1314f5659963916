//! Foreign words, made fit to be kept and shown: without the key, without characters that hide or reorder text, and short.

use crate::domain::ApiKey;

/// Bytes of an error body that are kept.
pub(super) const KEPT_BODY_BYTES: usize = 4 * 1024;

/// Longest message of a failure, in characters.
const LONGEST_MESSAGE_CHARS: usize = 500;
/// Longest quotation of a provider's words, in characters; leaves room for our own.
const LONGEST_QUOTE_CHARS: usize = 260;

/// Cleans texts of one connection.
#[derive(Clone, Debug)]
pub(super) struct Cleaner {
    key: Option<ApiKey>,
    /// The key as it may stand inside JSON; only where that differs.
    escaped: Vec<ApiKey>,
}

impl Cleaner {
    pub(super) fn new(key: Option<ApiKey>) -> Self {
        let mut escaped = Vec::new();
        if let Some(key) = &key {
            let backslashed = key.reveal().replace('\\', "\\\\").replace('"', "\\\"");
            let variants = [backslashed.replace('/', "\\/"), backslashed];
            escaped.extend(
                variants.iter().filter(|variant| *variant != key.reveal()).filter_map(|variant| Some(ApiKey::from_pasted(variant).ok()?.0)),
            );
        }
        Self { key, escaped }
    }

    /// `text` without the key.
    pub(super) fn redact(&self, text: &str) -> String {
        let Some(key) = &self.key else { return text.to_owned() };
        self.escaped.iter().fold(key.redact(text), |text, variant| variant.redact(&text))
    }

    /// One line of at most `most_chars` characters.
    pub(super) fn line(&self, text: &str, most_chars: usize) -> String {
        let visible: String = self
            .redact(text)
            .chars()
            .filter(|c| !hides(*c))
            .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
            .collect();
        // Again: the key may have been broken up by what was just removed.
        let visible = self.redact(&visible.split_whitespace().collect::<Vec<_>>().join(" "));
        shorten(visible, most_chars)
    }

    /// A provider's words for use inside a message; empty when there are none.
    pub(super) fn quote(&self, text: &str) -> String {
        let line = self.line(text, LONGEST_QUOTE_CHARS);
        if line.is_empty() { line } else { format!(" The server says: “{line}”.").replace(".”.", ".”") }
    }

    /// A message that is in bounds.
    pub(super) fn message(&self, text: &str) -> String {
        shorten(self.redact(text), LONGEST_MESSAGE_CHARS)
    }

    /// The kept part of a body of which `cut` says that more followed.
    pub(super) fn body(&self, bytes: &[u8], cut: bool) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        if cut {
            // A key that was cut in two would not be found.
            let longest = self.key.iter().chain(&self.escaped).map(|key| key.reveal().len()).max().unwrap_or(0);
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(longest)));
        }
        let mut text = self.redact(&text);
        text.truncate(text.floor_char_boundary(KEPT_BODY_BYTES));
        text
    }
}

/// Characters that show nothing, or change the order of those around them.
fn hides(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn shorten(text: String, most_chars: usize) -> String {
    if text.chars().count() <= most_chars {
        return text;
    }
    let mut short: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaner(key: &str) -> Cleaner {
        Cleaner::new(Some(ApiKey::from_pasted(key).unwrap().0))
    }

    #[test]
    fn words_lose_the_key_and_what_hides() {
        let cleaner = cleaner("sk-CANARY-1234567890");
        assert_eq!(cleaner.line("bad\n key\u{202e} sk-CANARY-1234567890\u{7}!", 80), "bad key [key] !");
        assert_eq!(cleaner.line("sk-CANARY\u{200b}-1234567890", 80), "[key]");
        assert_eq!(cleaner.line("abcdef", 4), "abc…");
        assert_eq!(cleaner.quote("Not found."), " The server says: “Not found.”");
        assert_eq!(cleaner.quote(" \n"), "");
        assert!(!format!("{cleaner:?}").contains("CANARY"));
    }

    #[test]
    fn a_key_escaped_as_json_is_found() {
        let cleaner = cleaner("sk/CANARY\"12\\34567890");
        for echo in [r#"sk/CANARY"12\34567890"#, r#"sk/CANARY\"12\\34567890"#, r#"sk\/CANARY\"12\\34567890"#] {
            assert_eq!(cleaner.redact(echo), "[key]", "{echo}");
        }
    }

    #[test]
    fn a_body_is_cut_without_leaving_half_a_key() {
        let cleaner = cleaner("sk-CANARY-1234567890");
        let flood = "sk-CANARY-1234567890".repeat(3_000);
        for end in 59_980..60_000 {
            assert!(!cleaner.body(&flood.as_bytes()[..end], true).contains("CAN"));
        }
        let wide = "é".repeat(4_000);
        assert_eq!(cleaner.body(wide.as_bytes(), false).len(), KEPT_BODY_BYTES);
    }
}
