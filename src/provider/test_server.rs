//! The scripted server with a connection to it, and one question over that.

use std::sync::Arc;

use crate::domain::{ApiKey, Connection, ConnectionId, KeySource, Limits, Message, Params, REASONING_FROM_TAGS, Role, Speaker, Spelling};

pub(super) use super::chaos::*;
use super::chat::{AttemptReport, ChatRequest, Delta, Provider as _};
use super::client::HttpProvider;
use super::gather::TAG_KEPT;

pub(super) const CANARY: &str = "sk-CANARY-0123456789abcdef";

pub(super) fn connection(base_url: &str) -> Connection {
    let mut connection = Connection::new(ConnectionId::draw(), "Test", Role::Relay, base_url, KeySource::Session);
    connection.limits = Limits {
        connect_timeout_ms: 5_000,
        first_byte_timeout_ms: 20_000,
        idle_timeout_ms: 20_000,
        attempt_timeout_ms: 60_000,
        ..Limits::default()
    };
    connection
}

pub(super) fn canary() -> ApiKey {
    ApiKey::from_pasted(CANARY).unwrap().0
}

pub(super) fn provider(connection: &Connection) -> HttpProvider {
    HttpProvider::with_proxy(connection, Some(canary()), false).unwrap()
}

pub(super) fn question(stream: bool) -> ChatRequest {
    ChatRequest {
        model: "m".into(),
        messages: Arc::new([Message::new(Speaker::User, "hi")]),
        params: Params::default(),
        stream,
        spelling: Spelling::default(),
    }
}

/// Sends one question and checks what holds for every attempt: stamps in order, text as told, and no key anywhere.
pub(super) async fn attempt(provider: &HttpProvider, request: &ChatRequest) -> AttemptReport {
    let (mut content, mut reasoning, mut last_us) = (String::new(), String::new(), 0);
    let report = provider
        .attempt(request, &mut |delta| {
            let at_us = match delta {
                Delta::Content { text, at_us } => {
                    content.push_str(text);
                    at_us
                }
                Delta::Reasoning { text, at_us } => {
                    reasoning.push_str(text);
                    at_us
                }
            };
            assert!(at_us >= last_us);
            last_us = at_us;
        })
        .await;
    // What only the end shows is put right in what is kept.
    let is_mended = |warning: &str| warning.ends_with("it was kept once") || [REASONING_FROM_TAGS, TAG_KEPT].contains(&warning);
    if !report.warnings.iter().any(|warning| is_mended(warning)) {
        assert_eq!((&report.output, &report.reasoning), (&content, &reasoning));
    }
    let timing = report.timing;
    let stamps = [
        timing.headers_us,
        timing.first_chunk_us,
        timing.first_content_us,
        timing.last_content_us,
        timing.last_output_us,
        Some(timing.end_us),
    ];
    assert!(stamps.iter().flatten().is_sorted(), "{timing:?}");
    assert!(!format!("{report:?}").contains("CANARY"), "{report:?}");
    if let Err(error) = &report.result {
        assert!(!error.message.is_empty() && error.message.chars().count() <= 500);
    }
    report
}

/// One question to a server with this script.
pub(super) async fn ask(acts: Vec<Act>) -> AttemptReport {
    let server = Server::start(vec![acts]).await;
    attempt(&provider(&connection(&server.base_url())), &question(true)).await
}
