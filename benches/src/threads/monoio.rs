//! monoio: a runtime on io_uring that a thread of its own drives.

use core::convert::Infallible;
use core::future::Future;
use std::io;
use std::sync::mpsc;

use ::monoio::{IoUringDriver, RuntimeBuilder};
use ::smol::channel::{self, RecvError, Sender};

use crate::threads::loop_thread::LoopThread;

/// A runtime without timers, driven until this is dropped.
///
/// Nothing can be spawned on it from outside: what it has to do is given to it at its start.
#[derive(Debug)]
pub struct UringThread {
    // Above the thread: closing the channel is what ends it.
    _end: Sender<Infallible>,
    _thread: LoopThread,
}

impl UringThread {
    /// Starts the runtime in a thread called `name`, with the future that `make` makes there as its first task.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of io_uring, which containers often forbid.
    pub fn start<F>(name: &str, make: impl FnOnce() -> F + Send + 'static) -> io::Result<Self>
    where
        F: Future<Output: 'static> + 'static,
    {
        let (end, ended) = channel::bounded::<Infallible>(1);
        let (tell, told) = mpsc::channel();
        let thread = LoopThread::start(name, move || {
            let mut runtime = match RuntimeBuilder::<IoUringDriver>::new().build() {
                Ok(runtime) => runtime,
                Err(refused) => return tell.send(Err(refused)).expect("the starter waits"),
            };
            tell.send(Ok(())).expect("the starter waits");
            let Err(RecvError) = runtime.block_on(async move {
                drop(::monoio::spawn(make()));
                ended.recv().await
            });
        })?;
        told.recv().expect("the thread tells before it ends")?;
        Ok(Self {
            _end: end,
            _thread: thread,
        })
    }
}

/// Finds out whether this process may use io_uring.
///
/// # Errors
///
/// Returns the system's refusal.
pub fn probe() -> io::Result<()> {
    RuntimeBuilder::<IoUringDriver>::new().build().map(drop)
}
