//! How requests came by their connections, and connections opened ahead.

use std::time::Duration;

use super::chat::Provider as _;
use super::test_server::*;
use crate::domain::ConnectionUse;

fn answer() -> Vec<Act> {
    stream(&[&text_event("ok"), GOOD_END])
}

fn no_body() -> Vec<Act> {
    vec![Act::Wait(Duration::from_millis(50)), Act::Send(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec())]
}

#[tokio::test]
async fn the_first_request_makes_a_connection_and_the_next_one_uses_it_again() {
    let server = Server::start(vec![answer()]).await;
    // A name, so that there is something to resolve.
    let provider = provider(&connection(&server.base_url().replace("127.0.0.1", "localhost")));
    let request = question(true);
    let first = attempt(&provider, &request).await.timing;
    let set_up = first.set_up.unwrap();
    assert_eq!((set_up.connection, set_up.proxied), (ConnectionUse::New, false));
    let inside_us = set_up.dns_us.unwrap() + set_up.connect_us.unwrap();
    assert!(inside_us > 0 && inside_us <= first.headers_us.unwrap(), "{first:?}");
    let set_up = attempt(&provider, &request).await.timing.set_up.unwrap();
    assert_eq!((set_up.connection, set_up.dns_us, set_up.connect_us), (ConnectionUse::Reused, None, None));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_address_is_not_resolved() {
    let server = Server::start(vec![answer()]).await;
    let set_up = attempt(&provider(&connection(&server.base_url())), &question(true)).await.timing.set_up.unwrap();
    assert_eq!((set_up.connection, set_up.dns_us), (ConnectionUse::New, None));
    assert!(set_up.connect_us.is_some());
}

#[tokio::test]
async fn a_request_without_a_connection_has_no_set_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let report = attempt(&provider(&connection(&format!("http://{nobody}/v1"))), &question(true)).await;
    assert!(report.result.is_err());
    assert_eq!(report.timing.set_up, None);
}

#[tokio::test]
async fn a_warm_up_opens_what_the_requests_then_use() {
    let server = Server::route(|head, _number| if head.starts_with("HEAD / ") { no_body() } else { answer() }).await;
    let provider = provider(&connection(&server.base_url()));
    let warmed_up = provider.warm_up(8).await;
    assert_eq!((warmed_up.connections, warmed_up.failed), (8, 0));
    assert!(warmed_up.took > Duration::ZERO);
    assert!(server.requests().iter().all(|request| request.starts_with("HEAD / ") && !request.contains("CANARY")));
    let request = question(true);
    let reports = futures_util::future::join_all((0..8).map(|_| attempt(&provider, &request))).await;
    // One may be on its way back into the pool when it is asked for.
    let reused = reports.iter().filter(|report| report.timing.set_up.unwrap().connection == ConnectionUse::Reused).count();
    assert!(reused >= 6, "{reused} of 8");
}

#[tokio::test]
async fn a_warm_up_that_cannot_work_says_so_and_ends() {
    let closing = vec![Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()), Act::Close];
    let server = Server::start(vec![closing]).await;
    let warmed_up = provider(&connection(&server.base_url())).warm_up(8).await;
    assert_eq!((warmed_up.connections, warmed_up.failed, server.requests().len()), (0, 8, 1));
}

#[tokio::test]
async fn gaps_are_counted_between_events_with_text() {
    let role = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    let acts = vec![
        Act::Send(chunked_head("text/event-stream")),
        Act::Send(chunk(role)),
        Act::Wait(Duration::from_millis(80)),
        Act::Send(chunk(text_event("a"))),
        Act::Wait(Duration::from_millis(20)),
        Act::Send(chunk(text_event("b") + &text_event("c"))),
        Act::Wait(Duration::from_millis(200)),
        Act::Send(chunk(text_event("d") + GOOD_END)),
        Act::Send(LAST_CHUNK.to_vec()),
    ];
    let report = ask(acts).await;
    assert_eq!((report.output.as_str(), report.timing.output_arrivals, report.gaps.n()), ("abcd", 4, 3));
    assert_eq!(report.gaps.percentile_us(0.0), Some(0.0), "two events came in one piece");
    // A busy machine is late with one arrival or the other; the bound is wide.
    assert!(report.timing.longest_gap_us.unwrap() >= 50_000, "{:?}", report.timing);
}
