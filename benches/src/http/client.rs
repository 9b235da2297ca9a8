//! Who asks.

use core::net::SocketAddr;

use crate::args::{Effort, Options};
use crate::contest::Failure;
use crate::http::answer::Asked;
use crate::http::wrk;
use crate::server::Server;
use crate::server::load::Load;

/// A way to make requests, each of which follows the answer to the one before it on the same connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// The program, which makes its connections and then as many requests as it can in a second.
    Wrk,
    /// This process, which makes this many on connections that it has.
    Own(usize),
}

impl Client {
    /// Chooses wrk, where it is installed and a turn may last a second.
    pub fn find(options: &Options) -> Self {
        match options.effort {
            Effort::Full if wrk::is_installed() => Self::Wrk,
            _ => Self::Own(options.scaled(REQUESTS)),
        }
    }

    /// Returns what titles call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wrk => "wrk",
            Self::Own(_) => "the suite's own client",
        }
    }

    /// Prepares to ask `server` over `connections` connections.
    ///
    /// # Errors
    ///
    /// Returns the system's refusal, or that the server does not accept.
    pub fn connect(self, server: &Server, connections: usize) -> Result<Asking, Failure> {
        match self {
            Self::Wrk => Ok(Asking::Wrk {
                address: server.address(),
                connections,
            }),
            Self::Own(requests) => {
                let mut load = Load::connect(server.address(), connections, server.gauge())?;
                // Every connection once, before anything is measured.
                load.exchange(connections)?;
                let requests = requests.max(connections);
                Ok(Asking::Own { load, requests })
            }
        }
    }
}

const REQUESTS: usize = 50_000;

/// A client that is about to ask.
pub enum Asking {
    /// wrk, which connects by itself.
    Wrk {
        address: SocketAddr,
        connections: usize,
    },
    /// Connections of this process.
    Own { load: Load<Asked>, requests: usize },
}

impl Asking {
    /// Makes the requests, and returns how many were answered.
    ///
    /// # Errors
    ///
    /// Returns what went wrong with one of them.
    pub fn exchange(&mut self) -> Result<usize, Failure> {
        match self {
            Self::Wrk {
                address,
                connections,
            } => wrk::exchange(*address, *connections),
            Self::Own { load, requests } => {
                load.exchange(*requests)?;
                Ok(*requests)
            }
        }
    }
}
