//! Answers that are whole and wrong: token counts that cannot be, other models, other choices.

use assay::domain::UsageSource;
use rust_decimal::Decimal;

use super::rig::{Rig, ask, kind};
use crate::chaos::{GOOD_END, stream, text_event};
use crate::chaos_thread::Chaos;

fn counted(text: &str, usages: &[&str]) -> assay::domain::Trial {
    let mut pieces = vec![text_event(text)];
    pieces.extend(usages.iter().map(|usage| format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\n")));
    pieces.push("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_owned());
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let run = Rig::at(&Chaos::start(vec![stream(&pieces)])).price(1_000, 1_000).run();
    let trial = run.only().clone();
    assert_eq!(kind(&trial), None);
    assert!(trial.row.cost.unwrap() > Decimal::ZERO, "{usages:?}: every answer costs something");
    trial
}

#[test]
fn token_counts_that_cannot_be_are_estimated_and_said() {
    for usage in [
        r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
        r#"{"prompt_tokens":9,"completion_tokens":0,"total_tokens":9}"#,
        r#"{"prompt_tokens":-1,"completion_tokens":2}"#,
        r#"{"prompt_tokens":9,"completion_tokens":-9223372036854775808}"#,
        r#"{"prompt_tokens":9223372036854775808,"completion_tokens":2}"#,
        r#"{"prompt_tokens":1e300,"completion_tokens":2}"#,
        r#"{"prompt_tokens":"many","completion_tokens":[]}"#,
        "{}",
    ] {
        let trial = counted("some text", &[usage]);
        assert_eq!(trial.row.usage.unwrap().source, UsageSource::Estimated, "{usage}");
        assert!(trial.row.usage.unwrap().output_tokens > 0 && trial.row.cost.unwrap() < Decimal::ONE, "{usage}");
        assert!(!trial.row.warnings.is_empty(), "{usage}");
    }
    assert_eq!(counted("some text", &[]).row.usage.unwrap().source, UsageSource::Estimated);
}

#[test]
fn counts_on_every_chunk_are_counted_once_and_the_last_holds() {
    let usage = |output: u32| format!("{{\"prompt_tokens\":9,\"completion_tokens\":{output},\"total_tokens\":{}}}", 9 + output);
    let trial = counted("some text", &[&usage(1), &usage(2), &usage(3), &usage(3)]);
    let counts = trial.row.usage.unwrap();
    assert_eq!((counts.source, counts.input_tokens, counts.output_tokens), (UsageSource::Provider, 9, 3));
    assert_eq!(trial.row.cost, Some("0.012".parse().unwrap()));
}

#[test]
fn fewer_tokens_than_the_text_can_have_are_said() {
    let few = counted(&"many words ".repeat(1_000), &[r#"{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#]);
    assert!(few.row.warnings.iter().any(|warning| warning.contains("2 tokens for a text of 11000 bytes")), "{:?}", few.row.warnings);
    let enough = counted(&"many words ".repeat(1_000), &[r#"{"prompt_tokens":9,"completion_tokens":2000,"total_tokens":2009}"#]);
    assert_eq!(enough.row.warnings, [""; 0]);
}

#[test]
fn another_model_than_the_one_asked_for_is_said() {
    let other = "data: {\"model\":\"m-mini\",\"choices\":[{\"delta\":{\"content\":\"ok\"}}]}\n\n";
    let trial = ask(stream(&[other, GOOD_END]));
    assert_eq!((kind(&trial), trial.row.response_model.as_deref()), (None, Some("m-mini")));
    assert_eq!(trial.row.warnings, ["asked for “m”, answered by “m-mini”"]);
}

#[test]
fn of_several_answers_in_one_stream_the_first_is_kept_and_that_is_said() {
    let piece = |index: u32, text: &str| format!("data: {{\"choices\":[{{\"index\":{index},\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let trial = ask(stream(&[&piece(0, "a"), &piece(1, "X"), &piece(1, "Y"), &piece(0, "b"), GOOD_END]));
    assert_eq!((kind(&trial), trial.body.output.as_str()), (None, "ab"));
    assert_eq!(trial.row.warnings, ["the provider sent more than one answer; only the first is kept"]);
}

#[test]
fn an_answer_whose_events_come_in_another_order_is_whole() {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n";
    let stop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let trial = ask(stream(&[usage, stop, stop, &text_event("late"), "data: [DONE]\n\n", "data: [DONE]\n\n"]));
    assert_eq!((kind(&trial), trial.body.output.as_str()), (None, "late"));
    assert_eq!(trial.row.usage.unwrap().output_tokens, 2);
}

#[test]
fn tool_calls_that_come_interleaved_are_put_together_by_index() {
    let call = |index: u32, name: &str, arguments: &str| {
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":{index},\"id\":\"c{index}\",\"function\":{{\"name\":{name},\"arguments\":{arguments}}}}}]}}}}]}}\n\n"
        )
    };
    let pieces = [
        call(0, "\"weather\"", "\"{\\\"city\\\":\""),
        call(1, "\"time\"", "\"{\\\"zone\\\"\""),
        call(0, "null", "\"\\\"Paris\\\"}\""),
        call(1, "null", "\":\\\"UTC\\\"}\""),
        GOOD_END.to_owned(),
    ];
    let trial = ask(stream(&pieces.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(kind(&trial), None);
    let at = |text: &str| trial.body.output.find(text).unwrap_or_else(|| panic!("no {text} in {}", trial.body.output));
    assert!(at("weather") < at("Paris") && at("Paris") < at("time") && at("time") < at("UTC"), "{}", trial.body.output);
}
