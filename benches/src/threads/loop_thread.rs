//! A contestant's thread.

use std::io;
use std::panic;
use std::thread::{self, JoinHandle};

/// A thread that is joined when this is dropped.
///
/// The owner has to tell the thread to end first: with a field declared above this one, or in its own `drop`.
#[derive(Debug)]
pub struct LoopThread(Option<JoinHandle<()>>);

impl LoopThread {
    /// Starts a thread called `name`, which inherits the caller's processors.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal.
    pub fn start(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(body)?;
        Ok(Self(Some(thread)))
    }
}

impl Drop for LoopThread {
    fn drop(&mut self) {
        let Some(thread) = self.0.take() else { return };
        if let Err(payload) = thread.join() {
            // A second panic would abort before the first has been told.
            if !thread::panicking() {
                panic::resume_unwind(payload);
            }
        }
    }
}
