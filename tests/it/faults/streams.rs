//! Answers that stall, flood, break off or lie about themselves.

use std::time::Duration;

use assay::domain::{FailureKind, Trial, TrialStatus, UsageSource};

use super::rig::{Rig, ask, kind, send};
use crate::chaos::{Act, GOOD_END, LAST_CHUNK, brotli_bomb, chunk, chunked_head, gzip_bomb, response, stream, text_event, zstd_bomb};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

const MIB: usize = 1024 * 1024;

fn head() -> Act {
    send(chunked_head("text/event-stream"))
}

fn text(text: &str) -> Act {
    send(chunk(text_event(text)))
}

/// A trial that failed in this way and kept this text.
fn assert_broken(name: &str, trial: &Trial, expected: FailureKind, kept: &str) {
    assert_eq!((trial.row.status, kind(trial)), (TrialStatus::Failed, Some(expected)), "{name}");
    assert_eq!(trial.body.output, kept, "{name}");
}

#[test]
fn a_stall_keeps_the_text_and_estimates_the_cost() {
    let chaos = Chaos::start(vec![vec![head(), text("half an answer"), Act::Hang]]);
    let run = Rig::at(&chaos).price(1, 1).limits(|limits| limits.idle_timeout_ms = 150).run();
    assert_broken("stall", run.only(), FailureKind::IdleTimeout, "half an answer");
    let usage = run.only().row.usage.unwrap();
    assert!(usage.source == UsageSource::Estimated && usage.output_tokens > 0);
    assert!(run.only().row.cost.unwrap() > 0.into());
    chaos.until(|seen| seen.hung_up == 1);
}

#[test]
fn an_endless_drip_ends_with_the_attempts_time() {
    let drip = (0..10_000).flat_map(|_| [text("x"), Act::Wait(Duration::from_millis(5))]);
    let chaos = Chaos::start(vec![std::iter::once(head()).chain(drip).collect()]);
    let run = Rig::at(&chaos).limits(|limits| limits.attempt_timeout_ms = 300).run();
    assert_eq!(kind(run.only()), Some(FailureKind::AttemptTimeout));
    assert!(run.only().body.output.starts_with("xx"));
    chaos.until(|seen| seen.hung_up == 1);
}

#[test]
fn past_a_cap_the_text_is_kept_and_the_connection_dropped() {
    let endless_text = vec![head(), Act::Flood(chunk(text_event(&"é".repeat(5_000))))];
    let endless_line = vec![head(), text("kept"), Act::Flood(chunk("x".repeat(16_384)))];
    let endless_event = vec![head(), text("kept"), Act::Flood(chunk("data: x\n".repeat(2_048)))];
    for (name, acts, at_least, at_most) in
        [("text", endless_text, 8 * MIB - 1, 8 * MIB), ("line", endless_line, 4, 4), ("event", endless_event, 4, 4)]
    {
        let chaos = Chaos::start(vec![acts]);
        let run = Rig::at(&chaos).run();
        let (trial, kept) = (run.only(), run.only().body.output.len());
        assert_eq!(kind(trial), Some(FailureKind::TooLarge), "{name}");
        assert!((at_least..=at_most).contains(&kept), "{name}: {kept}");
        chaos.until(|seen| seen.hung_up == 1);
    }
}

#[test]
fn a_million_empty_events_and_comments_are_read_in_passing() {
    let (mut empty, mut comments) = (vec![head()], vec![head()]);
    for _ in 0..100 {
        empty.push(send(chunk("\n\n".repeat(10_000))));
        comments.push(send(chunk(": ping\n\n".repeat(10_000))));
    }
    for mut acts in [empty, comments] {
        acts.extend([text("ok"), send(chunk(GOOD_END)), send(LAST_CHUNK)]);
        let trial = ask(acts);
        assert_eq!((kind(&trial), trial.body.output.as_str(), trial.row.warnings.len()), (None, "ok", 0));
        assert!(trial.row.timing.unwrap().end_us < 20_000_000);
    }
}

/// What the kernel says a process has had in memory at most, bytes.
#[cfg(target_os = "linux")]
fn peak_bytes(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// A flood or a bomb is one trial, the next is held, and meanwhile the program's peak is read: it may exceed that of a small answer by little more
/// than the text that is kept, in the copies on its way into the archive.
#[cfg(target_os = "linux")]
#[test]
fn no_flood_and_no_bomb_takes_more_memory_than_what_is_kept() {
    let bomb = |encoding: &str, body: Vec<u8>| {
        let headers = format!("content-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n");
        vec![send(response("200 OK", &headers, body))]
    };
    let peak_of = |first: Vec<Act>| {
        let program = Program::new();
        let chaos = Chaos::start(vec![first, vec![Act::Hang]]);
        program.connect_to("S", &chaos.url(), None);
        let prompts = program.write("p.csv", prompts_csv(2));
        let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--concurrency", "1", "--follow", "--quiet"];
        let mut child = program.command(&run).spawn().unwrap();
        chaos.until(|seen| seen.requests.len() == 2);
        let stored = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap())).next().unwrap().unwrap();
        let peak = peak_bytes(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        (stored, peak)
    };
    // Without token counts, so that ours are made in either case.
    let (stored, small) = peak_of(vec![head(), text("ok"), Act::Close]);
    assert!(stored.contains("\"truncated\""), "{stored}");
    for (name, acts, more) in [
        ("text", vec![head(), Act::Flood(chunk(text_event(&"x".repeat(60_000))))], 40 * MIB),
        ("line", vec![head(), Act::Flood(chunk("x".repeat(60_000)))], 16 * MIB),
        ("gzip", bomb("gzip", gzip_bomb("data: xx")), 16 * MIB),
        ("zstd", bomb("zstd", zstd_bomb("data: xx", b'x')), 16 * MIB),
        ("br", bomb("br", brotli_bomb("data: xx", b'x')), 32 * MIB),
    ] {
        let (stored, peak) = peak_of(acts);
        assert!(stored.contains("\"too_large\""), "{name}: {stored}");
        assert!(peak < small + more, "{name}: {} MiB over {} MiB", (peak - small) / MIB, small / MIB);
    }
}

#[test]
fn the_same_bytes_are_the_same_answer_however_they_are_cut() {
    for end in ["\n", "\r", "\r\n"] {
        let body = format!("\u{feff}: hi\n{}{}{GOOD_END}", text_event("Grüße 你"), text_event("好 😀")).replace('\n', end).into_bytes();
        for size in [1, 2, 3, 5, 64, body.len()] {
            let mut acts = vec![head()];
            acts.extend(body.chunks(size).map(|piece| send(chunk(piece))));
            acts.push(send(LAST_CHUNK));
            let trial = ask(acts);
            assert_eq!((kind(&trial), trial.body.output.as_str()), (None, "Grüße 你好 😀"), "{end:?}, pieces of {size}");
            assert_eq!((trial.row.usage.unwrap().output_tokens, trial.row.warnings.len()), (2, 0));
        }
    }
}

#[test]
fn bytes_that_are_no_text_become_one_mark_and_the_stream_goes_on() {
    let broken = [&b"data: {\"choices\":[{\"delta\":{\"content\":\"a"[..], b"\xff", b"b\"}}]}\n\n"].concat();
    let trial = ask(vec![head(), send(chunk(broken)), text("c"), send(chunk(GOOD_END)), send(LAST_CHUNK)]);
    assert_eq!((kind(&trial), trial.body.output.as_str()), (None, "a\u{fffd}bc"));
    assert_eq!(trial.row.warnings, ["the answer held bytes that are not UTF-8; they are shown as �"]);
}

#[test]
fn odd_events_are_skipped_and_counted() {
    let odd = "data: {broken\n\ndata: 7\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\ndata: {\"choices\":[]}\n\n\
        data: {\"choices\":[{\"delta\":{\"content\":null,\"later\":{}}}]}\n\nid: 1\nretry: 5\nnonsense\n\n";
    let numbers = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\"9\",\"completion_tokens\":\"2\"}}\n\ndata: [DONE]\n\n";
    let trial = ask(stream(&[odd, &text_event("ok"), numbers]));
    assert_eq!((kind(&trial), trial.body.output.as_str()), (None, "ok"));
    assert!(trial.row.warnings.iter().any(|warning| warning == "2 malformed events were skipped"), "{:?}", trial.row.warnings);
    assert!(trial.row.usage.is_some());
    assert_eq!(kind(&ask(stream(&["data: {broken\n\n", GOOD_END]))), Some(FailureKind::Malformed));
}

#[test]
fn an_error_after_text_is_a_failed_trial_that_keeps_it() {
    for error in [
        "data: {\"error\":{\"message\":\"upstream died\",\"code\":502}}\n\n",
        "event: error\ndata: {\"error\":{\"message\":\"upstream died\"}}\n\n",
        "event: error\ndata: upstream died\n\n",
    ] {
        let trial = ask(stream(&[&text_event("half"), error, &text_event("never"), GOOD_END]));
        assert_broken(error, &trial, FailureKind::StreamError, "half");
        assert!(trial.row.failure.unwrap().message.contains("“upstream died”"));
    }
}

#[test]
fn what_breaks_off_is_no_success() {
    let lying = |length: usize| {
        let body = text_event("half") + GOOD_END;
        send(format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n{body}"))
    };
    let half = text_event("half").len();
    let long = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n{}", text_event("half"));
    for (name, acts) in [
        ("no end mark", vec![head(), text("half"), send(LAST_CHUNK)]),
        ("closed inside a chunk", vec![head(), text("half"), send("ff\r\ndata: {"), Act::Close]),
        ("half-closed", vec![head(), text("half"), Act::HalfClose, Act::Hang]),
        ("garbage for a length", vec![head(), text("half"), send("zz\r\n"), Act::Close]),
        ("a length that is too long", vec![send(long), Act::Close]),
        ("a length that is too short", vec![lying(half), Act::Close]),
        ("reset", vec![head(), text("half"), Act::Wait(Duration::from_millis(50)), Act::Reset]),
    ] {
        assert_broken(name, &ask(acts), FailureKind::Truncated, "half");
    }
    // A finish reason and a clean end of the body do without the mark.
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(kind(&ask(stream(&[&text_event("a"), end]))), None);
}

#[test]
fn an_answer_of_the_wrong_kind_is_told_for_what_it_is() {
    let whole = "{\"choices\":[{\"message\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}";
    let events = text_event("ok") + GOOD_END;
    for (name, content_type, body, expected) in [
        ("a login page", "text/html", "<!doctype html><title>Login</title>", Some(FailureKind::NotAnApi)),
        ("a page that claims to stream", "text/event-stream", "<html>", Some(FailureKind::NotAnApi)),
        ("another service", "application/json", "{\"status\":\"ok\"}", Some(FailureKind::NotAnApi)),
        ("half an object", "application/json", "{\"choices\":[{\"message\"", Some(FailureKind::Malformed)),
        ("nothing", "application/json", "", Some(FailureKind::Malformed)),
        ("a whole answer in place of a stream", "application/json", whole, None),
        ("a whole answer that claims to stream", "text/event-stream", whole, None),
        ("a stream that claims to be whole", "application/json", events.as_str(), None),
    ] {
        let trial = ask(vec![send(response("200 OK", &format!("content-type: {content_type}\r\n"), body))]);
        assert_eq!(kind(&trial), expected, "{name}");
        let said = trial.row.warnings.iter().any(|warning| warning.contains("not streamed"));
        assert_eq!(said, name.starts_with("a whole"), "{name}: {:?}", trial.row.warnings);
    }
    let broken = response("200 OK", "content-type: application/json\r\ncontent-encoding: gzip\r\n", "this is no gzip");
    assert_eq!(kind(&ask(vec![send(broken)])), Some(FailureKind::Malformed));
}

#[test]
fn broken_streams_stop_no_other_trial_and_are_exported_as_failed() {
    let program = Program::new();
    let chaos = Chaos::route(|_request, number| match number % 4 {
        0 => vec![head(), text("half"), Act::Wait(Duration::from_millis(20)), Act::Reset],
        1 => vec![head(), text("half"), Act::Close],
        2 => stream(&[&text_event("half"), "data: {\"error\":{\"message\":\"died\"}}\n\n"]),
        _ => stream(&[&text_event("ok"), GOOD_END]),
    });
    program.connect_to("S", &chaos.url(), None);
    let (prompts, csv) = (program.write("p.csv", prompts_csv(40)), program.path("c.csv"));
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--retries", "0", "--csv", csv.to_str().unwrap()];
    let said = program.run_json(&run);
    let counts = &said.json()["counts"];
    assert_eq!((said.code, &counts["finished"], &counts["failed"]), (2, &10.into(), &30.into()));
    let rows = Rows::read(&csv);
    for (status, output) in rows.column("status").into_iter().zip(rows.column("output")) {
        assert_eq!(output, if status == "finished" { "ok" } else { "half" });
    }
}
