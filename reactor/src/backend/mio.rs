//! The poller of the crate `mio`.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Poll, Registry, Token};
use rustix::fd::BorrowedFd;

use super::{Backend, EVENTS, Event, Interest, MAX_TOKEN, Parts, Poller, Sources, Trigger, Waker};

/// The token of the waker.
const WAKER: Token = Token(MAX_TOKEN + 1);

/// Opens a poller.
pub(super) fn open() -> io::Result<Parts> {
    let poll = Poll::new()?;
    let waker = mio::Waker::new(poll.registry(), WAKER)?;
    let sources = poll.registry().try_clone()?;
    let events = Events::with_capacity(EVENTS);
    Ok(Parts {
        poller: Box::new(MioPoller {
            poll,
            events,
            may_have_more: false,
        }),
        sources: Box::new(sources),
        waker: Box::new(waker),
    })
}

#[derive(Debug)]
struct MioPoller {
    poll: Poll,
    events: Events,
    may_have_more: bool,
}

impl Poller for MioPoller {
    fn backend(&self) -> Backend {
        Backend::Mio
    }

    fn wait(&mut self, timeout: Option<Duration>, handle: &mut dyn FnMut(Event)) -> io::Result<()> {
        // Unless it ends well, nobody knows.
        self.may_have_more = true;
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            // A signal. What is left in `events` is of the wait before.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
        let mut taken = 0;
        for event in &self.events {
            taken += 1;
            if event.token() == WAKER {
                continue;
            }
            let broken = event.is_error();
            handle(Event {
                token: event.token().0,
                readable: broken || event.is_readable() || event.is_read_closed(),
                writable: broken || event.is_writable() || event.is_write_closed(),
                is_more: broken || event.is_read_closed() || event.is_priority(),
            });
        }
        self.may_have_more = taken >= EVENTS;
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
        Some(self.poll.registry().as_fd())
    }
}

impl Sources for Registry {
    fn trigger(&self) -> Trigger {
        Trigger::Edge
    }

    fn register(&self, source: BorrowedFd<'_>, token: usize, interest: Interest) -> io::Result<()> {
        Registry::register(
            self,
            &mut SourceFd(&source.as_raw_fd()),
            Token(token),
            interest.into(),
        )
    }

    fn arm(&self, _: BorrowedFd<'_>, _: usize, _: Interest) -> io::Result<()> {
        // Edge-triggered registrations stay armed.
        Ok(())
    }

    fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        Registry::deregister(self, &mut SourceFd(&source.as_raw_fd()))
    }
}

impl Waker for mio::Waker {
    fn wake(&self) -> io::Result<()> {
        mio::Waker::wake(self)
    }
}

impl From<Interest> for mio::Interest {
    fn from(interest: Interest) -> Self {
        let readable = Self::READABLE;
        // Reads stop short of urgent data, as if there were nothing behind it.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let readable = readable | Self::PRIORITY;
        match interest {
            Interest::Read => readable,
            Interest::Write => Self::WRITABLE,
            Interest::Both => readable | Self::WRITABLE,
        }
    }
}
