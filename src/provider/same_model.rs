//! Whether the model that answered is the one that was asked.

/// The same model under a dated, prefixed or aliased name.
pub(super) fn is_same_model(asked: &str, answered: &str) -> bool {
    let plain = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let (asked, answered) = (plain(asked), plain(answered));
    // OpenRouter's variants (`:free`) are not repeated in the answer.
    let base = |name: &str| name.split(':').next().unwrap_or(name).trim_end_matches("-latest").to_owned();
    let is_date = |rest: &str| rest.starts_with(['-', '@']) && rest[1..].chars().all(|c| c.is_ascii_digit() || c == '-');
    asked == answered
        || base(&asked) == answered
        || answered.strip_prefix(base(&asked).as_str()).is_some_and(|rest| !rest.is_empty() && is_date(rest))
}

#[cfg(test)]
mod tests {
    use super::is_same_model;

    #[test]
    fn aliases_are_the_same_model_and_siblings_are_not() {
        for (asked, answered) in [
            ("gpt-4.1", "gpt-4.1-2025-04-14"),
            ("qwen-max", "Qwen-Max"),
            ("qwen/qwen3-max:free", "qwen/qwen3-max"),
            ("qwen/qwen3-max", "qwen3-max"),
            ("mistral-large-latest", "mistral-large-2411"),
            ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ] {
            assert!(is_same_model(asked, answered), "{asked} {answered}");
        }
        for (asked, answered) in
            [("gpt-4.1", "gpt-4.1-mini"), ("gpt-4.1", "gpt-4.1-2025x"), ("qwen-max", "qwen3-max"), ("llama3:8b", "llama3:70b"), ("a", "")]
        {
            assert!(!is_same_model(asked, answered), "{asked} {answered}");
        }
    }
}
