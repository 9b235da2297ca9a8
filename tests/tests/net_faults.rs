//! Errors of the system in a server's calls: real ones, and such as strace puts there.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use crochet::Backend;
use crochet_tests::child;
use crochet_tests::program::{End, Program};

const NETWORK: &str = env!("CARGO_BIN_EXE_network");

fn for_every_backend(mut case: impl FnMut(&str)) {
    for backend in Backend::ALL {
        case(&format!("{backend:?}"));
    }
}

#[test]
fn a_server_without_files_closes_connections_at_once_and_goes_on_when_it_has_files_again() {
    for_every_backend(|backend| {
        let mut program = Program::start(Command::new(NETWORK).args(["out-of-files", backend]));
        let port = program.line().parse().expect("a port");
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        for _ in 0..50 {
            let mut stream = connect();
            // An end or a reset, not a wait.
            assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
        }
        // Many at once, none of which is left in the queue.
        let crowd: Vec<_> = (0..50).map(|_| connect()).collect();
        for mut stream in crowd {
            assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
        }
        program.go_on();
        program.assert_prints(&["there are files again"]);
        let mut stream = connect();
        stream.write_all(b"x").unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
        drop(stream);
        program.go_on();
        program.assert_prints(&["at most one record in a second"]);
        assert_eq!(program.end(), End::Exit(0));
    });
}

#[test]
fn a_server_that_waits_for_files_sleeps() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        let (answer, log) = strace.run(backend, &["accept4:error=EMFILE"]);
        assert_eq!(answer, "closed");
        // For the connection, after it because the system asks for the file before it looks for a connection, and
        // perhaps before it came. In each of the turns that follow, there would be more.
        let tried = log.matches("accept4(").count();
        assert!((2..=3).contains(&tried), "{log}");
        assert_eq!(log.matches("accept(").count(), tried, "{log}");
    });
}

#[test]
fn a_server_that_has_lost_its_reserve_looks_again() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        for error in ["EMFILE", "ENFILE"] {
            let faults = [
                format!("accept4:error={error}:when=1"),
                format!("accept:error={error}:when=1"),
            ];
            let (answer, _) = strace.run(backend, &[&faults[0], &faults[1]]);
            assert_eq!(answer, "answered", "{error}");
        }
    });
}

#[test]
fn errors_of_a_connection_that_is_gone_do_not_reach_the_server() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        for error in ["ECONNABORTED", "EPROTO", "EPERM", "ENETDOWN"] {
            let fault = format!("accept4:error={error}:when=1..3");
            let (answer, log) = strace.run(backend, &[&fault]);
            assert_eq!(answer, "answered", "{error}");
            assert_eq!(log.matches("(INJECTED)").count(), 3, "{log}");
        }
    });
}

#[test]
fn calls_that_a_signal_interrupts_are_made_again() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        let faults = [
            "accept4:error=EINTR:when=1",
            "recvfrom:error=EINTR:when=1",
            "sendto:error=EINTR:when=1",
            "epoll_wait,epoll_pwait,epoll_pwait2:error=EINTR:when=1",
        ];
        let (answer, log) = strace.run(backend, &faults);
        assert_eq!(answer, "answered");
        assert!(log.matches("(INJECTED)").count() >= faults.len(), "{log}");
    });
}

#[test]
fn a_child_that_drops_its_reactor_leaves_the_parents_poller_as_it_is() {
    for_every_backend(|backend| {
        let mut program = Program::start(Command::new(NETWORK).args(["fork", backend]));
        program.assert_prints(&["woken"]);
        assert_eq!(program.end(), End::Exit(0));
    });
}

/// The tracer. Without it a test is skipped, or fails where CROCHET_REQUIRE_PEERS is 1.
struct Strace {
    program: PathBuf,
}

impl Strace {
    fn find() -> Option<Self> {
        let path = env::var_os("PATH").expect("PATH is set");
        let program = env::split_paths(&path)
            .map(|folder| folder.join("strace"))
            .find(|program| program.is_file());
        if program.is_none() {
            let required = env::var_os("CROCHET_REQUIRE_PEERS");
            assert!(
                required.is_none_or(|value| value != "1"),
                "strace is not installed"
            );
        }
        Some(Self { program: program? })
    }

    /// Runs the server with these faults; returns what came of its connection, and the calls.
    fn run(&self, backend: &str, faults: &[&str]) -> (String, String) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let log = format!("crochet-net-faults-{}-{number}", process::id());
        let log = env::temp_dir().join(log);
        let mut command = Command::new(&self.program);
        command.args(["-f", "-o"]).arg(&log);
        command.args([
            "-e",
            "trace=accept,accept4,recvfrom,sendto,epoll_wait,epoll_pwait,epoll_pwait2",
        ]);
        for fault in faults {
            command.args(["-e", &format!("inject={fault}")]);
        }
        let ran = child::run(command.args([NETWORK, "answer", backend]));
        assert_eq!(ran.status, Some(0), "{ran:?}");
        let calls = fs::read_to_string(&log).expect("strace writes its log");
        fs::remove_file(&log).expect("the log is ours");
        (ran.out.join("\n"), calls)
    }
}
