//! Downloads a document in the background, once for each visitor of a web page, who finds it there
//! when it has come: results that are kept between requests.

use std::process::ExitCode;
use std::time::Duration;

use crochet::{EventualError, EventualResult, ResultId, retrieve_result, run_in_reactor};
use crochet_examples::http::cli::{self, Failure, Program};
use crochet_examples::http::embedded::Document;
use crochet_examples::http::web::{Web, cookie};
use crochet_examples::http::{HttpError, client, text};
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{Request, Response, StatusCode, Uri};

/// How long a visitor waits for a download before being told to come again.
const PATIENCE: Duration = Duration::from_millis(100);

/// The cookie that a visitor's session is: the id of a download. Nobody can guess one, and each is
/// good for one visit.
const COOKIE: &str = "download";

/// Starts to download the document at `url`, and returns at once.
#[run_in_reactor]
async fn download_page(url: Uri) -> Result<String, HttpError> {
    client::get(&url).await
}

/// Starts a visitor's download, or looks how it is going.
fn index(request: &Request<()>, url: &Uri) -> Response<String> {
    let Some(id) = cookie(request, COOKIE) else {
        let started = "Starting download, refresh to track progress.\n";
        return later(download_page(url.clone()), started);
    };
    let Some(download) = retrieve(id) else {
        return end(
            StatusCode::GONE,
            "That download is over, refresh to start another.\n",
        );
    };
    match download.wait(PATIENCE) {
        Ok(document) => end(StatusCode::OK, format!("Downloaded: {document}")),
        Err(EventualError::Timeout) => later(download, "Download in progress...\n"),
        Err(error) => {
            // What the error does not know: which operation it was, and where it was asked for.
            let failure = download.original_failure();
            let failure = failure.map_or_else(|| error.to_string(), |failure| failure.to_string());
            end(
                StatusCode::BAD_GATEWAY,
                format!("Download failed: {error}\n{failure}\n"),
            )
        }
    }
}

fn retrieve(id: &str) -> Option<EventualResult<String, HttpError>> {
    retrieve_result(id.parse::<ResultId>().ok()?).ok()
}

/// Keeps the download for the visitor's next request.
fn later(download: EventualResult<String, HttpError>, message: &str) -> Response<String> {
    let id = download.stash();
    let cookie = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Strict");
    with_cookie(text(StatusCode::OK, message), &cookie)
}

/// Ends the visitor's session.
fn end(status: StatusCode, message: impl Into<String>) -> Response<String> {
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0");
    with_cookie(text(status, message), &cookie)
}

fn with_cookie(mut response: Response<String>, cookie: &str) -> Response<String> {
    let cookie = HeaderValue::from_str(cookie).expect("an id is letters and digits");
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

fn main() -> ExitCode {
    cli::run(Program::Downloader, |options| {
        crochet::setup()?;
        let url = options.url_or(Document::Slow)?;
        let failed = |error| Failure::Listen(options.listen(), error);
        let web = Web::bind(options.listen()).map_err(failed)?;
        options.announce(web.local_addr(), format_args!("a download of {url}"))?;
        web.run(|request| index(request, &url)).map_err(failed)
    })
}
