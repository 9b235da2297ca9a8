//! Fetches an exchange rate again and again in the background, for a web page that shows the latest
//! one without ever having to fetch it itself.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crochet::{EventualResult, LoopingCall, StartError, WaitError, run_in_reactor, wait_for};
use crochet_examples::http::cli::{self, Failure, Program};
use crochet_examples::http::embedded::Document;
use crochet_examples::http::web::Web;
use crochet_examples::http::{client, text};
use hyper::{Response, StatusCode, Uri};

/// How long the source of the rates has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// An exchange rate, for code that runs on the loop.
struct Rate {
    url: Uri,
    // Only the loop's code uses it, but the handle is in other threads.
    latest: Mutex<Option<f64>>,
}

impl Rate {
    /// Fetches the rate; what goes wrong is logged, and leaves the last one as it is.
    async fn download(&self) {
        let url = &self.url;
        match crochet::timeout(PATIENCE, client::get(url)).await {
            Ok(Ok(document)) => match parse(&document) {
                Some(rate) => {
                    log::info!("{url} tells {rate}");
                    *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(rate);
                }
                None => log::warn!("{url} tells no rate: {document:?}"),
            },
            Ok(Err(error)) => log::warn!("{url}: {error}"),
            Err(elapsed) => log::warn!("{url}: {elapsed}"),
        }
    }
}

/// Begins to fetch a rate, for as long as the loop runs.
#[run_in_reactor]
fn start(rate: Arc<Rate>, period: Duration) -> Result<(), StartError> {
    let looping = LoopingCall::of_futures(move || {
        let rate = Arc::clone(&rate);
        async move {
            rate.download().await;
            Ok::<(), Infallible>(())
        }
    });
    // Nobody waits for its end: it never fails, and is not stopped.
    looping.start(period).map(drop)
}

/// Returns the second of the values on a line.
fn parse(document: &str) -> Option<f64> {
    let rate: f64 = document.trim().split(',').nth(1)?.parse().ok()?;
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

/// The exchange rate, for code that blocks.
struct ExchangeRate {
    rate: Arc<Rate>,
}

impl ExchangeRate {
    fn new(url: Uri) -> Self {
        let latest = Mutex::new(None);
        Self {
            rate: Arc::new(Rate { url, latest }),
        }
    }

    /// Begins to fetch the rate: now, and then every `period`.
    fn start(&self, period: Duration) -> EventualResult<(), StartError> {
        start(Arc::clone(&self.rate), period)
    }

    /// Returns the latest rate, if there is one so far.
    #[wait_for(timeout = 1)]
    async fn latest_value(&self) -> Result<Option<f64>, WaitError> {
        Ok(*self
            .rate
            .latest
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}

fn index(rate: &ExchangeRate) -> Response<String> {
    match rate.latest_value() {
        Ok(Some(rate)) => text(
            StatusCode::OK,
            format!("The current EUR/USD exchange rate is {rate}.\n"),
        ),
        Ok(None) => text(
            StatusCode::OK,
            "The EUR/USD exchange rate is unavailable, please refresh the page.\n",
        ),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

fn main() -> ExitCode {
    cli::run(Program::Scheduling, |options| {
        crochet::setup()?;
        let url = options.url_or(Document::Rate)?;
        let failed = |error| Failure::Listen(options.listen(), error);
        let web = Web::bind(options.listen()).map_err(failed)?;
        let every = options.every();
        options.announce(
            web.local_addr(),
            format_args!("the exchange rate that {url} tells, asked every {every:?}"),
        )?;
        let rate = ExchangeRate::new(url);
        // Nothing of it has to be waited for; if it did not begin, that is logged.
        drop(rate.start(every));
        web.run(|_request| index(&rate)).map_err(failed)
    })
}
