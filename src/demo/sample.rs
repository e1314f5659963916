//! The sample prompts.

use serde::Deserialize;

use crate::domain::Case;

/// The name of the sample set.
pub const SAMPLE_SET_NAME: &str = "Sample prompts";

#[derive(Deserialize)]
struct SampleFile {
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

/// The ten sample cases (`assets/demo/sample.toml`), English and Chinese, in order.
#[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
pub fn sample_cases() -> Vec<Case> {
    toml::from_str::<SampleFile>(include_str!("../../assets/demo/sample.toml")).expect("the bundled sample is valid").cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::pieces::is_ideograph;

    #[test]
    fn the_sample_is_ten_cases_ready_to_send() {
        let cases = sample_cases();
        assert_eq!(cases.len(), 10);
        assert_eq!(cases.iter().map(|case| &case.id).collect::<BTreeSet<_>>().len(), 10);
        for case in &cases {
            assert!(case.description.is_some() && !case.tags.is_empty(), "{}", case.id);
            let messages = case.render().unwrap();
            assert_eq!(messages.last().map(|message| message.role), Some(crate::domain::Speaker::User));
            assert_eq!(case.variables(), case.vars.keys().cloned().collect::<Vec<_>>(), "{}: variables without use or value", case.id);
        }
    }

    #[test]
    fn it_holds_the_entanglement_case_variables_and_chinese() {
        let rendered: Vec<String> = sample_cases().iter().map(|case| case.render().unwrap().pop().unwrap().content).collect();
        assert!(rendered.iter().any(|prompt| prompt == "Explain quantum entanglement in simple terms."));
        assert!(rendered.iter().any(|prompt| prompt.chars().filter(|c| is_ideograph(*c)).count() > 20));
        assert!(sample_cases().iter().filter(|case| !case.vars.is_empty()).count() >= 3);
    }
}
