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
    loop {
        let error = match listener
            .io(Direction::Read, |socket: &S| socket::accept(socket.as_fd()))
            .await
        {
            Ok(accepted) => {
                listener.reserve().fill();
                return Ok(accepted);
            }
            Err(error) => error,
        };
        match Errno::from_io_error(&error) {
            Some(errno) if is_out_of_files(errno) => shed_one(listener, &error).await?,
            Some(errno) if socket::is_of_the_connection(errno) => {}
            _ => return Err(error),
        }
    }
}

/// Closes the next connection, for which there is no file descriptor.
async fn shed_one<S: AsFd>(listener: &Registered<S>, why: &io::Error) -> io::Result<()> {
    let shed = || rustix::net::accept(listener.source().as_fd()).map(drop);
    match listener.reserve().spend(shed, why) {
        Spent::OnOne => Ok(()),
        Spent::OnNone => listener.expect_event(Direction::Read),
        Spent::Nothing => {
            // Others of the process have taken that one too. Nothing tells when they give one
            // back.
            sleep(PAUSE).await;
            Ok(())
        }
    }
}

/// How long a listener without any file descriptor waits before it looks for one again.
const PAUSE: Duration = Duration::from_millis(100);
