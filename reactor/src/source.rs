//! Other people's file descriptors.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::context::NotOnReactor;
use crate::registry::{Direction, Registered};

/// Anything with a file descriptor, with the reactor to tell when it is ready: a library's socket, a
/// device, a descriptor of `inotify`, `timerfd` or the like. As Twisted's `addReader` and
/// `addWriter`.
///
/// It belongs to the reactor whose thread made it. Dropping it ends the registration, then drops
/// what it holds; nobody is woken for it after that, and one that gets the same number later hears
/// of its own events alone.
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// use crochet_reactor::{Reactor, Source};
///
/// let mut reactor = Reactor::new()?;
/// reactor.block_on(async {
///     let (mut near, far) = UnixStream::pair()?;
///     far.set_nonblocking(true)?;
///     let far = Source::new(far)?;
///     near.write_all(b"hello")?;
///     let mut text = [0; 5];
///     far.read_with(|mut stream| stream.read_exact(&mut text)).await?;
///     assert_eq!(&text, b"hello");
///     Ok::<_, std::io::Error>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source<T: AsFd> {
    // Shared so that it can be taken out again: what is registered cannot be taken apart.
    io: Registered<Rc<T>>,
}

impl<T: AsFd> Source<T> {
    /// Registers what has a file descriptor.
    ///
    /// It need not be set not to block for [`readable`](Self::readable) and
    /// [`writable`](Self::writable), but must be for [`read_with`](Self::read_with) and
    /// [`write_with`](Self::write_with).
    ///
    /// # Errors
    ///
    /// [`SourceError`]; what was to be registered is dropped.
    pub fn new(inner: T) -> Result<Self, SourceError> {
        let io = Registered::new(Rc::new(inner)).map_err(SourceError::from_io)?;
        Ok(Self { io })
    }

    /// Waits until something can be read without blocking: bytes, an end, an error.
    ///
    /// The system is asked each time, so it does not matter what else has read meanwhile.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Nothing is read in any case.
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Direction::Read).await
    }

    /// Waits until something can be written without blocking, or the attempt would be an error.
    ///
    /// # Errors
    ///
    /// Whatever the system reports.
    ///
    /// # Cancellation
    ///
    /// Nothing is written in any case.
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Direction::Write).await
    }

    async fn ready(&self, direction: Direction) -> io::Result<()> {
        self.io
            .io(direction, |inner| ready_now(inner.as_fd(), direction))
            .await
    }

    /// Calls `attempt`, which reads without blocking; each time that it says
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), waits until there is something to be read, and
    /// calls it again.
    ///
    /// # Errors
    ///
    /// Those of `attempt`, except that and [`Interrupted`](io::ErrorKind::Interrupted).
    ///
    /// # Cancellation
    ///
    /// `attempt` is not called any more when the future has been dropped.
    pub async fn read_with<R>(
        &self,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.io.io(Direction::Read, |inner| attempt(inner)).await
    }

    /// Calls `attempt`, which writes without blocking, as [`read_with`](Self::read_with) one that
    /// reads.
    ///
    /// # Errors
    ///
    /// Those of `attempt`, except [`WouldBlock`](io::ErrorKind::WouldBlock) and
    /// [`Interrupted`](io::ErrorKind::Interrupted).
    ///
    /// # Cancellation
    ///
    /// `attempt` is not called any more when the future has been dropped.
    pub async fn write_with<R>(
        &self,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.io.io(Direction::Write, |inner| attempt(inner)).await
    }

    /// Does as [`read_with`](Self::read_with), for the poll functions of traits: of the tasks that
    /// poll through this, the last one is woken.
    ///
    /// # Errors
    ///
    /// As [`read_with`](Self::read_with).
    pub fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.io.poll_io(Direction::Read, cx, |inner| attempt(inner))
    }

    /// Does as [`write_with`](Self::write_with), for the poll functions of traits: of the tasks that
    /// poll through this, the last one is woken.
    ///
    /// # Errors
    ///
    /// As [`write_with`](Self::write_with).
    pub fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.io
            .poll_io(Direction::Write, cx, |inner| attempt(inner))
    }

    /// Returns what is registered. It must not be made to have another file descriptor.
    pub fn get_ref(&self) -> &T {
        self.io.source()
    }

    /// Ends the registration and returns what was registered.
    pub fn into_inner(self) -> T {
        let inner = Rc::clone(self.io.source());
        drop(self.io);
        Rc::into_inner(inner).expect("the registration alone shared it")
    }
}

impl<T: AsFd> AsFd for Source<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(self.get_ref()).finish()
    }
}

/// Asks the system whether an operation would block.
pub(crate) fn ready_now(fd: BorrowedFd<'_>, direction: Direction) -> io::Result<()> {
    let wanted = match direction {
        Direction::Read => PollFlags::IN,
        Direction::Write => PollFlags::OUT,
    };
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // Errors and hang-ups are told of in any case.
    match poll(&mut [PollFd::from_borrowed_fd(fd, wanted)], Some(&at_once))? {
        0 => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

/// Why something with a file descriptor is not registered.
#[derive(Debug)]
#[non_exhaustive]
pub enum SourceError {
    /// The calling thread does not run a reactor.
    NotOnReactor(NotOnReactor),
    /// The same file descriptor is registered with this reactor already. Where the system does not
    /// tell, which Linux does, the former registration hears of nothing any more. A duplicate
    /// may be registered beside it.
    AlreadyRegistered,
    /// The system cannot tell when it is ready: a file on a disk, a directory, `/dev/null`.
    NotPollable,
    /// Whatever else the system reports, or that the reactor is on virtual time.
    Io(io::Error),
}

impl SourceError {
    fn from_io(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::EXIST) => Self::AlreadyRegistered,
            Some(Errno::PERM) => Self::NotPollable,
            Some(_) => Self::Io(error),
            None if error.kind() == io::ErrorKind::AlreadyExists => Self::AlreadyRegistered,
            None => match error.downcast() {
                Ok(not_on_reactor) => Self::NotOnReactor(not_on_reactor),
                Err(error) => Self::Io(error),
            },
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnReactor(error) => error.fmt(f),
            Self::AlreadyRegistered => {
                f.write_str("the file descriptor is registered with this reactor already")
            }
            Self::NotPollable => {
                f.write_str("the system does not tell when this kind of file is ready")
            }
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::NotOnReactor(_) | Self::AlreadyRegistered | Self::NotPollable => None,
        }
    }
}

impl From<SourceError> for io::Error {
    /// Keeps the error as the cause.
    fn from(error: SourceError) -> Self {
        let kind = match &error {
            SourceError::Io(error) => error.kind(),
            SourceError::AlreadyRegistered => io::ErrorKind::AlreadyExists,
            SourceError::NotPollable => io::ErrorKind::Unsupported,
            SourceError::NotOnReactor(_) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
