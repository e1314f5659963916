//! Token counts, normalised to [`Usage`]: one place for the rules that all wire formats share.

use crate::domain::{Usage, UsageSource};

use super::json::Json;

/// No request has more tokens than this; a larger count is a fault.
const MOST_TOKENS: u64 = 1_000_000_000;

/// Counts as a provider tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct Counts {
    pub(super) input: Option<u64>,
    pub(super) cached: Option<u64>,
    pub(super) written: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) reasoning: Option<u64>,
    /// The witness where conventions differ.
    pub(super) total: Option<u64>,
}

impl Counts {
    /// Some input or output is counted.
    pub(super) fn any(&self) -> bool {
        self.input.unwrap_or(0) + self.output.unwrap_or(0) > 0
    }

    /// Takes in later counts of the same answer. They are cumulative, and relays begin with a guess, so that the last one above 0 is right; what is not
    /// told again stays.
    pub(super) fn update(&mut self, later: &Self) {
        let Self { input, cached, written, output, reasoning, total } = self;
        let pairs = [
            (input, later.input),
            (cached, later.cached),
            (written, later.written),
            (output, later.output),
            (reasoning, later.reasoning),
            (total, later.total),
        ];
        for (kept, told) in pairs {
            *kept = told.filter(|told| *told > 0).or(*kept).or(told);
        }
    }
}

/// What a wire format counts beside its main figures instead of inside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Convention {
    /// Tokens read from or written to the cache are no part of the input count: Anthropic.
    pub(super) cache_apart: bool,
    /// Reasoning is no part of the output count: Gemini.
    pub(super) reasoning_apart: bool,
}

/// OpenAI, and most who imitate it.
pub(super) const INCLUSIVE: Convention = Convention { cache_apart: false, reasoning_apart: false };
/// Anthropic.
pub(super) const CACHE_APART: Convention = Convention { cache_apart: true, reasoning_apart: false };
/// Gemini.
pub(super) const REASONING_APART: Convention = Convention { cache_apart: false, reasoning_apart: true };

/// The usage; absent when the counts cannot be right. What is odd about them goes to `warnings`.
///
/// Relays that translate between wire formats mix the conventions, so that the wire's own one is only the first guess: a total decides. A total that
/// fits none is told as a contradiction. What it holds above every guess was thought, where no reasoning is told: Gemini counts so behind its OpenAI door.
pub(super) fn normalise(counts: &Counts, convention: Convention, warnings: &mut Vec<String>) -> Option<Usage> {
    let Counts { input, cached, written, output, reasoning, total } = *counts;
    let input = input.or_else(|| total?.checked_sub(output?));
    let output = output.or_else(|| total?.checked_sub(input?));
    let (Some(told_input), Some(told_output)) = (input, output) else {
        warnings.push("the provider's token counts cannot be used".to_owned());
        return None;
    };
    let beside_input = cached.unwrap_or(0) + written.unwrap_or(0);
    let thought = reasoning.unwrap_or(0);
    let counted = |convention: Convention| {
        let more_input = if convention.cache_apart { beside_input } else { 0 };
        let more_output = if convention.reasoning_apart { thought } else { 0 };
        (told_input + more_input, told_output + more_output)
    };
    let both = Convention { cache_apart: true, reasoning_apart: true };
    let fitting = total.and_then(|total| {
        let guesses = [convention, INCLUSIVE, CACHE_APART, REASONING_APART, both];
        guesses.into_iter().map(counted).find(|(input, output)| input + output == total)
    });
    let (mut input, mut output) = fitting.unwrap_or_else(|| counted(convention));
    let mut reasoning = reasoning;
    // Where the wire counts the cache apart, what is left over may as well be a part of the input.
    let hides_thoughts =
        thought == 0 && !convention.cache_apart && total.is_some_and(|total| total > told_input + beside_input + told_output);
    if let (Some(total), None, false) = (total, fitting, hides_thoughts) {
        warnings.push(format!("the provider counts {input} + {output} tokens, but {total} in total"));
    }
    if beside_input > input {
        warnings.push(format!("the provider counts {beside_input} cached tokens in an input of {input}; they were added to it"));
        input += beside_input;
    }
    if thought > output {
        warnings.push(format!("the provider counts {thought} reasoning tokens in an output of {output}; they were added to it"));
        output += thought;
    }
    if let (Some(total), true) = (total, hides_thoughts) {
        let hidden = total - input - output;
        warnings.push(format!(
            "the provider counts {input} + {output} tokens, but {total} in total; the other {hidden} were taken for reasoning and added to the output"
        ));
        output += hidden;
        reasoning = Some(hidden);
    }
    Some(Usage {
        input_tokens: input,
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        reasoning_tokens: reasoning,
        source: UsageSource::Provider,
    })
}

/// The first of these counts that is above 0, else the first that is there: some relays tell both formats' names, and count under one.
pub(super) fn first_count(usage: &Json<'_>, paths: &[&[&str]], warnings: &mut Vec<String>) -> Option<u64> {
    let counts: Vec<u64> = paths.iter().filter_map(|path| count(usage.at(path)?, path.join(".").as_str(), warnings)).collect();
    counts.iter().find(|count| **count > 0).or_else(|| counts.first()).copied()
}

/// Tokens written to the cache: the first of these counts, or what the lifetimes in one of these objects make together.
pub(super) fn written_count(usage: &Json<'_>, paths: &[&[&str]], by_lifetime: &[&[&str]], warnings: &mut Vec<String>) -> Option<u64> {
    let told = first_count(usage, paths, warnings);
    let mut sums = by_lifetime.iter().filter_map(|path| {
        let written = usage.at(path)?;
        let mut of = |name: &str| first_count(written, &[&[name]], warnings).unwrap_or(0);
        Some(of("ephemeral_5m_input_tokens") + of("ephemeral_1h_input_tokens"))
    });
    told.filter(|told| *told > 0).or_else(|| sums.find(|sum| *sum > 0)).or(told)
}

/// A count, whether written as a number or as text; a fraction is rounded with a warning. Absent with a warning when it cannot be one.
fn count(json: &Json<'_>, name: &str, warnings: &mut Vec<String>) -> Option<u64> {
    let mut rounded = |number: f64| {
        let whole = number.round();
        let fits = (0.0..=MOST_TOKENS as f64).contains(&number);
        if fits && number.fract() != 0.0 {
            warnings.push(format!("the provider's {name} is {number}, no whole number of tokens; it was rounded"));
        }
        fits.then_some(whole as u64)
    };
    let number = match json {
        Json::Integer(number) => u64::try_from(*number).ok(),
        Json::Float(number) => rounded(*number),
        Json::Text(text) => text.trim().parse().ok().or_else(|| rounded(text.trim().parse().ok()?)),
        _ => None,
    };
    let counted = number.filter(|number| *number <= MOST_TOKENS);
    if counted.is_none() {
        let warning = format!("the provider's {name} is no token count; it was ignored");
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(input: u64, cached: u64, output: u64, reasoning: u64, total: Option<u64>) -> Counts {
        Counts { input: Some(input), cached: Some(cached), written: None, output: Some(output), reasoning: Some(reasoning), total }
    }

    #[test]
    fn the_total_decides_between_the_conventions() {
        // Prompt 100 of which 40 cached, answer 50 of which 30 thought, told in all four ways under each wire.
        for wire in [INCLUSIVE, CACHE_APART, REASONING_APART] {
            for told in [
                counts(100, 40, 50, 30, Some(150)),
                counts(60, 40, 50, 30, Some(150)),
                counts(100, 40, 20, 30, Some(150)),
                counts(60, 40, 20, 30, Some(150)),
            ] {
                let mut warnings = Vec::new();
                let usage = normalise(&told, wire, &mut warnings).unwrap();
                assert_eq!((usage.input_tokens, usage.output_tokens, warnings.len()), (100, 50, 0), "{told:?} {wire:?}");
            }
        }
    }

    #[test]
    fn without_a_total_the_wire_decides() {
        let read = |convention| {
            normalise(&counts(60, 40, 20, 10, None), convention, &mut Vec::new()).map(|usage| (usage.input_tokens, usage.output_tokens))
        };
        assert_eq!(read(INCLUSIVE), Some((60, 20)));
        assert_eq!(read(CACHE_APART), Some((100, 20)));
        assert_eq!(read(REASONING_APART), Some((60, 30)));
    }

    #[test]
    fn a_contradiction_is_told() {
        let mut warnings = Vec::new();
        assert!(normalise(&counts(60, 0, 20, 0, Some(1_000)), CACHE_APART, &mut warnings).is_some());
        assert_eq!(warnings, ["the provider counts 60 + 20 tokens, but 1000 in total"]);
    }

    #[test]
    fn the_last_count_above_zero_stands() {
        let mut kept = counts(29, 1, 1, 0, None);
        kept.update(&Counts { input: Some(0), output: Some(24), ..Counts::default() });
        assert_eq!((kept.input, kept.cached, kept.output), (Some(29), Some(1), Some(24)));
        kept.update(&Counts { input: Some(20), cached: Some(0), written: Some(0), ..Counts::default() });
        assert_eq!((kept.input, kept.cached, kept.written, kept.output), (Some(20), Some(1), Some(0), Some(24)));
    }

    proptest! {
        #[test]
        fn whatever_is_told_parts_stay_inside_the_whole(
            numbers in prop::collection::vec(prop::option::of(0u64..=1_000_000_000), 6),
            cache_apart in any::<bool>(),
            reasoning_apart in any::<bool>(),
        ) {
            let [input, cached, written, output, reasoning, total] = numbers[..] else { return Ok(()) };
            let told = Counts { input, cached, written, output, reasoning, total };
            if let Some(usage) = normalise(&told, Convention { cache_apart, reasoning_apart }, &mut Vec::new()) {
                prop_assert!(usage.cached_input_tokens.unwrap_or(0) + usage.cache_write_tokens.unwrap_or(0) <= usage.input_tokens);
                prop_assert!(usage.reasoning_tokens.unwrap_or(0) <= usage.output_tokens);
            }
        }
    }
}
