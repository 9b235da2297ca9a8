//! What hickory wants of a runtime: tasks, timers and sockets, so that hickory's resolver runs on the
//! reactor.
//!
//! [`HickoryRuntime`] is a [`RuntimeProvider`](hickory_proto::runtime::RuntimeProvider) of
//! hickory 0.25, whose resolver asks name servers over UDP and TCP, caches what they answer, follows
//! aliases, tries other servers, and reads the system's settings, unchanged:
//!
//! ```
//! use crochet_reactor::Reactor;
//! use crochet_reactor::hickory::HickoryRuntime;
//! use hickory_resolver::Resolver;
//! use hickory_resolver::config::ResolverConfig;
//! use hickory_resolver::name_server::GenericConnector;
//!
//! let mut reactor = Reactor::new()?;
//! let addresses = reactor.block_on(async {
//!     let connector = GenericConnector::new(HickoryRuntime);
//!     let resolver = Resolver::builder_with_config(ResolverConfig::quad9(), connector).build();
//!     // A name that no server is asked for.
//!     let looked_up = resolver.lookup_ip("localhost.").await?;
//!     Ok::<Vec<_>, hickory_resolver::ResolveError>(looked_up.iter().collect())
//! })??;
//! assert!(addresses.iter().all(|address| address.is_loopback()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The resolver has a task for each server that it has talked to, and leaves a TCP connection open for the
//! next question. Both end when the resolver and the look-ups that it has begun have been dropped, or when
//! the reactor stops. Dropping a look-up closes its UDP socket and takes its timers back at once.
//!
//! # Threads
//!
//! hickory demands of all this that it is `Send` and `Sync`, which sockets and timers of a reactor are not.
//! These are only names of what the reactor has. They may be moved to other threads and dropped there: the
//! reactor then closes the socket in one of its next turns, or when it stops. Whoever uses one elsewhere
//! than on the reactor that it was made on gets a panic; so a look-up is awaited on one reactor from its beginning
//! to its end, and each reactor has a resolver of its own. When it has stopped, and runs again, the resolver
//! connects anew.
//!
//! # What does not run on it
//!
//! hickory's TLS, HTTPS, QUIC and HTTP/3 are written for tokio's timers and panic without its runtime: leave
//! those of its features switched off. This crate needs neither hickory's feature `tokio` nor its `system-config`.

mod runtime;
mod tcp;
mod time;
mod udp;

pub use runtime::{HickoryExecutor, HickoryRuntime};
pub use tcp::HickoryTcpStream;
pub use time::HickoryTime;
pub use udp::HickoryUdpSocket;
