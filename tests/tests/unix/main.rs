//! Unix sockets, on every back end.
#![cfg(unix)]

mod bind;
mod datagram;
mod fds;
mod peers;
mod stream;
