//! Sockets on 127.0.0.1: TCP and UDP, between tasks of one reactor and against threads that use the standard library.

mod fairness;
mod io;
mod stale;
mod tcp;
mod udp;
