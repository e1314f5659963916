//! Error bodies, in all the shapes that servers give them, as far as an attempt needs them.
//!
//! The doctor reads more of a body that was kept, as `ErrorWords` in `analysis::doctor`; the two rooms may not import each other.

use std::time::Duration;

use crate::domain::read_delay;

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
    /// A finer word for the cause, as Gemini gives beside the status, and Anthropic beside the type.
    pub(in crate::provider) reason: Option<String>,
    /// The status that its words stand for, in wire formats where they are a closed list.
    pub(in crate::provider) status_by_word: Option<u16>,
    /// A moderation in front of the model flagged the prompt, as OpenRouter says beside the words.
    pub(in crate::provider) flagged: bool,
    /// The wait that it asks for.
    pub(in crate::provider) retry_after: Option<Duration>,
}

impl ErrorBody {
    /// An error that is only a text.
    pub(in crate::provider) fn plain(message: &str) -> Self {
        Self { message: message.to_owned(), ..Self::default() }
    }

    /// The code as an HTTP status.
    pub(in crate::provider) fn status(&self) -> Option<u16> {
        let by_code = self.code.as_deref().and_then(|code| code.parse().ok()).filter(|status| (400..=599).contains(status));
        by_code.or(self.status_by_word)
    }

    /// With the status that its type or code stands for. An error inside a stream has no other.
    pub(super) fn with_status_by_word(mut self) -> Self {
        let status = self.words().find_map(status_of_word);
        self.status_by_word = status;
        self
    }

    /// Code, type and reason, for comparing with known words.
    pub(in crate::provider) fn words(&self) -> impl Iterator<Item = &str> {
        self.code.as_deref().into_iter().chain(self.kind.as_deref()).chain(self.reason.as_deref())
    }

    /// Reads a body: `{"error": {…}}` (OpenAI, Gemini, llama.cpp), `{"error": "…"}` (Ollama), a list of such (Gemini),
    /// `{"message", "code"}` (vLLM, DashScope), `{"detail": …}` (FastAPI), `{"errors": […]}` (Cloudflare).
    pub(in crate::provider) fn read(body: &str) -> Option<Self> {
        Self::of(&Json::parse(body).ok()?)
    }

    pub(super) fn of(json: &Json<'_>) -> Option<Self> {
        if let Json::List(elements) = json {
            return elements.iter().find_map(Self::of);
        }
        if let Some(error) = json.get("error") {
            return Self::of_error(error).map(|inner| inner.or(json));
        }
        if let Some(error) = json.get("errors").and_then(|errors| errors.elements().first()) {
            return Self::of_error(error);
        }
        if let Some(detail) = json.get("detail") {
            let message = match detail.elements().first() {
                Some(first) => first.get("msg").and_then(Json::text).unwrap_or("invalid request").to_owned(),
                None => return Self::of_error(detail),
            };
            return Some(Self { message, ..Self::default() });
        }
        Self::of_error(json)
    }

    /// Reads what came in place of an answer. Any service may say `{"status": …}`; an error of an API has words and a code or type.
    pub(super) fn in_place_of_answer(json: &Json<'_>) -> Option<Self> {
        Self::of(json).filter(|error| !error.message.is_empty() && error.words().next().is_some())
    }

    /// Reads the value of an `error` field; absent for `null`, `false` and an object that says nothing.
    pub(super) fn of_error(error: &Json<'_>) -> Option<Self> {
        if let Some(text) = error.text() {
            return Some(Self::plain(text));
        }
        let field = |names: &[&str]| names.iter().find_map(|name| error.get(name).and_then(Json::word));
        let mut message = field(&["message", "msg", "detail", "error_msg"]).unwrap_or_default();
        if let Some(upstream) = error.at(&["metadata", "raw"]).and_then(Json::text) {
            message = format!("{message}: {upstream}");
        }
        let reasons = error.at(&["metadata", "reasons"]).is_some_and(|reasons| !reasons.elements().is_empty());
        let details = error.get("details").map_or(&[][..], Json::elements);
        let found = Self {
            message,
            code: field(&["code"]),
            kind: field(&["type", "status"]),
            reason: details.iter().find_map(|detail| detail.get("reason")?.word()).or_else(|| error.at(&["details", "error_code"])?.word()),
            status_by_word: None,
            flagged: reasons || error.at(&["metadata", "flagged_input"]).is_some(),
            retry_after: details.iter().find_map(|detail| read_delay(detail.get("retryDelay")?.text()?).filter(|wait| !wait.is_zero())),
        };
        (found != Self::default()).then_some(found)
    }

    /// Takes code and type from around the error where it has none itself.
    fn or(mut self, around: &Json<'_>) -> Self {
        self.code = self.code.or_else(|| around.get("code").and_then(Json::word));
        self.kind = self.kind.or_else(|| around.get("type").and_then(Json::word));
        if self.message.is_empty() {
            self.message = around.get("message").and_then(Json::word).unwrap_or_default();
        }
        self
    }
}

/// The status of a word of Anthropic's, OpenAI Responses' or Gemini's list.
fn status_of_word(word: &str) -> Option<u16> {
    Some(match word.to_ascii_lowercase().as_str() {
        "invalid_request_error" | "invalid_prompt" | "invalid_argument" | "failed_precondition" => 400,
        "authentication_error" | "unauthenticated" => 401,
        "billing_error" => 402,
        "permission_error" | "permission_denied" => 403,
        "not_found_error" | "not_found" => 404,
        "request_too_large" => 413,
        "rate_limit_error" | "rate_limit_exceeded" | "resource_exhausted" => 429,
        "api_error" | "server_error" | "internal" => 500,
        "unavailable" => 503,
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
