//! Keep-alive questions on systems where every connection has the same times.

use std::io;
use std::net;

use super::KeepAlive;

pub(super) fn set(_stream: &net::TcpStream, _keep_alive: &KeepAlive) -> io::Result<()> {
    Err(unsupported())
}

pub(super) fn get(_stream: &net::TcpStream) -> io::Result<KeepAlive> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this system has no keep-alive times of single connections",
    )
}
