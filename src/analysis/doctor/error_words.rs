//! What an error body says, asked for known words.

use serde_json::Value;

use super::phrases::{FROM_UPSTREAM, RELAY_SOFTWARE};
use crate::domain::ToldError;

/// An error body in any of the shapes that servers give.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ErrorWords {
    /// The provider's words; may be empty.
    pub(super) message: String,
    /// The HTTP status that it tells in a field.
    pub(super) status: Option<u16>,
    /// The parameter that it is about.
    pub(super) param: Option<String>,
    /// The error object; null when there is none.
    pub(super) error: Value,
    /// Code, type, status word and finer words for the cause, lower case.
    words: Vec<String>,
    lower: String,
}

impl ErrorWords {
    /// Reads a body; nothing but an empty one when it says nothing.
    pub(super) fn read(body: &str) -> Self {
        let told = ToldError::read(body).unwrap_or_default();
        Self {
            lower: told.message.to_lowercase(),
            words: told.words.iter().map(|word| word.to_lowercase()).collect(),
            message: told.message,
            status: told.status,
            param: told.param,
            error: told.object,
        }
    }

    /// Code, type or another word for the cause is one of these lower-case words.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }

    /// The provider's words hold one of these lower-case phrases.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.lower.contains(phrase))
    }

    /// The provider's words in lower case.
    pub(super) fn lower(&self) -> &str {
        &self.lower
    }

    /// A whole number of the error object.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.error.get(name)?.as_u64()
    }

    /// The details of a Google error whose `@type` ends so.
    pub(super) fn google_detail(&self, type_end: &str) -> Option<&Value> {
        let details = self.error.get("details")?.as_array()?;
        details.iter().find(|detail| detail.get("@type").and_then(Value::as_str).is_some_and(|name| name.ends_with(type_end)))
    }

    /// What a moderation in front of the model flagged the prompt as, as OpenRouter lists it; empty where it lists nothing, absent where nothing was
    /// flagged.
    pub(super) fn flagged_as(&self) -> Option<String> {
        let reasons = self.error.pointer("/metadata/reasons").and_then(Value::as_array).filter(|reasons| !reasons.is_empty());
        if reasons.is_none() && self.error.pointer("/metadata/flagged_input").is_none() {
            return None;
        }
        let words = reasons.into_iter().flatten().filter_map(Value::as_str);
        Some(words.map(|word| word.chars().take(60).collect::<String>()).take(10).collect::<Vec<_>>().join(", "))
    }

    /// It was written by a new-api or one-api relay about itself.
    pub(super) fn is_by_relay_software(&self) -> bool {
        self.is(RELAY_SOFTWARE)
    }

    /// A relay passes on what its upstream said.
    pub(super) fn is_from_upstream(&self) -> bool {
        self.is(FROM_UPSTREAM) || self.error.pointer("/metadata/provider_name").is_some_and(Value::is_string)
    }
}

/// The first whole number after `phrase` in `text`; thousands may be parted by commas.
pub(super) fn number_after(text: &str, phrase: &str) -> Option<u64> {
    let rest = &text[text.find(phrase)? + phrase.len()..];
    let start = rest.find(|c: char| c.is_ascii_digit())?;
    let digits = rest[start..].chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(char::is_ascii_digit);
    digits.collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_found_behind_their_words() {
        let words = "this model's maximum context length is 8,192 tokens. however, you requested 9000 tokens";
        assert_eq!(number_after(words, "maximum context length is"), Some(8_192));
        assert_eq!(number_after(words, "requested"), Some(9_000));
        assert_eq!(number_after(words, "resulted in"), None);
        assert_eq!(number_after("limit: 99999999999999999999999", "limit"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(body in ".{0,200}", phrase in ".{1,5}") {
            let error = ErrorWords::read(&body);
            let _maybe = (error.is(&["x"]), number_after(&body, &phrase), error.google_detail("x").is_some());
        }
    }
}
