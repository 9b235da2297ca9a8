//! Stopping the reactor when the process ends by itself.
//!
//! The crate's only unsafe code: registering a function with `atexit`.

use std::sync::Once;
use std::time::Duration;

use crate::error::StopError;
use crate::global;

/// How long the process's end waits for the reactor. An idle one takes a fraction of a
/// millisecond; one that is blocked by an operation is left behind.
const PATIENCE: Duration = Duration::from_secs(1);

/// Makes the process stop the reactor when `main` returns or `exit` is called. Once is enough.
pub(crate) fn stop_at_exit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: `at_exit` is an `extern "C"` function that does not unwind, as `atexit` requires.
        let refused = unsafe { libc::atexit(at_exit) };
        if refused != 0 {
            log::warn!(
                target: "crochet",
                "the process will not stop the reactor by itself: there is no room for an exit hook",
            );
        }
    });
}

extern "C" fn at_exit() {
    match global::stop(PATIENCE) {
        Ok(()) | Err(StopError::NotSetUp) => {}
        // An operation called `exit`: the loop's thread is busy with ending the process.
        Err(StopError::OnReactorThread) => {}
        Err(error) => log::warn!(target: "crochet", "at exit: {error}"),
    }
}
