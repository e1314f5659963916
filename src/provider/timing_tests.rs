//! The stamps, against a server whose times are known.

use std::time::Duration;

use super::test_server::*;

fn ms(n: u64) -> Act {
    Act::Wait(Duration::from_millis(n))
}

#[tokio::test]
async fn stamps_follow_the_definitions() {
    let reasoning = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n";
    let role = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let piece = |text: &str| Act::Send(chunk(text));
    let acts = vec![
        Act::Send(chunked_head("text/event-stream")),
        ms(30),
        piece(": a comment is no event\n\n"),
        ms(30),
        piece(role),
        ms(30),
        piece(reasoning),
        ms(30),
        piece(&text_event("a")),
        ms(30),
        piece(&text_event("b")),
        ms(30),
        piece(GOOD_END),
        // What the server does after the end mark is not part of the answer.
        ms(6_000),
        Act::Send(LAST_CHUNK.to_vec()),
    ];
    let report = ask(acts).await;
    assert_eq!(report.result, Ok(()));
    let timing = report.timing;
    // Bounds from below only: a busy machine is late, but what is stamped at the wrong event is early.
    let at_least = |stamp: Option<u64>, ms: u64| assert!(stamp.unwrap() >= ms * 1_000, "{timing:?}");
    at_least(timing.first_chunk_us, 60);
    at_least(timing.first_reasoning_us, 90);
    at_least(timing.first_content_us, 120);
    at_least(timing.last_output_us, 150);
    at_least(Some(timing.end_us), 180);
    assert!(timing.headers_us < timing.first_chunk_us && timing.end_us < 3_000_000, "{timing:?}");
    assert_eq!((timing.output_arrivals, timing.content_arrivals, timing.last_content_us), (3, 2, timing.last_output_us));
    assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("ab", "hm"));
}

/// The promise is 20 to 22 ms in a release build; this machine may be busy, so the bound is wide and only the lower end is exact.
#[tokio::test]
async fn sixteen_at_once_do_not_disturb_each_other() {
    let mut acts = vec![ms(20)];
    acts.extend(stream(&[&text_event("ok"), GOOD_END]));
    let server = Server::start(vec![acts]).await;
    let provider = provider(&connection(&server.base_url()));
    let request = question(true);
    futures_util::future::join_all((0..16).map(|_| attempt(&provider, &request))).await;
    let reports = futures_util::future::join_all((0..16).map(|_| attempt(&provider, &request))).await;
    for report in reports {
        let ttft_us = report.timing.ttft_us().unwrap();
        assert!((20_000..220_000).contains(&ttft_us), "{ttft_us}");
    }
}

/// A request keeps its turn to start only until it is written: silent servers hold up nobody.
#[tokio::test]
async fn silent_servers_hold_up_no_other_request() {
    let silent = Server::start(vec![vec![Act::Hang]]).await;
    let quick = Server::start(vec![stream(&[&text_event("ok"), GOOD_END])]).await;
    let (to_silent, to_quick) = (provider(&connection(&silent.base_url())), provider(&connection(&quick.base_url())));
    let request = question(true);
    let waiting = futures_util::future::join_all((0..64).map(|_| attempt(&to_silent, &request)));
    tokio::select! {
        biased;
        _reports = waiting => panic!("a silent server answered"),
        report = attempt(&to_quick, &request) => assert_eq!(report.result, Ok(())),
    }
}

/// Reading roots and building TLS is for `https` only: an `http` client must be cheap.
#[test]
fn a_client_for_loopback_is_cheap() {
    let plain = connection("http://127.0.0.1:1/v1");
    drop(provider(&plain));
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        drop(provider(&plain));
    }
    let each = begun.elapsed() / 20;
    assert!(each < Duration::from_millis(50), "{each:?}");
}
