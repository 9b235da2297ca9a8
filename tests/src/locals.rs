//! Thread locals whose destructors take as long as a test wants.

use std::cell::RefCell;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::Duration;

use crate::LONG;

/// A value whose destructor waits until its [`Gate`] is opened.
#[derive(Debug)]
pub struct SlowLocal {
    tell: Sender<()>,
    opened: Receiver<()>,
}

/// What a [`SlowLocal`] waits for. It is opened by being dropped.
#[derive(Debug)]
pub struct Gate {
    told: Receiver<()>,
    _open: Sender<()>,
}

thread_local! {
    static KEPT: RefCell<Vec<SlowLocal>> = const { RefCell::new(Vec::new()) };
}

/// Makes a value that is to become a thread's local, and what its destructor waits for.
#[must_use]
pub fn slow_local() -> (SlowLocal, Gate) {
    let (tell, told) = mpsc::channel();
    let (open, opened) = mpsc::channel();
    (SlowLocal { tell, opened }, Gate { told, _open: open })
}

/// How long a destructor waits for a gate that is not opened: what waits for the destructor then fails, and does not
/// hang.
const PATIENCE: Duration = Duration::from_secs(20);

impl SlowLocal {
    /// Makes this a local of the calling thread.
    pub fn keep(self) {
        KEPT.with_borrow_mut(|kept| kept.push(self));
    }
}

impl Drop for SlowLocal {
    fn drop(&mut self) {
        // An error says that the gate is open.
        if let Ok(()) = self.tell.send(()) {
            let opened = self.opened.recv_timeout(PATIENCE);
            assert_ne!(opened, Ok(()), "nothing is sent");
        }
    }
}

impl Gate {
    /// Waits until the destructor has begun.
    ///
    /// # Panics
    ///
    /// When it does not, or another call has seen it begin.
    pub fn wait_until_reached(&self) {
        self.told.recv_timeout(LONG).expect("the destructor begins");
    }

    /// Tells whether the destructor has ended, after it has been seen to begin.
    ///
    /// # Panics
    ///
    /// When it has not been seen.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        match self.told.try_recv() {
            Ok(()) => panic!("it has begun"),
            Err(TryRecvError::Empty) => false,
            Err(TryRecvError::Disconnected) => true,
        }
    }

    /// Opens the gate, and waits until the destructor has ended.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn pass(self) {
        let Self { told, _open } = self;
        drop(_open);
        let ended = told.recv_timeout(LONG);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected));
    }
}
