use std::sync::Arc;

use rust_decimal::Decimal;

use super::check::{CheckInput, run};
use super::test_server::*;
use crate::domain::{
    Amendment, CheckOutcome, CheckReport, CheckStepKind, Connection, Currency, FailedExchange, Failure, FailureKind, Price, PriceStanding,
    TransportFault,
};

/// A server with this list and this answer, each a whole response.
async fn server(models: Vec<u8>, answer: Vec<u8>) -> Server {
    Server::route(move |head, _number| vec![Act::Send(if head.starts_with("GET") { models.clone() } else { answer.clone() })]).await
}

fn good_answer() -> Vec<u8> {
    let body = text_event("OK") + GOOD_END;
    response("200 OK", "content-type: text/event-stream\r\n", body)
}

fn list(ids: &[&str]) -> Vec<u8> {
    let data: Vec<_> = ids.iter().map(|id| serde_json::json!({ "id": id })).collect();
    json("200 OK", &serde_json::json!({ "data": data }).to_string())
}

async fn checked(connection: &Connection, model: Option<&str>) -> CheckReport {
    let price =
        |model: &str| (model == "m").then(|| Price::flat(Decimal::from(2), Decimal::from(8), Currency::usd(), PriceStanding::List, "test"));
    let input = CheckInput { connection, key: Ok(Some(canary())), model: model.map(str::to_owned), price: &price };
    let mut heard = Vec::new();
    let report = run(input, &mut |step| heard.push(step.clone()), false).await;
    assert_eq!(heard, report.steps);
    assert!(report.exchange.is_none() || !report.passed());
    assert!(!serde_json::to_string(&report).unwrap().contains("CANARY"), "{report:?}");
    report
}

async fn check_of(models: Vec<u8>, answer: Vec<u8>, model: Option<&str>) -> CheckReport {
    let server = server(models, answer).await;
    checked(&connection(&server.base_url()), model).await
}

fn exchange(report: &CheckReport) -> FailedExchange {
    report.exchange.clone().unwrap()
}

fn steps(report: &CheckReport) -> Vec<(CheckStepKind, &'static str)> {
    let word = |outcome: &CheckOutcome| match outcome {
        CheckOutcome::Passed => "passed",
        CheckOutcome::Failed(failure) => failure.kind.as_str(),
        CheckOutcome::Skipped(_) => "skipped",
    };
    report.steps.iter().map(|step| (step.kind, word(&step.outcome))).collect()
}

use CheckStepKind::{Answer, Connect, Models, Resolve, Tls};

#[tokio::test]
async fn a_good_connection_passes_and_says_what_it_cost() {
    let report = check_of(list(&["text-embedding-3", "m", "n"]), good_answer(), None).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "passed"), (Models, "passed"), (Answer, "passed")]);
    assert!(report.passed());
    assert_eq!((report.model.as_deref(), report.models.len()), (Some("m"), 3));
    // 9 in, 2 out.
    assert_eq!(report.cost, Some("0.000034".parse().unwrap()));
    assert!(report.steps.is_sorted_by_key(|step| step.started_us));
    assert_eq!(check_of(list(&["n"]), good_answer(), None).await.cost, None);
}

#[tokio::test]
async fn the_model_is_the_given_one_else_the_last_used() {
    let server = server(list(&["first"]), good_answer()).await;
    let mut connection = connection(&server.base_url());
    connection.last_model = Some("last".into());
    assert_eq!(checked(&connection, None).await.model.as_deref(), Some("last"));
    assert_eq!(checked(&connection, Some("given")).await.model.as_deref(), Some("given"));
    let request = server.requests().pop().unwrap();
    assert!(request.contains("\"max_tokens\":16") && request.contains("Say OK"));
}

#[tokio::test]
async fn a_missing_list_is_no_failure_when_the_answer_works() {
    for refusal in [json("404 Not Found", "{}"), json("403 Forbidden", "{}"), response("200 OK", "content-type: text/html\r\n", "<html>")] {
        let report = check_of(refusal, good_answer(), Some("m")).await;
        assert_eq!(steps(&report)[2..], [(Models, "skipped"), (Answer, "passed")]);
        assert!(report.passed());
    }
    let report = check_of(json("404 Not Found", "{}"), good_answer(), None).await;
    assert_eq!(steps(&report)[2..], [(Models, "path_not_found")]);
    assert_eq!(exchange(&report).http_status, Some(404));
    let report = check_of(list(&[]), good_answer(), None).await;
    assert_eq!(steps(&report)[2..], [(Models, "passed"), (Answer, "skipped")]);
    assert!(!report.passed() && report.verdict().is_none());
}

#[tokio::test]
async fn a_wrong_key_is_the_verdict() {
    let refusal = || json("401 Unauthorized", &format!("{{\"error\":{{\"message\":\"bad key {CANARY}\"}}}}"));
    let report = check_of(refusal(), good_answer(), Some("m")).await;
    assert_eq!(steps(&report)[2..], [(Models, "unauthorized")]);
    let left = exchange(&report);
    assert_eq!((left.http_status, left.error_body.as_str()), (Some(401), "{\"error\":{\"message\":\"bad key [key]\"}}"));
    assert_eq!(left.evidence.header("content-type"), Some("application/json"));
    assert_eq!(report.cost, Some(Decimal::ZERO));
    // A public list and a wrong key: the answer tells.
    let report = check_of(list(&["m"]), refusal(), None).await;
    assert_eq!(steps(&report)[2..], [(Models, "passed"), (Answer, "unauthorized")]);
    assert_eq!(report.cost, Some(Decimal::ZERO));
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_said_after_the_way_was_tried() {
    let server = server(list(&["m"]), good_answer()).await;
    let connection = connection(&server.base_url());
    let failure = Failure { kind: FailureKind::NoKey, message: "The variable X is not set.".into() };
    let input = CheckInput { connection: &connection, key: Err(failure), model: None, price: &|_model| None };
    let report = run(input, &mut |_step| {}, false).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "passed"), (Models, "no_key")]);
    assert_eq!(server.requests().len(), 0);
    assert_eq!((report.verdict().unwrap().message.as_str(), &report.exchange), ("The variable X is not set.", &None));
}

#[tokio::test]
async fn a_wrong_path_is_told_at_both_steps() {
    let not_found = || json("404 Not Found", "{\"detail\":\"Not Found\"}");
    // It names the path, and so the word “models”.
    let named = || json("404 Not Found", "{\"error\":{\"message\":\"Not found: /v1/v1/models\"}}");
    let page = || response("200 OK", "content-type: text/html\r\n", "<html>");
    let refusals = [(not_found(), not_found(), "path_not_found"), (named(), not_found(), "path_not_found"), (page(), page(), "not_an_api")];
    for (models, answer, kind) in refusals {
        let server = server(models, answer).await;
        let root = format!("http://{}", server.address);
        for url in [root.clone(), format!("{root}/v1/v1")] {
            let report = checked(&connection(&url), Some("m")).await;
            assert_eq!(steps(&report)[2..], [(Models, kind), (Answer, kind)]);
            assert_eq!(report.verdict().unwrap().kind.as_str(), kind);
        }
    }
}

#[tokio::test]
async fn what_a_refusal_left_behind_is_kept() {
    let limited = response("429 Too Many Requests", "retry-after: 7\r\nx-request-id: req-1\r\nset-cookie: a=b\r\n", "");
    let report = check_of(list(&["m"]), limited, None).await;
    assert_eq!(steps(&report)[3], (Answer, "rate_limited"));
    let left = exchange(&report);
    assert_eq!((left.http_status, left.request_id.as_deref()), (Some(429), Some("req-1")));
    assert_eq!((left.evidence.header("retry-after"), left.evidence.header("set-cookie")), (Some("7"), None));
    let report = check_of(json("429 Too Many Requests", "{\"error\":{\"code\":\"insufficient_quota\"}}"), good_answer(), None).await;
    assert_eq!(steps(&report)[2], (Models, "quota_spent"));
    assert!(exchange(&report).error_body.contains("insufficient_quota"));
    for (status, kind) in [("403 Forbidden", "forbidden"), ("500 Oops", "server_error")] {
        assert_eq!(steps(&check_of(list(&["m"]), json(status, "{}"), None).await)[3], (Answer, kind));
    }
}

#[tokio::test]
async fn the_way_there_is_told_apart() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = free.local_addr().unwrap();
    drop(free);
    let report = checked(&connection(&format!("http://{dead}/v1")), None).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "refused")]);

    let mut nowhere = connection(&format!("http://{}.internal/v1", "a".repeat(70)));
    nowhere.plain_http_allowed = true;
    assert_eq!(steps(&checked(&nowhere, None).await), [(Resolve, "cannot_resolve")]);

    let silent = Server::start(vec![vec![Act::Hang]]).await;
    let mut slow = connection(&silent.base_url());
    slow.limits.first_byte_timeout_ms = 100;
    let report = checked(&slow, Some("m")).await;
    assert_eq!(steps(&report)[2..], [(Models, "first_byte_timeout")]);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let no_tls = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _peer)) = listener.accept().await {
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH\r\n").await.ok();
        }
    });
    let report = checked(&connection(&format!("https://{no_tls}/v1")), None).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "passed"), (Tls, "tls")]);
    assert_eq!(exchange(&report).evidence.fault, Some(TransportFault::NoTls));
}

#[tokio::test]
async fn models_that_refuse_max_tokens_are_asked_without() {
    let refusal = json("400 Bad Request", "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens'\"}}");
    let answer = good_answer();
    let models = list(&["m"]);
    let server = Arc::new(
        Server::route(move |text, _number| {
            vec![Act::Send(if text.starts_with("GET") {
                models.clone()
            } else if text.contains("max_tokens") {
                refusal.clone()
            } else {
                answer.clone()
            })]
        })
        .await,
    );
    assert!(checked(&connection(&server.base_url()), None).await.passed());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_the_answer_taught_is_in_the_report() {
    let renamed = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}}"#;
    let answers = |takes: &'static str| {
        Server::route(move |request, _number| {
            let answer = if request.starts_with("GET") {
                list(&["m"])
            } else if request.contains(takes) {
                good_answer()
            } else {
                json("400 Bad Request", renamed)
            };
            vec![Act::Send(answer)]
        })
    };
    let renaming = answers("\"max_completion_tokens\"").await;
    let report = checked(&connection(&renaming.base_url()), Some("m")).await;
    assert_eq!((report.passed(), &report.learned[..]), (true, &[Amendment::MaxCompletionTokens][..]));
    // Nothing helped.
    let nothing = answers("never").await;
    let report = checked(&connection(&nothing.base_url()), Some("m")).await;
    assert_eq!((report.passed(), report.learned.len()), (false, 0));
}
