//! A report for the vendor's support: everything that they ask for, and neither key nor prompt nor answer.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::super::format::format_ms;
use super::schema_words::{holds_schema, redact_schema};
use crate::domain::{Attempt, Connection, Diagnosis, FailedExchange};

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct SupportCase<'a> {
    /// The diagnosis.
    pub diagnosis: &'a Diagnosis,
    /// What was asked.
    pub connection: &'a Connection,
    /// The model; absent when none was asked.
    pub model: Option<&'a str>,
    /// When it failed.
    pub at: Timestamp,
    /// Attempts of a trial; empty for a check.
    pub attempts: &'a [Attempt],
    /// Further lines with times, such as the steps of a check.
    pub steps: &'a [String],
    /// The failed request of a check; absent for a trial.
    pub exchange: Option<&'a FailedExchange>,
    /// The body that came back, as kept; empty when none did.
    pub error_body: &'a str,
    /// The request as a cURL command that reads the key from a variable; absent when nothing was sent.
    pub curl: Option<&'a str>,
}

/// The report. `case.curl` is taken as it is: make it from a request that went through [`without_prompt`].
pub fn support_report(case: &SupportCase<'_>) -> String {
    let SupportCase { diagnosis, connection, .. } = case;
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(words.trim_end());
        text.push('\n');
    };
    line(format!("Failed request to {} ({})", connection.name, connection.host()));
    line(format!("Time: {} UTC", case.at.strftime("%F %T%.3f")));
    line(format!("Base URL: {}", connection.base_url));
    if let Some(model) = case.model {
        line(format!("Model: {model}"));
    }
    line(format!("Cause: {} ({}, {})", diagnosis.happened, diagnosis.cause.as_str(), diagnosis.side.label()));
    for fact in &diagnosis.facts {
        line(format!("{}: {}", fact.label, fact.value));
    }
    case.steps.iter().for_each(|step| line(step.clone()));
    for attempt in case.attempts {
        line(String::new());
        line(attempt_words(attempt));
        attempt.evidence.headers.iter().for_each(|(name, value)| line(format!("  {name}: {value}")));
    }
    if let Some(exchange) = case.exchange {
        line(String::new());
        let status = exchange.http_status.map_or_else(|| "no response".to_owned(), |status| format!("HTTP {status}"));
        line(format!("Response: {status}, request id {}", exchange.request_id.as_deref().unwrap_or("not given")));
        exchange.evidence.headers.iter().for_each(|(name, value)| line(format!("  {name}: {value}")));
    }
    if !case.error_body.trim().is_empty() {
        line(String::new());
        line(format!("Body:\n{}", body_words(case.error_body.trim())));
    }
    if let Some(curl) = case.curl {
        line(String::new());
        line("To repeat it (the key is read from a variable, texts are left out):".to_owned());
        line(curl.to_owned());
    }
    text
}

fn attempt_words(attempt: &Attempt) -> String {
    let mut words = format!("Attempt {}: started {} UTC", attempt.number, attempt.started_at.strftime("%F %T%.3f"));
    let status = attempt.http_status.map_or_else(|| "no response".to_owned(), |status| format!("HTTP {status}"));
    write!(words, ", {status}").ok();
    if let Some(failure) = &attempt.failure {
        write!(words, ", {}", failure.kind.label()).ok();
    }
    let ms = |us: u64| format_ms(us as f64 / 1e3);
    if let Some(headers_us) = attempt.timing.headers_us {
        write!(words, ", headers after {}", ms(headers_us)).ok();
    }
    write!(words, ", ended after {}, request id {}", ms(attempt.timing.end_us), attempt.request_id.as_deref().unwrap_or("not given")).ok();
    words
}

/// Fields whose texts are a person's own.
const TEXT_FIELDS: [&str; 14] = [
    "content",
    "text",
    "input",
    "system",
    "instructions",
    "prompt",
    "arguments",
    "description",
    "data",
    "url",
    "user",
    "stop",
    "stop_sequences",
    // Of an answer: OpenRouter's moderation repeats the start of the prompt.
    "flagged_input",
];

/// A request's JSON body with every text of the prompt, and every word of a schema or tool, replaced by its length. A body that is no JSON is left out
/// whole.
pub fn without_prompt(request: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(request) else {
        return left_out(request);
    };
    redact(&mut json, false);
    json.to_string()
}

/// What stands for a text that is a person's own.
pub(super) fn left_out(text: &str) -> String {
    format!("[{} characters left out]", text.chars().count())
}

/// An error body without what it may repeat of the request, or hold of the answer: some servers send the request back.
fn body_words(body: &str) -> String {
    const LONGEST_WORDS_CHARS: usize = 200;
    let is_page = body.starts_with('<');
    if is_page || (!body.starts_with(['{', '[']) && body.chars().count() <= LONGEST_WORDS_CHARS) {
        return body.to_owned();
    }
    without_prompt(body)
}

fn redact(json: &mut Value, own: bool) {
    match json {
        Value::String(text) if own => *text = left_out(text),
        Value::Array(elements) => elements.iter_mut().for_each(|element| redact(element, own)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if holds_schema(name, value) {
                    redact_schema(value);
                    continue;
                }
                // The words that say what a part is are nobody's own.
                let own = (own && !matches!(name.as_str(), "role" | "type")) || TEXT_FIELDS.contains(&name.as_str());
                redact(value, own);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_body_that_repeats_the_request_loses_its_texts() {
        let echo = r#"{"detail":[{"loc":["body"],"msg":"bad role","input":{"role":"x","content":"my secret plan"}}]}"#;
        let words = body_words(echo);
        assert!(words.contains("bad role") && !words.contains("secret"), "{words}");
        let flagged = body_words(
            r#"{"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"],"flagged_input":"my secret plan"}}}"#,
        );
        assert!(flagged.contains("violence") && !flagged.contains("secret"), "{flagged}");
        assert!(!body_words(r#"{"choices":[{"message":{"content":"half a secret"#).contains("secret"));
        assert_eq!(body_words("<html>busy</html>"), "<html>busy</html>");
        assert_eq!(body_words("upstream connect error"), "upstream connect error");
    }

    #[test]
    fn a_request_keeps_its_parameters_and_loses_its_texts() {
        let request = r#"{"model":"m","messages":[{"role":"user","content":"my secret plan"},{"role":"user","content":[{"type":"text","text":"more"}]}],"stream":true,"temperature":0.2,"system":"be nice"}"#;
        assert_eq!(
            without_prompt(request),
            r#"{"model":"m","messages":[{"role":"user","content":"[14 characters left out]"},{"role":"user","content":[{"type":"text","text":"[4 characters left out]"}]}],"stream":true,"temperature":0.2,"system":"[7 characters left out]"}"#
        );
        assert_eq!(without_prompt("secret"), "[6 characters left out]");
    }

    proptest! {
        #[test]
        fn no_text_of_a_prompt_survives(words in "[a-z]{12,40}", role in "[a-z]{1,8}") {
            let request = serde_json::json!({
                "model": "m",
                "messages": [{ "role": role, "content": [{ "type": "text", "text": words.clone() }] }, { "content": words.clone() }],
                "input": [words.clone()],
                "contents": [{ "parts": [{ "text": words.clone() }] }],
            });
            prop_assert!(!without_prompt(&request.to_string()).contains(&words));
        }
    }
}
