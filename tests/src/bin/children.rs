//! Programs with children that are ended, reaped, forked or run out of something. The arguments name a program and a
//! back end; the tests know what it is to print.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::process::ExitStatusExt;
    use std::thread;
    use std::time::Duration;

    use crochet::process::{Child, Command, Stdio};
    use crochet::{Builder, sleep, spawn};
    use crochet_tests::child::say;
    use crochet_tests::program::{Disposition, allow_few_files, case_and_settings, dispose, limit};
    use crochet_tests::{LONG, SHORT, children, forked, threads};

    pub(crate) fn main() {
        limit();
        let (program, settings) = case_and_settings();
        match program.as_str() {
            "ignored" => ignores_ends(settings),
            "reaped" => reaps_all(settings),
            "fork" => forks(settings),
            "exit" => exits(&settings),
            "out-of-files" => runs_out_of_files(settings),
            "life" => lives(settings),
            "unkillable" => kills_in_vain(settings),
            "thread" => has_no_thread_to_reap(settings),
            _ => panic!("the program exists"),
        }
    }

    /// Runs a case on a reactor.
    fn run<F: Future<Output = ()> + 'static>(settings: Builder, case: F) {
        let mut reactor = settings.build().expect("a reactor can be made");
        reactor.block_on(case).expect("the case ends");
    }

    fn endless() -> Child {
        let mut command = Command::new("sleep");
        // Not of those who read what this program prints.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.arg("1000").spawn().expect("it starts")
    }

    async fn status_of(script: &str) -> String {
        let mut command = Command::new("sh");
        let child = command.args(["-c", script]).spawn();
        match child.expect("it starts").exited().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// With this setting the system reaps all children itself.
    fn ignores_ends(settings: Builder) {
        dispose(libc::SIGCHLD, Disposition::Ignored);
        run(settings, async {
            say(status_of("exit 3").await);
            let mut child = endless();
            child.kill().expect("it runs");
            say(child.exited().await.expect_err("the system took it"));
            say(child.kill().expect_err("it has ended"));
        });
    }

    /// Waits for all children, as some programs do.
    fn reaps_all(settings: Builder) {
        run(settings, async {
            let mut child = Command::new("cat");
            let mut child = child.stdin(Stdio::piped()).spawn().expect("it starts");
            drop(child.take_stdin());
            let mut status = 0;
            // SAFETY: `status` is written to alone.
            let reaped = unsafe { libc::waitpid(-1, &raw mut status, 0) };
            assert_eq!(u32::try_from(reaped), Ok(child.id()));
            say(child.kill().expect_err("it has ended"));
            say(child.exited().await.expect_err("its status is lost"));
        });
    }

    /// A forked copy of the program drops, signals and stops nothing of its parent's.
    fn forks(settings: Builder) {
        let mut reactor = settings.build().expect("a reactor can be made");
        let mut child = None;
        let started = reactor.spawn(async { endless() });
        reactor.turn(crochet::Budget::default()).expect("it turns");
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let mut started = std::pin::pin!(started);
        if let std::task::Poll::Ready(started) = started.as_mut().poll(&mut cx) {
            child = Some(started.expect("it does not panic"));
        }
        let mut reactor = Some(reactor);
        forked::fork(|| {
            let refused = child.as_ref().map(Child::kill).expect("it was started");
            say(refused.expect_err("it is the parent's"));
            drop(child.take());
            drop(reactor.take());
        })
        .assert_ends_well();
        assert_eq!(children::ids().len(), 1, "the parent's child runs");
        drop(reactor.take());
        let status = child.expect("only the copy was dropped").try_exited();
        let status = status.expect("it has ended").expect("it was reaped");
        say(status);
        assert_eq!(children::ids(), []);
    }

    /// Leaves `main` with a child that runs, and another that was let go of.
    fn exits(settings: &Builder) {
        crochet::setup_with(settings).expect("a reactor can be started");
        let ids = crochet::wait_for(LONG, || async {
            let killed = endless();
            let left = endless();
            let ids = (killed.id(), left.id());
            left.detach();
            drop(spawn(async move {
                let _killed = killed;
                std::future::pending::<()>().await;
            }));
            ids
        });
        let (killed, left) = ids.expect("it ends");
        say(format_args!("{killed} {left}"));
    }

    /// Starts a child when there is no file for it to be watched by.
    fn runs_out_of_files(settings: Builder) {
        allow_few_files();
        run(settings, async {
            let mut files = Vec::new();
            while let Ok(file) = File::open("/dev/null") {
                files.push(file);
            }
            let mut outcomes = Vec::new();
            // With one file more each time, until there are enough.
            loop {
                let mut command = Command::new("sleep");
                command
                    .arg("1000")
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                match command.spawn() {
                    Ok(child) => break drop(child),
                    Err(error) => outcomes.push(error.raw_os_error()),
                }
                drop(files.pop().expect("that was enough"));
            }
            drop(files);
            assert!(
                outcomes.iter().all(|code| *code == Some(libc::EMFILE)),
                "{outcomes:?}"
            );
            say(format_args!("{} failures", outcomes.len()));
        });
        children::assert_none_soon();
        say("no children");
    }

    /// A child that the system does not let this program kill, at first.
    fn kills_in_vain(settings: Builder) {
        run(settings, async {
            let mut child = endless();
            let ended = child.exited_within(SHORT).await;
            say(ended.expect_err("it goes on"));
            say(child.try_exited().is_none());
        });
        children::assert_none_soon();
        say("no children");
    }

    /// A child that ends after its reactor, which cannot start a thread to wait for it.
    fn has_no_thread_to_reap(settings: Builder) {
        let mut reactor = settings.clone().build().expect("a reactor can be made");
        let started = reactor.block_on(async {
            let mut command = Command::new("cat");
            command.stdin(Stdio::piped()).stdout(Stdio::null());
            let mut child = command.spawn().expect("it starts");
            let input = child.take_stdin().expect("a pipe");
            let input = input.as_fd().try_clone_to_owned();
            child.detach();
            input.expect("the system copies it")
        });
        let input = started.expect("it runs");
        drop(reactor);
        drop(input);
        let mut reactor = settings.build().expect("a reactor can be made");
        let counted = reactor.block_on(async {
            while children::ids().len() == 1 {
                // Each start of a child looks for those that have been left.
                let mut child = Command::new("true").spawn().expect("it starts");
                child.exited().await.expect("it ends");
            }
        });
        counted.expect("it runs");
        say("no children");
    }

    /// Tells what the loop watches its first child by, when that is its only one.
    fn watcher() -> &'static str {
        loop {
            let threads = threads::names();
            // A thread names itself, a moment after it was started.
            if threads.iter().any(|name| name == "crochet-child") {
                return "watched by a thread";
            }
            if threads.len() == 1 {
                return "watched by a file";
            }
            thread::yield_now();
        }
    }

    /// A child's life as the tests of the public interface have it, for systems that lack something.
    fn lives(settings: Builder) {
        run(settings, async {
            let first = endless();
            say(watcher());
            drop(first);
            say(status_of("exit 3").await);
            say(status_of("kill -TERM $$").await);
            let mut child = endless();
            child.kill().expect("it runs");
            say(child
                .exited()
                .await
                .expect("it was reaped")
                .signal()
                .unwrap_or(0));
            say(child.kill().expect_err("it has ended"));
            let output = Command::new("echo").arg("text").output(100).await;
            say(output.expect("it ends").stdout.len());
            drop(endless());
            while !children::ids().is_empty() {
                sleep(Duration::ZERO).await;
            }
            let mut group = Command::new("sleep");
            let mut group = group.arg("1000").own_group().spawn().expect("it starts");
            group.kill_group().expect("it runs");
            say(group
                .exited()
                .await
                .expect("it was reaped")
                .signal()
                .unwrap_or(0));
            let left = endless();
            drop(spawn(async move {
                let _left = left;
                std::future::pending::<()>().await;
            }));
        });
        assert_eq!(children::ids(), []);
        threads::assert_count(1);
        say("nothing left");
    }
}
