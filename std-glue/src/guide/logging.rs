//! What is logged where, and loggers that nobody waits for.
//!
//! # Where the records go
//!
//! The library logs through the crate `log`. It sets no logger: without one, nothing is written
//! anywhere. Records have targets, for the filter of whatever logger the program has:
//!
//! | target | what |
//! | --- | --- |
//! | `crochet` | failures of operations that nobody asked for; what goes wrong at exit, after a fork, or at a signal |
//! | `crochet::reactor` | panics that the event loop contained, triggers that took too long, failures of the system's poller, connections closed for want of files; [polls and turns](super::observability) that took long, if that is asked for |
//! | `crochet::logs` | how many records a [`NonBlocking`](crate::logs::NonBlocking) dropped |
//!
//! For a logger that reads filters such as `RUST_LOG`, `crochet=warn` covers all three, but for the notes
//! of long turns, which have the level of information.
//!
//! # Failures that nobody asked for
//!
//! An operation in the background may fail when its handle is long gone. That is logged, once, as
//! an error, with the operation's name and the place where it was submitted. Whoever asked has been
//! told, and is not told again by the log. Timeouts, cancellations, deadlines and stops are not
//! failures of the operation and are never logged as such.
//!
//! # A logger that holds nobody up
//!
//! A logger that waits, for a slow disk or for a lock, does so on the thread that logs. If that is
//! the reactor's thread, every operation waits with it. [`NonBlocking`](crate::logs::NonBlocking)
//! wraps any logger and calls it on a thread of its own.
//!
//! ```
//! use std::sync::mpsc::{self, Sender};
//! use std::time::Duration;
//!
//! use crochet::logs::NonBlocking;
//! use log::{LevelFilter, Log, Metadata, Record};
//!
//! /// Stands for the logger of your choice.
//! struct Lines(Sender<String>);
//!
//! impl Log for Lines {
//!     fn enabled(&self, metadata: &Metadata<'_>) -> bool {
//!         metadata.target().starts_with("crochet")
//!     }
//!
//!     fn log(&self, record: &Record<'_>) {
//!         let line = format!("{} {}", record.level(), record.args());
//!         self.0.send(line).expect("somebody reads");
//!     }
//!
//!     fn flush(&self) {}
//! }
//!
//! let (lines, written) = mpsc::channel();
//! let logger = NonBlocking::wrap(Lines(lines));
//! log::set_logger(Box::leak(Box::new(logger))).expect("the first logger");
//! log::set_max_level(LevelFilter::Info);
//!
//! crochet::setup()?;
//! let lookup = crochet::try_run_in_reactor(|| async { Err::<(), _>("no such host") });
//! drop(lookup); // Nobody will ask.
//!
//! let line = written.recv_timeout(Duration::from_secs(5))?;
//! assert!(line.starts_with("ERROR") && line.contains("no such host"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `set_logger` fails when there is a logger already. To pass its error on by `?` as a
//! `Box<dyn Error>`, enable the feature `std` of the crate `log`: without that it is none of the
//! standard library's errors.
//!
//! The queue between has a limit. When the logger cannot keep up, records are dropped, counted, and
//! reported in their place. A logger that panics loses that record and no other. At the end of the
//! process what is queued is written, within a limit; on systems other than Unix, call
//! `log::logger().flush()` before `main` returns.
//!
//! # With `tracing`
//!
//! `tracing_log::LogTracer` turns the records into events, and a subscriber that writes through
//! `tracing_appender::non_blocking` does for events what the wrapper does for records. The other
//! way round, `tracing` with its feature `log` emits events as records. The module
//! [`logs`](crate::logs) says when to use which, and not to use both.
