//! What a refusal means: status and body become one of the documented kinds, with a message for a person.

use crate::domain::{
    BehindRelay, CONTEXT_CODES, CONTEXT_PHRASES, FILTER_CODES, FILTER_PHRASES, FREE_QUOTA_PHRASE, FailureKind, LOADING_PHRASES,
    NOT_LOADED_CODES, NOT_LOADED_PHRASES, PRIVACY_PHRASES, RATE_CODES, SPEND_LIMIT_PHRASES, SPENT_CODES, THROTTLED_CODE,
    TOKEN_LIMIT_PHRASE, has_no_quota, is_rate_in_words, is_spent_in_words, without_addresses,
};

use super::CallError;
use super::clean::Cleaner;
use super::wire::ErrorBody;

/// A response that is no answer.
#[derive(Debug)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    /// What its body says; absent when it is no error body.
    pub(super) error: Option<&'a ErrorBody>,
    /// Its body, as kept.
    pub(super) body: &'a str,
    /// The model asked for; absent for other requests.
    pub(super) model: Option<&'a str>,
    /// The host that a redirect points to; absent when there is none.
    pub(super) location_host: Option<&'a str>,
}

/// Phrases that mean a spent balance only under a status that is one of refusals: elsewhere they mention it in passing.
const SPENT_PHRASES_OF_REFUSALS: [&str; 3] = ["credit balance", "arrearage", "billing"];

/// Codes of a wrong key under other statuses than 401; Gemini answers it with 400.
const KEY_CODES: [&str; 4] = ["api_key_invalid", "invalid_api_key", "invalidapikey", "authentication_error"];
/// Phrases that say the same.
const KEY_PHRASES: [&str; 7] = [
    "incorrect api key",
    "invalid api key",
    "invalid x-api-key",
    "api key not valid",
    "api key expired",
    "api key has expired",
    "please carry the api secret key",
];
/// A key that is known and may not use this model: LiteLLM's words, which come with 401.
const MODEL_NOT_ALLOWED: &str = "not allowed to access model";
const MODEL_NOT_ALLOWED_CODES: [&str; 2] = ["key_model_access_denied", "team_model_access_denied"];
const MODEL_CODES: [&str; 8] = [
    "model_not_found",
    "modelnotfound",
    "invalid_model",
    "model_not_exist",
    "model_not_supported",
    "unsupported_model",
    "unknown_model",
    // Azure's models are deployments.
    "deploymentnotfound",
];

/// Judges a refusal.
pub(super) fn classify(refusal: &Refusal<'_>, cleaner: &Cleaner) -> CallError {
    judged(kind_of(refusal), Some(refusal.status), refusal, cleaner)
}

/// An error of this kind; `status` as it is told, absent where only words were.
fn judged(kind: FailureKind, status: Option<u16>, refusal: &Refusal<'_>, cleaner: &Cleaner) -> CallError {
    let told = status.map(|status| format!(" ({status})")).unwrap_or_default();
    let html = looks_like_html(refusal.body);
    let said = match refusal.error {
        Some(error) if !error.message.is_empty() => cleaner.quote(&error.message),
        Some(error) => cleaner.quote(error.code.as_deref().or(error.kind.as_deref()).unwrap_or_default()),
        None if html => " The answer is a web page.".to_owned(),
        None => cleaner.quote(refusal.body),
    };
    let model = cleaner.line(refusal.model.unwrap_or_default(), 120);
    let words = refusal.error.map(|error| error.message.to_lowercase()).unwrap_or_default();
    let behind = refusal.error.and_then(ErrorBody::behind_relay);
    let (what, to_do) = match kind {
        FailureKind::ModelNotFound if refusal.error.is_some_and(|error| is_not_loaded(error, &words)) => {
            let message = format!("The server has not loaded the model “{model}”{told}.{said} Load it at the server, then try again.");
            return CallError { kind, message: cleaner.message(&message), retryable: false };
        }
        FailureKind::ServerError if LOADING_PHRASES.iter().any(|phrase| words.contains(phrase)) => {
            ("The server is still loading the model", "Try again once it is loaded.")
        }
        _ if let Some(behind) = behind => behind_words(behind),
        FailureKind::Unauthorized => ("The key was not accepted", "Check the key of this connection."),
        FailureKind::QuotaSpent => {
            ("The quota or balance is spent", "Top up or raise the limit at the provider; trying again does not help.")
        }
        FailureKind::Forbidden => ("The server does not allow this", "Check what the key may do, and whether the model is open to you."),
        FailureKind::ModelNotFound => return model_not_found(&told, &model, &said, cleaner),
        FailureKind::PathNotFound => ("There is nothing at this address", "Check the base URL and the wire format."),
        FailureKind::ContextTooLong => ("The request is too long for the model", "Shorten the prompt or lower max tokens."),
        FailureKind::RateLimited => ("Too many requests", "Wait, or lower the requests at once of this connection."),
        FailureKind::ServerError => ("The server failed", "Try again later."),
        FailureKind::ContentFilter => ("The provider's content filter withheld the answer", "Change the prompt."),
        FailureKind::Proxy => return super::transport::proxy_login(),
        FailureKind::Redirect => {
            let target = refusal.location_host.map_or_else(|| "another place".to_owned(), |host| cleaner.line(host, 120));
            let message = format!("The server points to {target}{told}. Redirects are not followed; check the base URL.");
            return CallError { kind, message: cleaner.message(&message), retryable: false };
        }
        _ => ("The request was rejected", "Check the parameters."),
    };
    let message = cleaner.message(&format!("{what}{told}.{said} {to_do}"));
    CallError { kind, message, retryable: is_retryable(kind, status) }
}

/// An error that came with status 200, or inside a stream. `begun`: something of the answer was already there.
pub(super) fn classify_error_in_answer(error: &ErrorBody, begun: bool, model: &str, cleaner: &Cleaner) -> CallError {
    let words = error.message.to_lowercase();
    if !begun {
        let status = error.status().or_else(|| is_throttled(error, &words).then_some(429));
        let refusal = |status| Refusal { status, error: Some(error), body: "", model: Some(model), location_host: None };
        if let Some(status) = status {
            let refusal = refusal(status);
            // What answers is no missing path.
            let kind = Some(kind_of(&refusal)).filter(|kind| *kind != FailureKind::PathNotFound).unwrap_or(FailureKind::BadRequest);
            return judged(kind, Some(status), &refusal, cleaner);
        }
        if let Some(kind) = kind_by_words(400, error, Some(model)) {
            return judged(kind, None, &refusal(400), cleaner);
        }
    }
    let said = cleaner.quote(if error.message.is_empty() { error.code.as_deref().unwrap_or_default() } else { &error.message });
    let what = if begun { "The provider broke off with an error." } else { "The provider sent an error in place of an answer." };
    let kept = if begun { " What came before it is kept." } else { "" };
    let kind = if is_filtered(error, &words) { FailureKind::ContentFilter } else { FailureKind::StreamError };
    CallError { kind, message: cleaner.message(&format!("{what}{said}{kept}")), retryable: false }
}

/// The body is a web page.
pub(super) fn looks_like_html(body: &str) -> bool {
    body.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// What happened between a relay and the provider behind it, and what to do.
fn behind_words(behind: BehindRelay) -> (&'static str, &'static str) {
    match behind {
        BehindRelay::Key => ("The relay's own key, not yours, was refused by the provider behind it", "Tell whoever runs the relay."),
        BehindRelay::Forbidden => {
            ("The provider behind the relay does not allow this to the relay", "Tell whoever runs the relay, or take another model.")
        }
        BehindRelay::Spent => (
            "The relay's own quota or balance at the provider behind it is spent",
            "Tell whoever runs the relay; trying again does not help.",
        ),
        BehindRelay::Limit => ("The provider behind the relay limits the relay", "Wait, or lower the requests at once of this connection."),
        BehindRelay::Resting => {
            ("The relay rests this model after failures", "Wait as long as it says; if it stays, tell whoever runs the relay.")
        }
        BehindRelay::Unreachable => {
            ("The relay cannot reach the provider behind it", "Try again later; if it stays, tell whoever runs the relay.")
        }
        BehindRelay::Late => ("The provider behind the relay did not answer it in time", "Try again later."),
        BehindRelay::Model => (
            "The provider behind the relay has no model of the name that the relay asks it for",
            "Tell whoever runs the relay, or take another model.",
        ),
        BehindRelay::Failed => ("The provider behind the relay failed", "Try again later."),
    }
}

fn model_not_found(told: &str, model: &str, said: &str, cleaner: &Cleaner) -> CallError {
    let message = format!("The server has no model “{model}”{told}.{said} Names are matched exactly; take one from the provider's list.");
    CallError { kind: FailureKind::ModelNotFound, message: cleaner.message(&message), retryable: false }
}

fn is_retryable(kind: FailureKind, status: Option<u16>) -> bool {
    match kind {
        FailureKind::RateLimited | FailureKind::ServerError => true,
        FailureKind::BadRequest => matches!(status, Some(408 | 409)),
        _ => false,
    }
}

fn kind_of(refusal: &Refusal<'_>) -> FailureKind {
    let status = refusal.status;
    let by_words = refusal.error.and_then(|error| kind_by_words(status, error, refusal.model));
    match status {
        300..=399 => FailureKind::Redirect,
        402 => FailureKind::QuotaSpent,
        407 => FailureKind::Proxy,
        413 => FailureKind::ContextTooLong,
        401 => by_words.filter(|kind| may_stand_for_a_key(*kind)).unwrap_or(FailureKind::Unauthorized),
        403 => by_words.unwrap_or(FailureKind::Forbidden),
        404 | 405 | 410 => by_words.unwrap_or(FailureKind::PathNotFound),
        429 => by_words.unwrap_or(FailureKind::RateLimited),
        500..=599 => by_words.unwrap_or(FailureKind::ServerError),
        _ => by_words.unwrap_or(FailureKind::BadRequest),
    }
}

/// A 401 is about the key, or about what is spent or allowed with it.
fn may_stand_for_a_key(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::QuotaSpent | FailureKind::Forbidden | FailureKind::RateLimited)
}

fn kind_by_words(status: u16, error: &ErrorBody, model: Option<&str>) -> Option<FailureKind> {
    let message = error.message.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    let failed_itself = status >= 500;
    if let Some(behind) = error.behind_relay() {
        return Some(kind_behind_relay(behind));
    }
    // Of the server's own trouble only what is said beyond doubt counts: it may mention a key or a bill in passing.
    if !matches!(status, 401 | 403 | 429) && (matches_code(error, &KEY_CODES) || says(&KEY_PHRASES)) {
        Some(FailureKind::Unauthorized)
    } else if is_spent(status, error, &message) {
        Some(FailureKind::QuotaSpent)
    } else if status == 429 || (!matches!(status, 401 | 403) && matches_code(error, &RATE_CODES)) {
        Some(FailureKind::RateLimited)
    } else if is_filtered(error, &message) {
        Some(FailureKind::ContentFilter)
    } else if is_not_allowed(error, &message) || (message.contains("no endpoints") && says(&PRIVACY_PHRASES)) {
        Some(FailureKind::Forbidden)
    } else if message.contains("no endpoints found that") {
        // The model is there; nobody who serves it does what the request asks for.
        Some(FailureKind::BadRequest)
    } else if let Some(model) = model
        && (matches_code(error, &MODEL_CODES)
            || is_not_loaded(error, &message)
            || (!failed_itself && is_about_missing_model(status, &message, model)))
    {
        Some(FailureKind::ModelNotFound)
    } else if matches_code(error, &CONTEXT_CODES) || (!failed_itself && says(&CONTEXT_PHRASES)) {
        Some(FailureKind::ContextTooLong)
    } else {
        None
    }
}

fn kind_behind_relay(behind: BehindRelay) -> FailureKind {
    match behind {
        BehindRelay::Key => FailureKind::Unauthorized,
        BehindRelay::Forbidden => FailureKind::Forbidden,
        BehindRelay::Spent => FailureKind::QuotaSpent,
        BehindRelay::Limit | BehindRelay::Resting => FailureKind::RateLimited,
        BehindRelay::Model => FailureKind::ModelNotFound,
        BehindRelay::Unreachable | BehindRelay::Late | BehindRelay::Failed => FailureKind::ServerError,
    }
}

fn is_not_allowed(error: &ErrorBody, message: &str) -> bool {
    message.contains(MODEL_NOT_ALLOWED) || matches_code(error, &MODEL_NOT_ALLOWED_CODES)
}

/// A server of one's own has the model, and has not loaded it.
fn is_not_loaded(error: &ErrorBody, message: &str) -> bool {
    matches_code(error, &NOT_LOADED_CODES)
        || NOT_LOADED_PHRASES.iter().any(|phrase| message.contains(phrase))
        || (message.contains("model") && message.contains("is not loaded"))
}

fn is_filtered(error: &ErrorBody, message: &str) -> bool {
    error.flagged || matches_code(error, &FILTER_CODES) || FILTER_PHRASES.iter().any(|phrase| message.contains(phrase))
}

fn is_spent(status: u16, error: &ErrorBody, message: &str) -> bool {
    if message.contains(FREE_QUOTA_PHRASE) {
        return true;
    }
    if (status == 429 || status >= 500) && is_throttled(error, message) {
        return has_no_quota(message);
    }
    let limited = SPEND_LIMIT_PHRASES.iter().any(|phrase| message.contains(phrase));
    matches_code(error, &SPENT_CODES)
        || is_spent_in_words(message)
        || (matches!(status, 400 | 403 | 429) && (limited || mentions_spent(error, message)))
}

/// Words that a refusal may also use in advice, in a link, or where it quotes the request, of which it names the part.
fn mentions_spent(error: &ErrorBody, message: &str) -> bool {
    let is_rate = error.words().any(|word| word.to_lowercase().starts_with("rate_limit")) || is_rate_in_words(message);
    if is_rate || error.param.is_some() {
        return false;
    }
    let message = without_addresses(message);
    SPENT_PHRASES_OF_REFUSALS.iter().any(|phrase| message.contains(phrase))
}

/// Throttling that borrows the words of a spent quota: Gemini's limits per minute, Alibaba's allocated quota, which is one of tokens a minute.
fn is_throttled(error: &ErrorBody, message: &str) -> bool {
    let by_word = |word: &str| word.eq_ignore_ascii_case(THROTTLED_CODE) || word.to_lowercase().starts_with("throttling");
    error.words().any(by_word) || message.contains("allocated quota exceeded") || message.contains(TOKEN_LIMIT_PHRASE)
}

fn is_about_missing_model(status: u16, message: &str, model: &str) -> bool {
    const PHRASES: [&str; 7] =
        ["model not exist", "invalid model", "not a valid model", "no such model", "unknown model", "model not found", "no endpoints"];
    const MISSING: [&str; 5] = ["not found", "does not exist", "doesn't exist", "not exist", "no available channel"];
    if PHRASES.iter().any(|phrase| message.contains(phrase)) {
        return true;
    }
    let names_it = !model.is_empty() && message.contains(&model.to_lowercase());
    let missing = MISSING.iter().any(|phrase| message.contains(phrase));
    // Anthropic's 404 says nothing but “model: NAME”.
    (status == 404 && names_it) || (missing && (names_it || message.contains("model")))
}

fn matches_code(error: &ErrorBody, codes: &[&str]) -> bool {
    error.words().any(|word| codes.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ApiKey;

    fn judge(status: u16, body: &str) -> CallError {
        let cleaner = Cleaner::new(Some(ApiKey::from_pasted("sk-CANARY-1234567890").unwrap().0));
        let error = ErrorBody::read(body);
        let refusal = Refusal { status, error: error.as_ref(), body, model: Some("gpt-x"), location_host: None };
        classify(&refusal, &cleaner)
    }

    #[test]
    fn every_refusal_has_its_kind() {
        use FailureKind as Kind;
        for (status, body, kind, retryable) in [
            (401, r#"{"error":{"message":"Invalid API Key","code":401}}"#, Kind::Unauthorized, false),
            (400, include_str!("../../tests/fixtures/providers/gemini/err400_key.json"), Kind::Unauthorized, false),
            (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Kind::QuotaSpent, false),
            (403, r#"{"error":{"message":"Country not supported"}}"#, Kind::Forbidden, false),
            (403, r#"{"error":{"message":"用户额度不足","code":"insufficient_user_quota"}}"#, Kind::QuotaSpent, false),
            (400, r#"{"error":{"code":"Arrearage","message":"Access denied, overdue"}}"#, Kind::QuotaSpent, false),
            (400, r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#, Kind::QuotaSpent, false),
            (404, r#"{"error":{"message":"The model `gpt-x` does not exist","code":"model_not_found"}}"#, Kind::ModelNotFound, false),
            (404, r#"{"error":"model 'gpt-x' not found, try pulling it first"}"#, Kind::ModelNotFound, false),
            (404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: gpt-x"}}"#, Kind::ModelNotFound, false),
            (404, r#"{"error":{"message":"No endpoints found for gpt-x.","code":404}}"#, Kind::ModelNotFound, false),
            (400, r#"{"error":{"message":"gpt-x is not a valid model ID","code":400}}"#, Kind::ModelNotFound, false),
            (400, r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#, Kind::ModelNotFound, false),
            (503, r#"{"error":{"message":"no channel for gpt-x","code":"model_not_found"}}"#, Kind::ModelNotFound, false),
            (404, r#"{"error":{"message":"Invalid URL (POST /v1/v1/chat/completions)"}}"#, Kind::PathNotFound, false),
            (404, r#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#, Kind::PathNotFound, false),
            (404, r#"{"detail":"Not Found"}"#, Kind::PathNotFound, false),
            (404, "<html>nginx</html>", Kind::PathNotFound, false),
            (405, "", Kind::PathNotFound, false),
            (407, "", Kind::Proxy, false),
            (408, "", Kind::BadRequest, true),
            (409, "{}", Kind::BadRequest, true),
            (413, "<html>Request Entity Too Large</html>", Kind::ContextTooLong, false),
            (400, r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, Kind::ContextTooLong, false),
            (
                400,
                r#"{"error":{"code":400,"message":"request (900 tokens) exceeds the available context size (512)"}}"#,
                Kind::ContextTooLong,
                false,
            ),
            (400, r#"{"error":{"message":"Expected 'messages' to be an array"}}"#, Kind::BadRequest, false),
            (422, r#"{"detail":[{"msg":"field required"}]}"#, Kind::BadRequest, false),
            (
                400,
                r#"{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content."}}"#,
                Kind::ContentFilter,
                false,
            ),
            (429, r#"{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}"#, Kind::RateLimited, true),
            (429, "", Kind::RateLimited, true),
            (429, r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#, Kind::QuotaSpent, false),
            (429, r#"{"error":{"message":"please check your plan and billing details"}}"#, Kind::QuotaSpent, false),
            (
                429,
                r#"[{"error":{"code":429,"message":"You exceeded your current quota, check billing. limit: 15","status":"RESOURCE_EXHAUSTED"}}]"#,
                Kind::RateLimited,
                true,
            ),
            (
                429,
                r#"[{"error":{"code":429,"message":"You exceeded your current quota. limit: 0","status":"RESOURCE_EXHAUSTED"}}]"#,
                Kind::QuotaSpent,
                false,
            ),
            (
                429,
                r#"{"error":{"code":"insufficient_quota","message":"Allocated quota exceeded, please increase your quota limit."}}"#,
                Kind::RateLimited,
                true,
            ),
            (500, r#"{"error":{"message":"billing service down"}}"#, Kind::ServerError, true),
            (502, "<html><h1>Bad gateway</h1></html>", Kind::ServerError, true),
            (529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, Kind::ServerError, true),
            (307, "", Kind::Redirect, false),
        ] {
            let error = judge(status, body);
            assert_eq!((error.kind, error.retryable), (kind, retryable), "{status} {body}");
            assert!(error.message.chars().count() <= 500);
        }
    }

    /// The path of the list holds the word “models”.
    #[test]
    fn a_request_that_names_no_model_cannot_miss_one() {
        let cleaner = Cleaner::new(None);
        for body in [
            r#"{"error":{"message":"Not found: /v1/v1/models"}}"#,
            r#"{"message":"Route GET:/v1/v1/models not found","error":"Not Found","statusCode":404}"#,
            r#"{"error":{"message":"model not found","code":"model_not_found"}}"#,
        ] {
            let error = ErrorBody::read(body);
            let refusal = Refusal { status: 404, error: error.as_ref(), body, model: None, location_host: None };
            assert_eq!(classify(&refusal, &cleaner).kind, FailureKind::PathNotFound, "{body}");
        }
    }

    #[test]
    fn messages_quote_the_provider_without_the_key() {
        let error = judge(401, r#"{"error":{"message":"Incorrect API key provided: sk-CANARY-1234567890\u001b[31m\u202e."}}"#);
        assert_eq!(
            error.message,
            "The key was not accepted (401). The server says: “Incorrect API key provided: [key] [31m.” Check the key of this connection."
        );
        let long = judge(400, &format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(9_000)));
        assert!(long.message.chars().count() <= 500 && long.message.ends_with("Check the parameters."));
        assert!(judge(502, "<html>x</html>").message.contains("web page"));
    }

    #[test]
    fn an_error_in_an_answer_is_judged_by_its_code_until_text_came() {
        let cleaner = Cleaner::new(None);
        let error = ErrorBody::read(r#"{"error":{"message":"slow down","code":429}}"#).unwrap();
        assert_eq!(classify_error_in_answer(&error, false, "m", &cleaner).kind, FailureKind::RateLimited);
        let late = classify_error_in_answer(&error, true, "m", &cleaner);
        assert_eq!((late.kind, late.retryable), (FailureKind::StreamError, false));
    }
}
