//! Fetches documents, on the event loop.

use std::sync::Arc;

use crochet::hyper::HyperIo;
use crochet::net::TcpStream;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, Uri};

use super::error::HttpError;

/// The longest document that is fetched, in bytes.
const LIMIT: usize = 1 << 20;

/// The port of URLs that name none.
const HTTP_PORT: u16 = 80;

/// Fetches the document at `url`, as text. Only connecting has a limit of time: the caller has one
/// for the whole.
///
/// # Errors
///
/// [`HttpError`]; any status but success is one.
///
/// # Panics
///
/// Outside a reactor's thread.
///
/// # Cancellation
///
/// Dropping the future closes the connection.
pub async fn get(url: &Uri) -> Result<String, HttpError> {
    let (host, port) = host_and_port(url)?;
    let connected = TcpStream::connect_host(host, port).await;
    let stream = connected.map_err(|error| HttpError::Connect {
        host: format!("{host}:{port}"),
        source: Arc::new(error),
    })?;
    let (mut sender, connection) = http1::handshake(HyperIo::vectored(stream)).await?;
    let exchange = async {
        let response = sender.send_request(request(url)?).await?;
        if !response.status().is_success() {
            return Err(HttpError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), LIMIT).collect().await;
        let bytes = body.map_err(body_error)?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    // The connection moves the bytes. Both run here, so that dropping this ends both; a connection
    // that has ended has told the exchange why, if it matters to it.
    let connection = async {
        if let Err(error) = connection.await {
            log::debug!("the connection to {host} ended: {error}");
        }
        std::future::pending().await
    };
    futures_lite::future::or(exchange, connection).await
}

fn host_and_port(url: &Uri) -> Result<(&str, u16), HttpError> {
    match (url.scheme_str(), url.host()) {
        (Some("http"), Some(host)) => {
            // An IPv6 address stands in brackets in a URL only.
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Ok((host, url.port_u16().unwrap_or(HTTP_PORT)))
        }
        _ => Err(HttpError::Url),
    }
}

fn request(url: &Uri) -> Result<Request<String>, HttpError> {
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().ok_or(HttpError::Url)?;
    // What comes before an `@` is not for the server's log.
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    Request::get(path)
        .header(HOST, host)
        .header(USER_AGENT, "crochet-examples")
        .header(CONNECTION, "close")
        .body(String::new())
        .map_err(|_| HttpError::Url)
}

fn body_error(error: Box<dyn std::error::Error + Send + Sync>) -> HttpError {
    match error.downcast::<hyper::Error>() {
        Ok(error) => (*error).into(),
        Err(other) if other.is::<LengthLimitError>() => HttpError::TooLarge(LIMIT),
        Err(other) => unreachable!("the body has no other errors: {other}"),
    }
}
