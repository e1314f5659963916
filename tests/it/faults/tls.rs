//! Certificates that cannot be trusted, and HTTP/2 connections that are taken back.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay::domain::FailureKind;
use axum::body::Bytes;
use axum::http::{HeaderValue, Response};
use h2::server::SendResponse;
use tokio::net::TcpListener;

use super::rig::good;
use crate::chaos::{GOOD_END, text_event};
use crate::chaos_thread::{Chaos, on_threads};
use crate::chaos_tls::{Authority, Identity, start};
use crate::program::{Program, Rows, Said, prompts_csv};

const KEY: &str = "sk-CANARY-0123456789abcdef";

fn tls(identity: Identity) -> Chaos {
    on_threads(start(identity.acceptor("http/1.1"), good())).into()
}

/// Runs so many cases against a server by https, trusting this authority alone.
fn run(trusted: &Authority, address: &str, cases: usize, retries: &str) -> (Said, Rows) {
    let mut program = Program::new();
    program.set("K", KEY);
    program.set("SSL_CERT_FILE", program.write("trusted.pem", &trusted.pem).to_str().unwrap());
    program.connect_to("S", &format!("https://{address}/v1"), Some("K"));
    let (prompts, csv) = (program.write("p.csv", prompts_csv(cases)), program.path("c.csv"));
    let run = ["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--retries", retries, "--csv", csv.to_str().unwrap()];
    let said = program.run(&run);
    assert!(csv.exists(), "{}", said.stderr);
    (said, Rows::read(&csv))
}

#[cfg(target_os = "linux")]
#[test]
fn a_certificate_that_cannot_be_trusted_is_final_names_its_fault_and_costs_no_key() {
    let (ours, strange) = (Authority::new("Ours"), Authority::new("Strange"));
    for (name, identity, words) in [
        ("unknown authority", strange.identity("127.0.0.1", 2100), "authority that this computer does not know"),
        ("out of date", ours.identity("127.0.0.1", 2001), "out of date; check this computer's clock"),
        ("another host", ours.identity("another.test", 2100), "for another host"),
    ] {
        let server = tls(identity);
        let (said, rows) = run(&ours, &server.address(), 1, "5");
        assert_eq!(
            (said.code, rows.column("error_kind"), rows.column("attempts")),
            (2, vec![FailureKind::Tls.as_str()], vec!["1"]),
            "{name}"
        );
        let error = rows.column("error")[0];
        assert!(error.contains(words) && error.contains("No key was sent"), "{name}: {error}");
        assert_eq!(server.requests().len(), 0, "{name}");
        assert!(server.connections() > 0);
    }
    let (said, _) = run(&ours, &tls(ours.identity("127.0.0.1", 2100)).address(), 3, "0");
    assert_eq!(said.code, 0, "the same with nothing wrong: {}", said.stderr);
}

/// A server of HTTP/2 that answers every third prompt, takes every third back unread when it comes first, breaks the answer of every third, and is
/// going away when it has been asked twelve times. Gives its address and how often it was asked.
async fn moody(identity: Identity) -> (String, Arc<AtomicUsize>) {
    let acceptor = identity.acceptor("h2");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
    let (counter, refused) = (Arc::clone(&asked), Arc::new(Mutex::new(BTreeSet::new())));
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            let (acceptor, counter, refused) = (acceptor.clone(), Arc::clone(&counter), Arc::clone(&refused));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    if counter.fetch_add(1, Ordering::SeqCst) == 11 {
                        connection.graceful_shutdown();
                    }
                    tokio::spawn(answer(request.into_body(), respond, Arc::clone(&refused)));
                }
            });
        }
    });
    (address, asked)
}

async fn answer(mut body: h2::RecvStream, mut respond: SendResponse<Bytes>, refused: Arc<Mutex<BTreeSet<usize>>>) {
    let mut bytes = Vec::new();
    while let Some(Ok(part)) = body.data().await {
        body.flow_control().release_capacity(part.len()).unwrap();
        bytes.extend_from_slice(&part);
    }
    let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let prompt = body["messages"][0]["content"].as_str().unwrap();
    let number: usize = prompt.trim_start_matches("Prompt ").parse().unwrap();
    if number % 3 == 1 && refused.lock().unwrap().insert(number) {
        return respond.send_reset(h2::Reason::REFUSED_STREAM);
    }
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("text/event-stream"));
    let mut out = respond.send_response(head, false).unwrap();
    out.send_data(text_event("ok").into(), false).unwrap();
    if number % 3 == 2 {
        // A part of its latency: what is sent has left by then.
        tokio::time::sleep(Duration::from_millis(50)).await;
        out.send_reset(h2::Reason::INTERNAL_ERROR);
    } else {
        out.send_data(GOOD_END.into(), true).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn streams_that_an_http_2_server_takes_back_are_judged_one_by_one() {
    const CASES: usize = 16;
    let ours = Authority::new("Ours");
    let (address, asked) = on_threads(moody(ours.identity("127.0.0.1", 2100)));
    let (said, rows) = run(&ours, &address, CASES, "3");
    assert_eq!(said.code, 2, "{}", said.stderr);
    let [statuses, kinds, attempts] = ["status", "error_kind", "attempts"].map(|name| rows.column(name));
    for (at, case_id) in rows.column("case_id").into_iter().enumerate() {
        let number: usize = case_id.trim_start_matches('c').parse().unwrap();
        let (status, kind, least) = match number % 3 {
            0 => ("finished", "", 1),
            // It was not read, so it is sent again at no cost.
            1 => ("finished", "", 2),
            _ => ("failed", "truncated", 1),
        };
        assert_eq!((statuses[at], kinds[at]), (status, kind), "{number}: {}", rows.column("error")[at]);
        // A connection that is going away takes back what came too late for it, of any prompt: once more.
        assert!((least..=least + 1).contains(&attempts[at].parse::<usize>().unwrap()), "{number}: {} attempts", attempts[at]);
    }
    let attempts: usize = attempts.iter().map(|attempts| attempts.parse::<usize>().unwrap()).sum();
    let asked = asked.load(Ordering::SeqCst);
    assert!(rows.len() == CASES && asked <= attempts, "what was sent was counted: {attempts} attempts, {asked} requests");
}
