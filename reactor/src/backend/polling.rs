//! The poller of the crate `polling`.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use polling::{Events, PollMode};
use rustix::fd::BorrowedFd;

use super::{Backend, EVENTS, Event, Interest, Parts, Poller, Sources, Trigger, Waker};

/// Opens a poller.
pub(super) fn open() -> io::Result<Parts> {
    let poller = polling::Poller::new()?;
    let capacity = NonZeroUsize::new(EVENTS).expect("one wait takes events in");
    let mode = if poller.supports_edge() {
        PollMode::Edge
    } else {
        PollMode::Oneshot
    };
    let shared = Arc::new(Shared { poller, mode });
    Ok(Parts {
        poller: Box::new(PollingPoller {
            shared: Arc::clone(&shared),
            events: Events::with_capacity(capacity),
            may_have_more: false,
        }),
        sources: Box::new(Arc::clone(&shared)),
        waker: Box::new(shared),
    })
}

/// How many events of the poller's own, its notification and its timer, may be among those that a wait has
/// taken in, without being told.
const UNTOLD: usize = 2;

#[derive(Debug)]
struct PollingPoller {
    shared: Arc<Shared>,
    events: Events,
    may_have_more: bool,
}

/// A forked child does not drop this, because it forgets the reactor: dropping the poller would take
/// its waker out of the set of sources, which the child shares with its parent.
#[derive(Debug)]
struct Shared {
    poller: polling::Poller,
    mode: PollMode,
}

impl Poller for PollingPoller {
    fn backend(&self) -> Backend {
        Backend::Polling
    }

    fn wait(&mut self, timeout: Option<Duration>, handle: &mut dyn FnMut(Event)) -> io::Result<()> {
        self.events.clear();
        // Unless it ends well, nobody knows.
        self.may_have_more = true;
        let told = self.shared.poller.wait(&mut self.events, timeout)?;
        for event in self.events.iter() {
            let broken = event.is_err().unwrap_or(false) || event.is_interrupt();
            handle(Event {
                token: event.key,
                readable: event.readable || broken,
                writable: event.writable || broken,
                // The end of the bytes looks like bytes here.
                is_more: true,
            });
        }
        self.may_have_more = told + UNTOLD >= EVENTS;
        Ok(())
    }

    fn may_have_more(&self) -> bool {
        self.may_have_more
    }

    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly",
        target_vendor = "apple"
    ))]
    fn pollable_fd(&self) -> Option<BorrowedFd<'_>> {
        Some(std::os::fd::AsFd::as_fd(&self.shared.poller))
    }
}

impl Sources for Arc<Shared> {
    fn trigger(&self) -> Trigger {
        match self.mode {
            PollMode::Edge => Trigger::Edge,
            _ => Trigger::Oneshot,
        }
    }

    fn register(&self, source: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()> {
        let event = match self.trigger() {
            Trigger::Edge => event(token, interest),
            Trigger::Oneshot => polling::Event::none(token),
        };
        // SAFETY: `Sources` asks that a source be deregistered before it is closed. The exceptions
        // are a poller that is closed, which watches nothing, and a forked child, which closes
        // copies of its own and never waits in this poller.
        unsafe { self.poller.add_with_mode(&source, event, self.mode) }
    }

    fn arm(&self, source: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()> {
        match self.trigger() {
            Trigger::Edge => Ok(()),
            Trigger::Oneshot => {
                let event = event(token, interest);
                self.poller.modify_with_mode(source, event, self.mode)
            }
        }
    }

    fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        self.poller.delete(source)
    }
}

impl Waker for Arc<Shared> {
    fn wake(&self) -> io::Result<()> {
        self.poller.notify()
    }
}

fn event(token: usize, interest: Interest) -> polling::Event {
    match interest {
        Interest::Read => polling::Event::readable(token),
        Interest::Write => polling::Event::writable(token),
        Interest::Both => polling::Event::all(token),
    }
}
