//! Token counts as OpenAI and those who imitate it tell them, in both of its wire formats.

use super::format::Answer;
use super::json::Json;
use super::usage::{Counts, INCLUSIVE, first_count, normalise, written_count};

/// Takes in the token counts of a chunk, a whole answer or a `usage` around them, wherever the server puts them. They are cumulative, so that the last above
/// 0 hold: some servers end with zeros.
pub(super) fn note(json: &Json<'_>, answer: &mut Answer) {
    let choice = json.get("choices").and_then(|choices| choices.elements().first());
    let places = [
        json.get("usage"),
        // Groq; Moonshot; a relay's envelope.
        json.at(&["x_groq", "usage"]),
        choice.and_then(|choice| choice.get("usage")),
        choice.and_then(|choice| choice.at(&["delta", "usage"])),
        choice.and_then(|choice| choice.at(&["message", "usage"])),
        json.at(&["message", "usage"]),
        json.at(&["data", "usage"]),
        json.at(&["metadata", "usage"]),
    ];
    let mut told: Vec<&Json<'_>> = places.into_iter().flatten().map(the_only_one).filter(|usage| usage.is_map()).collect();
    if told.is_empty() && json.get("prompt_tokens").is_some() && json.get("completion_tokens").is_some() {
        told.push(json);
    }
    for usage in told {
        let (told, mut warnings) = counts(usage);
        // Zeros behind counts tell nothing.
        if !told.any() && answer.usage.is_some() {
            continue;
        }
        answer.counts_told += u32::from(told.any());
        if told.input.is_some() && told.output.is_some() {
            // An older total belongs to older counts.
            answer.counts.total = told.total.filter(|total| *total > 0).or_else(|| answer.counts.total.filter(|_| told.total.is_some()));
        }
        answer.counts.update(&told);
        answer.usage = normalise(&answer.counts, INCLUSIVE, &mut warnings);
        answer.usage_warnings = warnings;
    }
}

/// Reads a `usage` object: the counts, and what was odd about them.
///
/// `total_tokens` is the witness where conventions differ: relays that translate from Anthropic leave cached tokens out of
/// `prompt_tokens`, and xAI leaves reasoning out of `completion_tokens`.
fn counts(usage: &Json<'_>) -> (Counts, Vec<String>) {
    let mut warnings = Vec::new();
    let written: &[&[&str]] = &[
        &["prompt_tokens_details", "cache_write_tokens"],
        &["prompt_tokens_details", "cache_creation_input_tokens"],
        &["prompt_tokens_details", "cache_creation_tokens"],
        &["input_tokens_details", "cache_write_tokens"],
        &["input_tokens_details", "cache_creation_input_tokens"],
        &["cache_creation_input_tokens"],
        &["cacheWriteInputTokens"],
    ];
    let by_lifetime: &[&[&str]] = &[&["prompt_tokens_details", "cache_creation"], &["cache_creation"]];
    let written = written_count(usage, written, by_lifetime, &mut warnings);
    let mut first = |paths: &[&[&str]]| first_count(usage, paths, &mut warnings);
    let counts = Counts {
        input: first(&[&["prompt_tokens"], &["input_tokens"], &["promptTokens"], &["inputTokens"]]),
        output: first(&[&["completion_tokens"], &["output_tokens"], &["completionTokens"], &["outputTokens"]]),
        total: first(&[&["total_tokens"], &["totalTokens"]]),
        cached: first(&[
            &["prompt_tokens_details", "cached_tokens"],
            &["input_tokens_details", "cached_tokens"],
            &["prompt_cache_hit_tokens"],
            &["cache_read_input_tokens"],
            &["cached_tokens"],
            &["num_cached_tokens"],
            &["prompt_tokens_details", "cache_read_tokens"],
            &["prompt_tokens_details", "cache_read_input_tokens"],
            &["prompt_tokens_details", "cache_hit_tokens"],
            &["cachedInputTokens"],
            &["cacheReadInputTokens"],
        ]),
        written,
        reasoning: first(&[
            &["completion_tokens_details", "reasoning_tokens"],
            &["output_tokens_details", "reasoning_tokens"],
            &["reasoning_tokens"],
            &["reasoningTokens"],
        ]),
    };
    (counts, warnings)
}

/// What a list of one holds.
fn the_only_one<'j, 'a>(json: &'j Json<'a>) -> &'j Json<'a> {
    if let [only] = json.elements() { only } else { json }
}
