//! The one door: each kind of failure goes to its family, and what holds for all is added.

use super::symptoms::{Findings, Symptoms};
use super::{address, answer, context, key, limits, model, money, network, parameter, program, routing, server, timeouts, tls, wire};
use crate::domain::{Cause, Charge, Connection, Diagnosis, FailureKind, Side};

/// Finds out what a failure comes down to. Ranks the whole model list when a model is missing (some ms for 10,000): make it once, not per frame.
pub fn diagnose(findings: &Findings<'_>) -> Diagnosis {
    let symptoms = Symptoms::of(findings);
    let s = &symptoms;
    let found = routing::nobody_left(s).unwrap_or_else(|| by_kind(s));
    let said = s.quoted().filter(|_| found.facts.iter().all(|fact| fact.label != PROVIDER_SAID));
    found.with_fact_if(PROVIDER_SAID, said).with_fact_if("HTTP status", findings.http_status.map(|status| status.to_string()))
}

fn by_kind(s: &Symptoms<'_>) -> Diagnosis {
    match s.found.failure.kind {
        FailureKind::CannotResolve => network::host_unknown(s),
        FailureKind::Refused => network::refused(s),
        FailureKind::Network => network::broken(s),
        FailureKind::Proxy => network::proxy(s),
        FailureKind::Tls => tls::failed(s),
        FailureKind::ConnectTimeout | FailureKind::FirstByteTimeout | FailureKind::IdleTimeout | FailureKind::AttemptTimeout => {
            timeouts::late(s)
        }
        FailureKind::Unauthorized => key::unauthorized(s),
        FailureKind::Forbidden => key::forbidden(s),
        FailureKind::NoKey => key::unreadable(s),
        FailureKind::QuotaSpent => money::spent(s),
        FailureKind::ModelNotFound => model::missing(s),
        FailureKind::PathNotFound => address::no_such_path(s),
        FailureKind::NotAnApi => address::not_an_api(s),
        FailureKind::Redirect => address::redirected(s),
        FailureKind::ContextTooLong => context::too_long(s),
        FailureKind::BadRequest => parameter::rejected(s),
        FailureKind::RateLimited if s.found.http_status.is_none() => program::not_asked_after_refusals(s),
        FailureKind::RateLimited => limits::limited(s),
        FailureKind::ServerError => server::failed(s),
        FailureKind::ContentFilter => answer::filtered(s),
        FailureKind::Truncated => answer::truncated(s),
        FailureKind::StreamError => answer::broke_off(s),
        FailureKind::TooLarge => answer::too_large(s),
        FailureKind::WrongWire => wire::answered_in_another(s),
        FailureKind::EmptyAnswer => answer::empty(s),
        FailureKind::Malformed => answer::unreadable(s),
        FailureKind::BreakerOpen => program::not_asked_again(s),
        FailureKind::OverBudget => program::over_budget(s),
        FailureKind::PriceUnknown => program::price_unknown(s),
        FailureKind::Internal => program::internal(s),
    }
}

/// The label of the fact that quotes the provider's own words.
pub const PROVIDER_SAID: &str = "It said";

/// A check that found no model to ask.
pub fn no_model(connection: &Connection) -> Diagnosis {
    Diagnosis {
        cause: Cause::NoModel,
        side: Side::You,
        happened: format!("{} lists no models.", connection.name),
        to_do: "Name a model, and check again.".to_owned(),
        charge: Charge::Nothing,
        facts: Vec::new(),
        open: None,
        note: None,
        remedies: Vec::new(),
        probes: Vec::new(),
    }
}
