//! Connections that could not be made secure. No key was sent over any of them, and nothing switches the check off.

use super::symptoms::Symptoms;
use crate::domain::{Cause, Diagnosis, Remedy, Side, TransportFault};

/// TLS failed.
pub(super) fn failed(s: &Symptoms<'_>) -> Diagnosis {
    let host = &s.host;
    let server = if s.is_loopback() { Side::You } else { s.server_side() };
    let (cause, side, happened, to_do) = match s.found.evidence.fault {
        Some(TransportFault::CertificateExpired) => (
            Cause::CertificateExpired,
            server,
            format!("The certificate of {host} has expired; no key was sent."),
            "Check this computer's clock. If it is right, whoever runs the server has to renew the certificate.",
        ),
        Some(TransportFault::CertificateNotYetValid) => (
            Cause::CertificateNotYetValid,
            Side::You,
            format!("The certificate of {host} is not valid yet; no key was sent."),
            "This computer's clock seems to be behind. Set it, and try again.",
        ),
        Some(TransportFault::CertificateForOtherHost) => (
            Cause::CertificateForOtherHost,
            Side::You,
            format!("The certificate is not one of {host}; no key was sent."),
            "Check the host in the base URL. If it is right, something on the way answers in the server's place.",
        ),
        Some(TransportFault::CertificateFromUnknownIssuer) => (
            Cause::CertificateFromUnknownIssuer,
            if s.is_loopback() { Side::You } else { Side::Network },
            format!("The certificate of {host} comes from an authority that this computer does not know; no key was sent."),
            "In a company's network, add its authority to the system's certificates. For a server of your own, add its certificate there.",
        ),
        Some(TransportFault::NoTls) => (
            Cause::NoTls,
            Side::You,
            format!("What answers at {host} speaks no TLS; no key was sent."),
            "Check the port in the base URL. A server without TLS is asked with http://.",
        ),
        _ => (
            Cause::Tls,
            Side::Unclear,
            format!("No secure connection to {host} could be made; no key was sent."),
            "Check the base URL, the port, and this computer's clock.",
        ),
    };
    let found = s.diagnosis(cause, side, happened, to_do).with_remedies([Remedy::Retry(None)]);
    match cause {
        Cause::CertificateFromUnknownIssuer => found.with_open(
            "Whether this is a company's inspecting proxy, a server's own certificate or an attack cannot be seen from here. Whoever runs the network or the server would know.",
        ),
        Cause::Tls => found
            .with_fact("Reported", s.found.failure.message.clone())
            .with_open("The two sides did not get as far as a certificate, so what stood in the way is not told."),
        _ => found,
    }
}
