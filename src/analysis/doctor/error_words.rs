//! What an error body says, read as JSON: fields where there are some, and the provider's own words.
//!
//! `provider::wire` reads error bodies too, as `ErrorBody`: over borrowed JSON, because there an error may stand inside a stream, and only as far as an
//! attempt needs it. This is read of a body that was kept, and keeps all of it. The two rooms may not import each other.

use serde_json::Value;

use super::phrases::{FROM_UPSTREAM, RELAY_SOFTWARE};

/// An error body in any of the shapes that servers give.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ErrorWords {
    /// The provider's words; may be empty.
    pub(super) message: String,
    /// Its code, text or number.
    pub(super) code: Option<String>,
    /// Its type.
    pub(super) kind: Option<String>,
    /// Its status word.
    pub(super) status: Option<String>,
    /// Anthropic's finer word for the cause.
    pub(super) reason: Option<String>,
    /// The parameter that it is about.
    pub(super) param: Option<String>,
    /// The error object; null when there is none.
    pub(super) error: Value,
    lower: String,
}

impl ErrorWords {
    /// Reads a body; nothing but an empty one when it is no JSON, or JSON that says nothing.
    pub(super) fn read(body: &str) -> Self {
        let whole: Value = serde_json::from_str(body.trim_start_matches('\u{feff}').trim()).unwrap_or_default();
        let mut found = Self::of(&whole);
        found.lower = found.message.to_lowercase();
        found
    }

    fn of(json: &Value) -> Self {
        if let Value::Array(elements) = json {
            return elements.first().map(Self::of).unwrap_or_default();
        }
        let error = json.get("error").filter(|error| !error.is_null()).or_else(|| json.get("errors")?.get(0)).unwrap_or(json);
        if let Value::String(message) = error {
            return Self { message: message.clone(), code: word(json, "code"), ..Self::default() };
        }
        let first = |names: &[&str]| names.iter().find_map(|name| word(error, name).or_else(|| word(json, name)));
        let detail = error.get("detail").or_else(|| json.get("detail"));
        let invalid = detail.and_then(|detail| detail.get(0));
        let mut message =
            first(&["message", "msg", "error_msg", "detail"]).or_else(|| invalid.and_then(|one| word(one, "msg"))).unwrap_or_default();
        if let Some(upstream) = error.pointer("/metadata/raw").and_then(Value::as_str) {
            message = format!("{message}: {upstream}");
        }
        // The last part of the place that FastAPI names; numbers are places in lists.
        let place = invalid.and_then(|one| one.get("loc")?.as_array()?.iter().rev().find_map(Value::as_str));
        let kind = word(error, "type").filter(|kind| kind != "error").or_else(|| word(json, "type").filter(|kind| kind != "error"));
        Self {
            message,
            code: first(&["code"]),
            kind,
            status: word(error, "status"),
            reason: error.get("details").and_then(|details| word(details, "error_code")),
            param: word(error, "param").or_else(|| place.filter(|place| *place != "body").map(str::to_owned)),
            error: error.clone(),
            lower: String::new(),
        }
    }

    /// Code, type, status or reason is one of these lower-case words.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        self.words().any(|word| words.contains(&word.to_lowercase().as_str()))
    }

    /// Code, type, status and reason.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        [&self.code, &self.kind, &self.status, &self.reason].into_iter().filter_map(|word| word.as_deref())
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
        self.is(FROM_UPSTREAM) || self.error.pointer("/metadata/provider_name").is_some()
    }
}

/// A field that is a text or a number, as text.
fn word(json: &Value, name: &str) -> Option<String> {
    match json.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
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
    fn every_shape_is_read() {
        let read = |body: &str| {
            let error = ErrorWords::read(body);
            let words = |word: Option<String>| word.unwrap_or_default();
            (error.message, words(error.code), words(error.kind), words(error.param))
        };
        let is = |message: &str, code: &str, kind: &str, param: &str| (message.into(), code.into(), kind.into(), param.into());
        assert_eq!(
            read(r#"{"error":{"message":"no","type":"invalid_request_error","param":"stream_options","code":"unknown_parameter"}}"#),
            is("no", "unknown_parameter", "invalid_request_error", "stream_options")
        );
        assert_eq!(read(r#"{"error":"model 'x' not found"}"#), is("model 'x' not found", "", "", ""));
        assert_eq!(read(r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]"#), is("slow", "429", "", ""));
        assert_eq!(
            read(r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#),
            is("Busy", "", "overloaded_error", "")
        );
        assert_eq!(read(r#"{"code":"InvalidApiKey","message":"bad"}"#), is("bad", "InvalidApiKey", "", ""));
        assert_eq!(
            read(r#"{"detail":[{"loc":["body","messages",0,"role"],"msg":"field required"}]}"#),
            is("field required", "", "", "role")
        );
        assert_eq!(read(r#"{"detail":"Not Found"}"#), is("Not Found", "", "", ""));
        assert_eq!(read(r#"{"error":{"message":"P","code":502,"metadata":{"raw":"died"}}}"#), is("P: died", "502", "", ""));
        for nothing in ["", "<html>", "{}", "[]", "7", r#"{"error":null}"#, r#"{"error":{"message":"cut o"#] {
            assert_eq!(read(nothing), is("", "", "", ""), "{nothing}");
        }
    }

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
