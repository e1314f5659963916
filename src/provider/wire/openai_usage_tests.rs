use proptest::prelude::*;

use crate::domain::{Usage, UsageSource};

use super::format::Answer;
use super::json::Json;
use super::openai_usage::note;

/// Input, cached, written, output, reasoning.
type Counts = (u64, Option<u64>, Option<u64>, u64, Option<u64>);

fn read(json: &str) -> Answer {
    let mut answer = Answer::default();
    note(&Json::parse(&format!("{{\"usage\":{json}}}")).unwrap(), &mut answer);
    answer
}

fn counts(json: &str) -> Option<Counts> {
    read(json).usage.map(|u| (u.input_tokens, u.cached_input_tokens, u.cache_write_tokens, u.output_tokens, u.reasoning_tokens))
}

fn warnings(json: &str) -> Vec<String> {
    read(json).usage_warnings
}

#[test]
fn each_dialect_is_normalised() {
    let openai = r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":{"reasoning_tokens":30}}"#;
    assert_eq!(counts(openai), Some((100, Some(40), None, 50, Some(30))));
    let deepseek =
        r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#;
    assert_eq!(counts(deepseek), Some((100, Some(64), None, 50, None)));
    let xai = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}"#;
    assert_eq!(counts(xai), Some((10, None, None, 105, Some(100))));
    let translated =
        r#"{"prompt_tokens":479,"completion_tokens":373,"total_tokens":14164,"prompt_tokens_details":{"cached_tokens":13312}}"#;
    assert_eq!(counts(translated), Some((13_791, Some(13_312), None, 373, None)));
    for json in [openai, deepseek, xai, translated] {
        assert_eq!(warnings(json), [""; 0], "{json}");
    }
}

/// Gemini behind its OpenAI door counts its thoughts in the total only; relays give a reasoning of 0 beside it.
#[test]
fn what_only_the_total_counts_was_thought() {
    let hidden = r#"{"completion_tokens":3,"prompt_tokens":9,"total_tokens":105}"#;
    assert_eq!(counts(hidden), Some((9, None, None, 96, Some(93))));
    assert_eq!(
        warnings(hidden),
        ["the provider counts 9 + 3 tokens, but 105 in total; the other 93 were taken for reasoning and added to the output"]
    );
    let by_relay = r#"{"prompt_tokens":9,"completion_tokens":664,"total_tokens":1994,"completion_tokens_details":{"reasoning_tokens":0}}"#;
    assert_eq!((counts(by_relay), warnings(by_relay).len()), (Some((9, None, None, 1_985, Some(1_321))), 1));
    // Cached tokens that the input leaves out are no thoughts.
    let cached = r#"{"prompt_tokens":5,"completion_tokens":3,"cached_tokens":7,"total_tokens":100}"#;
    assert_eq!((counts(cached), warnings(cached).len()), (Some((12, Some(7), None, 88, Some(85))), 2));
    // Told reasoning is believed, and so are counts above the total.
    let told = r#"{"prompt_tokens":5,"completion_tokens":3,"reasoning_tokens":2,"total_tokens":100}"#;
    assert_eq!((counts(told), warnings(told).len()), (Some((5, None, None, 3, Some(2))), 1));
    let small = r#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":6}"#;
    assert_eq!((counts(small), warnings(small).len()), (Some((5, None, None, 3, None)), 1));
}

#[test]
fn what_the_cache_took_and_gave_is_read_under_all_its_names() {
    let told = |more: &str| {
        let json = format!(r#"{{"prompt_tokens":1500,"completion_tokens":7,"total_tokens":1507,{more}}}"#);
        assert_eq!(warnings(&json), [""; 0], "{more}");
        counts(&json).map(|(input, cached, written, _, _)| (input, cached.unwrap_or(0), written.unwrap_or(0)))
    };
    for more in [
        r#""num_cached_tokens":64"#,
        r#""prompt_tokens_details":{"cache_read_tokens":64}"#,
        r#""prompt_tokens_details":{"cache_hit_tokens":64}"#,
        r#""cached_tokens":0,"num_cached_tokens":64"#,
    ] {
        assert_eq!(told(more), Some((1_500, 64, 0)), "{more}");
    }
    for more in [
        r#""prompt_tokens_details":{"cached_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":1000},"cache_creation_input_tokens":1000}"#,
        r#""prompt_tokens_details":{"cache_creation":{"ephemeral_5m_input_tokens":600,"ephemeral_1h_input_tokens":400}}"#,
        r#""cache_creation_input_tokens":0,"cache_creation":{"ephemeral_1h_input_tokens":1000}"#,
        r#""prompt_tokens_details":{"cache_creation_tokens":1000}"#,
    ] {
        assert_eq!(told(more), Some((1_500, 0, 1_000)), "{more}");
    }
    assert_eq!(told(r#""cache_creation":{},"prompt_tokens_details":null"#), Some((1_500, 0, 0)));
}

#[test]
fn counts_are_read_in_other_places_and_spellings() {
    let camel = r#"{"promptTokens":11,"completionTokens":7,"totalTokens":18}"#;
    let plain = r#"{"prompt_tokens":11,"completion_tokens":7}"#;
    assert_eq!((counts(camel), counts(&format!("[{plain}]"))), (Some((11, None, None, 7, None)), Some((11, None, None, 7, None))));
    let bedrock = r#"{"inputTokens":11,"outputTokens":7,"totalTokens":48,"cacheReadInputTokens":20,"cacheWriteInputTokens":10}"#;
    assert_eq!((counts(bedrock), warnings(bedrock).len()), (Some((41, Some(20), Some(10), 7, None)), 0));
    assert_eq!(counts(&format!("[{plain},{plain}]")), None);
    let of = |json: &str| {
        let mut answer = Answer::default();
        note(&Json::parse(json).unwrap(), &mut answer);
        answer.usage.map(|usage| (usage.input_tokens, usage.output_tokens))
    };
    assert_eq!(of(plain), Some((11, 7)));
    assert_eq!(of(&format!(r#"{{"metadata":{{"usage":{plain}}}}}"#)), Some((11, 7)));
    assert_eq!(of(&format!(r#"{{"prompt_tokens":1,"completion_tokens":1,"usage":{plain}}}"#)), Some((11, 7)));
    assert_eq!(of(r#"{"prompt_tokens":11}"#), None);
}

#[test]
fn texts_and_whole_floats_are_numbers() {
    assert_eq!(counts(r#"{"prompt_tokens":"12","completion_tokens":3.0}"#), Some((12, None, None, 3, None)));
    assert_eq!(counts(r#"{"completion_tokens":3,"total_tokens":15}"#), Some((12, None, None, 3, None)));
}

#[test]
fn fractions_are_rounded_and_said() {
    for fraction in ["7.92", "\"7.92\"", "8.49"] {
        let json = format!(r#"{{"prompt_tokens":12,"completion_tokens":{fraction}}}"#);
        assert_eq!(counts(&json), Some((12, None, None, 8, None)));
        assert!(warnings(&json)[0].contains("rounded"), "{fraction}");
    }
}

#[test]
fn what_cannot_be_is_ignored_and_said() {
    for bad in ["-1", "9223372036854775808", "1e300", "-0.5", "\"many\"", "[]", "1000000001"] {
        let json = format!(r#"{{"prompt_tokens":{bad},"completion_tokens":3}}"#);
        assert_eq!(counts(&json), None, "{bad}");
        assert!(warnings(&json)[0].starts_with("the provider's prompt_tokens is no token count"), "{bad}");
    }
    assert_eq!(counts("{}"), None);
    assert_eq!(
        counts(r#"{"prompt_tokens":5,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":-4}}"#),
        Some((5, None, None, 3, None))
    );
    assert_eq!(warnings(r#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":90}"#).len(), 1);
}

#[test]
fn parts_never_outgrow_the_whole() {
    assert_eq!(
        counts(r#"{"prompt_tokens":5,"completion_tokens":3,"cache_read_input_tokens":9,"reasoning_tokens":7}"#),
        Some((14, Some(9), None, 10, Some(7)))
    );
}

proptest! {
    #[test]
    fn whatever_is_told_the_invariants_hold(numbers in prop::collection::vec(prop_oneof![0i64..2_000, any::<i64>()], 6)) {
        let json = format!(
            r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"cached_tokens":{},"cache_creation_input_tokens":{},"reasoning_tokens":{}}}"#,
            numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
        );
        if let Some(Usage { input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, source }) = read(&json).usage {
            prop_assert!(cached_input_tokens.unwrap_or(0) + cache_write_tokens.unwrap_or(0) <= input_tokens);
            prop_assert!(reasoning_tokens.unwrap_or(0) <= output_tokens);
            prop_assert_eq!(source, UsageSource::Provider);
        }
    }
}
