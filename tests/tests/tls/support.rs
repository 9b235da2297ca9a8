//! Certificates made for the test, and connections that use them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crochet::net::{TcpListener, TcpStream};
use crochet::tls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use crochet::tls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use crochet::tls::{ClientStream, ServerStream, TlsClient, TlsError, TlsServer};
use crochet::tokio_io::TokioIo;
use crochet::{JoinHandle, spawn};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::{CryptoProvider, ring};

/// The name that the certificates are for.
pub(crate) const NAME: &str = "localhost";

pub(crate) fn name(name: &str) -> ServerName<'static> {
    ServerName::try_from(name.to_owned()).expect("a valid name")
}

/// Somebody who issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// A certificate, and the key that belongs to it.
pub(crate) struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        // Each has a name of its own.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        let common = format!("Authority {number}");
        params.distinguished_name.push(DnType::CommonName, common);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        Self {
            issuer,
            certificate,
        }
    }

    /// Issues a certificate for [`NAME`].
    pub(crate) fn issue(&self) -> Identity {
        self.sign(&params())
    }

    /// Issues one that expired at the end of the year 2001.
    pub(crate) fn issue_expired(&self) -> Identity {
        let mut params = params();
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2001, 12, 31);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer);
        let certificate = certificate.expect("a certificate").der().clone();
        Identity { certificate, key }
    }

    /// Returns what a client trusts that trusts this authority, as openssl reads it.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Returns the configuration of a client that trusts this authority alone.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = self.certificate.der().clone();
        roots.add(root).expect("it is one of an authority");
        ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has what they need")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }
}

impl Identity {
    /// Returns the configuration of a server that has this identity.
    pub(crate) fn server(self) -> ServerConfig {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).expect("a key");
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("the provider has what they need")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate], key)
            .expect("the key is the certificate's")
    }
}

/// What a certificate for [`NAME`] says.
fn params() -> CertificateParams {
    let mut params = CertificateParams::new([String::from(NAME)]).expect("a valid name");
    params.distinguished_name.push(DnType::CommonName, NAME);
    params
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// What the two ends of a connection have come to.
pub(crate) type Ends = (
    Result<ClientStream<TcpStream>, TlsError>,
    Result<ServerStream<TcpStream>, TlsError>,
);

/// Connects a client that expects this name to a server.
pub(crate) async fn shake_hands(
    client: ClientConfig,
    expected: &'static str,
    server: ServerConfig,
) -> Ends {
    let (address, accepted) = accept_one(server);
    let stream = TcpStream::connect(address).await.expect("it listens");
    let client = TlsClient::new(Arc::new(client));
    let connected = client.connect(name(expected), stream).await;
    (connected, accepted.await.expect("no panic"))
}

/// As [`shake_hands`], for two who get on.
pub(crate) async fn connected() -> (
    TokioIo<ClientStream<TcpStream>>,
    TokioIo<ServerStream<TcpStream>>,
) {
    let authority = Authority::new();
    let server = authority.issue().server();
    let (client, server) = shake_hands(authority.client(), NAME, server).await;
    let client = client.expect("they get on");
    let server = server.expect("they get on");
    (TokioIo::new(client), TokioIo::new(server))
}

/// Listens for one connection, and encrypts it.
fn accept_one(
    config: ServerConfig,
) -> (
    SocketAddr,
    JoinHandle<Result<ServerStream<TcpStream>, TlsError>>,
) {
    let listener = listen();
    let address = listener.local_addr().expect("a bound socket has one");
    let accepted = spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        TlsServer::new(Arc::new(config)).accept(stream).await
    });
    (address, accepted)
}

/// Listens on any free port of this machine.
pub(crate) fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port")
}
