//! Ctrl-C and requests to end.
//!
//! By default this library touches no signal: `SIGINT` and `SIGTERM` end the process, also while it
//! is blocked in a call, as they end any program. A program that wants to be told uses the module
//! `signals`, which is there on Unix with the cargo feature of that name:
//!
//! ```toml
//! [dependencies]
//! crochet-rt = { version = "0.1", features = ["signals"] }
//! ```
//!
//! # Interrupted waits
//!
//! While the guard of `signals::handle` lives, the first `SIGINT` interrupts every wait of the
//! process. A function of [`wait_for`](super::wait_for) cancels its operation and returns
//! [`WaitError::Interrupted`](crate::WaitError::Interrupted); a wait for an
//! [`EventualResult`](crate::EventualResult) returns
//! [`EventualError::Interrupted`](crate::EventualError::Interrupted), and its operation goes on.
//! The second `SIGINT` ends the process, so that a program which does not heed the first can still
//! be ended.
//!
//! ```
//! # #[cfg(all(unix, feature = "signals"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::future;
//! use std::time::Duration;
//!
//! use crochet::{WaitError, signals, wait_for};
//!
//! #[wait_for(timeout = 60.0)]
//! async fn serve() {
//!     # // SAFETY: the signal is handled.
//!     # assert_eq!(unsafe { libc::raise(libc::SIGINT) }, 0); // The user presses Ctrl-C.
//!     future::pending::<()>().await
//! }
//!
//! # // SAFETY: nothing handles it yet. In a job in the background it may be ignored, and would stay so.
//! # unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
//! crochet::setup()?;
//! let guard = signals::handle()?;
//! assert!(matches!(serve(), Err(WaitError::Interrupted))); // By Ctrl-C.
//!
//! assert!(guard.is_interrupted());
//! guard.rearm(); // The next one counts as the first again.
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, feature = "signals")))]
//! # fn main() {}
//! ```
//!
//! Only waits that are going on are interrupted. A program that computes between its calls asks the
//! guard's `is_interrupted`.
//!
//! # Requests to end
//!
//! `SIGTERM` [drains](crate::drain) the process's reactor: new calls fail as stopped, operations
//! that are under way may end, for ten seconds by default. Then the process ends by the signal, or,
//! with `AfterDrain::Return`, goes on and returns from `main` by itself, which runs its
//! destructors.
//!
//! ```no_run
//! # #[cfg(all(unix, feature = "signals"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use crochet::signals::{AfterDrain, Settings};
//!
//! let guard = Settings::default()
//!     .drain_limit(Duration::from_secs(2))
//!     .after_drain(AfterDrain::Return)
//!     .handle()?;
//! # drop(guard);
//! # Ok(())
//! # }
//! # #[cfg(not(all(unix, feature = "signals")))]
//! # fn main() {}
//! ```
//!
//! Handlers that the application had before run first. A signal that was ignored stays ignored.
//!
//! # From elsewhere
//!
//! [`interrupt_waits`](crate::interrupt_waits) does what `SIGINT` does to waits, without a signal
//! and without the feature, for programs that have another way to be told: a window that closes, a
//! console handler, a signal library of their own. It takes a lock, so it does not belong into a
//! signal handler.
//!
//! ```
//! use std::time::Duration;
//!
//! use crochet::WaitError;
//!
//! crochet::setup()?;
//! let waited = crochet::wait_for(Duration::from_secs(60), || async {
//!     crochet::interrupt_waits();
//!     crochet::sleep(Duration::from_secs(60)).await;
//! });
//! assert!(matches!(waited, Err(WaitError::Interrupted)));
//! # Ok::<(), crochet::SetupError>(())
//! ```
#![cfg_attr(
    all(unix, feature = "signals"),
    doc = "\nThe module [`signals`](crate::signals) has the details, such as what stays after the guard."
)]
