//! The one door: each failure goes to its family, and what holds for all is added.

use super::family::{Family, family_of};
use super::symptoms::{Findings, Symptoms};
use super::{
    address, answer, azure, context, key, limits, model, money, network, parameter, program, relay, routing, server, timeouts, tls, wire,
};
use crate::domain::{Cause, Charge, Connection, Diagnosis, FailureKind, Side};

/// Finds out what a failure comes down to. Ranks the whole model list when a model is missing (some ms for 10,000): make it once, not per frame.
pub fn diagnose(findings: &Findings<'_>) -> Diagnosis {
    let symptoms = Symptoms::of(findings);
    let s = &symptoms;
    let mut found = by_family(s);
    if findings.failure.kind == FailureKind::StreamError && findings.has_text && found.cause != Cause::StreamError {
        found.happened.push_str(" It broke the answer off; what came is kept.");
    }
    let said = s.quoted().filter(|_| found.facts.iter().all(|fact| fact.label != PROVIDER_SAID));
    found.with_fact_if(PROVIDER_SAID, said).with_fact_if("HTTP status", findings.http_status.map(|status| status.to_string()))
}

fn by_family(s: &Symptoms<'_>) -> Diagnosis {
    match family_of(s) {
        Family::HostUnknown => network::host_unknown(s),
        Family::NothingListens => network::refused(s),
        Family::BrokenOnTheWay => network::broken(s),
        Family::Proxy => network::proxy(s),
        Family::Tls => tls::failed(s),
        Family::Late => timeouts::late(s),
        Family::RequestTimeout => timeouts::request_timeout(s),
        Family::Conflict => parameter::conflict(s),
        Family::Key => key::unauthorized(s),
        Family::KeyElsewhere(spoken) => wire::key_elsewhere(s, &spoken),
        Family::KeyUnreadable => key::unreadable(s),
        Family::Forbidden => key::forbidden(s),
        Family::Country => key::country(s),
        Family::Money => money::spent(s),
        Family::Limit => limits::limited(s),
        Family::NobodyLeft => routing::nobody_left(s),
        Family::Model => model::missing(s),
        Family::NotLoaded => model::not_loaded(s),
        Family::Loading => model::loading(s),
        Family::BehindRelay(behind) => relay::behind(s, behind),
        Family::Azure => azure::astray(s),
        Family::Path => address::no_such_path(s),
        Family::WrongWire(spoken) => wire::wrong(s, &spoken),
        Family::NotAnApi => address::not_an_api(s),
        Family::Redirect => address::redirected(s),
        Family::Context => context::too_long(s),
        Family::Parameter => parameter::rejected(s),
        Family::Server => server::failed(s),
        Family::Filter => answer::filtered(s),
        Family::Truncated => answer::truncated(s),
        Family::BrokenOff => answer::broke_off(s),
        Family::TooLarge => answer::too_large(s),
        Family::AnsweredInAnother => wire::answered_in_another(s),
        Family::Empty => answer::empty(s),
        Family::Unreadable => answer::unreadable(s),
        Family::NotAskedAgain => program::not_asked_again(s),
        Family::NotAskedAfterRefusals => program::not_asked_after_refusals(s),
        Family::OverBudget => program::over_budget(s),
        Family::PriceUnknown => program::price_unknown(s),
        Family::Internal => program::internal(s),
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
