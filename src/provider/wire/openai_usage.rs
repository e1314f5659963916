//! Token counts as OpenAI and those who imitate it tell them, normalised to [`Usage`].

use crate::domain::{Usage, UsageSource};

use super::json::Json;

/// No request has more tokens than this; a larger count is a fault.
const MOST_TOKENS: u64 = 1_000_000_000;

/// Reads a `usage` object: the counts, absent when they cannot be right, and what was odd about them.
///
/// `total_tokens` is the witness where conventions differ: relays that translate from Anthropic leave cached tokens out of
/// `prompt_tokens`, and xAI leaves reasoning out of `completion_tokens`.
pub(super) fn read(usage: &Json<'_>) -> (Option<Usage>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut first = |paths: &[&[&str]]| paths.iter().find_map(|path| count(usage.at(path)?, path.join(".").as_str(), &mut warnings));
    let input = first(&[&["prompt_tokens"], &["input_tokens"]]);
    let output = first(&[&["completion_tokens"], &["output_tokens"]]);
    let total = first(&[&["total_tokens"]]);
    let cached = first(&[
        &["prompt_tokens_details", "cached_tokens"],
        &["input_tokens_details", "cached_tokens"],
        &["prompt_cache_hit_tokens"],
        &["cache_read_input_tokens"],
        &["cached_tokens"],
    ]);
    let written = first(&[&["prompt_tokens_details", "cache_write_tokens"], &["cache_creation_input_tokens"]]);
    let reasoning =
        first(&[&["completion_tokens_details", "reasoning_tokens"], &["output_tokens_details", "reasoning_tokens"], &["reasoning_tokens"]]);
    let input = input.or_else(|| total?.checked_sub(output?));
    let output = output.or_else(|| total?.checked_sub(input?));
    let (Some(mut input), Some(mut output)) = (input, output) else {
        warnings.push("the provider's token counts cannot be used".to_owned());
        return (None, warnings);
    };
    let beside_input = cached.unwrap_or(0) + written.unwrap_or(0);
    let thought = reasoning.unwrap_or(0);
    let counts_apart = |also_input: u64, also_output: u64| total == Some(input + also_input + output + also_output);
    if !counts_apart(0, 0) {
        if beside_input > 0 && counts_apart(beside_input, 0) {
            input += beside_input;
        } else if thought > 0 && counts_apart(0, thought) {
            output += thought;
        } else if let Some(total) = total {
            warnings.push(format!("the provider counts {input} + {output} tokens, but {total} in total"));
        }
    }
    if beside_input > input {
        warnings.push(format!("the provider counts {beside_input} cached tokens in an input of {input}; they were added to it"));
        input += beside_input;
    }
    if thought > output {
        warnings.push(format!("the provider counts {thought} reasoning tokens in an output of {output}; they were added to it"));
        output += thought;
    }
    let usage = Usage {
        input_tokens: input,
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        reasoning_tokens: reasoning,
        source: UsageSource::Provider,
    };
    (Some(usage), warnings)
}

/// A count, whether written as a number or as text; absent with a warning when it cannot be one.
fn count(json: &Json<'_>, name: &str, warnings: &mut Vec<String>) -> Option<u64> {
    let number = match json {
        Json::Integer(number) => u64::try_from(*number).ok(),
        Json::Float(number) if number.fract() == 0.0 && (0.0..=MOST_TOKENS as f64).contains(number) => Some(*number as u64),
        Json::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let counted = number.filter(|number| *number <= MOST_TOKENS);
    if counted.is_none() {
        warnings.push(format!("the provider's {name} is no token count; it was ignored"));
    }
    counted
}
