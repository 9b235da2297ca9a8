//! Taking connections, whatever they are made over.

use std::io;
use std::time::Duration;

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::SocketAddrAny;

use super::socket;
use crate::registry::{Direction, Registered, Spent, is_out_of_files};
use crate::sleep::sleep;

/// Takes the next connection from a listener whose reactor has had its reserve filled.
pub(super) async fn accept<S: AsFd>(
    listener: &Registered<S>,
) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    let mut failures = 0;
    loop {
        let error = match listener
            .io(Direction::Read, |socket: &S| socket::accept(socket.as_fd()))
            .await
        {
            Ok(accepted) => {
                listener.reserve().fill(socket::open_spare);
                return Ok(accepted);
            }
            Err(error) => error,
        };
        let handled = match Errno::from_io_error(&error) {
            Some(errno) if is_out_of_files(errno) => shed_one(listener, &error).await?,
            Some(errno) if is_out_of_memory(errno) => {
                listener.reserve().log(&error);
                sleep(PAUSE).await;
                Handled::Waited
            }
            Some(errno) if socket::is_of_the_connection(errno) => Handled::PassedOver,
            _ => return Err(error),
        };
        match handled {
            Handled::PassedOver => failures += 1,
            Handled::Waited => failures = 0,
        }
        if failures == MAX_FAILURES {
            failures = 0;
            listener.reserve().log(&error);
            // Not for an event: with connections in the queue there may be none.
            sleep(PAUSE).await;
        }
    }
}

/// What was done about a failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Handled {
    /// Nothing was, as if it were the fault of one connection.
    PassedOver,
    /// There is cause to try again.
    Waited,
}

/// Closes the next connection, for which there is no file descriptor.
async fn shed_one<S: AsFd>(listener: &Registered<S>, why: &io::Error) -> io::Result<Handled> {
    let shed = || socket::accept(listener.source().as_fd()).map(drop);
    match listener.reserve().spend(shed, socket::open_spare, why) {
        Spent::OnOne => {}
        Spent::OnNone => listener.expect_event(Direction::Read)?,
        Spent::InVain => return Ok(Handled::PassedOver),
        // Others of the process have taken that one too. Nothing tells when they give one back.
        Spent::Nothing => sleep(PAUSE).await,
    }
    Ok(Handled::Waited)
}

/// Tells whether an error says that the system has no memory for a connection at present: what
/// Twisted's ports log and pass over, too.
fn is_out_of_memory(error: Errno) -> bool {
    const OUT_OF_MEMORY: &[Errno] = &[
        Errno::NOBUFS,
        #[cfg(unix)]
        Errno::NOMEM,
    ];
    OUT_OF_MEMORY.contains(&error)
}

/// How many connections in a row may fail to be taken before that counts as a failure that lasts,
/// such as a filter's that lets no program take any.
const MAX_FAILURES: u32 = 64;

/// How long a listener that cannot take connections waits before it tries again.
const PAUSE: Duration = Duration::from_millis(100);
