//! Several addresses of one host, of which the first to answer wins (RFC 8305).

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::connect::Connect;
use super::stream::TcpStream;
use crate::deadline::Deadline;
use crate::sleep::{Sleep, sleep, timeout};

/// What came of connecting to one address.
#[derive(Debug)]
pub struct Attempt {
    addr: SocketAddr,
    error: io::Error,
}

impl Attempt {
    /// Returns the address.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns why there is no connection.
    #[must_use]
    pub const fn error(&self) -> &io::Error {
        &self.error
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.addr, self.error)
    }
}

/// The future of the first connection that is made, or of all that failed.
pub(super) struct Race {
    connect: Connect,
    waiting: VecDeque<SocketAddr>,
    running: Vec<Runner>,
    order: Order,
    failed: Vec<Attempt>,
    /// When the next one begins, if none has failed by then.
    next: Option<Sleep>,
}

/// In which order addresses are tried.
#[derive(Debug)]
pub(super) enum Order {
    /// The next one also when the one before has not answered for a while.
    Overlapping,
    /// The next one when the one before has failed or been given up. If there is a deadline, each
    /// has an equal part of what is left until then.
    OneAfterTheOther(Option<Deadline>),
}

struct Runner {
    addr: SocketAddr,
    connecting: Connecting,
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>;

impl Race {
    /// Makes a race between these addresses, if there are any.
    pub(super) fn new(connect: Connect, addrs: Vec<SocketAddr>) -> Option<Self> {
        let first = addrs.first()?.is_ipv4();
        let (same, other) = addrs.iter().partition(|addr| addr.is_ipv4() == first);
        Some(Self {
            order: connect.order(),
            connect,
            waiting: in_turn(same, other),
            running: Vec::new(),
            failed: Vec::new(),
            next: None,
        })
    }

    /// Returns what has come of the addresses that have been tried.
    pub(super) fn give_up(mut self) -> Vec<Attempt> {
        for runner in std::mem::take(&mut self.running) {
            self.failed.push(Attempt {
                addr: runner.addr,
                error: io::ErrorKind::TimedOut.into(),
            });
        }
        self.failed
    }

    fn begin(&mut self, addr: SocketAddr) {
        match self.connect.begin(addr) {
            Ok(begun) => {
                let connecting = self.limited(begun);
                self.running.push(Runner { addr, connecting });
                self.next = match self.order {
                    Order::Overlapping => Some(sleep(self.connect.delay())),
                    Order::OneAfterTheOther(_) => None,
                };
            }
            Err(error) => self.failed.push(Attempt { addr, error }),
        }
    }

    /// Gives a connection that was begun the time that it has.
    fn limited(&self, begun: TcpStream) -> Connecting {
        let Order::OneAfterTheOther(Some(end)) = &self.order else {
            return Box::pin(begun.made());
        };
        match u32::try_from(self.waiting.len()) {
            // The last one has all that is left.
            Ok(0) => Box::pin(begun.made()),
            waiting => {
                let parts = waiting.unwrap_or(u32::MAX).saturating_add(1);
                let part = end.left() / parts;
                Box::pin(async move { timeout(part, begun.made()).await? })
            }
        }
    }

    /// Tells whether the next address has to wait for one that is being tried.
    fn is_busy(&self) -> bool {
        match self.order {
            Order::Overlapping => false,
            Order::OneAfterTheOther(_) => !self.running.is_empty(),
        }
    }

    /// Returns a connection that has been made.
    fn poll_running(&mut self, cx: &mut Context<'_>) -> Option<TcpStream> {
        let mut index = 0;
        while let Some(runner) = self.running.get_mut(index) {
            match runner.connecting.as_mut().poll(cx) {
                Poll::Ready(Ok(stream)) => return Some(stream),
                Poll::Ready(Err(error)) => {
                    let addr = self.running.remove(index).addr;
                    self.failed.push(Attempt { addr, error });
                    // The next one need not wait for its time.
                    self.next = None;
                }
                Poll::Pending => index += 1,
            }
        }
        None
    }
}

/// Lists the addresses of two families in turn.
fn in_turn(first: Vec<SocketAddr>, second: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let mut all = VecDeque::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

impl Future for Race {
    type Output = Result<TcpStream, Vec<Attempt>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            if let Some(stream) = this.poll_running(cx) {
                return Poll::Ready(Ok(stream));
            }
            if let Some(next) = &mut this.next {
                if Pin::new(next).poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.next = None;
            }
            if this.is_busy() {
                return Poll::Pending;
            }
            match this.waiting.pop_front() {
                Some(addr) => this.begin(addr),
                None if this.running.is_empty() => {
                    return Poll::Ready(Err(std::mem::take(&mut this.failed)));
                }
                None => return Poll::Pending,
            }
        }
    }
}
