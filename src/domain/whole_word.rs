//! Names of parameters in running text.

/// Where `word`, which is not empty, stands alone in `text`: byte places, in their order. Letters, digits and underscores around it make another word.
pub fn places_of_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + word.len()..].chars().next());
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_other_words_are_passed_over() {
        let places = |text| places_of_word(text, "stop").collect::<Vec<_>>();
        assert_eq!(places("stop, `stop` and é.stop"), [0, 7, 20]);
        assert_eq!(places("stop_sequences nonstop stopé stops"), [0; 0]);
        assert_eq!(places(""), [0; 0]);
    }
}
