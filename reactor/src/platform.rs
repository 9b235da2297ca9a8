//! How a reactor sleeps, and hears of events.

use std::io;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::sync::RwLock;

use crochet_core::driver::{Clock, Park, Until};
use crochet_core::time::Tick;

use crate::backend::Backend;
use crate::context::{Context, TimeSource};
use crate::registry::Registry;
use crate::remote::Remote;
use crate::shared::Bell;
use crate::timeline::LoopEnd;

mod pace;
mod poller;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod timerfd;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "platform/no_timerfd.rs"]
mod timerfd;

use poller::SystemPoller;

/// What is under a reactor: the operating system, or a test.
#[derive(Debug)]
pub(crate) enum Platform {
    /// The system's poller, through one of the back ends.
    System(SystemPoller),
    /// Virtual time: there are no sockets.
    Virtual(LoopEnd),
    /// A loom model.
    #[cfg(crochet_loom)]
    Model(std::sync::Arc<crate::model::Signal>),
}

impl Platform {
    /// Opens the system's poller.
    pub(crate) fn system(backend: Backend) -> io::Result<(Self, Bell, Registry)> {
        let (poller, waker, registry) = SystemPoller::open(backend)?;
        Ok((
            Self::System(poller),
            Bell::Poller(RwLock::new(Some(waker))),
            registry,
        ))
    }

    /// Returns the back end of the system's poller, if there is one.
    pub(crate) fn backend(&self) -> Option<Backend> {
        match self {
            Self::System(poller) => Some(poller.backend()),
            Self::Virtual(_) => None,
            #[cfg(crochet_loom)]
            Self::Model(_) => None,
        }
    }

    /// Tells whether there may be events that the last look has left, and nothing else tells of.
    pub(crate) fn may_have_events(&self) -> bool {
        match self {
            Self::System(poller) => poller.may_have_events(),
            Self::Virtual(_) => false,
            #[cfg(crochet_loom)]
            Self::Model(_) => false,
        }
    }

    /// Returns what is readable when there are events, if there is such a thing.
    #[cfg(unix)]
    pub(crate) fn pollable_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::System(poller) => poller.pollable_fd(),
            Self::Virtual(_) => None,
            #[cfg(crochet_loom)]
            Self::Model(_) => None,
        }
    }

    /// Borrows the platform together with the loop's state, for one turn.
    pub(crate) fn with<'a>(&'a mut self, context: &'a Context) -> Parking<'a> {
        Parking {
            platform: self,
            context,
        }
    }
}

/// A platform with the state that its events go to.
pub(crate) struct Parking<'a> {
    platform: &'a mut Platform,
    context: &'a Context,
}

impl Park for Parking<'_> {
    type Error = io::Error;

    fn park(&mut self, until: Until) -> io::Result<()> {
        if self.context.scheduler.shared().is_forked() {
            // Looking at events would take them from the parent, whose poller it is.
            return Err(io::Error::other("the poller is the parent's"));
        }
        match self.platform {
            Platform::System(_) if until == Until::Now && self.context.idle.saves_a_look() => {
                Ok(())
            }
            Platform::System(poller) => poller.park(until, self.context),
            Platform::Virtual(time) => {
                let remote = Remote::new(self.context.scheduler.clone());
                time.park(until, &remote);
                Ok(())
            }
            #[cfg(crochet_loom)]
            Platform::Model(signal) => signal.park(until),
        }
    }
}

impl Clock for Parking<'_> {
    fn now(&self) -> Tick {
        TimeSource::now(&self.context.time)
    }
}
