//! Failures for the tests of the doctor.

use std::sync::LazyLock;

use super::{Findings, diagnose};
use crate::domain::{
    Charge, Connection, ConnectionId, Diagnosis, Evidence, Failure, FailureKind, ForeignKey, KeySource, Presets, Role, TransportFault,
};

static PRESETS: LazyLock<Presets> = LazyLock::new(|| Presets::bundled().unwrap());

/// A failure, to be given what is known about it.
pub(super) struct Sick {
    pub(super) failure: Failure,
    pub(super) http_status: Option<u16>,
    pub(super) error_body: String,
    pub(super) evidence: Evidence,
    pub(super) connection: Connection,
    pub(super) model: Option<&'static str>,
    pub(super) models: Vec<String>,
    pub(super) context_window_tokens: Option<u64>,
    pub(super) max_tokens: Option<u32>,
    pub(super) in_flight: u32,
    pub(super) request_bytes: Option<u64>,
    pub(super) connect_us: Option<u64>,
    pub(super) has_text: bool,
    pub(super) foreign_key: Option<ForeignKey>,
}

/// A failure at an official provider.
pub(super) fn sick(kind: FailureKind) -> Sick {
    let url = "https://api.test/v1";
    Sick {
        failure: Failure { kind, message: "what the program said".to_owned() },
        http_status: None,
        error_body: String::new(),
        evidence: Evidence::default(),
        connection: Connection::new(ConnectionId(uuid::Uuid::nil()), "Acme", Role::Official, url, KeySource::Keychain),
        model: Some("gpt-x"),
        models: Vec::new(),
        context_window_tokens: None,
        max_tokens: None,
        in_flight: 8,
        request_bytes: None,
        connect_us: None,
        has_text: false,
        foreign_key: None,
    }
}

impl Sick {
    pub(super) fn status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.error_body);
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.evidence.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn fault(mut self, fault: TransportFault) -> Self {
        self.evidence.fault = Some(fault);
        self
    }

    pub(super) fn relay(mut self) -> Self {
        self.connection.role = Role::Relay;
        self
    }

    pub(super) fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.connection.base_url);
        self
    }

    pub(super) fn models(mut self, models: &[&str]) -> Self {
        self.models = models.iter().map(|model| (*model).to_owned()).collect();
        self
    }

    pub(super) fn seen(&self) -> Diagnosis {
        diagnose(&Findings {
            failure: &self.failure,
            http_status: self.http_status,
            error_body: &self.error_body,
            evidence: &self.evidence,
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            connection: &self.connection,
            model: self.model,
            models: &self.models,
            context_window_tokens: self.context_window_tokens,
            max_tokens: self.max_tokens,
            in_flight: self.in_flight,
            request_bytes: self.request_bytes,
            connect_us: self.connect_us,
            has_text: self.has_text,
            foreign_key: self.foreign_key.as_ref(),
            presets: &PRESETS,
            charge: Charge::Nothing,
        })
    }
}

/// The value of a fact, its thousands parted by commas.
pub(super) fn fact(diagnosis: &Diagnosis, label: &str) -> Option<String> {
    diagnosis.facts.iter().find(|fact| fact.label == label).map(|fact| fact.value.replace('\u{202f}', ","))
}
