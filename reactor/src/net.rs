//! Sockets for code that runs on a reactor.
//!
//! They belong to the reactor whose thread made them, and cannot be sent to other threads. Reads
//! and writes are futures, or the traits of `futures-io`; dropping such a future gives up the
//! operation and leaves the socket as it was.

mod tcp;
mod udp;

pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
