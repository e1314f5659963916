//! The last door before a text leaves the program: takes out every registered key, and whatever is shaped like one.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use crate::domain::ApiKey;

/// Shorter keys are words of ordinary text; [`ApiKey::redact`] draws the same line.
const SHORTEST_KEY_BYTES: usize = 6;

/// How the keys of known providers start.
const KEY_PREFIXES: [&str; 5] = ["sk-", "gsk_", "xai-", "hf_", "AIza"];

/// What follows such a start, or `Bearer `, is a key from this length on.
const SHORTEST_TAIL_BYTES: usize = 8;

/// Takes keys out of texts. Clones share their keys.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Arc<[Zeroizing<String>]>>>);

impl Redactor {
    /// From now on `key` is replaced in every text: in every form.
    pub fn register(&self, key: &ApiKey) {
        if key.reveal().len() < SHORTEST_KEY_BYTES {
            return;
        }
        let mut needles = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut all = needles.to_vec();
        for (_, spelling) in key.forms() {
            let spelling = Zeroizing::new(spelling.reveal().to_owned());
            if !all.contains(&spelling) {
                all.push(spelling);
            }
        }
        // A key may start with another key: the longer one goes first, or its end would stay.
        all.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        *needles = all.into();
    }

    /// `text` without keys.
    pub fn redact(&self, text: &str) -> String {
        // Only the list is taken under the lock, so that the panic hook can always get it.
        let needles = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        let mut text = text.to_owned();
        for needle in needles.iter().filter(|needle| !needle.is_empty()) {
            if text.contains(needle.as_str()) {
                text = text.replace(needle.as_str(), "[key]");
            }
        }
        without_key_shapes(&text)
    }
}

fn without_key_shapes(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let (mut copied_to, mut at) = (0, 0);
    let mut before = ' ';
    while let Some(c) = text[at..].chars().next() {
        if !before.is_alphanumeric()
            && let Some((prefix_bytes, tail_bytes)) = key_shape(&text[at..])
        {
            clean.push_str(&text[copied_to..at + prefix_bytes]);
            clean.push_str("[key]");
            at += prefix_bytes + tail_bytes;
            copied_to = at;
            before = 'x';
        } else {
            at += c.len_utf8();
            before = c;
        }
    }
    clean.push_str(&text[copied_to..]);
    clean
}

/// Lengths of the telling start and of the secret that follows, when `text` begins with something shaped like a key.
fn key_shape(text: &str) -> Option<(usize, usize)> {
    let is_bearer = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    let prefix_bytes = if is_bearer { 7 } else { KEY_PREFIXES.iter().find(|prefix| text.starts_with(**prefix))?.len() };
    let in_key = |b: &u8| {
        if is_bearer { (0x21..0x7f).contains(b) && !b"\"',;".contains(b) } else { b.is_ascii_alphanumeric() || b"-_.".contains(b) }
    };
    let tail_bytes = text.as_bytes()[prefix_bytes..].iter().take_while(|b| in_key(b)).count();
    (tail_bytes >= SHORTEST_TAIL_BYTES).then_some((prefix_bytes, tail_bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::from_pasted(text).unwrap().0
    }

    #[test]
    fn registered_keys_go_however_they_are_spelt() {
        let redactor = Redactor::default();
        redactor.register(&key(r#"CANARY/12"34\56+"#));
        let base64 = "Q0FOQVJZLzEyIjM0XDU2Kw";
        let spellings = [r#"CANARY/12"34\56+"#, r#"CANARY/12\"34\\56+"#, "CANARY%2F12%2234%5C56%2B", &base64[..base64.len() - 1]];
        for spelling in spellings {
            assert_eq!(redactor.clone().redact(&format!("<{spelling}>")), "<[key]>");
        }
    }

    #[test]
    fn a_key_inside_a_longer_key_leaves_no_rest() {
        let redactor = Redactor::default();
        redactor.register(&key("CANARY-123"));
        redactor.register(&key("CANARY-123-and-its-secret-end"));
        assert_eq!(redactor.redact("a CANARY-123-and-its-secret-end b CANARY-123"), "a [key] b [key]");
    }

    #[test]
    fn what_looks_like_a_key_goes_unregistered() {
        let redactor = Redactor::default();
        for (text, clean) in [
            ("key=sk-proj-abcdefgh1234, next", "key=sk-[key], next"),
            ("Authorization: Bearer abc.def/ghi+jkl==", "Authorization: Bearer [key]"),
            (r#"{"authorization":"bearer abcdefghijkl"}"#, r#"{"authorization":"bearer [key]"}"#),
            ("AIzaSyA-1234567 hf_abcdefghij", "AIza[key] hf_[key]"),
            ("the task-force-of-many asked a risk-averse desk", "the task-force-of-many asked a risk-averse desk"),
            ("sk-short Bearer of news", "sk-short Bearer of news"),
        ] {
            assert_eq!(redactor.redact(text), clean);
        }
    }

    proptest! {
        #[test]
        fn no_registered_key_survives(secret in "[!-~]{6,40}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            prop_assume!(ApiKey::from_pasted(&secret).is_ok_and(|(key, _)| key.reveal() == secret));
            prop_assume!(!"[key]".contains(&secret) && !before.contains(&secret) && !after.contains(&secret));
            let redactor = Redactor::default();
            redactor.register(&key(&secret));
            let clean = redactor.redact(&format!("{before} {secret} {after}"));
            prop_assert!(!clean.contains(&secret), "{clean}");
        }

        #[test]
        fn a_text_without_keys_is_left_alone(text in "[a-z ]{0,60}") {
            prop_assume!(!text.contains("bearer "));
            prop_assert_eq!(Redactor::default().redact(&text), text);
        }
    }
}
