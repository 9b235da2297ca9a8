//! Waiting for each other on the loop: [`Lock`], [`Semaphore`], [`Queue`], [`Event`].
//!
//! They are for tasks of one reactor, all on its thread: none is `Send`, and none uses an atomic
//! instruction or a lock of the system. All serve those who wait in the order in which they began to: a
//! future takes its place when it is first polled, what it waited for is handed to it, and nobody who
//! comes later gets in between. A future that is dropped gives its place up, and what it had been
//! handed passes on to the next.
//!
//! They are Twisted's `DeferredLock`, `DeferredSemaphore` and `DeferredQueue`. Between threads and the
//! loop there are [channels](crate::channel).
//!
//! ```compile_fail,E0277
//! fn send<T: Send>() {}
//! send::<crochet_reactor::sync::Event>();
//! ```

mod event;
pub(crate) mod exchange;
mod lock;
mod queue;
mod semaphore;
pub(crate) mod wait_list;

pub use event::{Event, Wait};
pub use lock::{Lock, LockGuard, OwnedLockGuard};
pub use queue::{Get, Put, Queue, QueueOverflow, QueueUnderflow};
pub use semaphore::{Acquire, OverRelease, Permit, Semaphore};
