//! Serves HTTP, on the event loop.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crochet::hyper::{HyperIo, HyperTimer};
use crochet::net::{TcpListener, TcpStream};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

/// How many connections are served at once; more are closed as soon as they come.
const MAX_CONNECTIONS: usize = 256;

/// How long a client may take to send the head of a request, and may keep a connection for nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that listens and does not answer yet.
///
/// It belongs to the reactor on whose thread it was made.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Listens on `address`. Port 0 means any port that is free.
    ///
    /// # Errors
    ///
    /// When the address is taken or not of this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        Ok(Self { listener })
    }

    /// Returns the address that it listens on, with the port that it got.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests with what `handler` returns, each connection in a task of its own. Bodies of
    /// requests are not read.
    ///
    /// # Errors
    ///
    /// What made the listening socket fail. One client's trouble is not a failure.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the listening socket. Connections that are open end with their
    /// client, or when it is too slow.
    pub async fn run<H, F>(self, handler: H) -> io::Result<Infallible>
    where
        H: Fn(Request<()>) -> F + 'static,
        F: Future<Output = Response<String>> + 'static,
    {
        // One reference for each open connection, and this one.
        let handler = Rc::new(handler);
        loop {
            let (stream, client) = self.listener.accept().await?;
            if Rc::strong_count(&handler) > MAX_CONNECTIONS {
                log::debug!("{MAX_CONNECTIONS} connections are open: turned {client} away");
                continue;
            }
            let handler = Rc::clone(&handler);
            drop(crochet::spawn(async move {
                if let Err(error) = serve_connection(stream, handler).await {
                    log::debug!("lost the connection of {client}: {error}");
                }
            }));
        }
    }
}

async fn serve_connection<H, F>(stream: TcpStream, handler: Rc<H>) -> Result<(), hyper::Error>
where
    H: Fn(Request<()>) -> F,
    F: Future<Output = Response<String>>,
{
    let service = service_fn(|request: Request<Incoming>| {
        let answer = handler(request.map(drop));
        async { Ok::<_, Infallible>(answer.await) }
    });
    http1::Builder::new()
        .timer(HyperTimer)
        .header_read_timeout(PATIENCE)
        .serve_connection(HyperIo::vectored(stream), service)
        .await
}
