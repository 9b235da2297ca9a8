//! Results that are provided by hand, from any thread.

use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use crochet_core::eventual::{self, Cancel, Completer, End, Eventual, NotWaiting, Phase};
use crochet_core::eventual::{Reader, WaitKey};

use crate::caught::{self, Outcome};
use crate::label::Label;
use crate::panic;
use crate::remote::{Remote, SubmitError};
use crate::spawn::JoinError;
use crate::wait::{self, Awaited, BlockingError, Operation};

/// A result that somebody will set through its [`Setter`]: an operation that is not there yet.
///
/// It belongs to a reactor: when that stops first, it has ended as stopped.
pub struct Promise<T> {
    reader: Reader<Arc<Eventual<Outcome<T>>>>,
    sentinel: Arc<Operation<()>>,
    remote: Remote,
}

/// The half of a [`Promise`] that sets it, once, from any thread.
///
/// Dropping it without setting cancels the promise.
#[must_use = "dropping the setter cancels the promise"]
pub struct Setter<T> {
    slot: Arc<Slot<T>>,
    sentinel: Arc<Operation<()>>,
    label: Label,
    remote: Remote,
}

/// Where whoever ends the promise takes the right to do so.
struct Slot<T>(Mutex<Option<OnlyCompleter<T>>>);

type OnlyCompleter<T> = Completer<Arc<Eventual<Outcome<T>>>>;

/// Lives on the loop as long as the promise is not set, and ends it when the loop stops.
struct Sentinel<T>(Arc<Slot<T>>);

impl Remote {
    /// Makes a result that belongs to the reactor and will be set by hand.
    ///
    /// It counts as an operation of the reactor until it is set: [`drain`](Self::drain) waits for it.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub fn promise<T: Send + 'static>(
        &self,
        label: Label,
    ) -> Result<(Setter<T>, Promise<T>), SubmitError<()>> {
        let (completer, reader) = eventual::pair();
        let slot = Arc::new(Slot(Mutex::new(Some(completer))));
        let sentinel = Sentinel(Arc::clone(&slot));
        let sentinel = self
            .submit_labelled(label, move || sentinel)
            .map_err(SubmitError::without_function)?;
        let sentinel = Arc::new(sentinel);
        let setter = Setter {
            slot,
            sentinel: Arc::clone(&sentinel),
            label,
            remote: self.clone(),
        };
        let promise = Promise {
            reader,
            sentinel,
            remote: self.clone(),
        };
        Ok((setter, promise))
    }
}

impl<T> Setter<T> {
    /// Sets the result and wakes everybody who waits for it.
    ///
    /// # Errors
    ///
    /// Gives the value back when nobody will see it: the promise has been cancelled or dropped, or
    /// its reactor has stopped, or the process is a forked child.
    pub fn set(self, value: T) -> Result<(), T> {
        let Some(completer) = self.take() else {
            return Err(value);
        };
        let outcome = Outcome::new(Ok(value), self.label);
        let set = panic::catch(|| completer.complete(outcome)).unwrap_or_else(|panic| {
            // It is set before anybody is woken.
            caught::report(&"a waker", &panic);
            Ok(())
        });
        set.map_err(|unseen| match unseen.into_result() {
            Ok(value) => value,
            Err(_) => unreachable!("what comes back is what was given"),
        })
    }

    /// Tells whether the promise still waits to be set: it was neither cancelled nor stopped.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        let is_queued = |completer: &OnlyCompleter<T>| completer.phase() == Phase::Queued;
        !self.remote.shared().is_forked() && self.slot.lock().as_ref().is_some_and(is_queued)
    }

    fn take(&self) -> Option<OnlyCompleter<T>> {
        // The lock of a forked child may be held for ever, by a thread that the child has not.
        (!self.remote.shared().is_forked())
            .then(|| self.slot.lock().take())
            .flatten()
    }
}

impl<T> Drop for Setter<T> {
    fn drop(&mut self) {
        caught::contain("a waker", || drop(self.take()));
        if !self.remote.shared().is_forked() {
            self.sentinel.cancel();
        }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Option<OnlyCompleter<T>>> {
        // Nothing foreign runs while the lock is held, so nothing panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Future for Sentinel<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut TaskContext<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl<T> Drop for Sentinel<T> {
    fn drop(&mut self) {
        // Out of the lock before it wakes anybody.
        let completer = self.0.lock().take();
        if let Some(completer) = completer {
            // The setter takes the completer before it ends this: so this is the loop's end.
            caught::contain("a waker", || completer.end(End::Stopped));
        }
    }
}

impl<T> Awaited for Reader<Arc<Eventual<Outcome<T>>>> {
    fn is_ended(&self) -> bool {
        self.is_ended()
    }

    fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting> {
        self.register(waker)
    }

    fn unregister(&self, key: WaitKey) {
        self.unregister(key);
    }
}

impl<T> Promise<T> {
    /// Tells whether the result has been set, or will not be.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.reader.is_ended()
    }

    /// Looks at the outcome: `None` while there is none.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&T, JoinError>> {
        self.reader.peek().map(wait::look)
    }

    /// Takes the outcome.
    ///
    /// # Errors
    ///
    /// Gives the promise back while there is none.
    pub fn take(self) -> Result<Result<T, JoinError>, Self> {
        let Self {
            reader,
            sentinel,
            remote,
        } = self;
        match reader.take() {
            Ok(outcome) => Ok(wait::flatten(outcome)),
            Err(_) if remote.shared().is_forked() => Ok(Err(JoinError::Forked)),
            Err(reader) => Err(Self {
                reader,
                sentinel,
                remote,
            }),
        }
    }

    /// Polls for the outcome and takes it; `key` keeps the registration between polls.
    pub fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &TaskContext<'_>,
    ) -> Poll<Result<T, JoinError>> {
        if !self.is_ended() && self.remote.shared().is_forked() {
            return Poll::Ready(Err(JoinError::Forked));
        }
        self.reader.poll_take(key, cx).map(wait::flatten)
    }

    /// Takes back the registration that [`poll_take`](Self::poll_take) has left.
    pub fn unregister(&self, key: WaitKey) {
        self.reader.unregister(key);
    }

    /// Cancels the promise: whoever waits for it is told at once, and its setter when it asks or
    /// sets. One that was set keeps its result. Idempotent.
    pub fn cancel(&self) {
        match self.reader.cancel() {
            // Nothing of it is left to be waited for by a reactor that drains.
            Cancel::Revoked => self.sentinel.cancel(),
            // Between begin and end there is only the setter's own call, which goes on.
            Cancel::Requested | Cancel::Ended => {}
        }
    }

    /// Blocks until the result is set, at most for `timeout`, as [`Operation::wait`].
    ///
    /// # Errors
    ///
    /// [`BlockingError`], in which case it is not set.
    pub fn wait(&self, timeout: Duration) -> Result<(), BlockingError> {
        wait::wait(&self.reader, self.remote.shared(), timeout)
    }

    /// Blocks as [`wait`](Self::wait), and cancels the promise when the time is up or the wait is
    /// interrupted.
    ///
    /// # Errors
    ///
    /// [`BlockingError`]; what was set meanwhile is [there](Self::peek) all the same.
    pub fn wait_or_cancel(&self, timeout: Duration) -> Result<(), BlockingError> {
        let shared = self.remote.shared();
        wait::wait_or_cancel(&self.reader, shared, timeout, || self.cancel())
    }
}

// Whatever panics, neither half is left half-changed.
impl<T> RefUnwindSafe for Promise<T> {}
impl<T> UnwindSafe for Promise<T> {}
impl<T> RefUnwindSafe for Setter<T> {}
impl<T> UnwindSafe for Setter<T> {}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise")
            .field("ended", &self.is_ended())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Setter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setter")
            .field("wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}
