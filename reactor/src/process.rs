//! Children: other programs, started by code that runs on a reactor.
//!
//! A [`Command`] says what is to be started, a [`Child`] is what has been. Its standard files can be
//! pipes to the loop; that it has [exited](Child::exited) and that everything of it has
//! [ended](Child::ended) are told apart.
//!
//! ```
//! use crochet_reactor::process::{Command, Stdio};
//!
//! let mut reactor = crochet_reactor::Reactor::new()?;
//! let answer = reactor.block_on(async {
//!     let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//!     let input = child.take_stdin().expect("it is piped");
//!     input.write_all(b"to and fro").await?;
//!     drop(input);
//!     child.output(1024).await.map_err(std::io::Error::other)
//! })??;
//! assert_eq!(answer.stdout, b"to and fro");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who hears of the end, and who reaps
//!
//! On Linux the system tells the loop, through a pidfd. Where there are none, a thread waits for each
//! child. Nothing is polled, no signal is handled, and only this library's own children are waited
//! for: a program may have others, and wait for them as it likes. If it waits for all children
//! whatsoever, or ignores `SIGCHLD`, the status of these is lost, which is a
//! [typed error](ExitError::Reaped).
//!
//! A child is reaped by the loop as soon as it has ended. One that is dropped is killed and reaped,
//! also when it is the reactor that stops: that waits until its children have died, at most for
//! half a second, and leaves what the system keeps longer to a thread. A child that has been
//! [detached](Child::detach) goes on and is reaped all the same.
//!
//! In a process that was forked from this one, other than by starting a program, nothing here
//! touches the children: they are its parent's.
//!
//! This is there on Unix, except OpenBSD.

mod child;
mod collect;
mod command;
mod error;
mod extra_files;
mod keeper;
mod output;
mod send;
mod state;
mod watch;

pub use std::process::{ExitStatus, Output, Stdio};

pub use child::Child;
pub use command::Command;
pub use error::{ExitError, OutputError, SignalError};
pub(crate) use keeper::Children;
pub use output::ChildOutput;
