//! As many connections at the same time as one process can have, on every back end.
#![cfg(target_os = "linux")]

use std::process::Command;

use crochet::Backend;
use crochet_tests::program::{End, Program, allow_most_files};

/// How many connections there are, unless the system allows fewer files.
const CROWD: usize = 20_000;

/// How many files a process needs besides its connections.
const OTHERS: usize = 32;

fn start(args: &[&str]) -> Program {
    Program::start(Command::new(env!("CARGO_BIN_EXE_crowd")).args(args))
}

#[test]
fn twenty_thousand_connections_are_open_at_a_time_and_leave_nothing_behind() {
    let crowd = CROWD.min(allow_most_files() - OTHERS);
    let count = crowd.to_string();
    for backend in Backend::ALL {
        let backend = format!("{backend:?}");
        let mut server = start(&["server", &backend, &count]);
        let addresses = server.line();
        let mut client = vec!["client", &backend, &count];
        client.extend(addresses.split(' '));
        let mut client = start(&client);
        client.assert_prints(&[&format!("{crowd} were answered")]);
        server.go_on();
        server.assert_prints(&[&format!("{crowd} are here")]);
        client.go_on();
        client.assert_prints(&["all have left"]);
        assert_eq!(client.end(), End::Exit(0));
        server.assert_prints(&["all are gone"]);
        assert_eq!(server.end(), End::Exit(0));
    }
}
