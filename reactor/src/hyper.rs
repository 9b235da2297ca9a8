//! What hyper needs of a runtime: streams, timers and an executor.
//!
//! With these, hyper's connections run on the reactor, HTTP/1 and HTTP/2, clients and servers:
//!
//! | hyper wants | give it |
//! | --- | --- |
//! | [`Read`](::hyper::rt::Read) and [`Write`](::hyper::rt::Write) | [`HyperIo::vectored`] of a [`TcpStream`](crate::net::TcpStream), [`HyperIo::new`] of any other stream |
//! | [`Timer`](::hyper::rt::Timer), for `header_read_timeout` and `keep_alive_interval` | [`HyperTimer`] |
//! | [`Executor`](::hyper::rt::Executor), for HTTP/2 | [`HyperExecutor`] |
//!
//! hyper makes futures and leaves it to the program to run them: [`spawn`](crate::spawn) a server's
//! connection, and a client's beside the requests that it sends. Services, bodies and connections
//! need not be `Send`. hyper's own upgrades want a stream that is; a connection of HTTP/1 gives
//! its stream back by `into_parts` instead.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet_reactor::{Reactor, hyper::HyperTimer};
//! use hyper::rt::Timer;
//!
//! let mut reactor = Reactor::new()?;
//! reactor.block_on(async {
//!     let deadline = HyperTimer.now() + Duration::from_millis(1);
//!     HyperTimer.sleep_until(deadline).await;
//!     assert!(HyperTimer.now() >= deadline);
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! There is no HTTP here: no connection pool, no redirects, no TLS.

mod executor;
mod io;
mod timer;

pub use executor::HyperExecutor;
pub use io::HyperIo;
pub use timer::HyperTimer;
