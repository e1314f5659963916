//! What a failed attempt leaves behind for a diagnosis, and what it never does.

use super::test_server::*;
use crate::domain::{Amendment, Evidence, FailureKind, TransportFault};

#[tokio::test]
async fn a_failed_attempt_keeps_the_headers_that_tell() {
    let head = "retry-after: 2\r\nx-ratelimit-reset-tokens: 6s\r\nset-cookie: session=abc\r\nserver: nginx\r\n";
    let report = ask(vec![Act::Send(response("429 Too Many Requests", head, "slow down"))]).await;
    let kept = |name: &str| report.evidence.header(name);
    assert_eq!((kept("retry-after"), kept("x-ratelimit-reset-tokens"), kept("server")), (Some("2"), Some("6s"), Some("nginx")));
    assert_eq!((kept("set-cookie"), report.evidence.fault), (None, None));
}

#[tokio::test]
async fn a_whole_answer_leaves_nothing_behind() {
    let body = text_event("OK") + GOOD_END;
    let report = ask(vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\nserver: nginx\r\n", body))]).await;
    assert_eq!((report.result, report.evidence), (Ok(()), Evidence::default()));
}

#[tokio::test]
async fn of_a_redirect_only_the_origin_is_kept() {
    let head = format!("location: http://127.0.0.1:9/login?key={CANARY}\r\n");
    let report = ask(vec![Act::Send(response("307 Temporary Redirect", &head, ""))]).await;
    assert_eq!(report.evidence.header("location"), Some("http://127.0.0.1:9"));
}

#[tokio::test]
async fn an_error_inside_a_stream_is_kept_as_it_was_sent_without_the_key() {
    let error = format!("data: {{\"error\":{{\"message\":\"no {CANARY}\",\"code\":502}}}}\n\n");
    let body = text_event("half") + &error;
    let report = ask(vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\n", body))]).await;
    assert_eq!((report.result.unwrap_err().kind, report.output.as_str()), (FailureKind::StreamError, "half"));
    assert_eq!(report.error_body, r#"{"error":{"message":"no [key]","code":502}}"#);
    assert_eq!(report.evidence.header("content-type"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_connection_that_is_reset_is_told_by_type() {
    let report = ask(vec![Act::Reset]).await;
    assert_eq!(report.result.unwrap_err().kind, FailureKind::Network);
    assert_eq!(report.evidence.fault, Some(TransportFault::Reset));
}

#[tokio::test]
async fn stream_options_are_left_out_where_they_are_not_taken() {
    let server =
        Server::start(vec![vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\n", text_event("OK") + GOOD_END))]]).await;
    let provider = provider(&connection(&server.base_url()));
    let mut asked = question(true);
    attempt(&provider, &asked).await;
    asked.spelling = asked.spelling.with(Amendment::NoStreamOptions);
    let report = attempt(&provider, &asked).await;
    let requests = server.requests();
    assert!(requests[0].contains("stream_options") && !requests[1].contains("stream_options"), "{requests:?}");
    // What is kept is what was sent.
    assert!(requests[1].ends_with(&report.request) && report.request.contains("\"stream\":true"));
}
