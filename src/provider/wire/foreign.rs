//! The wire format that an answer is written in, where it is not the one that was asked.

use crate::domain::WireFormat;

use super::json::Json;

/// A format that answers come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Spoken {
    /// One that can be asked here.
    Wire(WireFormat),
    /// Ollama's own.
    Ollama,
    /// Cohere's own.
    Cohere,
    /// Alibaba Model Studio's own.
    DashScope,
    /// MiniMax's first.
    MiniMax,
    /// Replicate's own.
    Replicate,
}

impl Spoken {
    /// Its name for a person.
    pub(in crate::provider) fn label(self) -> &'static str {
        match self {
            Self::Wire(wire) => wire.label(),
            Self::Ollama => "Ollama's own format",
            Self::Cohere => "Cohere's own format",
            Self::DashScope => "Alibaba Model Studio's own format",
            Self::MiniMax => "MiniMax's first format",
            Self::Replicate => "Replicate's own format",
        }
    }
}

/// The format of an event or a whole answer; absent where nothing tells.
pub(in crate::provider) fn spoken(json: &Json<'_>) -> Option<Spoken> {
    // Without `alt=sse` Gemini streams a list.
    let json = json.elements().first().unwrap_or(json);
    let has = |name: &str| json.get(name).is_some();
    let word = |name: &str| json.get(name).and_then(Json::text).unwrap_or_default();
    let kind = word("type");
    let choice = json.get("choices").and_then(|choices| choices.elements().first());
    if has("reply") && choice.is_some_and(|choice| choice.get("messages").is_some()) {
        Some(Spoken::MiniMax)
    } else if has("choices") || word("object").starts_with("chat.completion") {
        Some(Spoken::Wire(WireFormat::OpenAiChat))
    } else if kind.starts_with("response.") || word("object") == "response" {
        Some(Spoken::Wire(WireFormat::OpenAiResponses))
    } else if kind.starts_with("content_block_")
        || matches!(kind, "message_start" | "message_delta" | "message_stop")
        || (kind == "message" && has("content"))
    {
        Some(Spoken::Wire(WireFormat::AnthropicMessages))
    } else if ["candidates", "promptFeedback", "usageMetadata"].into_iter().any(has) {
        Some(Spoken::Wire(WireFormat::Gemini))
    } else if matches!(json.get("done"), Some(Json::Bool(_))) && (has("message") || has("response")) {
        Some(Spoken::Ollama)
    } else if matches!(kind, "message-start" | "content-start" | "content-delta" | "content-end" | "message-end")
        || (has("event_type") && (has("is_finished") || word("event_type") == "stream-start"))
        || (has("finish_reason") && json.at(&["message", "content"]).is_some())
    {
        Some(Spoken::Cohere)
    } else if has("output") && has("urls") {
        Some(Spoken::Replicate)
    } else if has("output") && has("request_id") {
        Some(Spoken::DashScope)
    } else {
        None
    }
}

/// The same of a text, where it is JSON.
pub(in crate::provider) fn spoken_in(text: &str) -> Option<Spoken> {
    spoken(&Json::parse(text.trim_start_matches('\u{feff}')).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_told_by_its_shape() {
        let wire = |wire| Some(Spoken::Wire(wire));
        for (text, format) in [
            (r#"{"object":"chat.completion.chunk","choices":[]}"#, wire(WireFormat::OpenAiChat)),
            (r#"{"choices":null}"#, None),
            (r#"{"type":"response.created","response":{}}"#, wire(WireFormat::OpenAiResponses)),
            (r#"{"id":"r","object":"response","output":[]}"#, wire(WireFormat::OpenAiResponses)),
            (r#"{"type":"message_start","message":{}}"#, wire(WireFormat::AnthropicMessages)),
            (r#"{"type":"message","role":"assistant","content":[]}"#, wire(WireFormat::AnthropicMessages)),
            (r#"[{"candidates":[]}]"#, wire(WireFormat::Gemini)),
            (r#"{"model":"m","message":{"role":"assistant","content":"a"},"done":false}"#, Some(Spoken::Ollama)),
            (r#"{"type":"content-delta","index":0}"#, Some(Spoken::Cohere)),
            (r#"{"output":{"text":"a"},"usage":{},"request_id":"r"}"#, Some(Spoken::DashScope)),
            (r#"{"id":"i","message":{"role":"assistant","content":[]},"finish_reason":"COMPLETE"}"#, Some(Spoken::Cohere)),
            (r#"{"reply":"a","choices":[{"finish_reason":"stop","messages":[{"text":"a"}]}]}"#, Some(Spoken::MiniMax)),
            (r#"{"id":"p","status":"succeeded","output":["a"],"urls":{}}"#, Some(Spoken::Replicate)),
            (r#"{"type":"ping"}"#, None),
            (r#"{"error":{"message":"no"}}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(spoken_in(text), format, "{text}");
        }
    }
}
