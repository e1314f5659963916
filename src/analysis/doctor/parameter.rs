//! Requests that were not accepted: which parameter, where that can be told.

use super::phrases::{NEWER_BOUND_WORDS, ONLY_STREAMED_WORDS};
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side, places_of_word};

/// Parameters by name, longer ones before those that they hold.
const KNOWN: [&str; 24] = [
    "stream_options",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "stop_sequences",
    "stop",
    "enable_thinking",
    "thinking_budget",
    "thinking",
    "reasoning_effort",
    "reasoning",
    "response_format",
    "json_schema",
    "tool_choice",
    "tools",
    "frequency_penalty",
    "presence_penalty",
    "logprobs",
    "messages",
    "system",
];

/// 409.
pub(super) fn conflict(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::Conflict,
        s.server_side(),
        "The server was busy with something that stands against this request (409).",
        "Try again in a moment.",
    )
    .with_remedies([s.retry()])
}

/// Another 4xx.
pub(super) fn rejected(s: &Symptoms<'_>) -> Diagnosis {
    let Some(name) = parameter(s) else {
        return s
            .diagnosis(
                Cause::Rejected,
                Side::You,
                "The server did not accept the request.",
                "Its own words say what it did not accept; compare the parameters of this target with its documentation.",
            )
            .with_open("Which part it did not accept is not told by a field of its answer. Sending it with fewer parameters would tell.");
    };
    let happened = format!("The server did not accept “{name}”.");
    if name == "stream_options" {
        return s
            .diagnosis(
                Cause::Parameter,
                Side::You,
                happened,
                "Send it no more to this connection. Token counts of streams are then estimates where the server gives none by itself.",
            )
            .with_remedies([Remedy::DropStreamOptions]);
    }
    let to_do = match name.as_str() {
        "max_tokens" if s.error.says(NEWER_BOUND_WORDS) => {
            "This model wants max_completion_tokens in its place; take out max tokens of this target.".to_owned()
        }
        "enable_thinking" if s.error.says(ONLY_STREAMED_WORDS) => {
            "This model thinks only in streamed answers: switch streaming on, or thinking off.".to_owned()
        }
        "enable_thinking" => {
            "This server does not know enable_thinking; take thinking out of this target, or set its effort instead.".to_owned()
        }
        "messages" | "system" => "Look at the messages of this case: their order, roles, and whether one is empty.".to_owned(),
        name => format!("Change {name} of this target to what its documentation allows, or take it out."),
    };
    s.diagnosis(Cause::Parameter, Side::You, happened, to_do)
}

/// The parameter that the answer is about: named in a field, else in known phrasing, in quotation marks before bare.
fn parameter(s: &Symptoms<'_>) -> Option<String> {
    if let Some(param) = &s.error.param {
        // `messages.[0].content` is about the messages.
        let first = param.split(['.', '[']).find(|part| !part.is_empty()).unwrap_or(param);
        return Some(first.chars().take(60).collect());
    }
    let lower = s.error.lower();
    let quoted = |name: &&&str| ["'", "\"", "`", "“"].iter().any(|mark| lower.contains(&format!("{mark}{name}")));
    KNOWN.iter().find(quoted).or_else(|| KNOWN.iter().find(|name| names(lower, name))).map(|name| (*name).to_owned())
}

/// `word` stands in `text` as the name of a parameter. Words of everyday language do only with a sign of code around them.
fn names(text: &str, word: &str) -> bool {
    let everyday = matches!(word, "stop" | "system" | "thinking" | "reasoning" | "tools" | "seed" | "messages");
    places_of_word(text, word).any(|at| {
        let before = &text[..at];
        !everyday || before.ends_with('.') || ["parameter", "argument:"].iter().any(|sign| before.trim_end().ends_with(sign))
    })
}
