//! Token counts as OpenAI and those who imitate it tell them, in both of its wire formats.

use crate::domain::Usage;

use super::json::Json;
use super::usage::{Counts, INCLUSIVE, first_count, normalise};

/// Reads a `usage` object: the counts, absent when they cannot be right, and what was odd about them.
///
/// `total_tokens` is the witness where conventions differ: relays that translate from Anthropic leave cached tokens out of
/// `prompt_tokens`, and xAI leaves reasoning out of `completion_tokens`.
pub(super) fn read(usage: &Json<'_>) -> (Option<Usage>, Vec<String>) {
    let mut warnings = Vec::new();
    let mut first = |paths: &[&[&str]]| first_count(usage, paths, &mut warnings);
    let counts = Counts {
        input: first(&[&["prompt_tokens"], &["input_tokens"]]),
        output: first(&[&["completion_tokens"], &["output_tokens"]]),
        total: first(&[&["total_tokens"]]),
        cached: first(&[
            &["prompt_tokens_details", "cached_tokens"],
            &["input_tokens_details", "cached_tokens"],
            &["prompt_cache_hit_tokens"],
            &["cache_read_input_tokens"],
            &["cached_tokens"],
        ]),
        written: first(&[&["prompt_tokens_details", "cache_write_tokens"], &["cache_creation_input_tokens"]]),
        reasoning: first(&[
            &["completion_tokens_details", "reasoning_tokens"],
            &["output_tokens_details", "reasoning_tokens"],
            &["reasoning_tokens"],
        ]),
    };
    let usage = normalise(&counts, INCLUSIVE, &mut warnings);
    (usage, warnings)
}
