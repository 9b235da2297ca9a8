//! Servers, each in a thread of its own, for whatever a suite has them serve.

pub mod crochet;
pub mod gauge;
pub mod limit;
pub mod load;
pub mod mio;
pub mod monoio;
pub mod smol;
pub mod tokio;

use alloc::sync::Arc;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::io;
use std::net::TcpListener;

use crate::contest::{Failure, Role};
use crate::measure::clock::{process_cpu_time, thread_cpu_time};
use crate::server::gauge::Gauge;

/// A server that ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    gauge: Arc<Gauge>,
    _thread: Box<dyn Send>,
}

/// A server that takes part in a suite.
#[derive(Clone, Copy)]
pub struct Entrant {
    /// The name that the table shows.
    pub name: &'static str,
    /// What it is compared as.
    pub role: Role,
    /// What starts it.
    pub start: Start,
}

/// What starts a server.
pub type Start = fn() -> Result<Server, Failure>;

impl Server {
    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the count of its connections.
    pub fn gauge(&self) -> &Gauge {
        &self.gauge
    }
}

/// Returns the processor time of all threads but the calling one, which is the client or waits for it: those of servers
/// whose turn it is not are parked, and a library's helper threads count as parts of its server.
pub fn server_cpu_time() -> Duration {
    // In this order: the other way round the client's time between the two would be the server's.
    let client = thread_cpu_time();
    process_cpu_time().saturating_sub(client)
}

/// Listens on any port of this machine alone.
fn listen() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
