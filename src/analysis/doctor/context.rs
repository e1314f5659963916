//! Prompts that are too long: tokens against the model's window, bytes against what the server takes.

use super::super::format::format_count;
use super::error_words::number_after;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Side};

/// Words before the size of the window.
const BEFORE_WINDOW: [&str; 14] = [
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
    "model token limit:",
    "maximum prompt length is",
    "must be <=",
    "must have less than",
];
/// Words before what was asked for.
const BEFORE_ASKED: [&str; 13] = [
    "prompt contains at least",
    "exceed context limit:",
    "resulted in",
    "you requested",
    "requested about",
    "prompt is too long:",
    "input token count (",
    "request (",
    "your request has",
    "input length is",
    "(requested:",
    "request contains",
    "given:",
];

/// Words before the size of the answer that was asked for beside the prompt.
const BEFORE_ANSWER: [&str; 2] = ["'max_completion_tokens' is too large:", "you requested"];

/// 413, or a message about the context length.
pub(super) fn too_long(s: &Symptoms<'_>) -> Diagnosis {
    let lower = s.error.lower();
    // llama.cpp tells both in fields.
    let in_field = |name: &str| s.error.number(name);
    // Anthropic writes a sum: “exceed context limit: 178959 + 64000 > 200000”.
    let sum = lower.split_once("exceed context limit:").map(|(_, sum)| sum);
    let told_window =
        in_field("n_ctx").or_else(|| BEFORE_WINDOW.iter().find_map(|words| number_after(lower, words))).or_else(|| number_after(sum?, ">"));
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
    if let Some((asked, window)) = asked.zip(told_window)
        && asked < window
    {
        let answer =
            sum.and_then(|sum| number_after(sum, "+")).or_else(|| BEFORE_ANSWER.iter().find_map(|words| number_after(lower, words)));
        return no_room(s, asked, answer.or_else(|| s.found.max_tokens.map(u64::from)), window);
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

/// The prompt fits the window, and the answer that is asked for beside it does not.
fn no_room(s: &Symptoms<'_>, asked: u64, answer: Option<u64>, window: u64) -> Diagnosis {
    let tokens = |count: u64| format!("{} tokens", format_count(count));
    let of_answer = answer.map(|answer| format!(" of {}", tokens(answer))).unwrap_or_default();
    let room = format_count(window - asked);
    s.diagnosis(
        Cause::ContextTooLong,
        Side::You,
        format!("The prompt fits the model's window, but not together with an answer{of_answer}."),
        format!("Lower max tokens of this target to {room} or less, shorten the prompt, or take a model with a larger window."),
    )
    .with_fact("Asked for", tokens(asked))
    .with_fact("Window", format!("{}, as the server says", tokens(window)))
    .with_fact_if("Answer", answer.map(|answer| format!("up to {}", tokens(answer))))
}
