//! Sockets for code that runs on a reactor.
//!
//! They belong to the reactor whose thread made them, and cannot be sent to other threads. Reads
//! and writes are futures, or the traits of `futures-io`; dropping such a future gives up the
//! operation and leaves the socket as it was.

mod accept;
mod byte_stream;
mod socket;
mod tcp;
mod udp;
#[cfg(unix)]
pub mod unix;
mod write_buffer;

pub use tcp::{
    Attempt, Connect, ConnectError, KeepAlive, Listen, TcpListener, TcpReader, TcpStream, TcpWriter,
};
pub use udp::UdpSocket;
pub use write_buffer::{Closing, Ready, WriteBuffer, WriteError};
