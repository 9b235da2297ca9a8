//! The times of keep-alive questions.

use std::io;
use std::net;
use std::time::Duration;

use rustix::net::sockopt::{
    set_tcp_keepcnt, set_tcp_keepidle, set_tcp_keepintvl, tcp_keepcnt, tcp_keepidle, tcp_keepintvl,
};

use super::KeepAlive;

pub(super) fn set(stream: &net::TcpStream, keep_alive: &KeepAlive) -> io::Result<()> {
    set_tcp_keepidle(stream, whole_seconds(keep_alive.idle))?;
    if let Some(interval) = keep_alive.interval {
        set_tcp_keepintvl(stream, whole_seconds(interval))?;
    }
    if let Some(probes) = keep_alive.probes {
        set_tcp_keepcnt(stream, probes)?;
    }
    Ok(())
}

pub(super) fn get(stream: &net::TcpStream) -> io::Result<KeepAlive> {
    Ok(KeepAlive {
        idle: tcp_keepidle(stream)?,
        interval: Some(tcp_keepintvl(stream)?),
        probes: Some(tcp_keepcnt(stream)?),
    })
}

/// Rounds up to what the system takes: whole seconds, and not none.
fn whole_seconds(time: Duration) -> Duration {
    let more = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs().saturating_add(more).max(1))
}
