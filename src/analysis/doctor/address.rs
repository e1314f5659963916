//! The address: a wrong path, a redirect, something that is no LLM API.

use super::base_urls::{Chosen, Offered};
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Origin, Side};

/// 404 about the path.
pub(super) fn no_such_path(s: &Symptoms<'_>) -> Diagnosis {
    wrong(s, Cause::PathMissing, "The server answers, but has no such path.")
}

/// HTML, or another thing that is no LLM API.
pub(super) fn not_an_api(s: &Symptoms<'_>) -> Diagnosis {
    let happened = if s.is_page() {
        "A web page answers at this address, not an LLM API."
    } else {
        "Something answers at this address, but it is not an LLM API."
    };
    wrong(s, Cause::NotAnApi, happened)
        .with_fact_if("Content type", s.header("content-type"))
        .with_fact_if("Answered by", s.header("server"))
}

fn wrong(s: &Symptoms<'_>, cause: Cause, happened: &str) -> Diagnosis {
    // Some providers list no models, and answer all the same.
    let first = match (cause, s.found.model) {
        (Cause::PathMissing, None) => "If this provider lists no models, name one and check again. ",
        _ => "",
    };
    let urls = Offered::of(s, Chosen::Version);
    let to_do = match &urls.better {
        Some((url, why)) => format!("{first}The base URL {why}. Try {url}."),
        None => format!("{first}Compare the base URL with the provider's documentation."),
    };
    s.diagnosis(cause, Side::You, happened, to_do).with_probes(urls.probes).with_remedies(urls.remedy)
}

/// 3xx.
pub(super) fn redirected(s: &Symptoms<'_>) -> Diagnosis {
    let target = s.header("location").unwrap_or_default();
    let here = Origin::of(&s.found.connection.base_url).ok();
    let there = Origin::of(target).ok();
    let https = match (&here, &there) {
        (Some(here), Some(there)) => here.scheme == "http" && there.scheme == "https" && here.host == there.host,
        _ => false,
    };
    let to_do = if https {
        "It wants https://. Put that into the base URL."
    } else {
        "Put the address that the provider documents into the base URL. Keys are not sent on to other places."
    };
    s.diagnosis(Cause::Redirected, Side::You, "The server points to another place; redirects are not followed.", to_do)
        .with_fact_if("Points to", Some(target).filter(|target| !target.is_empty()))
}
