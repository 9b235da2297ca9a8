//! Programs that end while their logger panics, whatever is asked of it. The argument names one.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::env;
    use std::future;
    use std::mem;
    use std::panic;
    use std::process;
    use std::thread;

    use crochet::signals::{AfterDrain, Settings, SignalGuard};
    use crochet::{EventualResult, WaitError};
    use crochet_tests::child::say;
    use crochet_tests::hold::Held;
    use crochet_tests::program::{Disposition, dispose, limit};
    use crochet_tests::{LONG, SHORT, barrier};
    use libc::SIGTERM;
    use log::{LevelFilter, Log, Metadata, Record};

    struct Panics;

    impl Log for Panics {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            panic!("asked about a record");
        }

        fn log(&self, _: &Record<'_>) {
            panic!("given a record");
        }

        fn flush(&self) {
            panic!("flushed");
        }
    }

    pub(crate) fn main() {
        limit();
        dispose(SIGTERM, Disposition::Default);
        panic::set_hook(Box::new(|_| {}));
        log::set_logger(&Panics).expect("the only logger");
        log::set_max_level(LevelFilter::Trace);
        crochet::setup().expect("a reactor");
        let name = env::args().nth(1).expect("an argument names the program");
        match name.as_str() {
            "sigterm" => is_terminated(|| drop(crochet::run_in_reactor(future::pending::<()>))),
            "sigterm-drained" => is_terminated(|| {}),
            "sigterm-returns" => returns(),
            "exit-blocked" => exits_from_a_blocked_loop(),
            "exit-stashed" => exits_with_failures(),
            _ => panic!("the program exists"),
        }
    }

    fn handle(then: AfterDrain) -> SignalGuard {
        let settings = Settings::default().drain_limit(SHORT).after_drain(then);
        settings.handle().expect("signals are handled")
    }

    fn is_terminated(leave_behind: fn()) {
        let signals = handle(AfterDrain::Terminate);
        leave_behind();
        await_sigterm();
        // Waits until the thread that answers the signal has ended the process.
        drop(signals);
        say("the process goes on");
    }

    fn returns() {
        let signals = handle(AfterDrain::Return);
        drop(crochet::run_in_reactor(future::pending::<()>));
        await_sigterm();
        drop(signals);
        say("returned");
    }

    fn await_sigterm() {
        barrier();
        say("waiting");
        while !matches!(
            crochet::wait_for(LONG, || async {}),
            Err(WaitError::Stopped)
        ) {
            thread::yield_now();
        }
    }

    /// Ends the process while an operation blocks the loop, which is told of at exit.
    fn exits_from_a_blocked_loop() {
        mem::forget(Held::hold());
        process::exit(7);
    }

    /// Ends the process with errors that nobody has asked for, each of which is told of at exit.
    fn exits_with_failures() {
        let ids = [1, 2].map(|number| {
            let (setter, result) = EventualResult::<(), i32>::pair();
            setter.set(Err(number)).expect("it is wanted");
            result.stash()
        });
        assert_ne!(ids[0], ids[1]);
        process::exit(7);
    }
}
