use std::sync::Arc;

use rust_decimal::Decimal;

use super::check::{CheckInput, run};
use super::test_server::*;
use crate::domain::{
    CheckOutcome, CheckReport, CheckStepKind, Connection, Currency, Failure, FailureKind, Presets, Price, PriceStanding, Remedy,
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
    let preset =
        |name: &str, prefix: &str| serde_json::json!({ "id": name, "name": name, "role": "official", "urls": [], "key_prefix": prefix });
    let presets = serde_json::json!({ "preset": [preset("OpenAI", "sk-"), preset("Canary Cloud", "sk-CAN")] });
    let presets: Presets = serde_json::from_value(presets).unwrap();
    let input = CheckInput { connection, key: Ok(Some(canary())), model: model.map(str::to_owned), price: &price, presets: &presets };
    let mut heard = Vec::new();
    let report = run(input, &mut |step| heard.push(step.clone()), false).await;
    assert_eq!(heard, report.steps);
    assert_eq!(report.cause.is_some(), !report.passed());
    assert_eq!(report.cause.is_some(), report.advice.is_some());
    assert!(!serde_json::to_string(&report).unwrap().contains("CANARY"), "{report:?}");
    report
}

async fn check_of(models: Vec<u8>, answer: Vec<u8>, model: Option<&str>) -> CheckReport {
    let server = server(models, answer).await;
    checked(&connection(&server.base_url()), model).await
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
    assert!(report.advice.unwrap().starts_with("If this provider lists no models, name one"));
    let report = check_of(list(&[]), good_answer(), None).await;
    assert_eq!(steps(&report)[2..], [(Models, "passed"), (Answer, "skipped")]);
    assert!(!report.passed());
    assert_eq!(report.advice.as_deref(), Some("Name a model, and check again."));
}

#[tokio::test]
async fn a_wrong_key_is_the_verdict_and_its_prefix_a_hint() {
    let refusal = || json("401 Unauthorized", &format!("{{\"error\":{{\"message\":\"bad key {CANARY}\"}}}}"));
    let report = check_of(refusal(), good_answer(), Some("m")).await;
    assert_eq!(steps(&report)[2..], [(Models, "unauthorized")]);
    assert_eq!(report.remedies, [Remedy::ReenterKey]);
    assert_eq!(report.cause.as_deref(), Some("The server did not accept the key."));
    assert!(report.advice.unwrap().contains("A hint only: keys that start with “sk-CAN” are usually those of Canary Cloud."));
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
    let input = CheckInput { connection: &connection, key: Err(failure), model: None, price: &|_model| None, presets: &Presets::default() };
    let report = run(input, &mut |_step| {}, false).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "passed"), (Models, "no_key")]);
    assert_eq!(server.requests().len(), 0);
    assert!(report.advice.unwrap().contains("The variable X is not set."));
}

#[tokio::test]
async fn a_missing_model_gets_the_nearest_names() {
    let refusal = json("404 Not Found", "{\"error\":{\"message\":\"no\",\"code\":\"model_not_found\"}}");
    let report = check_of(list(&["gpt-4.1", "gpt-4.1-mini", "whisper-1"]), refusal.clone(), Some("gpt-41")).await;
    assert_eq!(steps(&report)[3], (Answer, "model_not_found"));
    assert_eq!(report.remedies[0], Remedy::UseModel("gpt-4.1".into()));
    let report = check_of(list(&["Qwen3-Max"]), refusal, Some("qwen3-max")).await;
    assert!(report.advice.unwrap().contains("upper and lower case count"));
}

#[tokio::test]
async fn a_wrong_path_gets_a_better_one() {
    let not_found = || json("404 Not Found", "{\"detail\":\"Not Found\"}");
    // It names the path, and so the word “models”.
    let named = || json("404 Not Found", "{\"error\":{\"message\":\"Not found: /v1/v1/models\"}}");
    let page = || response("200 OK", "content-type: text/html\r\n", "<html>");
    let refusals = [(not_found(), not_found(), "path_not_found"), (named(), not_found(), "path_not_found"), (page(), page(), "not_an_api")];
    for (models, answer, kind) in refusals {
        let server = server(models, answer).await;
        let root = format!("http://{}", server.address);
        for (url, better) in [(root.clone(), format!("{root}/v1")), (format!("{root}/v1/v1"), format!("{root}/v1"))] {
            let report = checked(&connection(&url), Some("m")).await;
            assert_eq!(steps(&report)[2..], [(Models, kind), (Answer, kind)]);
            assert_eq!(report.remedies, [Remedy::UseBaseUrl(better)]);
        }
    }
}

#[tokio::test]
async fn other_refusals_have_cause_and_remedy() {
    let limited = response("429 Too Many Requests", "retry-after: 7\r\n", "");
    let report = check_of(list(&["m"]), limited, None).await;
    assert_eq!((steps(&report)[3], report.remedies.as_slice()), ((Answer, "rate_limited"), &[Remedy::Retry(Some(7))][..]));
    let report = check_of(json("429 Too Many Requests", "{\"error\":{\"code\":\"insufficient_quota\"}}"), good_answer(), None).await;
    assert_eq!((steps(&report)[2], report.remedies.len()), ((Models, "quota_spent"), 0));
    let report = check_of(list(&["m"]), json("403 Forbidden", "{}"), None).await;
    assert_eq!(steps(&report)[3], (Answer, "forbidden"));
    let report = check_of(list(&["m"]), json("500 Oops", "{}"), None).await;
    assert_eq!((steps(&report)[3], report.remedies.as_slice()), ((Answer, "server_error"), &[Remedy::Retry(None)][..]));
}

#[tokio::test]
async fn the_way_there_is_told_apart() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = free.local_addr().unwrap();
    drop(free);
    let report = checked(&connection(&format!("http://{dead}/v1")), None).await;
    assert_eq!(steps(&report), [(Resolve, "passed"), (Connect, "refused")]);
    assert!(report.remedies.contains(&Remedy::StartServer) && report.advice.unwrap().contains("Is the server running?"));

    let mut nowhere = connection(&format!("http://{}.invalid/v1", "a".repeat(70)));
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
    assert!(report.cause.unwrap().contains("no key was sent"));
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
