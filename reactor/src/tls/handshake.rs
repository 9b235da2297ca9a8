//! Encrypting a stream that is connected.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use futures_rustls::pki_types::ServerName;
use futures_rustls::rustls::{ClientConfig, ServerConfig};
use futures_rustls::{TlsAcceptor, TlsConnector};

use super::{ClientStream, ServerStream, TlsError};
use crate::context;
use crate::sleep::timeout;

/// How long a handshake takes at most, unless another time is set.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Makes clients' ends of encrypted streams.
///
/// Cloning one is cheap.
#[derive(Clone, Debug)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    timeout: Duration,
}

impl TlsClient {
    /// How long a handshake takes at most, unless another time is set.
    pub const TIMEOUT: Duration = TIMEOUT;

    /// Uses this configuration.
    #[must_use]
    pub const fn new(config: Arc<ClientConfig>) -> Self {
        let timeout = Self::TIMEOUT;
        Self { config, timeout }
    }

    /// Sets how long a handshake takes at most.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Encrypts a stream, whose other end has to prove that it is `name`.
    ///
    /// # Errors
    ///
    /// [`TlsError`]. The stream has been dropped then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the stream.
    pub async fn connect<S>(
        &self,
        name: ServerName<'static>,
        stream: S,
    ) -> Result<ClientStream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connector = TlsConnector::from(Arc::clone(&self.config));
        within(self.timeout, connector.connect(name, stream)).await
    }
}

/// Makes servers' ends of encrypted streams.
///
/// Cloning one is cheap. A server runs [`accept`](Self::accept) in the task of the connection, not in
/// its accepting loop, which a slow client would hold up.
#[derive(Clone, Debug)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
    timeout: Duration,
}

impl TlsServer {
    /// How long a handshake takes at most, unless another time is set.
    pub const TIMEOUT: Duration = TIMEOUT;

    /// Uses this configuration.
    #[must_use]
    pub const fn new(config: Arc<ServerConfig>) -> Self {
        let timeout = Self::TIMEOUT;
        Self { config, timeout }
    }

    /// Sets how long a handshake takes at most.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Encrypts a stream that a client has opened.
    ///
    /// # Errors
    ///
    /// [`TlsError`]. The stream has been dropped then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the stream.
    pub async fn accept<S>(&self, stream: S) -> Result<ServerStream<S>, TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config));
        within(self.timeout, acceptor.accept(stream)).await
    }
}

async fn within<T>(
    limit: Duration,
    handshake: impl Future<Output = io::Result<T>>,
) -> Result<T, TlsError> {
    // The timer would panic.
    context::current().map_err(TlsError::NotOnReactor)?;
    match timeout(limit, handshake).await {
        Ok(ended) => Ok(ended?),
        Err(_elapsed) => Err(TlsError::TimedOut),
    }
}
