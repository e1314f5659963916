//! Prompts that are too long: tokens against the model's window, bytes against what the server takes.

use super::super::format::format_count;
use super::error_words::number_after;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Side};

/// Words before the size of the window.
const BEFORE_WINDOW: [&str; 10] = [
    "maximum context length is",
    "maximum context length of",
    "context length is",
    "context window of",
    "available context size (",
    "context size (",
    "maximum number of tokens allowed (",
    "length should be [1",
    "tokens >",
    "context window is",
];
/// Words before what was asked for.
const BEFORE_ASKED: [&str; 8] = [
    "resulted in",
    "you requested",
    "requested about",
    "prompt is too long:",
    "input token count (",
    "request (",
    "your request has",
    "input length is",
];

/// 413, or a message about the context length.
pub(super) fn too_long(s: &Symptoms<'_>) -> Diagnosis {
    let lower = s.error.lower();
    // llama.cpp tells both in fields.
    let in_field = |name: &str| s.error.number(name);
    let told_window = in_field("n_ctx").or_else(|| BEFORE_WINDOW.iter().find_map(|words| number_after(lower, words)));
    let asked = in_field("n_prompt_tokens").or_else(|| BEFORE_ASKED.iter().find_map(|words| number_after(lower, words)));
    let about_tokens = told_window.is_some() || asked.is_some() || lower.contains("token") || lower.contains("context");
    if s.status() == 413 && !about_tokens {
        return s
            .diagnosis(
                Cause::RequestTooLarge,
                Side::You,
                "The request is larger than the server takes.",
                "Shorten the prompt, or send fewer or smaller pictures in it.",
            )
            .with_fact_if("Answered by", s.header("server").or_else(|| s.header("via")))
            .with_open("The limit is one of bytes, and the server does not say how many; its documentation, or that of the gateway in front of it, would.");
    }
    let tokens = |count: u64| format!("{} tokens", format_count(count));
    let window = told_window.or(s.found.context_window_tokens);
    let happened = match (asked, window) {
        (Some(asked), Some(window)) => {
            format!("The request is too long for the model: {} of {}.", format_count(asked), tokens(window))
        }
        (None, Some(window)) => format!("The request is longer than the model's window of {}.", tokens(window)),
        _ => "The request is too long for the model.".to_owned(),
    };
    let over = asked.zip(window).and_then(|(asked, window)| asked.checked_sub(window)).filter(|over| *over > 0);
    let shorten = over.map_or_else(|| "Shorten the prompt".to_owned(), |over| format!("Shorten the prompt by {}", tokens(over)));
    let to_do = match s.found.max_tokens {
        Some(most) => format!("{shorten}, lower max tokens (now {}), or take a model with a larger window.", format_count(most.into())),
        None => format!("{shorten}, or take a model with a larger window."),
    };
    let window_source = if told_window.is_some() { "as the server says" } else { "by the catalog" };
    let found = s
        .diagnosis(Cause::ContextTooLong, Side::You, happened, to_do)
        .with_fact_if("Asked for", asked.map(tokens))
        .with_fact_if("Window", window.map(|window| format!("{}, {window_source}", tokens(window))))
        .with_fact_if("Answer", s.found.max_tokens.map(|most| format!("up to {} of them", format_count(most.into()))));
    if window.is_none() {
        return found.with_open("How large the window is the server does not say. The model's page would.");
    }
    found
}
