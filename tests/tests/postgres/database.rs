//! Blocking access to the database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{error, fmt, io};

use crochet::net::unix::UnixStream;
use crochet::testing::with_reactor;
use crochet::tokio_io::TokioIo;
use crochet::{WaitError, spawn, wait_for};
use crochet_tests::backends::for_every_backend;
use crochet_tests::host::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, Connection, NoTls};

use crate::server::{Server, server};

/// The stream that the library speaks over.
pub(crate) type Stream = TokioIo<UnixStream>;

/// Why the database gave no answer.
#[derive(Clone, Debug)]
pub(crate) enum DbError {
    Wait(WaitError),
    Connect(Arc<io::Error>),
    Database(Arc<tokio_postgres::Error>),
}

impl DbError {
    /// Returns what the server calls it, if it is the server's.
    pub(crate) fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            Self::Wait(_) | Self::Connect(_) => None,
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wait(error) => error.fmt(f),
            Self::Connect(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl error::Error for DbError {}

impl From<WaitError> for DbError {
    fn from(error: WaitError) -> Self {
        Self::Wait(error)
    }
}

impl From<io::Error> for DbError {
    fn from(error: io::Error) -> Self {
        Self::Connect(Arc::new(error))
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

pub(crate) async fn open(
    socket: &Path,
) -> Result<(Client, Connection<Stream, tokio_postgres::tls::NoTlsStream>), DbError> {
    let stream = TokioIo::vectored(UnixStream::connect(socket).await?);
    let mut config = Config::new();
    config.user("postgres").dbname("postgres");
    Ok(config.connect_raw(stream, NoTls).await?)
}

/// Runs a case once for each back end: a thread whose calls go to a reactor on it, and a server, which all cases that are
/// about to run share. Does nothing where there is no server.
#[track_caller]
pub(crate) fn with_server(case: impl Fn(&Server) + Send + Sync + 'static) {
    // Before anybody looks at what the process has, and until nobody does any more.
    let Some(server) = server() else { return };
    for_every_backend(move |settings| {
        let host = Host::with(settings);
        with_reactor(host.remote(), || case(&server));
    });
}

/// Connects to the server at this socket, and leaves the connection to a task.
#[wait_for(timeout = 60)]
pub(crate) async fn connect(socket: &Path) -> Result<Client, DbError> {
    let (client, connection) = open(socket).await?;
    drop(spawn(connection));
    Ok(client)
}

/// Runs statements that return nothing.
#[wait_for(timeout = 60)]
pub(crate) async fn execute(client: &Client, statements: &str) -> Result<(), DbError> {
    Ok(client.batch_execute(statements).await?)
}

/// Returns the number that a query has for its answer.
///
/// The server cancels whatever it does when it hears of a cancellation: where the query before was given up so late that it
/// had not begun, that is this one.
#[wait_for(timeout = 60)]
pub(crate) async fn number(client: &Client, query: &str) -> Result<i64, DbError> {
    let mut answer = client.query_one(query, &[]).await;
    if let Err(error) = &answer {
        if error.code() == Some(&SqlState::QUERY_CANCELED) {
            answer = client.query_one(query, &[]).await;
        }
    }
    Ok(answer?.get(0))
}

/// Has the server give up the query that is running when this is dropped, so that the connection is
/// free for others.
pub(crate) struct CancelOnServer {
    /// Whom to ask, and where; nobody when the query has been answered.
    running: Option<(CancelToken, PathBuf)>,
}

impl CancelOnServer {
    pub(crate) fn new(client: &Client, socket: &Path) -> Self {
        Self {
            running: Some((client.cancel_token(), socket.to_owned())),
        }
    }

    /// Lets the query be: it has been answered.
    pub(crate) fn disarm(mut self) {
        self.running = None;
    }
}

impl Drop for CancelOnServer {
    fn drop(&mut self) {
        if let Some((token, socket)) = self.running.take() {
            drop(spawn(async move { cancel(&token, &socket).await }));
        }
    }
}

/// Asks the server, over a connection for that alone, to give a query up.
pub(crate) async fn cancel(token: &CancelToken, socket: &Path) -> Result<(), DbError> {
    let stream = TokioIo::new(UnixStream::connect(socket).await?);
    Ok(token.cancel_query_raw(stream, NoTls).await?)
}
