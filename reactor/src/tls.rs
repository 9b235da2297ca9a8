//! TLS over any stream, by the library rustls.
//!
//! [`TlsClient`] and [`TlsServer`] make an encrypted stream of one that is connected, such as a
//! [`TcpStream`](crate::net::TcpStream), within a time limit, and say what went wrong if they cannot.
//! What they make reads and writes through the traits of `futures-io` as well, so that it fits
//! [`HyperIo`](crate::hyper::HyperIo) and [`TokioIo`](crate::tokio_io::TokioIo), with those features.
//!
//! Certificates, keys, whom to trust, which protocols and whose cryptography are matters of rustls'
//! own configurations. This crate chooses none of them: depend on [`rustls`] with a provider of
//! cryptography among its features, `ring` for example, and with `tls12` to speak to those who know
//! nothing newer.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use crochet_reactor::net::{Connect, TcpStream};
//! use crochet_reactor::tls::rustls::ClientConfig;
//! use crochet_reactor::tls::{ClientStream, TlsClient};
//!
//! # type Error = Box<dyn std::error::Error>;
//! async fn dial(name: &str, config: Arc<ClientConfig>) -> Result<ClientStream<TcpStream>, Error> {
//!     let stream = Connect::new().to_host(name, 443).await?;
//!     let name = name.to_owned().try_into()?;
//!     Ok(TlsClient::new(config).connect(name, stream).await?)
//! }
//! ```
//!
//! # The end of a stream
//!
//! Closing a stream tells the other end so within the encryption, then closes what is below. Whoever
//! reads from a stream that has ended without that gets
//! [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof): anybody on the way may have cut it.
//! Dropping a stream does not close it in this sense.

mod error;
mod handshake;

pub use error::TlsError;
pub use futures_rustls::{pki_types, rustls};
pub use handshake::{TlsClient, TlsServer};

/// A client's end of an encrypted stream.
pub type ClientStream<S> = futures_rustls::client::TlsStream<S>;

/// A server's end of an encrypted stream.
pub type ServerStream<S> = futures_rustls::server::TlsStream<S>;
