//! Futures and calls whose panics stay where they are.

use std::fmt::Display;
use std::future::Future;
use std::mem::{self, ManuallyDrop};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker, ready};

use crate::label::Label;
use crate::messages::OneLine;
use crate::observe::Note;
use crate::panic::{Panic, catch};
use crate::project::{Pinned, project};

/// The outcome of a contained future: its output, or the panic that ended it.
///
/// A panic that nobody has looked at is logged once, when the outcome is dropped.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    // Of a panic, which is rare, there is more to keep than of a value: not in every operation.
    result: ManuallyDrop<Result<T, Box<Unseen>>>,
}

/// A panic that is logged when it is dropped, unless somebody has looked at it.
#[derive(Debug)]
struct Unseen {
    panic: Panic,
    label: Label,
    is_seen: AtomicBool,
}

impl<T> Outcome<T> {
    /// Makes the outcome of what has the label.
    #[inline]
    pub(crate) fn new(result: Result<T, Panic>, label: Label) -> Self {
        Self::of(result.map_err(|panic| Unseen::boxed(panic, label)))
    }

    fn of(result: Result<T, Box<Unseen>>) -> Self {
        Self {
            result: ManuallyDrop::new(result),
        }
    }

    /// Takes the result; from here on the caller answers for a panic.
    pub(crate) fn into_result(self) -> Result<T, Panic> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: the outcome is not used again, nor dropped.
        let result = unsafe { ManuallyDrop::take(&mut this.result) };
        result.map_err(|unseen| unseen.see().clone())
    }

    /// Looks at the result; from here on the caller answers for a panic.
    pub(crate) fn as_result(&self) -> Result<&T, &Panic> {
        self.result.as_ref().map_err(|unseen| unseen.see())
    }

    /// Looks for a panic, and at what panicked; from here on the caller answers for it.
    pub(crate) fn as_panic(&self) -> Option<(Label, &Panic)> {
        let unseen = self.result.as_ref().err()?;
        Some((unseen.label, unseen.see()))
    }
}

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        // SAFETY: the outcome is being dropped, so it is not used again.
        match unsafe { ManuallyDrop::take(&mut self.result) } {
            Ok(value) if mem::needs_drop::<T>() => {
                contain("the destructor of a result", || drop(value));
            }
            Ok(_) => {}
            Err(unseen) => drop(unseen),
        }
    }
}

impl Unseen {
    #[cold]
    fn boxed(panic: Panic, label: Label) -> Box<Self> {
        Box::new(Self {
            panic,
            label,
            is_seen: AtomicBool::new(false),
        })
    }

    fn see(&self) -> &Panic {
        self.is_seen.store(true, Ordering::Relaxed);
        &self.panic
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if !*self.is_seen.get_mut() && !self.label.is_forked() {
            report_unseen(&self.label, &self.panic);
        }
    }
}

/// A future whose panics, also those of its destructor, do not get out.
///
/// It is the future of a task, whose note has the label of a panic, or is polled with a label.
pub(crate) struct Contained<F> {
    // Or the panic of the function that was to make the future.
    body: Pinned<F, Option<Panic>>,
}

project!(Contained<F>.body: Pinned<F, Option<Panic>>);

impl<F> Contained<F> {
    /// Contains a future.
    pub(crate) fn new(future: F) -> Self {
        Self {
            body: Pinned::new(future),
        }
    }

    /// Calls the function that makes a future, and contains both.
    pub(crate) fn make(make: impl FnOnce() -> F) -> Self {
        match catch(make) {
            Ok(future) => Self::new(future),
            Err(panic) => Self {
                body: Pinned::instead(Some(panic)),
            },
        }
    }
}

impl<F: Future> Contained<F> {
    /// Polls the future; `label` is asked for the label of a panic.
    #[inline]
    pub(crate) fn poll_as(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        label: impl FnOnce(&Context<'_>) -> Label,
    ) -> Poll<Outcome<F::Output>> {
        let mut body = self.project();
        let result = match body.as_mut().get() {
            Ok(future) => match catch(|| future.poll(cx)) {
                Ok(polled) => Ok(ready!(polled)),
                Err(panic) => Err(panic),
            },
            Err(panic) => Err(panic.take().expect("it is polled only until it is ready")),
        };
        let outcome = Outcome::of(result.map_err(|panic| Unseen::boxed(panic, label(cx))));
        drop_quietly(body);
        Poll::Ready(outcome)
    }
}

impl<F: Future> Future for Contained<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_as(cx, Note::label_of)
    }
}

impl<F> Drop for Contained<F> {
    fn drop(&mut self) {
        // SAFETY: the value is being dropped; it is not moved before that, here or elsewhere.
        let this = unsafe { Pin::new_unchecked(self) };
        drop_quietly(this.project());
    }
}

/// Drops a future that has ended, or is given up.
fn drop_quietly<F>(body: Pin<&mut Pinned<F, Option<Panic>>>) {
    if !mem::needs_drop::<F>() {
        body.clear();
    } else if !body.is_empty() {
        contain("the destructor of an operation", || body.clear());
    }
}

/// A value whose destructor's panic does not get out.
pub(crate) struct Quiet<T>(Option<T>);

impl<T> Quiet<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn into_inner(mut self) -> T {
        self.0.take().expect("only consuming it takes the value")
    }
}

impl<T> Drop for Quiet<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            contain("the destructor of a function", || drop(value));
        }
    }
}

/// Ends the process if it is dropped: where a panic must not go on, however unlikely.
pub(crate) struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// Calls `body`; logs its panic instead of passing it on.
pub fn contain(what: &str, body: impl FnOnce()) {
    if let Err(panic) = catch(body) {
        report(&what, &panic);
    }
}

/// Wakes by a waker that is not the loop's own. One that panics must not keep others from being woken,
/// nor unwind through a destructor.
pub(crate) fn wake(waker: Waker) {
    contain("a waker", || waker.wake());
}

/// Drops a waker that is not the loop's own, where a panic would unwind through a destructor.
pub(crate) fn drop_waker(waker: Waker) {
    contain("the destructor of a waker", || drop(waker));
}

/// Logs a panic of foreign code that has no caller to be told.
pub(crate) fn report(what: &dyn Display, panic: &Panic) {
    log_quietly("crochet::reactor", &format_args!("{what} panicked"), panic);
}

/// Logs the panic of an operation that nobody asked for.
pub(crate) fn report_unseen(label: &Label, panic: &Panic) {
    log_quietly(
        "crochet",
        &format_args!("{label} panicked, and nobody asked"),
        panic,
    );
}

fn log_quietly(target: &str, what: &dyn Display, panic: &Panic) {
    let message = OneLine(panic);
    // The logger is foreign code too: if it panics, the message is lost and the loop is not.
    let logged = catch(|| match panic.backtrace() {
        None => log::error!(target: target, "{what}: {message}"),
        Some(trace) => log::error!(target: target, "{what}: {message}\n{trace}"),
    });
    drop(logged);
}
