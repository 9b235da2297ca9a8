//! Tasks for hyper.

use std::future::Future;

use ::hyper::rt::Executor;

use crate::spawn::spawn;

/// Runs hyper's futures as tasks of the reactor that the calling thread runs.
///
/// They need not be `Send`. A panic of one, such as a service's on HTTP/2, ends that one only and is
/// logged. Like any other task they go on when the connection that they came from is dropped, and
/// are dropped when the reactor stops.
///
/// # Panics
///
/// `execute` does, when the calling thread is not running a reactor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HyperExecutor;

impl<F> Executor<F> for HyperExecutor
where
    F: Future + 'static,
    F::Output: 'static,
{
    #[track_caller]
    fn execute(&self, future: F) {
        // Nobody waits for it: hyper's futures tell each other what they have to tell.
        drop(spawn(future));
    }
}
