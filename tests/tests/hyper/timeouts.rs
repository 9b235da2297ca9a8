//! hyper's timeouts, and those around a body, on virtual time.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use crochet::hyper::{HyperExecutor, HyperIo, HyperTimer};
use crochet::testing::Harness;
use crochet::{JoinHandle, timeout};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, server};

use crate::pipe::{End, pipe};

/// The limits that the tests set.
const LIMIT: Duration = Duration::from_secs(30);

/// What is just not enough to reach a limit.
const TICK: Duration = Duration::from_micros(1);

/// A connection that is served on virtual time.
struct Served {
    harness: Harness,
    peer: End,
    server: JoinHandle<Result<(), hyper::Error>>,
}

impl Served {
    /// Serves HTTP/1; a request has to be there within the limit, its head and then its body.
    fn http1() -> Self {
        let (peer, stream) = pipe();
        let harness = Harness::new();
        let server = harness.spawn(async move {
            server::conn::http1::Builder::new()
                .timer(HyperTimer)
                .header_read_timeout(LIMIT)
                .serve_connection(HyperIo::new(stream), service_fn(whole_body))
                .await
        });
        Self {
            harness,
            peer,
            server,
        }
    }

    /// Serves HTTP/2; a peer that is silent is asked whether it is there, and has to answer.
    fn http2(interval: Duration) -> Self {
        let (peer, stream) = pipe();
        let harness = Harness::new();
        let server = harness.spawn(async move {
            server::conn::http2::Builder::new(HyperExecutor)
                .timer(HyperTimer)
                .keep_alive_interval(interval)
                .keep_alive_timeout(LIMIT)
                .serve_connection(HyperIo::new(stream), service_fn(whole_body))
                .await
        });
        Self {
            harness,
            peer,
            server,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.peer.send(bytes);
        self.harness.run_until_idle();
    }

    fn received(&self) -> String {
        String::from_utf8_lossy(&self.peer.received()).into_owned()
    }

    /// Returns how the server ended.
    fn ended(mut self) -> Result<(), hyper::Error> {
        let ended = Rc::new(RefCell::new(None));
        let theirs = Rc::clone(&ended);
        let run = async move { *theirs.borrow_mut() = Some(self.server.await) };
        self.harness.block_on(run).expect("it has ended");
        let result = ended.take().expect("it was stored");
        result.expect("it does not panic")
    }
}

/// Answers how long the body is, unless it takes too long to come.
async fn whole_body(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    match timeout(LIMIT, request.into_body().collect()).await {
        Ok(body) => {
            let length = body.expect("it is well-formed").to_bytes().len();
            *response.body_mut() = Full::from(format!("{length} bytes"));
        }
        Err(_elapsed) => *response.status_mut() = StatusCode::REQUEST_TIMEOUT,
    }
    Ok(response)
}

#[test]
fn a_head_that_takes_too_long_ends_the_connection() {
    let mut served = Served::http1();
    served.send(b"GET / HT");
    // More of it does not put the end off.
    served.harness.advance(LIMIT / 2);
    served.send(b"TP/1.1\r\nho");
    served.harness.advance(LIMIT / 2 - TICK);
    assert!(!served.server.is_finished());
    served.harness.advance(TICK);
    assert!(served.server.is_finished());
    assert!(served.peer.is_closed());
    let failure = served.ended().expect_err("the limit was passed");
    assert!(failure.is_timeout(), "{failure:?}");
}

#[test]
fn each_head_has_the_whole_time() {
    let mut served = Served::http1();
    for _ in 0..5 {
        served.send(b"GET / HTTP/1.1\r\n");
        served.harness.advance(LIMIT - TICK);
        served.send(b"host: here\r\n\r\n");
        let answer = served.received();
        assert!(answer.ends_with("\r\n\r\n0 bytes"), "{answer}");
    }
    served.harness.advance(LIMIT);
    assert!(served.server.is_finished(), "also an idle connection ends");
}

#[test]
fn a_body_that_takes_too_long_is_answered_by_a_timeout() {
    let mut served = Served::http1();
    let head = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n\r\n";
    served.send(head);
    served.send(b"12345");
    served.harness.advance(LIMIT - TICK);
    assert_eq!(served.received(), "");
    served.harness.advance(TICK);
    let answer = served.received();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        served.peer.is_closed(),
        "the rest of the body is not wanted"
    );
}

#[test]
fn a_body_that_is_there_in_time_is_taken() {
    let mut served = Served::http1();
    let head = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 10\r\n\r\n";
    served.send(head);
    for _ in 0..9 {
        served.send(b"x");
        served.harness.advance(LIMIT / 10);
    }
    served.send(b"x");
    let answer = served.received();
    assert!(answer.ends_with("\r\n\r\n10 bytes"), "{answer}");
}

/// How a peer of HTTP/2 begins: the preface, and settings that change nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What every ping frame begins with: its length and its type.
const PING: [u8; 4] = [0, 0, 8, 6];

/// Returns the pings among some frames.
fn pings(mut frames: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let [a, b, c, kind, ..] = *frames {
        let length = u32::from_be_bytes([0, a, b, c]) as usize + 9;
        let (frame, rest) = frames.split_at(length);
        frames = rest;
        if [a, b, c, kind] == PING {
            found.push(frame);
        }
    }
    found
}

#[test]
fn a_silent_peer_is_asked_whether_it_is_there_and_left_if_it_does_not_answer() {
    let interval = LIMIT * 2;
    let mut served = Served::http2(interval);
    served.send(PREFACE);
    assert!(pings(&served.peer.received()).is_empty());
    for round in 0..3 {
        served.harness.advance(interval);
        let received = served.peer.received();
        let [ping] = *pings(&received) else {
            panic!("one ping in round {round}: {received:?}");
        };
        // The answer is the same frame with a flag.
        let mut answer = ping.to_vec();
        answer[4] = 1;
        served.send(&answer);
    }
    served.harness.advance(interval + LIMIT - TICK);
    assert!(!served.server.is_finished());
    served.harness.advance(TICK);
    assert!(served.server.is_finished());
    let failure = served.ended().expect_err("nobody answered");
    assert!(failure.is_timeout(), "{failure:?}");
}
