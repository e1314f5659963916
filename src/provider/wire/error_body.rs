//! What an error says, as far as an attempt needs it, and what tells that an answer is none. The shapes themselves are read by [`ToldError`].

use std::time::Duration;

use serde_json::{Map, Number, Value};

use crate::domain::{BehindRelay, THROTTLED_CODE, ToldError, behind_relay, read_delay, wait_in_words};

use super::json::Json;

/// What an error body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct ErrorBody {
    /// The provider's words; may be empty.
    pub(in crate::provider) message: String,
    /// Its code, text or number.
    pub(in crate::provider) code: Option<String>,
    /// Its type or status word.
    pub(in crate::provider) kind: Option<String>,
    /// The parameter that it is about.
    pub(in crate::provider) param: Option<String>,
    /// The HTTP status that it tells in a field.
    told_status: Option<u16>,
    /// The status that its words stand for, in wire formats where they are a closed list.
    pub(in crate::provider) status_by_word: Option<u16>,
    /// A moderation in front of the model flagged the prompt, as OpenRouter says beside the words.
    pub(in crate::provider) flagged: bool,
    /// The wait that it asks for.
    pub(in crate::provider) retry_after: Option<Duration>,
    /// Code, type and finer words for the cause.
    words: Vec<String>,
}

impl From<ToldError> for ErrorBody {
    fn from(told: ToldError) -> Self {
        let reasons = told.object.pointer("/metadata/reasons").and_then(Value::as_array).is_some_and(|reasons| !reasons.is_empty());
        let details = told.object.get("details").and_then(Value::as_array);
        let delays = details.into_iter().flatten().filter_map(|detail| read_delay(detail.get("retryDelay")?.as_str()?));
        Self {
            flagged: reasons || told.object.pointer("/metadata/flagged_input").is_some(),
            retry_after: { delays }.find(|wait| !wait.is_zero()).or_else(|| wait_in_words(&told.message.to_lowercase())),
            message: told.message,
            code: told.code,
            kind: told.kind,
            param: told.param,
            told_status: told.status,
            status_by_word: None,
            words: told.words,
        }
    }
}

impl ErrorBody {
    /// An error that is only a text.
    pub(in crate::provider) fn plain(message: &str) -> Self {
        ToldError::of(&Value::from(message)).unwrap_or_default().into()
    }

    /// The HTTP status that it tells.
    pub(in crate::provider) fn status(&self) -> Option<u16> {
        self.told_status.or(self.status_by_word)
    }

    /// With the status that its type or code stands for. An error inside a stream has no other.
    pub(super) fn with_status_by_word(mut self) -> Self {
        let status = self.words().find_map(status_of_word);
        self.status_by_word = status;
        self
    }

    /// Code, type and finer words, for comparing with known words.
    pub(in crate::provider) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// What it tells of the provider behind a relay.
    pub(in crate::provider) fn behind_relay(&self) -> Option<BehindRelay> {
        behind_relay(&self.message.to_lowercase(), self.words().any(|word| word.eq_ignore_ascii_case(THROTTLED_CODE)))
    }

    /// Reads a body in any of the shapes that [`ToldError`] knows.
    pub(in crate::provider) fn read(body: &str) -> Option<Self> {
        ToldError::read(body).map(Self::from)
    }

    pub(super) fn of(json: &Json<'_>) -> Option<Self> {
        ToldError::of(&value_of(json)).map(Self::from)
    }

    /// Reads the value of an `error` field; absent for `null`, `false`, an object that says nothing, and one whose code tells that all is well.
    pub(super) fn of_error(error: &Json<'_>) -> Option<Self> {
        let is_well = ["status_code", "code"].iter().any(|name| error.get(name).and_then(Json::word).is_some_and(|code| code == "0"));
        if is_well { None } else { Self::of(error) }
    }

    /// Reads what came in place of an answer. Any service may say `{"status": …}`; an error of an API has words and a code or type, or says that it
    /// did not work.
    pub(super) fn in_place_of_answer(json: &Json<'_>) -> Option<Self> {
        Self::beside_answer(json).or_else(|| {
            let said = Self::of(json).filter(|error| !error.message.is_empty())?;
            let typed = said.code.is_some() || said.told_status.is_some() || json.get("type").is_some();
            (typed || denies(json)).then_some(said)
        })
    }

    /// Reads an error that stands in an object which may also hold a part of an answer, or look like one: MiniMax's `base_resp`, an object that calls
    /// itself an error, an `error` that says something.
    pub(super) fn beside_answer(json: &Json<'_>) -> Option<Self> {
        let calls_itself = ["object", "type"].iter().any(|name| json.get(name).and_then(Json::text) == Some("error"));
        let holds = || ["base_resp", "error"].iter().filter_map(|name| json.get(name)).any(|inner| Self::of_error(inner).is_some());
        let affirms = matches!(json.get("error"), Some(Json::Bool(true) | Json::Integer(1..)));
        if affirms || calls_itself || holds() { Self::of(json).map(Self::with_status_by_word) } else { None }
    }

    /// Reads the error that a whole answer is; `answered` where it holds one in the wire format's own way.
    pub(super) fn in_whole(json: &Json<'_>, answered: bool) -> Option<Self> {
        let found = if answered { Self::beside_answer(json) } else { Self::in_place_of_answer(json) };
        found.map(Self::with_status_by_word)
    }

    /// Reads a body that came with a success, and is none.
    pub(in crate::provider) fn read_success(body: &str) -> Option<Self> {
        Self::in_whole(&Json::parse(body).ok()?, false)
    }

    /// Reads the error that an event of a stream is, besides those that its wire format knows. `name` is that of the event.
    pub(super) fn in_event(json: &Json<'_>, name: &str) -> Option<Self> {
        if !json.is_map() {
            // Gemini wraps its errors in a list.
            return json.elements().iter().filter(|element| element.is_map()).find_map(|element| Self::in_event(element, name));
        }
        if let Some(error) = Self::beside_answer(json) {
            return Some(error);
        }
        // A wire format's own events are no errors, whatever words they hold.
        let is_part = PARTS.iter().any(|part| json.get(part).is_some_and(|part| part.is_map() || !part.elements().is_empty()));
        let kind = json.get("type").and_then(Json::text).unwrap_or_default();
        let is_typed = OWN_TYPES.iter().any(|start| kind.starts_with(start));
        if is_part || is_typed {
            return None;
        }
        let said = Self::of(json).filter(|error| !error.message.is_empty())?;
        let failing = said.told_status.is_some() || said.code.is_some();
        (failing || name.eq_ignore_ascii_case("error") || denies(json)).then(|| said.with_status_by_word())
    }
}

/// Fields of the parts of an answer, over all wire formats.
const PARTS: [&str; 8] = ["choices", "candidates", "content", "delta", "output", "response", "usage", "usageMetadata"];

/// How the types of a wire format's own events begin.
const OWN_TYPES: [&str; 5] = ["response.", "content_block", "message", "ping", "keepalive"];

/// The object says that what was asked did not work.
fn denies(json: &Json<'_>) -> bool {
    if matches!(json, Json::Map(fields) if fields.iter().any(|(name, value)| name == "choices" && *value == Json::Null)) {
        return true;
    }
    let says_no = ["success", "ok"].iter().any(|name| json.get(name) == Some(&Json::Bool(false)));
    let failed = ["status", "result"]
        .iter()
        .any(|name| matches!(json.get(name).and_then(Json::text), Some("error" | "fail" | "failed" | "failure")));
    says_no || failed || FAULTS.iter().any(|names| json.at(names).is_some_and(holds_something)) || names_exception(json)
}

fn holds_something(fault: &Json<'_>) -> bool {
    fault.text().is_some() || fault.is_map() || !fault.elements().is_empty()
}

/// Fields that only errors have.
const FAULTS: [&[&str]; 9] = [
    &["errors"],
    &["detail"],
    &["err"],
    &["errorMessage"],
    &["ErrorMsg"],
    &["exception"],
    &["fault"],
    &["Response", "Error"],
    &["ResponseMetadata", "Error"],
];

/// Bedrock's errors are named so.
fn names_exception(json: &Json<'_>) -> bool {
    matches!(json, Json::Map(fields) if fields.iter().any(|(name, value)| name.ends_with("Exception") && value.is_map()))
}

/// The same value, owned.
fn value_of(json: &Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Integer(number) => Number::from_i128(*number).map_or(Value::Null, Value::Number),
        Json::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Json::Text(text) => Value::String(text.to_string()),
        Json::List(elements) => Value::Array(elements.iter().map(value_of).collect()),
        Json::Map(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.to_string(), value_of(value))).collect::<Map<String, Value>>())
        }
    }
}

/// The status of a word of Anthropic's, OpenAI Responses', Gemini's or Bedrock's list.
fn status_of_word(word: &str) -> Option<u16> {
    Some(match word.to_ascii_lowercase().as_str() {
        "invalid_request_error" | "invalid_prompt" | "invalid_argument" | "failed_precondition" => 400,
        "authentication_error" | "unauthenticated" => 401,
        "billing_error" => 402,
        "permission_error" | "permission_denied" => 403,
        "not_found_error" | "not_found" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "resource_exhausted" | "throttlingexception" => 429,
        "api_error" | "server_error" | "internal" | "internalserverexception" => 500,
        "unavailable" | "serviceunavailableexception" => 503,
        "timeout_error" | "deadline_exceeded" => 504,
        "overloaded_error" => 529,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read() {
        let read =
            |body: &str| ErrorBody::read(body).map(|error| (error.message, error.code.unwrap_or_default(), error.kind.unwrap_or_default()));
        let is = |message: &str, code: &str, kind: &str| Some((message.to_owned(), code.to_owned(), kind.to_owned()));
        let llama = include_str!("../../../tests/fixtures/providers/llama_cpp/err401.json");
        assert_eq!(read(llama), is("Invalid API Key", "401", "authentication_error"));
        assert_eq!(
            read(r#"{"error":{"message":"Quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#),
            is("Quota", "insufficient_quota", "insufficient_quota")
        );
        assert_eq!(read(r#"{"error":"model 'x' not found"}"#), is("model 'x' not found", "", ""));
        assert_eq!(
            read(r#"[{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}]"#),
            is("slow", "429", "RESOURCE_EXHAUSTED")
        );
        assert_eq!(read(r#"{"object":"error","message":"no","type":"NotFoundError","code":404}"#), is("no", "404", "NotFoundError"));
        assert_eq!(read(r#"{"code":"InvalidApiKey","message":"bad","request_id":"1"}"#), is("bad", "InvalidApiKey", ""));
        assert_eq!(read(r#"{"detail":"Not Found"}"#), is("Not Found", "", ""));
        assert_eq!(read(r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#), is("field required", "", ""));
        assert_eq!(read(r#"{"errors":[{"code":10000,"message":"Authentication error"}]}"#), is("Authentication error", "10000", ""));
        assert_eq!(
            read(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#),
            is("Overloaded", "", "overloaded_error")
        );
        assert_eq!(
            read(r#"{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"upstream died"}}}"#),
            is("Provider returned error: upstream died", "502", "")
        );
        for none in ["", "<html>", "{}", "[]", r#"{"error":null}"#, "7"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn geminis_delay_and_reason_are_read() {
        let body = include_str!("../../../tests/fixtures/providers/gemini/err429.json");
        let error = ErrorBody::read(body).unwrap();
        assert_eq!((error.status(), error.retry_after), (Some(429), Some(Duration::from_millis(52_500))));
        let error = ErrorBody::read(include_str!("../../../tests/fixtures/providers/gemini/err400_key.json")).unwrap();
        assert!(error.words().any(|word| word == "API_KEY_INVALID"));
        for wrong in ["", "s", "-1s", "infs", "NaNs", "0s", "1e300s"] {
            let details = serde_json::json!({ "error": { "message": "slow", "details": [{ "retryDelay": wrong }] } });
            assert_eq!(ErrorBody::read(&details.to_string()).unwrap().retry_after, None, "{wrong}");
        }
    }

    #[test]
    fn words_stand_for_a_status_only_where_asked() {
        let error = ErrorBody::read(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#).unwrap();
        assert_eq!((error.status(), error.clone().with_status_by_word().status()), (None, Some(529)));
        let plain = ErrorBody::plain("out of memory").with_status_by_word();
        assert_eq!(plain.status(), None);
    }
}
