//! The key: missing, wrong, another provider's, another region's, or not allowed to do this.

use super::phrases::CHANNEL_KEY;
use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, KeySource, Probe, Remedy, Side};

/// 401.
pub(super) fn unauthorized(s: &Symptoms<'_>) -> Diagnosis {
    // A relay that fails over a key holds one itself.
    let of_relay = s.is_relay() && s.found.http_status.is_some_and(|status| status >= 500);
    if s.error.is(CHANNEL_KEY) || s.passes_on() || of_relay {
        return s
            .diagnosis(
                Cause::RelayKey,
                Side::Relay,
                "The relay's own key for the provider behind it was refused; yours was not.",
                "Tell the relay's support. Until it is mended, take another model or another relay.",
            )
            .with_remedies([Remedy::Retry(None)]);
    }
    if s.found.connection.key_source == KeySource::None {
        return s
            .diagnosis(Cause::KeyNotSet, Side::You, "The server wants a key, and none is set.", "Enter the key of this provider.")
            .with_remedies([Remedy::ReenterKey]);
    }
    if let Some(foreign) = s.found.foreign_key {
        return s
            .diagnosis(
                Cause::ForeignKey,
                Side::You,
                format!("The server did not accept the key, which looks like one of {}.", foreign.provider),
                format!("Enter the key of {}, or use this key at a connection to {}.", s.found.connection.name, foreign.provider),
            )
            .with_fact("Key start", format!("“{}”, as keys of {} do: a hint only", foreign.prefix, foreign.provider))
            .with_remedies([Remedy::ReenterKey]);
    }
    let regions = other_regions(s);
    let wrong = "The server did not accept the key.";
    if regions.is_empty() {
        return s
            .diagnosis(
                Cause::WrongKey,
                Side::You,
                wrong,
                "Check that it is the key of this provider, whole and not revoked, then enter it again.",
            )
            .with_open(format!(
                "Whether it is mistyped, expired{} or revoked the server does not say. The key's page at the {} would tell.",
                // New-api has the same words for all of these.
                if s.is_relay() { ", its quota used up" } else { "" },
                s.server_word()
            ))
            .with_remedies([Remedy::ReenterKey]);
    }
    let names: Vec<&str> = regions.iter().map(|(region, _)| *region).collect();
    let switch = regions.iter().map(|(region, url)| Remedy::UseRegion { region: (*region).to_owned(), base_url: (*url).to_owned() });
    let probes = regions.iter().map(|(region, url)| Probe { name: (*region).to_owned(), base_url: (*url).to_owned() });
    s.diagnosis(
        Cause::RegionKey,
        Side::You,
        wrong,
        format!(
            "A key of {} holds only in the region that issued it. If yours is of {}, switch to that address; else enter it again.",
            s.found.connection.name,
            listed(&names)
        ),
    )
    .with_open("Whether the key is wrong or of another region the server does not say. The key's page, or asking the other regions with the key, would tell.")
    .with_remedies([Remedy::ReenterKey])
    .with_remedies(switch)
    .with_probes(probes)
}

/// Regions of the connection's provider besides its own, with their URLs.
fn other_regions<'a>(s: &Symptoms<'a>) -> Vec<(&'a str, &'a str)> {
    let Some(preset) = s.found.presets.of_connection(s.found.connection) else { return Vec::new() };
    let here = s.found.connection.base_url.as_str();
    let others = preset.urls_of(s.found.connection.wire).filter(|url| !url.region.is_empty() && !here.starts_with(&url.url));
    others.map(|url| (url.region.as_str(), url.url.as_str())).collect()
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The country is not served.
pub(super) fn country(s: &Symptoms<'_>) -> Diagnosis {
    if s.passes_on() {
        return s
            .diagnosis(
                Cause::CountryNotServed,
                Side::Relay,
                "The provider behind the relay does not serve the country that the relay asks it from.",
                "Try again, since relays ask from several; if it stays, tell the relay's support, or take another model.",
            )
            .with_remedies([Remedy::Retry(None)]);
    }
    s.diagnosis(
        Cause::CountryNotServed,
        Side::Upstream,
        "The provider does not serve the country that this computer's address belongs to.",
        "Use a provider that serves it, or a relay that may.",
    )
}

/// 403.
pub(super) fn forbidden(s: &Symptoms<'_>) -> Diagnosis {
    let behind_firewall = s.is_page() || s.header("cf-mitigated").is_some();
    if behind_firewall {
        return s
            .diagnosis(
                Cause::Firewall,
                Side::Network,
                format!("A firewall in front of {} refused the request before the API saw it.", s.host),
                "Check the base URL and whether a VPN or proxy is in use; else tell the provider's support.",
            )
            .with_fact_if("Answered by", s.header("server"))
            .with_remedies([Remedy::Retry(None)]);
    }
    if s.passes_on() {
        return s
            .diagnosis(
                Cause::RelayKey,
                Side::Relay,
                "The provider behind the relay does not allow this to the relay's account.",
                "Tell the relay's support, or take another model.",
            )
            .with_remedies([Remedy::Retry(None)]);
    }
    s.diagnosis(
        Cause::Forbidden,
        Side::You,
        "The server knows the key, but does not allow this.",
        "Check what the key may do and whether the model is open to your account.",
    )
    .with_open("Whether the key, the account or the model is what is not allowed the status alone does not say. The key's page would tell.")
    .with_remedies([Remedy::ReenterKey])
}

/// The key could not be read; nothing was sent.
pub(super) fn unreadable(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::KeyUnreadable,
        Side::You,
        "The key could not be read.",
        format!("{}. Then enter it again, or choose another place for it.", s.found.failure.message.trim_end_matches('.')),
    )
    .with_remedies([Remedy::ReenterKey])
}
