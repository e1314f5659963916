//! Requests as sent, refusals as told, and the list of models.

use super::starting_turn::StartingTurn;
use super::test_server::*;
use super::{CallError, HttpProvider};
use crate::domain::{ApiKey, Connection, ConnectionId, FailureKind, KeySource, Role};
use std::time::Duration;

fn script(bytes: Vec<u8>) -> Vec<Vec<Act>> {
    vec![vec![Act::Send(bytes)]]
}

#[tokio::test]
async fn a_request_carries_what_it_should_and_nothing_else() {
    let server = Server::start(vec![stream(&[&text_event("ok"), GOOD_END])]).await;
    let mut connection = connection(&server.base_url());
    connection.extra_headers = vec![("X-Title".into(), "Assay".into())];
    let report = attempt(&provider(&connection), &question(true)).await;
    assert_eq!(report.result, Ok(()));
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /v1/chat/completions http/1.1"));
    assert!(head.contains(&format!("authorization: bearer {}", CANARY.to_lowercase())));
    assert!(head.contains("x-title: assay") && head.contains(concat!("user-agent: assay/", env!("CARGO_PKG_VERSION"))));
    assert!(!head.contains("referer") && !head.contains("cookie"));
    assert_eq!(body, report.request);
    assert!(report.request.contains("include_usage"));
}

#[tokio::test]
async fn without_a_key_none_is_sent_and_a_key_in_the_prompt_is_not_kept() {
    let server =
        Server::start(script(json("200 OK", "{\"choices\":[{\"message\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}"))).await;
    let connection = connection(&server.base_url());
    let keyless = HttpProvider::with_proxy(&connection, None, false).unwrap();
    attempt(&keyless, &question(false)).await;
    assert!(!server.requests()[0].to_lowercase().contains("authorization"));
    let mut request = question(false);
    request.messages = [crate::domain::Message::new(crate::domain::Speaker::User, format!("is {CANARY} good?"))].into();
    let report = attempt(&provider(&connection), &request).await;
    assert!(report.request.contains("is [key] good?") && server.requests()[1].contains("is sk-CANARY"));
}

#[test]
fn a_connection_says_whether_think_tags_are_reasoning() {
    let mut connection = connection("https://api.example.com/v1");
    assert!(provider(&connection).reads_think_tags());
    connection.think_tags = false;
    assert!(!provider(&connection).reads_think_tags());
}

#[tokio::test]
async fn a_run_reuses_its_connection() {
    let server = Server::start(vec![stream(&[&text_event("ok"), GOOD_END])]).await;
    let provider = provider(&connection(&server.base_url()));
    for _ in 0..20 {
        assert_eq!(attempt(&provider, &question(true)).await.result, Ok(()));
    }
    assert_eq!((server.requests().len(), server.connections()), (20, 1));
}

#[tokio::test]
async fn whole_and_streamed_answers_are_read_whatever_was_asked() {
    let whole = || json("200 OK", include_str!("../../tests/fixtures/providers/llama_cpp/oai_json.json"));
    let server = Server::start(script(whole())).await;
    let provider = provider(&connection(&server.base_url()));
    let mut request = question(false);
    request.model = "gemma-3-270m".into();
    let report = attempt(&provider, &request).await;
    assert_eq!((report.result, report.warnings.len()), (Ok(()), 0));
    assert!(!report.timing.streamed && report.timing.first_content_us.is_none() && report.timing.ttft_us().is_none());
    assert_eq!(report.usage.unwrap().input_tokens, 31);
    request.stream = true;
    let report = attempt(&provider, &request).await;
    assert_eq!(report.result, Ok(()));
    assert_eq!(report.warnings, ["not streamed: the answer came whole"]);
    let report = ask_whole(stream(&[&text_event("ok"), GOOD_END])).await;
    assert_eq!((report.result, report.output.as_str(), report.timing.streamed), (Ok(()), "ok", true));
    assert_eq!(report.warnings, ["streamed, although a whole answer was asked for"]);
    // Relays mislabel both, and some send line feeds while the model is busy.
    let mislabelled = vec![
        Act::Send(chunked_head("application/json")),
        Act::Send(chunk("\n\n")),
        Act::Send(chunk(text_event("ok") + GOOD_END)),
        Act::Send(LAST_CHUNK.into()),
    ];
    assert_eq!(ask(mislabelled).await.result, Ok(()));
    let report =
        ask(vec![Act::Send(response("200 OK", "content-type: text/event-stream\r\n", "{\"error\":{\"message\":\"full\",\"code\":429}}"))])
            .await;
    assert_eq!(report.result.unwrap_err().kind, FailureKind::RateLimited);
}

async fn ask_whole(acts: Vec<Act>) -> super::AttemptReport {
    let server = Server::start(vec![acts]).await;
    attempt(&provider(&connection(&server.base_url())), &question(false)).await
}

#[tokio::test]
async fn refusals_come_with_kind_body_wait_and_id() {
    let echo = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {CANARY}\",\"code\":\"invalid_api_key\"}}}}");
    let report =
        ask(vec![Act::Send(response("401 Unauthorized", "content-type: application/json\r\nx-request-id: req-7\r\n", &echo))]).await;
    let error = report.result.unwrap_err();
    assert_eq!((error.kind, error.retryable, report.http_status), (FailureKind::Unauthorized, false, Some(401)));
    assert_eq!(report.error_body, echo.replace(CANARY, "[key]"));
    assert_eq!(report.request_id.as_deref(), Some("req-7"));
    let report = ask(vec![Act::Send(response("429 Too Many Requests", "retry-after: 2\r\n", "slow down"))]).await;
    assert_eq!(report.retry_after, Some(Duration::from_secs(2)));
    let spelled = ask(vec![Act::Send(response("429 Too Many Requests", "retry-after: 6s\r\n", ""))]).await;
    assert_eq!(spelled.retry_after, Some(Duration::from_secs(6)));
    let headers = "retry-after: 2026-01-01T00:00:30Z\r\ndate: Thu, 01 Jan 2026 00:00:20 GMT\r\n";
    let moment = ask(vec![Act::Send(response("429 Too Many Requests", headers, ""))]).await;
    assert_eq!(moment.retry_after, Some(Duration::from_secs(10)));
    assert_eq!((report.result.unwrap_err().kind, report.error_body.as_str()), (FailureKind::RateLimited, "slow down"));
    let report = ask(vec![Act::Send(response("503 Service Unavailable", "content-type: text/html\r\n", "<html>".repeat(5_000)))]).await;
    assert_eq!((report.result.unwrap_err().kind, report.error_body.len()), (FailureKind::ServerError, 4096));
    let half = b"HTTP/1.1 500 Oops\r\ncontent-length: 900\r\n\r\n{\"error".to_vec();
    assert_eq!(ask(vec![Act::Send(half), Act::Close]).await.result.unwrap_err().kind, FailureKind::ServerError);
}

#[tokio::test]
async fn limits_are_told_by_answers_and_refusals() {
    let headers = "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m30s\r\n";
    let told = |status, body| ask(vec![Act::Send(response(status, headers, body))]);
    for report in [told("200 OK", "{}").await, told("429 Too Many Requests", "slow down").await] {
        let requests = report.limits.requests;
        assert_eq!((requests.remaining, requests.reset), (Some(0), Some(Duration::from_secs(90))));
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_the_key_stays() {
    let elsewhere = Server::start(script(json("200 OK", "{}"))).await;
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: http://{}/v1/chat/completions?key={CANARY}\r\n", elsewhere.address);
        let report = ask(vec![Act::Send(response(status, &location, ""))]).await;
        let error = report.result.unwrap_err();
        assert_eq!((error.kind, error.retryable), (FailureKind::Redirect, false));
        assert!(error.message.contains(&format!("http://{}", elsewhere.address)), "{}", error.message);
        assert!(!error.message.contains("key="));
    }
    assert_eq!((elsewhere.requests().len(), elsewhere.connections()), (0, 0));
}

async fn failing(base_url: &str, change: impl FnOnce(&mut Connection)) -> CallError {
    let mut connection = connection(base_url);
    change(&mut connection);
    attempt(&provider(&connection), &question(true)).await.result.unwrap_err()
}

#[tokio::test]
async fn the_way_to_the_server_fails_in_known_ways() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = free.local_addr().unwrap();
    drop(free);
    let error = failing(&format!("http://{dead}/v1"), |_| {}).await;
    assert_eq!((error.kind, error.retryable), (FailureKind::Refused, true));
    assert!(error.message.contains("Is the server running?"));

    // Too long a label for any name service to be asked about.
    let error = failing(&format!("http://{}.internal/v1", "a".repeat(70)), |c| c.plain_http_allowed = true).await;
    assert_eq!((error.kind, error.retryable), (FailureKind::CannotResolve, true), "{}", error.message);

    let plain = Server::start(script(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok();
        }
    });
    let error = failing(&format!("https://{no_tls}/v1"), |_| {}).await;
    assert_eq!((error.kind, error.retryable), (FailureKind::Tls, false), "{}", error.message);
    assert!(error.message.contains("plain http") && error.message.contains("No key was sent"), "{}", error.message);

    let error = failing(&plain.base_url().replace("http:", "https:"), |c| c.limits.connect_timeout_ms = 200).await;
    assert_eq!((error.kind, error.retryable), (FailureKind::ConnectTimeout, true), "{}", error.message);
    assert_eq!(plain.requests().len(), 0);

    let report = ask(vec![Act::Send(response("407 Proxy Authentication Required", "", ""))]).await;
    assert_eq!(report.result.unwrap_err().kind, FailureKind::Proxy);
}

#[tokio::test]
async fn a_dropped_attempt_hangs_up() {
    let server =
        Server::start(vec![vec![Act::Send(chunked_head("text/event-stream")), Act::Send(chunk(text_event("x"))), Act::Hang]]).await;
    let provider = provider(&connection(&server.base_url()));
    let (told, heard) = tokio::sync::oneshot::channel();
    let mut told = Some(told);
    let request = question(true);
    let mut on_delta = |_delta: super::Delta<'_>| {
        if let Some(told) = told.take() {
            told.send(()).ok();
        }
    };
    {
        let attempt = super::Provider::attempt(&provider, &request, &mut on_delta);
        tokio::select! { _ = attempt => panic!("the server never ends"), heard = heard => heard.unwrap() }
    }
    server.until(|seen| seen.hung_up > 0).await;
}

#[test]
fn a_connection_that_breaks_the_rules_cannot_be_used() {
    let at = |url: &str| Connection::new(ConnectionId::draw(), "Test", Role::Relay, url, KeySource::Session);
    let refused = |connection: &Connection| HttpProvider::new(connection, Some(canary())).unwrap_err();
    assert_eq!(refused(&at("https://host/v1?key=x")).kind, FailureKind::PathNotFound);
    assert_eq!(refused(&at("http://192.0.2.1/v1")).kind, FailureKind::BadRequest);
    // Another reader of URLs takes this for 127.0.0.1; the rules did not.
    let mut ambiguous = at("http://127.1:9/v1");
    ambiguous.plain_http_allowed = true;
    assert_eq!(refused(&ambiguous).kind, FailureKind::BadRequest, "not with a key");
    ambiguous.key_source = KeySource::None;
    assert_eq!(refused(&ambiguous).kind, FailureKind::PathNotFound);
    let mut connection = at("https://host/v1");
    connection.extra_headers = vec![("Authorization".into(), "x".into())];
    assert_eq!(refused(&connection).kind, FailureKind::BadRequest);
    let provider = HttpProvider::new(&at("http://127.0.0.1:1/v1"), ApiKey::from_pasted(CANARY).ok().map(|(key, _)| key)).unwrap();
    assert!(
        !format!("{provider:?} {:?}", provider.chat_request(&question(true), String::new(), &StartingTurn::default())).contains("CANARY")
    );
}

#[tokio::test]
async fn models_are_listed_or_the_reason_is_told() {
    let server = Server::start(script(json("200 OK", include_str!("../../tests/fixtures/providers/llama_cpp/models.json")))).await;
    let models = provider(&connection(&server.base_url())).models().await.unwrap();
    assert_eq!(models, ["gemma-3-270m"]);
    assert!(server.requests()[0].starts_with("GET /v1/models HTTP/1.1\r\n"));
    for (bytes, kind) in [
        (json("404 Not Found", "{\"detail\":\"Not Found\"}"), FailureKind::PathNotFound),
        (json("401 Unauthorized", include_str!("../../tests/fixtures/providers/llama_cpp/err401.json")), FailureKind::Unauthorized),
        (response("200 OK", "content-type: text/html\r\n", "<html>"), FailureKind::NotAnApi),
        (json("200 OK", "{}"), FailureKind::NotAnApi),
        (json("200 OK", ""), FailureKind::Malformed),
        (json("200 OK", &format!("[{}]", "\"x\",".repeat(2_500_000))), FailureKind::TooLarge),
        (json("200 OK", &format!("[{}0]", "{},".repeat(1_000_000))), FailureKind::TooLarge),
    ] {
        let server = Server::start(script(bytes)).await;
        assert_eq!(provider(&connection(&server.base_url())).models().await.unwrap_err().kind, kind);
    }
    let server = Server::start(script(json("200 OK", &format!("[\"{CANARY}\",\"m\"]")))).await;
    assert_eq!(provider(&connection(&server.base_url())).models().await.unwrap(), ["m"]);
}

#[tokio::test]
async fn a_key_that_an_answer_echoes_is_neither_told_nor_kept_however_it_is_parted() {
    // `attempt` holds that what is told is what is kept.
    for at in 1..CANARY.len() {
        let (one, two) = CANARY.split_at(at);
        let server =
            Server::start(vec![stream(&[&text_event(&format!("No: {one}")), &text_event(&format!("{two}! sk-")), GOOD_END])]).await;
        let report = attempt(&provider(&connection(&server.base_url())), &question(true)).await;
        assert_eq!((report.result, report.output.as_str()), (Ok(()), "No: [key]! sk-"));
        assert_eq!((report.timing.content_arrivals, report.timing.output_arrivals), (2, 2));
    }
    let cut = ask(vec![Act::Send(chunked_head("text/event-stream")), Act::Send(chunk(text_event("No: sk-CANARY-0123"))), Act::Close]).await;
    assert_eq!((cut.result.unwrap_err().kind, cut.output.as_str()), (FailureKind::Truncated, "No: [key]"));
}

#[tokio::test]
async fn sources_and_the_providers_own_cost_are_told_without_the_key() {
    let cited = format!(
        "data: {{\"citations\":[\"https://a.test/?k={CANARY}\"],\"choices\":[{{\"delta\":{{\"annotations\":[{{\"url\":\"https://b.test\",\"title\":\"B {CANARY}\"}}]}}}}]}}\n\n"
    );
    let body = text_event("ok") + &cited + GOOD_END;
    let head = |cost: &str| format!("content-type: text/event-stream\r\nx-litellm-response-cost: {cost}\r\n");
    let report = ask(vec![Act::Send(response("200 OK", &head("3.45e-05"), &body))]).await;
    assert_eq!(report.citations.addresses(), "https://a.test/?k=[key]\nhttps://b.test");
    assert_eq!(report.citations.as_slice()[1].title, "B [key]");
    assert_eq!(report.stated_cost.map(|cost| cost.to_string()).as_deref(), Some("0.0000345"));
    for unknown in ["0.0", "None", "-1", "much"] {
        assert_eq!(ask(vec![Act::Send(response("200 OK", &head(unknown), &body))]).await.stated_cost, None, "{unknown}");
    }
    let in_body = body.replace("\"total_tokens\":11", "\"total_tokens\":11,\"cost\":0.002");
    let report = ask(vec![Act::Send(response("200 OK", &head("0.5"), in_body))]).await;
    assert_eq!(report.stated_cost.map(|cost| cost.to_string()).as_deref(), Some("0.002"), "the answer itself is nearer to it");
}
