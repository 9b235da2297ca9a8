//! An SSH server inside a blocking program, for looking into the program while it runs.
//!
//! Whoever logs in gets a prompt that evaluates expressions over the program's own [`Objects`], as
//! the SSH example of Python's Crochet gives a Python prompt. The server runs on the event loop
//! ([`Server`]); the expressions are evaluated in the loop's thread pool ([`prompt`]), so that none
//! can hold the loop up; the program goes on blocking in its own thread.
//!
//! [`protocol`], [`editor`] and [`prompt`] do no I/O, [`session`] does it for one connection.
//!
//! The protocol itself is the library `sunset`'s. What it cannot do is not done here either:
//!
//! - A server cannot send an exit status or close a channel of its own accord. So a session that the
//!   user ends at the prompt is a connection that closes; OpenSSH's client reports that and exits
//!   with status 255.
//! - The end of the input is answered at once with the end of the output. So everything is answered
//!   before the next is read; but a client that is so far behind with reading that answers have to
//!   wait loses those that wait when it sends the end of its input.

pub mod access;
pub mod cli;
pub mod editor;
mod error;
mod host_key;
pub mod objects;
pub mod prompt;
pub mod protocol;
pub mod server;
pub mod session;

pub use access::Access;
pub use error::{SessionError, SshError};
pub use host_key::HostKey;
pub use objects::{ObjectError, Objects, Value};
pub use server::Server;
