use std::ops::ControlFlow;

use proptest::prelude::*;

use super::sse::{EventTooLarge, SseParser};

const CAP: usize = 512 * 1024;

type Seen = (String, String, bool);

fn parse(chunks: &[&[u8]], cap: usize) -> (Vec<Seen>, Result<(), EventTooLarge>) {
    let mut parser = SseParser::new(cap);
    let mut seen = Vec::new();
    let mut on_event = |event: super::sse::Event<'_>| {
        seen.push((event.name.to_owned(), event.data.to_owned(), event.lossy));
        ControlFlow::Continue(())
    };
    for chunk in chunks {
        if let Err(error) = parser.push(chunk, &mut on_event) {
            return (seen, Err(error));
        }
    }
    parser.finish(&mut on_event);
    (seen, Ok(()))
}

fn data(bytes: &[u8]) -> Vec<String> {
    parse(&[bytes], CAP).0.into_iter().map(|(_, data, _)| data).collect()
}

#[test]
fn every_line_end_and_field_is_read() {
    for end in ["\n", "\r", "\r\n"] {
        let text = "\u{feff}: comment|event: e|data: a|data:b|data:  c|id: 1|retry: 5|whatever: x|alone||data: d||".replace('|', end);
        let expected = [("e".to_owned(), "a\nb\n c".to_owned(), false), (String::new(), "d".to_owned(), false)];
        assert_eq!(parse(&[text.as_bytes()], CAP).0, expected, "{end:?}");
    }
}

/// Older llama.cpp servers send their errors so.
#[test]
fn a_field_named_error_is_an_error_event() {
    let error = |data: &str| ("error".to_owned(), data.to_owned(), false);
    assert_eq!(parse(&[b"error: {\"code\":400}\n\n"], CAP).0, [error("{\"code\":400}")]);
    assert_eq!(parse(&[b"data: a\n\nerror:{}"], CAP).0, [(String::new(), "a".to_owned(), false), error("{}")]);
    // Any text may begin with the word.
    assert_eq!(parse(&[b"error\nerror:\nerror: it works!\ndata: a\n\n"], CAP).0, [(String::new(), "a".to_owned(), false)]);
}

#[test]
fn a_last_event_without_its_blank_line_counts() {
    assert_eq!(data(b"data: a\n\ndata: [DONE]"), ["a", "[DONE]"]);
    assert_eq!(data(b"data: [DONE]\n"), ["[DONE]"]);
    assert_eq!(data(b"\n\n\nevent: nothing\n\n: ping\n\n"), [""; 0]);
}

#[test]
fn invalid_utf8_becomes_one_mark_and_the_stream_goes_on() {
    let (seen, result) = parse(&[b"data: a\xffb\n\ndata: c\n\n"], CAP);
    assert_eq!(result, Ok(()));
    assert_eq!(seen, [(String::new(), "a\u{fffd}b".to_owned(), true), (String::new(), "c".to_owned(), false)]);
}

#[test]
fn the_cap_is_for_one_event_and_comments_are_free() {
    let comment = format!(": {}\n", "x".repeat(100)).repeat(50);
    let small = format!("{comment}data: 1234\n\ndata: 1234\n\n");
    assert_eq!(parse(&[small.as_bytes()], 10), (vec![(String::new(), "1234".into(), false); 2], Ok(())));
    let many_lines = "data: 1\n".repeat(3);
    for large in ["data: 12345\n\n", "data: 12345", "xxxxxxxxxxx", many_lines.as_str()] {
        assert_eq!(parse(&[large.as_bytes()], 10).1, Err(EventTooLarge), "{large}");
    }
}

#[test]
fn stopping_drops_the_rest() {
    let mut parser = SseParser::new(CAP);
    let mut seen = 0;
    let flow = parser.push(b"data: a\n\ndata: b\n\n", &mut |_event| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((flow, seen), (Ok(ControlFlow::Break(())), 1));
}

/// A hostile line of many small chunks must not be scanned again for each.
#[test]
fn a_long_line_costs_linear_time() {
    let chunk = [b'x'; 16];
    let mut parser = SseParser::new(64 * 1024 * 1024);
    let begun = std::time::Instant::now();
    for _ in 0..1_000_000 {
        assert_eq!(parser.push(&chunk, &mut |_event| ControlFlow::Continue(())), Ok(ControlFlow::Continue(())));
    }
    // 16 MB; a parser that starts over for each chunk would need 8 TB of looks.
    assert!(begun.elapsed().as_secs() < 20);
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"data".to_vec()),
        Just(b"event: x".to_vec()),
        Just(b"error: {".to_vec()),
        Just(b": c".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just("é😀\u{feff}".as_bytes().to_vec()),
        Just(vec![0xff]),
        Just(vec![0xf0, 0x9f]),
        "[a-z:{}]{0,4}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_split_gives_the_same_events(bytes in stream(), cap in prop_oneof![Just(CAP), 4usize..40]) {
        let whole = parse(&[&bytes], cap);
        for at in 0..=bytes.len() {
            prop_assert_eq!(&parse(&[&bytes[..at], &bytes[at..]], cap), &whole, "split at {}", at);
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&parse(&single, cap), &whole);
    }

    #[test]
    fn every_chunking_gives_the_same_events(bytes in stream(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(parse(&chunks, CAP), parse(&[&bytes], CAP));
    }
}

#[test]
fn a_recorded_stream_is_the_same_at_every_split() {
    let bytes = include_bytes!("../../tests/fixtures/providers/llama_cpp/oai_stream.sse");
    let whole = parse(&[bytes], CAP);
    assert_eq!(whole.0.last().unwrap().1, "[DONE]");
    assert_eq!(whole.0.len(), 28);
    for at in 0..bytes.len() {
        assert_eq!(parse(&[&bytes[..at], &bytes[at..]], CAP), whole);
    }
}
