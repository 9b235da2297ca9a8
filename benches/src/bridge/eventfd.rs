//! The floor for an event loop: an eventfd into its poll, a futex back.

use alloc::sync::Arc;
use std::io;
use std::os::fd::OwnedFd;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

use crate::bridge::contestant::{CallError, Contestant, PATIENCE};
use crate::bridge::mailbox::Mailbox;
use crate::threads::loop_thread::LoopThread;

/// A thread that sleeps in `epoll_wait`, as a loop with sockets has to, with no queue, no task and no allocation.
#[derive(Debug)]
pub struct Eventfd {
    shared: Arc<Shared>,
    answers_seen: u32,
    _thread: LoopThread,
}

#[derive(Debug)]
struct Shared {
    request: Mailbox,
    answer: Mailbox,
    epoll: OwnedFd,
    event: OwnedFd,
}

impl Eventfd {
    /// What the table calls it.
    pub const NAME: &'static str = "floor: eventfd, futex";

    /// Starts the answering thread.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal of a descriptor or a thread.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared::open()?);
        let peer = Arc::clone(&shared);
        let thread = LoopThread::start("eventfd-floor", move || {
            peer.answer_all().expect("the descriptors are open");
        })?;
        Ok(Self {
            shared,
            answers_seen: 0,
            _thread: thread,
        })
    }
}

impl Contestant for Eventfd {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn call(&mut self, operand: u64) -> Result<u64, CallError> {
        self.shared.request.post(operand);
        self.shared.notify()?;
        match self
            .shared
            .answer
            .take(&mut self.answers_seen, Some(PATIENCE))
        {
            Err(Errno::TIMEDOUT) => Err(CallError::TimedOut),
            taken => Ok(taken?),
        }
    }
}

impl Drop for Eventfd {
    fn drop(&mut self) {
        self.shared.request.post(END);
        self.shared.notify().expect("the eventfd is open");
    }
}

impl Shared {
    fn open() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Edge-triggered, so the counter need never be read: one system call less for each wake-up.
        epoll::add(
            &epoll,
            &event,
            EventData::new_u64(0),
            EventFlags::IN | EventFlags::ET,
        )?;
        Ok(Self {
            request: Mailbox::default(),
            answer: Mailbox::default(),
            epoll,
            event,
        })
    }

    fn notify(&self) -> Result<(), Errno> {
        rustix::io::write(&self.event, &1_u64.to_ne_bytes())?;
        Ok(())
    }

    fn answer_all(&self) -> Result<(), Errno> {
        let mut seen = 0;
        let mut events = [Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        }];
        loop {
            match epoll::wait(&self.epoll, &mut events, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
            match self.request.poll(&mut seen) {
                Some(END) => return Ok(()),
                Some(operand) => {
                    self.answer.post(operand + 1);
                    self.answer.wake()?;
                }
                None => {}
            }
        }
    }
}

/// The operand that ends the thread; it has no successor to answer with.
const END: u64 = u64::MAX;
