//! Fetching documents, against servers that are right and servers that are not.

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use crochet_examples::http::{HttpError, client};
use hyper::{StatusCode, Uri};

use crate::support::LONG;
use crate::upstream::{Upstream, found};

/// Fetches a document as a blocking program does.
fn get(url: &str) -> Result<String, HttpError> {
    get_within(url, LONG)
}

fn get_within(url: &str, limit: Duration) -> Result<String, HttpError> {
    crochet::setup().expect("the loop starts");
    let url: Uri = url.parse().expect("a URL");
    crochet::try_wait_for(limit, move || async move { client::get(&url).await })
}

/// Fetches what a server answers so.
fn get_answered(answer: impl Into<String>) -> Result<String, HttpError> {
    let answer = answer.into();
    get(&Upstream::start(move |_, _| answer.clone()).url())
}

#[test]
fn a_document_comes_whole() {
    assert_eq!(get_answered(found("text")).expect("text"), "text");
    assert_eq!(get_answered(found("")).expect("text"), "");
    let chunked =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nte\r\n2\r\nxt\r\n0\r\n\r\n";
    assert_eq!(get_answered(chunked).expect("text"), "text");
    let to_the_end = "HTTP/1.0 200 OK\r\n\r\ntext";
    assert_eq!(get_answered(to_the_end).expect("text"), "text");
    let large = "x".repeat(1 << 20);
    assert_eq!(get_answered(found(&large)).expect("text"), large);
}

#[test]
fn the_request_says_what_is_wanted() {
    let (tell, told) = mpsc::channel();
    let upstream = Upstream::start(move |_, head| {
        tell.send(head.to_owned()).expect("the test waits");
        found("text")
    });
    let url = upstream.url().replace("http://", "http://me:secret@");
    get(&url).expect("text");
    let head = told.recv().expect("it was asked").to_lowercase();
    let host = upstream.url();
    let host = host.trim_start_matches("http://").split('/').next();
    let host = format!("\r\nhost: {}\r\n", host.expect("an address"));
    assert!(
        head.starts_with("get /document?of=this http/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains(&host), "{head}");
    assert!(!head.contains("secret"), "{head}");
}

#[test]
fn a_host_is_found_by_name() {
    let upstream = Upstream::start(|_, _| found("text"));
    let url = upstream.url().replace("127.0.0.1", "localhost");
    assert_eq!(get(&url).expect("text"), "text");
}

#[test]
fn each_kind_of_failure_is_told_apart() {
    let status = get_answered("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    assert!(
        matches!(status, Err(HttpError::Status(StatusCode::NOT_FOUND))),
        "{status:?}"
    );
    let large = get_answered(found(&"x".repeat((1 << 20) + 1)));
    assert!(matches!(large, Err(HttpError::TooLarge(_))), "{large:?}");
    for answer in [
        "",
        "SSH-2.0-no\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntext",
    ] {
        let ended = get_answered(answer);
        assert!(matches!(ended, Err(HttpError::Protocol(_))), "{ended:?}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let refused = get(&format!("http://{}/", closed.expect("a free port")));
    assert!(
        matches!(refused, Err(HttpError::Connect { .. })),
        "{refused:?}"
    );
    let unknown = get("http://no-such-host.invalid/");
    assert!(
        matches!(unknown, Err(HttpError::Connect { .. })),
        "{unknown:?}"
    );
    for url in ["https://127.0.0.1/", "/document", "localhost:80"] {
        assert!(matches!(get(url), Err(HttpError::Url)), "{url}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_left_when_the_time_is_up() {
    // Connections wait here to be taken, which nobody does.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("a bound socket has an address");
    let ended = get_within(&format!("http://{address}/"), Duration::from_millis(50));
    assert!(
        matches!(ended, Err(HttpError::Call(crochet::WaitError::Timeout))),
        "{ended:?}"
    );
}
