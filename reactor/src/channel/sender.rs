//! The sending half of a channel.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use super::blocking::block;
use super::error::SendError;
use super::{Channel, Forked, wake_all};
use crate::sync::exchange::PutTicket;
use crate::sync::wait_list::Left;
use crate::wait::BlockingError;

/// Sends values through a [channel](super). Cloning it makes another sender.
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    pub(super) fn new(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// Sends a value if there is room, on any thread.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`], [`SendError::Closed`] and [`SendError::Forked`] give the value back.
    pub fn try_send(&self, value: T) -> Result<(), SendError<T>> {
        let put = match self.channel.lock() {
            Err(Forked) => return Err(SendError::Forked(value)),
            Ok(state) if state.receivers == 0 => return Err(SendError::Closed(value)),
            Ok(mut state) => state.exchange.put(value),
        };
        match put {
            Ok(woken) => {
                wake_all(woken);
                Ok(())
            }
            Err(value) => Err(SendError::Full(value)),
        }
    }

    /// Sends a value, waiting for room: to be awaited on the loop.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] and [`SendError::Forked`] give the value back.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the value, unless it has been sent; [`Sending::take_back`] saves it.
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending {
            channel: &self.channel,
            stage: Stage::Begun(value),
        }
    }

    /// Sends a value, blocking the calling thread until there is room, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back. A thread that runs a reactor does not wait.
    pub fn send_within(&self, value: T, timeout: Duration) -> Result<(), SendError<T>> {
        let mut sending = self.send(value);
        let shared = self.channel.remote.shared();
        let (blocked, _pause) = block(shared, timeout, |waker| sending.poll_with(waker));
        let error = match blocked {
            Ok(sent) => return sent,
            Err(error) => error,
        };
        let Some(value) = sending.take_back() else {
            // There was room at the last moment.
            return Ok(());
        };
        Err(match error {
            BlockingError::OnReactorThread => SendError::OnReactorThread(value),
            BlockingError::Stopped => SendError::Stopped(value),
            BlockingError::Interrupted => SendError::Interrupted(value),
            BlockingError::Forked => SendError::Forked(value),
            BlockingError::TimedOut | BlockingError::Full | BlockingError::Ended(_) => {
                SendError::TimedOut(value)
            }
        })
    }

    /// Returns how many values are on their way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channel.len()
    }

    /// Tells whether no value is on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether there is no receiver any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.channel.lock().is_ok_and(|state| state.receivers == 0)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        if let Ok(mut state) = self.channel.lock() {
            state.senders += 1;
        }
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let woken = match self.channel.lock() {
            Err(Forked) => return,
            Ok(mut state) => {
                state.senders -= 1;
                match state.senders {
                    0 => state.exchange.rouse_getters(),
                    _ => Vec::new(),
                }
            }
        };
        wake_all(woken);
    }
}

/// The future of [`Sender::send`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Sending<'a, T> {
    channel: &'a Channel<T>,
    stage: Stage<T>,
}

enum Stage<T> {
    Begun(T),
    Waiting(PutTicket),
    Done,
}

// The value is never pinned.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Sending<'_, T> {
    /// Gives the sending up, and takes the value back, unless it has been sent.
    pub fn take_back(&mut self) -> Option<T> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Begun(value) => Some(value),
            Stage::Waiting(ticket) => {
                let left = match self.channel.lock() {
                    // The value is the parent's.
                    Err(Forked) => return None,
                    Ok(mut state) => state.exchange.leave_put(ticket),
                };
                match left {
                    Left::Waiting(value, _waker) => Some(value),
                    Left::Granted(()) => None,
                }
            }
            Stage::Done => None,
        }
    }

    fn poll_with(&mut self, waker: &Waker) -> Poll<Result<(), SendError<T>>> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Begun(value) => self.begin(value, waker),
            Stage::Waiting(ticket) => self.go_on(ticket, waker),
            Stage::Done => Poll::Ready(Ok(())),
        }
    }

    fn begin(&mut self, value: T, waker: &Waker) -> Poll<Result<(), SendError<T>>> {
        // Cloned before the lock is held: a waker is foreign code.
        let waker = waker.clone();
        let put = match self.channel.lock() {
            Err(Forked) => return Poll::Ready(Err(SendError::Forked(value))),
            Ok(state) if state.receivers == 0 => {
                return Poll::Ready(Err(SendError::Closed(value)));
            }
            Ok(mut state) => match state.exchange.put(value) {
                Ok(woken) => Ok(woken),
                Err(value) => Err(state.exchange.wait_to_put(value, waker)),
            },
        };
        match put {
            Ok(woken) => {
                wake_all(woken);
                Poll::Ready(Ok(()))
            }
            Err(ticket) => {
                self.stage = Stage::Waiting(ticket);
                Poll::Pending
            }
        }
    }

    fn go_on(&mut self, ticket: PutTicket, waker: &Waker) -> Poll<Result<(), SendError<T>>> {
        let mut waker = waker.clone();
        let (claimed, is_closed) = match self.channel.lock() {
            // It waits in the parent.
            Err(Forked) => {
                self.stage = Stage::Waiting(ticket);
                return Poll::Pending;
            }
            Ok(mut state) => {
                let claimed = state.exchange.claim_put(ticket, &mut waker);
                (claimed, state.receivers == 0)
            }
        };
        match claimed {
            Ok(()) => Poll::Ready(Ok(())),
            Err(ticket) => {
                self.stage = Stage::Waiting(ticket);
                if !is_closed {
                    return Poll::Pending;
                }
                match self.take_back() {
                    Some(value) => Poll::Ready(Err(SendError::Closed(value))),
                    None => Poll::Ready(Ok(())),
                }
            }
        }
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_with(cx.waker())
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        drop(self.take_back());
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("channel", &self.channel)
            .finish()
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
