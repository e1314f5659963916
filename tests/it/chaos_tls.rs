//! The chaos server behind TLS, with certificates that are good, or wrong in one known way.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use crate::chaos::{Act, Ledger, Server, Socket, serve};

/// An authority that nobody knows, unless they are given its certificate.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, for `SSL_CERT_FILE`.
    pub(crate) pem: String,
}

/// A certificate with its key.
pub(crate) struct Identity(CertificateDer<'static>, KeyPair);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for a host, valid up to the end of this year.
    pub(crate) fn identity(&self, host: &str, until_year: i32) -> Identity {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity(certificate.der().clone(), key)
    }
}

impl Identity {
    /// Shows this certificate and speaks this protocol (`h2`, `http/1.1`).
    pub(crate) fn acceptor(self, protocol: &str) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.1.serialize_der()));
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_no_client_auth().with_single_cert(vec![self.0], key).unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Socket for TlsStream<TcpStream> {
    fn will_reset(&self) {
        self.get_ref().0.will_reset();
    }
}

/// Plays one script to every request that gets through TLS.
pub(crate) async fn start(acceptor: TlsAcceptor, acts: Vec<Act>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Ledger::default();
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _peer)) = listener.accept().await {
            kept.send_modify(|seen| seen.connections += 1);
            let (acceptor, seen, acts) = (acceptor.clone(), Arc::clone(&kept), acts.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, &move |_: &str, _| acts.clone(), &seen).await;
                }
            });
        }
    });
    Server { address, seen }
}
