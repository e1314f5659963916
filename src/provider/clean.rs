//! Foreign words, made fit to be kept and shown: without the key, without characters that hide or reorder text, and short.

use crate::domain::ApiKey;

use super::foreign_keys::without_foreign_keys;

/// Bytes of an error body that are kept.
pub(super) const KEPT_BODY_BYTES: usize = 4 * 1024;

/// Bytes of foreign words that are looked at: more than is kept, since what hides is taken out.
const LOOKED_AT_BYTES: usize = 16 * 1024;

/// A shorter start of a key at the end of a text tells nothing: `sk-`, say.
const SHORTEST_CUT_KEY_BYTES: usize = 6;

/// Longest message of a failure, in characters.
const LONGEST_MESSAGE_CHARS: usize = 500;
/// Longest quotation of a provider's words, in characters; leaves room for our own.
const LONGEST_QUOTE_CHARS: usize = 260;

/// Shorter keys are words rather than secrets, as for the key search of exports.
const SHORTEST_KEY_BYTES: usize = 6;

/// Cleans texts of one connection.
#[derive(Clone, Debug)]
pub(super) struct Cleaner {
    /// The key in all its forms, longest first: one may hold the other. Empty where there is none.
    forms: Vec<ApiKey>,
}

impl Cleaner {
    pub(super) fn new(key: Option<ApiKey>) -> Self {
        let key = key.filter(|key| key.reveal().len() >= SHORTEST_KEY_BYTES);
        let mut forms: Vec<ApiKey> = key.iter().flat_map(ApiKey::forms).map(|(_, form)| form).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.reveal().len()));
        Self { forms }
    }

    /// `text` without the key.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for form in &self.forms {
            if clean.contains(form.reveal()) {
                clean = form.redact(&clean);
            }
        }
        clean
    }

    /// `text` that broke off, without the key and without the start of one at its end, which [`Self::redact`] would not know for one.
    pub(super) fn redact_cut(&self, text: &str) -> String {
        let mut clean = self.redact(text);
        let begun = self.begun_key_bytes(&clean);
        if begun >= SHORTEST_CUT_KEY_BYTES {
            clean.truncate(clean.len() - begun);
            clean.push_str("[key]");
        }
        clean
    }

    /// How many bytes at the end of `text` may be the start of the key.
    fn begun_key_bytes(&self, text: &str) -> usize {
        let spellings = self.forms.iter().map(ApiKey::reveal);
        let begun = |key: &str| (1..key.len()).rev().find(|bytes| text.as_bytes().ends_with(&key.as_bytes()[..*bytes]));
        spellings.filter_map(begun).max().unwrap_or(0)
    }

    /// One line of at most `most_chars` characters.
    pub(super) fn line(&self, text: &str, most_chars: usize) -> String {
        shorten(self.visible(text), most_chars)
    }

    /// One line, without what hides.
    fn visible(&self, text: &str) -> String {
        let visible: String = self
            .redact(text)
            .chars()
            .filter(|c| !hides(*c))
            .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
            .collect();
        // Again: the key may have been broken up by what was just removed.
        self.redact(&visible.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A provider's words for use inside a message, without keys of others too; empty when there are none.
    pub(super) fn quote(&self, text: &str) -> String {
        // A body may have megabytes, of which no more than this can be quoted.
        let clean = self.redact(text);
        let text = &clean[..clean.floor_char_boundary(LOOKED_AT_BYTES)];
        let line = shorten(without_foreign_keys(&self.visible(text)), LONGEST_QUOTE_CHARS);
        if line.is_empty() { line } else { format!(" The server says: “{line}”.").replace(".”.", ".”") }
    }

    /// A message that is in bounds.
    pub(super) fn message(&self, text: &str) -> String {
        shorten(self.redact(text), LONGEST_MESSAGE_CHARS)
    }

    /// The kept part of a body that is no answer, without keys of others too; `cut` says that more followed.
    pub(super) fn body(&self, bytes: &[u8], cut: bool) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        if cut {
            // A key that was cut in two would not be found.
            let longest = self.forms.first().map_or(0, |form| form.reveal().len());
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(longest)));
        }
        let clean = self.redact(&text);
        let mut text = without_foreign_keys(&clean[..clean.floor_char_boundary(LOOKED_AT_BYTES)]);
        text.truncate(text.floor_char_boundary(KEPT_BODY_BYTES));
        text
    }
}

/// Text that comes in pieces, on its way to whoever watches: a key may be spread over several.
#[derive(Debug, Default)]
pub(super) struct StreamTail {
    /// What may be the start of the key: told once it is known not to be.
    held: String,
}

impl StreamTail {
    /// What can be told now that `piece` came; may be empty.
    pub(super) fn push(&mut self, piece: &str, cleaner: &Cleaner) -> String {
        self.held.push_str(piece);
        let mut clean = cleaner.redact(&self.held);
        // Keys are ASCII, so this is no place inside a character.
        self.held = clean.split_off(clean.len() - cleaner.begun_key_bytes(&clean));
        clean
    }

    /// What is left at the end, without the start of a key if the text broke off.
    pub(super) fn end(&mut self, whole: bool, cleaner: &Cleaner) -> String {
        let held = std::mem::take(&mut self.held);
        if whole { held } else { cleaner.redact_cut(&held) }
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
    use proptest::prelude::*;

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
    fn whatever_an_export_would_refuse_is_masked() {
        let key = "sk-quirk/key+1234567890";
        let cleaner = cleaner(key);
        for (form, secret) in ApiKey::from_pasted(key).unwrap().0.forms() {
            assert_eq!(cleaner.redact(&format!("bad auth: {} .", secret.reveal())), "bad auth: [key] .", "{form:?}");
        }
        // base64 of the key, of "user:<key>", of "<key>:", and the key with `%XX`.
        for echo in [
            "c2stcXVpcmsva2V5KzEyMzQ1Njc4OTA=",
            "c2stcXVpcmsva2V5KzEyMzQ1Njc4OTA",
            "dXNlcjpzay1xdWlyay9rZXkrMTIzNDU2Nzg5MA==",
            "c2stcXVpcmsva2V5KzEyMzQ1Njc4OTA6",
            "sk-quirk%2Fkey%2B1234567890",
            "sk-quirk%2fkey%2b1234567890",
        ] {
            for text in [format!("Basic {echo}"), format!("{{\"auth\":\"{echo}\"}}")] {
                let clean = cleaner.redact(&text);
                assert!(clean.contains("[key]") && clean.len() < text.len() - 15, "{clean}");
                assert!(!cleaner.body(text.as_bytes(), false).contains(echo) && !cleaner.quote(&text).contains(echo), "{echo}");
            }
        }
        // An encoding of something else, and a short key, stay.
        for other in ["c2stbm90LXRoZS1rZXk=", "sk-quirk%20key"] {
            assert_eq!(cleaner.redact(other), other);
        }
        assert_eq!(Cleaner::new(Some(ApiKey::from_pasted("abcde").unwrap().0)).redact("abcde YWJjZGU="), "abcde YWJjZGU=");
    }

    /// What a watcher is told of a text in these pieces: joined, and one by one.
    fn told(cleaner: &Cleaner, pieces: &[&str], whole: bool) -> String {
        let mut tail = StreamTail::default();
        let told: String = pieces.iter().map(|piece| tail.push(piece, cleaner)).collect();
        told + &tail.end(whole, cleaner)
    }

    proptest! {
        /// At every place where the text can be parted, and parted at every place: what is told is what is kept.
        #[test]
        fn a_key_is_taken_out_of_a_stream_wherever_it_is_parted(
            key in "[a-c]{6,12}|sk-[a-zA-Z0-9]{10,20}|[!-~]{6,24}",
            around in proptest::collection::vec("[a-c]{0,5}|\\PC{0,8}", 3),
            cut_bytes in 0usize..12,
        ) {
            prop_assume!(ApiKey::from_pasted(&key).is_ok_and(|(known, _)| known.reveal() == key));
            prop_assume!(!key.contains(['[', ']', '\\', '"', '/']));
            let cleaner = cleaner(&key);
            let text = format!("{}{key}{}{key}{}{}", around[0], around[1], around[2], &key[..cut_bytes.min(key.len() - 1)]);
            let kept = cleaner.redact(&text);
            prop_assert!(!kept.contains(&key));
            let characters: Vec<String> = text.chars().map(String::from).collect();
            prop_assert_eq!(told(&cleaner, &characters.iter().map(String::as_str).collect::<Vec<_>>(), true), kept.clone());
            for (at, _) in text.char_indices() {
                let (one, two) = text.split_at(at);
                prop_assert_eq!(told(&cleaner, &[one, two], true), kept.clone());
                // Broken off here, nothing that is told holds six bytes of the key from its start, unless they stood in the text around it.
                let cut = told(&cleaner, &[one], false);
                prop_assert_eq!(&cut, &cleaner.redact_cut(one));
                prop_assert!(!cut.ends_with(&key[..6]));
            }
        }
    }

    #[test]
    fn only_what_may_be_a_key_is_held_back() {
        let cleaner = cleaner("sk-CANARY/12\"34567890");
        let mut tail = StreamTail::default();
        let mut push = |piece: &str| tail.push(piece, &cleaner);
        assert_eq!((push("ask s"), push("k"), push("-C"), push("ool")), ("ask ".into(), String::new(), String::new(), "sk-Cool".into()));
        assert_eq!((push("sk-CANARY\\/12\\\"345"), push("67890!")), (String::new(), "[key]!".into()));
        assert_eq!((push("sk-CANARY/1"), tail.end(false, &cleaner)), (String::new(), "[key]".into()));
        assert_eq!(told(&Cleaner::new(None), &["any", "thing"], false), "anything");
    }

    #[test]
    fn keys_of_others_go_from_words_and_bodies_and_stay_in_answers() {
        let cleaner = cleaner("sk-CANARY-1234567890");
        let foreign = "sk-proj-AbC123dEf456GhI789";
        let text = format!("Incorrect API key provided: {foreign} (request id: 2026010112345678)");
        assert_eq!(cleaner.quote(&text), " The server says: “Incorrect API key provided: [key] (request id: 2026010112345678)”.");
        assert_eq!(cleaner.quote(&foreign.replace("proj", "pr\u{200b}oj")), " The server says: “[key]”.");
        let body = cleaner.body(format!(r#"{{"error":{{"message":"{text}"}}}}"#).as_bytes(), false);
        assert!(!body.contains(foreign) && body.contains("2026010112345678"), "{body}");
        // What a model wrote is kept as it wrote it.
        assert_eq!(cleaner.redact(&text), text);
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
