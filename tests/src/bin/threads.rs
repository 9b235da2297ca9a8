//! Programs whose threads take long to end, have much on their stacks, or are forked children's. The argument names one.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::fs;
    use std::future;
    use std::hint::black_box;
    use std::panic;
    use std::process;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, mpsc};
    use std::thread;
    use std::time::{Duration, Instant};

    use crochet::logs::NonBlocking;
    use crochet::{OnFork, StopError, WaitError};
    use crochet_reactor::glue::{JoinFailure, ServiceThread};
    use crochet_tests::child::say;
    use crochet_tests::forked;
    use crochet_tests::hold::Flag;
    use crochet_tests::locals::{Gate, SlowLocal, slow_local};
    use crochet_tests::program::{End, limit};
    use crochet_tests::threads::{self, Thread};
    use crochet_tests::{LONG, SHORT, barrier, logs, pollers};
    use log::{LevelFilter, Log, Metadata, Record};

    const PROGRAMS: &[(&str, fn())] = &[
        ("stop-limit", stops_within_its_limit),
        ("stop-again", stops_again),
        ("stop-refused", stops_without_a_further_thread),
        ("setup-again", sets_up_again),
        ("logger-panics", stops_while_its_logger_panics),
        ("drop-logger", || {
            drops_a_logger();
            say("dropped");
        }),
        ("drop-logger-child", || {
            crochet::on_fork(OnFork::Refuse);
            forked::fork(drops_a_logger).assert_ends_well();
            say("dropped");
        }),
        ("exit-logger-child", exits_with_a_logger),
        ("stack", uses_much_stack),
        ("loop-child", leaves_the_loop),
        ("loop-storm", leaves_the_loop_whatever_is_locked),
        ("fork-first", forks_first),
        ("fork-thread", drops_inherited_threads),
    ];

    pub(crate) fn main() {
        limit();
        let name = env::args().nth(1).expect("an argument names the program");
        let found = PROGRAMS.iter().find(|(known, _)| *known == name);
        let (_, program) = found.expect("the program exists");
        program();
    }

    /// Far below what the destructor of a local waits for a gate that stays closed.
    const PROMPT: Duration = Duration::from_secs(5);

    #[track_caller]
    fn assert_prompt(begun: Instant) {
        assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    }

    /// Stops a reactor; returns when there is nothing left but a local of its thread.
    fn reactor_at_its_gate() -> Gate {
        crochet::setup().expect("a reactor");
        let (local, gate) = slow_local();
        crochet::wait_for(LONG, || async { local.keep() }).expect("it is kept");
        crochet::remote().expect("there is a reactor").stop();
        gate.wait_until_reached();
        gate
    }

    fn stops_within_its_limit() {
        let gate = reactor_at_its_gate();
        let begun = Instant::now();
        assert_eq!(crochet::stop(SHORT), Err(StopError::Timeout));
        assert_prompt(begun);
        assert!(!gate.is_passed());
        say("timed out");
    }

    /// Whoever asks later, or at the same time, is told the same.
    fn stops_again() {
        let gate = reactor_at_its_gate();
        let patient = [(); 2].map(|()| thread::spawn(|| crochet::stop(LONG)));
        for _ in 0..2 {
            let begun = Instant::now();
            assert_eq!(crochet::stop(SHORT), Err(StopError::Timeout));
            assert_prompt(begun);
        }
        assert!(patient.iter().all(|stop| !stop.is_finished()));
        gate.pass();
        for stop in patient {
            assert_eq!(stop.join().expect("no panic"), Ok(()));
        }
        assert_eq!(crochet::stop(SHORT), Ok(()));
        threads::assert_count(1);
        say("stopped");
    }

    /// The system has no room for another thread while the last one is waited for.
    fn stops_without_a_further_thread() {
        let (main, begun, refused) = (Thread::current(), Flag::new(), Flag::new());
        let gate = reactor_at_its_gate();
        let theirs = (begun.clone(), refused.clone());
        let opener = thread::spawn(move || {
            let (begun, refused) = theirs;
            begun.set();
            refused.spin();
            main.spin_until_asleep();
            gate.pass();
        });
        // It has all the memory that it needs.
        begun.spin();
        refuse_threads();
        refused.set();
        assert_eq!(crochet::stop(LONG), Ok(()));
        opener.join().expect("no panic");
        say("stopped");
    }

    /// Leaves the process less memory than a thread needs.
    fn refuse_threads() {
        let pages = fs::read_to_string("/proc/self/statm").expect("/proc is there");
        let pages: u64 = pages
            .split(' ')
            .next()
            .and_then(|size| size.parse().ok())
            .expect("its first number is the size");
        // SAFETY: it has no conditions.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        let size = pages * u64::try_from(page).expect("a size") + (1 << 20);
        let limit = libc::rlimit {
            rlim_cur: size,
            rlim_max: size,
        };
        // SAFETY: the limit is read only.
        let refused = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
        assert_eq!(refused, 0, "a limit can be lowered");
        let refused = thread::Builder::new().spawn(|| ());
        refused.expect_err("there is no room for a thread");
    }

    fn sets_up_again() {
        let gate = reactor_at_its_gate();
        assert_eq!(crochet::stop(SHORT), Err(StopError::Timeout));
        crochet::setup().expect("another reactor");
        assert_eq!(crochet::wait_for(LONG, || async { 7 }).expect("a value"), 7);
        assert!(!gate.is_passed());
        crochet::stop(LONG).expect("the other one has no such local");
        gate.pass();
        threads::assert_count(1);
        say("set up");
    }

    /// The reactor fails, which is logged on its thread.
    fn stops_while_its_logger_panics() {
        struct Panics;

        impl Log for Panics {
            fn enabled(&self, _: &Metadata<'_>) -> bool {
                true
            }

            fn log(&self, _: &Record<'_>) {
                TOLD.store(true, Ordering::SeqCst);
                panic!("given a record");
            }

            fn flush(&self) {}
        }

        static TOLD: AtomicBool = AtomicBool::new(false);

        panic::set_hook(Box::new(|_| {}));
        log::set_logger(&Panics).expect("the only logger");
        log::set_max_level(LevelFilter::Error);
        crochet::setup().expect("a reactor");
        let waited = crochet::wait_for(LONG, || async {
            pollers::break_all();
            future::pending::<()>().await;
        });
        assert!(matches!(waited, Err(WaitError::Stopped)), "{waited:?}");
        assert_eq!(crochet::stop(LONG), Ok(()));
        assert!(TOLD.load(Ordering::SeqCst));
        crochet::setup().expect("another reactor");
        barrier();
        say("stopped");
    }

    /// Makes a value a local of the thread that it writes on.
    struct Keeper(Mutex<Option<SlowLocal>>);

    impl Log for Keeper {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, _: &Record<'_>) {
            let local = self.0.lock().expect("no panic").take();
            local.expect("there is one record").keep();
        }

        fn flush(&self) {}
    }

    /// Makes a logger whose thread has a slow local.
    fn slow_logger() -> (NonBlocking, Gate) {
        let (local, gate) = slow_local();
        let builder = NonBlocking::builder().flush_limit(SHORT);
        let logger = builder.wrap(Keeper(Mutex::new(Some(local))));
        logger.log(&Record::builder().args(format_args!("a record")).build());
        logger.flush_within(LONG).expect("the logger is quick");
        (logger, gate)
    }

    fn drops_a_logger() {
        let (logger, gate) = slow_logger();
        let begun = Instant::now();
        drop(logger);
        assert_prompt(begun);
        gate.wait_until_reached();
        gate.pass();
        threads::assert_count(1);
    }

    fn exits_with_a_logger() {
        crochet::on_fork(OnFork::Refuse);
        let begun = Instant::now();
        let child = forked::fork(|| {
            let (logger, _gate) = slow_logger();
            Box::leak(Box::new(logger));
            process::exit(7);
        });
        assert_eq!(child.end(), End::Exit(7));
        assert_prompt(begun);
        say("exited");
    }

    /// Runs jobs, in the parent and in a child, whose stack is as large as the first argument after the name says.
    fn uses_much_stack() {
        let kilobytes = env::args().nth(2).expect("a size");
        let kilobytes: usize = kilobytes.parse().expect("a number");
        let job = move || crochet::defer_to_thread(move || use_stack(kilobytes));
        let used = move || {
            let waited = crochet::wait_for(LONG, job).expect("it ends");
            assert_eq!(waited.expect("no panic"), kilobytes);
        };
        crochet::setup().expect("a reactor");
        forked::fork(|| {
            crochet::setup().expect("a reactor of the child's");
            used();
        })
        .assert_ends_well();
        // Not before: the child has the parent's stacks left for its own threads.
        used();
        say("used");
    }

    fn use_stack(kilobytes: usize) -> usize {
        let frame = black_box([1_u8; 1024]);
        match kilobytes {
            0 => 0,
            _ => use_stack(kilobytes - 1) + usize::from(black_box(&frame)[kilobytes % 1024]),
        }
    }

    /// A child that is forked on the reactor's thread returns into the loop.
    fn leaves_the_loop() {
        logs::warn_on_stderr();
        crochet::setup().expect("a reactor");
        fork_on_the_loop();
        barrier();
        say("left the loop");
    }

    fn fork_on_the_loop() {
        // In the child nobody waits for the answer.
        let child = crochet::wait_for(LONG, || async { forked::fork_here() });
        let child = child.expect("it is answered").expect("in the parent");
        child.assert_ends_well();
    }

    fn leaves_the_loop_whatever_is_locked() {
        logs::warn_on_stderr();
        crochet::setup().expect("a reactor");
        let enough = Flag::new();
        let busy = [(); 4].map(|()| {
            let enough = enough.clone();
            thread::spawn(move || {
                while !enough.is_set() {
                    crochet::setup().expect("there is one");
                }
            })
        });
        (0..100).for_each(|_| fork_on_the_loop());
        enough.set();
        for thread in busy {
            thread.join().expect("no panic");
        }
        say("100 forks");
    }

    /// A process that forks before it has a reactor, and has said what is to become of its children.
    fn forks_first() {
        crochet::on_fork(OnFork::Refuse);
        forked::fork(|| {
            // It knows of the fork, and starts its threads as a forked child does.
            let waited = crochet::wait_for(LONG, || async {});
            assert!(matches!(waited, Err(WaitError::Forked)), "{waited:?}");
            crochet::setup().expect("a reactor of the child's");
            barrier();
            crochet::stop(LONG).expect("it stops");
        })
        .assert_ends_well();
        crochet::setup().expect("a reactor");
        barrier();
        say("forked");
    }

    /// Threads of a child may have the ids of those that its parent had.
    fn drops_inherited_threads() {
        crochet::on_fork(OnFork::Refuse);
        drops_inherited_thread(|| drops_inherited_thread(|| ()));
        say("dropped");
    }

    fn drops_inherited_thread(then: fn()) {
        let (open, opened) = mpsc::channel::<()>();
        let start = |body: Box<dyn FnOnce() + Send>| {
            ServiceThread::start("crochet-test", body).expect("a thread")
        };
        let thread = start(Box::new(move || assert!(opened.recv().is_err())));
        let mut inherited = Some(thread);
        forked::fork(|| {
            let own = start(Box::new(|| ()));
            let inherited = inherited.take().expect("the child's copy");
            let joined = inherited.join_within(LONG);
            assert!(matches!(joined, Some(Err(JoinFailure::Refused(_)))));
            drop(inherited);
            own.join().expect("it is the child's");
            then();
        })
        .assert_ends_well();
        drop(open);
        let thread = inherited.take().expect("the parent's");
        thread.join().expect("it is the parent's");
    }
}
