//! What is handed to the pool, with the way that its result goes.

use std::panic::Location;
use std::sync::Arc;

use crochet_core::eventual::{self, Completer, Eventual, Reader};

use super::PoolError;
use crate::caught::{Outcome, Quiet, report};
use crate::label::Label;
use crate::panic::catch;

/// A job of the pool. Neither method panics, whatever the job does.
pub(super) trait Job: Send {
    /// Does the job, on the calling thread.
    fn run(self: Box<Self>);

    /// Drops the job, and says why.
    fn refuse(self: Box<Self>, why: PoolError);
}

/// What comes back from a job.
pub(super) type Answer<T> = Result<Outcome<T>, PoolError>;

/// A job that nobody waits for.
pub(super) struct Call<F> {
    function: Quiet<F>,
    label: Label,
}

impl<F: FnOnce() + Send> Call<F> {
    pub(super) fn new(function: F, label: Label) -> Self {
        let function = Quiet::new(function);
        Self { function, label }
    }
}

impl<F: FnOnce() + Send> Job for Call<F> {
    fn run(self: Box<Self>) {
        let Self { function, label } = *self;
        if let Err(panic) = catch(|| function.into_inner()()) {
            report(&label, &panic);
        }
    }

    fn refuse(self: Box<Self>, why: PoolError) {
        let Self { function, label } = *self;
        drop(function);
        let site = label.site();
        match why {
            // Whoever stops a reactor knows that what has not begun never will.
            PoolError::Stopped => log_refusal(log::Level::Debug, site, why),
            _ => log_refusal(log::Level::Error, site, why),
        }
    }
}

fn log_refusal(level: log::Level, site: &Location<'_>, why: PoolError) {
    // The logger is foreign code: if it panics, the message is lost and nothing else is.
    let logged = catch(|| {
        let (file, line) = (site.file(), site.line());
        log::log!(
            target: "crochet::reactor",
            level,
            "the call that was handed to the thread pool at {file}:{line} is not made: {why}",
        );
    });
    drop(logged);
}

/// A job whose result somebody waits for.
pub(super) struct Deferred<F, T> {
    function: Quiet<F>,
    label: Label,
    result: Completer<Arc<Eventual<Answer<T>>>>,
}

impl<F, T> Deferred<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    /// Makes the job, and the other end of its result.
    pub(super) fn new(function: F, label: Label) -> (Self, Reader<Arc<Eventual<Answer<T>>>>) {
        let (result, reader) = eventual::pair();
        let function = Quiet::new(function);
        let job = Self {
            function,
            label,
            result,
        };
        (job, reader)
    }
}

impl<F, T> Job for Deferred<F, T>
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    fn run(self: Box<Self>) {
        let Self {
            function,
            label,
            result,
        } = *self;
        // The call drops what the function has captured, so that is gone when the result shows.
        let outcome = Outcome::new(catch(|| function.into_inner()()), label);
        publish(result, Ok(outcome));
    }

    fn refuse(self: Box<Self>, why: PoolError) {
        let Self {
            function, result, ..
        } = *self;
        drop(function);
        publish(result, Err(why));
    }
}

/// Sets the result; a waiter's waker that panics is logged.
fn publish<T: Send>(result: Completer<Arc<Eventual<Answer<T>>>>, answer: Answer<T>) {
    match catch(|| result.complete(answer)) {
        // An outcome that nobody will read logs its own panic when it is dropped here.
        Ok(Ok(()) | Err(_)) => {}
        Err(panic) => report(&"a waker", &panic),
    }
}
