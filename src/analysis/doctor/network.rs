//! The way to the server: names, addresses, connections, proxies.

use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side, TransportFault};

/// The host name has no address.
pub(super) fn host_unknown(s: &Symptoms<'_>) -> Diagnosis {
    s.diagnosis(
        Cause::HostUnknown,
        Side::Network,
        format!("The host name {} has no address.", s.host),
        "Look for a typing error in the base URL, and check that this computer is online.",
    )
    .with_open(
        "A wrong name and a network without a name service look alike from here. Another connection that works would tell them apart.",
    )
    .with_remedies([Remedy::Retry(None)])
}

/// Nothing listens.
pub(super) fn refused(s: &Symptoms<'_>) -> Diagnosis {
    if s.is_loopback() {
        return s
            .diagnosis(
                Cause::Refused,
                Side::You,
                "Nothing listens at this address on this computer.",
                "Is the server running? Start it, and check the port in the base URL.",
            )
            .with_remedies([Remedy::StartServer, Remedy::Retry(None)]);
    }
    s.diagnosis(
        Cause::Refused,
        Side::Network,
        format!("{} refused the connection.", s.host),
        "Check host and port of the base URL; the service may be down or behind a firewall.",
    )
    .with_remedies([Remedy::Retry(None)])
}

/// The connection broke, or could not be made for another reason.
pub(super) fn broken(s: &Symptoms<'_>) -> Diagnosis {
    match s.found.evidence.fault {
        Some(TransportFault::NoRoute) => s.diagnosis(
            Cause::NoRoute,
            Side::Network,
            format!("There is no way from this computer to {}.", s.host),
            "Check the network and the VPN: this computer seems to be offline, or that network is not reachable from it.",
        ),
        fault => {
            let happened = match fault {
                Some(TransportFault::Reset) => format!("{}, or something on the way to it, broke the connection off.", s.host),
                _ => "The connection broke before an answer came.".to_owned(),
            };
            s.diagnosis(
                Cause::Reset,
                Side::Network,
                happened,
                "Try again. If it stays, a proxy, a firewall or the server cuts connections.",
            )
            .with_open("Who broke it off cannot be seen from here. The same request over another network would tell.")
        }
    }
    .with_remedies([Remedy::Retry(None)])
}

/// A proxy stands in the way.
pub(super) fn proxy(s: &Symptoms<'_>) -> Diagnosis {
    if s.found.evidence.fault == Some(TransportFault::ProxyLogin) || s.status() == 407 {
        return s
            .diagnosis(
                Cause::ProxyLogin,
                Side::Network,
                "The proxy of this computer asks for a login (407).",
                "Set user and password in the system's proxy settings, or in HTTPS_PROXY, or ask whoever runs the proxy. Your key did not reach the provider.",
            )
            .with_fact_if("Login", s.header("proxy-authenticate"))
            .with_remedies([Remedy::Retry(None)]);
    }
    s.diagnosis(
        Cause::Proxy,
        Side::Network,
        format!("The proxy of this computer did not connect to {}.", s.host),
        "Check the proxy's settings, and whether it lets this host through.",
    )
    .with_remedies([Remedy::Retry(None)])
}
