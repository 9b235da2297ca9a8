//! Asking whether the other end is still there.

use std::io;
use std::net;
use std::time::Duration;

use rustix::net::sockopt::{set_socket_keepalive, socket_keepalive};

#[cfg(not(target_os = "openbsd"))]
mod times;
#[cfg(target_os = "openbsd")]
#[path = "keep_alive/no_times.rs"]
mod times;

/// When the system asks the other end of an idle connection whether it is still there.
///
/// Times are in whole seconds, rounded up, at least one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepAlive {
    idle: Duration,
    interval: Option<Duration>,
    probes: Option<u32>,
}

impl KeepAlive {
    /// Asks when nothing has come for `idle`. The rest is as the system has it.
    #[must_use]
    pub const fn after(idle: Duration) -> Self {
        Self {
            idle,
            interval: None,
            probes: None,
        }
    }

    /// Sets the time between one question without an answer and the next.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets how many questions without an answer end the connection.
    #[must_use]
    pub const fn probes(mut self, probes: u32) -> Self {
        self.probes = Some(probes);
        self
    }

    /// Returns how long a connection is idle before the first question.
    #[must_use]
    pub const fn idle(&self) -> Duration {
        self.idle
    }
}

pub(super) fn set(stream: &net::TcpStream, keep_alive: Option<KeepAlive>) -> io::Result<()> {
    if let Some(keep_alive) = keep_alive {
        times::set(stream, &keep_alive)?;
    }
    Ok(set_socket_keepalive(stream, keep_alive.is_some())?)
}

pub(super) fn get(stream: &net::TcpStream) -> io::Result<Option<KeepAlive>> {
    if socket_keepalive(stream)? {
        times::get(stream).map(Some)
    } else {
        Ok(None)
    }
}
