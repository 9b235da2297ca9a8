//! Programs that the tests start, and end.

#[path = "peer.rs"]
mod peer;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

pub(crate) use peer::peer;

/// A server in a process of its own, which ends with this value.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
}

impl ServerProcess {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            child: command.spawn().expect("the server starts"),
        }
    }

    /// Returns the lines of the standard output, which may be taken once.
    pub(crate) fn out_lines(&mut self) -> impl Iterator<Item = String> + use<> {
        lines(
            self.child
                .stdout
                .take()
                .expect("the output was not taken yet"),
        )
    }

    /// Returns the lines of the standard error output, which may be taken once.
    pub(crate) fn err_lines(&mut self) -> impl Iterator<Item = String> + use<> {
        lines(
            self.child
                .stderr
                .take()
                .expect("the error output was not taken yet"),
        )
    }
}

fn lines(stream: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(stream)
        .lines()
        .map(|line| line.expect("servers write UTF-8"))
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server ends");
    }
}
