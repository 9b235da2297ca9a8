//! The receiving half of a channel.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use super::blocking::block;
use super::error::RecvError;
use super::{Channel, Forked, wake_all};
use crate::caught;
use crate::sync::exchange::GetTicket;
use crate::sync::wait_list::Left;
use crate::wait::BlockingError;

/// Receives the values of a [channel](super). Cloning it makes another receiver; each value is received
/// by one.
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> Receiver<T> {
    pub(super) fn new(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// Receives a value if one is on its way, on any thread.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`], [`RecvError::Closed`] and [`RecvError::Forked`].
    pub fn try_recv(&self) -> Result<T, RecvError> {
        let (value, woken) = match self.channel.lock() {
            Err(Forked) => return Err(RecvError::Forked),
            Ok(mut state) => match state.exchange.get() {
                Some(got) => got,
                None if state.senders == 0 => return Err(RecvError::Closed),
                None => return Err(RecvError::Empty),
            },
        };
        wake_all(woken);
        Ok(value)
    }

    /// Receives a value, waiting for one: to be awaited on the loop.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when all senders are gone and their values received, and
    /// [`RecvError::Forked`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no value.
    pub fn recv(&self) -> Receiving<'_, T> {
        Receiving {
            channel: &self.channel,
            ticket: None,
        }
    }

    /// Receives a value, blocking the calling thread until there is one, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvError`]. A thread that runs a reactor does not wait.
    pub fn recv_within(&self, timeout: Duration) -> Result<T, RecvError> {
        let mut receiving = self.recv();
        let shared = self.channel.remote.shared();
        let (blocked, _pause) = block(shared, timeout, |waker| receiving.poll_with(waker));
        let error = match blocked {
            Ok(received) => return received,
            Err(error) => error,
        };
        if let Some(value) = receiving.leave() {
            // It came at the last moment.
            return Ok(value);
        }
        Err(match error {
            BlockingError::OnReactorThread => RecvError::OnReactorThread,
            BlockingError::Stopped => RecvError::Stopped,
            BlockingError::Interrupted => RecvError::Interrupted,
            BlockingError::Forked => RecvError::Forked,
            BlockingError::TimedOut | BlockingError::Full | BlockingError::Ended(_) => {
                RecvError::TimedOut
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
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        if let Ok(mut state) = self.channel.lock() {
            state.receivers += 1;
        }
        Self {
            channel: Arc::clone(&self.channel),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let (woken, unread) = match self.channel.lock() {
            Err(Forked) => return,
            Ok(mut state) => {
                state.receivers -= 1;
                if state.receivers > 0 {
                    return;
                }
                (state.exchange.rouse_putters(), state.exchange.take_items())
            }
        };
        wake_all(woken);
        drop(unread);
    }
}

/// The future of [`Receiver::recv`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Receiving<'a, T> {
    channel: &'a Channel<T>,
    ticket: Option<GetTicket>,
}

impl<T> Receiving<'_, T> {
    fn poll_with(&mut self, waker: &Waker) -> Poll<Result<T, RecvError>> {
        // Cloned before the lock is held, and dropped after it: a waker is foreign code.
        let mut waker = waker.clone();
        let Ok(mut state) = self.channel.lock() else {
            // One that waits does so in the parent.
            return Poll::Ready(Err(RecvError::Forked));
        };
        match self.ticket.take() {
            None => match state.exchange.get() {
                Some((value, woken)) => {
                    drop(state);
                    wake_all(woken);
                    return Poll::Ready(Ok(value));
                }
                None if state.senders == 0 => return Poll::Ready(Err(RecvError::Closed)),
                None => self.ticket = Some(state.exchange.wait_to_get(waker)),
            },
            Some(ticket) => match state.exchange.claim_get(ticket, &mut waker) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(ticket) => {
                    self.ticket = Some(ticket);
                    if state.senders == 0 {
                        drop(state);
                        return Poll::Ready(self.leave().ok_or(RecvError::Closed));
                    }
                }
            },
        }
        Poll::Pending
    }

    /// Leaves the line; takes the value that it has been handed, if it has.
    fn leave(&mut self) -> Option<T> {
        let ticket = self.ticket.take()?;
        let left = match self.channel.lock() {
            Err(Forked) => return None,
            Ok(mut state) => state.exchange.leave_get(ticket),
        };
        match left {
            Left::Waiting((), _waker) => None,
            Left::Granted(value) => Some(value),
        }
    }
}

impl<T> Future for Receiving<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_with(cx.waker())
    }
}

impl<T> Drop for Receiving<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let (own, next) = match self.channel.lock() {
            Err(Forked) => return,
            Ok(mut state) => state.exchange.give_up_get(ticket),
        };
        if let Some(own) = own {
            caught::drop_waker(own);
        }
        wake_all(next);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("channel", &self.channel)
            .finish()
    }
}

impl<T> fmt::Debug for Receiving<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiving").finish_non_exhaustive()
    }
}
