//! Libraries that run on the reactor: hyper, rustls, and those that want tokio's I/O traits.
//!
//! A protocol library needs streams, sometimes timers and tasks, of whoever runs it. Many leave open
//! whose those are. For some there is an adapter here, each an optional feature that adds nothing
//! otherwise:
//!
//! | feature | module | for |
//! | --- | --- | --- |
//! | none | [`net`](crate::net) | whatever reads and writes by the traits of `futures-io`: all streams here have them |
//! | `hyper` | `hyper` | HTTP/1 and HTTP/2, clients and servers |
//! | `rustls` | `tls` | TLS over any of these streams, clients and servers |
//! | `tokio-io` | `tokio_io` | libraries that are given a stream with tokio's traits, such as tokio-postgres |
//! | `hickory` | `hickory` | DNS by hickory's resolver |
//!
//! What starts tasks or timers of tokio's by itself does not run here: it panics without tokio's
//! runtime. Look for a constructor that takes a stream (`handshake(io)`, `connect_raw(stream, ..)`)
//! in place of an address.
//!
//! # On which thread
//!
//! A library's futures run on the reactor, like all that is awaited in a decorated function. Its
//! connection is mostly two things: a future that moves the bytes, and a handle that asks it to.
//!
//! - **The future** owns the stream and stays on the reactor: [`spawn`](crate::spawn) it there.
//! - **The handle** only passes messages. If it is `Send`, as hyper's and tokio-postgres' are, the
//!   blocking side may keep it, in a struct of its own, and lend it to decorated functions.
//!
//! So a connection outlives the call that made it, and the caller decides how long: when the handle
//! is dropped, the future ends.
//!
//! # HTTP, blocking on the outside
//!
//! ```
//! # #[cfg(feature = "hyper")]
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::convert::Infallible;
//! use std::future::poll_fn;
//! use std::net::{Ipv4Addr, SocketAddr};
//! use std::pin::Pin;
//!
//! use crochet::hyper::{HyperIo, HyperTimer};
//! use crochet::net::{TcpListener, TcpStream};
//! use crochet::{spawn, wait_for};
//! use hyper::body::{Body, Incoming};
//! use hyper::client::conn::http1::{SendRequest, handshake};
//! use hyper::server::conn::http1;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//!
//! type HttpError = Box<dyn std::error::Error + Send + Sync>;
//!
//! #[wait_for(timeout = 5.0)]
//! async fn serve() -> Result<SocketAddr, HttpError> {
//!     let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
//!     let address = listener.local_addr()?;
//!     drop(spawn(async move {
//!         while let Ok((stream, _)) = listener.accept().await {
//!             let mut server = http1::Builder::new();
//!             let io = HyperIo::vectored(stream);
//!             let connection = server.timer(HyperTimer).serve_connection(io, service_fn(greet));
//!             drop(spawn(connection));
//!         }
//!     }));
//!     Ok(address)
//! }
//!
//! async fn greet(request: Request<Incoming>) -> Result<Response<String>, Infallible> {
//!     Ok(Response::new(format!("this is {}", request.uri().path())))
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn connect(server: SocketAddr) -> Result<SendRequest<String>, HttpError> {
//!     let stream = TcpStream::connect(server).await?;
//!     let (handle, connection) = handshake(HyperIo::vectored(stream)).await?;
//!     drop(spawn(connection));
//!     Ok(handle)
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn get(handle: &mut SendRequest<String>, path: &str) -> Result<String, HttpError> {
//!     let request = Request::get(path).header("host", "localhost").body(String::new())?;
//!     let mut body = handle.send_request(request).await?.into_body();
//!     let mut text = Vec::new();
//!     while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
//!         if let Ok(data) = frame?.into_data() {
//!             text.extend_from_slice(&data);
//!         }
//!     }
//!     Ok(String::from_utf8(text)?)
//! }
//!
//! crochet::setup()?;
//! let mut handle = connect(serve()?)?;
//! assert_eq!(get(&mut handle, "/one")?, "this is /one");
//! assert_eq!(get(&mut handle, "/two")?, "this is /two"); // By the same connection.
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "hyper"))]
//! # fn main() {}
//! ```
//!
//! `HyperTimer` is what hyper's own time limits need, and `HyperExecutor` what HTTP/2 does.
//!
//! # TLS
//!
//! `TlsClient` and `TlsServer` make an encrypted stream of one that is connected, within a time limit.
//! The result reads and writes as any stream, and goes into the adapters for hyper and tokio's traits.
//! Whose cryptography it is, and whom to trust, is said in rustls' own configuration.
//!
//! ```
//! # #[cfg(feature = "rustls")]
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! use crochet::net::TcpStream;
//! use crochet::tls::TlsClient;
//! use crochet::tls::rustls::ClientConfig;
//! use crochet::wait_for;
//!
//! type Error = Box<dyn std::error::Error + Send + Sync>;
//!
//! /// Returns the version that was agreed upon with a server which proved to have this name.
//! #[wait_for(timeout = 5.0)]
//! async fn version(
//!     server: SocketAddr,
//!     name: &str,
//!     config: Arc<ClientConfig>,
//! ) -> Result<String, Error> {
//!     let stream = TcpStream::connect(server).await?;
//!     let name = name.to_owned().try_into()?;
//!     let encrypted = TlsClient::new(config).connect(name, stream).await?;
//!     let (_, session) = encrypted.get_ref();
//!     Ok(format!("{:?}", session.protocol_version().expect("it is agreed upon")))
//! }
//!
//! # use std::net::Ipv4Addr;
//! # use crochet::net::TcpListener;
//! # use crochet::tls::TlsServer;
//! # use crochet::tls::pki_types::PrivateKeyDer;
//! # use rustls::{RootCertStore, ServerConfig, crypto::ring};
//! # let own = rcgen::generate_simple_self_signed([String::from("localhost")])?;
//! # let certificate = own.cert.der().clone();
//! # let key = PrivateKeyDer::try_from(own.signing_key.serialize_der())?;
//! # let provider = Arc::new(ring::default_provider());
//! # let mut roots = RootCertStore::empty();
//! # roots.add(certificate.clone())?;
//! # let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
//! #     .with_safe_default_protocol_versions()?
//! #     .with_root_certificates(roots)
//! #     .with_no_client_auth();
//! # let config = Arc::new(config);
//! # let identity = ServerConfig::builder_with_provider(provider)
//! #     .with_safe_default_protocol_versions()?
//! #     .with_no_client_auth()
//! #     .with_single_cert(vec![certificate], key)?;
//! crochet::setup()?;
//! # let server = crochet::try_wait_for(std::time::Duration::from_secs(5), move || async move {
//! #     let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
//! #     let address = listener.local_addr();
//! #     drop(crochet::spawn(async move {
//! #         let tls = TlsServer::new(Arc::new(identity));
//! #         while let Ok((stream, _)) = listener.accept().await {
//! #             drop(tls.accept(stream).await);
//! #         }
//! #     }));
//! #     address
//! # })?;
//! assert_eq!(version(server, "localhost", Arc::clone(&config))?, "TLSv1_3");
//! assert!(version(server, "elsewhere.example", config).is_err()); // It is not that server.
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "rustls"))]
//! # fn main() {}
//! ```
//!
//! # Tokio's traits
//!
//! `TokioIo` gives any stream here tokio's `AsyncRead` and `AsyncWrite`, and with them tokio's
//! extension traits. No runtime of tokio's is involved.
//!
//! ```
//! # #[cfg(feature = "tokio-io")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io;
//! use std::net::{Ipv4Addr, SocketAddr};
//!
//! use crochet::net::{TcpListener, TcpStream};
//! use crochet::tokio_io::TokioIo;
//! use crochet::wait_for;
//! use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
//!
//! #[wait_for(timeout = 5.0)]
//! async fn first_line(server: SocketAddr) -> io::Result<String> {
//!     let stream = TokioIo::vectored(TcpStream::connect(server).await?);
//!     let mut line = String::new();
//!     BufReader::new(stream).read_line(&mut line).await?;
//!     Ok(line)
//! }
//!
//! #[wait_for(timeout = 5.0)]
//! async fn serve() -> io::Result<SocketAddr> {
//!     let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
//!     let address = listener.local_addr()?;
//!     drop(crochet::spawn(async move {
//!         let (stream, _) = listener.accept().await?;
//!         TokioIo::vectored(stream).write_all(b"hello\nand more\n").await
//!     }));
//!     Ok(address)
//! }
//!
//! crochet::setup()?;
//! assert_eq!(first_line(serve()?)?, "hello\n");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "tokio-io"))]
//! # fn main() {}
//! ```
//!
//! # What a time limit does to them
//!
//! It drops the library's future, as everywhere. What the library makes of that is its own: a request
//! that has been sent has been sent, and the other end may go on with it. A library that can take a
//! request back has a function for it, as tokio-postgres' cancel token; call that in the destructor of
//! something that the operation holds, by a task that the destructor [spawns](crate::spawn).
#![cfg_attr(
    feature = "hyper",
    doc = "\nThe module [`hyper`](crate::hyper) has the details of that adapter."
)]
#![cfg_attr(
    feature = "rustls",
    doc = "\nThe module [`tls`](crate::tls) says how a stream ends, and what errors there are."
)]
#![cfg_attr(
    feature = "tokio-io",
    doc = "\nThe module [`tokio_io`](crate::tokio_io) says when a stream is to be called vectored."
)]
#![cfg_attr(
    feature = "hickory",
    doc = "\nThe module [`hickory`](crate::hickory) has an example of a resolver."
)]
