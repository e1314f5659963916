//! Tool calls as the servers of each wire format really send them.

use super::anthropic::Anthropic;
use super::format::{Answer, Piece, Wire};
use super::gemini::Gemini;
use super::openai_chat::OpenAiChat;
use super::wire_tests::text_of;

/// The answer and its visible text of a stream of these events.
fn streamed(wire: &dyn Wire, events: &[String]) -> (Answer, String) {
    text_of(wire, events.iter().fold(String::new(), |stream, event| stream + "data: " + event + "\n\n").as_bytes())
}

/// The calls of chat deltas like these.
fn of_deltas(deltas: &[&str]) -> String {
    let events: Vec<String> = deltas.iter().map(|delta| format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#)).collect();
    streamed(&OpenAiChat, &events).1
}

/// The calls of a whole chat message.
fn of_message(message: &str) -> String {
    let (mut answer, mut text) = (Answer::default(), String::new());
    let mut take = |piece: Piece<'_>| {
        if let Piece::Content(content) | Piece::Call(content) = piece {
            text.push_str(content);
        }
    };
    let body = format!(r#"{{"choices":[{{"message":{message},"finish_reason":"tool_calls"}}]}}"#);
    assert_eq!(OpenAiChat.decode_whole(&body, &mut answer, &mut take), Ok(()));
    answer.calls.close_all(&mut take);
    text
}

#[test]
fn each_call_of_a_list_is_one_whatever_marks_it() {
    for (mark, second) in [
        ("", 2),
        ("", 1),
        (r#""id":"call_0","#, 2),
        (r#""id":"call_0","#, 1),
        (r#""index":0,"id":"","#, 2),
        (r#""index":0,"id":"call_0","#, 1),
    ] {
        let call = |q: u8| format!(r#"{{{mark}"function":{{"name":"f","arguments":"{{\"q\":{q}}}"}}}}"#);
        let both = format!(r#"{{"tool_calls":[{},{}]}}"#, call(1), call(second));
        let expected = format!("f({{\"q\":1}})\nf({{\"q\":{second}}})");
        assert_eq!((of_message(&both), of_deltas(&[&both])), (expected.clone(), expected), "{mark} {second}");
    }
    let apart = |q: u8| format!(r#"{{"tool_calls":[{{"function":{{"name":"f","arguments":"{{\"q\":{q}}}"}}}}]}}"#);
    assert_eq!(of_deltas(&[&apart(1), &apart(2)]), "f({\"q\":1})\nf({\"q\":2})");
}

#[test]
fn a_last_piece_may_tell_all_calls_again() {
    let marked = |index: u8| format!(r#"{{"index":{index},"id":"call_{index}","function":{{"name":"f","arguments":"{{\"q\":1}}"}}}}"#);
    let both = format!(r#"{{"tool_calls":[{},{}]}}"#, marked(0), marked(1));
    assert_eq!(of_deltas(&[&both, &both]), "f({\"q\":1})\nf({\"q\":1})");
}

#[test]
fn a_call_in_both_forms_is_one() {
    let older = r#"{"function_call":{"name":"f","arguments":"{}"}}"#;
    let both =
        r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}],"function_call":{"name":"f","arguments":"{}"}}"#;
    for (message, deltas) in [(both, &[both, older][..]), (older, &[older])] {
        assert_eq!((of_message(message).as_str(), of_deltas(deltas).as_str()), ("f({})", "f({})"), "{message}");
    }
}

#[test]
fn the_input_that_a_block_begins_with_counts_where_no_pieces_follow() {
    for (input, pieces, expected) in [
        ("{}", &[""][..], "f({})"),
        ("{}", &[], "f({})"),
        (r#"{"q":"Paris"}"#, &[], r#"f({"q":"Paris"})"#),
        (r#"{"q":"Paris"}"#, &[r#"{"q""#, r#": "Paris"}"#], r#"f({"q": "Paris"})"#),
        ("{}", &[r#"{"q""#, r#"{"q":"Par"#, r#"{"q":"Paris"}"#], r#"f({"q":"Paris"})"#),
    ] {
        let block = format!(r#"{{"type":"tool_use","id":"t","name":"f","input":{input}}}"#);
        let mut events = vec![format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#)];
        for piece in pieces {
            let piece = serde_json::json!({"type": "input_json_delta", "partial_json": piece});
            events.push(format!(r#"{{"type":"content_block_delta","index":0,"delta":{piece}}}"#));
        }
        assert_eq!(streamed(&Anthropic, &events).1, expected, "{input} {pieces:?}");
        events.push(r#"{"type":"content_block_stop","index":0}"#.to_owned());
        assert_eq!(streamed(&Anthropic, &events).1, expected, "{input} {pieces:?}");
    }
}

#[test]
fn arguments_that_gemini_sends_in_parts_are_not_passed_off_as_a_whole_call() {
    let event = |call: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{{"functionCall":{call}}}]}}}}]}}"#);
    let part = event(r#"{"partialArgs":[{"jsonPath":"$.q","stringValue":"Paris"}],"willContinue":true}"#);
    let (answer, text) = streamed(&Gemini, &[event(r#"{"name":"f","willContinue":true}"#), part, event("{}")]);
    assert_eq!(text, "f(…)");
    assert_eq!(answer.warnings, ["the arguments of a call came in parts that are not put together here"]);
    let (answer, text) = streamed(&Gemini, &[event(r#"{"name":"f","args":{"q":1},"willContinue":false}"#)]);
    assert_eq!((text.as_str(), answer.warnings.len()), ("f({\"q\":1})", 0));
}
