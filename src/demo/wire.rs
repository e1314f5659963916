//! OpenAI's shapes: chunks, whole answers, the model list, errors.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::model::MODELS;
use super::simulation::Answer;

/// When the simulated models were "made", seconds of Unix time: 2026-01-01.
const MODELS_CREATED: i64 = 1_767_225_600;

/// A request that gets no answer, in OpenAI's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("We could not parse the JSON body of your request. The API expects a JSON payload.")]
    NotJson,
    #[error("Invalid request: {0}.")]
    Invalid(String),
    #[error("you must provide a model parameter")]
    NoModel,
    #[error("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")]
    NoMessages,
    #[error("Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got {0} instead.")]
    MaxTokens(i64),
    #[error("The model `{0}` does not exist or you do not have access to it.")]
    UnknownModel(String),
    #[error("Invalid URL ({0})")]
    UnknownPath(String),
    #[error("Not allowed to {0}")]
    Method(String),
    #[error("Rate limit reached for {0} (simulated). Please try again in 1s.")]
    RateLimited(&'static str),
    #[error("The server had an error while processing your request (simulated).")]
    Broken,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let invalid = "invalid_request_error";
        let (status, kind, param, code) = match &self {
            Self::NotJson | Self::Invalid(_) | Self::NoModel => (StatusCode::BAD_REQUEST, invalid, None, None),
            Self::NoMessages => (StatusCode::BAD_REQUEST, invalid, Some("messages"), Some("empty_array")),
            Self::MaxTokens(_) => (StatusCode::BAD_REQUEST, invalid, Some("max_tokens"), Some("integer_below_min_value")),
            Self::UnknownModel(_) => (StatusCode::NOT_FOUND, invalid, None, Some("model_not_found")),
            Self::UnknownPath(_) => (StatusCode::NOT_FOUND, invalid, None, Some("unknown_url")),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, invalid, None, Some("method_not_supported")),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "requests", None, Some("rate_limit_exceeded")),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None, None),
        };
        let body = json!({ "error": { "message": self.to_string(), "type": kind, "param": param, "code": code } });
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// `GET /v1/models`.
pub(super) fn model_list() -> Value {
    let data: Vec<_> = MODELS
        .iter()
        .map(|model| json!({ "id": model.id, "object": "model", "created": MODELS_CREATED, "owned_by": model.owner }))
        .collect();
    json!({ "object": "list", "data": data })
}

fn usage(answer: &Answer) -> Value {
    let (prompt, completion) = (answer.prompt_tokens, answer.pieces.len());
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": 0 },
    })
}

/// The answer in one piece.
pub(super) fn whole(answer: &Answer) -> Value {
    json!({
        "id": answer.id,
        "object": "chat.completion",
        "created": Timestamp::now().as_second(),
        "model": answer.model.id,
        "system_fingerprint": "fp_simulated",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": answer.pieces.concat() },
            "finish_reason": answer.finish_reason,
        }],
        "usage": usage(answer),
    })
}

/// The answer as server-sent events, each with the time when it leaves: role, pieces, finish reason, token counts if asked for, end mark.
pub(super) fn events(answer: &Answer, include_usage: bool) -> Vec<(Duration, String)> {
    let created = Timestamp::now().as_second();
    let event = |choices: Value, usage: Option<Value>| {
        let mut chunk = json!({
            "id": answer.id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": answer.model.id,
            "system_fingerprint": "fp_simulated",
            "choices": choices,
        });
        if include_usage {
            chunk["usage"] = usage.unwrap_or_default();
        }
        format!("data: {chunk}\n\n")
    };
    let choice = |delta: Value, finish: Option<&str>| json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);

    let last = answer.departures.last().copied().unwrap_or_default();
    let mut events = Vec::with_capacity(answer.pieces.len() + 4);
    events.push((Duration::ZERO, event(choice(json!({ "role": "assistant", "content": "" }), None), None)));
    for (piece, at) in answer.pieces.iter().zip(&answer.departures) {
        events.push((*at, event(choice(json!({ "content": piece }), None), None)));
    }
    events.push((last, event(choice(json!({}), Some(answer.finish_reason)), None)));
    if include_usage {
        events.push((last, event(json!([]), Some(usage(answer)))));
    }
    events.push((last, "data: [DONE]\n\n".to_owned()));
    events
}
