//! Documents to fetch, served on the event loop beside whatever else that does.

use std::cell::Cell;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use hyper::{Response, StatusCode, Uri};

use super::cli::Failure;
use super::server::Server;
use super::text;

/// How long the slow document takes to come.
const SLOWNESS: Duration = Duration::from_secs(2);

/// The documents that there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Document {
    /// An exchange rate, a little different every time: `"EURUSD",1.0842`.
    Rate,
    /// A text that takes two seconds to come.
    Slow,
}

/// Starts to serve a document on a free port of this machine, for as long as the loop runs; returns
/// its URL. Blocks.
///
/// # Errors
///
/// When there is no free port.
pub fn start(document: Document) -> Result<Uri, Failure> {
    crochet::try_wait_for(Duration::from_secs(5), move || async move {
        let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).map_err(Failure::Server)?;
        let address = server.local_addr().map_err(Failure::Server)?;
        drop(crochet::spawn(run(server, document)));
        let url = format!("http://{address}/");
        Ok(url.parse().expect("an address makes a URL"))
    })
}

async fn run(server: Server, document: Document) {
    let asked = Rc::new(Cell::new(0_u32));
    let served = server.run(move |_request| {
        let number = asked.replace(asked.get().wrapping_add(1));
        answer(document, number)
    });
    let Err::<_, io::Error>(error) = served.await;
    log::error!("the embedded HTTP server stopped: {error}");
}

async fn answer(document: Document, number: u32) -> Response<String> {
    let content = match document {
        // Up and down by half a cent, a hundredth of it at a time.
        Document::Rate => {
            let step = f64::from((number % 200).abs_diff(100));
            format!("\"EURUSD\",{:.4}\n", 1.0875 - step / 20_000.0)
        }
        Document::Slow => {
            crochet::sleep(SLOWNESS).await;
            format!("Download number {}, which took its time.\n", number + 1)
        }
    };
    text(StatusCode::OK, content)
}
