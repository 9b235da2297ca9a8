//! calloop: a loop of callbacks that a thread of its own runs.

use std::io;
use std::sync::mpsc;

use ::calloop::channel::{self, Event, Sender};
use ::calloop::{EventLoop, LoopSignal};

use crate::threads::loop_thread::LoopThread;

/// A loop that calls a function with whatever comes through its channel, until this is dropped.
pub struct CallbackThread<T> {
    // Above the thread: closing the channel is what ends it.
    sender: Sender<T>,
    _thread: LoopThread,
}

impl<T: Send + 'static> CallbackThread<T> {
    /// Starts the loop in a thread called `name`.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a thread or of what a loop needs.
    pub fn start(name: &str, call: impl FnMut(T) + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = channel::channel();
        let (tell, told) = mpsc::channel();
        let thread = LoopThread::start(name, move || {
            let mut events = match connected(receiver, call) {
                Ok(events) => events,
                Err(refused) => return tell.send(Err(refused)).expect("the starter waits"),
            };
            tell.send(Ok(())).expect("the starter waits");
            let mut signal = events.get_signal();
            events
                .run(None, &mut signal, |_| {})
                .expect("the poller of a running system works");
        })?;
        told.recv().expect("the thread tells before it ends")?;
        Ok(Self {
            sender,
            _thread: thread,
        })
    }

    /// Returns the handle that the function's arguments are sent with.
    pub fn sender(&self) -> &Sender<T> {
        &self.sender
    }
}

fn connected<T: 'static>(
    receiver: channel::Channel<T>,
    mut call: impl FnMut(T) + 'static,
) -> io::Result<EventLoop<'static, LoopSignal>> {
    let events = EventLoop::<LoopSignal>::try_new().map_err(io::Error::other)?;
    events
        .handle()
        .insert_source(receiver, move |event, (), signal| match event {
            Event::Msg(argument) => call(argument),
            Event::Closed => signal.stop(),
        })
        .map_err(|refused| io::Error::other(refused.error))?;
    Ok(events)
}
