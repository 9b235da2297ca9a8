//! A service, and clients that ask it.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use crochet::hyper::{HyperExecutor, HyperIo, HyperTimer};
use crochet::net::{TcpListener, TcpStream};
use crochet::{JoinHandle, sleep, spawn};
use crochet_tests::logs;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};

/// Any free port of this machine.
pub(crate) const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How long the service takes for `/slow`.
pub(crate) const SLOW: Duration = Duration::from_millis(20);

pub(crate) type Answer = Response<Either<Full<Bytes>, Incoming>>;

/// Counts what the service does. It cannot leave the thread, and need not.
pub(crate) type Count = Rc<Cell<u32>>;

/// Returns how many messages contain `part`.
pub(crate) fn logged(part: &str) -> usize {
    logs::containing(part).len()
}

/// Answers a request, and counts it.
pub(crate) async fn answer(request: Request<Incoming>, count: Count) -> Result<Answer, Infallible> {
    count.set(count.get() + 1);
    let whole = |text: &'static str| Either::Left(Full::from(text));
    let answer = match request.uri().path() {
        "/hello" => Response::new(whole("hello")),
        "/echo" => Response::new(Either::Right(request.into_body())),
        "/slow" => {
            sleep(SLOW).await;
            Response::new(whole("at last"))
        }
        "/panic" => panic!("asked to panic over {:?}", request.version()),
        _ => {
            let mut answer = Response::new(whole("not here"));
            *answer.status_mut() = StatusCode::NOT_FOUND;
            answer
        }
    };
    Ok(answer)
}

/// The protocol that a server speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(
    version: Version,
    stream: TcpStream,
    count: Count,
) -> Result<(), hyper::Error> {
    let io = HyperIo::vectored(stream);
    let service = service_fn(move |request| answer(request, Rc::clone(&count)));
    match version {
        Version::Http1 => {
            let mut server = server::conn::http1::Builder::new();
            server.timer(HyperTimer).serve_connection(io, service).await
        }
        Version::Http2 => {
            let mut server = server::conn::http2::Builder::new(HyperExecutor);
            server.timer(HyperTimer).serve_connection(io, service).await
        }
    }
}

/// Starts a server of any number of connections, which ends with the reactor; returns its address.
pub(crate) fn start(version: Version, count: &Count) -> SocketAddr {
    let (listener, address) = listen();
    drop(spawn(serve_all(version, listener, Rc::clone(count))));
    address
}

/// Starts a server that takes connections until the handle is dropped; returns its address with that.
pub(crate) fn start_for_now(version: Version, count: &Count) -> (SocketAddr, JoinHandle<()>) {
    let (listener, address) = listen();
    let server = spawn(serve_all(version, listener, Rc::clone(count)));
    (address, server.cancel_on_drop())
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(LOOPBACK).expect("a free port");
    let address = listener.local_addr().expect("a bound socket has one");
    (listener, address)
}

async fn serve_all(version: Version, listener: TcpListener, count: Count) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        drop(spawn(serve(version, stream, Rc::clone(&count))));
    }
}

pub(crate) async fn http1_client(
    address: SocketAddr,
) -> client::conn::http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let io = HyperIo::vectored(stream);
    let (sender, connection) = client::conn::http1::handshake(io).await.expect("HTTP/1");
    drop(spawn(connection));
    sender
}

pub(crate) async fn http2_client(
    address: SocketAddr,
) -> client::conn::http2::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let io = HyperIo::vectored(stream);
    let (sender, connection) = client::conn::http2::handshake(HyperExecutor, io)
        .await
        .expect("HTTP/2");
    drop(spawn(connection));
    sender
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    request("GET", path, Bytes::new())
}

pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    request("POST", path, body.into())
}

fn request(method: &str, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let uri = format!("http://localhost{path}");
    let request = Request::builder().method(method).uri(uri);
    let request = request.header("host", "localhost").body(Full::new(body));
    request.expect("a valid request")
}

/// Returns the whole body of a response.
pub(crate) async fn body(response: Response<Incoming>) -> Result<Bytes, hyper::Error> {
    Ok(response.into_body().collect().await?.to_bytes())
}

/// Returns bytes of which no two parts are alike.
pub(crate) fn pattern(length: u32) -> Bytes {
    (0..length / 4).flat_map(u32::to_le_bytes).collect()
}
