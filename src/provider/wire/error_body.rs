//! Error bodies, in all the shapes that servers give them.

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
}

impl ErrorBody {
    /// An error that is only a text.
    pub(in crate::provider) fn plain(message: &str) -> Self {
        Self { message: message.to_owned(), code: None, kind: None }
    }

    /// The code as an HTTP status.
    pub(in crate::provider) fn status(&self) -> Option<u16> {
        self.code.as_deref()?.parse().ok().filter(|status| (400..=599).contains(status))
    }

    /// Code and type, for comparing with known words.
    pub(in crate::provider) fn words(&self) -> impl Iterator<Item = &str> {
        self.code.as_deref().into_iter().chain(self.kind.as_deref())
    }

    /// Reads a body: `{"error": {…}}` (OpenAI, Gemini, llama.cpp), `{"error": "…"}` (Ollama), a list of such (Gemini),
    /// `{"message", "code"}` (vLLM, DashScope), `{"detail": …}` (FastAPI), `{"errors": […]}` (Cloudflare).
    pub(in crate::provider) fn read(body: &str) -> Option<Self> {
        Self::of(&Json::parse(body)?)
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
            return Some(Self { message, code: None, kind: None });
        }
        Self::of_error(json)
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
        let found = Self { message, code: field(&["code"]), kind: field(&["type", "status"]) };
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
}
