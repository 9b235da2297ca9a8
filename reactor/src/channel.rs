//! Channels between threads and the loop.
//!
//! [`Remote::channel`] makes one. Both halves can be used on the loop, where they are awaited, and on
//! threads, which they block for a limited time: values go from threads to the loop, from the loop to
//! threads, or both. There may be any number of senders and receivers; those who wait are served in
//! the order in which they began to, and each value is received once.
//!
//! No value is lost: what could not be sent is given back, and a receiver that gives up just when it is
//! handed a value leaves it to the next.
//!
//! A channel belongs to a reactor: threads that wait for it are told when that stops.
//!
//! ```
//! use crochet_reactor::Reactor;
//! use std::thread;
//! use std::time::Duration;
//!
//! const LIMIT: Duration = Duration::from_secs(5);
//!
//! let mut reactor = Reactor::new()?;
//! let (questions, asked) = reactor.remote().channel::<u32>(4);
//! let (answers, answered) = reactor.remote().channel::<u32>(4);
//! let thread = thread::spawn(move || {
//!     questions.send_within(6, LIMIT).expect("the loop takes it");
//!     answered.recv_within(LIMIT).expect("the loop answers")
//! });
//! reactor.block_on(async move {
//!     while let Ok(number) = asked.recv().await {
//!         answers.send(number * 7).await.expect("the thread waits");
//!     }
//! })?;
//! assert_eq!(thread.join().unwrap(), 42);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::caught;
use crate::remote::Remote;
use crate::sync::exchange::Exchange;

mod blocking;
mod error;
mod receiver;
mod sender;

pub use error::{RecvError, SendError};
pub use receiver::{Receiver, Receiving};
pub use sender::{Sender, Sending};

impl Remote {
    /// Makes a channel that holds up to `capacity` values on their way.
    ///
    /// With a capacity of zero it holds none: sending waits until a receiver takes the value.
    #[must_use]
    pub fn channel<T>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        let channel = Arc::new(Channel {
            state: Mutex::new(State {
                exchange: Exchange::new(capacity),
                senders: 1,
                receivers: 1,
            }),
            remote: self.clone(),
        });
        (Sender::new(Arc::clone(&channel)), Receiver::new(channel))
    }
}

/// What the halves share.
struct Channel<T> {
    state: Mutex<State<T>>,
    remote: Remote,
}

struct State<T> {
    exchange: Exchange<T>,
    senders: usize,
    receivers: usize,
}

/// The process is a forked child of the one that made the channel, whose lock may be held for ever by a
/// thread that the child has not.
struct Forked;

impl<T> Channel<T> {
    /// Locks the channel. Whoever does so runs no foreign code, wakers and destructors included.
    fn lock(&self) -> Result<MutexGuard<'_, State<T>>, Forked> {
        if self.remote.shared().is_forked() {
            return Err(Forked);
        }
        // Nothing foreign runs while the lock is held, so nothing panics.
        Ok(self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns how many values are on their way: none in a forked child.
    fn len(&self) -> usize {
        self.lock().map_or(0, |state| state.exchange.len())
    }
}

fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        caught::wake(waker);
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
