//! Unix sockets: between processes of one machine, by names in the file system, or abstract ones on
//! Linux.
//!
//! [`UnixStream`]s are connections, which a [`UnixListener`] takes, [`UnixDatagram`]s carry single
//! messages. Over both, [file descriptors](UnixStream::send_with_fds) can be passed to another
//! process, and the other end's process and user can be [told](UnixStream::peer_credentials).
//!
//! Names are paths, or a [`SocketAddr`] for the others:
//!
//! ```
//! # #[cfg(target_os = "linux")] {
//! use std::os::linux::net::SocketAddrExt;
//!
//! use crochet_reactor::Reactor;
//! use crochet_reactor::net::unix::{Bind, SocketAddr, UnixStream};
//!
//! let mut reactor = Reactor::new()?;
//! reactor.block_on(async {
//!     let name = format!("crochet example {}", std::process::id());
//!     let name = SocketAddr::from_abstract_name(name)?;
//!     let listener = Bind::new().listen_addr(&name)?;
//!     let near = UnixStream::connect_addr(&name).await?;
//!     let far = listener.accept().await?;
//!     near.write_all(b"hello").await?;
//!     let mut text = [0; 5];
//!     far.read_exact(&mut text).await?;
//!     assert_eq!(&text, b"hello");
//!     Ok::<_, std::io::Error>(())
//! })??;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

mod address;
mod bind;
mod credentials;
mod datagram;
mod fds;
mod listener;
mod lock;
mod named;
mod stream;

pub use std::os::unix::net::SocketAddr;

pub use bind::Bind;
pub use credentials::Credentials;
pub use datagram::UnixDatagram;
pub use fds::{MAX_FDS, PassError};
pub use listener::UnixListener;
pub use stream::UnixStream;

/// How long to wait for room in another socket's queue before looking again. The system does not
/// tell of it.
const PAUSE: Duration = Duration::from_millis(10);
