//! Wake-ups that cost a system call, and those that do not.
#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::process::{self, Command};

use crochet::Backend;
use crochet_tests::LONG;
use crochet_tests::backends::for_every_backend;
use crochet_tests::child;
use crochet_tests::hold::Held;
use crochet_tests::host::Host;
use crochet_tests::operations::submit;
use crochet_tests::peer;
use crochet_tests::threads::Thread;

#[test]
fn a_loop_that_is_awake_is_not_woken() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let held = Held::hold_this(host.remote());
        let before = host.remote().stats().unparks;
        let operations: Vec<_> = (0..1000).map(|_| submit(host.remote(), || ())).collect();
        assert_eq!(host.remote().stats().unparks, before);
        drop(held);
        for operation in operations {
            operation.wait(LONG).expect("it ends");
        }
        assert_eq!(host.remote().stats().unparks, before);
    });
}

#[test]
fn a_loop_that_is_awake_is_not_woken_to_cancel_or_to_wake_a_task() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let operations: Vec<_> = (0..100)
            .map(|_| {
                host.remote()
                    .submit(std::future::pending::<()>)
                    .expect("no limit")
            })
            .collect();
        submit(host.remote(), || ()).wait(LONG).expect("it ends");
        let held = Held::hold_this(host.remote());
        let before = host.remote().stats().unparks;
        for operation in &operations {
            operation.cancel();
        }
        assert_eq!(host.remote().stats().unparks, before);
        drop(held);
        for operation in operations {
            operation.wait(LONG).expect("it ends");
        }
    });
}

#[test]
fn a_sleeping_loop_is_woken_once() {
    for_every_backend(|settings| {
        let host = Host::with(settings);
        let reactor = submit(host.remote(), Thread::current);
        reactor.wait(LONG).expect("it ends");
        let reactor = reactor.take().expect("it has ended").expect("a value");
        for _ in 0..100 {
            reactor.spin_until_asleep();
            let before = host.remote().stats().unparks;
            let operation = submit(host.remote(), || ());
            operation.wait(LONG).expect("it ends");
            assert_eq!(host.remote().stats().unparks, before + 1);
        }
    });
}

/// Counts the same in the system's own view: writes to the eventfd, by whatever part of the process.
#[test]
fn the_kernel_sees_no_write_while_the_loop_is_awake() {
    let Some(strace) = peer::find("strace") else {
        return;
    };
    for backend in Backend::ALL {
        let log = env::temp_dir().join(format!("crochet-elision-{backend:?}-{}", process::id()));
        let mut command = Command::new(&strace);
        command
            .args(["-f", "-s", "32", "-e", "trace=write,writev", "-o"])
            .arg(&log);
        command.args([env!("CARGO_BIN_EXE_scenario"), "elision"]);
        let ran = child::run(command.arg(format!("{backend:?}")));
        let trace = fs::read_to_string(&log).expect("strace writes its log");
        fs::remove_file(&log).expect("the log is ours");
        assert_eq!(ran.status, Some(0), "{ran:?}");

        let busy = wakes_between(&trace, "the loop is busy", "the loop goes on");
        assert_eq!(busy, [0], "on {backend:?}");
        let asleep = wakes_between(&trace, "the loop sleeps", "submitted");
        assert_eq!(asleep, [1; 10], "on {backend:?}");
    }
}

/// Counts the writes to an eventfd in each stretch of the log from one line printed to the next.
fn wakes_between(trace: &str, from: &str, to: &str) -> Vec<usize> {
    let (from, to) = (format!("\"{from}\\n\""), format!("\"{to}\\n\""));
    trace
        .split(&from)
        .skip(1)
        .map(|rest| {
            let (stretch, _) = rest.split_once(&to).expect("both are printed");
            stretch.matches(r#""\1\0\0\0\0\0\0\0", 8"#).count()
        })
        .collect()
}
