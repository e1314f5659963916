//! One question to a nearby address: its model list, which costs nothing.

use tokio::time::Instant;

use crate::domain::{ApiKey, Connection, FailureKind, Probe, ProbeOutcome, ProbeResult};

use super::HttpProvider;
use super::models::NoList;

/// The longest wait for a probe: somebody looks on.
const LONGEST_MS: u64 = 10_000;

/// Asks the probe's address for its model list: one `GET`. `connection` is the one that failed; its base URL is replaced by the probe's. `key` goes along
/// when it is given: whether it may is the caller's to know.
pub async fn probe(connection: &Connection, probe: &Probe, key: Option<ApiKey>) -> ProbeResult {
    let mut asked = connection.clone();
    asked.base_url.clone_from(&probe.base_url);
    let limits = &mut asked.limits;
    for bound in
        [&mut limits.connect_timeout_ms, &mut limits.first_byte_timeout_ms, &mut limits.idle_timeout_ms, &mut limits.attempt_timeout_ms]
    {
        *bound = (*bound).min(LONGEST_MS);
    }
    let key_sent = key.is_some();
    let started = Instant::now();
    // Loading the certificate roots takes a tenth of a second; no worker that reads a socket may wait for it.
    let made = tokio::task::spawn_blocking(move || HttpProvider::new(&asked, key)).await;
    let outcome = match made {
        Ok(Ok(provider)) => match provider.list_models().await {
            Ok(models) => ProbeOutcome::Listed(models.len()),
            Err(no_list) => outcome_of(&no_list),
        },
        Ok(Err(error)) => ProbeOutcome::NoResponse(error.message),
        Err(_panicked) => ProbeOutcome::NoResponse("the HTTP client could not be made".to_owned()),
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    ProbeResult { probe: probe.clone(), key_sent, took_ms, outcome }
}

fn outcome_of(no_list: &NoList) -> ProbeOutcome {
    match no_list.exchange.http_status {
        Some(status @ (401 | 403)) => ProbeOutcome::WantsKey(status),
        Some(status @ (404 | 405)) => ProbeOutcome::NoSuchPath(status),
        Some(status) if !(200..300).contains(&status) => ProbeOutcome::Refused(status),
        Some(_) if no_list.error.kind == FailureKind::NotAnApi || no_list.error.kind == FailureKind::Malformed => ProbeOutcome::NotAnApi,
        _ => ProbeOutcome::NoResponse(no_list.error.message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_server::*;
    use super::*;

    async fn probed(answer: Vec<u8>, key: Option<ApiKey>) -> (ProbeResult, Vec<String>) {
        let server = Server::route(move |_head, _number| vec![Act::Send(answer.clone())]).await;
        let connection = connection("http://127.0.0.1:1/v1");
        let asked = Probe { name: "Beijing".into(), base_url: server.base_url() };
        let result = probe(&connection, &asked, key).await;
        (result, server.requests())
    }

    #[tokio::test]
    async fn a_probe_is_one_get_and_sends_a_key_only_when_it_is_given_one() {
        let list = || json("200 OK", r#"{"data":[{"id":"a"},{"id":"b"}]}"#);
        let (result, requests) = probed(list(), None).await;
        assert_eq!((result.outcome, result.key_sent), (ProbeOutcome::Listed(2), false));
        assert!(requests.len() == 1 && requests[0].starts_with("GET") && !requests[0].contains(CANARY), "{requests:?}");
        let (result, requests) = probed(list(), Some(canary())).await;
        assert!(result.key_sent && requests[0].contains(CANARY));
    }

    #[tokio::test]
    async fn what_answers_is_told_apart() {
        for (answer, outcome) in [
            (json("401 Unauthorized", "{}"), ProbeOutcome::WantsKey(401)),
            (json("404 Not Found", "{}"), ProbeOutcome::NoSuchPath(404)),
            (json("503 Oops", "{}"), ProbeOutcome::Refused(503)),
            (response("200 OK", "content-type: text/html\r\n", "<html>hello</html>"), ProbeOutcome::NotAnApi),
        ] {
            assert_eq!(probed(answer, None).await.0.outcome, outcome);
        }
        let connection = connection("http://127.0.0.1:1/v1");
        let nobody = Probe { name: String::new(), base_url: "http://127.0.0.1:1/v1".into() };
        assert!(matches!(probe(&connection, &nobody, None).await.outcome, ProbeOutcome::NoResponse(_)));
    }
}
