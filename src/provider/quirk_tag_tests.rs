//! Reasoning between tags as it really comes, and answers that talk about tags: each kind with the right value, over the socket.

use std::time::Duration;

use super::gather::TAG_KEPT;
use super::quirk_tests::*;
use super::test_server::*;
use crate::domain::REASONING_FROM_TAGS;
use crate::provider::AttemptReport;

fn thought(text: &str) -> String {
    data(&format!(r#"{{"choices":[{{"index":0,"delta":{{"reasoning_content":"{text}"}}}}]}}"#))
}

/// The answer in these pieces, with this end.
async fn said(pieces: &[&str], end: &str) -> AttemptReport {
    let mut events: Vec<String> = pieces.iter().map(|piece| delta(&piece.replace('\n', "\\n"))).collect();
    events.extend([finish(end), usage(), DONE.to_owned()]);
    chat(&events).await
}

#[tokio::test]
async fn the_same_reasoning_in_a_field_and_in_tags_is_kept_once() {
    let end = || [finish("stop"), usage(), DONE.to_owned()];
    let pieces = [thought("I ponder"), delta("<think>I ponder"), thought(" it."), delta(" it.</think>"), delta("Hello")];
    let report = chat(&[&pieces[..], &end()].concat()).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "I ponder it."));
    assert!(warned(&report, "between tags as well; it was kept once") && !warned(&report, REASONING_FROM_TAGS), "{:?}", report.warnings);
    let pieces = [thought("One."), delta("<think>Two.</think>Hello")];
    let report = chat(&[&pieces[..], &end()].concat()).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "One.Two."));
    assert!(warned(&report, REASONING_FROM_TAGS), "{:?}", report.warnings);
}

#[tokio::test]
async fn a_closing_tag_that_was_left_over_is_no_part_of_the_answer() {
    let pieces = [thought("I ponder it."), delta("</thi"), delta("nk>"), delta("\\n\\nHello"), finish("stop"), usage(), DONE.to_owned()];
    let report = chat(&pieces).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "I ponder it."));
    assert_eq!(report.warnings, [""; 0]);
}

#[tokio::test]
async fn a_template_may_have_opened_reasoning_that_ends_on_the_same_line() {
    let mut acts = vec![Act::Send(chunked_head("text/event-stream"))];
    for piece in ["I ponder", " it.</th", "ink>", "Hel", "lo"] {
        acts.extend([Act::Send(chunk(delta(piece))), Act::Wait(Duration::from_millis(20))]);
    }
    acts.extend([Act::Send(chunk(finish("stop") + &usage() + DONE)), Act::Send(LAST_CHUNK.into())]);
    let report = ask(acts).await;
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("Hello", "I ponder it."));
    assert!(report.timing.first_content_us.unwrap() >= report.timing.first_reasoning_us.unwrap() + 60_000, "{:?}", report.timing);
    assert_eq!(report.timing.content_arrivals, 2);
}

#[tokio::test]
async fn answers_that_talk_about_tags_stay_whole() {
    for pieces in [
        &["Close it with ", "</think>", "."][..],
        &["The template opens it:\n\n```\nhm", "\n</think>\n", "Four\n```\n\nParse from there."],
        &["Models write `<think>` and then", " `</think>` around it."],
        &["End the block with this tag:\n", "</think>", "\nand then answer."],
        &["</think>", " is a tag."],
    ] {
        let report = said(pieces, "stop").await;
        assert_eq!((report.output, report.reasoning, report.warnings), (pieces.concat(), String::new(), vec![]));
    }
}

#[tokio::test]
async fn a_sentence_that_begins_with_a_tag_is_the_answer() {
    let pieces = ["<think> is", " a tag that models", " write."];
    let report = said(&pieces, "stop").await;
    assert_eq!((report.output, report.reasoning.as_str()), (pieces.concat(), ""));
    assert_eq!(report.warnings, [TAG_KEPT]);
    let timing = report.timing;
    assert_eq!((timing.first_reasoning_us, timing.content_arrivals), (None, 3));
    assert!(timing.first_content_us.is_some() && timing.last_content_us == timing.last_output_us);
    // What was cut off may have been thought, and so may what no sentence begins with.
    for (pieces, end) in [(["<think> is", " a"], "length"), (["<think>I", " ponder"], "stop"), (["<think>\nI", " ponder"], "stop")] {
        let report = said(&pieces, end).await;
        assert_eq!((report.output.as_str(), report.reasoning), ("", pieces.concat().replace("<think>", "")), "{end}");
    }
}
