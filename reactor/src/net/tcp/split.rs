//! The two directions of a TCP connection, with an owner each.

use std::io;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use super::super::socket::tolerate_closed;
use super::stream::TcpStream;
use crate::caught;
use crate::stream::{forward_read, forward_write};

/// The half of a [`TcpStream`] that reads.
#[derive(Debug)]
pub struct TcpReader {
    stream: Rc<TcpStream>,
}

/// The half of a [`TcpStream`] that writes. Dropping it closes its direction; the other end reads an
/// end then. In a process that was forked from this one, dropping it closes nothing.
#[derive(Debug)]
pub struct TcpWriter {
    stream: Rc<TcpStream>,
    at_end: AtEnd,
}

/// What dropping the half that writes does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum AtEnd {
    CloseDirection,
    /// Nothing: a reset is to come, which an orderly end must not precede.
    LeaveToReset,
}

pub(super) fn split(stream: TcpStream) -> (TcpReader, TcpWriter) {
    let stream = Rc::new(stream);
    let reader = TcpReader {
        stream: Rc::clone(&stream),
    };
    let writer = TcpWriter {
        stream,
        at_end: AtEnd::CloseDirection,
    };
    (reader, writer)
}

impl TcpReader {
    /// Returns the connection, of which this half should only be used to read.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl TcpWriter {
    /// Returns the connection, of which this half should only be used to write.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Ends reads of the other half, and resets the connection when that has been dropped too.
    ///
    /// # Errors
    ///
    /// Whatever the system reports; the direction is closed all the same.
    pub fn abort(mut self) -> io::Result<()> {
        self.stream.set_linger(Some(Duration::ZERO))?;
        self.at_end = AtEnd::LeaveToReset;
        tolerate_closed(self.stream.shutdown(Shutdown::Read))
    }
}

impl Drop for TcpWriter {
    fn drop(&mut self) {
        // A forked child's copy is of the same connection, which is still its parent's.
        if self.at_end == AtEnd::LeaveToReset || self.stream.is_forked() {
            return;
        }
        if let Err(error) = tolerate_closed(self.stream.shutdown(Shutdown::Write)) {
            caught::contain("the logger", || {
                log::debug!(target: "crochet::reactor", "closing a direction failed: {error}");
            });
        }
    }
}

forward_read!(TcpReader; |reader| &*reader.stream);
forward_write!(TcpWriter; |writer| &*writer.stream);
