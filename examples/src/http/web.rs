//! A web server that blocks: each request has a thread, in which its handler may wait.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use hyper::header::{ALLOW, COOKIE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::text;

/// How many requests are handled at once.
const THREADS: usize = 8;

/// A server in the foreground, on the library `tiny_http`.
pub struct Web {
    server: tiny_http::Server,
    address: SocketAddr,
}

impl std::fmt::Debug for Web {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Web")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Web {
    /// Listens on `address`. Port 0 means any port that is free.
    ///
    /// # Errors
    ///
    /// When the address is taken or not of this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let server = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
        Ok(Self { server, address })
    }

    /// Returns the address that it listens on, with the port that it got.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests for documents with what `handler` returns, in eight threads. Blocks until the
    /// listening socket fails.
    ///
    /// # Errors
    ///
    /// What made it fail. One client's trouble is not a failure.
    pub fn run(&self, handler: impl Fn(&Request<()>) -> Response<String> + Sync) -> io::Result<()> {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| scope.spawn(|| self.serve(&handler)))
                .collect();
            let ended = threads.into_iter().map(|thread| {
                let ended = thread.join();
                ended.unwrap_or_else(|_panic| Err(io::Error::other("a handler panicked")))
            });
            ended.collect()
        })
    }

    fn serve(&self, handler: impl Fn(&Request<()>) -> Response<String>) -> io::Result<()> {
        loop {
            let request = self.server.recv()?;
            let response = match convert(&request) {
                Some(request) if matches!(*request.method(), Method::GET | Method::HEAD) => {
                    handler(&request)
                }
                Some(_) => only_get(),
                None => text(StatusCode::BAD_REQUEST, "that is no request\n"),
            };
            if let Err(error) = respond(request, response) {
                log::debug!("a client went away: {error}");
            }
        }
    }
}

/// Returns the value of the cookie `name`, if the client has sent one.
#[must_use]
pub fn cookie<'a>(request: &'a Request<()>, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(COOKIE).iter();
    headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn convert(request: &tiny_http::Request) -> Option<Request<()>> {
    let mut builder = Request::builder()
        .method(request.method().as_str())
        .uri(request.url());
    for header in request.headers() {
        builder = builder.header(header.field.as_str().as_str(), header.value.as_str());
    }
    builder.body(()).ok()
}

fn only_get() -> Response<String> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered\n");
    let allowed = HeaderValue::from_static("GET");
    response.headers_mut().insert(ALLOW, allowed);
    response
}

fn respond(request: tiny_http::Request, response: Response<String>) -> io::Result<()> {
    let (parts, body) = response.into_parts();
    let mut answer = tiny_http::Response::from_data(body).with_status_code(parts.status.as_u16());
    for (name, value) in &parts.headers {
        let header = tiny_http::Header::from_bytes(name.as_str(), value.as_bytes());
        answer.add_header(header.map_err(|()| io::Error::other("a header that is not ASCII"))?);
    }
    request.respond(answer)
}
