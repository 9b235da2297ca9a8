//! Logging that never holds its caller up.
//!
//! The library logs through the crate `log`, so a program filters its records by target as it does
//! everybody's:
//!
//! | target | says |
//! | --- | --- |
//! | `crochet` | failures of operations that nobody asked for; what goes wrong at exit or after a fork |
//! | `crochet::reactor` | panics that the event loop contained; shutdown triggers that took too long; failures of the system's poller |
//! | `crochet::logs` | how many records a [`NonBlocking`] dropped |
//!
//! Such records come from the event loop's own thread, and a logger that waits there, for a slow
//! disk or for a lock, holds every operation up. [`NonBlocking`] wraps any logger and calls it on a
//! thread of its own:
//!
//! ```
//! use crochet::logs::NonBlocking;
//! use log::{LevelFilter, Log, Metadata, Record};
//!
//! /// Any logger will do.
//! struct Stderr;
//!
//! impl Log for Stderr {
//!     fn enabled(&self, _: &Metadata<'_>) -> bool {
//!         true
//!     }
//!     fn log(&self, record: &Record<'_>) {
//!         eprintln!("{} {}: {}", record.level(), record.target(), record.args());
//!     }
//!     fn flush(&self) {}
//! }
//!
//! let logger = NonBlocking::wrap(Stderr);
//! let handle = logger.clone();
//! log::set_logger(Box::leak(Box::new(logger)))?;
//! log::set_max_level(LevelFilter::Info);
//!
//! log::info!("this thread does not wait for stderr");
//! log::logger().flush();
//! assert_eq!(handle.dropped(), 0);
//! # Ok::<(), log::SetLoggerError>(())
//! ```
//!
//! # What a wrapped logger sees
//!
//! Records in the order in which they were queued, which for each thread is the order in which it
//! logged them. The text is made where the record is logged; level, target, module, file and line
//! are the record's own. A logger that notes the time or its thread notes those of the writing.
//! Structured values (`log`'s feature `kv`) are not carried over.
//!
//! # What can go wrong
//!
//! - **The logger is slower than the program.** The queue is bounded in records and in bytes. A
//!   record for which there is no room is dropped and counted; when there is room again, a warning
//!   in its place says how many are missing.
//! - **The logger panics.** That record is lost, and counted by [`NonBlocking::panicked`]; the next
//!   one is written. If the formatting of a record panics, its text is lost, and one that says so
//!   is written instead.
//! - **The system refuses the log thread.** The records wait, and each further one tries again.
//! - **The logger blocks.** Nobody but the log thread waits for it: waits of [`Log::flush`], and of
//!   the process's end, have a limit.
//! - **The logger logs.** Its records are queued as anybody's. What it logs while it writes such a
//!   record is discarded and counted as dropped, so that it does not feed itself for ever.
//! - **The logger waits for operations of the reactor**, by [`wait_for`](fn@crate::wait_for) or
//!   otherwise. It may: the log thread is none of the reactor's. What those operations log on the
//!   reactor's thread is anybody's record, and must not be what makes the logger start them.
//! - **The process forks.** The parent writes what was queued before. A child starts a log thread of
//!   its own when it logs for the first time. If the parent's thread was in the logger at that
//!   moment and the logger's locks are held for ever in the child, the child's log thread hangs, and
//!   nobody else.
//! - **The process ends.** On Unix, returning from `main` and `exit` stop the reactor, then write
//!   what is queued, flush, and end the log thread, within the [limit](Builder::flush_limit). What is
//!   logged later still, by other exit hooks, is written by whoever logs it. On other systems call
//!   [`Log::flush`] at the end.
//!
//! # With `tracing`
//!
//! A program that uses `tracing` has three ways, none of which needs anything from this crate:
//!
//! - **Records into events.** `tracing_log::LogTracer`, set as the logger of `log`, turns this
//!   library's records into events of `tracing`; with its feature `tracing-log`, the `init` of a
//!   `tracing-subscriber` sets it. A subscriber that writes through `tracing_appender::non_blocking` does
//!   for events what [`NonBlocking`] does for records. `NonBlocking::wrap(LogTracer::new())` does
//!   that for this library's records alone, whatever the subscriber. Their events are then made on
//!   the log thread: outside of the span in which they were logged, and for the global subscriber.
//! - **Events into records.** With its feature `log`, `tracing` emits events as records of `log` as
//!   long as no subscriber has been set, and with `log-always` in any case. They go to the logger of
//!   `log`, and so through a [`NonBlocking`].
//! - **Not both at once**: with `log-always` and `LogTracer`, each event comes back as a record.

mod bridge;
#[cfg_attr(
    not(unix),
    allow(dead_code, reason = "there is no hook at the process's end")
)]
pub(crate) mod live;
mod owned;
mod passage;
mod queue;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crochet_reactor::is_reactor_thread;
use log::{Log, Metadata, Record};

use self::bridge::{Bridge, Filter, Settings};
use self::queue::Limits;
use crate::exit;

/// A logger that hands records to another one's own thread; it never waits.
///
/// Clones are handles on the same logger. The thread starts with the first record. When the last
/// clone is dropped, what is queued is written and the thread ended; the dropping thread waits for
/// that, at most for the [limit](Builder::flush_limit), unless it runs a reactor or is the log
/// thread.
///
/// See the [module](self) for what happens when the other logger is slow, panics, blocks or logs.
#[derive(Clone)]
pub struct NonBlocking {
    handle: Arc<Handle>,
}

/// Settings of a [`NonBlocking`] to be made.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing before a logger is wrapped"]
pub struct Builder {
    settings: Settings,
}

/// Why [`NonBlocking::flush_within`] did not see the end of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FlushError {
    /// The logger did not write and flush what was queued in time. It goes on.
    Timeout,
    /// The calling thread is the log thread, which cannot wait for itself.
    OnLogThread,
    /// The calling thread runs a reactor, which a wait would stop.
    OnReactorThread,
}

impl NonBlocking {
    /// Wraps a logger with the default settings.
    ///
    /// On Unix, the first one in a process makes the process's end write what is queued.
    #[must_use]
    pub fn wrap(logger: impl Log + 'static) -> Self {
        Self::builder().wrap(logger)
    }

    /// Returns the default settings, to be changed.
    pub fn builder() -> Builder {
        Builder {
            settings: Settings {
                limits: Limits {
                    records: 4096,
                    bytes: 16 << 20,
                },
                flush_limit: Duration::from_secs(1),
                filter: Filter::ByCallers,
            },
        }
    }

    /// Returns how many records have been dropped in this process: those for which the queue had no
    /// room, and those of a logger that went on logging about its own records.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.handle.bridge.queue().dropped()
    }

    /// Returns how many records have been lost in this process because the logger panicked.
    #[must_use]
    pub fn panicked(&self) -> u64 {
        self.handle.bridge.queue().panicked()
    }

    /// Waits until the logger has written and flushed what was queued before, at most for `limit`.
    ///
    /// [`Log::flush`] does the same with the [limit](Builder::flush_limit) of the settings, and
    /// cannot say how it ended.
    ///
    /// # Errors
    ///
    /// [`FlushError`]. On the log thread and on a thread that runs a reactor it does not wait.
    pub fn flush_within(&self, limit: Duration) -> Result<(), FlushError> {
        if self.handle.bridge.is_writing_here() {
            return Err(FlushError::OnLogThread);
        }
        if is_reactor_thread() {
            return Err(FlushError::OnReactorThread);
        }
        if self.handle.bridge.flush(limit) {
            Ok(())
        } else {
            Err(FlushError::Timeout)
        }
    }
}

impl Builder {
    /// Limits how many records may be queued: 4096 by default, and at least one.
    pub fn capacity(mut self, records: usize) -> Self {
        self.settings.limits.records = records.max(1);
        self
    }

    /// Limits how many bytes the queued records may take, their texts included: 16 MiB by default.
    ///
    /// A record that is larger is queued only when the queue is empty.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.settings.limits.bytes = bytes;
        self
    }

    /// Limits how long [`Log::flush`], dropping the last handle, and the process's end wait for the
    /// logger: one second by default. Several loggers share the time at the process's end.
    pub fn flush_limit(mut self, limit: Duration) -> Self {
        self.settings.flush_limit = limit;
        self
    }

    /// Lets only the log thread ask the logger whether it wants a record.
    ///
    /// By default the threads that log ask it, by its `enabled`, and queue only what it wants: that
    /// is cheap for most loggers. If `enabled` may block, or takes a lock that the logger holds while
    /// it writes, those threads would wait for it. With this setting they queue everything that
    /// [`log::max_level`] lets through, and `enabled` says yes.
    pub fn filter_on_log_thread(mut self) -> Self {
        self.settings.filter = Filter::ByLogThread;
        self
    }

    /// Wraps a logger.
    #[must_use]
    pub fn wrap(self, logger: impl Log + 'static) -> NonBlocking {
        crochet_reactor::glue::watch();
        exit::stop_at_exit();
        let bridge = Arc::new(Bridge::new(Box::new(logger), self.settings));
        NonBlocking {
            handle: Arc::new(Handle { bridge }),
        }
    }
}

impl Log for NonBlocking {
    /// Asks the wrapped logger, on the calling thread; a panic there counts as yes.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.handle.bridge.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.handle.bridge.log(record);
    }

    fn flush(&self) {
        match self.flush_within(self.handle.bridge.flush_limit()) {
            // The trait has no way to tell.
            Ok(()) | Err(_) => {}
        }
    }
}

impl fmt::Debug for NonBlocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonBlocking")
            .field("dropped", &self.dropped())
            .field("panicked", &self.panicked())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "the logger did not write in time what was queued",
            Self::OnLogThread => "the log thread cannot wait for what it is to write itself",
            Self::OnReactorThread => {
                "this thread runs a reactor, which waiting for the logger would stop"
            }
        })
    }
}

impl Error for FlushError {}

/// What all clones share. The log thread shares only the bridge, so this goes with the last clone.
struct Handle {
    bridge: Arc<Bridge>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let limit = if is_reactor_thread() {
            Duration::ZERO
        } else {
            self.bridge.flush_limit()
        };
        self.bridge.end(limit);
    }
}
