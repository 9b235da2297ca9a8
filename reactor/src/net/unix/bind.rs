//! Giving sockets names.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::SocketAddr;
use std::path::{self, Path};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::super::{Listen, socket};
use super::address::to_system;
use super::datagram::UnixDatagram;
use super::listener::UnixListener;
use super::lock::Lock;
use super::named::{AtEnd, Named};
use crate::caught;

/// Settings of a Unix socket that gets a name.
///
/// A path is made by binding, and must not be there before. It is removed when the socket is
/// dropped, as by Twisted's ports, unless something else has taken its place since; a process that
/// was forked from this one removes nothing.
///
/// ```
/// use crochet_reactor::Reactor;
/// use crochet_reactor::net::unix::Bind;
///
/// let mut reactor = Reactor::new()?;
/// let path = std::env::temp_dir().join(format!("crochet-example-{}", std::process::id()));
/// reactor.block_on(async move {
///     let listener = Bind::new().mode(0o600).replace_stale().listen(&path)?;
///     assert!(path.exists());
///     drop(listener);
///     assert!(!path.exists());
///     Ok::<_, std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing by themselves"]
pub struct Bind {
    backlog: u32,
    mode: Option<u32>,
    stale: Stale,
    at_end: AtEnd,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stale {
    Refuse,
    Replace,
}

impl Bind {
    /// Returns the default settings, to be changed.
    pub const fn new() -> Self {
        Self {
            backlog: Listen::BACKLOG,
            mode: None,
            stale: Stale::Refuse,
            at_end: AtEnd::Remove,
        }
    }

    /// Sets how many connections may wait to be taken: [`Listen::BACKLOG`] by default; the system
    /// has a limit of its own.
    pub const fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Sets the permissions of the path, whatever the process's mask is: who may write to it may
    /// connect or send.
    ///
    /// Nobody can connect before they are set. On Linux the path never has any other permission;
    /// elsewhere a datagram may be sent to it in the very moment. A symbolic link that takes the
    /// path's place in that moment is not followed. Permissions that the process's mask takes away
    /// need `/proc` there to be given back.
    pub const fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Removes a path that is the socket of a process that has ended.
    ///
    /// A lock tells sockets that live from stale ones: on a file beside the path, whose name has
    /// `.lock` at its end, and which is there as long as the socket is. Sockets that were made
    /// without this are asked whether they live.
    pub const fn replace_stale(mut self) -> Self {
        self.stale = Stale::Replace;
        self
    }

    /// Leaves the path there when the socket is dropped.
    pub const fn keep_path(mut self) -> Self {
        self.at_end = AtEnd::Keep;
        self
    }

    /// Listens on a path.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) when there is such a path, which was not to be
    /// replaced or is in use; [`InvalidInput`](io::ErrorKind::InvalidInput) when it is longer than
    /// the system allows, about 100 bytes; otherwise whatever the system reports; not being on a
    /// reactor.
    pub fn listen(&self, path: impl AsRef<Path>) -> io::Result<UnixListener> {
        let (socket, named) = self.bind(path.as_ref(), SocketType::STREAM)?;
        self.listen_on(socket, Some(named))
    }

    /// Listens on a name. If it is a path, as [`listen`](Self::listen).
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen).
    pub fn listen_addr(&self, addr: &SocketAddr) -> io::Result<UnixListener> {
        match addr.as_pathname() {
            Some(path) => self.listen(path),
            None => self.listen_on(bind_without_path(addr, SocketType::STREAM)?, None),
        }
    }

    fn listen_on(&self, socket: OwnedFd, named: Option<Named>) -> io::Result<UnixListener> {
        rustix::net::listen(&socket, self.backlog.try_into().unwrap_or(i32::MAX))?;
        UnixListener::from_nonblocking(socket.into(), named)
    }

    /// Makes a socket for datagrams to a path.
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen).
    pub fn datagram(&self, path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        let (socket, named) = self.bind(path.as_ref(), SocketType::DGRAM)?;
        UnixDatagram::from_nonblocking(socket.into(), Some(named))
    }

    /// Makes a socket for datagrams to a name. If it is a path, as [`datagram`](Self::datagram).
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen).
    pub fn datagram_addr(&self, addr: &SocketAddr) -> io::Result<UnixDatagram> {
        match addr.as_pathname() {
            Some(path) => self.datagram(path),
            None => {
                let socket = bind_without_path(addr, SocketType::DGRAM)?;
                UnixDatagram::from_nonblocking(socket.into(), None)
            }
        }
    }

    fn bind(&self, path: &Path, kind: SocketType) -> io::Result<(OwnedFd, Named)> {
        let addr = SocketAddrUnix::new(path)?;
        // To be found again if the process goes to another directory. Binding takes the path as it
        // was given, because there is little room for it.
        let absolute = path::absolute(path)?;
        let lock = match self.stale {
            Stale::Refuse => None,
            Stale::Replace => {
                let lock = Lock::take(&absolute)?;
                remove_stale(path, &addr, kind)?;
                Some(lock)
            }
        };
        let socket = socket::open(AddressFamily::UNIX, kind)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(mode) = self.mode {
            // The path will have what the mask leaves of this.
            rustix::fs::fchmod(&socket, mode.into())?;
        }
        rustix::net::bind(&socket, &addr)?;
        let named = match Named::new(absolute, self.at_end, lock) {
            Ok(named) => named,
            Err(error) => {
                // By the name that it was bound to: the absolute one may be too long.
                remove_bound(path);
                return Err(error);
            }
        };
        if let Some(mode) = self.mode {
            if let Err(error) = named.set_mode(mode) {
                named.remove_anyway();
                return Err(error);
            }
        }
        Ok((socket, named))
    }
}

impl Default for Bind {
    fn default() -> Self {
        Self::new()
    }
}

fn bind_without_path(addr: &SocketAddr, kind: SocketType) -> io::Result<OwnedFd> {
    let addr = to_system(addr)?;
    let socket = socket::open(AddressFamily::UNIX, kind)?;
    rustix::net::bind(&socket, &addr)?;
    Ok(socket)
}

/// Removes the path of a socket that has been bound to it just now.
fn remove_bound(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        caught::contain("the logger", || {
            log::debug!(
                target: "crochet::reactor",
                "the Unix socket's path {path:?} was not removed: {error}",
            );
        });
    }
}

/// Removes a socket that nobody has open.
fn remove_stale(path: &Path, addr: &SocketAddrUnix, kind: SocketType) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let probe = socket::open(AddressFamily::UNIX, kind)?;
    match rustix::net::connect(&probe, addr) {
        Err(Errno::CONNREFUSED) => {}
        // It is of another kind, its queue is full, or not ours to connect to: it lives, or may.
        Ok(()) | Err(_) => return Err(io::ErrorKind::AddrInUse.into()),
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
