//! Futures and calls whose panics stay where they are.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use crate::label::Label;
use crate::panic::{Panic, catch};
use crate::project::{Pinned, project};

/// The outcome of a contained future: its output, or the panic that ended it.
///
/// A panic that nobody has looked at is logged once, when the outcome is dropped.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    result: Option<Result<T, Panic>>,
    label: Label,
    seen: AtomicBool,
}

impl<T> Outcome<T> {
    fn new(result: Result<T, Panic>, label: Label) -> Self {
        Self {
            result: Some(result),
            label,
            seen: AtomicBool::new(false),
        }
    }

    /// Takes the result; from here on the caller answers for a panic.
    pub(crate) fn into_result(mut self) -> Result<T, Panic> {
        self.result.take().expect(TAKEN_ONCE)
    }

    /// Looks at the result; from here on the caller answers for a panic.
    pub(crate) fn as_result(&self) -> Result<&T, &Panic> {
        self.seen.store(true, Ordering::Relaxed);
        self.result.as_ref().expect(TAKEN_ONCE).as_ref()
    }
}

const TAKEN_ONCE: &str = "only consuming an outcome takes its result";

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        match self.result.take() {
            Some(Err(panic)) if !*self.seen.get_mut() => report(&self.label, &panic),
            Some(Ok(value)) => contain("the destructor of a result", || drop(value)),
            Some(Err(_)) | None => {}
        }
    }
}

/// A future whose panics, also those of its destructor, do not get out.
pub(crate) struct Contained<F> {
    body: Pinned<F>,
    panic: Option<Panic>,
    label: Label,
}

project!(Contained<F>.body: Pinned<F>, rest: panic: Option<Panic>, label: Label);

impl<F> Contained<F> {
    /// Contains a future.
    pub(crate) fn new(future: F, label: Label) -> Self {
        Self {
            body: Pinned::new(future),
            panic: None,
            label,
        }
    }

    /// Calls the function that makes a future, and contains both.
    pub(crate) fn make(make: impl FnOnce() -> F, label: Label) -> Self {
        match catch(make) {
            Ok(future) => Self::new(future, label),
            Err(panic) => Self {
                body: Pinned::empty(),
                panic: Some(panic),
                label,
            },
        }
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut body, (panic, label)) = self.project();
        let result = match body.as_mut().get() {
            Some(future) => match catch(|| future.poll(cx)) {
                Ok(polled) => Ok(ready!(polled)),
                Err(panic) => Err(panic),
            },
            None => Err(panic.take().expect("it is polled only until it is ready")),
        };
        let outcome = Outcome::new(result, *label);
        contain("the destructor of an operation", || body.clear());
        Poll::Ready(outcome)
    }
}

impl<F> Drop for Contained<F> {
    fn drop(&mut self) {
        // SAFETY: the value is being dropped; it is not moved before that, here or elsewhere.
        let this = unsafe { Pin::new_unchecked(self) };
        let (body, _) = this.project();
        contain("the destructor of an operation", || body.clear());
    }
}

/// Calls `body`; logs its panic instead of passing it on.
pub(crate) fn contain(what: &str, body: impl FnOnce()) {
    if let Err(panic) = catch(body) {
        report(&what, &panic);
    }
}

/// Logs a panic.
pub(crate) fn report(what: &dyn Display, panic: &Panic) {
    // The logger is foreign code too: if it panics, the message is lost and the loop is not.
    let logged = catch(|| match panic.backtrace() {
        None => log::error!(target: "crochet::reactor", "{what} panicked: {panic}"),
        Some(trace) => {
            log::error!(target: "crochet::reactor", "{what} panicked: {panic}\n{trace}");
        }
    });
    drop(logged);
}
