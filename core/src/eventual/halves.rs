//! The two halves of an eventual result: who may complete it, and who may read it.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::task::{Context, Poll, Waker};

#[cfg(feature = "alloc")]
use alloc::sync::Arc;

use super::{Cancel, End, Eventual, NotWaiting, Phase, WaitKey};

/// The loop's half: ends the operation, once.
///
/// `P` leads to the [`Eventual`]; it is a reference, or whatever a platform's task layer uses.
/// Dropping a completer ends the operation as [`End::Cancelled`].
#[must_use = "dropping the completer cancels the operation"]
pub struct Completer<P: Deref<Target = Eventual<T>>, T = <P as Target>::Value> {
    at: P,
    marker: PhantomData<T>,
}

/// The caller's half: reads, waits for, cancels and takes the result.
///
/// It may be shared between threads by reference. Dropping it drops a result that nobody took;
/// an operation that has not ended goes on, and its value is handed back to its completer.
pub struct Reader<P: Deref<Target = Eventual<T>>, T = <P as Target>::Value> {
    at: P,
    marker: PhantomData<T>,
}

/// Names the value type of a pointer to an [`Eventual`].
pub trait Target {
    /// The type of the result's value.
    type Value;
}

impl<T> Target for &Eventual<T> {
    type Value = T;
}

#[cfg(feature = "alloc")]
impl<T> Target for Arc<Eventual<T>> {
    type Value = T;
}

/// Makes a result that belongs to its two halves, on the heap.
///
/// # Examples
///
/// ```
/// let (completer, reader) = crochet_core::eventual::pair();
/// assert!(completer.complete("done").is_ok());
/// assert_eq!(reader.peek(), Some(Ok(&"done")));
/// ```
#[cfg(feature = "alloc")]
#[must_use = "dropping the completer cancels the operation"]
#[expect(
    clippy::type_complexity,
    reason = "two halves of one thing, each named in full"
)]
pub fn pair<T>() -> (Completer<Arc<Eventual<T>>>, Reader<Arc<Eventual<T>>>) {
    // Nobody but the halves has it, and they do not show it: nobody can split it again.
    let eventual = Arc::new(Eventual::new());
    (Completer::new(Arc::clone(&eventual)), Reader::new(eventual))
}

impl<P: Deref<Target = Eventual<T>>, T> Completer<P, T> {
    pub(crate) fn new(at: P) -> Self {
        Self {
            at,
            marker: PhantomData,
        }
    }

    /// Announces that the operation begins: from here on it can no longer be revoked.
    ///
    /// # Errors
    ///
    /// `Err` when a reader has revoked it; there is nothing left to do then.
    pub fn begin(&mut self) -> Result<(), End> {
        match self.at.phase() {
            Phase::Running => Ok(()),
            _ if self.at.begin() => Ok(()),
            _ => Err(End::Cancelled),
        }
    }

    /// Tells what has become of the operation, at this moment.
    ///
    /// [`Phase::Cancelled`] means that a reader has revoked it: nobody waits for a value any more.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.at.phase()
    }

    /// Tells whether a reader has asked to cancel the operation since it began.
    #[must_use]
    pub fn is_cancel_requested(&self) -> bool {
        self.at.is_cancel_requested()
    }

    /// Ends the operation with `value` and wakes everybody who waits for it.
    ///
    /// # Errors
    ///
    /// Gives the value back when no reader is left, or when the operation was revoked.
    pub fn complete(mut self, value: T) -> Result<(), T> {
        if self.begin().is_err() {
            return Err(value);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: `begin` left the phase at RUNNING, and this is the only completer.
        let unread = unsafe { this.at.finish_with(value) };
        drop(into_pointer(this));
        unread.map_or(Ok(()), Err)
    }

    /// Ends the operation without a value and wakes everybody who waits for it.
    pub fn end(mut self, end: End) {
        self.finish(end);
        drop(into_pointer(ManuallyDrop::new(self)));
    }

    fn finish(&mut self, end: End) {
        if self.begin().is_ok() {
            // SAFETY: `begin` left the phase at RUNNING, and this is the only completer.
            unsafe { self.at.finish_without(end) };
        }
    }
}

/// Moves the pointer out of a completer without ending the operation again.
fn into_pointer<P: Deref<Target = Eventual<T>>, T>(this: ManuallyDrop<Completer<P, T>>) -> P {
    // SAFETY: the completer is never dropped nor used again, so `at` is moved out just once.
    unsafe { core::ptr::read(&raw const this.at) }
}

impl<P: Deref<Target = Eventual<T>>, T> Drop for Completer<P, T> {
    fn drop(&mut self) {
        self.finish(End::Cancelled);
    }
}

impl<P: Deref<Target = Eventual<T>>, T> fmt::Debug for Completer<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completer")
            .field("phase", &self.at.phase())
            .finish_non_exhaustive()
    }
}

impl<P: Deref<Target = Eventual<T>>, T> Reader<P, T> {
    pub(crate) fn new(at: P) -> Self {
        Self {
            at,
            marker: PhantomData,
        }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn pointer(&self) -> &P {
        &self.at
    }

    /// Tells what has become of the operation, at this moment.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.at.phase()
    }

    /// Tells whether the operation has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.at.is_ended()
    }

    /// Looks at the outcome: `None` while the operation has not ended.
    #[must_use]
    pub fn peek(&self) -> Option<Result<&T, End>> {
        // SAFETY: the value is only moved out by methods that consume the reader or have it
        // exclusively, and the returned reference borrows it.
        unsafe { self.at.peek() }
    }

    /// Registers a waker to be woken when the operation ends.
    ///
    /// The caller clears it with [`unregister`](Self::unregister) when it no longer waits.
    ///
    /// # Errors
    ///
    /// [`NotWaiting::Ended`] when there is nothing to wait for; [`NotWaiting::Occupied`] when
    /// another waiter holds the only slot, which happens without the feature `alloc` only.
    pub fn register(&self, waker: &Waker) -> Result<WaitKey, NotWaiting> {
        self.at.register(waker)
    }

    /// Takes back a registration. Does nothing when the waker has been woken already.
    pub fn unregister(&self, key: WaitKey) {
        self.at.unregister(key);
    }

    /// Asks to cancel the operation: it is revoked at once if it has not begun, otherwise its
    /// completer is to be told.
    ///
    /// Idempotent. It never takes a result away.
    pub fn cancel(&self) -> Cancel {
        self.at.cancel()
    }

    /// Takes the outcome.
    ///
    /// # Errors
    ///
    /// Gives the reader back while the operation has not ended.
    pub fn take(self) -> Result<Result<T, End>, Self> {
        match self.peek().map(|outcome| outcome.map(drop)) {
            None => Err(self),
            Some(Err(end)) => Ok(Err(end)),
            // SAFETY: `peek` saw COMPLETED with acquire; `self` is the only reader and is
            // consumed here.
            Some(Ok(())) => Ok(Ok(unsafe { self.at.move_out() })),
        }
    }

    /// Polls for the outcome and takes it; registers the task's waker while there is none.
    ///
    /// `key` is where the caller keeps its registration between polls. After `Ready` the value is
    /// gone and further polls are pending for ever.
    pub fn poll_take(
        &mut self,
        key: &mut Option<WaitKey>,
        cx: &Context<'_>,
    ) -> Poll<Result<T, End>> {
        loop {
            match self.peek().map(|outcome| outcome.map(drop)) {
                Some(Err(end)) => return Poll::Ready(Err(end)),
                // SAFETY: `peek` saw COMPLETED with acquire; `&mut self` excludes other readers,
                // and the phase is TAKEN from here on.
                Some(Ok(())) => return Poll::Ready(Ok(unsafe { self.at.move_out() })),
                None => {}
            }
            if let Some(old) = key.take() {
                self.unregister(old);
            }
            match self.register(cx.waker()) {
                Ok(new) => {
                    *key = Some(new);
                    return Poll::Pending;
                }
                Err(NotWaiting::Ended) if self.phase() == Phase::Taken => return Poll::Pending,
                Err(NotWaiting::Ended) => {}
                Err(NotWaiting::Occupied) => {
                    // Another waiter has the only slot: ask again instead of losing the wake-up.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<P: Deref<Target = Eventual<T>>, T> Drop for Reader<P, T> {
    fn drop(&mut self) {
        // SAFETY: this is the only reader, and it is going away.
        drop(unsafe { self.at.detach() });
    }
}

impl<P: Deref<Target = Eventual<T>>, T> fmt::Debug for Reader<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("phase", &self.phase())
            .finish_non_exhaustive()
    }
}
