//! The servers: hyper on each library that it runs on, and the floor.

use core::convert::Infallible;
use core::future::Future;

use ::hyper::body::{Bytes, Incoming};
use ::hyper::rt::{Read, Write};
use ::hyper::server::conn::http1;
use ::hyper::service::service_fn;
use ::hyper::{Error, Request, Response};
use http_body_util::Full;

use crate::contest::Role;
use crate::http::answer::HELLO;
use crate::server::gauge::Entered;
use crate::server::{self, Entrant, Start};

/// How long a server waits for the headers of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// hyper's 30 seconds: a timer for each request, as a server has that must not be kept busy for nothing.
    Limited,
    /// For ever, without a timer.
    Endless,
}

impl Patience {
    /// Returns what titles call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Limited => "time limits",
            Self::Endless => "no time limits",
        }
    }
}

/// Returns the servers.
pub fn all(patience: Patience) -> [Entrant; 4] {
    let entrant = |name, role, start| Entrant { name, role, start };
    let [crochet, tokio, smol]: [Start; 3] = match patience {
        Patience::Limited => [limited::crochet, limited::tokio, limited::smol],
        Patience::Endless => [endless::crochet, endless::tokio, endless::smol],
    };
    [
        entrant("hyper on crochet", Role::Own, crochet),
        entrant("hyper on tokio", Role::Peer, tokio),
        entrant("hyper on smol", Role::Peer, smol),
        entrant("floor: bare mio, no HTTP", Role::Floor, || {
            server::mio::start::<BUFFER>(|_| FIXED)
        }),
    ]
}

mod limited {
    //! With hyper's limit for headers.

    use ::crochet::hyper::{HyperIo, HyperTimer};
    use ::hyper::server::conn::http1::Builder;
    use hyper_util::rt::{TokioIo, TokioTimer};
    use smol_hyper::rt::{FuturesIo, SmolTimer};

    use super::serve;
    use crate::contest::Failure;
    use crate::server::{self, Server};

    pub fn crochet() -> Result<Server, Failure> {
        server::crochet::start(|stream, open| {
            let mut http = Builder::new();
            serve(http.timer(HyperTimer), HyperIo::vectored(stream), open)
        })
    }

    pub fn tokio() -> Result<Server, Failure> {
        server::tokio::start(|stream, open| {
            let mut http = Builder::new();
            serve(http.timer(TokioTimer::new()), TokioIo::new(stream), open)
        })
    }

    pub fn smol() -> Result<Server, Failure> {
        server::smol::start(|stream, open| {
            let mut http = Builder::new();
            serve(http.timer(SmolTimer::new()), FuturesIo::new(stream), open)
        })
    }
}

mod endless {
    //! Without a timer, and so without a limit.

    use ::crochet::hyper::HyperIo;
    use ::hyper::server::conn::http1::Builder;
    use hyper_util::rt::TokioIo;
    use smol_hyper::rt::FuturesIo;

    use super::serve;
    use crate::contest::Failure;
    use crate::server::{self, Server};

    pub fn crochet() -> Result<Server, Failure> {
        server::crochet::start(|stream, open| {
            serve(&Builder::new(), HyperIo::vectored(stream), open)
        })
    }

    pub fn tokio() -> Result<Server, Failure> {
        server::tokio::start(|stream, open| serve(&Builder::new(), TokioIo::new(stream), open))
    }

    pub fn smol() -> Result<Server, Failure> {
        server::smol::start(|stream, open| serve(&Builder::new(), FuturesIo::new(stream), open))
    }
}

/// Answers the requests of one connection until the client is gone.
fn serve<I>(
    http: &http1::Builder,
    stream: I,
    open: Entered,
) -> impl Future<Output = Result<(), Error>> + use<I>
where
    I: Read + Write + Unpin + 'static,
{
    let connection = http.serve_connection(stream, service_fn(hello));
    async move {
        let _open = open;
        connection.await
    }
}

async fn hello(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(HELLO))))
}

/// As many bytes as hyper answers with.
const FIXED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nHello, World!";

const BUFFER: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::answer::Asked;
    use crate::server::load::Load;

    #[test]
    fn every_server_says_hello_on_every_connection() {
        for patience in [Patience::Limited, Patience::Endless] {
            for entrant in all(patience) {
                let server = (entrant.start)().expect("the system has threads and sockets");
                let mut load = Load::<Asked>::connect(server.address(), 3, server.gauge())
                    .expect("the server accepts");
                load.exchange(10).expect("the server answers");
                drop(load);
                server.gauge().wait_for(0).expect("the server closes");
            }
        }
    }
}
