//! What the simulated models say: prepared texts for the sample prompts, an open placeholder for everything else.

use std::collections::HashMap;

use serde::Deserialize;

use super::chance::Chance;
use super::model::{SimulatedModel, Voice};
use super::pieces::is_ideograph;
use super::sample::sample_cases;

/// Most characters of an unknown prompt that its answer repeats.
const QUOTED_CHARACTERS: usize = 80;

#[derive(Deserialize)]
struct Texts {
    large: String,
    relay: Option<String>,
    premium: String,
}

/// All prepared texts (`assets/demo/answers.toml`), found by the last user message.
pub(super) struct Answers {
    texts: HashMap<String, Texts>,
    case_by_prompt: HashMap<String, String>,
}

impl Answers {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    pub(super) fn bundled() -> Self {
        let texts = toml::from_str(include_str!("../../assets/demo/answers.toml")).expect("the bundled answers are valid");
        let case_by_prompt = sample_cases()
            .into_iter()
            .filter_map(|case| {
                let prompt = case.render().ok()?.pop()?.content;
                Some((prompt, case.id))
            })
            .collect();
        Self { texts, case_by_prompt }
    }

    /// What `model` says to `prompt`; `chance` picks the wording.
    pub(super) fn say(&self, model: &SimulatedModel, prompt: &str, chance: &mut Chance) -> String {
        let key = match self.case_by_prompt.get(prompt) {
            Some(case_id) => case_id.as_str(),
            None if is_chinese(prompt) => "unknown-zh",
            None => "unknown",
        };
        let Some(texts) = self.texts.get(key) else { return String::new() };
        let text = match model.voice {
            Voice::Large => &texts.large,
            Voice::LargeRelay => texts.relay.as_ref().unwrap_or(&texts.large),
            Voice::Premium => &texts.premium,
        };
        let reworded = if chance.happens(model.usual_share) { 0.0 } else { model.reworded_share };
        // The prompt goes in last, so that nothing in it is taken for one of our marks.
        worded(text.trim(), reworded, chance).replacen("{prompt}", &quoted(prompt), 1)
    }
}

/// Replaces each `⟦usual|other|…⟧` by its first wording, or with probability `reworded` by one of the others.
fn worded(text: &str, reworded: f64, chance: &mut Chance) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('⟦') {
        let (place, after) = tail.split_once('⟧').unwrap_or((tail, ""));
        let wordings: Vec<&str> = place.split('|').collect();
        let pick = if wordings.len() > 1 && chance.happens(reworded) { 1 + chance.below(wordings.len() - 1) } else { 0 };
        said.push_str(before);
        said.push_str(wordings[pick]);
        rest = after;
    }
    said.push_str(rest);
    said
}

/// The beginning of a prompt, on one line.
fn quoted(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut quoted: String = line.chars().take(QUOTED_CHARACTERS).collect();
    if quoted.len() < line.len() {
        quoted.push('…');
    }
    quoted
}

fn is_chinese(text: &str) -> bool {
    let (mut ideographs, mut letters) = (0_usize, 0_usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        if is_ideograph(c) { ideographs += 1 } else { letters += 1 }
    }
    // An ideograph says about as much as four letters.
    ideographs * 4 > letters
}

#[cfg(test)]
mod tests {
    use super::super::model::MODELS;
    use super::*;

    fn say(model: &SimulatedModel, prompt: &str, n: u64) -> String {
        Answers::bundled().say(model, prompt, &mut Chance::of(1, &[model.id, prompt], n))
    }

    #[test]
    fn every_sample_case_has_three_answers_of_its_own() {
        let answers = Answers::bundled();
        for case in sample_cases() {
            let prompt = case.render().unwrap().pop().unwrap().content;
            let said = MODELS.each_ref().map(|model| answers.say(model, &prompt, &mut Chance::of(1, &[model.id, &prompt], 1)));
            for text in &said {
                assert!(text.chars().count() > 60, "{}: {text}", case.id);
                assert!(
                    !text.contains(['⟦', '⟧']) && !text.contains("{prompt}") && !text.contains("simulated answer"),
                    "{}: {text}",
                    case.id
                );
            }
            assert_ne!(said[0], said[2], "{}: the premium model says the same", case.id);
        }
    }

    #[test]
    fn the_relay_says_the_same_with_small_variations() {
        let answers = Answers::bundled();
        for case in sample_cases() {
            let prompt = case.render().unwrap().pop().unwrap().content;
            let texts = |model: &SimulatedModel| -> std::collections::BTreeSet<String> {
                (0..60).map(|n| answers.say(model, &prompt, &mut Chance::of(1, &[model.id, &prompt], n))).collect()
            };
            let (official, relay) = (texts(&MODELS[0]), texts(&MODELS[1]));
            assert!(relay.len() > 1, "{}: the relay never varies", case.id);
            if case.id != "sql-top-customers" {
                assert!(official.intersection(&relay).next().is_some(), "{}: the relay never says the same", case.id);
            }
        }
    }

    #[test]
    fn the_extracted_order_is_the_expected_json() {
        let case = sample_cases().into_iter().find(|case| case.id == "order-json").unwrap();
        let prompt = case.render().unwrap().pop().unwrap().content;
        let expected: serde_json::Value = serde_json::from_str(case.expected.as_deref().unwrap()).unwrap();
        for model in [&MODELS[0], &MODELS[2]] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&say(model, &prompt, 1)).unwrap(), expected, "{}", model.id);
        }
    }

    #[test]
    fn an_unknown_prompt_gets_an_answer_that_says_what_it_is() {
        for model in &MODELS {
            let english = say(model, "What is ⟦the|a⟧ {prompt} of\nlife?", 1);
            assert!(english.starts_with("*This is a simulated answer"), "{english}");
            assert!(english.contains("What is ⟦the|a⟧ {prompt} of life?"), "{english}");
            let chinese = say(model, "为什么天空是蓝色的？请用 simple words 回答。", 1);
            assert!(chinese.starts_with("*这是模拟回答"), "{chinese}");
        }
        assert_eq!(quoted(&"ab ".repeat(60)).chars().count(), QUOTED_CHARACTERS + 1);
    }
}
