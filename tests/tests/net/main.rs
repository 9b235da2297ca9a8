//! Sockets on 127.0.0.1 and ::1: TCP and UDP, between tasks of one reactor and against threads that use the standard
//! library and other programs; on every back end.

mod connect;
#[cfg(target_os = "linux")]
mod defaults;
mod ends;
mod fairness;
mod foreign;
#[cfg(unix)]
mod foreign_reactor;
#[cfg(unix)]
mod frames;
mod io;
mod listen;
mod multicast;
mod poller;
#[cfg(target_os = "linux")]
mod short_reads;
mod stale;
mod tcp;
mod udp;
mod write_buffer;
