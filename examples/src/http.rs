//! HTTP for programs that block: a client and a server on the event loop, through the library
//! hyper, and a server that blocks, in the foreground.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cli`] | the command line that the programs `scheduling`, `downloader` and `fromtwisted` share |
//! | [`client`] | fetching a document, on the loop |
//! | [`server`] | serving, on the loop |
//! | [`web`] | serving in plain threads, for the blocking programs |
//! | [`embedded`] | documents to fetch, for machines without a network and for tests |
//!
//! Requests and responses are hyper's types on both sides, so that one handler fits both servers.
//! There is no TLS and no pool of connections here, and redirects are not followed.

use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

pub mod cli;
pub mod client;
pub mod embedded;
mod error;
pub mod server;
pub mod web;

pub use error::HttpError;

/// Makes a response of plain text, which browsers are not to keep: it is different every time.
#[must_use]
pub fn text(status: StatusCode, text: impl Into<String>) -> Response<String> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
