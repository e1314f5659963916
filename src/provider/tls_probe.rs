//! The TLS handshake of a check, made by hand on a socket that is connected already: so it is timed alone, which the HTTP client does not allow.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Shakes hands as the HTTP client does: the same library, versions and ciphers, offers and judge of certificates.
#[derive(Clone)]
pub(super) struct TlsProbe(TlsConnector);

impl TlsProbe {
    /// Reads the system's certificates, which may take a tenth of a second.
    pub(super) fn new() -> Result<Self, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions()?;
        Ok(Self::with(builder.with_platform_verifier()?.with_no_client_auth()))
    }

    fn with(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Self(TlsConnector::from(Arc::new(config)))
    }

    /// Shakes hands over `stream` with `host`, a name or an address. Nothing else is sent, and the connection ends with it.
    pub(super) async fn shake_hands(&self, stream: TcpStream, host: &str) -> io::Result<()> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0.connect(name, stream).await.map(|_stream| ())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{RootCertStore, ServerConfig};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A server for `localhost` that shakes one hand, and its certificate.
    async fn server() -> (TcpStream, CertificateDer<'static>) {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = cert.der().clone();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _peer) = listener.accept().await.unwrap();
            TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok();
        });
        (TcpStream::connect(address).await.unwrap(), certificate)
    }

    fn trusting(certificate: CertificateDer<'static>) -> TlsProbe {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        TlsProbe::with(builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth())
    }

    #[tokio::test]
    async fn a_trusted_server_is_shaken_hands_with() {
        let (stream, certificate) = server().await;
        trusting(certificate).shake_hands(stream, "localhost").await.unwrap();
    }

    #[tokio::test]
    async fn another_host_and_an_unknown_authority_are_refused() {
        let (stream, certificate) = server().await;
        let error = trusting(certificate).shake_hands(stream, "elsewhere.example").await.unwrap_err();
        assert!(error.to_string().contains("not valid for name"), "{error}");
        let (stream, _unknown) = server().await;
        let error = TlsProbe::new().unwrap().shake_hands(stream, "localhost").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }
}
