//! Making TCP connections.

use std::fmt;
use std::io;
use std::net::{self, IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::SocketType;

use super::super::socket;
use super::keep_alive::{self, KeepAlive};
use super::race::{Attempt, Order, Race};
use super::stream::TcpStream;
use crate::context::{self, NotOnReactor};
use crate::deadline::Deadline;
use crate::pool::defer_to_thread;
use crate::sleep::timeout;

/// Settings of a TCP connection to be made.
///
/// ```
/// use std::time::Duration;
///
/// use crochet_reactor::Reactor;
/// use crochet_reactor::net::{Connect, TcpListener};
///
/// let mut reactor = Reactor::new()?;
/// reactor.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let connect = Connect::new().timeout(Duration::from_secs(5)).nodelay();
///     let stream = connect.to(listener.local_addr()?).await?;
///     assert!(stream.nodelay()?);
///     Ok::<_, std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing by themselves"]
pub struct Connect {
    local: Option<SocketAddr>,
    timeout: Option<Duration>,
    attempt_delay: Duration,
    nodelay: bool,
    keep_alive: Option<KeepAlive>,
}

impl Connect {
    /// How long connecting takes at most, unless another time is set. As Twisted's.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// How long one address has before the next one is tried as well, unless another time is set.
    /// As RFC 8305 recommends.
    pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

    /// Returns the default settings, to be changed.
    pub const fn new() -> Self {
        Self {
            local: None,
            timeout: Some(Self::TIMEOUT),
            attempt_delay: Self::ATTEMPT_DELAY,
            nodelay: false,
            keep_alive: None,
        }
    }

    /// Sets the address of this end; port 0 lets the system choose one. Only addresses of the same
    /// family are connected to.
    ///
    /// Another port is one that only one connection can be begun from: of several addresses, each is
    /// tried when the one before has failed, or has not answered for its part of the
    /// [time](Self::timeout).
    pub const fn local_addr(mut self, addr: SocketAddr) -> Self {
        self.local = Some(addr);
        self
    }

    /// Sets how long connecting takes at most, with looking names up and all attempts.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets connecting take as long as the system gives it, which may be minutes.
    pub const fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Sets how long one address has before the next one is tried as well.
    pub const fn attempt_delay(mut self, delay: Duration) -> Self {
        self.attempt_delay = delay;
        self
    }

    /// Sends small segments at once.
    pub const fn nodelay(mut self) -> Self {
        self.nodelay = true;
        self
    }

    /// Has the system ask the other end from time to time whether it is still there.
    pub const fn keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = Some(keep_alive);
        self
    }

    /// Connects to one address.
    ///
    /// # Errors
    ///
    /// Whatever the system reports: refused, unreachable, reset;
    /// [`TimedOut`](io::ErrorKind::TimedOut); not being on a reactor.
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes the socket.
    pub async fn to(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        // Making the socket needs a reactor, and so does the timer, which would panic.
        let connecting = self.begin(addr)?;
        match self.timeout {
            Some(limit) => timeout(limit, connecting.made()).await?,
            None => connecting.made().await,
        }
    }

    /// Connects to whichever of these addresses answers first.
    ///
    /// They are tried in their order, but IPv4 and IPv6 in turn; the next one when one has failed,
    /// or has not answered for the [delay](Self::attempt_delay). When one has answered, the
    /// others are given up. This is RFC 8305, known as happy eyeballs, for addresses that have
    /// been looked up in any way.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Failed`] and [`ConnectError::TimedOut`] with what each address answered;
    /// [`ConnectError::NoAddress`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes whatever sockets there are.
    pub async fn to_any(&self, addrs: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
        context::current().map_err(ConnectError::NotOnReactor)?;
        let fitting = |addr: &SocketAddr| {
            self.local
                .is_none_or(|local| local.is_ipv4() == addr.is_ipv4())
        };
        let addrs = addrs.iter().copied().filter(fitting).collect();
        let mut race = Race::new(self.clone(), addrs).ok_or(ConnectError::NoAddress)?;
        let ran = match self.timeout {
            Some(limit) => timeout(limit, &mut race).await,
            None => Ok((&mut race).await),
        };
        match ran {
            Ok(ran) => ran.map_err(ConnectError::Failed),
            Err(_elapsed) => Err(ConnectError::TimedOut(race.give_up())),
        }
    }

    /// Connects to the host of this name, or whose address this is.
    ///
    /// The system looks names up, in the reactor's thread pool: the hosts file counts, and a name
    /// server that does not answer keeps a thread of the pool for a while. Then as
    /// [`to_any`](Self::to_any).
    ///
    /// # Errors
    ///
    /// [`ConnectError`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future closes whatever sockets there are. A look-up that has not begun is given
    /// up with it; one that has goes on in its thread.
    pub async fn to_host(&self, name: &str, port: u16) -> Result<TcpStream, ConnectError> {
        context::current().map_err(ConnectError::NotOnReactor)?;
        if let Ok(addr) = name.parse::<IpAddr>() {
            return self.to_any(&[SocketAddr::new(addr, port)]).await;
        }
        let name = String::from(name);
        let look_up = move || {
            (name.as_str(), port)
                .to_socket_addrs()
                .map(Iterator::collect)
        };
        self.to_looked_up(look_up).await
    }

    /// Connects to the addresses that a function returns, which the thread pool calls. The limit is
    /// that of both together.
    async fn to_looked_up<L>(&self, look_up: L) -> Result<TcpStream, ConnectError>
    where
        L: FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
    {
        let looking_up = in_a_thread(look_up);
        let Some(limit) = self.timeout else {
            return self.to_any(&looking_up.await?).await;
        };
        let end = Deadline::after(limit);
        let looked_up = timeout(limit, looking_up).await;
        let addrs = looked_up.map_err(|_elapsed| ConnectError::TimedOut(Vec::new()))??;
        self.clone().timeout(end.left()).to_any(&addrs).await
    }

    /// Begins to connect.
    pub(super) fn begin(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        let stream = net::TcpStream::from(socket::open_for(addr, SocketType::STREAM)?);
        if let Some(local) = self.local {
            rustix::net::bind(&stream, &local)?;
        }
        if self.nodelay {
            stream.set_nodelay(true)?;
        }
        if self.keep_alive.is_some() {
            keep_alive::set(&stream, self.keep_alive)?;
        }
        match retry_on_intr(|| rustix::net::connect(&stream, &addr)) {
            // The last two after a signal, when the call had begun it all the same.
            Ok(()) | Err(Errno::ALREADY | Errno::ISCONN) => {}
            // It goes on by itself.
            Err(Errno::INPROGRESS | Errno::WOULDBLOCK) => {}
            Err(error) => return Err(error.into()),
        }
        TcpStream::from_nonblocking(stream)
    }

    pub(super) fn delay(&self) -> Duration {
        self.attempt_delay
    }

    /// Tells in which order addresses are tried.
    pub(super) fn order(&self) -> Order {
        match self.local {
            Some(local) if local.port() != 0 => {
                Order::OneAfterTheOther(self.timeout.map(Deadline::after))
            }
            _ => Order::Overlapping,
        }
    }
}

impl Default for Connect {
    fn default() -> Self {
        Self::new()
    }
}

/// Calls a function that looks a name up, in the thread pool.
async fn in_a_thread<L>(look_up: L) -> Result<Vec<SocketAddr>, ConnectError>
where
    L: FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
{
    match defer_to_thread(look_up).await {
        Ok(looked_up) => looked_up.map_err(ConnectError::Resolve),
        Err(error) => Err(ConnectError::Resolve(io::Error::other(error))),
    }
}

/// Why there is no connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The calling thread does not run a reactor.
    NotOnReactor(NotOnReactor),
    /// The name could not be looked up.
    Resolve(io::Error),
    /// There is no address to connect to.
    NoAddress,
    /// Every address failed.
    Failed(Vec<Attempt>),
    /// The time was up. Addresses that had failed or not answered by then are listed; without any,
    /// it was the look-up that took too long.
    TimedOut(Vec<Attempt>),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnReactor(error) => error.fmt(f),
            Self::Resolve(error) => write!(f, "the name could not be looked up: {error}"),
            Self::NoAddress => f.write_str("there is no address to connect to"),
            Self::Failed(attempts) => list(f, "no address could be connected to", attempts),
            Self::TimedOut(attempts) if attempts.is_empty() => {
                f.write_str("the name was not looked up in time")
            }
            Self::TimedOut(attempts) => list(f, "no address answered in time", attempts),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, attempts: &[Attempt]) -> fmt::Result {
    f.write_str(what)?;
    for (index, attempt) in attempts.iter().enumerate() {
        let separator = if index == 0 { ": " } else { ", " };
        write!(f, "{separator}{attempt}")?;
    }
    Ok(())
}

impl std::error::Error for ConnectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Resolve(error) => Some(error),
            Self::NotOnReactor(_) | Self::NoAddress | Self::Failed(_) | Self::TimedOut(_) => None,
        }
    }
}

impl From<ConnectError> for io::Error {
    /// Keeps the error as the cause. Of several attempts the first one's kind is taken.
    fn from(error: ConnectError) -> Self {
        let kind = match &error {
            ConnectError::NotOnReactor(_) => io::ErrorKind::Other,
            ConnectError::Resolve(error) => error.kind(),
            ConnectError::NoAddress => io::ErrorKind::AddrNotAvailable,
            ConnectError::Failed(attempts) => attempts
                .first()
                .map_or(io::ErrorKind::AddrNotAvailable, |first| {
                    first.error().kind()
                }),
            ConnectError::TimedOut(_) => io::ErrorKind::TimedOut,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests;
