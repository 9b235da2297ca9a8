//! Errors of the system in a server's calls: real ones, and such as strace puts there.
#![cfg(target_os = "linux")]

use std::env;
use std::ffi::CString;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use crochet::Backend;
use crochet_tests::child;
use crochet_tests::folder::Folder;
use crochet_tests::peer;
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
        for error in ["EMFILE", "ENFILE"] {
            // Each try fails, and then the one with the file that is kept does not.
            let (answer, log) = strace.run(backend, &[&format!("accept4:error={error}:when=1+2")]);
            assert_eq!(answer, "closed", "{error}");
            // For the connection, after it because the system asks for the file before it looks for a connection, and
            // perhaps before it came. In each of the turns that follow, there would be more.
            let tried = log.matches("accept4(").count();
            assert!((4..=6).contains(&tried), "{log}");
            assert_eq!(
                log.matches("(INJECTED)").count(),
                tried.div_ceil(2),
                "{log}"
            );
            // Also what is closed at once is no file of a program that another thread starts meanwhile.
            assert_eq!(log.matches("SOCK_CLOEXEC").count(), tried, "{log}");
        }
    });
}

#[test]
fn a_server_that_has_lost_its_reserve_looks_again() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        for error in ["EMFILE", "ENFILE"] {
            let fault = format!("accept4:error={error}:when=1..2");
            let (answer, log) = strace.run(backend, &[&fault]);
            assert_eq!(answer, "answered", "{error}");
            assert_eq!(log.matches("(INJECTED)").count(), 2, "{log}");
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
fn errors_that_last_are_logged_once_in_a_while_and_the_server_goes_on_after_them() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        for (error, times) in [("EPERM", 100), ("ENOBUFS", 2), ("ENOMEM", 2)] {
            let fault = format!("accept4:error={error}:when=1..{times}");
            let (answer, log) = strace.run_case("persist", backend, &[&fault]);
            assert_eq!(answer, "answered\n1 records", "{error}");
            assert_eq!(log.matches("(INJECTED)").count(), times, "{log}");
        }
    });
}

#[test]
fn a_server_that_is_told_without_cause_that_it_can_read_or_write_waits_until_it_can() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        for call in ["recvfrom", "sendto"] {
            let fault = format!("{call}:error=EAGAIN:when=1..2");
            let (answer, log) = strace.run_case("persist", backend, &[&fault]);
            assert_eq!(answer, "answered\n0 records", "{call}");
            // By the server, which is another thread than the client's, and did not try in vain again and again.
            assert!(log.matches("(INJECTED)").count() >= 2, "{log}");
            assert!(log.matches("EAGAIN").count() < 50, "{log}");
        }
    });
}

#[test]
fn a_logger_that_panics_does_not_end_a_server() {
    for_every_backend(|backend| {
        let mut program = Program::start(Command::new(NETWORK).args(["logger", backend]));
        let port = program.line().parse().expect("a port");
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(matches!(connect().read(&mut [0]), Ok(0) | Err(_)));
        program.go_on();
        program.assert_prints(&["there are files again"]);
        let mut stream = connect();
        stream.write_all(b"x").unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
        drop(stream);
        program.go_on();
        assert_eq!(program.end(), End::Exit(0));
    });
}

#[test]
fn a_child_that_drops_the_halves_of_a_connection_closes_nothing_of_its_parents() {
    for_every_backend(|backend| {
        let mut program = Program::start(Command::new(NETWORK).args(["halves", backend]));
        program.assert_prints(&["open"]);
        assert_eq!(program.end(), End::Exit(0));
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
fn connections_and_messages_are_made_again_when_a_signal_interrupts_them() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        // Each first try, and the next one is not.
        let fault = "connect:error=EINTR:when=1+2";
        let (answer, log) = strace.run_case("connect", backend, &[fault]);
        assert_eq!(answer, "by TCP\nby a path");
        assert_eq!(interrupted(&log, "connect"), 2, "{log}");

        let fault = "sendmsg,recvmsg:error=EINTR:when=1+2";
        let (answer, log) = strace.run_case("pass", backend, &[fault]);
        assert_eq!(answer, "2 files\n2 files");
        assert_eq!(interrupted(&log, "sendmsg"), 2, "{log}");
        assert_eq!(interrupted(&log, "recvmsg"), 2, "{log}");
    });
}

#[test]
fn reading_and_writing_of_pipes_goes_on_when_a_signal_interrupts_it() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        let folder = Folder::new();
        let path = folder.path("fifo");
        let name = CString::new(path.as_os_str().as_bytes()).expect("no zero in it");
        // SAFETY: the pointer is to a string with a zero at its end.
        let refused = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
        assert_eq!(refused, 0);
        let path = path.to_str().expect("text");
        // Of no other files.
        let options = ["-P", path, "-e", "trace=read,write"];
        let faults = ["read:error=EINTR:when=1+2", "write:error=EINTR:when=1+2"];
        let (answer, log) = strace.trace(&options, &faults, &["fifo", backend, path]);
        assert_eq!(answer, "200000 bytes");
        assert!(interrupted(&log, "read") >= 3, "{log}");
        assert!(interrupted(&log, "write") >= 3, "{log}");
    });
}

#[test]
fn a_child_is_waited_for_again_when_a_signal_interrupts_that() {
    let Some(strace) = Strace::find() else { return };
    for_every_backend(|backend| {
        let waitid = "waitid:error=EINTR:when=1+2";
        let (answer, log) = strace.run_case("child", backend, &[waitid]);
        assert_eq!(answer, "exit status: 3");
        // To see whether the system has such files, and to reap it.
        assert!(interrupted(&log, "waitid") >= 2, "{log}");

        // Without pidfds a thread waits, and the loop reaps.
        let faults = [
            "pidfd_open:error=ENOSYS",
            waitid,
            "wait4:error=EINTR:when=1+2",
        ];
        let (answer, log) = strace.run_case("child", backend, &faults);
        assert_eq!(answer, "exit status: 3");
        assert!(interrupted(&log, "waitid") >= 1, "{log}");
        assert!(interrupted(&log, "wait4") >= 1, "{log}");
    });
}

/// Counts the calls of this name that the tracer let fail as interrupted.
fn interrupted(log: &str, call: &str) -> usize {
    let lines = log.lines().filter(|line| line.contains(call));
    lines
        .filter(|line| line.contains("EINTR") && line.contains("(INJECTED)"))
        .count()
}

#[test]
fn a_child_that_drops_its_reactor_leaves_the_parents_poller_as_it_is() {
    for_every_backend(|backend| {
        let mut program = Program::start(Command::new(NETWORK).args(["fork", backend]));
        program.assert_prints(&["woken"]);
        assert_eq!(program.end(), End::Exit(0));
    });
}

/// The tracer.
struct Strace {
    program: PathBuf,
}

impl Strace {
    fn find() -> Option<Self> {
        let program = peer::find("strace")?;
        Some(Self { program })
    }

    /// Runs the server with these faults; returns what came of its connection, and the calls.
    fn run(&self, backend: &str, faults: &[&str]) -> (String, String) {
        self.run_case("answer", backend, faults)
    }

    /// Runs a program with these faults; returns what it prints, and the calls.
    fn run_case(&self, case: &str, backend: &str, faults: &[&str]) -> (String, String) {
        const TRACED: &str = "trace=accept,accept4,connect,recvfrom,sendto,recvmsg,sendmsg,\
            epoll_wait,epoll_pwait,epoll_pwait2,pidfd_open,waitid,wait4";
        self.trace(&["-e", TRACED], faults, &[case, backend])
    }

    /// Runs a program with these options of the tracer.
    fn trace(&self, options: &[&str], faults: &[&str], program: &[&str]) -> (String, String) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let log = format!("crochet-net-faults-{}-{number}", process::id());
        let log = env::temp_dir().join(log);
        let mut command = Command::new(&self.program);
        command.args(["-f", "-o"]).arg(&log).args(options);
        for fault in faults {
            command.args(["-e", &format!("inject={fault}")]);
        }
        let ran = child::run(command.arg(NETWORK).args(program));
        let calls = fs::read_to_string(&log).expect("strace writes its log");
        fs::remove_file(&log).expect("the log is ours");
        assert_eq!(ran.status, Some(0), "{ran:?}");
        (ran.out.join("\n"), calls)
    }
}
