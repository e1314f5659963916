//! What stood in the way of a request, by the types of its causes.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::domain::TransportFault;

/// The fault in a chain of causes; absent when nothing in it says more than that it failed.
pub(super) fn fault_of(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        found = one(error).or(found);
        // `source()` of an `io::Error` would skip the error that it holds.
        next = match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    found
}

fn one(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return of_tls(tls);
    }
    io_fault(error.downcast_ref::<io::Error>()?.kind())
}

/// The fault that a kind of input or output error stands for.
pub(super) fn io_fault(kind: io::ErrorKind) -> Option<TransportFault> {
    use io::ErrorKind as Kind;
    match kind {
        Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::NetworkDown => Some(TransportFault::NoRoute),
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Some(TransportFault::Reset),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Option<TransportFault> {
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Some(TransportFault::CertificateExpired),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Some(TransportFault::CertificateNotYetValid),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Some(TransportFault::CertificateForOtherHost)
            }
            CertificateError::UnknownIssuer => Some(TransportFault::CertificateFromUnknownIssuer),
            // What most tools make for a server of one's own: signed by itself, and marked as an authority.
            CertificateError::Other(other) if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) => {
                Some(TransportFault::CertificateFromUnknownIssuer)
            }
            _ => None,
        },
        // Not a single TLS record came.
        rustls::Error::InvalidMessage(_) => Some(TransportFault::NoTls),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(error: webpki::Error) -> CertificateError {
        CertificateError::Other(rustls::OtherError(std::sync::Arc::new(error)))
    }

    fn wrapped(error: rustls::Error) -> io::Error {
        io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn certificates_are_told_apart_by_type_however_deep() {
        for (certificate, fault) in [
            (CertificateError::Expired, Some(TransportFault::CertificateExpired)),
            (CertificateError::NotValidYet, Some(TransportFault::CertificateNotYetValid)),
            (CertificateError::NotValidForName, Some(TransportFault::CertificateForOtherHost)),
            (CertificateError::UnknownIssuer, Some(TransportFault::CertificateFromUnknownIssuer)),
            (CertificateError::BadEncoding, None),
            (other(webpki::Error::CaUsedAsEndEntity), Some(TransportFault::CertificateFromUnknownIssuer)),
            (other(webpki::Error::BadDer), None),
        ] {
            assert_eq!(fault_of(&wrapped(rustls::Error::InvalidCertificate(certificate))), fault);
        }
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert_eq!(fault_of(&wrapped(plain)), Some(TransportFault::NoTls));
        assert_eq!(fault_of(&io::Error::from(io::ErrorKind::ConnectionReset)), Some(TransportFault::Reset));
        assert_eq!(fault_of(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
    }
}
