//! Stopping the reactor when the process ends by itself.
//!
//! The crate's only unsafe code: registering a function with `atexit`.
#![allow(
    unsafe_code,
    reason = "there is no safe way to hear of the process's end"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crochet_reactor::glue::contain;
use crochet_reactor::is_reactor_thread;

use crate::error::StopError;
use crate::global;
use crate::logs;
use crate::stash;

/// How long the process's end waits for the reactor. An idle one takes a fraction of a
/// millisecond; one that is blocked by an operation is left behind.
const PATIENCE: Duration = Duration::from_secs(1);

/// Makes the process stop the reactor when `main` returns or `exit` is called. Once is enough.
///
/// Two threads that come here at once register the hook twice at worst, and it does nothing the
/// second time. Forked children inherit it.
pub(crate) fn stop_at_exit() {
    // Not a `Once`, which a child could find begun by a thread that it does not have.
    static REGISTERED: AtomicBool = AtomicBool::new(false);

    if REGISTERED.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: `at_exit` is an `extern "C"` function that does not unwind, as `atexit` requires: it
    // contains what foreign code panics. Its code stays loaded, as every caller has called
    // `crochet_reactor::glue::watch` before.
    let refused = unsafe { libc::atexit(at_exit) };
    if refused != 0 {
        contain("the logger", || {
            log::warn!(
                target: "crochet",
                "the process will not stop the reactor by itself: there is no room for an exit hook",
            );
        });
    }
    REGISTERED.store(true, Ordering::Relaxed);
}

extern "C" fn at_exit() {
    // When an operation called `exit`, the loop's thread is busy with ending the process. Whoever
    // waits then is not told anything, and does not begin to do something else.
    let stopped = if is_reactor_thread() {
        Ok(())
    } else {
        global::stop_to_exit(PATIENCE)
    };
    match stopped {
        Ok(()) | Err(StopError::NotSetUp) => {}
        Err(error) => contain("the logger", || {
            log::warn!(target: "crochet", "at exit: {error}");
        }),
    }
    // What still went on has been stopped, so that what is logged here are failures.
    contain("the destructor of a stashed result", stash::clear);
    // Last: until here there was something to log.
    logs::live::end_all();
}
